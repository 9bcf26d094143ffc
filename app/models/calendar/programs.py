"""What programs do: store and remove objects with the invitations that follow from it, ask for a span, make and change whole calendars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from app import database
from app.lib import clock, itip
from app.lib.dav.slugs import may_choose
from app.lib.i18n import _
from app.lib.ical.series import ENDLESS
from app.lib.ical.values import ZONED, instant_of, wall_of
from app.lib.ical.zones import iana_name
from app.lib.ids import new_id
from app.models.announcements import announce
from app.models.base import Refused
from app.models.calendar import scheduling
from app.models.calendar.calendar import MOST_ABOUT, MOST_NAME, RESERVED, ROOM, Calendar, CalendarRefused, check_name
from app.models.calendar.indexing import COMPONENTS, LONG, SHORT, ObjectRefused, address_of, check, series_of
from app.models.calendar.managing import change, put_away
from app.models.calendar.sharing import leave
from app.models.calendar.storing import Condition, address_in, put, remove
from app.models.viewer import Viewer

OPEN = "visibility NOT IN ('PRIVATE', 'CONFIDENTIAL')"
_AT_ONCE = 500
_FAR = 1 << 53


@dataclass(frozen=True, slots=True)
class Kept:
    """How an object is stored now. `is_exact`: as it was sent, and nothing was added (an answer of a room)."""

    etag: str
    schedule_tag: str
    is_new: bool
    is_exact: bool


def sees_all(calendar: Calendar) -> bool:
    """Whether what is private in a calendar is seen as well by whoever it was found for."""
    return calendar.is_own or calendar.kind == ROOM


async def write(viewer: Viewer, calendar: Calendar, href: str, text: str, condition: Condition, *, keeps_answers: bool = False) -> Kept:
    """Store an object at an address, and let those concerned know. `keeps_answers`: who sends it may not have heard what guests answered
    meanwhile (RFC 6638 §3.2.10). Raises what `storing.put` raises."""
    async with database.transaction():
        was = await database.fetch_value("SELECT ics FROM calendar_object WHERE calendar_id = $1 AND href = $2", calendar.id, href)
        prepared = _prepared(calendar, was, text, keeps_answers=keeps_answers)
        keeps_tag = was is not None and _only_answers(was, prepared, address_in(calendar))
        _stored, old = await put(calendar, viewer.account_id, href, prepared, condition, keeps_tag=keeps_tag)
        await scheduling.changed(viewer, calendar, old["ics"] if old else None, prepared)
        row = await database.fetch_one("SELECT etag, schedule_tag, ics = $3 AS is_exact FROM calendar_object WHERE calendar_id = $1 AND href = $2",
                                       calendar.id, href, text)
    assert row is not None
    return Kept(row["etag"], row["schedule_tag"], old is None, bool(row["is_exact"]))


def _prepared(calendar: Calendar, was: str | None, text: str, *, keeps_answers: bool) -> str:
    """The text as it is to be stored. One that is no calendar is left to `put`, which says why."""
    if "ORGANIZER" not in text.upper():
        return text
    try:
        return scheduling.prepared(calendar, was, _with_answers(was, text) if was and keeps_answers else text)
    except ObjectRefused:
        return text


def _only_answers(was: str, text: str, owner: str) -> bool:
    """Whether a guest changed no more than what they answer, and what is their own (RFC 6638 §3.2.10)."""
    if "ORGANIZER" not in text.upper():
        return False
    try:
        old, new = check(was), check(text)
    except ObjectRefused:
        return False
    return itip.organiser_of(old) == itip.organiser_of(new) != owner and itip.says_the_same(old, new)


def _with_answers(was: str, text: str) -> str:
    """A text with what guests answered before it, where it doesn't know it."""
    old, new = check(was), check(text)
    answers = {
        (part.text("RECURRENCE-ID"), address_of(line)): line.param("PARTSTAT")
        for part in old.within(*COMPONENTS) for line in part.all("ATTENDEE")
    }
    touched = False
    for part in new.within(*COMPONENTS):
        for line in part.all("ATTENDEE"):
            said = answers.get((part.text("RECURRENCE-ID"), address_of(line)))
            if said and (line.param("PARTSTAT") or "NEEDS-ACTION").upper() == "NEEDS-ACTION" != said.upper():
                part.items[part.items.index(line)] = line.with_params(PARTSTAT=said, RSVP=None)
                touched = True
    return new.serialize() if touched else text


async def erase(viewer: Viewer, calendar: Calendar, href: str, condition: Condition, *, replies: bool = True) -> None:
    """Remove an object, and let those concerned know; whoever invites only if it `replies`. Raises what `storing.remove` raises."""
    async with database.transaction():
        old = await remove(calendar, href, condition)
        await scheduling.changed(viewer, calendar, old["ics"], None, replies=replies)


async def carry(viewer: Viewer, source: Calendar, href: str, target: Calendar, name: str, text: str, condition: Condition) -> None:
    """Move an object to an address in the same or another calendar. Nobody is told: it takes place as before."""
    async with database.transaction():
        await remove(source, href)  # first, because a UID is in a calendar only once
        await put(target, viewer.account_id, name, text, condition)


async def make_at(account_id: int, org_id: int, segment: str, **fields: Any) -> Calendar:
    """A calendar at just this address. Raises `CalendarRefused`, also where one is there."""
    if not may_choose(segment, RESERVED):
        raise CalendarRefused(_("A calendar can’t have this address."))
    fields = _with_zone(fields)
    name = fields.pop("name", None) or segment[:MOST_NAME]
    async with database.transaction():
        # An address that a calendar had which was deleted is free again; the deleted one is kept under another.
        await database.execute(
            "UPDATE calendar SET slug = $1 WHERE account_id = $2 AND slug = $3 AND deleted_at IS NOT NULL", f"deleted-{new_id()}", account_id, segment
        )
        if await database.fetch_value("SELECT 1 FROM calendar WHERE account_id = $1 AND slug = $2", account_id, segment):
            raise CalendarRefused(_("There is a calendar at this address."))
        made = await Calendar.make(account_id, org_id, name, **fields)
        await made.change(slug=segment)
        announce("calendar.shared", org_id, made.id)
    return made


async def describe(calendar: Calendar, **fields: Any) -> None:
    """Give a calendar another name, colour, zone … Raises `CalendarRefused`."""
    if not calendar.can_share:
        raise CalendarRefused(_("This calendar isn’t yours to change."))
    if "name" in fields:
        fields["name"] = check_name(fields["name"] or calendar.name)
    await change(calendar, **_with_zone(fields))


def _with_zone(fields: dict[str, Any]) -> dict[str, Any]:
    """The name of the zone from what a client gave: a VTIMEZONE, or only a name."""
    fields = {name: value for name, value in fields.items() if value is not None or name == "timezone_ics"}
    if "about" in fields:
        fields["about"] = fields["about"][:MOST_ABOUT]
    given = fields.get("timezone_ics")
    if given and (found := re.search(r"^TZID[^:\r\n]*:(.+?)\r?$", given, re.MULTILINE)) and (known := iana_name(found[1])):
        fields["timezone"] = known
    return fields


async def discard(viewer: Viewer, calendar: Calendar) -> None:
    """Delete one's own calendar, for 30 days recoverably, or leave one that is shared. Raises `Refused` for the default one."""
    if not calendar.is_own:
        await leave(viewer, calendar)
    elif calendar.is_default:
        raise Refused(_("New events go into this calendar, so it can’t be deleted."))
    else:
        await put_away(calendar, clock.now())


# -- what is in a span


async def names_between(calendar: Calendar, component: str, since: int | None, until: int | None, zone: tzinfo) -> list[str]:
    """The addresses of objects of which some instance touches a span of instants (RFC 4791 §9.9), one end of which may be open.

    Dates and floating times are read in `zone`. One look into the index; what isn't in it for all of the span is worked out.
    """
    low, high = (-_FAR if since is None else since), (_FAR if until is None else until)
    wall_low = -_FAR if since is None else instant_of(wall_of(since, zone), None)
    wall_high = _FAR if until is None else instant_of(wall_of(until, zone), None)
    first, last = min(low, wall_low), max(high, wall_high)
    touches = (
        "((kind = 0 AND starts < $3 AND (ends > $2 OR (ends = starts AND starts >= $2)))"
        " OR (kind > 0 AND starts < $5 AND (ends > $4 OR (ends = starts AND starts >= $4))))"
    )
    near = "CAST($6 AS bigint)"
    parts = [
        f"SELECT object_id FROM calendar_instance WHERE calendar_id = $1 AND reach = {reach} AND starts > {near} - {longest} AND starts < $7"
        f" AND ends >= {near} AND {touches}"
        for reach, longest in enumerate((SHORT, LONG, _FAR))
    ]
    seen = OPEN if not sees_all(calendar) else "TRUE"
    rows = await database.fetch(
        f"SELECT id, href FROM calendar_object WHERE calendar_id = $1 AND component = $8 AND {seen} AND id IN ({' UNION ALL '.join(parts)}) ORDER BY href",
        calendar.id, low, high, wall_low, wall_high, first, last, component,
    )
    far = await _unexpanded(calendar, component, (low, high), (first, last), zone, {row["id"] for row in rows}, seen)
    return [*(row["href"] for row in rows), *far]


async def _unexpanded(
    calendar: Calendar, component: str, span: tuple[int, int], widest: tuple[int, int], zone: tzinfo, found: set[int], seen: str
) -> list[str]:
    rows = await database.fetch(
        f"SELECT id, href, etag, ics FROM calendar_object WHERE calendar_id = $1 AND recurs = 1 AND component = $2 AND {seen}"
        " AND first_start < $4 AND last_end >= $3 AND (expanded_from > $3 OR expanded_until < $4)", calendar.id, component, *widest,
    )
    names = []
    for row in rows:
        if row["id"] in found:
            continue
        series = series_of(row["id"], row["etag"], row["ics"], calendar.timezone)
        if series is None:
            continue
        low, high = (max(-ENDLESS, min(ENDLESS, one if series.first.kind == ZONED else instant_of(wall_of(one, zone), None))) for one in span)
        if series.between(low, high, 1):
            names.append(row["href"])
    return names


async def rows_of(calendar: Calendar, columns: Sequence[str], condition: str = "", *arguments: Any, after: str | None = None) -> list[dict[str, Any]]:
    """Rows of objects with their addresses, in one query; private ones only for whom they are. With `after`, the next few hundred in the
    order of their addresses. `condition` begins with AND and counts from $2 ($3 with `after`)."""
    wanted = ", ".join(dict.fromkeys(("href", *columns)))
    select = f"SELECT {wanted} FROM calendar_object WHERE calendar_id = $1" + ("" if sees_all(calendar) else f" AND {OPEN}")
    if after is None:
        return await database.fetch(f"{select} {condition}", calendar.id, *arguments)
    return await database.fetch(f"{select} AND href > $2 {condition} ORDER BY href LIMIT {_AT_ONCE}", calendar.id, after, *arguments)


async def rows_named(calendar: Calendar, names: Sequence[str], columns: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of these addresses that are there."""
    rows: list[dict[str, Any]] = []
    for start in range(0, len(names), _AT_ONCE):
        some = names[start : start + _AT_ONCE]
        rows += await rows_of(calendar, columns, f"AND href IN ({database.marks(some, 2)})", *some)
    return rows
