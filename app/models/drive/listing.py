"""Folders page by page: the first page of a folder of 100,000 costs what that of a small one does."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from app import database
from app.lib import clock
from app.models.drive.finding import Found
from app.models.drive.rights import REACHES, level_along, owns
from app.models.drive.tables import COLUMNS, Node, node_from
from app.models.viewer import Viewer

NAME, MODIFIED, SIZE = "name", "modified", "size"
SORTS = {NAME: "sort_key", MODIFIED: "modified_at", SIZE: "size"}
PAGE = 60

_SEGMENT = """
SELECT {columns}, (SELECT MAX(g.level) FROM node_grant g WHERE g.node_id = n.id AND {reaches}) AS granted
  FROM node n WHERE n.parent_id = $1 AND n.trashed_at IS NULL AND n.is_file = $2 {after} {own} ORDER BY n.{by} {way}, n.id {way} LIMIT $6
"""
_MAY_SEE = "(n.has_own_rights = 0 OR EXISTS (SELECT 1 FROM node_grant g WHERE g.node_id = n.id AND {reaches}))"

_SIZE = """
WITH RECURSIVE below (id, is_file, size, gone) AS (SELECT n.id, n.is_file, n.size, CAST(NULL AS BIGINT) FROM node n WHERE n.id = $1
UNION ALL SELECT n.id, n.is_file, n.size, {gone} FROM node n JOIN below ON n.parent_id = below.id WHERE below.gone IS NULL)
SELECT COUNT(*) AS files, COALESCE(SUM(size), 0) AS size FROM below WHERE is_file = 1 AND gone IS NULL
"""


@dataclass(slots=True)
class Item:
    """A line of a list: a node, what the viewer may do with it, and what is shown beside its name."""

    node: Node
    level: int
    is_favourite: bool = False
    is_shared: bool = False
    has_link: bool = False
    tags: list[dict[str, Any]] = field(default_factory=list)
    by: dict[str, Any] | None = None
    place: str = ""
    thumb: bool = False
    at: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Some items, and where the next page begins; empty at the end."""

    items: list[Item]
    after: str = ""


async def list_page(viewer: Viewer, folder: Found, sort: str = NAME, down: bool = False, after: str = "", most: int = PAGE) -> Page:
    """A page of a folder's children that the viewer may see: folders first, by name, date or size."""
    rows = await _rows(viewer, folder, sort, down, _read(after, sort), most + 1)
    items = [Item(node_from(row), level_along(viewer, folder.drive, [{"has_own_rights": 0, "granted": folder.level}, row])[-1]) for row in rows[:most]]
    more = _cursor(rows[most - 1], sort) if len(rows) > most else ""
    return Page(items, more)


async def list_all(viewer: Viewer, folder: Found, most: int = 1000) -> AsyncIterator[Item]:
    """Every child that the viewer may see, a page at a time."""
    after = ""
    while True:
        page = await list_page(viewer, folder, after=after, most=most)
        for item in page.items:
            yield item
        if not page.after:
            return
        after = page.after


async def count_children(folder_id: int, most: int = 10_000) -> tuple[int, int]:
    """How many folders and files are in a folder, counting up to `most`."""
    rows = await database.fetch(
        "SELECT is_file, COUNT(*) AS n FROM (SELECT is_file FROM node WHERE parent_id = $1 AND trashed_at IS NULL LIMIT $2) AS children GROUP BY is_file",
        folder_id, most,
    )
    found = {row["is_file"]: row["n"] for row in rows}
    return found.get(0, 0), found.get(1, 0)


async def size_under(viewer: Viewer, folder: Found) -> tuple[int, int]:
    """How many files that the viewer may see are below a folder, and their bytes together."""
    is_own = owns(viewer, folder.drive)
    seen = _MAY_SEE.format(reaches=REACHES.format(account="$2", is_external="$3", now="$4"))
    values = () if is_own else (viewer.account_id, int(viewer.is_external), clock.now())
    (row,) = await database.fetch(_SIZE.format(gone="n.trashed_at" if is_own else f"CASE WHEN {seen} THEN n.trashed_at ELSE 0 END"), folder.node.id, *values)
    return row["files"], int(row["size"])


async def _rows(viewer: Viewer, folder: Found, sort: str, down: bool, after: tuple[int, Any, int] | None, most: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for is_file in (0, 1):
        if after is not None and after[0] > is_file:
            continue
        start = after if after is not None and after[0] == is_file else None
        rows += await _segment(viewer, folder, sort, down, is_file, start, most - len(rows))
        if len(rows) >= most:
            break
    return rows


async def _segment(
    viewer: Viewer, folder: Found, sort: str, down: bool, is_file: int, after: tuple[int, Any, int] | None, most: int
) -> list[dict[str, Any]]:
    by, reaches = SORTS.get(sort, "sort_key"), REACHES.format(account="$3", is_external="$4", now="$5")
    statement = _SEGMENT.format(
        columns=COLUMNS, reaches=reaches, by=by, way="DESC" if down else "ASC",
        after=f"AND (n.{by}, n.id) {'<' if down else '>'} ($7, $8)" if after else "",
        own="" if owns(viewer, folder.drive) else f"AND {_MAY_SEE.format(reaches=reaches)}",
    )
    values = [folder.node.id, is_file, viewer.account_id, int(viewer.is_external), clock.now(), most]
    return await database.fetch(statement, *values, *(after[1:] if after else ()))


def _cursor(row: dict[str, Any], sort: str) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([row["is_file"], row[SORTS.get(sort, "sort_key")], row["id"]])).decode().rstrip("=")


def _read(text: str, sort: str) -> tuple[int, Any, int] | None:
    kind: Any = tuple[int, int, int] if sort in (MODIFIED, SIZE) else tuple[int, str, int]
    try:
        is_file, value, id_ = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (ValueError, binascii.Error):
        return None
    return is_file, value, id_
