"""The files of static/, served from memory under an address that changes with their content.

`/static/<version>/css/…` may be kept for ever by browsers and proxies. The stylesheets are put together here in the order of their
layers: `app.css` for every page, with the few words that broadcast fragments need in each language, and one for each area that has
a folder in css/features/: only pages under /manager bring `manager.css`. What is in `drive+s/` belongs to both.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import brotli
import zstandard

from app.lib.i18n import LANGUAGES, speaking
from app.words import broadcast_words

FOLDER = Path(__file__).parent.parent / "static"
_TEXTS = (".css", ".js", ".svg", ".json", ".webmanifest", ".txt", ".html")
_AREAS = re.compile(r"css/features/([a-z+-]+)/")
_ORDER = ("tokens", "reset", "base", "layout", "components", "features", "utilities")
COMMON = "app.css"
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("image/webp", ".webp")


@dataclass(slots=True)
class Asset:
    """One file: its bytes and, once asked for, its compressed forms."""

    body: bytes
    content_type: bytes
    compressible: bool
    _encoded: dict[bytes, bytes] = field(default_factory=dict)

    def encoded(self, accept_encoding: bytes) -> tuple[bytes, bytes]:
        """The body and its content coding: the smallest that is accepted, else as it is (empty coding)."""
        if self.compressible:
            for coding in (b"br", b"zstd", b"gzip"):
                if coding in accept_encoding:
                    return self._encoded.get(coding) or self._encoded.setdefault(coding, _compress(self.body, coding)), coding
        return self.body, b""


def _compress(body: bytes, coding: bytes) -> bytes:
    if coding == b"br":  # slow, but once for each file and version; answers made for a request are compressed by the edge
        return brotli.compress(body, quality=11)
    return zstandard.ZstdCompressor(level=19).compress(body) if coding == b"zstd" else gzip.compress(body, 9, mtime=0)


class Assets:
    """All static files as they were when it was made."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._seen: list[tuple[Path, int]] = []
        self.load()

    def load(self) -> None:
        """Read the folder, unless no file of it has changed since."""
        seen = [(path, path.stat().st_mtime_ns) for path in self._folder.rglob("*")]
        if seen == self._seen:
            return
        self._seen = seen
        found = {path.relative_to(self._folder).as_posix(): path.read_bytes() for path in sorted(self._folder.rglob("*")) if path.is_file()}
        made = _stylesheets(found)
        self.version = hashlib.sha256(b"".join(name.encode() + b"\0" + body for name, body in (found | made).items())).hexdigest()[:10]
        found |= {name: body.replace(b"/static/", f"/static/{self.version}/".encode()) for name, body in made.items()}
        self._files = {name: _asset(name, body) for name, body in found.items()}

    def url(self, path: str) -> str:
        """The address of a file. Raises KeyError for a file that isn't there, so that a page can't link to nothing."""
        if path not in self._files:
            raise KeyError(f"no static file {path}")
        return f"/static/{self.version}/{path}"

    def area_style(self, page: str) -> str:
        """The address of the stylesheet that belongs to a page's area besides `app.css`, empty for most."""
        name = f"{page.split('/')[1]}.css"
        return self.url(name) if name in self._files and name != COMMON else ""

    def get(self, path: str) -> Asset | None:
        """A file by its path in the folder."""
        return self._files.get(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)


def _asset(name: str, body: bytes) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if name.startswith("js/"):
        body = _without_comments(body)
    return Asset(body, f"{kind}; charset=utf-8".encode() if name.endswith(_TEXTS) else kind.encode(), name.endswith(_TEXTS))


def _stylesheets(files: dict[str, bytes]) -> dict[str, bytes]:
    def place(name: str) -> tuple[int, str]:
        layer = name.removeprefix("css/").split("/")[0].removesuffix(".css")
        return _ORDER.index(layer) if layer in _ORDER else len(_ORDER), name

    made: dict[str, bytes] = {COMMON: f"@layer {', '.join(_ORDER)};\n".encode()}
    for name in sorted((name for name in files if name.startswith("css/") and name.endswith(".css")), key=place):
        areas = _AREAS.match(name)
        for sheet in [f"{area}.css" for area in areas[1].split("+")] if areas else [COMMON]:
            made[sheet] = made.get(sheet, b"") + files[name] + b"\n"
    return {sheet: _squeeze(body) + (_words() if sheet == COMMON else b"") for sheet, body in made.items()}


def _squeeze(css: bytes) -> bytes:
    """Without comments and indentation: a tenth less over the wire."""
    return re.sub(rb"\s+", b" ", re.sub(rb"/\*.*?\*/", b"", css, flags=re.DOTALL))


def _without_comments(script: bytes) -> bytes:
    """A script of ours without the lines that are nothing but a comment: a seventh less over the wire."""
    return re.sub(rb"(?m)^[ \t]*//[^\n]*\n", b"", script)


def _words() -> bytes:
    rules = []
    for language in LANGUAGES:
        with speaking(language):
            rules += [f':lang({language}) [data-word="{key}"]::after{{content:"{_css_text(word)}"}}' for key, word in broadcast_words().items()]
    return ("\n" + "\n".join(rules) + "\n").encode()


def _css_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\a ")
