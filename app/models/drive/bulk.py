"""Changing very many nodes at once: rights are asked once for each folder, and rows are written in blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.drive.anchors import hang, reanchor
from app.models.drive.events import next_modseq
from app.models.drive.finding import Found, find_node
from app.models.drive.names import Names, named
from app.models.drive.nesting import check_nesting
from app.models.drive.rights import EDIT, MANAGE
from app.models.drive.searching import below, hide_under, index_node, show_under
from app.models.drive.tables import PERSONAL, Drive, Node
from app.models.files.blob import charge
from app.models.viewer import Viewer

FROM = 40  # fewer are changed one by one
_NOTE = """
INSERT INTO node_event (id, org_id, drive_id, node_id, actor_id, by_name, kind, parent_id, name, is_there, facts, at)
VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, '{}', $10)
"""
_GONE = "INSERT INTO node_gone (id, drive_id, parent_id, node_id, name, is_file, modseq, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
_MOVE = """
UPDATE node SET parent_id = $1, drive_id = $2, modseq = $3, changed_by = $4, changed_at = $5, name = $6, name_key = $7, sort_key = $8 WHERE id = $9
"""

# Written so that SQLite looks the ids up, one by one: else it reads all of the organisation's trash for each piece of them.
LYING = "node n CROSS JOIN drive d"
LIES = "+n.org_id = $1 AND d.id = n.drive_id AND n.trashed_at > d.emptied_at"

Rows = list[dict[str, Any]]


async def chosen(viewer: Viewer, ids: Sequence[int], level: int = EDIT) -> Rows:
    """Rows of nodes that the viewer may use at `level`. Raises `NotFound` when one of them may not be, or is in the trash, or a drive."""
    rows: Rows = []
    async for piece in database.pieces(ids):
        found = await database.fetch(
            f"SELECT * FROM node WHERE org_id = $1 AND trashed_at IS NULL AND parent_id IS NOT NULL AND id IN ({database.marks(piece, 2)})",
            viewer.org_id, *piece,
        )
        if len(found) < len(piece):
            raise NotFound("some of many")
        rows += found
    if len(await allowed(viewer, rows, level)) < len(rows):
        raise NotFound("some of many")
    return rows


async def allowed(viewer: Viewer, rows: Rows, level: int, *, trashed: bool = False) -> Rows:
    """Those of these rows of nodes that the viewer may use at `level`; in the trash with `trashed`."""
    above = {parent_id: await _may(viewer, parent_id, level, trashed=trashed) for parent_id in {row["parent_id"] for row in rows}}
    return [
        row for row in rows
        if (above[row["parent_id"]] and not row["has_own_rights"]) or await _may(viewer, row["id"], level, trashed=trashed)
    ]


async def put_all_away(viewer: Viewer, ids: Sequence[int]) -> Rows:
    """Put nodes into the trash, in a transaction; their rows. Raises `NotFound` when one of them may not be changed."""
    rows = await chosen(viewer, ids)
    await _check_take_out(viewer, rows)
    now, numbers = clock.now(), await _numbers(rows)
    async for piece in database.pieces(rows):
        for drive_id, modseq in numbers.items():
            await database.execute(
                f"UPDATE node SET trashed_at = $1, trashed_by = $2, modseq = $3 WHERE drive_id = $4 AND id IN ({database.marks(piece, 5)})",
                now, viewer.account_id, modseq, drive_id, *(row["id"] for row in piece),
            )
        await _leave(piece, numbers, now)
        await note_all(viewer, piece, "removed", is_there=0)
    await hide_under([row["id"] for row in rows])
    _announce(rows)
    return rows


async def bring_all_back(viewer: Viewer, ids: Sequence[int]) -> list[int]:
    """Take nodes out of the trash to where they were, in a transaction; the ids of those whose place or name is taken, for one by one."""
    left: list[int] = []
    folders: dict[int, bool] = {}
    async for piece in database.pieces(ids):
        rows = await database.fetch(
            f"SELECT n.*, o.id AS in_the_way FROM {LYING}"
            " LEFT JOIN node o ON o.parent_id = n.parent_id AND o.name_key = n.name_key AND o.trashed_at IS NULL"
            f" WHERE {LIES} AND n.id IN ({database.marks(piece, 2)})", viewer.org_id, *piece,
        )
        for parent_id in {row["parent_id"] for row in rows} - folders.keys():
            folders[parent_id] = await _may(viewer, parent_id, EDIT)
        back = [row for row in rows if row["in_the_way"] is None and folders[row["parent_id"]] and not row["has_own_rights"]]
        back = list({(row["parent_id"], row["name_key"]): row for row in back}.values())
        left += sorted({row["id"] for row in rows} - {row["id"] for row in back})
        await let_appear(viewer, back, "put_back")
    for parent_id in folders:
        announce("drive.folder", parent_id)
    return left


async def move_all(viewer: Viewer, ids: Sequence[int], target: Found, names: Mapping[int, str] | None = None) -> list[list[Any]]:
    """Move nodes into a folder, in a transaction, under their names or under `names`; a number is put behind one that is taken. Says
    where each was: id, folder and name. Raises `NotFound`, `Refused`, `QuotaFull`."""
    rows = [row for row in await chosen(viewer, ids) if row["parent_id"] != target.node.id]
    if not rows:
        return []
    await _check_move(viewer, rows, target)
    before = [[row["id"], row["parent_id"], row["name"]] for row in rows]
    numbers = await _numbers(rows)
    modseq = numbers.get(target.drive.id) or await next_modseq(target.drive.id)
    await check_nesting(target.node.id, [row["id"] for row in rows])
    await _leave(rows, numbers, clock.now())
    await change_drive([row["id"] for row in rows if row["drive_id"] != target.drive.id], target.drive)
    await _place(viewer, rows, target, modseq, names or {})
    parent = await Node.get(target.node.id)
    await hang([row["id"] for row in rows if row["anchor_id"] not in (row["id"], parent.anchor_id)], parent.anchor_id)
    for row in rows:
        if row["anchor_id"] == row["id"]:
            await reanchor(await Node.get(row["id"]))
    _announce(rows)
    for parent_id in {place[1] for place in before}:
        announce("drive.folder", parent_id)
    return before


async def change_drive(ids: Sequence[int], drive: Drive) -> None:
    """Nodes and everything below them belong to another drive, and to its owner's quota. Raises `QuotaFull`."""
    moved = await below(ids, trash=True)
    async for piece in database.pieces(moved):
        marks = database.marks(piece, 2)
        await database.execute(f"UPDATE node SET drive_id = $1 WHERE id IN ({marks})", drive.id, *piece)
        versions = await database.fetch(f"SELECT id FROM node_version WHERE node_id IN ({database.marks(piece)})", *piece)
        await charge("drive", [row["id"] for row in versions], drive.owner_id if drive.kind == PERSONAL else None)


async def let_appear(viewer: Viewer, rows: Rows, kind: str) -> None:
    """Let some nodes be seen where their rows say, in a transaction: nothing there has their names."""
    if not rows:
        return
    ids = [row["id"] for row in rows]
    for drive_id, modseq in (await _numbers(rows)).items():
        await database.execute(
            f"UPDATE node SET trashed_at = NULL, trashed_by = NULL, modseq = $1 WHERE drive_id = $2 AND id IN ({database.marks(ids, 3)})",
            modseq, drive_id, *ids,
        )
    await note_all(viewer, rows, kind)
    await show_under(ids)


async def note_all(viewer: Viewer, rows: Sequence[dict[str, Any]], kind: str, *, is_there: int = 1) -> None:
    """Write down that something happened to these nodes, whose rows say where they are afterwards."""
    await database.execute_many(_NOTE, [
        (new_id(), row["org_id"], row["drive_id"], row["id"], viewer.account_id, kind, row["parent_id"], row["name"], is_there, clock.now()) for row in rows
    ])


async def _check_take_out(viewer: Viewer, rows: Rows) -> None:
    may = {parent_id: await _may(viewer, parent_id, EDIT) for parent_id in {row["parent_id"] for row in rows}}
    for row in rows:
        if not may[row["parent_id"]] and not await _may(viewer, row["id"], MANAGE):
            raise stays(row["name"])


async def _check_move(viewer: Viewer, rows: Rows, target: Found) -> None:
    await _check_take_out(viewer, [row for row in rows if row["parent_id"] != target.node.id])
    foreign = [row for row in rows if row["drive_id"] != target.drive.id]
    try:
        await chosen(viewer, [row["id"] for row in foreign], MANAGE)
    except NotFound:
        raise leaves(foreign[0]["name"]) from None


def leaves(name: str) -> Refused:
    """Out of a drive goes what one manages; a guest who may edit takes nothing home."""
    return Refused(_("You may change “%(name)s” here but not take it to another drive. Copy it instead.") % {"name": name})


def stays(name: str) -> Refused:
    """What is shared lies where who shared it put it."""
    return Refused(_("“%(name)s” is shared with you: you may change it, but not where it lies.") % {"name": name})


async def _place(viewer: Viewer, rows: Rows, target: Found, modseq: int, names: Mapping[int, str]) -> None:
    """Write where they are now, into the rows as well."""
    taken, renamed = await Names.of(target.node.id), []
    for row in rows:
        name = taken.take(names.get(row["id"], row["name"]))
        if name != row["name"]:
            renamed.append(row["id"])
            row |= named(name)
        row |= {"parent_id": target.node.id, "drive_id": target.drive.id}
    async for piece in database.pieces(rows):
        await database.execute_many(_MOVE, [
            (target.node.id, target.drive.id, modseq, viewer.account_id, clock.now(), row["name"], row["name_key"], row["sort_key"], row["id"])
            for row in piece
        ])
        await note_all(viewer, piece, "moved")
    async for some in database.pieces(renamed):
        for id_ in some:
            await index_node(await Node.get(id_))


async def _leave(rows: Sequence[dict[str, Any]], numbers: Mapping[int, int], now: int) -> None:
    await database.execute_many(_GONE, [
        (new_id(), row["drive_id"], row["parent_id"], row["id"], row["name"], row["is_file"], numbers[row["drive_id"]], now) for row in rows
    ])


async def _numbers(rows: Rows) -> dict[int, int]:
    return {drive_id: await next_modseq(drive_id) for drive_id in {row["drive_id"] for row in rows}}


def _announce(rows: Rows) -> None:
    for parent_id in {row["parent_id"] for row in rows}:
        announce("drive.folder", parent_id)


async def _may(viewer: Viewer, node_id: int, level: int, *, trashed: bool = False) -> bool:
    try:
        await find_node(viewer, node_id, level, trashed=trashed)
    except NotFound:
        return False
    return True
