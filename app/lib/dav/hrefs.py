"""Addresses on the wire: segments percent-encoded one by one, so that a name may hold anything but a slash."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes, urlsplit

from app.lib.dav.problems import Problem

MOST = 4096
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")
_UNSAFE = re.compile(r"[/\x00]")


def quoted(name: str) -> str:
    """A name as a segment. What comes out needs no escaping in XML either."""
    return name if _PLAIN.fullmatch(name) else quote(name, safe="@,+=:!$*()")


def segments(raw: bytes | str) -> tuple[list[str], bool]:
    """The decoded segments of an absolute path, and whether it ends with a slash.

    Raises `Problem` for an encoded slash or NUL, a dot or an empty segment, and what isn't UTF-8.
    """
    path = raw.decode("latin-1") if isinstance(raw, bytes) else raw
    if not path.startswith("/") or len(path) > MOST * 4:
        raise Problem(400, text="The address can’t be read.")
    parts = path[1:].split("/")
    is_collection = parts[-1] == ""
    return [_segment(part) for part in (parts[:-1] if is_collection else parts)], is_collection


def _segment(part: str) -> str:
    try:
        name = unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        raise Problem(400, text="The address isn’t UTF-8.") from None
    if not name or name in (".", "..") or _UNSAFE.search(name):
        raise Problem(400, text="The address holds a segment that can’t be a name.")
    return name


def path_of(reference: str, hosts: tuple[str, ...]) -> str:
    """The path of an address that a client wrote into a header or a body: absolute, or on one of `hosts`.

    Raises `Problem` (502) for another server.
    """
    reference = reference.strip()
    if reference.startswith("/") and not reference.startswith("//"):
        return reference.partition("?")[0].partition("#")[0]
    try:
        parts = urlsplit(reference)
    except ValueError:
        raise Problem(400, text="The address can’t be read.") from None
    if parts.scheme not in ("http", "https") or not parts.path:
        raise Problem(400, text="The address can’t be read.")
    if parts.netloc.rpartition("@")[2].lower() not in hosts:
        raise Problem(502, text="The address is on another server.")
    return parts.path
