"""What somebody without an account finds who came by a link: the node that it opens and everything below, unless that has rights of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

from app import database
from app.lib.numbers import whole
from app.models.base import NotFound
from app.models.drive.finding import Crumb, Found, line_of
from app.models.drive.listing import Item
from app.models.drive.rights import VIEW
from app.models.drive.tables import COLUMNS, Drive, Node, node_from
from app.models.drive.zipping import Entry, free_in_zip, zipped

_PAGE = 200


async def node_for(node_id: int, org_id: int, level: int = VIEW) -> Found:
    """The node that a link opens. Raises `NotFound` when it, or a folder above it, is in the trash."""
    row = await database.fetch_one("SELECT * FROM node WHERE id = $1 AND org_id = $2", node_id, org_id)
    if row is None or any(one["trashed_at"] for one in await line_of(node_id)):
        raise NotFound("link")
    drive = await Drive.get(row["drive_id"])
    if drive.archived_at is not None:
        raise NotFound("link")
    return Found(Node.from_row(row), level, drive)


async def child_for(root: Found, node_id: int) -> Found:
    """A node below the one that a link opens; what has rights of its own on the way isn't there. Raises `NotFound`."""
    found = await node_for(node_id, root.node.org_id, root.level)
    line = await line_of(node_id)
    at = next((number for number, row in enumerate(line) if row["id"] == root.node.id), None)
    if at is None or any(row["has_own_rights"] for row in line[at + 1 :]):
        raise NotFound("link")
    return Found(found.node, root.level, root.drive, tuple(Crumb(row["id"], row["name"]) for row in line[at:-1]))


async def list_for(folder: Found, after: str = "", most: int = _PAGE) -> tuple[list[Item], str]:
    """A page of a folder, and where the next one begins."""
    skip = whole(after) or 0
    rows = await database.fetch(
        f"SELECT {COLUMNS} FROM node n WHERE n.parent_id = $1 AND n.trashed_at IS NULL AND n.has_own_rights = 0"
        " ORDER BY n.is_file, n.sort_key, n.id LIMIT $2 OFFSET $3", folder.node.id, most + 1, skip,
    )
    made = await _with_pictures([row["blob_id"] for row in rows if row["blob_id"]])
    items = [Item(node_from(row), folder.level, thumb=row["blob_id"] in made) for row in rows[:most]]
    return items, str(skip + most) if len(rows) > most else ""


async def files_for(found: Found) -> tuple[Node | None, Node | None]:
    """The files before and after one in its folder."""
    parent = await node_for(found.node.parent_id or 0, found.node.org_id)
    files = [item.node for item in (await list_for(parent, most=1000))[0] if item.node.is_file]
    here = next((number for number, node in enumerate(files) if node.id == found.node.id), None)
    if here is None:
        return None, None
    return files[here - 1] if here else None, files[here + 1] if here + 1 < len(files) else None


async def zip_for(found: Found) -> AsyncIterator[bytes]:
    """Everything below as a zip, written while it is sent."""
    async for piece in zipped(_entries(found, free_in_zip(found.node.name or "Files", set()))):
        yield piece


async def _entries(found: Found, path: str) -> AsyncIterator[Entry]:
    if found.node.is_file:
        yield Entry(path, str(await database.fetch_value("SELECT hash FROM blob WHERE id = $1", found.node.blob_id)), found.node.size)
        return
    used, after, is_empty = set[str](), "", True
    while True:
        items, after = await list_for(found, after)
        for item in items:
            is_empty = False
            async for entry in _entries(Found(item.node, found.level, found.drive), f"{path}/{free_in_zip(item.node.name, used)}"):
                yield entry
        if not after:
            break
    if is_empty:
        yield Entry(path, "", 0)


async def _with_pictures(blob_ids: list[int]) -> set[int]:
    if not blob_ids:
        return set()
    marks = database.marks(blob_ids)
    return {row["id"] for row in await database.fetch(f"SELECT id FROM blob_facts WHERE thumb = 'made' AND id IN ({marks})", *blob_ids)}


