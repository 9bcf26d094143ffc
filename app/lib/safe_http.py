"""HTTP to hosts that somebody else named: only public addresses are ever called.

The name is looked up here, every address it has must be public, and the connection goes to the address that was checked, so that a
name can't mean something else a moment later (DNS rebinding). Redirects aren't followed. Proxies of the environment aren't used.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import SplitResult, urljoin, urlsplit

if TYPE_CHECKING:  # it takes half a second, so it is imported by the first call
    import aiohttp

TIMEOUT = 10.0  # seconds
MOST_BYTES = 64 * 1024  # of an answer
LONGEST_URL = 2_000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "local", "internal", "intranet", "home.arpa", "onion", "test", "invalid")


class NotAllowed(ValueError):
    """This address isn't called. The text says why, for a log."""


class TooLong(ValueError):
    """There is more than was asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: int


def check_url(url: str, private: Collection[str] = ()) -> SplitResult:
    """The parts of an address that may be called as far as its text tells: https, port 443, no credentials, no private address.

    `private` names further hosts as `host:port` that may be called over http, too, although they aren't public. Raises `NotAllowed`.
    """
    if len(url) > LONGEST_URL or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url) or "\\" in url:
        raise NotAllowed("not an address")
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        raise NotAllowed("not an address") from None
    if not host or "@" in parts.netloc or parts.fragment:
        raise NotAllowed("has no host, credentials or a fragment")
    if is_private_exception(parts, private):
        return parts
    if parts.scheme != "https" or port not in (None, 443):
        raise NotAllowed("isn’t https on port 443")
    _check_host(host)
    return parts


async def check(url: str, private: Collection[str] = ()) -> None:
    """The same, and every address that the name has now is public. Raises `NotAllowed`."""
    parts = check_url(url, private)
    host = (parts.hostname or "").rstrip(".")
    if not is_private_exception(parts, private):
        try:
            await public_addresses(host)
        except (OSError, TimeoutError):
            raise NotAllowed(f"{host} can’t be found") from None


def is_private_exception(parts: SplitResult, private: Collection[str]) -> bool:
    """Whether this host and port were named as callable."""
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme in ("http", "https") and f"{parts.hostname}:{port}" in private


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: not loopback, private, link-local, reserved, multicast, or one of these in disguise."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return False
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


async def public_addresses(host: str, port: int = 443) -> list[str]:
    """The addresses of a name, all of them public. Raises `NotAllowed` when one isn't, `OSError` when it has none now."""
    try:
        async with asyncio.timeout(TIMEOUT):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise NotAllowed(f"{host} isn’t a name") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not addresses or not all(is_public(address) for address in addresses):
        raise NotAllowed(f"{host} isn’t a public address")
    return addresses


class Caller:
    """Connections that are kept until `close`, or until the end of an `async with`. `private` is as in `check_url`."""

    def __init__(self, private: Collection[str] = ()) -> None:
        self.private = frozenset(private)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST once; of a long answer, the first `MOST_BYTES`. Raises `NotAllowed`, `OSError`, `TimeoutError` or `aiohttp.ClientError`."""
        from app.lib.safe_connections import read_most

        check_url(url, self.private)
        began = time.monotonic()
        async with self._open().post(url, data=body, headers=dict(headers), allow_redirects=False) as response:
            text = await read_most(response, MOST_BYTES)
            return Answer(response.status, dict(response.headers), text, round((time.monotonic() - began) * 1000))

    async def get(self, url: str, headers: Mapping[str, str], most: int = MOST_BYTES) -> Answer:
        """GET once; of a long answer, the first `most` bytes, and the connection is closed. Raises as `post`."""
        from app.lib.safe_connections import read_most

        check_url(url, self.private)
        began = time.monotonic()
        async with self._open().get(url, headers=dict(headers), allow_redirects=False) as response:
            body = await read_most(response, most)
            response.close()
            return Answer(response.status, dict(response.headers), body, round((time.monotonic() - began) * 1000))

    async def get_whole(self, url: str, most: int, headers: Mapping[str, str] = {}, *, timeout: float = TIMEOUT, redirects: int = 3) -> Answer:
        """GET, following a few redirects to addresses that may be called, too, all within `timeout` seconds.

        Raises `TooLong` for more than `most` bytes, `NotAllowed`, `OSError`, `TimeoutError` or `aiohttp.ClientError`.
        """
        from app.lib.safe_connections import read_most

        began = time.monotonic()
        async with asyncio.timeout(timeout):
            for _turn in range(redirects + 1):
                check_url(url, self.private)
                async with self._open().get(url, headers=dict(headers), allow_redirects=False) as response:
                    if response.status in (301, 302, 303, 307, 308) and (to := response.headers.get("Location")):
                        url = urljoin(url, to)
                        continue
                    text = await read_most(response, most + 1)
                    if len(text) > most:
                        raise TooLong(f"more than {most} bytes")
                    return Answer(response.status, dict(response.headers), text, round((time.monotonic() - began) * 1000))
        raise NotAllowed("leads from one address to another")

    async def close(self) -> None:
        """Let go of the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            from app.lib.safe_connections import open_session

            self._session = open_session(self.private, TIMEOUT)
        return self._session


def _check_host(host: str) -> None:
    literal = host.strip("[]")
    if _looks_like_address(literal):
        if not is_public(literal):
            raise NotAllowed(f"{host} isn’t a public address")
        return
    labels = host.lower().split(".")
    if len(labels) < 2 or any(host.lower() == name or host.lower().endswith(f".{name}") for name in _LOCAL_NAMES):
        raise NotAllowed(f"{host} isn’t a public name")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        raise NotAllowed(f"{host} isn’t a name")  # 127.1, 0x7f.1 and 2130706433 are addresses to some resolvers


def _looks_like_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
