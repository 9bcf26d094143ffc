"""A node as a viewer may use it, by its id or by its path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app import database
from app.lib import clock, file_names
from app.models.base import NotFound
from app.models.drive.rights import EDIT, MANAGE, REACHES, VIEW, level_along
from app.models.drive.tables import COLUMNS, Drive, Node, node_from
from app.models.viewer import Viewer

DEEPEST = 100  # folders in one another; files lie in the last one, too

# In recursive queries no condition in the JOIN is about the node alone: SQLite would read the whole table each time, for a Bloom filter.
_LINE = f"""
WITH RECURSIVE up (id, depth) AS (
  SELECT n.id, 0 FROM node n WHERE n.id = $1 AND n.org_id = $2
  UNION ALL SELECT n.parent_id, up.depth + 1 FROM up JOIN node n ON n.id = up.id WHERE up.depth < {DEEPEST}
)
SELECT {COLUMNS}, up.depth,
       (SELECT MAX(g.level) FROM node_grant g WHERE g.node_id = n.id AND {REACHES.format(account="$3", is_external="$4", now="$5")}) AS granted
  FROM up JOIN node n ON n.id = up.id ORDER BY up.depth DESC
"""
_SHOWN = f"""
SELECT {COLUMNS}, (SELECT MAX(g.level) FROM node_grant g WHERE g.node_id = n.id AND {REACHES.format(account="$3", is_external="$4", now="$5")}) AS granted
"""
_CHILD = f"{_SHOWN} FROM node n WHERE n.parent_id = $1 AND n.name_key = $2 AND n.trashed_at IS NULL"


@dataclass(frozen=True, slots=True)
class Crumb:
    """A folder on the way to a node, for who may see it."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """A node, what the viewer may do with it and with its folder (`above`), its drive, and the folders that lead to it: those that the viewer may
    see, from the top."""

    node: Node
    level: int
    drive: Drive
    crumbs: tuple[Crumb, ...] = ()
    is_trashed: bool = False
    above: int = 0

    @property
    def can_edit(self) -> bool:
        """Whether the viewer may change it."""
        return self.level >= EDIT and not self.is_trashed

    @property
    def can_manage(self) -> bool:
        """Whether the viewer may share it."""
        return self.level >= MANAGE and not self.is_trashed

    @property
    def can_take_out(self) -> bool:
        """Whether the viewer may move it or put it into the trash: its folder is changed, too."""
        return self.can_edit and (self.above >= EDIT or self.level >= MANAGE)


async def find_node(viewer: Viewer, id_: int, level: int = VIEW, *, trashed: bool = False) -> Found:
    """The node with this id that the viewer may use at `level`; of the trash only with `trashed`. Raises `NotFound`."""
    line = await database.fetch(_LINE, id_, viewer.org_id, viewer.account_id, int(viewer.is_external), clock.now())
    if not line or not viewer.can_use("drive"):
        raise NotFound(f"node {id_}")
    drive = await Drive.get(line[0]["drive_id"])
    levels = level_along(viewer, drive, line)
    is_trashed = any(row["trashed_at"] for row in line)
    is_deleted = any(row["trashed_at"] and row["trashed_at"] <= drive.emptied_at for row in line)
    if levels[-1] < level or is_deleted or (is_trashed and not trashed) or drive.archived_at is not None or line[0]["parent_id"] is not None:
        raise NotFound(f"node {id_}")
    crumbs = [Crumb(row["id"], row["name"]) for row, one in zip(line[:-1], levels[:-1], strict=True) if one]
    return Found(node_from(line[-1]), levels[-1], drive, tuple(crumbs), is_trashed, levels[-2] if len(levels) > 1 else 0)


async def may_use(viewer: Viewer, id_: int, level: int = VIEW, *, trashed: bool = False) -> bool:
    """Whether there is a node with this id that the viewer may use at `level`."""
    try:
        await find_node(viewer, id_, level, trashed=trashed)
    except NotFound:
        return False
    return True


async def find_path(viewer: Viewer, drive: Drive, names: Sequence[str], level: int = VIEW) -> Found:
    """The node at a path from a drive's root. Raises `NotFound`."""
    line = await find_along(viewer, drive, names)
    if len(line) <= len(names) or line[-1].level < level:
        raise NotFound("path")
    return line[-1]


async def find_along(viewer: Viewer, drive: Drive, names: Sequence[str]) -> list[Found]:
    """A drive's root and what is at each of these names below it, as far as there is something, whatever the viewer may do with it."""
    if drive.org_id != viewer.org_id or drive.archived_at is not None or not viewer.can_use("drive") or len(names) > DEEPEST:
        return []
    rows = await database.fetch(
        _along(len(names)), drive.root_id, viewer.org_id, viewer.account_id, int(viewer.is_external), clock.now(), *map(file_names.key_of, names)
    )
    line, crumbs, above = list[Found](), (), 0
    for row, level in zip(rows, level_along(viewer, drive, rows), strict=True):
        line.append(Found(node_from(row), level, drive, crumbs, above=above))
        above = level
        crumbs = (*crumbs, Crumb(row["id"], row["name"])) if level else crumbs
    return line


@lru_cache(maxsize=DEEPEST + 1)
def _along(count: int) -> str:
    names = " ".join(f"WHEN {place} THEN ${place + 6}" for place in range(count))
    return f"""
WITH RECURSIVE down (id, depth) AS (
  SELECT n.id, 0 FROM node n WHERE n.id = $1 AND n.org_id = $2
  UNION ALL SELECT n.id, down.depth + 1 FROM down JOIN node n
     ON n.parent_id = down.id AND n.name_key = CASE down.depth WHEN {count} THEN NULL {names} END AND n.trashed_at IS NULL
)
{_SHOWN} FROM down JOIN node n ON n.id = down.id ORDER BY down.depth
"""


async def child_of(viewer: Viewer, parent: Found, name: str) -> Found:
    """The child of this name. Raises `NotFound`."""
    row = await database.fetch_one(
        _CHILD, parent.node.id, file_names.key_of(name), viewer.account_id, int(viewer.is_external), clock.now()
    )
    if row is None:
        raise NotFound("path")
    above = {"has_own_rights": 0, "granted": parent.level}
    level = level_along(viewer, parent.drive, [above, row])[-1]
    crumbs = (*parent.crumbs, Crumb(parent.node.id, parent.node.name)) if parent.level else parent.crumbs
    return Found(node_from(row), level, parent.drive, crumbs, above=parent.level)


async def line_of(node_id: int) -> list[dict[str, Any]]:
    """Id, name, has_own_rights and parent_id from the root down to a node, without asking who wants to know."""
    return await database.fetch(
        f"""WITH RECURSIVE up (id, depth) AS (SELECT n.id, 0 FROM node n WHERE n.id = $1
        UNION ALL SELECT n.parent_id, up.depth + 1 FROM up JOIN node n ON n.id = up.id WHERE up.depth < {DEEPEST})
        SELECT n.id, n.name, n.has_own_rights, n.parent_id, n.trashed_at FROM up JOIN node n ON n.id = up.id ORDER BY up.depth DESC""", node_id,
    )
