"""What lies at a path as people type it, wherever it begins."""

from __future__ import annotations

from app import database
from app.lib import file_names
from app.models.drive.bulk import Rows, allowed
from app.models.drive.drives import drives_of
from app.models.drive.rights import VIEW
from app.models.drive.searching import FILE
from app.models.search import search, visible_scopes
from app.models.viewer import Viewer

_MOST_PLACES = 40


async def at_path(viewer: Viewer, typed: str, most: int = 8) -> Rows:
    """Rows of nodes, each with the name of its folder as `place`: `launch/pict` is what begins with “pict” in folders that begin with
    “launch”; a slash at the beginning means the top of a drive."""
    first, *rest = [file_names.key_of(part.strip()) for part in typed.split("/")]
    places = await _begin(viewer, first)
    for part in rest[:-1]:
        places = [row for row in await _under(viewer, places, part) if not row["is_file"]]
    return (await _under(viewer, places, rest[-1]))[:most] if rest else []


async def _begin(viewer: Viewer, name: str) -> Rows:
    roots = await _rows("n.id", [drive.root_id for drive in await drives_of(viewer)])
    if not name:
        return roots
    hits = await search(await visible_scopes(viewer, [FILE]), viewer.org_id, name, [FILE], limit=_MOST_PLACES)
    found = [*await _under(viewer, roots, name), *await _rows("n.id", [hit.id for hit in hits])]
    named = {row["id"]: row for row in found if not row["is_file"] and row["name_key"].startswith(name)}
    return list(named.values())


async def _under(viewer: Viewer, places: Rows, name: str) -> Rows:
    called = {row["id"]: row["name"] for row in places[:_MOST_PLACES]}
    rows = await _rows("n.parent_id", list(called), name)
    return [{**row, "place": called[row["parent_id"]]} for row in await allowed(viewer, rows, VIEW)]


async def _rows(column: str, ids: list[int], name: str = "") -> Rows:
    if not ids:
        return []
    pattern = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return await database.fetch(
        f"SELECT n.* FROM node n WHERE n.trashed_at IS NULL AND n.name_key LIKE $1 ESCAPE '\\' AND {column} IN ({database.marks(ids, 2)})"
        " ORDER BY n.is_file, n.sort_key LIMIT 100", pattern, *ids,
    )
