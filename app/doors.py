"""The ways into the suite from outside its pages, and what a device keeps of it: shares, files, links, places for offline reading.

An app registers here what it can take. The manifest announces only what is registered, so that nothing leads nowhere:

    @takes_shares("chat")
    async def _conversations(viewer: Viewer) -> list[Destination]: ...

    opens_files("calendar", "/calendar/import", {"text/calendar": [".ics"]})
    opens_links("calendar", "webcal", "/calendar/subscribe?url=%s")

    @keeps_places("calendar")
    async def _month(viewer: Viewer) -> list[Place]: ...
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from app.models.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a shared text can go: it is POSTed to `post` as `text`, and `url` shows it there. `kind` and `people` make its sign."""

    title: str
    kind: str
    post: str
    url: str
    people: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A page that every device keeps, so that it opens without a connection."""

    url: str
    title: str


Destinations = Callable[[Viewer], Awaitable[list[Destination]]]
Places = Callable[[Viewer], Awaitable[list[Place]]]
_destinations: dict[str, Destinations] = {}
_places: dict[str, Places] = {}
_files: list[tuple[str, dict[str, Any]]] = []
_links: list[tuple[str, dict[str, str]]] = []


def takes_shares(app: str) -> Callable[[Destinations], Destinations]:
    """Register where in `app` somebody can put a text that was shared to the suite."""

    def register(function: Destinations) -> Destinations:
        _destinations[app] = function
        return function

    return register


def keeps_places(app: str) -> Callable[[Places], Places]:
    """Register which pages of `app` every device keeps for offline reading."""

    def register(function: Places) -> Places:
        _places[app] = function
        return function

    return register


def opens_files(app: str, action: str, accept: dict[str, list[str]]) -> None:
    """Let `app` open files from the device: `accept` has suffixes by media type, `action` takes them from the launch queue."""
    _files.append((app, {"action": action, "accept": accept}))


def opens_links(app: str, protocol: str, url: str) -> None:
    """Let `app` open links of a scheme, such as `web+chalet`: `url` has %s for the link."""
    _links.append((app, {"protocol": protocol, "url": url}))


async def destinations_for(viewer: Viewer) -> list[Destination]:
    """Everything that this person can share to, in the apps that they may use."""
    return [one for app, of in _destinations.items() if viewer.can_use(app) for one in await of(viewer)]


async def places_for(viewer: Viewer) -> list[Place]:
    """The pages that this person's devices keep."""
    return [one for app, of in _places.items() if app == "home" or viewer.can_use(app) for one in await of(viewer)]


def announced(app: str, scope: str = "") -> dict[str, Any]:
    """What the manifest of `app` says it can open: of its own, and for the suite's own manifest (`home`) of every app.

    Addresses outside a manifest's scope are ignored by browsers, so each app takes shares below its own address.
    """
    files = [handler for owner, handler in _files if app in (owner, "home")]
    links = [handler for owner, handler in _links if app in (owner, "home")]
    shares = {**SHARE_TARGET, "action": f"{scope}/share"} if app in _destinations or (app == "home" and _destinations) else {}
    found = {"file_handlers": files, "protocol_handlers": links, "share_target": shares}
    return {name: value for name, value in found.items() if value}


SHARE_TARGET: dict[str, Any] = {"method": "POST", "enctype": "multipart/form-data", "params": {"title": "title", "text": "text", "url": "url"}}
"""Texts and links. Files are announced by the first app that can keep one."""
