"""The ways into the suite from outside its pages, and what a device keeps of it: shares, files, links, places for offline reading.

An app registers here what it can take. The manifest announces only what is registered, so that nothing leads nowhere:

    @takes_shares("chat")
    async def _conversations(viewer: Viewer) -> list[Destination]: ...

    @takes_shares("drive", files=["*/*"])
    async def _folders(viewer: Viewer) -> list[Destination]:
        return [Destination(folder.title, "folder", f"/drive/folders/{folder.id}/files", folder.url, icon="folder", takes=("files",)), ...]

    opens_files("calendar", "/calendar/import", {"text/calendar": [".ics"]})
    opens_links("calendar", "webcal", "/calendar/subscribe?url=%s")

    @keeps_places("calendar")
    async def _month(viewer: Viewer) -> list[Place]: ...

**A share** is sent to `Destination.post` as a form: `text`, and when there are files multipart/form-data with each of them under `file`, one
request for all. It comes through the outbox, so it carries an Idempotency-Key and may arrive twice. A 422 or a `Refused` says why not.
`takes` says what a destination can do with: ("text",), ("files",) or ("text", "files"); it isn't offered for a share that has none of them.

**A file that is opened from the device** (`opens_files`) reaches a page at `action`, which GET shows: it lies within the app's own address and
is worth seeing without a file, too. Then static/js/launch.js posts the files to the same address: multipart/form-data, each under `file`,
and `_key`, which a command takes as its idempotency key. The answer is a page or leads to one. When GET has a form marked data-launched with a
file input, because there is something to choose first, the files are put into that input instead and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.models.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a share can go: it is POSTed to `post`, and `url` shows it there. `icon`, or else `kind` and `people`, make its sign.

    A share with files goes to `post_files` where that is another address.
    """

    title: str
    kind: str
    post: str
    url: str
    people: tuple[dict[str, Any], ...] = ()
    icon: str = ""
    takes: tuple[str, ...] = ("text",)
    post_files: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A page that every device keeps, so that it opens without a connection."""

    url: str
    title: str


Destinations = Callable[[Viewer], Awaitable[list[Destination]]]
Places = Callable[[Viewer], Awaitable[list[Place]]]
_destinations: dict[str, Destinations] = {}
_places: dict[str, Places] = {}
_shared_files: dict[str, list[str]] = {}
_files: list[tuple[str, dict[str, Any]]] = []
_links: list[tuple[str, dict[str, str]]] = []


def takes_shares(app: str, files: Sequence[str] = ()) -> Callable[[Destinations], Destinations]:
    """Register where in `app` somebody can put what was shared to the suite: texts, links, and files of the media types or suffixes in `files`."""

    def register(function: Destinations) -> Destinations:
        _destinations[app] = function
        if files:
            _shared_files[app] = list(files)
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
    first = sorted(_places.items(), key=lambda place: place[0] != "home")  # where the installed app starts is there soonest
    return [one for app, of in first if app == "home" or viewer.can_use(app) for one in await of(viewer)]


def announced(app: str, scope: str = "") -> dict[str, Any]:
    """What the manifest of `app` says it can open: of its own, and for the suite's own manifest (`home`) of every app.

    Addresses outside a manifest's scope are ignored by browsers, so each app takes shares below its own address.
    """
    found = {
        "file_handlers": [handler for owner, handler in _files if app in (owner, "home")],
        "protocol_handlers": [handler for owner, handler in _links if app in (owner, "home")],
        "share_target": _share_target(app, f"{scope}/share"),
    }
    return {name: value for name, value in found.items() if value}


def _share_target(app: str, action: str) -> dict[str, Any]:
    if app not in _destinations and not (app == "home" and _destinations):
        return {}
    accepted = list(dict.fromkeys(one for owner, types in _shared_files.items() if app in (owner, "home") for one in types))
    params: dict[str, Any] = {"title": "title", "text": "text", "url": "url"}
    if accepted:
        params["files"] = [{"name": "file", "accept": accepted}]
    return {"action": action, "method": "POST", "enctype": "multipart/form-data", "params": params}
