"""What a client gets of a calendar object's text: as it was stored, or as calendar-data asks for it (RFC 4791 §9.6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from app.lib.dav.calendar_filter import Span, span_of
from app.lib.dav.names import cal
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, children
from app.lib.dav.writing import escape
from app.lib.ical import Component, parse
from app.lib.ical.expanding import Parts, expand, limit, only
from app.lib.ical.timezones import without_known
from app.models.calendar.indexing import series_of, zone_of
from app.routes.dav.properties import Property, Reader, column
from app.routes.dav.requests import Request

KIND = "text/calendar; charset=utf-8"
SUPPORTED = b'<cal:calendar-data content-type="text/calendar" version="2.0"/>'
_COLUMNS = ("etag", "ics", "id")
Shape = Callable[[dict[str, Any]], str]


def calendar_data(timezone: str) -> Property:
    """The property, in a calendar of this zone."""
    zone = zone_of(timezone)
    return Property(column("ics").read, False, _COLUMNS, lambda asked, wanted: _fit(asked, timezone, zone, leaves_zones=wanted.leaves_zones))


def content_of(ics: str, request: Request) -> bytes:
    """What GET answers."""
    return (without_known(ics) if request.leaves_zones else ics).encode("utf-8", "surrogatepass")


def _fit(asked: Element, timezone: str, zone: tzinfo, *, leaves_zones: bool) -> Reader:
    if (asked.get("content-type") or "text/calendar") != "text/calendar" or (asked.get("version") or "2.0") != "2.0":
        raise Problem(403, cal("supported-calendar-data"))
    inner = {str(one.tag): one for one in children(asked)}
    if not inner:
        return column("ics", lambda ics: escape(without_known(ics))).read if leaves_zones else column("ics").read
    shape = _shape(inner, timezone, zone)
    wanted = inner.get(cal("comp"))
    parts = None if wanted is None else _parts(wanted)

    def read(row: Any) -> bytes | None:
        shaped = shape(row)
        shaped = shaped if parts is None else only(parse(shaped), parts).serialize()
        return escape(without_known(shaped) if leaves_zones else shaped)

    return read


def _shape(inner: dict[str, Element], timezone: str, zone: tzinfo) -> Shape:
    for name, function in ((cal("expand"), expand), (cal("limit-recurrence-set"), limit)):
        if name in inner:
            span = _closed(inner[name])
            return lambda row: function(*_read(row, timezone), span.low, span.high, zone)
    return lambda row: str(row["ics"])


def _read(row: dict[str, Any], timezone: str) -> tuple[Component, Any]:
    series = series_of(row["id"], row["etag"], row["ics"], timezone)
    return (series.calendar if series is not None and series.calendar is not None else parse(row["ics"])), series


def _closed(element: Element) -> Span:
    span = span_of(element)
    if span.since is None or span.until is None:
        raise Problem(403, cal("valid-calendar-data"))
    return span


def _parts(element: Element) -> Parts:
    inner = list(children(element))
    tags = {str(one.tag) for one in inner}
    props = [one for one in inner if one.tag == cal("prop")]
    names = frozenset((one.get("name") or "").upper() for one in props)
    return Parts(
        None if cal("allprop") in tags else names,
        frozenset((one.get("name") or "").upper() for one in props if one.get("novalue") == "yes"),
        None if cal("allcomp") in tags else {(one.get("name") or "").upper(): _parts(one) for one in inner if one.tag == cal("comp")},
    )
