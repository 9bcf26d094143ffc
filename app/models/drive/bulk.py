"""Changing very many nodes at once: rights are asked once for each folder, and rows are written in blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.drive.events import next_modseq
from app.models.drive.finding import may_use
from app.models.drive.rights import EDIT, MANAGE
from app.models.drive.searching import below, hide_under, show_under
from app.models.drive.tables import PERSONAL, Drive
from app.models.files.blob import charge
from app.models.viewer import Viewer

FROM = 40  # fewer are changed one by one
PIECE = 200  # more are changed in several transactions
PAUSE = 0.005  # seconds in which another process, which asks again and again, gets its turn
_NOTE = """
INSERT INTO node_event (id, org_id, drive_id, node_id, actor_id, by_name, kind, parent_id, name, is_there, facts, at)
VALUES ($1, $2, $3, $4, $5, '', $6, $7, $8, $9, '{}', $10)
"""
_GONE = "INSERT INTO node_gone (id, drive_id, parent_id, node_id, name, is_file, modseq, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"

# Written so that SQLite looks the ids up, one by one: else it reads all of the organisation's trash for each piece of them.
LYING = "node n CROSS JOIN drive d"
LIES = "+n.org_id = $1 AND d.id = n.drive_id AND n.trashed_at > d.emptied_at"

Rows = list[dict[str, Any]]


async def in_turn(ids: Sequence[int], work: Callable[[Sequence[int]], Awaitable[Any]], folders: Iterable[int]) -> None:
    """Do with very many nodes what would take too long in one transaction, in pieces that are one each, between which others write; who looks
    at one of these folders is told of all at once."""
    try:
        async for piece in database.pieces(ids, PIECE):
            async with database.transaction():
                await work(piece)
            await asyncio.sleep(PAUSE if len(piece) == PIECE else 0)
    finally:
        for folder_id in set(folders):
            announce("drive.folder", folder_id)


async def chosen(viewer: Viewer, ids: Sequence[int], level: int = EDIT) -> Rows:
    """Rows of nodes that the viewer may use at `level`. Raises `NotFound` when one of them may not be, or is in the trash, or a drive."""
    rows = await usable(viewer, ids, level)
    if len(rows) < len(ids):
        raise NotFound("some of many")
    return rows


async def usable(viewer: Viewer, ids: Sequence[int], level: int = EDIT) -> Rows:
    """The same of those that are there and may be used, in their order."""
    rows: Rows = []
    async for piece in database.pieces(ids):
        rows += await database.fetch(
            f"SELECT * FROM node WHERE org_id = $1 AND trashed_at IS NULL AND parent_id IS NOT NULL AND id IN ({database.marks(piece, 2)})",
            viewer.org_id, *piece,
        )
    order = {id_: number for number, id_ in enumerate(ids)}
    return await allowed(viewer, sorted(rows, key=lambda row: order[row["id"]]), level)


async def allowed(viewer: Viewer, rows: Rows, level: int, *, trashed: bool = False) -> Rows:
    """Those of these rows of nodes that the viewer may use at `level`; in the trash with `trashed`."""
    above = {parent_id: await may_use(viewer, parent_id, level, trashed=trashed) for parent_id in {row["parent_id"] for row in rows}}
    return [
        row for row in rows
        if (above[row["parent_id"]] and not row["has_own_rights"]) or await may_use(viewer, row["id"], level, trashed=trashed)
    ]


async def put_all_away(viewer: Viewer, ids: Sequence[int]) -> None:
    """Put nodes into the trash that are still there and may be changed, in a transaction. Raises `Refused`."""
    rows = await usable(viewer, ids)
    await check_take_out(viewer, rows)
    now, numbers = clock.now(), await numbers_of(rows)
    async for piece in database.pieces(rows):
        for drive_id, modseq in numbers.items():
            await database.execute(
                f"UPDATE node SET trashed_at = $1, trashed_by = $2, modseq = $3 WHERE drive_id = $4 AND id IN ({database.marks(piece, 5)})",
                now, viewer.account_id, modseq, drive_id, *(row["id"] for row in piece),
            )
        await leave_all(piece, numbers)
        await note_all(viewer, piece, "removed", is_there=0)
    await hide_under([row["id"] for row in rows])


async def bring_all_back(viewer: Viewer, ids: Sequence[int]) -> list[int]:
    """Take nodes out of the trash to where they were, in a transaction; the ids of those whose place or name is taken, for one by one."""
    rows = await database.fetch(
        f"SELECT n.*, o.id AS in_the_way FROM {LYING}"
        " LEFT JOIN node o ON o.parent_id = n.parent_id AND o.name_key = n.name_key AND o.trashed_at IS NULL"
        f" WHERE {LIES} AND n.id IN ({database.marks(ids, 2)})", viewer.org_id, *ids,
    )
    folders = {parent_id: await may_use(viewer, parent_id, EDIT) for parent_id in {row["parent_id"] for row in rows}}
    back = [row for row in rows if row["in_the_way"] is None and folders[row["parent_id"]] and not row["has_own_rights"]]
    back = list({(row["parent_id"], row["name_key"]): row for row in back}.values())
    await let_appear(viewer, back, "put_back")
    return sorted({row["id"] for row in rows} - {row["id"] for row in back})


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
    for drive_id, modseq in (await numbers_of(rows)).items():
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


async def check_take_out(viewer: Viewer, rows: Rows) -> None:
    """Raises `Refused` for what lies where others put it."""
    may = {parent_id: await may_use(viewer, parent_id, EDIT) for parent_id in {row["parent_id"] for row in rows}}
    for row in rows:
        if not may[row["parent_id"]] and not await may_use(viewer, row["id"], MANAGE):
            raise stays(row["name"])


def among(name: str, count: int) -> str:
    """What so many nodes are called, of which one has this name."""
    return name if count < 2 else _("%(name)s and %(count)s more") % {"name": name, "count": count - 1}


def leaves(name: str) -> Refused:
    """Out of a drive goes what one manages; a guest who may edit takes nothing home."""
    return Refused(_("You may change “%(name)s” here but not take it to another drive. Copy it instead.") % {"name": name})


def stays(name: str) -> Refused:
    """What is shared lies where who shared it put it."""
    return Refused(_("“%(name)s” is shared with you: you may change it, but not where it lies.") % {"name": name})


async def leave_all(rows: Sequence[dict[str, Any]], numbers: Mapping[int, int]) -> None:
    """Their names are no longer in their folders, from the changes on that have these numbers in their drives."""
    now = clock.now()
    await database.execute_many(_GONE, [
        (new_id(), row["drive_id"], row["parent_id"], row["id"], row["name"], row["is_file"], numbers[row["drive_id"]], now) for row in rows
    ])


async def numbers_of(rows: Rows) -> dict[int, int]:
    """A number for a change of these nodes, in each of their drives."""
    return {drive_id: await next_modseq(drive_id) for drive_id in {row["drive_id"] for row in rows}}
