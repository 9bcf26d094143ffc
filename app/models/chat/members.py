"""Who is in a channel: joining, leaving, adding, removing, finding people to add or to name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.names import full_name
from app.models.base import Refused
from app.models.chat.channel import ADMIN, DIRECT, PUBLIC, Channel, _colleagues
from app.models.chat.looking_after import looks_after
from app.models.chat.rules import may_invite_guests
from app.models.command import Command, undoes
from app.models.viewer import Viewer

_PERSON = "a.id, a.given_name, a.family_name, a.email, a.avatar"
_CHATS = "EXISTS (SELECT 1 FROM product_right r WHERE r.membership_id = w.id AND r.product = 'chat' AND r.level = 'use')"
_MATCHES = "(lower(a.given_name || ' ' || a.family_name) LIKE {0} OR lower(a.family_name) LIKE {0} OR lower(a.email) LIKE {0})"


async def join(viewer: Viewer, channel: Channel) -> None:
    """Become a member of a public channel (`Channel.seen_by` let the viewer in)."""
    async with Command.once(viewer, "channel.join") as command:
        if await channel.take_in([viewer.account_id]):
            command.done(channel.id, what=f"#{channel.name}", url=channel.url, inverse={"channel": channel.id})


async def leave(viewer: Viewer, channel: Channel) -> Command:
    """Stop being a member. Raises `Refused` for the general channel and direct conversations."""
    if channel.is_general or channel.kind == DIRECT:
        raise Refused(_("This conversation can’t be left."))
    async with Command.once(viewer, "channel.leave") as command:
        await channel.let_go(viewer.account_id)
        command.done(channel.id, what=f"#{channel.name}", url=channel.url, inverse={"channel": channel.id})
    return command


async def add(viewer: Viewer, channel: Channel, account_ids: Collection[int]) -> tuple[Command, int]:
    """Bring people of the organisation into a channel that the viewer is in. Says how many were not in it before. Raises `Refused`.

    Guests who are here already are brought in only by those who may invite guests, and never into the channel of all members.
    """
    if viewer.is_external or channel.kind == DIRECT or channel.member_id is None:
        raise Refused(_("You can’t add people to this conversation."))
    async with Command.once(viewer, "channel.add") as command:
        people = await _colleagues(viewer, account_ids)
        if channel.is_general or not await may_invite_guests(viewer):
            people = await _without_guests(viewer.org_id, people)
        added = await channel.take_in(people)
        command.done(channel.id, what=f"#{channel.name}", url=channel.url, inverse={"channel": channel.id, "people": added})
    return command, len(added)


async def remove(viewer: Viewer, channel: Channel, account_id: int) -> Command:
    """Take somebody out of a channel: those who look after it may. Raises `Refused`."""
    if not looks_after(viewer, channel) or channel.is_general:
        raise Refused(_("You can’t remove people from this conversation."))
    async with Command.once(viewer, "channel.remove") as command:
        await channel.let_go(account_id)
        command.done(channel.id, what=f"#{channel.name}", url=channel.url, inverse={"channel": channel.id, "people": [account_id]})
    return command


async def mark(viewer: Viewer, channel: Channel, column: str, on: bool) -> None:
    """Set or clear `favourite_at`, `muted_at` or `hidden_at` of the viewer's membership."""
    assert column in ("favourite_at", "muted_at", "hidden_at")
    await database.execute(
        f"UPDATE channel_member SET {column} = $1 WHERE channel_id = $2 AND account_id = $3", clock.now() if on else None, channel.id, viewer.account_id
    )


async def people_in(channel: Channel, typed: str = "", most: int = 500) -> list[dict[str, Any]]:
    """Members by name, with `role`; those whose name or address begins with what was typed."""
    rows = await database.fetch(
        f"SELECT {_PERSON}, w.role, m.role AS channel_role FROM channel_member m JOIN account a ON a.id = m.account_id"
        " JOIN membership w ON w.account_id = a.id AND w.org_id = $2 AND w.ended_at IS NULL"
        f" WHERE m.channel_id = $1 AND {_MATCHES.format('$3')} ORDER BY a.given_name, a.family_name LIMIT $4",
        channel.id, channel.org_id, _prefix(typed), most,
    )
    return [{**_named(row), "is_channel_admin": row["channel_role"] == ADMIN or (row["id"] == channel.created_by and not channel.is_general)} for row in rows]


async def count_in(channel: Channel) -> int:
    """How many members it has."""
    return int(await database.fetch_value("SELECT COUNT(*) FROM channel_member WHERE channel_id = $1", channel.id))


async def count_guests(channel: Channel) -> int:
    """How many guests have access (GUEST-10)."""
    sql = (
        "SELECT COUNT(*) FROM channel_member x JOIN membership m ON m.account_id = x.account_id AND m.org_id = $2 AND m.ended_at IS NULL"
        " WHERE x.channel_id = $1 AND m.role = 'external'"
    )
    return int(await database.fetch_value(sql, channel.id, channel.org_id))


async def people_for(viewer: Viewer, typed: str = "", not_in: int = 0, most: int = 8) -> list[dict[str, Any]]:
    """People whom the viewer may write to: the organisation, for a guest those who share a channel with them; not the members of channel `not_in`."""
    shared = (
        "AND EXISTS (SELECT 1 FROM channel_member x JOIN channel_member y ON y.channel_id = x.channel_id"
        " JOIN channel c ON c.id = x.channel_id AND c.org_id = $1 WHERE x.account_id = $5 AND y.account_id = a.id)"
        if viewer.is_external else "AND CAST($5 AS BIGINT) IS NOT NULL"
    )
    rows = await database.fetch(
        f"SELECT {_PERSON}, w.role FROM membership w JOIN account a ON a.id = w.account_id"
        f" WHERE w.org_id = $1 AND w.ended_at IS NULL AND a.disabled_at IS NULL AND {_CHATS} AND {_MATCHES.format('$2')} {shared}"
        " AND NOT EXISTS (SELECT 1 FROM channel_member z WHERE z.channel_id = $4 AND z.account_id = a.id)"
        " ORDER BY a.given_name, a.family_name LIMIT $3",
        viewer.org_id, _prefix(typed), most, not_in, viewer.account_id,
    )
    return [_named(row) for row in rows]


async def _without_guests(org_id: int, account_ids: Collection[int]) -> list[int]:
    rows = await database.fetch("SELECT account_id FROM membership WHERE org_id = $1 AND role = 'external'", org_id)
    guests = {row["account_id"] for row in rows}
    return [id_ for id_ in account_ids if id_ not in guests]


def _prefix(typed: str) -> str:
    escaped = typed.strip().lower()[:60].replace("%", "").replace("_", " ")
    return f"{escaped}%"


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "name": full_name(row), "is_guest": row["role"] == "external"}


@undoes("channel.join")
async def _unjoin(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await (await Channel.seen_by(viewer, inverse["channel"])).let_go(viewer.account_id)


@undoes("channel.leave")
async def _rejoin(viewer: Viewer, inverse: dict[str, Any]) -> None:
    channel = await Channel.get(inverse["channel"])
    if channel.org_id != viewer.org_id or (channel.kind == PUBLIC and viewer.is_external):
        raise Refused(_("This can’t be undone any more."))
    await channel.take_in([viewer.account_id])


@undoes("channel.add")
async def _take_out(viewer: Viewer, inverse: dict[str, Any]) -> None:
    channel = await Channel.seen_by(viewer, inverse["channel"])
    for account_id in inverse["people"]:
        await channel.let_go(account_id)


@undoes("channel.remove")
async def _bring_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    channel = await Channel.seen_by(viewer, inverse["channel"])
    await channel.take_in(await _colleagues(viewer, inverse["people"]))
