"""Folders and selections as a zip, written while it is sent: any size, constant memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

import zipstream  # type: ignore[import-untyped]

from app import database
from app.lib import blobs, file_names
from app.models.drive.bulk import FROM, chosen
from app.models.drive.finding import Found, find_node
from app.models.drive.listing import list_all
from app.models.drive.rights import VIEW
from app.models.drive.tables import Drive, node_from
from app.models.viewer import Viewer

_PIECE = 4 * blobs.CHUNK  # bytes that are read at once


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or an empty folder (without a hash), at its path in the zip."""

    path: str
    hash: str
    size: int


async def found_for_zip(viewer: Viewer, ids: Sequence[int]) -> list[Found]:
    """Nodes that the viewer may see, with few questions where there are very many. Raises `NotFound`."""
    if len(ids) < FROM:
        return [await find_node(viewer, id_) for id_ in ids]
    rows = await chosen(viewer, list(dict.fromkeys(ids)), VIEW)
    drives = {id_: await Drive.get(id_) for id_ in {row["drive_id"] for row in rows}}
    return [Found(node_from(row), VIEW, drives[row["drive_id"]]) for row in rows]


async def entries(viewer: Viewer, chosen: list[Found]) -> AsyncIterator[Entry]:
    """What goes into the zip: everything that the viewer may see, under paths that every system can keep."""
    used: set[str] = set()
    for found in chosen:
        async for entry in _below(viewer, found, free_in_zip(found.node.name or "Drive", used)):
            yield entry


async def zipped(found: AsyncIterator[Entry]) -> AsyncIterator[bytes]:
    """The zip as a stream. Contents that are compressed already are stored as they are, others too: reading is what takes the time."""
    archive = zipstream.ZipStream(compress_type=zipstream.ZIP_STORED)
    async for entry in found:
        if not entry.hash:
            archive.mkdir(entry.path)
            continue
        archive.add(_pieces(entry, asyncio.get_running_loop()), entry.path, size=entry.size)
        waiting = iter(archive.all_files())
        while (piece := await asyncio.to_thread(next, waiting, None)) is not None:
            yield piece
    for piece in archive.finalize():
        yield piece


def _pieces(entry: Entry, loop: asyncio.AbstractEventLoop) -> Iterator[bytes]:
    """A file's bytes for zipstream, which asks for them in a thread."""
    async def piece(at: int) -> bytes:
        return b"".join([part async for part in blobs.store().stream(entry.hash, at, min(at + _PIECE, entry.size))])

    for at in range(0, entry.size, _PIECE):
        yield asyncio.run_coroutine_threadsafe(piece(at), loop).result()


async def _below(viewer: Viewer, found: Found, path: str) -> AsyncIterator[Entry]:
    node = found.node
    if node.is_file:
        row = await database.fetch_one("SELECT hash FROM blob WHERE id = $1", node.blob_id)
        if row:
            yield Entry(path, row["hash"], node.size)
        return
    used, is_empty = set[str](), True
    async for item in list_all(viewer, found):
        is_empty = False
        async for entry in _below(viewer, Found(item.node, item.level, found.drive), f"{path}/{free_in_zip(item.node.name, used)}"):
            yield entry
    if is_empty:
        yield Entry(path, "", 0)


def free_in_zip(given: str, used: set[str]) -> str:
    """Zip names are made to fit, backslashes too, so two may become one."""
    name = file_names.fitted(given).replace("\\", "_")
    number, free = 1, name
    while file_names.key_of(free) in used:
        number += 1
        free = file_names.numbered(name, number)
    used.add(file_names.key_of(free))
    return free
