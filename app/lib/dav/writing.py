"""XML for answers, made of bytes: ten thousand members cost no more than joining them."""

from __future__ import annotations

import re
from functools import lru_cache
from http import HTTPStatus

from app.lib.dav.names import PREFIXES, split

HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n'
_SPACES = "".join(f' xmlns:{prefix}="{namespace}"' for namespace, prefix in PREFIXES.items()).encode()
MULTISTATUS = HEAD + b"<d:multistatus" + _SPACES + b">"
MULTISTATUS_END = b"</d:multistatus>"
_ILLEGAL = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_NONCHARACTERS = re.compile("[\ufffe\uffff]")
_ESCAPED = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;"))  # the ampersand first


def escape(text: str) -> bytes:
    """Text for an element. A carriage return is written as a reference, or a reader would drop it (XML 1.0 §2.11)."""
    for char, escaped in _ESCAPED:
        if char in text:
            text = text.replace(char, escaped)
    if "\ufffe" in text or "\uffff" in text:
        text = _NONCHARACTERS.sub("", text)
    return text.encode("utf-8", "replace").translate(None, _ILLEGAL)


def attribute(text: str) -> bytes:
    """Text for an attribute in double quotes."""
    return escape(text).replace(b'"', b"&quot;").replace(b"\n", b"&#10;").replace(b"\t", b"&#9;")


@lru_cache(4096)
def tags(name: str) -> tuple[bytes, bytes, bytes]:
    """The start tag, the end tag and the empty element of a name in Clark notation."""
    namespace, local = split(name)
    prefix = PREFIXES.get(namespace)
    if prefix:
        full = f"{prefix}:{local}"
        return f"<{full}>".encode(), f"</{full}>".encode(), f"<{full}/>".encode()
    if not namespace:
        return f"<{local}>".encode(), f"</{local}>".encode(), f"<{local}/>".encode()
    space = attribute(namespace).decode()
    return f'<x:{local} xmlns:x="{space}">'.encode(), f"</x:{local}>".encode(), f'<x:{local} xmlns:x="{space}"/>'.encode()


def element(name: str, inner: bytes = b"") -> bytes:
    """An element with what stands inside it, which is XML already."""
    start, end, empty = tags(name)
    return start + inner + end if inner else empty


def elements(*names: str) -> bytes:
    """Empty elements with these names."""
    return b"".join(tags(name)[2] for name in names)


def href(address: bytes | str) -> bytes:
    """The element of an address that is percent-encoded already."""
    return b"<d:href>" + (address.encode() if isinstance(address, str) else address) + b"</d:href>"


@lru_cache(64)
def status(code: int) -> bytes:
    """The element that says how something went."""
    return f"<d:status>HTTP/1.1 {code} {HTTPStatus(code).phrase}</d:status>".encode()


def propstat(code: int, inner: bytes, error: bytes = b"") -> bytes:
    """What some properties have in common: a status, and perhaps a precondition."""
    return b"<d:propstat><d:prop>" + inner + b"</d:prop>" + status(code) + (b"<d:error>" + error + b"</d:error>" if error else b"") + b"</d:propstat>"


def response(address: bytes, code: int, error: bytes = b"") -> bytes:
    """How it went with one address as a whole."""
    return b"<d:response>" + href(address) + status(code) + (b"<d:error>" + error + b"</d:error>" if error else b"") + b"</d:response>"


def document(name: str, inner: bytes) -> bytes:
    """A whole document whose root knows all prefixes."""
    start, end, _empty = tags(name)
    return HEAD + start[:-1] + _SPACES + b">" + inner + end


def error(condition: str, inner: bytes = b"") -> bytes:
    """The body that names a failed precondition (RFC 4918 §16)."""
    return document("{DAV:}error", element(condition, inner))
