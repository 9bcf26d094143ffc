"""Rooms answer by themselves: they accept when they are free at all times of an event."""

from __future__ import annotations

from app.lib import clock, itip
from app.lib.ical import Component
from app.models.calendar.calendar import Calendar
from app.models.calendar.indexing import FREE, digest
from app.models.calendar.occurrences import rows_between
from app.models.calendar.storing import advance, by_uid, put, remove, uid_of
from app.models.calendar.tables import CalendarObject
from app.models.resource import Resource
from app.models.viewer import Viewer


async def book_rooms(viewer: Viewer, calendar: Calendar, new: Component, rooms: dict[str, int], now: dict[str, str]) -> None:
    """Let each room accept when it is free at all times of the event, else decline. The room's calendar is locked meanwhile."""
    answers: dict[str, str] = {}
    for email, number in rooms.items():
        if email not in now:
            continue
        room = await Resource.find(number)
        if room is None or room.org_id != calendar.org_id or room.archived_at is not None:
            answers[email] = "DECLINED"
            continue
        answers[email] = await _book(viewer, room, email, new)
    if not answers:
        return
    touched = False
    for email, answer in answers.items():
        touched |= itip.set_answer(new, email, answer)
    if touched:
        found = await by_uid(calendar, uid_of(new))
        if found is not None:
            await put(calendar, viewer.account_id, found.href, new.serialize())


async def free_room(number: int, org_id: int, old: Component | None) -> None:
    """Take an event out of a room's calendar."""
    room = await Resource.find(number)
    if room is None or room.org_id != org_id or old is None:
        return
    diary = await Calendar.for_room(room)
    existing = await by_uid(diary, uid_of(old))
    if existing is not None:
        await remove(diary, existing.href)


async def _book(viewer: Viewer, room: Resource, email: str, new: Component) -> str:
    diary = await Calendar.for_room(room)
    await advance(diary)
    view = itip.for_guest(new, email)
    existing = await by_uid(diary, uid_of(new))
    if view is None or not await _may_book(viewer, room) or await _is_taken(diary, view, existing):
        if existing is not None:
            await remove(diary, existing.href)
        return "DECLINED"
    itip.set_answer(view, email, "ACCEPTED")
    await put(diary, viewer.account_id, existing.href if existing else f"{uid_of(new)[:200].replace('/', '-')}.ics", view.serialize())
    return "ACCEPTED"


async def _may_book(viewer: Viewer, room: Resource) -> bool:
    """Whether somebody may book a room."""
    return any(one.id == room.id for one in await Resource.bookable_by(viewer))


async def _is_taken(diary: Calendar, view: Component, existing: CalendarObject | None) -> bool:
    read = digest(view, diary.timezone)
    spans = [(starts, ends) for _reach, starts, ends, _kind, busy, _key in read.instances if busy != FREE and ends > clock.now()]
    if not spans:
        return False
    rows = await rows_between([diary], min(start for start, _end in spans), max(end for _start, end in spans) + 1)
    taken = sorted((row["starts"], row["ends"]) for row in rows if row["busy"] != FREE and (existing is None or row["object_id"] != existing.id))
    place = 0
    for start, end in sorted(spans):
        while place < len(taken) and taken[place][1] <= start:
            place += 1
        if any(begin < end and over > start for begin, over in taken[max(0, place - 5) : place + 50]):
            return True
    return False
