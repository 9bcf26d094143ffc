"""The rows of copies: contents are shared, and rows are written in blocks, so that a folder of any size is quick."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.models.dav.property import DeadProperty
from app.models.drive.bulk import note_all
from app.models.drive.events import next_modseq
from app.models.drive.rows import rows_of
from app.models.drive.searching import FILE, index_missing
from app.models.drive.tables import PERSONAL, Drive, Node
from app.models.files.storage import count_use
from app.models.search import SearchEntry
from app.models.viewer import Viewer

_COPIED = ("name_key", "media_type", "size", "blob_id", "modified_at")
_NODE = """
INSERT INTO node (id, org_id, drive_id, parent_id, is_file, name, name_key, sort_key, media_type, size, blob_id, version_id, created_by, created_at,
 modified_at, changed_by, changed_at, modseq, has_own_rights, anchor_id, trashed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, $19, $20)
"""
_VERSION = """
INSERT INTO node_version (id, node_id, number, blob_id, size, created_by, by_name, created_at, modified_at, label)
VALUES ($1, $2, 1, $3, $4, $5, '', $6, $7, '')
"""
_USE = "INSERT INTO blob_use (id, blob_id, kind, subject_id, org_id, account_id, size) VALUES ($1, $2, 'drive', $3, $4, $5, $6)"


async def walk(viewer: Viewer, rows: Sequence[dict[str, Any]]) -> AsyncIterator[tuple[int, list[dict[str, Any]]]]:
    """What the viewer may see below these nodes: a folder's id and some rows of what is in it, parents first."""
    drives = {id_: await Drive.get(id_) for id_ in {row["drive_id"] for row in rows}}
    waiting = [(drives[row["drive_id"]], row["id"]) for row in rows if not row["is_file"]]
    while waiting:
        drive, folder_id = waiting.pop()
        async for some in rows_of(viewer, drive, folder_id, _COPIED):
            yield folder_id, some
            waiting += [(drive, row["id"]) for row in some if not row["is_file"]]


async def insert_copies(viewer: Viewer, rows: Sequence[dict[str, Any]], parent_id: int, begun: int | None = None, *, is_hidden: bool = False) -> list[int]:
    """Copies of some rows in a folder, in a transaction, with their versions, claims on contents, properties and words; their ids. Those
    `begun` apart aren't seen, and with `is_hidden` not found. Raises `NotFound` for a folder that is gone, `QuotaFull`."""
    modseq = await next_modseq((await Node.get(parent_id)).drive_id)
    parent = await Node.get(parent_id)  # as it is now that nobody else changes its drive
    drive = await Drive.get(parent.drive_id)
    owner_id, now, by = drive.owner_id if drive.kind == PERSONAL else None, clock.now(), viewer.account_id
    made = [(row, new_id(), new_id() if row["is_file"] else None) for row in rows]
    files = [(row, id_, version_id) for row, id_, version_id in made if row["is_file"]]
    await count_use(parent.org_id, owner_id, sum(row["size"] for row, _id, _version in files))
    await database.execute_many(_NODE, [
        (id_, parent.org_id, drive.id, parent_id, row["is_file"], row["name"], row["name_key"], row["sort_key"], row["media_type"], row["size"],
         row["blob_id"], version_id, by, now, row["modified_at"], by, now, modseq, parent.anchor_id, begun and -begun) for row, id_, version_id in made
    ])
    await database.execute_many(_VERSION, [
        (version_id, id_, row["blob_id"], row["size"], by, now, row["modified_at"]) for row, id_, version_id in files
    ])
    await database.execute_many(_USE, [(new_id(), row["blob_id"], version_id, parent.org_id, owner_id, row["size"]) for row, _id, version_id in files])
    await DeadProperty.copy(FILE, [(row["id"], id_) for row, id_, _version in made])
    ids = [id_ for _row, id_, _version in made]
    await _index(rows, ids, -parent.anchor_id if is_hidden else parent.anchor_id, by)
    if begun is None:
        await note_all(viewer, [
            {"org_id": parent.org_id, "drive_id": drive.id, "parent_id": parent_id, "id": id_, "name": row["name"]} for row, id_, _version in made
        ], "copied")
    return ids


async def _index(rows: Sequence[dict[str, Any]], ids: Sequence[int], scope: int, by: int) -> None:
    """The words of what they are copies of, or of their own where they have another name or found no place."""
    await SearchEntry.copy(FILE, [(row["id"], id_, scope, by) for row, id_ in zip(rows, ids, strict=True)])
    originals = await database.fetch(f"SELECT id, name FROM node WHERE id IN ({database.marks(rows)})", *(row["id"] for row in rows))
    before = {row["id"]: row["name"] for row in originals}
    for row, id_ in zip(rows, ids, strict=True):
        if before.get(row["id"]) != row["name"]:
            await SearchEntry.remove(FILE, id_)
    await index_missing(ids, is_hidden=scope < 0)
