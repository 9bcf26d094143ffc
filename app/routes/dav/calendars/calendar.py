"""A calendar: one query for its objects, whatever their number."""

from __future__ import annotations

import colorsys
import re
from collections.abc import AsyncIterator, Sequence
from functools import cached_property
from typing import Any

from app.lib.dav.conditions import Match
from app.lib.dav.hrefs import quoted
from app.lib.dav.names import apple, cal, cs, d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, children, text
from app.lib.dav.writing import elements, escape
from app.lib.ical import Malformed, parse
from app.lib.ical.timezones import completed
from app.lib.ical.zones import iana_name
from app.models.calendar import BUSY, Calendar
from app.models.calendar.attachments import MOST
from app.models.calendar.indexing import MOST_GUESTS, MOST_OBJECT
from app.models.calendar.programs import carry, describe, discard, rows_named, rows_of, sees_all, write
from app.models.calendar.syncing import TooOld, changes_since
from app.models.dav import Caller, DeadProperty
from app.models.viewer import Viewer
from app.routes.dav.calendars.data import KIND, SUPPORTED, calendar_data
from app.routes.dav.calendars.inbox import QUERY
from app.routes.dav.calendars.item import Item, calendar_of, check_schedule_tag, condition_of, is_hidden, refusals
from app.routes.dav.calendars.managed import MOST_BYTES
from app.routes.dav.nodes import NO_DEAD, Batch, Changes, Collection, Node, Stored
from app.routes.dav.properties import (
    READ,
    WRITE,
    Properties,
    Property,
    Setter,
    column,
    etag,
    fixed,
    for_everyone,
    http_date,
    iso_date,
    supported_reports,
)
from app.routes.dav.reports.multiget import CALENDAR as MULTIGET
from app.routes.dav.reports.sync_collection import SYNC, invalid, token
from app.routes.dav.requests import Request
from app.routes.dav.wanted import Wanted

FREE_BUSY = cal("free-busy-query")
READ_FREE_BUSY = cal("read-free-busy")
_WHOLE = ("id", "etag", "schedule_tag", "organiser", "size", "changed_at", "created_at", "summary", "component", "ics")
_COLLATIONS = b"".join(
    b"<cal:supported-collation>" + name + b"</cal:supported-collation>" for name in (b"i;ascii-casemap", b"i;octet", b"i;unicode-casemap")
)
_COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?")
COLOUR, ORDER = apple("calendar-color"), apple("calendar-order")
NO_COLOUR = "none"  # a program took it away


def _colour(given: Element) -> str:
    value = text(given).strip()
    if not _COLOUR.fullmatch(value):
        raise ValueError(value)
    return value


def _order(given: Element) -> int:
    return max(-1_000_000, min(1_000_000, int(text(given).strip())))


def _timezone(given: Element) -> str:
    value = text(given).strip()
    try:
        zones = parse(value).within("VTIMEZONE")
    except Malformed:
        zones = []
    if len(zones) != 1 or len(value) > 100_000:
        raise ValueError("not a calendar with one zone")
    return value


def _timezone_name(given: Element) -> str:
    known = iana_name(text(given))
    if known is None:
        raise ValueError("unknown zone")
    return known


def _components(given: Element) -> str:
    names = [(one.get("name") or "").upper() for one in children(given) if one.tag == cal("comp")]
    if not names or not set(names) <= set(_COMPONENTS):
        raise ValueError("not supported")
    return " ".join(name for name in _COMPONENTS if name in names)


SETTERS = {
    d("displayname"): Setter("name", lambda given: text(given).strip(), ""),
    cal("calendar-description"): Setter("about", lambda given: text(given).strip()),
    COLOUR: Setter("colour", _colour, NO_COLOUR), ORDER: Setter("position", _order, 0),
    cal("calendar-timezone"): Setter("timezone_ics", _timezone, None),
    cal("calendar-timezone-id"): Setter("timezone", _timezone_name, None),
    cal("schedule-calendar-transp"): Setter("is_transparent", lambda given: int(given.find(cal("transparent")) is not None), 0),
}
MADE_SETTERS = {**SETTERS, cal("supported-calendar-component-set"): Setter("components", _components, None)}
_SCHEDULED = ("organiser", "schedule_tag")


def _schedule_tag(row: Any) -> bytes | None:
    return b'"' + row["schedule_tag"].encode() + b'"' if row["organiser"] else None


def shown_colour(calendar: Calendar) -> str:
    """The colour as clients write it: what one chose, else the hue of the suite."""
    if calendar.colour not in ("", NO_COLOUR):
        return calendar.colour
    red, green, blue = colorsys.hls_to_rgb((calendar.hue * 15 - 28) % 360 / 360, 0.45, 0.55)
    return f"#{round(red * 255):02X}{round(green * 255):02X}{round(blue * 255):02X}FF"


class CalendarNode(Collection):
    """A calendar of the caller's, or one of somebody else that they took."""

    reports = (QUERY, MULTIGET, SYNC, FREE_BUSY)
    dead_kind = "calendar"
    has_items = True

    def __init__(self, caller: Caller, calendar: Calendar) -> None:
        super().__init__(caller, f"/dav/calendars/{caller.sync_name}/{quoted(calendar.segment)}/")
        self.calendar = calendar
        self.sync_id = f"c{calendar.id}"
        self._looks: dict[str, Property] = {}

    @property
    def id(self) -> int:
        return self.calendar.id

    @property
    def viewer(self) -> Viewer:
        """The caller in the organisation of the calendar."""
        return next(one for one in self.caller.viewers if one.org_id == self.calendar.org_id)

    @property
    def privileges(self) -> tuple[str, ...]:
        if self.calendar.level <= BUSY:
            return (READ_FREE_BUSY, "read-current-user-privilege-set")
        if self.calendar.can_write:
            return (*READ, READ_FREE_BUSY, *WRITE)
        return (*READ, READ_FREE_BUSY, "write-properties") if self.calendar.can_share else (*READ, READ_FREE_BUSY)

    @property
    def may_write(self) -> bool:
        return self.calendar.can_write

    @property
    def setters(self) -> dict[str, Setter]:  # type: ignore[override]
        if self.calendar.is_own:
            return SETTERS
        return {name: one for name, one in SETTERS.items() if name not in (COLOUR, ORDER)} if self.calendar.can_share else {}

    async def prepare(self, names: frozenset[str]) -> None:
        """How the caller looks at a calendar of somebody else: what their programs noted, else the colour that the suite shows."""
        if self.calendar.is_own:
            return
        dead = await self.dead()
        looks = {COLOUR: fixed(shown_colour(self.calendar).encode()), ORDER: fixed(b"%d" % self.calendar.position)}
        self._looks = {name: one for name, one in looks.items() if name not in dead}
        self.__dict__.pop("properties", None)

    @cached_property
    def _owner(self) -> str:
        if self.calendar.account_id is None:
            return "/dav/principals/"
        return self.caller.principal_of(self.calendar.account_id)

    @cached_property
    def properties(self) -> Properties:
        calendar = self.calendar
        name = calendar.name if calendar.is_own or not calendar.owner_name else f"{calendar.name} ({calendar.owner_name})"
        components = b"".join(b'<cal:comp name="' + one.encode() + b'"/>' for one in calendar.components.split())
        colour = Property(lambda _any: None) if calendar.colour == NO_COLOUR else fixed(shown_colour(calendar).encode())
        looks = {COLOUR: colour, ORDER: fixed(b"%d" % calendar.position)} if calendar.is_own else self._looks
        return {
            d("resourcetype"): fixed(elements(d("collection"), cal("calendar")), in_allprop=True),
            d("displayname"): fixed(escape(name), in_allprop=True),
            d("getcontenttype"): fixed(b"httpd/unix-directory", in_allprop=True),
            d("creationdate"): fixed(iso_date(calendar.created_at), in_allprop=True),
            cal("calendar-description"): Property(lambda _any: escape(calendar.about) if calendar.about else None),
            cal("calendar-timezone"): Property(lambda _any: escape(calendar.timezone_ics) if calendar.timezone_ics else None),
            cal("calendar-timezone-id"): fixed(escape(calendar.timezone)),
            cal("supported-calendar-component-set"): fixed(components),
            cal("supported-calendar-data"): fixed(SUPPORTED),
            cal("supported-collation-set"): fixed(_COLLATIONS),
            cal("max-resource-size"): fixed(b"%d" % MOST_OBJECT),
            cal("max-attendees-per-instance"): fixed(b"%d" % MOST_GUESTS),
            cal("max-attachment-size"): fixed(b"%d" % MOST_BYTES),
            cal("max-attachments-per-resource"): fixed(b"%d" % MOST),
            cal("schedule-calendar-transp"): fixed(elements(cal("transparent" if calendar.is_transparent else "opaque"))),
            cs("getctag"): fixed(b'"%d"' % calendar.modseq),
            d("sync-token"): fixed(token(self.sync_id, calendar.modseq)),
            d("supported-report-set"): fixed(supported_reports(self.reports)),
            **looks,
            **for_everyone(self.caller, self._owner, self.privileges),
        }

    @cached_property
    def item_properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(b"", in_allprop=True),
            d("getetag"): Property(etag, True, ("etag",)),
            d("getcontenttype"): column("component", lambda value: f"{KIND}; component={value}".encode(), in_allprop=True),
            d("getcontentlength"): column("size", lambda value: b"%d" % value, in_allprop=True),
            d("getlastmodified"): column("changed_at", http_date, in_allprop=True),
            d("creationdate"): column("created_at", iso_date, in_allprop=True),
            d("displayname"): column("summary", in_allprop=True),
            d("supported-report-set"): fixed(b""),
            cal("schedule-tag"): Property(_schedule_tag, False, _SCHEDULED),
            cal("calendar-data"): calendar_data(self.calendar.timezone),
            **for_everyone(self.caller, self._owner, self.privileges),
        }

    # -- finding

    async def find(self, name: str) -> Node | None:
        rows = await rows_named(self.calendar, [name], _WHOLE) if self.calendar.can_see else []
        return Item(self, rows[0]) if rows else None

    async def members(self, wanted: Wanted) -> AsyncIterator[Batch]:
        columns = wanted.columns(self.item_properties)
        if not self.calendar.can_see:
            return
        if "ics" not in columns:
            yield self.batch(await rows_of(self.calendar, columns))
            return
        last = ""
        while rows := await rows_of(self.calendar, columns, after=last):
            yield self.batch(rows)
            last = rows[-1]["href"]

    def batch(self, rows: Sequence[dict[str, Any]]) -> Batch:
        """Rows of objects as a batch."""
        base = self.href.encode()
        return Batch(self.item_properties, rows, lambda row: base + quoted(row["href"]).encode(), lambda _row: NO_DEAD)

    async def named(self, names: Sequence[str], wanted: Wanted) -> Batch:
        if not self.calendar.can_see:
            return self.batch([])
        return self.batch(await rows_named(self.calendar, names, wanted.columns(self.item_properties)))

    async def sync_token(self) -> int:
        return self.calendar.modseq

    async def changes(self, since: int | None, most: int | None, wanted: Wanted) -> Changes:
        if not self.calendar.can_see:
            return Changes(self.batch([]), [], self.calendar.modseq)
        columns = dict.fromkeys(("href", "etag", *wanted.columns(self.item_properties), *(() if sees_all(self.calendar) else ("visibility",))))
        try:
            found = await changes_since(self.calendar, since or 0, most, ", ".join(columns))
        except TooOld:
            raise invalid() from None
        rows, hidden = found.changed, []
        if not sees_all(self.calendar):
            hidden = [row["href"] for row in rows if is_hidden(row)] if since else []
            rows = [row for row in rows if not is_hidden(row)]
        return Changes(self.batch(rows), [*found.gone, *hidden], found.modseq, not found.is_complete)

    # -- changing

    async def create(self, name: str, request: Request, match: Match) -> Stored:
        return await self.store(name, await calendar_of(request), match, request, None)

    async def store(self, name: str, ics: str, match: Match, request: Request | None, current: dict[str, Any] | None) -> Stored:
        """Write an object whose row is `current` as far as was seen."""
        tag = request.header("if-schedule-tag-match") if request is not None else ""
        check_schedule_tag(tag, current)
        if request is not None and request.leaves_zones:
            ics = completed(ics)  # for the other programs
        with refusals(self):
            condition = condition_of(match, current if tag else None, may_replace=current is not None or sees_all(self.calendar))
            kept = await write(self.viewer, self.calendar, name, ics, condition, keeps_answers=bool(tag))
        headers = ((b"schedule-tag", f'"{kept.schedule_tag}"'.encode()),) if "ORGANIZER" in ics.upper() else ()
        return Stored(kept.is_new, kept.etag if kept.is_exact else None, headers)

    async def change(self, **fields: Any) -> None:
        await describe(self.calendar, **fields)

    async def delete(self, request: Request) -> None:
        await discard(self.viewer, self.calendar)
        if self.calendar.is_own:
            await DeadProperty.forget(self.dead_kind, [self.calendar.id])

    async def copy(self, source: Node, name: str, *, depth: int, over: Node | None) -> None:
        if not isinstance(source, Item) or isinstance(over, Collection):
            raise Problem(403, text="Only events and tasks can be copied into a calendar.")
        await self.store(name, source.row["ics"], Match(), None, over.row if isinstance(over, Item) else None)

    async def move(self, source: Node, name: str, *, over: Node | None) -> None:
        if not isinstance(source, Item) or isinstance(over, Collection):
            raise Problem(403, text="Only events and tasks can be moved into a calendar.")
        condition = condition_of(Match(), None, may_replace=over is not None or sees_all(self.calendar))
        with refusals(self):
            await carry(self.viewer, source.parent.calendar, source.row["href"], self.calendar, name, source.row["ics"], condition)

