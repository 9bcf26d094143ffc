"""The trash: what is thrown away stays for some days, in its place in the tree, and can go back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _, ngettext
from app.lib.numbers import whole
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.command import UNDO_FOR, Command, undoes
from app.models.drive.bulk import (
    FROM,
    LIES,
    LYING,
    PIECE,
    allowed,
    among,
    bring_all_back,
    change_drive,
    check_take_out,
    chosen,
    in_turn,
    put_all_away,
    usable,
)
from app.models.drive.events import leave, next_modseq, note
from app.models.drive.finding import Found, find_node, may_use
from app.models.drive.names import free_name, named
from app.models.drive.rights import EDIT, MANAGE
from app.models.drive.searching import hide_under, index_node, show_under
from app.models.drive.tables import COLUMNS, Drive, Node, node_from
from app.models.drive.tree import check_may_take_out
from app.models.files.blob import release
from app.models.job import Job
from app.models.viewer import Viewer

_PIECE = 200
_LONGEST_COPY = clock.HOUR


async def remove(viewer: Viewer, ids: Sequence[int]) -> Command:
    """Put nodes into the trash. Raises `NotFound`, `Refused`."""
    if len(wanted := list(dict.fromkeys(ids))) >= FROM:
        return await _remove_many(viewer, wanted)
    async with Command.once(viewer, "node.remove") as command:
        gone, what, url = [], "", "/drive"
        for id_ in wanted:
            found = await find_node(viewer, id_, EDIT)
            check_may_take_out(found)
            await put_away(viewer, found)
            gone.append(found.node.id)
            what, url = what or found.node.name, f"/drive/folders/{found.node.parent_id}"
        command.done(gone[0] if gone else None, what=among(what, len(gone)), url=url, inverse={"nodes": gone})
    return command


async def _remove_many(viewer: Viewer, ids: Sequence[int]) -> Command:
    """With the first piece its Undo is written, which takes back as much as was done."""
    rows = await chosen(viewer, ids)
    await check_take_out(viewer, rows)
    async with Command.once(viewer, "node.remove") as command:
        await put_all_away(viewer, ids[:PIECE])
        command.done(ids[0], what=among(rows[0]["name"], len(ids)), url=f"/drive/folders/{rows[0]['parent_id']}", inverse={"nodes": ids})
    await in_turn(ids[PIECE:], partial(put_all_away, viewer), {row["parent_id"] for row in rows})
    return command


async def put_away(viewer: Viewer | None, found: Found) -> None:
    """The same for one, in a transaction."""
    node = found.node
    if node.parent_id is None:
        raise Refused(_("A drive is put away in its settings."))
    if found.is_trashed:
        return
    modseq = await next_modseq(node.drive_id)
    await leave(node, modseq)
    await node.change(trashed_at=clock.now(), trashed_by=viewer.account_id if viewer else None, modseq=modseq)
    await hide_under([node.id])
    await note(viewer, node, "removed", is_there=False)
    announce("drive.folder", node.parent_id)


async def restore(viewer: Viewer, ids: Sequence[int], into: Found | None = None) -> Command:
    """Take nodes out of the trash: back to their place or, where that is gone, to the top of their drive. A name that was given
    away meanwhile gets a number. Raises `NotFound`."""
    if len(wanted := list(dict.fromkeys(ids))) >= FROM and into is None:
        return await _restore_many(viewer, wanted)
    async with Command.once(viewer, "node.restore") as command:
        back, what, url = [], "", "/drive"
        for id_ in wanted:
            node = await bring_back(viewer, id_, into)
            back.append(node.id)
            what, url = what or node.name, f"/drive/folders/{node.parent_id}"
        command.done(back[0] if back else None, what=among(what, len(back)), url=url, inverse={"nodes": back})
    return command


async def _restore_many(viewer: Viewer, ids: Sequence[int]) -> Command:
    rows = await _check_back(viewer, ids)
    if not rows:
        raise NotFound("any in the trash")
    wanted = [row["id"] for row in rows]
    async with Command.once(viewer, "node.restore") as command:
        await _bring_some_back(viewer, wanted[:PIECE])
        command.done(wanted[0], what=among(rows[0]["name"], len(rows)), url=f"/drive/folders/{rows[0]['parent_id']}", inverse={"nodes": wanted})
    await in_turn(wanted[PIECE:], partial(_bring_some_back, viewer), {row["parent_id"] for row in rows})
    return command


async def _check_back(viewer: Viewer, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Rows of those of these nodes that lie in the trash, folders before what was thrown away inside of them. Raises `NotFound` for what the
    viewer may not take out, or has no place for."""
    rows = await _lying(viewer, ids)
    if len(await allowed(viewer, rows, EDIT, trashed=True)) < len(rows):
        raise NotFound("some in the trash")
    back = {row["id"] for row in rows}
    for parent_id, drive_id in {(row["parent_id"], row["drive_id"]) for row in rows if row["parent_id"] not in back}:
        if not await may_use(viewer, parent_id, EDIT):
            await find_node(viewer, (await Drive.get(drive_id)).root_id, EDIT)
    return sorted(rows, key=lambda row: (row["parent_id"] in back, row["id"]))


async def _bring_some_back(viewer: Viewer, ids: Sequence[int]) -> None:
    """Those that are still in the trash, in a transaction."""
    for id_ in await bring_all_back(viewer, ids):
        await bring_back(viewer, id_)


async def bring_back(viewer: Viewer, id_: int, into: Found | None = None) -> Node:
    """The same for one, in a transaction."""
    from app.models.drive.anchors import reanchor

    found = await find_node(viewer, id_, EDIT, trashed=True)
    node = found.node
    if node.trashed_at is None:
        raise NotFound(f"node {id_} in the trash")
    parent = into or await _place_of(viewer, found)
    name = await free_name(parent.node.id, node.name)
    if parent.drive.id != node.drive_id:
        await change_drive([node.id], parent.drive)
    modseq = await next_modseq(parent.drive.id)
    await node.change(trashed_at=None, trashed_by=None, parent_id=parent.node.id, drive_id=parent.drive.id, modseq=modseq, **named(name))
    await reanchor(node)
    await show_under([node.id])
    await index_node(node)
    await note(viewer, node, "put_back")
    announce("drive.folder", parent.node.id)
    return node


async def list_trash(viewer: Viewer, drive: Drive, after: str = "", most: int = 100) -> tuple[list[Node], str]:
    """What lies in a drive's trash and the viewer may take out, newest first, and what to ask for with `after` to get further."""
    at, _dash, id_ = after.partition("-")
    rows = await database.fetch(
        f"SELECT {COLUMNS} FROM node n WHERE n.drive_id = $1 AND n.trashed_at > $2 AND (n.trashed_at, n.id) < ($3, $4)"
        " ORDER BY n.trashed_at DESC, n.id DESC LIMIT $5",
        drive.id, drive.emptied_at, whole(at) or 2**53, whole(id_) or 0, most,
    )
    found = await allowed(viewer, rows, EDIT, trashed=True)
    return [node_from(row) for row in found], f"{rows[-1]['trashed_at']}-{rows[-1]['id']}" if len(rows) == most else ""


async def purge(viewer: Viewer, ids: Sequence[int]) -> int:
    """Delete nodes of the trash for good, what others threw away only where one manages; says how many went. Can't be undone. Raises
    `NotFound`, `Refused`."""
    wanted = list(dict.fromkeys(ids))
    rows = await allowed(viewer, await _lying(viewer, wanted), EDIT, trashed=True)
    if len(rows) < len(wanted):
        raise NotFound("some in the trash")
    others = [row for row in rows if row["trashed_by"] != viewer.account_id]
    if len(await allowed(viewer, others, MANAGE, trashed=True)) < len(others):
        raise Refused(_("What others put into the trash is deleted for good by those who manage the folder."))
    count = 0
    async for piece in database.pieces(wanted, _PIECE):
        count += await erase(piece)
    return count


async def _lying(viewer: Viewer, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Rows of those nodes that lie in the trash, and not in one that was emptied."""
    rows: list[dict[str, Any]] = []
    async for piece in database.pieces(ids, _PIECE):
        rows += await database.fetch(
            f"SELECT n.* FROM {LYING} WHERE {LIES} AND n.id IN ({database.marks(piece, 2)})", viewer.org_id, *piece,
        )
    return rows


async def empty_trash(viewer: Viewer, drive: Drive) -> None:
    """Delete everything in a drive's trash for good: nobody sees it any more, and a job erases it. Raises `NotFound` for who doesn't
    manage the drive."""
    await find_node(viewer, drive.root_id, MANAGE)
    async with database.transaction():
        await drive.change(emptied_at=clock.now())
        await Job.enqueue("erase_trash", key=f"erase_trash:{drive.id}", org_id=drive.org_id, background=True, drive_id=drive.id)


async def erase_trash(drive_id: int) -> int:
    """Erase what was in a drive's trash when it was emptied; says how many nodes went."""
    return await _erase_all("drive_id = $1 AND trashed_at >= 0 AND trashed_at <= (SELECT emptied_at FROM drive WHERE id = $1)", drive_id)


async def prune_trash() -> int:
    """Delete what has been in the trash longer than its organisation keeps it, and what is there of copies that came to no end."""
    count = 0
    for rule in await database.fetch("SELECT o.id, COALESCE(r.trash_days, 30) AS days FROM organisation o LEFT JOIN drive_rules r ON r.id = o.id"):
        before = clock.now() - rule["days"] * clock.DAY
        count += await _erase_all("org_id = $1 AND trashed_at >= 0 AND trashed_at < $2", rule["id"], before)
        count += await _erase_all("org_id = $1 AND trashed_at < 0 AND trashed_at > $2", rule["id"], _LONGEST_COPY - clock.now())
    return count


async def prune_drives() -> int:
    """Erase drives that were put away so long ago that it can't be undone, and those of accounts that were deleted for good."""
    rows = await database.fetch(
        "SELECT d.* FROM drive d LEFT JOIN account a ON a.id = d.owner_id WHERE d.archived_at < $1 OR a.email LIKE '%@deleted.invalid' LIMIT 20",
        clock.now() - UNDO_FOR,
    )
    for row in rows:
        await erase([row["root_id"]])
        await database.execute("DELETE FROM node_gone WHERE drive_id = $1", row["id"])
        await database.execute("DELETE FROM drive WHERE id = $1", row["id"])
    return len(rows)


async def _erase_all(which: str, *values: int) -> int:
    count = 0
    while rows := await database.fetch(f"SELECT id FROM node WHERE {which} LIMIT {_PIECE}", *values):
        count += await erase([row["id"] for row in rows])
    return count


async def erase(ids: Sequence[int]) -> int:
    """Rows of nodes and everything below them, deepest first, and their claim on contents; the sweep deletes what nobody needs then."""
    rows = await database.fetch(
        f"WITH RECURSIVE below (id, depth) AS (SELECT n.id, 0 FROM node n WHERE n.id IN ({database.marks(ids)}) UNION ALL"
        " SELECT n.id, below.depth + 1 FROM node n JOIN below ON n.parent_id = below.id)"
        " SELECT id FROM below GROUP BY id ORDER BY MAX(depth) DESC", *ids,
    )
    late: list[int] = []
    async for piece in database.pieces([row["id"] for row in rows], _PIECE):
        async with database.transaction():
            marks = database.marks(piece)
            await database.execute(f"UPDATE drive SET modseq = modseq WHERE id IN (SELECT drive_id FROM node WHERE id IN ({marks}))", *piece)
            await _erase_piece(piece)
            late += [row["id"] for row in await database.fetch(f"SELECT id FROM node WHERE parent_id IN ({marks})", *piece)]  # put there meanwhile
    return len(rows) + (await erase(late) if late else 0)


async def _erase_piece(ids: Sequence[int]) -> None:
    from app.models.links import close_links_of

    marks = database.marks(ids)
    await release("drive", [row["id"] for row in await database.fetch(f"SELECT id FROM node_version WHERE node_id IN ({marks})", *ids)])
    for row in await database.fetch(f"SELECT DISTINCT subject_id FROM public_link WHERE kind = 'drive' AND subject_id IN ({marks})", *ids):
        await close_links_of("drive", row["subject_id"])
    for table in ("node_version", "node_grant", "node_favourite", "node_visit", "node_tag", "node_comment", "node_event", "dav_lock"):
        await database.execute(f"DELETE FROM {table} WHERE node_id IN ({marks})", *ids)
    for table in ("dead_property", "search_entry"):
        await database.execute(f"DELETE FROM {table} WHERE kind = 'file' AND subject_id IN ({marks})", *ids)
    await database.execute(f"DELETE FROM node WHERE id IN ({marks})", *ids)


async def _place_of(viewer: Viewer, found: Found) -> Found:
    """Its folder, or the drive's root where that is gone or in the trash itself."""
    try:
        return await find_node(viewer, found.node.parent_id or 0, EDIT)
    except NotFound:
        return await find_node(viewer, found.drive.root_id, EDIT)


def _are_many(inverse: dict[str, Any]) -> bool:
    return len(inverse["nodes"]) > PIECE


@undoes("node.remove", in_turn=_are_many)
async def _remove_back(viewer: Viewer, inverse: dict[str, Any]) -> str:
    nodes = list(reversed(inverse["nodes"]))
    lying = {row["id"] for row in await _lying(viewer, nodes)}
    there = [id_ for id_ in nodes if id_ in lying]
    if not there:
        raise Refused(_("It isn’t in the trash any more: it was put back or deleted for good meanwhile."))
    if len(there) >= FROM:
        rows = await _check_back(viewer, there)
        await in_turn([row["id"] for row in rows], partial(_bring_some_back, viewer), {row["parent_id"] for row in rows})
    else:
        async with database.transaction():
            for id_ in there:
                await bring_back(viewer, id_)
    gone = len(nodes) - len(there)
    return ngettext(
        "The others are back. %(num)s item isn’t in the trash any more.", "The others are back. %(num)s items aren’t in the trash any more.", gone
    ) % {"num": gone} if gone else ""


@undoes("node.restore", in_turn=_are_many)
async def _restore_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    nodes = list(reversed(inverse["nodes"]))
    if len(nodes) >= FROM:
        rows = await usable(viewer, nodes)  # where it came to a sudden end, not all are back
        await in_turn([row["id"] for row in rows], partial(put_all_away, viewer), {row["parent_id"] for row in rows})
        return
    for id_ in nodes:
        await put_away(viewer, await find_node(viewer, id_, EDIT))
