"""How somebody arranges their side column: categories of their own, and the order inside each group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from piccolo.columns import BigInt, ForeignKey, Integer, Varchar

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.numbers import whole
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused, Row
from app.models.chat.channel import Channel
from app.models.command import Command, undoes
from app.models.organisation import Organisation
from app.models.viewer import Viewer

MOST = 40
FAVOURITES, CHANNELS = "favourites", "channels"


class ChannelCategory(Row):
    """A group of conversations that one person made for themselves."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    name = Varchar(length=60)
    position = Integer(default=0)
    folded_at = BigInt(null=True, default=None)

    @classmethod
    async def own(cls, viewer: Viewer, id_: int) -> ChannelCategory:
        """A category of the viewer's. Raises `NotFound`."""
        return await cls.find_own(id_, account_id=viewer.account_id, org_id=viewer.org_id)


async def categories_of(viewer: Viewer) -> list[dict[str, Any]]:
    """The viewer's categories in their order."""
    return await database.fetch(
        "SELECT id, name, position, folded_at FROM channel_category WHERE account_id = $1 AND org_id = $2 ORDER BY position, id",
        viewer.account_id, viewer.org_id,
    )


async def make(viewer: Viewer, name: str, channel: Channel | None = None) -> ChannelCategory:
    """A new category at the end, with a conversation in it if one is given. Raises `Refused`."""
    there = await categories_of(viewer)
    if len(there) >= MOST:
        raise Refused(_("You have as many categories as there can be: %(most)s.") % {"most": MOST})
    async with Command.once(viewer, "category.create") as command:
        made = await ChannelCategory.insert_new(
            org_id=viewer.org_id, account_id=viewer.account_id, name=name, position=1 + max((row["position"] for row in there), default=0)
        )
        if channel is not None:
            await _put(viewer, channel.id, made.id, favourite=False)
        command.done(made.id, what=name, url="/chat", inverse={"category": made.id})
        announce("channel.marked", channel.id if channel else 0, viewer.account_id)
    return made


async def rename(viewer: Viewer, category: ChannelCategory, name: str) -> None:
    """Call it something else."""
    async with Command.once(viewer, "category.rename") as command:
        before = category.name
        await category.change(name=name)
        command.done(category.id, what=name, url="/chat", inverse={"category": category.id, "name": before})
        announce("channel.marked", 0, viewer.account_id)


async def remove(viewer: Viewer, category: ChannelCategory) -> Command:
    """Take a category away; what was in it stands among the channels again."""
    async with Command.once(viewer, "category.delete") as command:
        inside = await database.execute(
            "UPDATE channel_member SET category_id = NULL WHERE account_id = $1 AND category_id = $2 RETURNING id", viewer.account_id, category.id
        )
        await database.execute("DELETE FROM channel_category WHERE id = $1", category.id)
        row = {"id": category.id, "name": category.name, "position": category.position}
        command.done(category.id, what=category.name, url="/chat", inverse={**row, "members": [one["id"] for one in inside]})
        announce("channel.marked", 0, viewer.account_id)
    return command


async def fold(viewer: Viewer, category: ChannelCategory, on: bool) -> None:
    """Hide what is in it, or show it, in all tabs."""
    async with database.transaction():
        await category.change(folded_at=clock.now() if on else None)
        announce("channel.marked", 0, viewer.account_id)


async def shift(viewer: Viewer, category: ChannelCategory, by: int) -> None:
    """Move a category up (-1) or down (1) by one place."""
    rows = await categories_of(viewer)
    ids = [row["id"] for row in rows]
    at = ids.index(category.id)
    to = max(0, min(len(ids) - 1, at + by))
    ids.insert(to, ids.pop(at))
    async with database.transaction():
        for position, id_ in enumerate(ids, 1):
            await database.execute("UPDATE channel_category SET position = $1 WHERE id = $2", position, id_)
        announce("channel.marked", 0, viewer.account_id)


async def place(viewer: Viewer, channel: Channel, group: str, order: Sequence[int] = ()) -> None:
    """List a conversation in `group`: favourites, channels (where it is by itself), or the id of a category. `order` is what the group then has."""
    category = None if group in (FAVOURITES, CHANNELS) else (await ChannelCategory.own(viewer, _number(group))).id
    async with database.transaction():
        await _put(viewer, channel.id, category, favourite=group == FAVOURITES)
        for position, id_ in enumerate(order[:500], 1):
            await database.execute("UPDATE channel_member SET position = $1 WHERE channel_id = $2 AND account_id = $3", position, id_, viewer.account_id)
        announce("channel.marked", channel.id, viewer.account_id)


async def _put(viewer: Viewer, channel_id: int, category_id: int | None, *, favourite: bool) -> None:
    await database.execute(
        "UPDATE channel_member SET category_id = $1, position = 0,"
        " favourite_at = CASE WHEN $2 = 1 THEN COALESCE(favourite_at, $3) ELSE NULL END WHERE channel_id = $4 AND account_id = $5",
        category_id, int(favourite), clock.now(), channel_id, viewer.account_id,
    )


def _number(text: str) -> int:
    if (number := whole(text)) is None:
        raise NotFound(text)
    return number


@undoes("category.create")
async def _unmake(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await database.execute("UPDATE channel_member SET category_id = NULL WHERE account_id = $1 AND category_id = $2", viewer.account_id, inverse["category"])
    await database.execute("DELETE FROM channel_category WHERE id = $1 AND account_id = $2", inverse["category"], viewer.account_id)
    announce("channel.marked", 0, viewer.account_id)


@undoes("category.rename")
async def _rename_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await (await ChannelCategory.own(viewer, inverse["category"])).change(name=inverse["name"])
    announce("channel.marked", 0, viewer.account_id)


@undoes("category.delete")
async def _bring_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    made = await ChannelCategory.insert_new(org_id=viewer.org_id, account_id=viewer.account_id, name=inverse["name"], position=inverse["position"])
    for id_ in inverse["members"]:
        await database.execute(
            "UPDATE channel_member SET category_id = $1 WHERE id = $2 AND account_id = $3 AND category_id IS NULL", made.id, id_, viewer.account_id
        )
    announce("channel.marked", 0, viewer.account_id)
