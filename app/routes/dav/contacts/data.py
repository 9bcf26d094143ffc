"""Which version of vCard a client gets: as the card was stored for a plain GET, else what it asks for, 3.0 where it says nothing (RFC 6352 §10.4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.lib.dav.names import card
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, children
from app.lib.dav.writing import escape
from app.lib.vcard import V30, V40, BadCard, as_version, read_card
from app.routes.dav.properties import Property, Reader, column
from app.routes.dav.wanted import Wanted

KIND = "text/vcard; charset=utf-8"
VERSIONS = (V30, V40)
_VERSION = re.compile(r"^VERSION[^:\r\n]*:[ \t]*([0-9.]+)", re.IGNORECASE | re.MULTILINE)
_ACCEPTED = re.compile(r"text/(?:x-)?vcard\s*;[^,]*version\s*=\s*\"?([\d.]+)", re.IGNORECASE)
_BEGINNINGS = {version: f"BEGIN:VCARD\r\nVERSION:{version}\r\n" for version in VERSIONS}  # of nearly every card
SUPPORTED = b"".join(b'<card:address-data-type content-type="text/vcard" version="' + version.encode() + b'"/>' for version in VERSIONS)


def version_of(vcard: str) -> str:
    """The version that a card says it has; 3.0 where it doesn't say."""
    found = _VERSION.search(vcard[:400]) or _VERSION.search(vcard)
    return found[1] if found else V30


def in_version(vcard: str, version: str) -> str:
    """The card in a version: untouched where it is in that one, or can't be read."""
    if vcard.startswith(_BEGINNINGS[version]) or version_of(vcard) == version:
        return vcard
    try:
        return as_version(read_card(vcard), version).text
    except BadCard:
        return vcard


def accepted(accept: str) -> str:
    """The version that an Accept header asks for; empty: as it was stored."""
    found = _ACCEPTED.search(accept)
    if found and found[1] not in VERSIONS:
        raise Problem(406, card("supported-address-data-conversion"))
    return found[1] if found else ""


def _fit(asked: Element, _wanted: Wanted) -> Reader:
    """Reads address-data as it is asked for: a version, and perhaps only some properties."""
    kind, version = asked.get("content-type") or "text/vcard", asked.get("version") or V30
    if kind not in ("text/vcard", "text/x-vcard") or version not in VERSIONS:
        raise Problem(403, card("supported-address-data"))
    names = frozenset((one.get("name") or "").upper() for one in children(asked) if one.tag == card("prop"))
    bare = frozenset((one.get("name") or "").upper() for one in children(asked) if one.tag == card("prop") and one.get("novalue") == "yes")
    shape: Callable[[str], str] = (lambda vcard: in_version(vcard, version)) if not names else (lambda vcard: _only(in_version(vcard, version), names, bare))

    def read(row: Any) -> bytes | None:
        return escape(shape(row["vcard"]))

    return read


def _only(vcard: str, names: frozenset[str], bare: frozenset[str]) -> str:
    """A card with these properties alone, those of `bare` without their values (§10.4.2)."""
    try:
        read = read_card(vcard)
    except BadCard:
        return vcard
    parts = []
    for line in read.lines:
        if line.name in bare:
            parts.append(line.raw.partition(":")[0] + ":" + read.newline)
        elif line.name in names or line.name in ("BEGIN", "VERSION", "END"):
            parts.append(line.raw)
    return "".join(parts)


ADDRESS_DATA = Property(column("vcard").read, False, ("vcard",), _fit)
