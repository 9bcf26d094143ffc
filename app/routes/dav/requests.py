"""A DAV request as the verbs see it, and what they answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from app.lib.dav import headers, hrefs
from app.lib.dav.conditions import Match
from app.lib.dav.problems import Problem
from app.lib.dav.reading import MOST_BYTES, Element, parse
from app.lib.numbers import whole
from app.models.dav import Caller

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
XML = (b"content-type", b"application/xml; charset=utf-8")


class ClientGone(Exception):
    """The connection ended before the body did."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and a body: whole, or in pieces."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes | AsyncIterator[bytes] = b""


def multistatus(body: bytes | AsyncIterator[bytes], *more: tuple[bytes, bytes]) -> Answer:
    """A 207."""
    return Answer(207, (XML, *more), body)


class Request:
    """One request, in which `caller` is signed in."""

    def __init__(self, scope: Scope, receive: Receive, caller: Caller) -> None:
        self.method: str = scope["method"]
        self.caller = caller
        self.scope = scope
        self._receive = receive
        self._headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        raw = scope.get("raw_path") or scope["path"].encode()
        self.path = raw.partition(b"?")[0].decode("latin-1")
        self.query = scope.get("query_string", b"").decode("latin-1")
        self.segments, self.has_slash = hrefs.segments(self.path)

    def header(self, name: str) -> str:
        """A header by its lower-case name; empty where there is none."""
        return self._headers.get(name, "")

    def without_body(self) -> Request:
        """The same request as if nothing were sent with it."""
        async def nothing() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": b""}

        scope = {**self.scope, "headers": [one for one in self.scope["headers"] if one[0] not in (b"content-length", b"x-expected-entity-length")]}
        return Request(scope, nothing, self.caller)

    @property
    def match(self) -> Match:
        """If-Match and If-None-Match."""
        return Match.read(self._headers.get("if-match"), self._headers.get("if-none-match"))

    @property
    def is_minimal(self) -> bool:
        """Whether the client wants to hear only what it needs."""
        return headers.is_minimal(self.header("prefer"), self.header("brief"))

    @property
    def leaves_zones(self) -> bool:
        """Whether the client has the zones of the database itself (RFC 7809 §7.1)."""
        return self.header("caldav-timezones").strip().upper() == "F"

    def depth(self, default: int) -> int:
        """The Depth header."""
        return headers.depth(self.header("depth"), default)

    def segments_of(self, reference: str) -> tuple[list[str], bool]:
        """The segments of an address in a header or a body. Raises `Problem`."""
        hosts = (self.header("host").lower(), str(self.scope.get("state", {}).get("host", "")))
        return hrefs.segments(hrefs.path_of(reference, hosts))

    async def pieces(self, most: int | None) -> AsyncIterator[bytes]:
        """The body as it comes. Raises `Problem` (413) as soon as it is longer than `most` bytes."""
        announced = whole(self.header("content-length"))
        if most is not None and announced is not None and announced > most:
            raise too_large(most)
        received = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            piece = message.get("body", b"")
            received += len(piece)
            if most is not None and received > most:
                raise too_large(most)
            if piece:
                yield piece
            if not message.get("more_body"):
                return

    async def body(self, most: int) -> bytes:
        """The whole body."""
        return b"".join([piece async for piece in self.pieces(most)])

    async def xml(self) -> Element | None:
        """The body's root element; None where it is empty."""
        body = await self.body(MOST_BYTES)
        return parse(body) if body.strip() else None


def too_large(most: int) -> Problem:
    """A body that is longer than anything here takes. The connection is closed, so that the rest needn't be read."""
    return Problem(413, text=f"The body is longer than {most} bytes.", headers=((b"connection", b"close"),))
