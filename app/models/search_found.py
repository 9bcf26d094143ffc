"""What a line of search results shows beside the words: whose it is, where it is, and its address."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from app import database
from app.lib.names import full_name
from app.models.calendar.storing import EVENT
from app.models.chat.places import places_of
from app.models.contacts.writing import CONTACT
from app.models.drive.finding import may_use
from app.models.drive.searching import FILE
from app.models.drive.tables import group_of
from app.models.search import Hit
from app.models.search_people import PERSON
from app.models.team import TEAM
from app.models.viewer import Viewer

MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Found:
    """A hit as it is shown. `person` has id (of the account), name and avatar; `place` is the name of the channel, or of the folder where the
    viewer may see that; `group` is what kind of file it is."""

    hit: Hit
    url: str
    person: dict[str, Any] | None
    place: str = ""
    group: str = ""


async def found(viewer: Viewer, hits: Sequence[Hit]) -> list[Found]:
    """The lines of hits, in their order."""
    people = await people_by_id({hit.author_id for hit in hits if hit.author_id is not None})
    titles = await _titles(viewer, {hit.scope for hit in hits if hit.kind == MESSAGE})
    files = await _files(viewer, [hit.id for hit in hits if hit.kind == FILE])
    return [
        Found(hit, _url(hit), people.get(hit.author_id or 0), *files.get(hit.id, ("", "")) if hit.kind == FILE else (titles.get(hit.scope, ""),))
        for hit in hits
    ]


async def people_by_id(account_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Name and avatar of accounts."""
    if not account_ids:
        return {}
    rows = await database.fetch(f"SELECT id, given_name, family_name, avatar FROM account WHERE id IN ({database.marks(account_ids)})", *account_ids)
    return {row["id"]: {**row, "name": full_name(row)} for row in rows}


async def _titles(viewer: Viewer, channel_ids: Collection[int]) -> dict[int, str]:
    if not channel_ids:
        return {}
    named = {row["id"]: row["name"] for row in await database.fetch(
        f"SELECT id, name FROM channel WHERE id IN ({database.marks(channel_ids)})", *channel_ids
    )}
    if not all(named.values()):  # direct conversations are called after the others in them
        named |= {row["id"]: row["title"] for row in (await places_of(viewer)).direct}
    return named


async def _files(viewer: Viewer, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Of files and folders: the folder that they lie in, for who may see it, and their group."""
    rows = await database.fetch(
        "SELECT n.id, n.name, n.is_file, n.parent_id, COALESCE(NULLIF(p.name, ''), d.name) AS place, p.anchor_id = n.anchor_id AS is_seen"
        f" FROM node n JOIN node p ON p.id = n.parent_id JOIN drive d ON d.id = n.drive_id WHERE n.id IN ({database.marks(ids)})", *ids
    ) if ids else []
    return {
        row["id"]: (row["place"] if row["is_seen"] or await may_use(viewer, row["parent_id"]) else "", group_of(row["is_file"], row["name"]))
        for row in rows
    }


def _url(hit: Hit) -> str:
    if hit.kind == MESSAGE:
        return f"/chat/channels/{hit.scope}/messages/{hit.id}"
    if hit.kind == FILE:
        return f"/drive/nodes/{hit.id}"
    if hit.kind == CONTACT:
        return f"/contacts/{hit.id}"
    if hit.kind == EVENT:
        return f"/calendar/events/{hit.id}"
    if hit.kind == TEAM:
        return f"/manager/teams/{hit.id}"
    return f"/search?kind={MESSAGE}&by={hit.author_id}" if hit.kind == PERSON else ""
