"""Drive's part of the zip: one's own files as they are, and what one said about files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from app import database
from app.lib import blobs
from app.models.drive.zipping import free_in_zip
from app.models.my_data.registry import Files, Owner, exports, json_array, moment


@exports("drive")
async def _drive(owner: Owner) -> Files:
    used = set[str]()
    for drive in await database.fetch(
        "SELECT * FROM drive WHERE org_id = $1 AND owner_id = $2 AND archived_at IS NULL ORDER BY id", owner.org_id, owner.account_id
    ):
        name = free_in_zip(drive["name"] or "My files", used)
        async for one in _below(drive["root_id"], f"drive/{name}"):
            yield one
    yield "drive/comments.json", json_array(_comments(owner))


async def _below(folder_id: int, path: str) -> Files:
    used = set[str]()
    for row in await database.fetch(
        "SELECT n.id, n.name, n.is_file, b.hash FROM node n LEFT JOIN blob b ON b.id = n.blob_id WHERE n.parent_id = $1 AND n.trashed_at IS NULL"
        " ORDER BY n.is_file, n.sort_key, n.id", folder_id,
    ):
        here = f"{path}/{free_in_zip(row['name'], used)}"
        if row["is_file"]:
            yield here, blobs.store().stream(row["hash"])
            continue
        async for one in _below(row["id"], here):
            yield one


async def _comments(owner: Owner) -> AsyncIterator[dict[str, Any]]:
    for row in await database.fetch(
        "SELECT c.id, n.name AS file, c.text, c.created_at FROM node_comment c JOIN node n ON n.id = c.node_id"
        " WHERE c.author_id = $1 AND c.org_id = $2 AND c.deleted_at IS NULL ORDER BY c.id", owner.account_id, owner.org_id,
    ):
        yield {**row, "created_at": moment(row["created_at"])}
