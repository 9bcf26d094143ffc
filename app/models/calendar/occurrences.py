"""When things take place: what a page shows of a span of time, across calendars, with the rights of whoever looks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from app import database
from app.lib import clock
from app.lib.event_colours import hue_of
from app.lib.i18n import _
from app.lib.ical.values import ZONED, instant_of, wall_of
from app.models.calendar.calendar import Calendar
from app.models.calendar.indexing import KIND_NAMES, LONG, SHORT, busy_of, series_of
from app.models.calendar.storing import address_in, owner_email
from app.models.viewer import Viewer

MOST = 5_000
"""Occurrences that are given at once."""
ANYWHERE = 14 * clock.HOUR  # how far a floating time or a day may be from UTC's

OF_OBJECT = (
    "o.id AS object_id, o.calendar_id, o.uid, o.component, o.summary, o.location, o.status, o.visibility, o.colour, o.organiser, o.guest_count, o.recurs,"
    " o.has_alarms, o.meeting_url, o.stand_ins, o.due_at, o.completed_at, o.etag"
)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an event takes place, for somebody who looks. Instants are milliseconds; of whole days the midnights of the looker's zone.

    `key` says which of a series (RECURRENCE-ID), empty when nothing recurs. `is_hidden` is set where only the busy time may be seen: then
    there is neither a name nor anything else. `answer` is the looker's own, in capitals, empty when they aren't invited.
    """

    object_id: int
    calendar_id: int
    key: str
    start: int
    end: int
    kind: str
    summary: str = ""
    location: str = ""
    status: str = ""
    busy: int = 1
    colour: str = ""
    hue: int = 14
    meeting_url: str = ""
    recurs: bool = False
    is_stand_in: bool = False
    has_alarms: bool = False
    guest_count: int = 0
    answer: str = ""
    is_hidden: bool = False
    is_private: bool = False
    can_edit: bool = False
    component: str = "VEVENT"
    due_at: int | None = None
    completed_at: int | None = None

    @property
    def is_all_day(self) -> bool:
        """Whether it takes whole days."""
        return self.kind == "date"

    @property
    def url(self) -> str:
        """Its address."""
        return f"/calendar/events/{self.object_id}" + (f"?at={self.key}" if self.key else "")

    def days(self, timezone: str) -> tuple[date, date]:
        """Its first and its last day on a clock of that zone."""
        zone = ZoneInfo(timezone)
        first = datetime.fromtimestamp(self.start / 1000, zone).date()
        last = datetime.fromtimestamp(max(self.start, self.end - 1) / 1000, zone).date()
        return first, last


async def occurrences(
    viewer: Viewer, since: int, until: int, calendars: Sequence[Calendar] | None = None, timezone: str | None = None, component: str = "VEVENT"
) -> list[Occurrence]:
    """What takes place between two instants, by its start. Without `calendars`, in those that the viewer works with and doesn't hide.

    `timezone` is where whole days begin and floating times are read; the viewer's own without it.
    """
    some = calendars if calendars is not None else [one for one in await Calendar.all_for(viewer.account_id, viewer.org_id) if not one.is_hidden]
    known = {one.id: one for one in some}
    found = await as_seen(viewer, await rows_between(known.values(), since, until, component), known, timezone)
    return [one for one in found if _touches(one.start, one.end, since, until)][:MOST]


async def busy_days(viewer: Viewer, calendars: Collection[Calendar], first: date, last: date, *, with_declined: bool = False) -> set[str]:
    """The days between, by date, on which something takes place on the viewer's clock: for months of dots, which needn't know what it is."""
    if not calendars:
        return set()
    days = [first + timedelta(days=number) for number in range((last - first).days + 2)]
    zoned = [day_bounds(day, day, viewer.timezone)[0] for day in days]
    walls = [instant_of(datetime.combine(day, time()), None) for day in days]
    spans = list(zip(zoned, zoned[1:], walls, walls[1:], strict=False))
    found = await _busy_spans(calendars, spans, "" if with_declined else viewer.email)
    rows = await _with_unexpanded(calendars, [], (zoned[0], zoned[-1]), "VEVENT", f"{IDS}, o.guest_count")
    answers = {} if with_declined else await _answers(viewer, rows)
    for row in rows:
        if (answers.get((row["object_id"], row["key"])) or answers.get((row["object_id"], ""))) == "DECLINED":
            continue
        bounds = walls if row["kind"] else zoned
        begin, end = bisect_right(bounds, row["starts"]) - 1, bisect_right(bounds, max(row["starts"], row["ends"] - 1)) - 1
        found.update(range(max(begin, 0), end + 1))
    return {day.isoformat() for number, day in enumerate(days[:-1]) if number in found}


_NOT_DECLINED = (
    " AND (o.guest_count = 0 OR COALESCE((SELECT g.answer FROM calendar_guest g WHERE g.object_id = o.id AND g.email = $1 AND g.key IN (i.key, '')"
    " AND g.answer <> '' ORDER BY g.key DESC LIMIT 1), '') <> 'DECLINED')"
)


async def _busy_spans(calendars: Collection[Calendar], spans: Sequence[tuple[int, int, int, int]], guest: str) -> set[int]:
    """The numbers of the spans (since and until, and the same on a clock of no zone) that an indexed event touches which `guest` didn't decline.

    For each span the index is looked into until something is found, so that it doesn't matter how many events there are.
    """
    marks = database.marks(calendars, 2 if guest else 1)
    touched = " OR ".join(
        f"EXISTS (SELECT 1 FROM calendar_instance i JOIN calendar_object o ON o.id = i.object_id WHERE i.calendar_id IN ({marks}) AND i.reach = {reach}"
        f" AND i.starts > d.column6 - {longest} AND i.starts < d.column7 AND i.ends >= d.column6 AND o.component = 'VEVENT'"
        " AND ((i.kind = 0 AND i.starts < d.column3 AND (i.ends > d.column2 OR i.starts >= d.column2))"
        f" OR (i.kind > 0 AND i.starts < d.column5 AND (i.ends > d.column4 OR i.starts >= d.column4))){_NOT_DECLINED if guest else ''})"
        for reach, longest in ((0, SHORT), (1, LONG), (2, 9007199254740992))
    )
    values = ", ".join(str((number, *span, min(span), max(span))) for number, span in enumerate(spans))
    ids = [one.id for one in calendars]
    rows = await database.fetch(f"SELECT d.column1 AS number FROM (VALUES {values}) AS d WHERE {touched}", *([guest] if guest else []), *ids)
    return {row["number"] for row in rows}


async def as_seen(viewer: Viewer, rows: list[dict[str, Any]], known: dict[int, Calendar], timezone: str | None = None) -> list[Occurrence]:
    """Rows of instances of these calendars as the viewer may see them, by their start."""
    rows = _once(rows, known)
    answers = await _answers(viewer, rows)
    zone = ZoneInfo(timezone or viewer.timezone)
    found = [_occurrence(row, known[row["calendar_id"]], answers, zone, viewer) for row in rows]
    return sorted(found, key=lambda one: (one.start, -one.end, one.object_id))


def _once(rows: list[dict[str, Any]], known: dict[int, Calendar]) -> list[dict[str, Any]]:
    """A meeting that is in several of the calendars is shown once: from the looker's own, else from where they may do most."""
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    for row in rows:
        meeting = (row["uid"], row["key"], row["starts"])
        other = found.get(meeting)
        if other is None or known[row["calendar_id"]].level > known[other["calendar_id"]].level:
            found[meeting] = row
    return list(found.values())


async def rows_between(
    calendars: Collection[Calendar], since: int, until: int, component: str = "VEVENT", columns: str = OF_OBJECT
) -> list[dict[str, Any]]:
    """Rows of instances and their objects that touch a span, or may where a clock's zone isn't known. Any rights are the asker's business."""
    ids = [one.id for one in calendars]
    if not ids or until <= since:
        return []
    low, high = since - ANYWHERE, until + ANYWHERE
    marks = database.marks(ids, 7)
    parts = [
        f"SELECT i.starts, i.ends, i.kind, i.busy, i.key, {columns} FROM calendar_instance i JOIN calendar_object o ON o.id = i.object_id"
        f" WHERE i.calendar_id IN ({marks}) AND i.reach = {reach} AND i.starts > {after} AND i.starts < $3 AND i.ends >= $2"
        " AND o.component = $6 AND (i.starts < $5 OR i.kind > 0) AND (i.ends >= $4 OR i.kind > 0)"
        for reach, after in ((0, "$1"), (1, f"$2 - {LONG}"), (2, "$2 - 9007199254740992"))
    ]
    rows = await database.fetch(" UNION ALL ".join(parts), low - SHORT, low, high, since, until, component, *ids)
    return await _with_unexpanded(calendars, rows, (since, until), component, columns)


async def _with_unexpanded(
    calendars: Collection[Calendar], rows: list[dict[str, Any]], span: tuple[int, int], component: str, columns: str
) -> list[dict[str, Any]]:
    """The same with those that aren't in the index for all of the span, worked out here."""
    known = {one.id: one for one in calendars}
    low, high = span[0] - ANYWHERE, span[1] + ANYWHERE
    marks = database.marks(known, 4)
    far = await database.fetch(
        f"SELECT {columns}, o.ics FROM calendar_object o WHERE o.calendar_id IN ({marks}) AND o.recurs = 1 AND o.component = $3"
        " AND o.first_start < $2 AND o.last_end >= $1 AND (o.expanded_from > $1 OR o.expanded_until < $2)",
        low, high, component, *known,
    )
    if not far:
        return rows
    gone = {row["object_id"] for row in far}
    rows = [row for row in rows if row["object_id"] not in gone]
    emails: dict[int, str] = {}
    for row in far:
        calendar = known[row["calendar_id"]]
        if calendar.id not in emails:
            emails[calendar.id] = await owner_email(calendar)
        series = series_of(row["object_id"], row["etag"], row.pop("ics"), calendar.timezone)
        for one in series.between(*(span if series.first.kind == ZONED else (low, high)), MOST // 5) if series else ():
            rows.append({
                **row, "starts": one.start, "ends": one.end, "kind": KIND_NAMES.index(one.kind), "key": one.key,
                "busy": busy_of(one.component, emails[calendar.id]),
            })
    return rows


async def _answers(viewer: Viewer, rows: list[dict[str, Any]]) -> dict[tuple[int, str], str]:
    ids = list({row["object_id"] for row in rows if row["guest_count"]})
    found: dict[tuple[int, str], str] = {}
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        for row in await database.fetch(
            f"SELECT object_id, key, answer FROM calendar_guest WHERE email = $1 AND object_id IN ({database.marks(some, 2)})", viewer.email, *some
        ):
            found[row["object_id"], row["key"]] = row["answer"]
    return found


IDS = "o.id AS object_id, o.calendar_id, o.etag"
"""The least columns of objects that `rows_between` can do with."""

_decode_stand_ins = msgspec.json.Decoder(dict[str, dict[str, Any]]).decode


def _occurrence(row: dict[str, Any], calendar: Calendar, answers: dict[tuple[int, str], str], zone: ZoneInfo, viewer: Viewer) -> Occurrence:
    start, end, kind = row["starts"], row["ends"], KIND_NAMES[row["kind"]]
    if row["kind"]:
        start, end = instant_of(wall_of(start, None), zone), instant_of(wall_of(end, None), zone)
    is_private = row["visibility"] in ("PRIVATE", "CONFIDENTIAL")
    if not calendar.can_see or (is_private and not calendar.is_own and calendar.kind != "room"):
        return Occurrence(
            row["object_id"], calendar.id, row["key"], start, end, kind, _("Busy"), busy=row["busy"], hue=calendar.hue, is_hidden=True, is_private=is_private
        )
    said: dict[str, Any] = row
    is_stand_in = False
    if row["stand_ins"] and row["key"]:
        others = _decode_stand_ins(row["stand_ins"])
        is_stand_in = row["key"] in others
        said = others.get(row["key"]) or _onwards(others, row["key"]) or row
    answer = answers.get((row["object_id"], row["key"])) or answers.get((row["object_id"], ""), "")
    return Occurrence(
        row["object_id"], calendar.id, row["key"], start, end, kind, said["summary"], said["location"], said["status"], row["busy"], said["colour"],
        hue_in(calendar, said["colour"]), said["meeting_url"], bool(row["recurs"]), is_stand_in, bool(row["has_alarms"]), row["guest_count"], answer,
        False, is_private, calendar.can_write and row["organiser"] in ("", address_in(calendar)), row["component"], row["due_at"], row["completed_at"],
    )


def hue_in(calendar: Calendar, colour: str) -> int:
    """The hue that something of a calendar is shown in: that of a colour of its own, else the calendar's."""
    own = hue_of(colour) if colour else None
    return calendar.hue if own is None else own


def _onwards(others: dict[str, dict[str, Any]], key: str) -> dict[str, Any] | None:
    before = [one for one, other in others.items() if other.get("onwards") and one <= key]
    return others[max(before)] if before else None


def _touches(start: int, end: int, since: int, until: int) -> bool:
    return start < until and (end > since or start == end >= since)


def day_bounds(first: date, last: date, timezone: str) -> tuple[int, int]:
    """The instants at which the first of these days begins and the last is over, on a clock of that zone."""
    zone = ZoneInfo(timezone)
    return instant_of(datetime(first.year, first.month, first.day), zone), instant_of(
        datetime(last.year, last.month, last.day) + timedelta(days=1), zone
    )


def utc_day(instant: int) -> date:
    """The day of UTC at an instant."""
    return datetime.fromtimestamp(instant / 1000, UTC).date()
