"""XML names in Clark notation, `{namespace}local`, and the prefixes that answers use for the namespaces they know."""

from __future__ import annotations

DAV = "DAV:"
CARDDAV = "urn:ietf:params:xml:ns:carddav"
CALDAV = "urn:ietf:params:xml:ns:caldav"
SERVER = "http://calendarserver.org/ns/"
APPLE = "http://apple.com/ns/ical/"
PREFIXES = {DAV: "d", CARDDAV: "card", CALDAV: "cal", SERVER: "cs", APPLE: "ic"}


def d(local: str) -> str:
    """A name of RFC 4918 and its extensions."""
    return f"{{{DAV}}}{local}"


def card(local: str) -> str:
    """A name of CardDAV (RFC 6352)."""
    return f"{{{CARDDAV}}}{local}"


def cal(local: str) -> str:
    """A name of CalDAV (RFC 4791, RFC 6638)."""
    return f"{{{CALDAV}}}{local}"


def cs(local: str) -> str:
    """A name that Calendar Server made up and clients ask for."""
    return f"{{{SERVER}}}{local}"


def apple(local: str) -> str:
    """A name that Apple's calendar made up and clients ask for."""
    return f"{{{APPLE}}}{local}"


def split(name: str) -> tuple[str, str]:
    """Namespace (empty for none) and local part."""
    namespace, _brace, local = name[1:].rpartition("}") if name.startswith("{") else ("", "", name)
    return namespace, local
