"""CALDAV:calendar-query (RFC 4791 §7.8): the index says which objects take place in a span, texts are read only where it can't know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import tzinfo
from typing import Any

from app.lib.dav.calendar_filter import CalendarFilter
from app.lib.dav.names import cal, d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, text
from app.lib.dav.writing import MULTISTATUS, MULTISTATUS_END, elements, response
from app.lib.ical import Malformed, parse
from app.lib.ical.zones import Zones, iana_name
from app.lib.numbers import whole
from app.models.calendar.indexing import series_of, zone_of
from app.models.calendar.programs import names_between, rows_named, rows_of
from app.routes.dav.calendars.calendar import CalendarNode
from app.routes.dav.calendars.inbox import QUERY, TIMEZONE, Inbox
from app.routes.dav.nodes import Collection
from app.routes.dav.propfind import Writers
from app.routes.dav.reports import report
from app.routes.dav.requests import Answer, Request, multistatus
from app.routes.dav.wanted import Wanted

_LIMITS = elements(d("number-of-matches-within-limits"))
_AT_ONCE = 250
_READ = ("id", "etag", "ics")
_UID = "AND id IN (SELECT id FROM calendar_object WHERE calendar_id = $1 AND LOWER(uid) LIKE $2 ESCAPE '!')"  # from an index alone


@report(QUERY)
async def query(request: Request, collection: Collection, root: Element) -> Answer:
    """The objects that match, at most as many as asked for; nothing at Depth 0, as a calendar itself is none."""
    asked = CalendarFilter.read(root.find(cal("filter")))
    wanted = Wanted.read(root, is_minimal=request.is_minimal, leaves_zones=request.leaves_zones)
    writers = Writers(wanted, collection.item_properties)
    if isinstance(collection, Inbox):
        return multistatus(_in_inbox(collection, asked, writers, _zone(root, TIMEZONE)))
    assert isinstance(collection, CalendarNode)
    zone = _zone(root, collection.calendar.timezone)
    return multistatus(_matching(collection, asked, wanted, writers, zone, _limit(root)))


async def _matching(
    node: CalendarNode, asked: CalendarFilter, wanted: Wanted, writers: Writers, zone: tzinfo, most: int
) -> AsyncIterator[bytes]:
    yield MULTISTATUS
    left = most
    columns = tuple({*wanted.columns(node.item_properties), *(() if asked.is_indexed else _READ)})
    if node.calendar.can_see:
        async for rows in _candidates(node, asked, columns, zone):
            found = rows if asked.is_indexed else [row for row in rows if _holds(asked, row, node.calendar.timezone, zone)]
            yield writers.write(node.batch(found[:left]))
            if len(found) > left:
                yield response(node.href.encode(), 507, _LIMITS)
                break
            left -= len(found)
            await asyncio.sleep(0)
    yield MULTISTATUS_END


async def _in_inbox(inbox: Inbox, asked: CalendarFilter, writers: Writers, zone: tzinfo) -> AsyncIterator[bytes]:
    found = [row for row in await inbox.rows() if _holds(asked, row, TIMEZONE, zone)]
    yield MULTISTATUS + writers.write(inbox.batch(found)) + MULTISTATUS_END


async def _candidates(node: CalendarNode, asked: CalendarFilter, columns: tuple[str, ...], zone: tzinfo) -> AsyncIterator[list[dict[str, Any]]]:
    """Pieces of rows among which all are that can match."""
    calendar = node.calendar
    if asked.uid is not None:
        names = [row["href"] for row in await rows_of(calendar, (), _UID, _like(asked.uid))]
    elif asked.span is not None and asked.component is not None:
        names = await names_between(calendar, asked.component, asked.span.since, asked.span.until, zone)
    else:
        async for rows in _pieces(node, asked, columns):
            yield rows
        return
    for start in range(0, len(names), _AT_ONCE):
        rows = await rows_named(calendar, names[start : start + _AT_ONCE], (*columns, "component"))
        yield [row for row in rows if asked.component in (None, row["component"])]


async def _pieces(node: CalendarNode, asked: CalendarFilter, columns: tuple[str, ...]) -> AsyncIterator[list[dict[str, Any]]]:
    """All objects of the kind that is asked for, some hundreds at once."""
    condition, arguments = ("", ()) if asked.component is None else ("AND component = $3", (asked.component,))
    if asked.wants_alarms:
        condition += " AND has_alarms = 1"
    last = ""
    while rows := await rows_of(node.calendar, columns, condition, *arguments, after=last):
        yield rows
        last = rows[-1]["href"]


def _holds(asked: CalendarFilter, row: dict[str, Any], timezone: str, zone: tzinfo) -> bool:
    if not asked.may_hold(row["ics"]):
        return False
    series = series_of(row["id"], row["etag"], row["ics"], timezone)
    # A series knows its parts by identity, so that what is filtered has to be what it was made of.
    calendar = series.calendar if series is not None and series.calendar is not None else parse(row["ics"])
    return asked.holds(calendar, series, zone)


def _zone(root: Element, default: str) -> tzinfo:
    """The zone that dates and floating times are read in: the request's, or the calendar's (§9.8, RFC 7809 §5.2)."""
    given, named = root.find(cal("timezone")), root.find(cal("timezone-id"))
    if named is not None:
        known = iana_name(text(named).strip())
        if known is None:
            raise Problem(403, cal("valid-timezone"))
        return zone_of(known)
    if given is None:
        return zone_of(default)
    try:
        calendar = parse(text(given).strip())
        [zone] = calendar.within("VTIMEZONE")
    except (Malformed, ValueError):
        raise Problem(403, cal("valid-calendar-data")) from None
    return Zones(calendar).find(zone.text("TZID"))


def _limit(root: Element) -> int:
    found = root.find(f"{cal('limit')}/{cal('nresults')}")
    found = root.find(f"{d('limit')}/{d('nresults')}") if found is None else found
    asked = text(found).strip()
    if not asked:
        return 10**9
    if (most := whole(asked[:18])) is None:
        raise Problem(400, text="A limit is a number.")
    return most


def _like(words: str) -> str:
    return "%" + "".join(f"!{char}" if char in "%_!" else char for char in words.lower()) + "%"
