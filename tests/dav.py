"""A DAV client for tests: Basic credentials, XML in and out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
from lxml import etree

from tests.people import PASSWORD, Person

ORIGIN = "http://localhost:8000"
SPACES = {
    "d": "DAV:", "card": "urn:ietf:params:xml:ns:carddav", "cal": "urn:ietf:params:xml:ns:caldav", "cs": "http://calendarserver.org/ns/",
    "ic": "http://apple.com/ns/ical/", "x": "http://example.org/ns",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in SPACES.items())


@dataclass
class Said:
    """One response element of a multistatus: properties by prefixed name, those that are missing, and the status of the whole."""

    href: str
    status: int | None = None
    found: dict[str, etree._Element] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    error: str = ""

    def text(self, name: str) -> str:
        """The text of a property."""
        return "".join(self.found[name].itertext()).strip()

    def hrefs(self, name: str) -> list[str]:
        """The addresses in a property."""
        return [one.text or "" for one in self.found[name].iter("{DAV:}href")]


class Client(httpx.AsyncClient):
    """Speaks DAV to the app."""

    async def ask(self, method: str, path: str, body: str = "", *, depth: str = "0", **headers: str) -> httpx.Response:
        """A request whose XML may use the prefixes of SPACES; their declaration is put into its root."""
        if body:
            at = min(body.index(char) for char in ("/>", ">", " ") if char in body)
            body = f"{body[:at]} {_DECLARED}{body[at:]}"
        sent = {"depth": depth, "content-type": "application/xml", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await self.request(method, path, content=body.encode(), headers=sent)

    async def propfind(self, path: str, *names: str, depth: str = "0", **headers: str) -> list[Said]:
        """The responses to a PROPFIND of these properties."""
        asked = "".join(f"<{name}/>" for name in names)
        answer = await self.ask("PROPFIND", path, f"<d:propfind><d:prop>{asked}</d:prop></d:propfind>", depth=depth, **headers)
        assert answer.status_code == 207, (answer.status_code, answer.text)
        return list(said(answer))

    async def report(self, path: str, body: str, **headers: str) -> list[Said]:
        """The responses to a REPORT."""
        answer = await self.ask("REPORT", path, body, **headers)
        assert answer.status_code == 207, (answer.status_code, answer.text)
        return list(said(answer))


def client(app: httpx.ASGITransport, person: Person | None, password: str = PASSWORD, name: str = "") -> Client:
    """A program that signs in as somebody, by sync name unless told another."""
    auth = (name or person.account.sync_name, password) if person else None
    return Client(transport=app, base_url=ORIGIN, auth=auth, headers={"user-agent": "tests"})


def said(answer: httpx.Response) -> Iterator[Said]:
    """The responses of a multistatus."""
    for one in etree.fromstring(answer.content).iterfind("{DAV:}response"):
        it = Said(one.findtext("{DAV:}href") or "", _code(one.findtext("{DAV:}status")), error=_error(one))
        for part in one.iterfind("{DAV:}propstat"):
            code = _code(part.findtext("{DAV:}status"))
            for prop in part.find("{DAV:}prop"):
                if code == 200:
                    it.found[_name(prop)] = prop
                else:
                    it.failed[_name(prop)] = code or 0
        yield it


def condition(answer: httpx.Response) -> str:
    """The precondition that an error's body names, prefixed."""
    root = etree.fromstring(answer.content)
    assert root.tag == "{DAV:}error", answer.text
    return _name(root[0])


def token(answer: httpx.Response) -> str:
    """The sync token of a report's answer."""
    return etree.fromstring(answer.content).findtext("{DAV:}sync-token") or ""


def _error(one: etree._Element) -> str:
    found = one.find("{DAV:}error")
    return _name(found[0]) if found is not None and len(found) else ""


def _code(status: str | None) -> int | None:
    return int(status.split()[1]) if status else None


def _name(element: etree._Element) -> str:
    qualified = etree.QName(element)
    prefix = next((prefix for prefix, space in SPACES.items() if space == qualified.namespace), qualified.namespace)
    return f"{prefix}:{qualified.localname}"
