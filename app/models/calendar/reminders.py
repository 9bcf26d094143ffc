"""Reminders: the next one of each object is a job for its very second, and whichever process takes it first does it, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from app import database
from app.lib import clock
from app.lib.i18n import _, speaking
from app.lib.ical import Component
from app.lib.ical.series import Instance, when_of
from app.lib.ical.values import instant_of, parse_duration, wall_of
from app.lib.ical.zones import Zones
from app.lib.ids import new_id
from app.lib.locales import locale_of
from app.models.account import Account
from app.models.calendar.calendar import Calendar
from app.models.calendar.drafts import CHAT, EMAIL, PUSH, reminder_of
from app.models.calendar.indexing import Digest, check, digest
from app.models.calendar.tables import CalendarObject
from app.models.job import Job
from app.models.notifications import notify

AHEAD = 370 * clock.DAY
LATE = 6 * clock.HOUR  # a server that was down still reminds of what isn't over
_MOST = 200  # instances looked at for the next reminder
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder: when, of which instance, and how."""

    at: int
    start: int
    end: int
    key: str
    way: str
    component: Component


async def schedule(object_id: int, calendar: Calendar, read: Digest, after: int | None = None) -> None:
    """Promise the next reminder of an object, in place of the one that was promised; in the transaction that writes it."""
    await database.execute("DELETE FROM calendar_alarm WHERE object_id = $1", object_id)
    if calendar.account_id is None or not read.columns["has_alarms"]:
        return
    due = upcoming(read, clock.now() if after is None else after, await _zone(calendar))
    if due is None:
        return
    await database.execute(
        "INSERT INTO calendar_alarm (id, object_id, account_id, alarm, due_at, starts, key, way) VALUES ($1, $2, $3, 0, $4, $5, $6, '')",
        new_id(), object_id, calendar.account_id, due.at, due.start, due.key,
    )
    await Job.enqueue("remind", run_at=due.at, key=f"remind:{object_id}:{due.at}", org_id=calendar.org_id, object_id=object_id, due_at=due.at)


def upcoming(read: Digest, after: int, zone: ZoneInfo) -> Due | None:
    """The first reminder after an instant."""
    every = _dues(read, after, zone)
    return min((due for due in every if due.at > after), key=lambda due: due.at, default=None)


def _dues(read: Digest, after: int, zone: ZoneInfo) -> list[Due]:
    if read.series is None:
        return []
    found = []
    for one in read.series.between(after - clock.DAY, after + AHEAD, _MOST):
        start, end = one.start, one.end
        if one.kind != "zoned":
            start, end = instant_of(wall_of(start, None), zone), instant_of(wall_of(end, None), zone)
        found += [Due(at, start, end, one.key, way, one.component) for at, way in _alarms(one, start, end, read)]
    return found


def _alarms(one: Instance, start: int, end: int, read: Digest) -> list[tuple[int, str]]:
    found = []
    for alarm in one.component.within("VALARM"):
        trigger = alarm.find("TRIGGER")
        if trigger is None or (alarm.value("ACTION") or "").upper() == "NONE":
            continue
        said = reminder_of(alarm)
        way = said.way if said is not None else EMAIL if (alarm.value("ACTION") or "").upper() == "EMAIL" else PUSH
        try:
            if trigger.param("VALUE") == "DATE-TIME":
                found.append((when_of(trigger.value, trigger, read.series.zones if read.series else Zones()).instant, way))
                continue
            days, exact = parse_duration(trigger.value)
        except (ValueError, OverflowError):
            continue
        base = end if (trigger.param("RELATED") or "").upper() == "END" else start
        found.append((base + (days + exact) // _SECOND * 1000, way))
    return found


async def remind(object_id: int, due_at: int) -> None:
    """What the job does: whoever takes the promise away first, reminds; a promise that was replaced meanwhile is nobody's."""
    async with database.transaction():
        taken = await database.execute("DELETE FROM calendar_alarm WHERE object_id = $1 AND due_at = $2 RETURNING account_id", object_id, due_at)
        if not taken:
            return
        found = await CalendarObject.find(object_id)
        calendar = await Calendar.find(found.calendar_id) if found is not None else None
        if found is None or calendar is None or calendar.deleted_at is not None:
            return
        account = await Account.get(taken[0]["account_id"])
        read = digest(check(found.ics), calendar.timezone, account.email)
        for due in _dues(read, due_at - 1, await _zone(calendar)):
            if due.at == due_at and _is_wanted(due, account):
                await _send(account, calendar, found, due)
        await schedule(object_id, calendar, read, after=max(due_at, clock.now() - LATE))


def _is_wanted(due: Due, account: Account) -> bool:
    from app.models.calendar.indexing import address_of

    declined = any(address_of(line) == account.email and (line.param("PARTSTAT") or "").upper() == "DECLINED" for line in due.component.all("ATTENDEE"))
    is_off = due.component.text("STATUS").upper() in ("CANCELLED", "COMPLETED")
    return not declined and not is_off and clock.now() < max(due.end, due.start) + 15 * clock.MINUTE


async def _send(account: Account, calendar: Calendar, found: CalendarObject, due: Due) -> None:
    url = f"/calendar/events/{found.id}" + (f"?at={due.key}" if due.key else "")
    title, place = due.component.text("SUMMARY"), due.component.text("LOCATION")[:200]
    with speaking(account.locale, account.timezone):
        when = when_words(due.start, due.end, account.timezone, account.locale, is_all_day="T" not in (due.component.value("DTSTART") or "T"))
    if due.way == EMAIL:
        await Job.enqueue("mail_reminder", org_id=calendar.org_id, account_id=account.id, title=title, when=when, place=place, url=url)
    elif due.way == CHAT:
        await Job.enqueue("say_reminder", org_id=calendar.org_id, of_org=calendar.org_id, account_id=account.id, title=title, when=when, place=place, url=url)
    else:
        await notify(
            "calendar.reminder", [account.id], calendar.org_id, facts={"title": title, "when": when, "place": place}, url=url,
            source=f"calendar:{calendar.id}", source_name=calendar.name, group=f"event:{found.uid[:70]}",
        )


def when_words(start: int, end: int, timezone: str, locale: str, *, is_all_day: bool = False) -> str:
    """A time in words: the day, unless it is today, and from when until when."""
    zone, speech = ZoneInfo(timezone), locale_of(locale, timezone)
    first, last = datetime.fromtimestamp(start / 1000, zone), datetime.fromtimestamp(end / 1000, zone)
    today = datetime.fromtimestamp(clock.now() / 1000, zone).date()
    day = "" if first.date() == today else format_date(first.date(), "full" if abs((first.date() - today).days) < 300 else "long", locale=speech)
    if is_all_day:
        return day or _("today")
    times = format_time(first, "short", locale=speech)
    if last > first:
        until = format_time(last, "short", locale=speech)
        times = f"{times}–{until}" if last.date() == first.date() else f"{times} – {format_date(last.date(), 'medium', locale=speech)} {until}"
    return f"{day}, {times}" if day else times


async def _zone(calendar: Calendar) -> ZoneInfo:
    name = await database.fetch_value("SELECT timezone FROM account WHERE id = $1", calendar.account_id)
    return ZoneInfo(name or "UTC")
