"""The addresses that a domain gives: one for each app, and one to sign in at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

LABELS = ("login", "suite", "manager", "mail", "calendar", "contacts", "chat", "drive", "meet", "assistant")
LOGIN, SUITE = "login", "suite"
PROOF = "_chalet"  # the name before a domain that holds the proof, apart from whatever else its TXT records say
_KEYS = {"home": SUITE}  # apps whose label is another word


@dataclass(frozen=True, slots=True)
class Web:
    """How this server is reached: the standard host, the scheme and port that all hosts share, and the labels whose app exists."""

    host: str = ""
    scheme: str = "http"
    port: str = ""
    open_labels: tuple[str, ...] = (LOGIN, SUITE)
    own_hosts: frozenset[str] = frozenset()
    addresses: tuple[str, ...] = ()

    @property
    def base(self) -> str:
        """The standard address; empty where none was set."""
        return origin_of(self.host) if self.host else ""


web = Web()


def serve_at(base_url: str, port: int, apps: Iterable[str], own_hosts: Iterable[str] = (), addresses: Iterable[str] = ()) -> None:
    """Brands are reached by the scheme and the port of the base address; without one, over plain HTTP at the server's own port.

    `apps` are the keys of those that exist, `addresses` the server's IP addresses where they were set.
    """
    global web
    parts = urlsplit(base_url or f"http://localhost:{port}")
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    known = {LOGIN, SUITE, "manager", *apps}
    web = Web(
        (parts.hostname or "") if base_url else "", parts.scheme, f":{parts.port}" if parts.port and parts.port != standard else "",
        tuple(label for label in LABELS if label in known), frozenset(own_hosts), tuple(addresses),
    )


def host_for(domain: str, key: str) -> str:
    """The host name of an app, by its key or label, on a domain; the suite's where it has none of its own."""
    label = _KEYS.get(key, key)
    return f"{label if label in web.open_labels else SUITE}.{domain}"


def hosts_of(domain: str) -> tuple[str, ...]:
    """Every host name that a domain gives, also those whose app doesn't exist yet."""
    return tuple(f"{label}.{domain}" for label in LABELS)


def open_hosts_of(domain: str) -> tuple[str, ...]:
    """The host names of a domain that lead somewhere."""
    return tuple(f"{label}.{domain}" for label in web.open_labels)


def path_of(label: str) -> str:
    """Where on the server the app of a label is."""
    return "/" if label in (LOGIN, SUITE) else f"/{label}"


def origin_of(host: str) -> str:
    """Scheme, host and port of one of the suite's hosts."""
    return f"{web.scheme}://{host}{web.port}"
