"""Files in a folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from app.lib.blobs.draft import CHUNK, Draft, full_disk_told
from app.lib.blobs.store import Kept, Store, key_of, name_at
from app.lib.blobs.whole import move_whole, named_anew, sync_folder, write_whole


class Disk(Store):
    """A folder of files."""

    async def place(self, draft: Draft) -> None:
        """Give it its name. What lies there under the same hash has the same bytes, or was damaged and is healed by this."""
        await asyncio.to_thread(self._place, draft)

    async def get(self, name: str, derivative: str = "") -> bytes | None:
        return await asyncio.to_thread(self._read, self.folder / key_of(name, derivative))

    async def size(self, name: str, derivative: str = "") -> int | None:
        try:
            return (self.folder / key_of(name, derivative)).stat().st_size
        except FileNotFoundError:
            return None

    async def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        file = (self.folder / key_of(name)).open("rb", buffering=0)
        try:
            left = (os.fstat(file.fileno()).st_size if end is None else end) - start
            while left > 0 and (piece := await _read_at(file.fileno(), min(CHUNK, left), start)):
                yield piece
                start += len(piece)
                left -= len(piece)
        finally:
            file.close()

    @asynccontextmanager
    async def local(self, name: str) -> AsyncIterator[Path]:
        path = self.folder / key_of(name)
        if not path.exists():
            raise FileNotFoundError(name)
        yield path

    async def remove(self, name: str) -> None:
        await asyncio.to_thread(self._remove, self.folder / key_of(name))

    async def everything(self) -> AsyncIterator[Kept]:
        for folder in await asyncio.to_thread(lambda: sorted(self.folder.glob("[0-9a-f][0-9a-f]"))):
            for kept in await asyncio.to_thread(_listed, folder):
                yield kept

    async def _put(self, key: str, content: bytes) -> None:
        await asyncio.to_thread(full_disk_told, lambda: write_whole(self.folder / key, content))

    def _place(self, draft: Draft) -> None:
        """Where nothing lies yet, it gets its name first and the disk is waited for once: nobody needs it before both are there for good."""
        path = self.folder / key_of(draft.name)
        if draft.waits:
            draft.write_out()
            is_named = named_anew(draft.path, path)
            draft.sync()
            if is_named:
                sync_folder(path.parent)
                return
        move_whole(draft.path, path)

    def _read(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def _remove(self, path: Path) -> None:
        for one in (path, *path.parent.glob(f"{path.name}.*")):
            one.unlink(missing_ok=True)


async def _read_at(descriptor: int, size: int, start: int) -> bytes:
    """Small reads come from the page cache at once; large ones let others go on meanwhile."""
    return os.pread(descriptor, size, start) if size < CHUNK // 8 else await asyncio.to_thread(os.pread, descriptor, size, start)


def _listed(folder: Path) -> list[Kept]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if (name := name_at(f"{folder.name}/{entry.name}")) and entry.is_file():
                found.append(Kept(name, (seen := entry.stat()).st_size, seen.st_mtime_ns // 1_000_000))
    return found
