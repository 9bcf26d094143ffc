"""What every place for files can do."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import NamedTuple

from app.lib.blobs.draft import CHUNK, Draft

_HASH = re.compile(r"[0-9a-f]{64}")
_DERIVATIVE = re.compile(r"[a-z0-9-]{1,20}")


class Kept(NamedTuple):
    """A file that lies in a store: hash, size in bytes, and when it was written, in milliseconds since the epoch."""

    name: str
    size: int
    at: int


class OutOfReach(OSError):
    """The place for files doesn't answer, or lets nobody in."""


class Store(ABC):
    """A place for files. `folder` is a local folder, where drafts lie."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drafts = folder / ".drafts"

    async def check(self) -> None:  # noqa: B027  (a folder answers always)
        """Whether files can be written and listed there. Raises `OutOfReach`."""

    def begin(self) -> Draft:
        """A new draft."""
        return Draft(self.drafts)

    async def put(self, content: bytes) -> str:
        """Keep these bytes; returns their hash. Kept for good when it returns."""
        name = hashlib.sha256(content).hexdigest()
        await self._put(key_of(name), content)
        return name

    async def put_derivative(self, name: str, derivative: str, content: bytes) -> None:
        """Keep what was made from the file `name`."""
        await self._put(key_of(name, derivative), content)

    @abstractmethod
    async def place(self, draft: Draft) -> None:
        """Keep a finished draft under its hash, also where a file of that hash lies already. The draft is gone afterwards."""

    @abstractmethod
    async def get(self, name: str, derivative: str = "") -> bytes | None:
        """The bytes of a small file, or None where there are none."""

    @abstractmethod
    async def size(self, name: str, derivative: str = "") -> int | None:
        """How many bytes it has; None where there is none."""

    @abstractmethod
    def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Its bytes from `start` up to `end` (exclusive), in pieces. Raises FileNotFoundError."""

    @abstractmethod
    def local(self, name: str) -> AbstractAsyncContextManager[Path]:
        """A path under which a program can read it. Raises FileNotFoundError."""

    @abstractmethod
    async def remove(self, name: str) -> None:
        """Delete it and its derivatives."""

    @abstractmethod
    def everything(self) -> AsyncIterator[Kept]:
        """All files, derivatives left out."""

    @abstractmethod
    async def _put(self, key: str, content: bytes) -> None: ...

    async def digest(self, name: str) -> str | None:
        """The hash of what lies there, read anew; None where nothing does."""
        found = hashlib.sha256()
        try:
            async for piece in self.stream(name):
                found.update(piece) if len(piece) < CHUNK // 4 else await asyncio.to_thread(found.update, piece)
        except FileNotFoundError:
            return None
        return found.hexdigest()

    async def sweep_drafts(self, older_than: float) -> int:
        """Delete drafts that nobody has written to for so many seconds; says how many there were."""
        return await asyncio.to_thread(_sweep, self.drafts, time.time() - older_than)


def key_of(name: str, derivative: str = "") -> str:
    """Where a file lies, from the store's root. Raises ValueError for what names no file."""
    if not _HASH.fullmatch(name) or (derivative and not _DERIVATIVE.fullmatch(derivative)):
        raise ValueError(f"{name!r} {derivative!r} names no file")
    return f"{name[:2]}/{name[2:]}" + (f".{derivative}" if derivative else "")


def name_at(key: str) -> str | None:
    """The hash of the file that lies there; None for derivatives and what is no file of ours."""
    name = key.replace("/", "")
    return name if _HASH.fullmatch(name) else None


def _sweep(folder: Path, before: float) -> int:
    old = [path for path in folder.glob(".*") if path.is_file() and path.stat().st_mtime < before] if folder.is_dir() else []
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


