"""Files by their content: the SHA-256 of the bytes is the name, so the same file is kept once and an address never changes its meaning.

On disk at `<folder>/ab/cdef…`. A derivative (a thumbnail) lies beside its original: `cdef….small`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
from pathlib import Path

_HASH = re.compile(r"[0-9a-f]{64}")
_DERIVATIVE = re.compile(r"[a-z0-9-]{1,20}")


class Blobs:
    """A folder of such files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, content: bytes) -> str:
        """Keep these bytes; returns their hash. On disk for good when it returns."""
        name = hashlib.sha256(content).hexdigest()
        await asyncio.to_thread(self._write, self._path(name), content)
        return name

    async def put_derivative(self, name: str, derivative: str, content: bytes) -> None:
        """Keep what was made from the file `name`."""
        await asyncio.to_thread(self._write, self._path(name, derivative), content)

    async def get(self, name: str, derivative: str = "") -> bytes | None:
        """The bytes of a file, or None where there are none."""
        return await asyncio.to_thread(self._read, self._path(name, derivative))

    def read(self, name: str) -> bytes | None:
        """The bytes of a small file, at once; or None where there are none."""
        return self._read(self._path(name))

    def _path(self, name: str, derivative: str = "") -> Path:
        if not _HASH.fullmatch(name) or (derivative and not _DERIVATIVE.fullmatch(derivative)):
            raise ValueError(f"{name!r} {derivative!r} names no file")
        return self._folder / name[:2] / (name[2:] + (f".{derivative}" if derivative else ""))

    def _read(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, path: Path, content: bytes) -> None:
        if path.exists():
            return
        write_whole(path, content)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{secrets.token_hex(8)}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
