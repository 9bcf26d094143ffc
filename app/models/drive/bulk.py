"""Throwing very many away at once, and taking them back: rights asked once for each folder, rows written in blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.models.announcements import announce
from app.models.base import NotFound
from app.models.drive.events import next_modseq
from app.models.drive.finding import find_node
from app.models.drive.rights import EDIT
from app.models.drive.searching import index_node, index_under
from app.models.drive.tables import Node
from app.models.viewer import Viewer

FROM = 40  # fewer are thrown away one by one
_PIECE = 500
_NOTE = """
INSERT INTO node_event (id, org_id, drive_id, node_id, actor_id, by_name, kind, parent_id, name, is_there, facts, at)
VALUES ($1, $2, $3, $4, $5, '', 'removed', $6, $7, 0, '{}', $8)
"""
_GONE = "INSERT INTO node_gone (id, drive_id, parent_id, node_id, name, is_file, modseq, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"


async def put_all_away(viewer: Viewer, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Put nodes into the trash, in a transaction; their rows. Raises `NotFound` when one of them may not be changed."""
    rows: list[dict[str, Any]] = []
    for start in range(0, len(ids), _PIECE):
        piece = ids[start : start + _PIECE]
        found = await database.fetch(
            f"SELECT * FROM node WHERE org_id = $1 AND trashed_at IS NULL AND parent_id IS NOT NULL"
            f" AND id IN ({database.marks(piece, 2)})", viewer.org_id, *piece,
        )
        if len(found) < len(piece):
            raise NotFound("some of many")
        rows += found
    for parent_id in {row["parent_id"] for row in rows}:
        await find_node(viewer, parent_id, EDIT)
    for row in rows:
        if row["has_own_rights"]:
            await find_node(viewer, row["id"], EDIT)
    numbers = {drive_id: await next_modseq(drive_id) for drive_id in {row["drive_id"] for row in rows}}
    for start in range(0, len(rows), _PIECE):
        await _put_piece_away(viewer, rows[start : start + _PIECE], numbers)
    for parent_id in {row["parent_id"] for row in rows}:
        announce("drive.folder", parent_id)
    return rows


async def _put_piece_away(viewer: Viewer, rows: list[dict[str, Any]], numbers: dict[int, int]) -> None:
    now, ids = clock.now(), [row["id"] for row in rows]
    for drive_id, modseq in numbers.items():
        await database.execute(
            f"UPDATE node SET trashed_at = $1, trashed_by = $2, modseq = $3 WHERE drive_id = $4 AND id IN ({database.marks(ids, 5)})",
            now, viewer.account_id, modseq, drive_id, *ids,
        )
    await database.execute_many(_GONE, [
        (new_id(), row["drive_id"], row["parent_id"], row["id"], row["name"], row["is_file"], numbers[row["drive_id"]], now) for row in rows
    ])
    await database.execute_many(_NOTE, [
        (new_id(), row["org_id"], row["drive_id"], row["id"], viewer.account_id, row["parent_id"], row["name"], now) for row in rows
    ])
    await database.execute(
        f"""DELETE FROM search_entry WHERE kind = 'file' AND subject_id IN (WITH RECURSIVE below (id) AS (
        SELECT n.id FROM node n WHERE n.id IN ({database.marks(ids)}) UNION ALL SELECT n.id FROM node n JOIN below ON n.parent_id = below.id
        WHERE n.trashed_at IS NULL) SELECT id FROM below)""", *ids,
    )


async def bring_all_back(viewer: Viewer, ids: Sequence[int]) -> list[int]:
    """Take nodes out of the trash to where they were, in a transaction; the ids of those whose place or name is taken, for one by one."""
    left: list[int] = []
    folders: dict[int, bool] = {}
    for start in range(0, len(ids), _PIECE):
        piece = ids[start : start + _PIECE]
        rows = await database.fetch(
            "SELECT n.*, o.id AS in_the_way FROM node n LEFT JOIN node o ON o.parent_id = n.parent_id AND o.name_key = n.name_key AND o.trashed_at IS NULL"
            f" WHERE n.org_id = $1 AND n.trashed_at IS NOT NULL AND n.id IN ({database.marks(piece, 2)})", viewer.org_id, *piece,
        )
        for row in rows:
            if row["parent_id"] not in folders:
                folders[row["parent_id"]] = await _may_change(viewer, row["parent_id"])
        back = [row for row in rows if row["in_the_way"] is None and folders[row["parent_id"]] and not row["has_own_rights"]]
        back = list({(row["parent_id"], row["name_key"]): row for row in back}.values())
        left += sorted({row["id"] for row in rows} - {row["id"] for row in back})
        await _bring_piece_back(viewer, back)
    for parent_id in folders:
        announce("drive.folder", parent_id)
    return left


async def _bring_piece_back(viewer: Viewer, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    now, ids = clock.now(), [row["id"] for row in rows]
    for drive_id in {row["drive_id"] for row in rows}:
        await database.execute(
            f"UPDATE node SET trashed_at = NULL, trashed_by = NULL, modseq = $1 WHERE drive_id = $2 AND id IN ({database.marks(ids, 3)})",
            await next_modseq(drive_id), drive_id, *ids,
        )
    await database.execute_many(_NOTE.replace("'removed'", "'put_back'").replace("$7, 0,", "$7, 1,"), [
        (new_id(), row["org_id"], row["drive_id"], row["id"], viewer.account_id, row["parent_id"], row["name"], now) for row in rows
    ])
    for row in rows:
        node = Node.from_row({name: value for name, value in row.items() if name != "in_the_way"})
        await (index_node(node) if node.is_file else index_under(node))


async def _may_change(viewer: Viewer, folder_id: int) -> bool:
    try:
        await find_node(viewer, folder_id, EDIT)
    except NotFound:
        return False
    return True
