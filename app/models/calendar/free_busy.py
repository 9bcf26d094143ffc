"""Who and which room is free when (CAL-11 to CAL-13): colleagues' busy times are known to each other, what they do isn't."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ical.values import instant_of, wall_of
from app.lib.locales import short_time
from app.lib.names import full_name
from app.models.calendar.calendar import OWNED, SUBSCRIPTION, Calendar
from app.models.calendar.indexing import FREE
from app.models.calendar.occurrences import IDS, rows_between
from app.models.calendar.storing import room_email, room_id
from app.models.resource import Resource
from app.models.viewer import Viewer

MOST_SLOTS = 8
STEP = 15 * clock.MINUTE
LONGEST_SPAN = 100 * clock.DAY


@dataclass(frozen=True, slots=True)
class Busy:
    """A time that somebody isn't free: `kind` is 1 busy, 2 tentative, 3 away. `object_id` only where the viewer may see what it is."""

    start: int
    end: int
    kind: int
    object_id: int | None = None


@dataclass(slots=True)
class Diary:
    """Whether somebody, or a room, is free. `is_known` is false for people of elsewhere, about whom nothing can be told."""

    email: str
    name: str
    account_id: int | None = None
    resource_id: int | None = None
    timezone: str = "UTC"
    is_known: bool = True
    seats: int | None = None
    busy: list[Busy] = field(default_factory=list)

    def blocked(self, start: int, end: int) -> Busy | None:
        """What stands in the way of a time; tentative things do as well."""
        return next((one for one in self.busy if one.start < end and one.end > start), None)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that could be taken. `missing` are those who can't come, with the reason; the best slots come first."""

    start: int
    end: int
    missing: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    score: int = 0

    @property
    def is_good(self) -> bool:
        """Whether everybody of whom something is known can come."""
        return not self.missing


async def free_busy(viewer: Viewer, emails: Sequence[str], since: int, until: int, except_object: int | None = None) -> list[Diary]:
    """The diary of each of these addresses between two instants, rooms by the address of `room_email`. `except_object` is the event
    that is being planned, which stands in nobody's way, in any calendar (by its UID)."""
    until = min(until, since + LONGEST_SPAN)
    uid = await database.fetch_value("SELECT uid FROM calendar_object WHERE id = $1 AND org_id = $2", except_object, viewer.org_id) if except_object else None
    people = await _people(viewer, emails)
    rooms = await _rooms(viewer, emails)
    found = [people.get(email) or rooms.get(email) or Diary(email, email, is_known=False) for email in dict.fromkeys(one.lower() for one in emails)]
    for diary in found:
        if diary.is_known:
            diary.busy = await _busy(viewer, diary, since, until, uid)
    return found


async def room_diaries(viewer: Viewer, since: int, until: int, seats: int = 0, except_object: int | None = None) -> list[Diary]:
    """The diaries of all rooms and things that the viewer may book, those with enough seats first."""
    resources = await Resource.bookable_by(viewer)
    found = await free_busy(viewer, [room_email(one.id) for one in resources], since, until, except_object)
    return sorted(found, key=lambda diary: (diary.seats or 0) < seats)


async def best_slots(
    viewer: Viewer, diaries: Sequence[Diary], length: int, since: int, until: int, *, hours: tuple[int, int] = (8, 18), optional: Collection[str] = (),
    most: int = MOST_SLOTS,
) -> list[Slot]:
    """Times of `length` milliseconds that suit best: everybody free, within working hours (on each person's own clock), on working
    days, soon. Each that fails somebody says whom and why."""
    zones = {diary.email: ZoneInfo(diary.timezone) for diary in diaries}
    zones[""] = ZoneInfo(viewer.timezone)
    start = -(-max(since, clock.now()) // STEP) * STEP
    slots: list[Slot] = []
    while start + length <= until and len(slots) < 4_000:
        slot = _slot(start, start + length, diaries, zones, hours, frozenset(optional))
        if slot is not None:
            slots.append(slot)
        start += STEP
    slots.sort(key=lambda one: (one.score, one.start))
    return _spread(slots, most)


def why_not(diaries: Sequence[Diary], start: int, end: int) -> list[tuple[str, str]]:
    """Who can't come at a time, with the reason in words."""
    found = []
    for diary in diaries:
        block = diary.blocked(start, end) if diary.is_known else None
        if block is not None:
            found.append((diary.name, _reason(block, diary)))
    return found


def _reason(block: Busy, diary: Diary) -> str:
    zone = ZoneInfo(diary.timezone)
    begin, end = (short_time(datetime.fromtimestamp(at / 1000, zone)) for at in (block.start, block.end))
    if block.end - block.start >= clock.DAY:
        return _("away all day") if block.kind == 3 else _("busy all day")
    words = {2: _("perhaps busy %(start)s–%(end)s"), 3: _("away %(start)s–%(end)s")}
    return words.get(block.kind, _("busy %(start)s–%(end)s")) % {"start": begin, "end": end}


def _slot(
    start: int, end: int, diaries: Sequence[Diary], zones: dict[str, ZoneInfo], hours: tuple[int, int], optional: frozenset[str]
) -> Slot | None:
    score, missing, unknown = 0, [], []
    here = wall_of(start, zones[""])
    if here.weekday() >= 5 or not _is_within(here, end - start, hours):
        return None
    for diary in diaries:
        if not diary.is_known:
            unknown.append(diary.name)
            continue
        weight = 1 if diary.email in optional else 4
        block = diary.blocked(start, end)
        if block is not None:
            missing.append((diary.name, _reason(block, diary)))
            score += weight * (50 if block.kind == 2 else 100)
        elif diary.resource_id is None and not _is_within(there := wall_of(start, zones[diary.email]), end - start, hours):
            missing.append((diary.name, _("it is %(time)s there") % {"time": short_time(there)}))
            score += weight * 60
    return Slot(start, end, tuple(missing), tuple(unknown), score + (3 if here.minute % 30 else 0))


def _is_within(wall: datetime, length: int, hours: tuple[int, int]) -> bool:
    day = datetime.combine(wall.date(), time())
    return day + timedelta(hours=hours[0]) <= wall and wall + timedelta(milliseconds=length) <= day + timedelta(hours=hours[1])


def _spread(slots: list[Slot], most: int) -> list[Slot]:
    """The best ones, without those that overlap a better one, and at most three a day."""
    chosen: list[Slot] = []
    by_day: dict[int, int] = {}
    for slot in slots:
        day = slot.start // clock.DAY
        if by_day.get(day, 0) < 3 and not any(one.start < slot.end and slot.start < one.end for one in chosen):
            chosen.append(slot)
            by_day[day] = by_day.get(day, 0) + 1
        if len(chosen) == most:
            break
    return chosen


async def _people(viewer: Viewer, emails: Sequence[str]) -> dict[str, Diary]:
    wanted = [email.lower() for email in dict.fromkeys(emails)]
    found: dict[str, Diary] = {}
    for start in range(0, len(wanted), 400):
        some = wanted[start : start + 400]
        rows = await database.fetch(
            "SELECT a.id, a.email, a.given_name, a.family_name, a.timezone, m.role FROM account a JOIN membership m ON m.account_id = a.id"
            f" WHERE m.org_id = $1 AND m.ended_at IS NULL AND a.email IN ({database.marks(some, 2)})", viewer.org_id, *some,
        )
        for row in rows:
            is_known = row["role"] in ("legal", "admin", "user")
            found[row["email"]] = Diary(row["email"], full_name(row), row["id"], timezone=row["timezone"], is_known=is_known)
    return found


async def _rooms(viewer: Viewer, emails: Sequence[str]) -> dict[str, Diary]:
    ids = {number: email.lower() for email in emails if (number := room_id(email.lower())) is not None}
    found: dict[str, Diary] = {}
    if ids and not viewer.is_external:
        rows = await database.fetch(f"SELECT id, name, seats FROM resource WHERE org_id = $1 AND id IN ({database.marks(ids, 2)})", viewer.org_id, *ids)
        for row in rows:
            email = ids[row["id"]]
            found[email] = Diary(email, row["name"], resource_id=row["id"], timezone=viewer.timezone, seats=row["seats"])
    return found


async def _busy(viewer: Viewer, diary: Diary, since: int, until: int, uid: str | None) -> list[Busy]:
    calendars = await calendars_that_count(viewer.org_id, diary.account_id, diary.resource_id)
    planned = await _objects_of(uid, [one.id for one in calendars]) if uid else set()
    return await busy_in(calendars, since, until, diary.timezone, planned)


async def busy_in(calendars: Sequence[Calendar], since: int, until: int, timezone: str, but: Collection[int] = ()) -> list[Busy]:
    """The busy times in some calendars, dates and floating times read in a zone, apart from those of some objects."""
    zone = ZoneInfo(timezone)
    found: list[Busy] = []
    for row in await rows_between(calendars, since, until, columns=IDS):
        if row["busy"] == FREE or row["object_id"] in but:
            continue
        start, end = row["starts"], row["ends"]
        if row["kind"]:
            start, end = instant_of(wall_of(start, None), zone), instant_of(wall_of(end, None), zone)
        if start < until and end > since:
            found.append(Busy(start, end, row["busy"]))
    return merged(found)


async def calendars_that_count(org_id: int, account_id: int | None, resource_id: int | None = None) -> list[Calendar]:
    """The calendars that make a person, or a room, busy."""
    who, id_ = ("resource_id", resource_id) if account_id is None else ("account_id", account_id)
    rows = await database.fetch(
        f"SELECT * FROM calendar WHERE org_id = $1 AND {who} = $2 AND deleted_at IS NULL AND is_transparent = 0"
        f" AND kind IN ('{OWNED}', 'room', '{SUBSCRIPTION}')",
        org_id, id_,
    )
    return [Calendar.from_row(row) for row in rows]


async def _objects_of(uid: str, calendar_ids: list[int]) -> set[int]:
    if not calendar_ids:
        return set()
    rows = await database.fetch(
        f"SELECT id FROM calendar_object WHERE uid = $1 AND calendar_id IN ({database.marks(calendar_ids, 2)})", uid, *calendar_ids
    )
    return {row["id"] for row in rows}


def merged(spans: list[Busy]) -> list[Busy]:
    """The same without overlaps among spans of one kind, by their start."""
    found: list[Busy] = []
    last: dict[int, int] = {}
    for one in sorted(spans, key=lambda one: one.start):
        place = last.get(one.kind)
        if place is not None and found[place].end >= one.start:
            found[place] = Busy(found[place].start, max(found[place].end, one.end), one.kind)
        else:
            last[one.kind] = len(found)
            found.append(one)
    return found
