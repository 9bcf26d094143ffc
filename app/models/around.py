"""What the home page shows of an organisation: who is around, and what is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app import database
from app.lib import clock
from app.lib.names import full_name
from app.models.member import colleagues
from app.models.presence import AWAY, DND, ONLINE, sharers, visible_states
from app.models.status import visible_statuses
from app.models.viewer import Viewer

NEW_FOR = 14 * clock.DAY
_ORDER = {ONLINE: 0, DND: 1, AWAY: 2}


@dataclass(frozen=True, slots=True)
class News:
    """Somebody who joined (`person`), or a channel that anybody may join."""

    kind: str
    id: int
    name: str
    about: str
    at: int
    avatar: str = ""


async def people_around(viewer: Viewer, most: int) -> list[dict[str, Any]]:
    """People other than oneself: those who are there first, then those with a status, then who was seen last. For a guest: whom they know."""
    states, statuses = await visible_states(viewer), await visible_statuses(viewer)
    known = await sharers(viewer.org_id, viewer.account_id) if viewer.is_external else set()
    wanted = sorted({*states, *statuses, *known} - {viewer.account_id}, key=lambda id_: (_ORDER.get(states.get(id_, ""), 3), id_ not in statuses, id_))
    people = await _named(viewer.org_id, wanted[:most])
    if len(people) < most and not viewer.is_external:
        there = {person["id"] for person in people}
        people += [person for person in await colleagues(viewer, most) if person["id"] not in there]
    return people[:most]


async def news(viewer: Viewer, most: int) -> list[News]:
    """Who joined lately, and the channels that were opened to everybody; nothing for guests."""
    if viewer.is_external:
        return []
    since = clock.now() - NEW_FOR
    people = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.avatar, m.title, m.created_at FROM membership m JOIN account a ON a.id = m.account_id"
        " WHERE m.org_id = $1 AND m.created_at > $2 AND m.ended_at IS NULL AND m.role IN ('legal', 'admin', 'user') AND a.disabled_at IS NULL"
        " AND a.id <> $3 ORDER BY m.created_at DESC LIMIT $4",
        viewer.org_id, since, viewer.account_id, most,
    )
    found = [News("person", row["id"], full_name(row), row["title"], row["created_at"], row["avatar"]) for row in people]
    if viewer.can_use("chat"):
        channels = await database.fetch(
            "SELECT id, name, description, created_at FROM channel WHERE org_id = $1 AND kind = 'public' AND archived_at IS NULL AND created_at > $2"
            " ORDER BY created_at DESC LIMIT $3",
            viewer.org_id, since, most,
        )
        found += [News("channel", row["id"], row["name"], row["description"], row["created_at"]) for row in channels]
    return sorted(found, key=lambda one: one.at, reverse=True)[:most]


async def _named(org_id: int, account_ids: list[int]) -> list[dict[str, Any]]:
    """These accounts with their names, in this order; bots and those who left are none."""
    if not account_ids:
        return []
    places = database.marks(account_ids, 2)
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.avatar, m.title FROM membership m JOIN account a ON a.id = m.account_id"
        f" WHERE m.org_id = $1 AND m.ended_at IS NULL AND m.role <> 'bot' AND a.disabled_at IS NULL AND a.id IN ({places})",
        org_id, *account_ids,
    )
    by_id = {row["id"]: {**row, "name": full_name(row)} for row in rows}
    return [by_id[id_] for id_ in account_ids if id_ in by_id]
