"""Copies of files and folders. Very many are written in pieces, between which others write, and nobody sees them before all are there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from app import database
from app.lib import clock
from app.models.announcements import announce
from app.models.base import NotFound
from app.models.command import Command, undoes
from app.models.drive.bulk import PAUSE, PIECE, among, chosen, in_turn, let_appear, put_all_away
from app.models.drive.copies import insert_copies, walk
from app.models.drive.events import next_modseq
from app.models.drive.finding import Found, find_node
from app.models.drive.names import Names, checked, free_name, named
from app.models.drive.nesting import check_nesting
from app.models.drive.rights import EDIT, VIEW
from app.models.drive.searching import index_node
from app.models.drive.tables import PERSONAL, Node
from app.models.drive.trash import erase
from app.models.drive.tree import KEEP, check_may_change, check_target, make_way
from app.models.files.storage import check_quota
from app.models.viewer import Viewer

LARGE = 2_000  # fewer are copied in one transaction
_READY = """
SELECT n.*, EXISTS (SELECT 1 FROM node o WHERE o.parent_id = n.parent_id AND o.name_key = n.name_key AND o.trashed_at IS NULL) AS is_taken
  FROM node n WHERE n.trashed_at < 0 AND n.id IN ({ids})
"""

Rows = list[dict[str, Any]]


async def copy(viewer: Viewer, found: Found, target: Found, name: str | None = None, conflict: str = KEEP, *, deep: bool = True) -> Node:
    """A copy of a node in a folder, with everything that the viewer may see below it unless it isn't `deep`. Raises `QuotaFull`,
    `NameTaken`, `Refused`."""
    check_target(target.node)
    wanted = checked(name) if name is not None else found.node.name
    rows: Rows = [vars(found.node) | named(wanted)]
    async with _apart(viewer, rows if deep else [], target) as ready, Command.once(viewer, "node.copy") as command:
        await make_way(viewer, found.node, target.node, wanted, conflict)
        [made] = await _shown(viewer, ready, target) if ready else await _copied(viewer, rows, target, deep=deep)
        command.done(made, what=wanted, url=target.node.url, inverse={"nodes": [made]})
    return await Node.get(made)


async def copy_all(viewer: Viewer, ids: Sequence[int], target: Found, key: str | None = None) -> Command:
    """Copies of many nodes; a number is put behind a name that is taken. Raises `NotFound`, `QuotaFull`, `Refused`."""
    check_target(target.node)
    rows = [] if await Command.result_before(viewer, key) else await chosen(viewer, list(dict.fromkeys(ids)), VIEW)
    async with _apart(viewer, rows, target) as ready:
        async with Command.once(viewer, "node.copy", key) as command:
            if command.repeated:
                return command
            made = await _shown(viewer, ready[:PIECE], target) if ready else await _copied(viewer, rows, target)
            command.done(target.node.id, what=among(rows[0]["name"], len(rows)), url=target.node.url, inverse={"nodes": ready or made})
        await in_turn(ready[PIECE:], lambda piece: _shown(viewer, piece, target), ())
    return command


async def _copied(viewer: Viewer, rows: Rows, target: Found, *, deep: bool = True) -> list[int]:
    """The ids of the copies of these rows, in a transaction."""
    check_may_change(target)
    await next_modseq(target.drive.id)
    await check_nesting(target.node.id, [row["id"] for row in rows])
    copies = _named(rows, await Names.of(target.node.id))
    made = [id_ async for piece in database.pieces(copies) for id_ in await insert_copies(viewer, piece, target.node.id)]
    into = {row["id"]: id_ for row, id_ in zip(rows, made, strict=True)}
    async for folder_id, some in walk(viewer, rows if deep else []):
        async for piece in database.pieces(some):
            into |= zip((row["id"] for row in piece), await insert_copies(viewer, piece, into[folder_id]), strict=True)
    announce("drive.folder", target.node.id)
    return made


def _named(rows: Rows, taken: Names) -> Rows:
    return [row | named(name) if (name := taken.take(row["name"])) != row["name"] else row for row in rows]


@asynccontextmanager
async def _apart(viewer: Viewer, rows: Rows, target: Found) -> AsyncIterator[list[int]]:
    """The ids of copies of these rows that `_shown` will show; none where there are so few that they can be made at once. What isn't shown
    in the end is erased; after the death of the server, by `prune_trash`."""
    ready: list[int] = []
    try:
        await _prepare(viewer, rows, target, ready)
        yield ready
    finally:
        async for piece in database.pieces(ready):
            left = await database.fetch(f"SELECT id FROM node WHERE trashed_at < 0 AND id IN ({database.marks(piece)})", *piece)
            if left:
                await erase([row["id"] for row in left])


async def _prepare(viewer: Viewer, rows: Rows, target: Found, ready: list[int]) -> None:
    sizes = [row["size"] for row in rows] + [row["size"] async for _folder_id, some in walk(viewer, rows) for row in some]
    if len(sizes) < LARGE:
        return
    check_may_change(target)
    await check_nesting(target.node.id, [row["id"] for row in rows])
    await check_quota(target.node.org_id, target.drive.owner_id if target.drive.kind == PERSONAL else None, sum(sizes))
    begun = clock.now()
    copies = _named(rows, await Names.of(target.node.id)) if len(rows) > 1 else rows  # a name alone is given when it is shown
    async for piece in database.pieces(copies, PIECE):
        ready += await _put(viewer, piece, target.node.id, begun)
    into = {row["id"]: id_ for row, id_ in zip(rows, ready, strict=True)}
    async for folder_id, some in walk(viewer, rows):
        async for piece in database.pieces(some, PIECE):
            into |= zip((row["id"] for row in piece), await _put(viewer, piece, into[folder_id]), strict=True)


async def _put(viewer: Viewer, rows: Sequence[dict[str, Any]], parent_id: int, begun: int | None = None) -> list[int]:
    async with database.transaction():
        ids = await insert_copies(viewer, rows, parent_id, begun, is_hidden=True)
    await asyncio.sleep(PAUSE)
    return ids


async def _shown(viewer: Viewer, ids: Sequence[int], target: Found) -> list[int]:
    """Let copies be seen that are ready, in a transaction. Raises `NotFound` when they or the folder went meanwhile."""
    found = await find_node(viewer, target.node.id, EDIT)
    await next_modseq(found.drive.id)
    await check_nesting(found.node.id, ids)
    rows = await database.fetch(_READY.format(ids=database.marks(ids)), *ids)
    if len(rows) < len(ids):
        raise NotFound("copies")
    await let_appear(viewer, [row for row in rows if not row["is_taken"]], "copied")
    for row in rows:
        if row["is_taken"]:
            await let_appear(viewer, [await _renamed(row)], "copied")
    announce("drive.folder", found.node.id)
    return list(ids)


async def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    """With a number, since somebody took the name meanwhile."""
    node = await Node.get(row["id"])
    await node.change(**named(await free_name(row["parent_id"], row["name"])))
    await index_node(node, is_hidden=True)
    return row | vars(node)


@undoes("node.copy", in_turn=lambda inverse: len(inverse.get("nodes", ())) > PIECE)
async def _copy_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    """What came into being goes to the trash, where it can be found again."""
    there: Rows = []
    async for piece in database.pieces(inverse.get("nodes") or [inverse["node"]]):  # some may have been thrown away meanwhile
        there += await database.fetch(f"SELECT id FROM node WHERE id IN ({database.marks(piece)}) AND trashed_at IS NULL", *piece)
    rows = await chosen(viewer, [row["id"] for row in there])
    await in_turn([row["id"] for row in rows], partial(put_all_away, viewer), {row["parent_id"] for row in rows})
