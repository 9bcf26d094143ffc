"""Content that goes over a file that is there, with the properties that clients made up."""

from __future__ import annotations

from app import database
from app.models.dav import DeadProperty
from app.models.drive import Found, content_of, find_node, put_file, remove
from app.models.viewer import Viewer

_KIND = "file"


async def put_over(viewer: Viewer, source: Found, target: Found, *, drops: bool = False) -> None:
    """Make a file's content the newest version of another; `drops` the first one."""
    async with database.transaction():
        parent = await find_node(viewer, target.node.parent_id or 0, 0)
        blob = await content_of(source.node)
        await put_file(viewer, Found(parent.node, target.level, target.drive), target.node.name, blob, modified_at=source.node.modified_at, replace=target.node)
        await DeadProperty.forget(_KIND, [target.node.id])
        await DeadProperty.copy(_KIND, [(source.node.id, target.node.id)])
        if drops:
            await remove(viewer, [source.node.id])
