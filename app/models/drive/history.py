"""What happened to a node, and a folder as it was at a moment."""

from __future__ import annotations

from typing import Any

import msgspec

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.drive.content import put_version
from app.models.drive.finding import Found, find_node
from app.models.drive.names import free_name, named_in
from app.models.drive.rights import EDIT, MANAGE
from app.models.drive.searching import show_under
from app.models.drive.tables import Drive, Node
from app.models.drive.trash import bring_back, put_away
from app.models.drive.tree import put_into, under
from app.models.files import Blob
from app.models.viewer import Viewer

_CHILDREN_AT = """
SELECT e.node_id, e.name FROM node_event e WHERE e.parent_id = $1 AND e.at <= $2 AND e.is_there = 1
   AND NOT EXISTS (SELECT 1 FROM node_event later WHERE later.node_id = e.node_id AND later.at <= $2 AND later.id > e.id)
"""


async def activity(node_id: int, before: int | None = None, most: int = 30) -> list[dict[str, Any]]:
    """What happened to a node and, for a folder, in it: newest first, with the names of who did it."""
    rows = await database.fetch(
        "SELECT e.*, a.given_name, a.family_name, a.avatar FROM node_event e LEFT JOIN account a ON a.id = e.actor_id"
        " WHERE (e.node_id = $1 OR (e.parent_id = $1 AND NOT EXISTS (SELECT 1 FROM node h WHERE h.id = e.node_id AND h.has_own_rights = 1)))"
        " AND e.id < $2 ORDER BY e.id DESC LIMIT $3", node_id, before or 2**53, most,
    )
    for row in rows:
        row["facts"] = msgspec.json.decode(row["facts"])
    return rows


async def turn_back(viewer: Viewer, found: Found, moment: int) -> Command:
    """Make a folder what it was at a moment: what came since goes to the trash, what went comes back, and files get the content that
    they had, as new versions. What was deleted for good stays away. Raises `Refused`."""
    if not found.can_manage or found.node.is_file:
        raise Refused(_("Only who manages a folder can turn it back."))
    if moment >= clock.now():
        raise Refused(_("Please choose a moment in the past."))
    if moment < int(await database.fetch_value("SELECT MIN(at) AS at FROM node_event WHERE node_id = $1", found.node.id) or 0):
        raise Refused(_("This folder wasn’t there yet at that moment."))
    async with Command.once(viewer, "node.turn_back") as command:
        before = clock.now()
        counts = await _turn(viewer, found, moment)
        command.done(found.node.id, what=found.node.name, url=found.node.url, inverse={"node": found.node.id, "moment": before, "counts": counts})
    return command


async def _turn(viewer: Viewer, found: Found, moment: int) -> dict[str, int]:
    wanted = await _tree_at(found.node.id, moment)
    counts = {"away": 0, "back": 0, "content": 0}
    now_there = [row for row in await under(found.node.id) if row["depth"]]
    for row in reversed(now_there):
        if row["id"] not in wanted and (one := await _theirs(viewer, row["id"], found.drive)):
            await put_away(viewer, one)
            counts["away"] += 1
    for id_, (parent_id, name) in wanted.items():
        one, place = await _theirs(viewer, id_, found.drive), await _theirs(viewer, parent_id, found.drive)
        if one is None or place is None:
            continue
        node = one.node
        if node.trashed_at is not None:
            node = await bring_back(viewer, id_, place)
            counts["back"] += 1
        if node.parent_id != parent_id or node.name != name:
            there = await named_in(parent_id, name)
            free = name if there is None or there.id == node.id else await free_name(parent_id, name)
            await put_into(viewer, node, parent_id, free, "moved")
            if one.is_trashed:
                await show_under([id_])
        if node.is_file:
            counts["content"] += await _content_at(viewer, found.drive, node, moment)
    return counts


async def _theirs(viewer: Viewer, id_: int, drive: Drive) -> Found | None:
    """A node if it is still there, and somebody may change it and take it out of where it is by now."""
    try:
        found = await find_node(viewer, id_, EDIT, trashed=True)
    except NotFound:
        return None
    return found if found.level >= MANAGE or (found.drive.id == drive.id and found.above >= EDIT) else None


async def _tree_at(folder_id: int, moment: int) -> dict[int, tuple[int, str]]:
    """Parent and name of everything that was below a folder, parents first."""
    found: dict[int, tuple[int, str]] = {}
    waiting = [folder_id]
    while waiting:
        parent_id = waiting.pop(0)
        for row in await database.fetch(_CHILDREN_AT, parent_id, moment):
            if row["node_id"] not in found:
                found[row["node_id"]] = (parent_id, row["name"])
                waiting.append(row["node_id"])
    return found


async def _content_at(viewer: Viewer, drive: Drive, node: Node, moment: int) -> int:
    row = await database.fetch_one(
        "SELECT * FROM node_version WHERE node_id = $1 AND created_at <= $2 ORDER BY number DESC LIMIT 1", node.id, moment
    )
    if row is None or row["blob_id"] == node.blob_id:
        return 0
    await put_version(viewer, drive, node, await Blob.get(row["blob_id"]), modified_at=row["modified_at"], kind="restored")
    return 1


@undoes("node.turn_back")
async def _forth(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await _turn(viewer, await find_node(viewer, inverse["node"], MANAGE), inverse["moment"])
