"""A file that is being received: on the local disk, hashed while it is written, with constant memory."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

CHUNK = 1 << 20  # bytes that are written, read and hashed at once, in a thread
_SMALL = CHUNK // 8  # bytes that are hashed at once, without a thread
RESERVE = 100_000_000  # bytes left for the database when files fill the disk
T = TypeVar("T")


class NoRoom(OSError):
    """The disk is full, or nearly: nothing more is received, so that the database can still write."""


def check_room(folder: Path, size: int = 0) -> None:
    """Raises `NoRoom` when a file of `size` bytes would leave the disk without its reserve."""
    try:
        free = shutil.disk_usage(folder).free
    except FileNotFoundError:
        check_room(folder.parent, size)
        return
    if free < size + RESERVE:
        raise NoRoom(errno.ENOSPC, "the disk is full")


class Draft:
    """A file without a name yet. Either `finish` it and place it in a store, or `drop` it; a dead process's drafts are swept."""

    def __init__(self, folder: Path, path: Path | None = None) -> None:
        self.path = path or folder / f".{secrets.token_hex(10)}"
        self.size = 0
        self.name = ""
        self._hash: Any = hashlib.sha256()
        self._pending = bytearray()
        self._file: Any = None
        self.waits = False  # in memory, for who places it to write
        self._writing: asyncio.Task[None] | None = None  # one block is written and hashed while the next one comes in

    async def write(self, piece: bytes) -> None:
        """Add bytes. Raises `NoRoom`."""
        self._pending += piece
        if len(self._pending) >= CHUNK:
            await self._flush()

    async def finish(self) -> str:
        """Make sure that it is on disk; the hash of it all. Raises `NoRoom`."""
        await self._settled()
        await asyncio.to_thread(full_disk_told, self._end)
        self.name = self._hash.hexdigest()
        return self.name

    async def sum_up(self) -> str:
        """The hash of it all. What is small waits in memory until it is placed, so that it takes a thread once. Raises `NoRoom`."""
        if self._file is not None or self._writing is not None or len(self._pending) > _SMALL:
            return await self.finish()
        check_room(self.path.parent, len(self._pending))
        self._add(self._pending)
        self.waits, self.name = True, self._hash.hexdigest()
        return self.name

    def write_out(self) -> None:
        """Write what `sum_up` left in memory, to be followed by `sync`. Blocks. Raises `NoRoom`."""
        self.waits = False
        full_disk_told(lambda: self._store(self._pending))

    def sync(self) -> None:
        """Wait until it is on disk. Raises `NoRoom`."""
        full_disk_told(self._sync)

    def lay_down(self) -> None:
        """Both, where it waits in memory."""
        if self.waits:
            self.write_out()
            self.sync()

    async def drop(self) -> None:
        """Throw it away."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)
        if self._file is not None:
            self._file.close()
        await asyncio.to_thread(self.path.unlink, missing_ok=True)

    @classmethod
    async def of(cls, path: Path) -> Draft:
        """A draft of a file that lies there already and whose hash isn't known."""
        draft = cls(path.parent, path)
        await asyncio.to_thread(draft._take)
        return draft

    async def _flush(self) -> None:
        pending, self._pending = self._pending, bytearray()
        await self._settled()
        self._writing = asyncio.create_task(asyncio.to_thread(full_disk_told, lambda: self._write(pending)))

    async def _settled(self) -> None:
        """Wait for the block that is being written, and hear of its error."""
        writing, self._writing = self._writing, None
        if writing is not None:
            await asyncio.shield(writing)

    def _write(self, pending: bytearray) -> None:
        if self._file is None or self.size // (64 * CHUNK) != (self.size + len(pending)) // (64 * CHUNK):
            check_room(self.path.parent, len(pending))
        self._store(pending)
        self._add(pending)

    def _store(self, content: bytearray) -> None:
        if self._file is None:
            self._file = _opened(self.path)
        view = memoryview(content)
        while view:
            view = view[self._file.write(view):]

    def _add(self, content: bytearray) -> None:
        self._hash.update(content)
        self.size += len(content)

    def _end(self) -> None:
        """Write what is left and wait for the disk, in one go."""
        self._write(self._pending)
        self._sync()

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()

    def _take(self) -> None:
        with self.path.open("rb") as file:
            self.name = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        self.size = self.path.stat().st_size


def full_disk_told(work: Callable[[], T]) -> T:
    """Do it, with `NoRoom` in place of the system's errors for a full disk or quota."""
    try:
        return work()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise NoRoom(error.errno, "the disk is full") from error
        raise


def _opened(path: Path) -> Any:
    try:
        return path.open("wb", buffering=0)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path.open("wb", buffering=0)
