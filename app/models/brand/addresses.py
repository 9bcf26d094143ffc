"""The addresses that a domain gives: one for each app, and one to sign in at."""

from __future__ import annotations

from urllib.parse import urlsplit

LABELS = ("login", "suite", "manager", "mail", "calendar", "contacts", "chat", "drive", "meet", "assistant")
_KEYS = {"home": "suite"}  # apps whose label is another word

_scheme, _port = "https", ""


def serve_at(base_url: str, port: int = 0) -> None:
    """Brands are reached by the scheme and the port of the base address; without one, over plain HTTP at the server's own port."""
    global _scheme, _port
    parts = urlsplit(base_url or f"http://localhost:{port}")
    standard = {"http": 80, "https": 443}.get(parts.scheme)
    _scheme, _port = parts.scheme, f":{parts.port}" if parts.port and parts.port != standard else ""


def host_for(domain: str, key: str) -> str:
    """The host name of an app, by its key or label, on a domain."""
    label = _KEYS.get(key, key)
    return f"{label if label in LABELS else 'suite'}.{domain}"


def hosts_of(domain: str) -> tuple[str, ...]:
    """Every host name that a domain gives."""
    return tuple(f"{label}.{domain}" for label in LABELS)


def origin_of(host: str) -> str:
    """Scheme, host and port of one of the suite's hosts."""
    return f"{_scheme}://{host}{_port}"
