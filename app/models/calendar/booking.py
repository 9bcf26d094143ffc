"""Booking pages: anybody with the link books a time with somebody, and no time is booked twice."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from app import database
from app.lib import clock
from app.lib.i18n import _, speaking
from app.lib.ical.values import instant_of, wall_of
from app.lib.tokens import hash_token, new_token
from app.models.account import Account
from app.models.base import NotFound, Refused
from app.models.calendar import scheduling
from app.models.calendar.calendar import Calendar
from app.models.calendar.drafts import Draft, Guest, Reminder, check_draft, new_event
from app.models.calendar.free_busy import Busy, calendars_that_count
from app.models.calendar.indexing import FREE
from app.models.calendar.occurrences import rows_between
from app.models.calendar.reminders import when_words
from app.models.calendar.storing import put, remove
from app.models.calendar.tables import Booking, BookingPage, CalendarObject
from app.models.notifications import notify
from app.models.viewer import Viewer

STEP = 15  # minutes
MOST_ANSWER = 1000
USUAL_HOURS = tuple((day, 9 * 60, 17 * 60) for day in range(5))


class SlotTaken(Refused):
    """Somebody was faster."""

    def __init__(self) -> None:
        super().__init__(_("This time has just been taken. Please choose another one."))


async def make(
    viewer: Viewer, calendar: Calendar, title: str, *, durations: Sequence[int] = (30,), hours: Sequence[tuple[int, int, int]] = USUAL_HOURS, **more: Any
) -> BookingPage:
    """A new page. `hours` are (weekday, from, until) in minutes of the host's clock; `more` are columns of BookingPage. Raises `Refused`."""
    if not calendar.is_own or not calendar.can_write:
        raise Refused(_("You may look at this calendar, but not change it."))
    return await BookingPage.insert_new(
        org_id=viewer.org_id, account_id=viewer.account_id, calendar_id=calendar.id, token=new_token(16), created_at=clock.now(),
        **_columns(title, durations, hours, {"timezone": viewer.timezone, **more}),
    )


async def change(viewer: Viewer, page: BookingPage, title: str, *, durations: Sequence[int], hours: Sequence[tuple[int, int, int]], **more: Any) -> None:
    """Change a page."""
    if page.account_id != viewer.account_id:
        raise NotFound("booking page")
    await page.change(**_columns(title, durations, hours, more))


def _columns(title: str, durations: Sequence[int], hours: Sequence[tuple[int, int, int]], more: dict[str, Any]) -> dict[str, Any]:
    title = " ".join(title.split())[:120]
    lengths = sorted({length for length in durations if 5 <= length <= 8 * 60})
    if not title or not lengths:
        raise Refused(_("A booking page needs a title and a duration."))
    spans = [span for span in hours if 0 <= span[0] <= 6 and 0 <= span[1] < span[2] <= 1440]
    return {"title": title, "durations": ",".join(map(str, lengths)), "hours": msgspec.json.encode(spans).decode(), **more}


async def of(viewer: Viewer) -> list[BookingPage]:
    """The viewer's pages."""
    rows = await database.fetch("SELECT * FROM booking_page WHERE account_id = $1 AND org_id = $2 ORDER BY id", viewer.account_id, viewer.org_id)
    return [BookingPage.from_row(row) for row in rows]


async def by_token(token: str) -> BookingPage:
    """An open page. Raises `NotFound`."""
    row = await database.fetch_one(
        "SELECT p.* FROM booking_page p JOIN calendar c ON c.id = p.calendar_id AND c.deleted_at IS NULL JOIN account a ON a.id = p.account_id"
        " JOIN membership m ON m.account_id = a.id AND m.org_id = p.org_id AND m.ended_at IS NULL"
        " WHERE p.token = $1 AND p.closed_at IS NULL AND a.disabled_at IS NULL", token,
    )
    if row is None:
        raise NotFound("booking page")
    return BookingPage.from_row(row)


def lengths_of(page: BookingPage) -> list[int]:
    """The durations that are offered, in minutes."""
    return [int(length) for length in page.durations.split(",")]


def questions_of(page: BookingPage) -> list[tuple[str, bool]]:
    """What is asked, and whether an answer is needed."""
    return [(text, bool(needed)) for text, needed in msgspec.json.decode(page.questions)]


async def slots(page: BookingPage, minutes: int, since: int, until: int) -> list[int]:
    """When one can book so many minutes, between two instants: the instants at which it may begin."""
    if minutes not in lengths_of(page):
        return []
    low = max(since, clock.now() + page.notice_hours * clock.HOUR)
    high = min(until, clock.now() + page.days_ahead * clock.DAY)
    if low >= high:
        return []
    busy = await _busy(page, low - clock.DAY, high + clock.DAY)
    full = await _full_days(page)
    before, after = page.buffer_before * clock.MINUTE, page.buffer_after * clock.MINUTE
    found = []
    for start in _offered(page, minutes, low, high):
        end = start + minutes * clock.MINUTE
        if not any(one.start < end + after and one.end > start - before for one in busy) and wall_of(start, ZoneInfo(page.timezone)).date() not in full:
            found.append(start)
    return found


def _offered(page: BookingPage, minutes: int, low: int, high: int) -> list[int]:
    zone = ZoneInfo(page.timezone)
    hours = msgspec.json.decode(page.hours)
    day, last = wall_of(low, zone).date(), wall_of(high, zone).date()
    found: list[int] = []
    while day <= last:
        for weekday, begins, ends in hours:
            if weekday == day.weekday():
                for minute in range(begins, ends - minutes + 1, STEP if minutes % 30 else 30):
                    at = instant_of(datetime.combine(day, time()) + timedelta(minutes=minute), zone)
                    if low <= at < high:
                        found.append(at)
        day += timedelta(days=1)
    return sorted(set(found))


async def _busy(page: BookingPage, since: int, until: int) -> list[Busy]:
    calendars = await calendars_that_count(page.org_id, page.account_id)
    zone = ZoneInfo(page.timezone)
    found = []
    for row in await rows_between(calendars, since, until):
        if row["busy"] != FREE:
            start, end = row["starts"], row["ends"]
            if row["kind"]:
                start, end = instant_of(wall_of(start, None), zone), instant_of(wall_of(end, None), zone)
            found.append(Busy(start, end, row["busy"]))
    return found


async def _full_days(page: BookingPage) -> set[Any]:
    if not page.most_a_day:
        return set()
    zone, days = ZoneInfo(page.timezone), dict[Any, int]()
    for row in await database.fetch("SELECT starts FROM booking WHERE page_id = $1 AND cancelled_at IS NULL AND starts > $2", page.id, clock.now() - clock.DAY):
        day = wall_of(row["starts"], zone).date()
        days[day] = days.get(day, 0) + 1
    return {day for day, count in days.items() if count >= page.most_a_day}


async def book(page: BookingPage, start: int, minutes: int, name: str, email: str, answers: Sequence[str] = (), timezone: str = "UTC") -> tuple[Booking, str]:
    """Book a time; also the token by which it can be cancelled. The host is locked meanwhile, so that of two only one gets it.

    Raises `SlotTaken`, `Refused`.
    """
    name, email = " ".join(name.split())[:120], email.strip().lower()
    if not name or not re.fullmatch(r"[^\s@<>\"',;:]{1,64}@[^\s@<>\"',;:]{1,190}", email):
        raise Refused(_("Please give your name and your email address."))
    questions = questions_of(page)
    if any(needed and not (answers[number] if number < len(answers) else "").strip() for number, (_text, needed) in enumerate(questions)):
        raise Refused(_("Please answer the questions."))
    token, host = new_token(), await Account.get(page.account_id)
    calendar = await Calendar._reread(page.calendar_id, page.account_id)
    async with database.transaction():
        await database.execute("UPDATE account SET id = id WHERE id = $1", host.id)  # locks: pages of the same person may fill several calendars
        if start not in await slots(page, minutes, start, start + 1):
            raise SlotTaken
        stored = await _enter(page, calendar, host, start, minutes, name, email, answers, questions)
        booking = await Booking.insert_new(
            page_id=page.id, object_id=stored.id, starts=start, ends=start + minutes * clock.MINUTE, name=name, email=email,
            answers=msgspec.json.encode([answer[:MOST_ANSWER] for answer in answers]).decode(), timezone=timezone[:64],
            token_hash=hash_token(token), created_at=clock.now(),
        )
        await scheduling.changed_by(host, calendar, None, stored.ics)
        with speaking(host.locale, host.timezone):
            when = when_words(start, booking.ends, host.timezone, host.locale)
        await notify(
            "calendar.booked", [host.id], page.org_id, facts={"name": name, "title": page.title, "when": when}, url=f"/calendar/events/{stored.id}",
            source=f"calendar:{calendar.id}", source_name=calendar.name, group=f"booking:{booking.id}",
        )
    return booking, token


async def _enter(
    page: BookingPage, calendar: Calendar, host: Account, start: int, minutes: int, name: str, email: str, answers: Sequence[str],
    questions: list[tuple[str, bool]],
) -> CalendarObject:
    wall = wall_of(start, ZoneInfo(page.timezone))
    about = "\n".join(f"{text}: {answer[:MOST_ANSWER]}" for (text, _needed), answer in zip(questions, answers, strict=False))
    draft = check_draft(Draft(
        f"{page.title}: {name}", wall, wall + timedelta(minutes=minutes), timezone=page.timezone, location=page.place, description=about,
        guests=(Guest(email, name, answer="ACCEPTED"),), reminders=(Reminder(10),),
    ))
    uid = str(uuid.uuid4())
    stored, _old = await put(calendar, page.account_id, f"{uid}.ics", new_event(uid, draft, (host.email, host.name)).serialize())
    return stored


async def cancel(token: str) -> Booking:
    """Cancel a booking by its link; the host is told. Raises `NotFound`."""
    row = await database.fetch_one("SELECT * FROM booking WHERE token_hash = $1 AND cancelled_at IS NULL", hash_token(token))
    if row is None:
        raise NotFound("booking")
    booking = Booking.from_row(row)
    page = await BookingPage.get(booking.page_id)
    async with database.transaction():
        await booking.change(cancelled_at=clock.now(), object_id=None)
        found = await CalendarObject.find(row["object_id"]) if row["object_id"] else None
        if found is not None:
            calendar = await Calendar._reread(found.calendar_id, page.account_id)
            old = await remove(calendar, found.href)
            await scheduling.changed_by(await Account.get(page.account_id), calendar, old["ics"], None)
    return booking

