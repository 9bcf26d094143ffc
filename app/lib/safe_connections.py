"""The connections of `app.lib.safe_http`: to the addresses that were checked and to no others."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from app.lib.safe_http import public_addresses


def open_session(private: Collection[str], timeout: float) -> aiohttp.ClientSession:
    """Connections that keep no cookies and use no proxy."""
    connector = aiohttp.TCPConnector(resolver=Pinned(private), limit=100, limit_per_host=20, ttl_dns_cache=10, keepalive_timeout=30)
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=timeout), cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


async def read_most(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The body, or its first `most` bytes: one read of a stream may give less than there is."""
    text = bytearray()
    while len(text) < most and (piece := await response.content.read(most - len(text))):
        text += piece
    return bytes(text)


class Pinned(AbstractResolver):
    """Looks names up and answers only with addresses that were checked. aiohttp asks it for names, never for literal addresses."""

    def __init__(self, private: Collection[str]) -> None:
        self._private = frozenset(private)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """The addresses to connect to. Raises `NotAllowed`, `OSError`."""
        if f"{host}:{port}" in self._private:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        else:
            addresses = await public_addresses(host, port)
        return [_result(host, address, port) for address in addresses]

    async def close(self) -> None:
        """Nothing is held."""


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)
