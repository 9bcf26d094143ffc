"""Addresses within the suite, and of networks."""

from __future__ import annotations

import ipaddress
import re

_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")


def local_path(text: str, default: str = "/") -> str:
    """`text` if it is a path of this suite, else `default`: where to go after signing in comes from the address bar.

    Refuses other origins in every spelling that browsers take for one: `//host`, `/\\host`, `https:…`, control characters
    that they skip (WHATWG URL §4.4).
    """
    return text if len(text) <= 2000 and _LOCAL.fullmatch(text) else default


def network_of(address: str) -> str:
    """What one person's guesses come from: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def place_of(address: str) -> str:
    """Where an address is: "here" on the server's own machine, "near" in its network, else empty."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return "here" if found.is_loopback else "near" if found.is_private else ""


def is_host_name(host: str) -> bool:
    """Whether a host is a name: a WebAuthn relying party can't be a bare address (WebAuthn §5.1.2)."""
    if host.startswith("["):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(host)
    return False
