"""CALDAV:free-busy-query (RFC 4791 §7.10), and busy times as VFREEBUSY."""

from __future__ import annotations

from collections.abc import Iterable

from app.lib import clock
from app.lib.dav.calendar_filter import span_of
from app.lib.dav.names import cal
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element
from app.lib.ical import Component, Property
from app.lib.ical.values import wall_of
from app.models.calendar.free_busy import Busy, busy_in
from app.routes.dav.calendars.calendar import FREE_BUSY, CalendarNode
from app.routes.dav.calendars.data import KIND
from app.routes.dav.nodes import Collection
from app.routes.dav.reports import report
from app.routes.dav.requests import Answer, Request

_TYPES = {1: "BUSY", 2: "BUSY-TENTATIVE", 3: "BUSY-UNAVAILABLE"}
PRODUCT = "-//Chalet//CalDAV//EN"
LONGEST = 3_660 * clock.DAY


@report(FREE_BUSY)
async def free_busy_query(_request: Request, collection: Collection, root: Element) -> Answer:
    """A VFREEBUSY of one calendar, which also those may ask for who see nothing else of it."""
    asked = root.find(cal("time-range"))
    if asked is None:
        raise Problem(400, text="A free-busy-query needs a time-range.")
    assert isinstance(collection, CalendarNode)
    span = span_of(asked)
    since = span.low if span.since is not None else span.high - LONGEST
    until = min(span.high, since + LONGEST)
    busy = await busy_in([collection.calendar], since, until, collection.calendar.timezone)
    return Answer(200, ((b"content-type", KIND.encode()),), written(since, until, busy).encode())


def written(since: int, until: int, busy: Iterable[Busy], more: Iterable[Property] = (), method: str = "") -> str:
    """Busy times of a span as a calendar object with a VFREEBUSY in it."""
    calendar = Component("VCALENDAR", [Property.make("VERSION", "2.0"), Property.make("PRODID", PRODUCT)])
    if method:
        calendar.add(Property.make("METHOD", method))
    part = Component("VFREEBUSY", [
        Property.make("DTSTAMP", utc(clock.now())), Property.make("DTSTART", utc(since)), Property.make("DTEND", utc(until)), *more,
        *(Property.make("FREEBUSY", f"{utc(max(one.start, since))}/{utc(min(one.end, until))}", [("FBTYPE", _TYPES[one.kind])]) for one in busy),
    ])
    calendar.add(part)
    return calendar.serialize()


def utc(instant: int) -> str:
    """An instant as iCalendar writes it."""
    return wall_of(instant, None).isoformat(timespec="seconds").replace("-", "").replace(":", "") + "Z"
