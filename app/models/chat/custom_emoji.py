"""Emoji of an organisation's own: a picture with a name, written `:name:`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from piccolo.columns import BigInt, ForeignKey, Varchar

from app import database
from app.lib import clock, shortcodes
from app.lib.i18n import _
from app.models.account import Account
from app.models.base import NotFound, Refused, Row
from app.models.command import Command, undoes
from app.models.organisation import Organisation
from app.models.viewer import Viewer

MOST = 500
LONGEST_NAME = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9_+-]{1,31}")


class CustomEmoji(Row):
    """One emoji of an organisation. `picture` is the hash of its picture, 128 pixels wide and high at most."""

    org_id = ForeignKey(Organisation)
    name = Varchar(length=LONGEST_NAME)
    picture = Varchar(length=64)
    created_by = ForeignKey(Account)
    created_at = BigInt(default=0)


async def emoji_of(org_id: int) -> list[dict[str, Any]]:
    """The emoji of an organisation by name: id, name, picture, created_at and who added them."""
    return await database.fetch(
        "SELECT e.id, e.name, e.picture, e.created_at, a.given_name, a.family_name FROM custom_emoji e JOIN account a ON a.id = e.created_by"
        " WHERE e.org_id = $1 ORDER BY e.name", org_id,
    )


async def pictures_of(org_id: int, names: set[str]) -> Mapping[str, str]:
    """The pictures of those of these names that exist in an organisation."""
    if not names:
        return {}
    found = sorted(names)[:100]
    rows = await database.fetch(f"SELECT name, picture FROM custom_emoji WHERE org_id = $1 AND name IN ({database.marks(found, 2)})", org_id, *found)
    return {row["name"]: row["picture"] for row in rows}


async def is_picture_in(org_id: int, picture: str) -> bool:
    """Whether it is the picture of an emoji of this organisation. Where it was removed, messages show its name."""
    return await database.fetch_value("SELECT 1 FROM custom_emoji WHERE org_id = $1 AND picture = $2", org_id, picture) is not None


async def add(viewer: Viewer, name: str, picture: str) -> Command:
    """Add an emoji. Raises `Refused`."""
    name = checked_name(name)
    async with Command.once(viewer, "emoji.add") as command:
        if int(await database.fetch_value("SELECT COUNT(*) FROM custom_emoji WHERE org_id = $1", viewer.org_id)) >= MOST:
            raise Refused(_("There are %(most)s emoji already. Remove one first.") % {"most": MOST})
        try:
            async with database.savepoint():
                made = await CustomEmoji.insert_new(org_id=viewer.org_id, name=name, picture=picture, created_by=viewer.account_id, created_at=clock.now())
        except database.UniqueViolation:
            raise Refused(_("There is an emoji of this name already.")) from None
        command.done(made.id, what=f":{name}:", url="/manager/chat/emoji", inverse={"emoji": made.id})
    return command


async def remove(viewer: Viewer, id_: int) -> Command:
    """Remove an emoji: messages that have it show its name from their next change on. Raises `NotFound`."""
    async with Command.once(viewer, "emoji.remove") as command:
        gone = await database.execute("DELETE FROM custom_emoji WHERE id = $1 AND org_id = $2 RETURNING *", id_, viewer.org_id)
        if not gone:
            raise NotFound(f"emoji {id_}")
        command.done(id_, what=f":{gone[0]['name']}:", url="/manager/chat/emoji", inverse={"row": gone[0]})
    return command


def checked_name(typed: str) -> str:
    """A name as emoji have it. Raises `Refused`."""
    name = typed.strip().strip(":").lower().replace(" ", "_")
    if not _NAME.fullmatch(name):
        raise Refused(_("An emoji’s name has 2 to %(most)s letters from a to z, digits, hyphens and underscores.") % {"most": LONGEST_NAME})
    if shortcodes.character(name):
        raise Refused(_("This is the name of an emoji that everybody has."))
    return name


@undoes("emoji.add")
async def _take_away(viewer: Viewer, inverse: dict[str, Any]) -> None:
    _check(viewer)
    await database.execute("DELETE FROM custom_emoji WHERE id = $1 AND org_id = $2", inverse["emoji"], viewer.org_id)


@undoes("emoji.remove")
async def _bring_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    _check(viewer)
    try:
        async with database.savepoint():
            await CustomEmoji.insert(CustomEmoji(**inverse["row"])).run()
    except database.UniqueViolation:
        raise Refused(_("There is an emoji of this name already.")) from None


def _check(viewer: Viewer) -> None:
    if not viewer.can_manage("chat"):
        raise Refused(_("This can’t be undone any more."))
