"""Unpacking a zip on the server, entry by entry, with limits that a bomb runs into before it does harm."""

from __future__ import annotations

import asyncio
import lzma
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator
from typing import Any

from app.lib import blobs, file_names
from app.lib.i18n import _
from app.models.base import Refused
from app.models.drive.content import put_file, room_for
from app.models.drive.finding import Found, find_node
from app.models.drive.looking import zip_listing
from app.models.drive.names import free_name
from app.models.drive.nesting import check_nesting
from app.models.drive.tables import Node
from app.models.drive.trash import remove
from app.models.drive.tree import make_folder, make_folders
from app.models.files import Blob, receive
from app.models.viewer import Viewer

MOST_ENTRIES = 10_000
MOST_RATIO = 200  # unpacked by packed, of a whole archive of more than SMALL bytes
SMALL = 20_000_000
MOST_SIZE = 20_000_000_000
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, RuntimeError)  # what a damaged zip makes of zipfile


async def unzip(viewer: Viewer, found: Found, into: Found) -> Node:
    """A folder beside a zip with what is in it. Raises `Refused` for what is no zip, is locked, or would unpack to too much."""
    blob = await Blob.get(found.node.blob_id or 0)
    listing = await zip_listing(blob)  # in a process of its own: one that lists a million files fills that one's memory
    if listing is None:
        raise Refused(_("This file isn’t a zip that can be read."))
    if listing["count"] > MOST_ENTRIES:
        raise _too_many()
    async with blobs.store().local(blob.hash) as path:
        try:
            archive = await asyncio.to_thread(zipfile.ZipFile, path)
        except _BROKEN:
            raise Refused(_("This file isn’t a zip that can be read.")) from None
        with archive:
            files = [one for one in archive.infolist() if not one.is_dir()]
            await _check(files, blob, into)
            folder = await make_folder(viewer, into, await free_name(into.node.id, file_names.fitted(file_names.split(found.node.name)[0])))
            place = await find_node(viewer, folder.id)
            try:
                for one in files:
                    await _put(viewer, archive, one, place)
            except Exception:
                await remove(viewer, [folder.id])  # half of it would be taken for the whole
                raise
    return folder


async def _check(files: list[zipfile.ZipInfo], blob: Blob, into: Found) -> None:
    total, paths = sum(one.file_size for one in files), [_parts(one) for one in files]
    await check_nesting(into.node.id, height=max(map(len, paths), default=1))
    folders = {tuple(parts[:depth]) for parts in paths for depth in range(1, len(parts))}
    if len(files) + len(folders) > MOST_ENTRIES:
        raise _too_many()
    if total > MOST_SIZE or (total > SMALL and total > MOST_RATIO * max(1, blob.size)):
        raise Refused(_("This zip would unpack to far more than it is. It wasn’t opened."))
    if any(one.flag_bits & 1 for one in files):
        raise Refused(_("This zip is locked with a password. Unpack it on your computer."))
    left = (await room_for(into.drive)).left
    if left is not None and total > left:
        raise Refused(_("There isn’t enough room to unpack this."))


def _too_many() -> Refused:
    return Refused(_("There are too many files in this zip: at most %(most)s can be unpacked here.") % {"most": MOST_ENTRIES})


def _parts(one: zipfile.ZipInfo) -> list[str]:
    """Its path, without what leads out of the folder."""
    return [part for part in one.filename.replace("\\", "/").split("/") if part not in ("", ".", "..")]


async def _put(viewer: Viewer, archive: zipfile.ZipFile, one: zipfile.ZipInfo, place: Found) -> None:
    parts = _parts(one)
    if not parts:
        return
    folder = await make_folders(viewer, place, parts[:-1])
    blob = await receive(_pieces(archive, one), most=one.file_size)
    await put_file(viewer, folder, await free_name(folder.node.id, file_names.fitted(parts[-1])), blob, origin="unpacked")


async def _pieces(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> AsyncIterator[bytes]:
    """Its bytes; never more than it says, so that a lie about its size ends here."""
    try:
        opened: Any = await asyncio.to_thread(archive.open, one)
        with opened:
            while piece := await asyncio.to_thread(opened.read, blobs.CHUNK):
                yield piece
    except _BROKEN:
        raise Refused(_("“%(name)s” in this zip is damaged.") % {"name": one.filename[:100]}) from None
