"""Search: the palette of Ctrl K, and a page of results that has an address.

An app adds what the palette offers beside its search entries:

    @offers
    async def _(viewer: Viewer, typed: str) -> list[Offer]: …
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Request, get
from litestar.response import Response

from app.lib.i18n import _
from app.lib.numbers import whole
from app.lib.searching import Query, Segment, fold, highlight, parse, words
from app.models import search_operators as operators
from app.models.calendar.storing import EVENT
from app.models.chat.places import places_of, public_channels
from app.models.contacts.writing import CONTACT
from app.models.drive.searching import FILE
from app.models.search import Hit, search, visible_scopes
from app.models.search_found import MESSAGE, Found, found, people_by_id
from app.models.search_people import PERSON
from app.models.team import TEAM
from app.models.viewer import Viewer
from app.render import fragment, page
from app.rooms import apps_for

PAGE = 25
_MOST_OFFERS, _MOST_PEOPLE, _MOST_MESSAGES = 10, 6, 5
_AMONG_PEOPLE = 200  # of whom the best are shown

PLACE, COMMAND = "place", "command"


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to open or to do. `method` is get for a link and post for a form; a `theme` is put on at once."""

    title: str
    url: str
    icon: str
    group: str = PLACE
    app: str = ""
    about: str = ""
    method: str = "get"
    theme: str = ""
    other_words: str = ""
    segments: list[Segment] = field(default_factory=list)


Offers = Callable[[Viewer, str], Awaitable[list[Offer]]]
_offers: list[Offers] = []


def offers(function: Offers) -> Offers:
    """Register a function that lists what the palette may offer to a viewer who typed something; what doesn't match is left out."""
    _offers.append(function)
    return function


# -- the palette


@get("/search/palette", include_in_schema=False)
async def show_palette(request: Request) -> Response[bytes]:
    """What the palette lists for what was typed: people, places, commands, messages; of the app in view first."""
    viewer, typed = request.state.viewer, _typed(request)
    query = parse(typed, beginnings=True)
    offered = await _offered(viewer, typed, query, _app_in_view(request))
    people = [] if query.is_empty else await _people(viewer, query, _MOST_PEOPLE)
    messages = [] if query.is_empty else await _entries(viewer, typed, [MESSAGE], _MOST_MESSAGES)
    return fragment(
        request, "search/_palette.html", q=typed, people=people, messages=messages, results_url=f"/search?{urlencode({'q': typed})}",
        places=[offer for offer in offered if offer.group == PLACE][:_MOST_OFFERS],
        commands=[offer for offer in offered if offer.group == COMMAND][:_MOST_OFFERS],
    )


@get("/search/people", include_in_schema=False)
async def list_people(request: Request) -> Response[bytes]:
    """Options of a people field."""
    people = await _people(request.state.viewer, parse(_typed(request), beginnings=True), 8)
    options = [{**one.person, "email": "".join(part.text for part in one.hit.body)} for one in people if one.person]
    return fragment(request, "shared/_people_options.html", people=options)


async def _offered(viewer: Viewer, typed: str, query: Query, app: str) -> list[Offer]:
    listed = [offer for function in _offers for offer in await function(viewer, typed)]
    fitting = [replace(offer, segments=highlight(offer.title, query)) for offer in listed if _fits(query, f"{offer.title} {offer.other_words}")]
    return sorted(fitting, key=lambda offer: (offer.app != app, not fold(offer.title).startswith(fold(typed.strip()))))


def _fits(query: Query, text: str) -> bool:
    there = words(text)
    return all(any(word.startswith(part) for word in there) for term in query.wanted for part in term.words)


async def _people(viewer: Viewer, query: Query, most: int) -> list[Found]:
    """People by name or address; those whose name begins so come first."""
    visible = await visible_scopes(viewer, [PERSON])
    hits = await search(visible, viewer.org_id, query, [PERSON], limit=_AMONG_PEOPLE)
    return await found(viewer, sorted(hits, key=lambda hit: _rank(hit, query))[:most])


def _rank(hit: Hit, query: Query) -> tuple[bool, bool, str]:
    name = fold("".join(part.text for part in hit.title))
    return not name.startswith(query.wanted[0].words[0]), not any(part.is_hit for part in hit.title), name


async def _entries(viewer: Viewer, typed: str, kinds: list[str], most: int) -> list[Found]:
    visible = await visible_scopes(viewer, kinds)
    return await found(viewer, await search(visible, viewer.org_id, typed, kinds, limit=most))


def _typed(request: Request) -> str:
    return (request.query_params.getall("q", [""]) or [""])[0][:400].replace("\x00", "")


def _app_in_view(request: Request) -> str:
    """The key of the app whose page asks, from htmx's own header."""
    path = "/" + request.headers.get("hx-current-url", "").partition("://")[2].partition("/")[2]
    return max((app for app in apps_for(request.state.viewer) if path.startswith(app.url)), key=lambda app: len(app.url)).key


# -- what is offered by the suite itself


@offers
async def _apps(viewer: Viewer, _typed: str) -> list[Offer]:
    own = [Offer(app.title, app.url, app.icon, app=app.key, about=app.about) for app in apps_for(viewer)]
    return [
        *own,
        Offer(_("Manage my account"), "/account", "circle-user", other_words=_("profile password language time zone devices settings")),
        Offer(_("What I did"), "/activity", "undo-2", other_words=_("undo history changes")),
    ]


@offers
async def _channels(viewer: Viewer, typed: str) -> list[Offer]:
    if not viewer.can_use("chat"):
        return []
    mine = [Offer(row["title"], row["url"], _channel_icon(row["kind"]), app="chat") for row in (await places_of(viewer)).everything]
    others = await public_channels(viewer, typed, most=_MOST_OFFERS) if typed.strip() else []
    urls = {offer.url for offer in mine}
    return [*mine, *(Offer(row["name"], url, "hash", app="chat") for row in others if (url := f"/chat/channels/{row['id']}") not in urls)]


def _channel_icon(kind: str) -> str:
    return {"public": "hash", "private": "lock"}.get(kind, "message-circle")


@offers
async def _commands(viewer: Viewer, _typed: str) -> list[Offer]:
    new_message = Offer(_("New message"), "/chat/direct/new", "square-pen", COMMAND, app="chat", other_words=_("write talk direct"))
    return [
        *([new_message] if viewer.can_use("chat") else []),
        Offer(_("Light theme"), "", "sun", COMMAND, theme="light", other_words=_("appearance bright")),
        Offer(_("Dark theme"), "", "moon", COMMAND, theme="dark", other_words=_("appearance night")),
        Offer(_("Automatic theme"), "", "monitor", COMMAND, theme="auto", other_words=_("appearance system")),
        Offer(_("Sign out"), "/sign-out", "log-out", COMMAND, method="post", other_words=_("log off leave")),
    ]


# -- the page of results


@dataclass(frozen=True, slots=True)
class Filters:
    """What the page looks for, as its address says it. Unreadable values are left out."""

    q: str = ""
    kind: str = ""
    by: int = 0
    place: int = 0
    since: str = ""
    until: str = ""
    before: int = 0

    @classmethod
    def of(cls, request: Request) -> Filters:
        """The filters of a request."""
        sent = request.query_params
        kind = sent.get("kind", "")
        return cls(
            _typed(request), kind if kind in (MESSAGE, PERSON, TEAM, FILE, CONTACT, EVENT) else "",
            whole(sent.get("by", "")) or 0, whole(sent.get("in", "")) or 0,
            _day(sent.get("since", "")), _day(sent.get("until", "")), whole(sent.get("before", "")) or 0,
        )

    def url(self, path: str = "/search", **changed: Any) -> str:
        """The address with other values in it."""
        one = replace(self, **changed)
        shown = {"q": one.q, "kind": one.kind, "by": one.by, "in": one.place, "since": one.since, "until": one.until, "before": one.before}
        return f"{path}?{urlencode({name: value for name, value in shown.items() if value})}"

    @property
    def is_narrow(self) -> bool:
        """Whether anything but words is asked for."""
        return bool(self.kind or self.by or self.place or self.since or self.until)


@get("/search", include_in_schema=False)
async def list_hits(request: Request) -> Response[bytes]:
    """The page: words, filters, hits in their context, newest first."""
    viewer, filters = request.state.viewer, Filters.of(request)
    hits, later = await _hits(viewer, filters)
    channels = (await places_of(viewer)).everything if viewer.can_use("chat") else []
    places = [("", _("Anywhere")), *((str(row["id"]), row["title"]) for row in channels)]
    return await page(
        request, "search/index.html", filters=filters, hits=hits, more=later, places=places,
        chosen=list((await people_by_id([filters.by])).values()) if filters.by and await _is_colleague(viewer, filters.by) else [],
    )


@get("/search/hits", include_in_schema=False)
async def list_more_hits(request: Request) -> Response[bytes]:
    """The lines after those that the page has."""
    filters = Filters.of(request)
    hits, more = await _hits(request.state.viewer, filters)
    return fragment(request, "search/_hits.html", filters=filters, hits=hits, more=more)


async def _hits(viewer: Viewer, filters: Filters) -> tuple[list[Found], int]:
    """A page of hits, and the place after which the next page begins or 0."""
    asked = await operators.read(viewer, filters.q)
    is_narrow = asked.is_of_messages or bool(filters.place)
    visible = await visible_scopes(viewer, [MESSAGE] if is_narrow else [filters.kind] if filters.kind else None)
    for place in [filters.place or None, asked.place]:
        if place is not None:
            visible = {MESSAGE: [place] if place in visible.get(MESSAGE, ()) else []}
    hits = await search(
        visible, viewer.org_id, asked.query, limit=PAGE + 1, before=filters.before or None, author_id=asked.author or filters.by or None,
        since=_later(_midnight(filters.since, viewer), _midnight(asked.since, viewer)),
        until=_earlier(_midnight(filters.until, viewer, days=1), _midnight(asked.until, viewer)),
    )
    return await found(viewer, hits[:PAGE]), hits[PAGE - 1].place if len(hits) > PAGE else 0


def _later(one: int | None, other: int | None) -> int | None:
    return max(one, other) if one is not None and other is not None else one if other is None else other


def _earlier(one: int | None, other: int | None) -> int | None:
    return min(one, other) if one is not None and other is not None else one if other is None else other


async def _is_colleague(viewer: Viewer, account_id: int) -> bool:
    """Whether the viewer may know this person's name: they share an organisation's directory."""
    visible = await visible_scopes(viewer, [PERSON])
    return bool(await search(visible, viewer.org_id, "", [PERSON], limit=1, author_id=account_id))


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _midnight(day: str, viewer: Viewer, days: int = 0) -> int | None:
    """When a day begins where the viewer is, in milliseconds since the epoch."""
    if not day or not "1900" < day < "2200":
        return None
    start = datetime.combine(date.fromisoformat(day) + timedelta(days), time(), ZoneInfo(viewer.timezone))
    return int(start.timestamp() * 1000)


handlers = [show_palette, list_people, list_hits, list_more_hits]
