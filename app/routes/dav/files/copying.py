"""Copies, with the properties that clients made up, and content that goes over a file that is there."""

from __future__ import annotations

from app import database
from app.models.dav import DeadProperty
from app.models.drive import Found, content_of, copy, find_node, put_file, remove
from app.models.drive.tree import under
from app.models.viewer import Viewer

_KIND = "file"


async def put_over(viewer: Viewer, source: Found, target: Found, *, drops: bool = False) -> None:
    """Make a file's content the newest version of another; `drops` the first one."""
    async with database.transaction():
        parent = await find_node(viewer, target.node.parent_id or 0, 0)
        blob = await content_of(source.node)
        await put_file(viewer, Found(parent.node, target.level, target.drive), target.node.name, blob, modified_at=source.node.modified_at, replace=target.node)
        await DeadProperty.forget(_KIND, [target.node.id])
        await DeadProperty.copy(_KIND, source.node.id, target.node.id)
        if drops:
            await remove(viewer, [source.node.id])


async def copied(viewer: Viewer, source: Found, target: Found, name: str, *, is_deep: bool) -> None:
    """A copy under this name in a folder, in place of what is there."""
    async with database.transaction():
        made = await copy(viewer, source, target, name, "replace", deep=is_deep)
        await DeadProperty.copy(_KIND, source.node.id, made.id)
        if is_deep and source.node.is_folder:
            await _copy_properties(source.node.id, made.id)


async def _copy_properties(from_id: int, to_id: int) -> None:
    """Properties of everything below, matched by where it lies."""
    before = await under(from_id)
    if not await DeadProperty.of(_KIND, [row["id"] for row in before], None):
        return
    after = _by_path(await under(to_id))
    for path, id_ in _by_path(before).items():
        if path in after:
            await DeadProperty.copy(_KIND, id_, after[path])


def _by_path(rows: list[dict[str, object]]) -> dict[tuple[str, ...], int]:
    paths: dict[int, tuple[str, ...]] = {}
    for row in rows:
        above = paths.get(int(str(row["parent_id"] or 0)))
        paths[int(str(row["id"]))] = () if above is None else (*above, str(row["name"]))
    return {path: id_ for id_, path in paths.items()}

