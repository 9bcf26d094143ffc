"""Copies of files and folders: contents are shared, and rows are written in blocks, so that a folder of any size is quick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.announcements import announce
from app.models.command import Command, undoes
from app.models.drive.bulk import chosen, note_all, put_all_away
from app.models.drive.events import next_modseq
from app.models.drive.finding import Found
from app.models.drive.names import Names, checked, named
from app.models.drive.nesting import check_nesting
from app.models.drive.rights import VIEW
from app.models.drive.rows import rows_of
from app.models.drive.searching import FILE, index_missing
from app.models.drive.tables import PERSONAL, Drive, Node
from app.models.drive.tree import KEEP, check_may_change, check_target, make_way
from app.models.files.storage import count_use
from app.models.search import SearchEntry
from app.models.viewer import Viewer

_COPIED = ("name_key", "media_type", "size", "blob_id", "modified_at")
_NODE = """
INSERT INTO node (id, org_id, drive_id, parent_id, is_file, name, name_key, sort_key, media_type, size, blob_id, version_id, created_by, created_at,
 modified_at, changed_by, changed_at, modseq, has_own_rights, anchor_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, $19)
"""
_VERSION = """
INSERT INTO node_version (id, node_id, number, blob_id, size, created_by, by_name, created_at, modified_at, label)
VALUES ($1, $2, 1, $3, $4, $5, '', $6, $7, '')
"""
_USE = "INSERT INTO blob_use (id, blob_id, kind, subject_id, org_id, account_id, size) VALUES ($1, $2, 'drive', $3, $4, $5, $6)"


async def copy(viewer: Viewer, found: Found, target: Found, name: str | None = None, conflict: str = KEEP, *, deep: bool = True) -> Node:
    """A copy of a node in a folder, with everything that the viewer may see below it unless it isn't `deep`. Raises `QuotaFull`,
    `NameTaken`, `Refused`."""
    check_target(target.node)
    async with Command.once(viewer, "node.copy") as command:
        wanted = checked(name) if name is not None else found.node.name
        await make_way(viewer, found.node, target.node, wanted, conflict)
        [made] = await _copied(viewer, [vars(found.node) | named(wanted)], target, deep=deep)
        command.done(made, what=wanted, url=target.node.url, inverse={"nodes": [made]})
    return await Node.get(made)


async def copy_all(viewer: Viewer, ids: Sequence[int], target: Found) -> Command:
    """Copies of many nodes; a number is put behind a name that is taken. Raises `NotFound`, `QuotaFull`, `Refused`."""
    check_target(target.node)
    async with Command.once(viewer, "node.copy") as command:
        made = await _copied(viewer, rows := await chosen(viewer, list(dict.fromkeys(ids)), VIEW), target)
        said = rows[0]["name"] if len(rows) < 2 else _("%(name)s and %(count)s more") % {"name": rows[0]["name"], "count": len(rows) - 1}
        command.done(target.node.id, what=said, url=target.node.url, inverse={"nodes": made})
    return command


async def _copied(viewer: Viewer, rows: list[dict[str, Any]], target: Found, *, deep: bool = True) -> list[int]:
    """The ids of the copies of these rows."""
    check_may_change(target)
    modseq = await next_modseq(target.drive.id)
    await check_nesting(target.node.id, [row["id"] for row in rows])
    taken = await Names.of(target.node.id)
    copies = [row | named(name) if (name := taken.take(row["name"])) != row["name"] else row for row in rows]
    drives = {id_: await Drive.get(id_) for id_ in {row["drive_id"] for row in rows}}
    made = await _insert_all(viewer, copies, target, target.node.id, modseq)
    waiting = [(drives[row["drive_id"]], row["id"], id_) for row, id_ in zip(rows, made, strict=True) if deep and not row["is_file"]]
    while waiting:
        drive, folder_id, into = waiting.pop()
        async for some in rows_of(viewer, drive, folder_id, _COPIED):
            ids = await _insert_all(viewer, some, target, into, modseq)
            waiting += [(drive, row["id"], id_) for row, id_ in zip(some, ids, strict=True) if not row["is_file"]]
    announce("drive.folder", target.node.id)
    return made


async def _insert_all(viewer: Viewer, rows: Sequence[dict[str, Any]], target: Found, parent_id: int, modseq: int) -> list[int]:
    """Copies of rows as children of a folder, with their versions, claims on contents and words; their ids."""
    return [id_ async for piece in database.pieces(rows) for id_ in await _insert(viewer, piece, target, parent_id, modseq)]


async def _insert(viewer: Viewer, rows: Sequence[dict[str, Any]], target: Found, parent_id: int, modseq: int) -> list[int]:
    now, by, node = clock.now(), viewer.account_id, target.node
    owner_id = target.drive.owner_id if target.drive.kind == PERSONAL else None
    made = [(row, new_id(), new_id() if row["is_file"] else None) for row in rows]
    files = [(row, id_, version_id) for row, id_, version_id in made if row["is_file"]]
    await count_use(node.org_id, owner_id, sum(row["size"] for row, _id, _version in files))
    await database.execute_many(_NODE, [
        (id_, node.org_id, target.drive.id, parent_id, row["is_file"], row["name"], row["name_key"], row["sort_key"], row["media_type"], row["size"],
         row["blob_id"], version_id, by, now, row["modified_at"], by, now, modseq, node.anchor_id) for row, id_, version_id in made
    ])
    await database.execute_many(_VERSION, [
        (version_id, id_, row["blob_id"], row["size"], by, now, row["modified_at"]) for row, id_, version_id in files
    ])
    await database.execute_many(_USE, [(new_id(), row["blob_id"], version_id, node.org_id, owner_id, row["size"]) for row, _id, version_id in files])
    await SearchEntry.copy(FILE, [(row["id"], id_, node.anchor_id, by) for row, id_, _version in made])
    ids = [id_ for _row, id_, _version in made]
    await _index_renamed(rows, ids)
    await note_all(viewer, [
        {"org_id": node.org_id, "drive_id": target.drive.id, "parent_id": parent_id, "id": id_, "name": row["name"]} for row, id_, _version in made
    ], "copied")
    return ids


async def _index_renamed(rows: Sequence[dict[str, Any]], ids: Sequence[int]) -> None:
    """The words of those that have another name than what they are copies of, and of those whose entry found no place."""
    originals = await database.fetch(f"SELECT id, name FROM node WHERE id IN ({database.marks(rows)})", *(row["id"] for row in rows))
    before = {row["id"]: row["name"] for row in originals}
    for row, id_ in zip(rows, ids, strict=True):
        if before.get(row["id"]) != row["name"]:
            await SearchEntry.remove(FILE, id_)
    await index_missing(ids)


@undoes("node.copy")
async def _copy_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    """What came into being goes to the trash, where it can be found again."""
    there: list[int] = []
    async for piece in database.pieces(inverse.get("nodes") or [inverse["node"]]):  # some may have been thrown away meanwhile
        there += [row["id"] for row in await database.fetch(f"SELECT id FROM node WHERE id IN ({database.marks(piece)}) AND trashed_at IS NULL", *piece)]
    await put_all_away(viewer, there)
