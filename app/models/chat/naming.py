"""Naming many at once: @team for the members of a team that are in the channel, @channel for all, @here for who is there now."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app import database
from app.lib import markdown
from app.models import presence
from app.models.chat.channel import DIRECT, Channel

MOST_TEAMS = 50


async def teams_named(channel: Channel, text: str) -> dict[int, str]:
    """Teams of the organisation whose name may follow an @ in the text: name by id. None in direct conversations."""
    starts = [start.casefold() for start in markdown.names_in(text)]
    if not starts or channel.kind == DIRECT:
        return {}
    rows = await database.fetch("SELECT id, name FROM team WHERE org_id = $1 AND deleted_at IS NULL ORDER BY id LIMIT 500", channel.org_id)
    return {row["id"]: row["name"] for row in rows if any(row["name"].casefold().startswith(start.rstrip(".-’'")) for start in starts)}


async def with_teams(channel: Channel, named: Collection[int]) -> list[int]:
    """The accounts that are meant: teams (negative ids) are their members in the channel; everybody isn't among them."""
    people = [id_ for id_ in named if id_ > 0]
    for team_id in [-id_ for id_ in named if id_ < markdown.HERE][:MOST_TEAMS]:
        rows = await database.fetch(
            "SELECT t.account_id FROM team_member t JOIN channel_member m ON m.account_id = t.account_id AND m.channel_id = $2 WHERE t.team_id = $1",
            team_id, channel.id,
        )
        people += [row["account_id"] for row in rows]
    return list(dict.fromkeys(people))


async def members_meant(channel: Channel, groups: Collection[int]) -> list[int]:
    """Members that @channel (all of them) or @here (those who are there now) means."""
    if not groups:
        return []
    rows = await database.fetch("SELECT account_id FROM channel_member WHERE channel_id = $1", channel.id)
    members = [row["account_id"] for row in rows]
    if markdown.CHANNEL in groups:
        return members
    states = presence.states_in(channel.org_id)
    return [id_ for id_ in members if states.get(id_) in (presence.ONLINE, presence.DND)]


async def teams_like(channel: Channel, typed: str, most: int = 4) -> list[dict[str, Any]]:
    """Teams of the organisation whose name begins with what was typed: id and name."""
    rows = await database.fetch("SELECT id, name FROM team WHERE org_id = $1 AND deleted_at IS NULL ORDER BY name LIMIT 500", channel.org_id)
    return [row for row in rows if row["name"].casefold().startswith(typed)][:most]


async def not_in(channel: Channel, named: Collection[int]) -> list[int]:
    """Those of these accounts who are in the organisation and not in the channel."""
    if not named or channel.kind == DIRECT:
        return []
    rows = await database.fetch(
        f"SELECT w.account_id FROM membership w WHERE w.org_id = $1 AND w.ended_at IS NULL AND w.account_id IN ({database.marks(named, 3)})"
        " AND NOT EXISTS (SELECT 1 FROM channel_member m WHERE m.channel_id = $2 AND m.account_id = w.account_id)",
        channel.org_id, channel.id, *named,
    )
    return [row["account_id"] for row in rows]
