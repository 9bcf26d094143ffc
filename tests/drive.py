"""Files and folders of tests, in few words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from app.lib import blobs
from app.models.drive import Found, Node, find_node, home_drive, make_folder, put_file
from app.models.drive.arriving import REPLACE, Arrival, Arrivals
from app.models.drive.rights import EDIT, VIEW
from app.models.files import Blob, keep_bytes
from app.models.links import Wanted, make_link
from app.models.search import search, visible_scopes
from tests.people import Person


async def home(person: Person) -> Found:
    """The root of somebody's first drive."""
    return await find_node(person.viewer, (await home_drive(person.viewer)).root_id, EDIT)


async def folder(person: Person, name: str, parent: Found | None = None) -> Found:
    """A new folder, at the top unless a parent is given."""
    made = await make_folder(person.viewer, parent or await home(person), name)
    return await find_node(person.viewer, made.id)


async def file(person: Person, name: str, content: bytes = b"content", parent: Found | None = None) -> Node:
    """A new file."""
    return await put_file(person.viewer, parent or await home(person), name, await keep_bytes(content))


async def see(person: Person, node: Node | Found, level: int = VIEW) -> Found:
    """A node as somebody may use it. Raises `NotFound`."""
    return await find_node(person.viewer, node.node.id if isinstance(node, Found) else node.id, level)


async def content(node: Node) -> bytes:
    """What is in a file now."""
    fresh = await Node.get(node.id)
    return await blobs.store().get((await Blob.get(fresh.blob_id or 0)).hash) or b""


async def names(person: Person, place: Found) -> list[str]:
    """What somebody sees in a folder."""
    from app.models.drive import list_all

    return [item.node.name async for item in list_all(person.viewer, place)]


async def linked(person: Person, node: Node, **wanted: Any) -> str:
    """The path of a new link to a node."""
    return (await make_link(person.viewer, "drive", node.id, Wanted(**wanted), what=node.name, url=node.url)).path


async def come(person: Person, parent: Found, *paths: str, together: str = "upload-1") -> None:
    """Files of one upload, each with its path as its content; they replace what is there."""
    arrivals = Arrivals(person.viewer, parent)
    for path in paths:
        above, _slash, name = path.rpartition("/")
        await arrivals.put(Arrival(name, above, conflict=REPLACE, together=together), await keep_bytes(path.encode()))


async def meanwhile(work: Awaitable[Any], change: Callable[[int], Awaitable[Any]]) -> int:
    """How many changes somebody made, one after the other, while the work was done."""
    task, count = asyncio.ensure_future(work), 0
    while not task.done():
        await change(count)
        await asyncio.sleep(0)
        count += 1
    await task
    return count


async def found(person: Person) -> int:
    """How many files somebody finds by the word “needle”."""
    return len(await search(await visible_scopes(person.viewer), person.viewer.org_id, "needle", ["file"], limit=100))
