"""Zips from strangers: names that lead elsewhere, links, encrypted and doubled members and bombs aren't read."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO, Any

import msgspec

from app.lib.chat_archives.items import BadArchive

MOST_MEMBERS = 2_000_000
MOST_JSON = 100 * 1024 * 1024  # bytes of one JSON file: Slack writes one for each channel and day
MOST_RATIO = 200  # of a large member: text compresses 5 to 20 times
_LARGE = 10 * 1024 * 1024


class SafeZip:
    """A zip whose members were looked over. `names` are those that may be read."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise BadArchive("broken_zip") from None
        infos = self._zip.infolist()
        if len(infos) > MOST_MEMBERS:
            raise BadArchive("too_many")
        self.refused: list[str] = []
        self.names: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            self._take(info)

    def _take(self, info: zipfile.ZipInfo) -> None:
        if info.flag_bits & 0x1:
            raise BadArchive("encrypted")
        if info.is_dir():
            return
        is_link = stat.S_ISLNK(info.external_attr >> 16)
        parts = PurePosixPath(info.filename.replace("\\", "/"))
        if is_link or parts.is_absolute() or ".." in parts.parts or ":" in info.filename[:3] or info.filename in self.names:
            self.refused.append(info.filename[:200])
            return
        if info.file_size > _LARGE and info.file_size > MOST_RATIO * max(1, info.compress_size):
            raise BadArchive("bomb")
        self.names[info.filename] = info

    def json(self, name: str) -> Any:
        """A JSON file, or None where there is none. Raises `BadArchive` when it is too large or broken."""
        info = self.names.get(name)
        if info is None:
            return None
        if info.file_size > MOST_JSON:
            raise BadArchive("bomb")
        try:
            with self._zip.open(info) as file:
                content = file.read(MOST_JSON + 1)
            return msgspec.json.decode(content)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise BadArchive("broken_json") from None
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError):
            raise BadArchive("broken_zip") from None

    def open(self, name: str) -> IO[bytes]:
        """A member as a stream; its declared length is never exceeded. Raises `KeyError`."""
        return self._zip.open(self.names[name])

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()
