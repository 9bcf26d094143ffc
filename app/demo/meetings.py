"""Alpina's calendars: two months of meetings, with what makes real ones untidy."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from app import database
from app.demo.calendar import ZONE
from app.lib import clock
from app.lib.ical import parse
from app.lib.ical.series import ENDLESS, Series
from app.lib.tokens import new_token
from app.models.account import Account
from app.models.calendar import editing, scheduling
from app.models.calendar.calendar import BUSY, EDIT, VIEW, Calendar
from app.models.calendar.drafts import Draft, Guest, Reminder, check_draft, new_event
from app.models.calendar.sharing import CalendarLook, CalendarShare
from app.models.calendar.storing import by_href, put, room_email
from app.models.calendar.tables import BookingPage
from app.models.organisation import Organisation
from app.models.resource import Resource

_NAMESPACE = uuid.UUID("6d1f0b52-4a0c-4b6e-9c1c-0a6f5b1d2e3f")
NAME = "Europe/Zurich"
_SERIES = (  # who invites, title, first working day (weeks from this one, weekday), from, minutes, rule, guests, room, place, text
    ("beat", "Product stand-up", (-6, 0), "09:15", 15, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "chiara david jonas", "", "", "What moved, what is stuck"),
    ("anna", "Leadership round", (-6, 0), "10:00", 60, "FREQ=WEEKLY;BYDAY=MO", "beat elin ines katja farid", "Matterhorn", "", ""),
    ("elin", "Campaign check-in", (-5, 2), "14:00", 45, "FREQ=WEEKLY;BYDAY=WE", "chiara luca", "Eiger", "", ""),
    ("greta", "Support handover", (-6, 4), "16:00", 30, "FREQ=WEEKLY;BYDAY=FR", "hugo", "Mönch", "", "Open cases, and who has the weekend"),
    ("beat", "Sprint review", (-4, 3), "15:00", 60, "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH", "anna chiara david jonas elin", "Matterhorn", "", ""),
    ("anna", "One to one", (-6, 1), "11:00", 30, "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "beat", "", "Anna’s office", ""),
    ("katja", "Hiking club", (-6, 4), "17:30", 120, "FREQ=MONTHLY;BYDAY=-1FR", "beat hugo luca anna", "", "Meeting point: main entrance", "Bring a head lamp"),
    ("ines", "Month-end closing", (-6, 0), "08:30", 120, "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "farid", "", "", ""),
)
_SINGLE = (  # who invites, title, (week, weekday), from, minutes, guests, room, place, text
    ("chiara", "Fitting: alpine jacket", (0, 1), "13:30", 90, "jonas beat", "Sample room", "", "Third prototype, sizes S and L"),
    ("david", "Web shop: load test", (0, 2), "10:00", 90, "beat", "", "", "Before the launch page goes live"),
    ("beat", "Launch rehearsal", (0, 3), "10:30", 60, "anna elin chiara david luca", "Matterhorn", "", "Everybody brings their part of the script"),
    ("elin", "Photo shoot", (1, 1), "08:00", 480, "chiara", "", "Säntis, cable car station", "Weather decides the evening before"),
    ("luca", "Retail partners’ breakfast", (1, 2), "08:30", 90, "anna elin", "Matterhorn", "", ""),
    ("farid", "Call with the mill", (0, 4), "09:30", 45, "jonas", "Mönch", "", "Delivery of the recycled fabric"),
    ("anna", "Board meeting", (2, 1), "14:00", 180, "ines beat", "Matterhorn", "", "Figures by Ines, launch by Beat"),
    ("anna", "Lunch with the bank", (0, 2), "12:00", 90, "ines", "", "Café du Lac", ""),
    ("jonas", "Material test: zips", (-1, 3), "09:30", 120, "chiara", "Sample room", "", ""),
    ("hugo", "Repair workshop for customers", (-2, 4), "13:00", 180, "greta", "Sample room", "", ""),
    ("elin", "Catalogue: last proofs", (-3, 1), "14:30", 60, "chiara luca", "Eiger", "", ""),
)
_DAYS = (  # whose, title, (week, weekday), days, shown as
    ("elin", "Trade fair, Munich", (3, 0), 3, "away"), ("david", "Holiday", (4, 0), 5, "away"), ("katja", "Training", (2, 3), 2, "away"),
    ("beat", "Train to Lugano", (1, 4), 1, "free"), ("anna", "Quarter ends", (5, 4), 1, "free"),
)

_COLOURS = {"Board meeting": "crimson", "Launch rehearsal": "chocolate", "Lunch with the bank": "forestgreen"}
_OPTIONAL = {"Launch rehearsal": "luca", "Leadership round": "farid"}


async def fill(alpina: Organisation, cast: dict[str, Account]) -> None:
    """Enter them all; nobody is told of what is only there to look at."""
    rooms = {room.name: room for room in await Resource.of(alpina.id)}
    calendars = {name: await Calendar.default_for(account.id, alpina.id) for name, account in cast.items() if name != "mira"}
    for who, title, first, at, minutes, rule, guests, room, place, about in _SERIES:
        await _meet(cast, calendars, rooms, who, _draft(title, _day(*first), at, minutes, place, about, rule), guests, room)
    for who, title, first, at, minutes, guests, room, place, about in _SINGLE:
        await _meet(cast, calendars, rooms, who, _draft(title, _day(*first), at, minutes, place, about), guests, room)
    for who, title, first, days, shown in _DAYS:
        start = datetime.combine(_day(*first), time())
        await _enter(calendars[who], cast[who], Draft(title, start, start + timedelta(days=days), is_all_day=True, show_as=shown))
    await _exceptions(calendars["beat"], cast["beat"])
    await _answers(cast, calendars)
    await _shared(alpina, cast)
    await database.execute("DELETE FROM notification WHERE org_id = $1 AND kind LIKE 'calendar.%'", alpina.id)


def _day(weeks: int, weekday: int) -> date:
    today = datetime.fromtimestamp(clock.now() / 1000, ZONE).date()
    return today - timedelta(days=today.weekday()) + timedelta(days=7 * weeks + weekday)


def _draft(title: str, day: date, at: str, minutes: int, place: str, about: str, rule: str = "") -> Draft:
    start = datetime.combine(day, time.fromisoformat(at))
    return Draft(title, start, start + timedelta(minutes=minutes), timezone=NAME, location=place, description=about, rule=rule, reminders=(Reminder(10),))


async def _meet(
    cast: dict[str, Account], calendars: dict[str, Calendar], rooms: dict[str, Resource], who: str, draft: Draft, guests: str, room: str
) -> None:
    invited = [Guest(cast[name].email, cast[name].name, is_optional=name in _OPTIONAL.get(draft.title, "")) for name in guests.split()]
    if room:
        invited.append(Guest(room_email(rooms[room].id), room, kind="ROOM"))
        draft = replace(draft, location=draft.location or room)
    await _enter(calendars[who], cast[who], replace(draft, guests=tuple(invited), colour=_COLOURS.get(draft.title, "")))


async def _enter(calendar: Calendar, owner: Account, draft: Draft) -> None:
    uid = str(uuid.uuid5(_NAMESPACE, f"{owner.email} {draft.title}"))
    text = new_event(uid, check_draft(draft), (owner.email, owner.name)).serialize()
    await put(calendar, owner.id, f"{uid}.ics", text)
    await scheduling.changed_by(owner, calendar, None, text)


async def _exceptions(calendar: Calendar, beat: Account) -> None:
    """One stand-up is later, one doesn't take place."""
    uid = str(uuid.uuid5(_NAMESPACE, f"{beat.email} Product stand-up"))
    stored = await by_href(calendar, f"{uid}.ics")
    event = parse(stored.ics)
    series = Series.of(event)
    assert series is not None
    coming = [one.key for one in series.between(clock.now(), ENDLESS, 8)]
    shown = editing.draft_at(series, coming[2])
    later = replace(shown, start=shown.start + timedelta(hours=1), end=shown.end + timedelta(hours=1, minutes=15), title="Product stand-up, with sales")
    editing.edit_one(event, coming[2], later)
    editing.remove_one(event, coming[5])
    await put(calendar, beat.id, stored.href, event.serialize())
    await scheduling.changed_by(beat, calendar, stored.ics, event.serialize())


async def _answers(cast: dict[str, Account], calendars: dict[str, Calendar]) -> None:
    """Most come, one doesn't, one hasn't said."""
    silent: Sequence[str] = ("luca", "jonas")
    for number, row in enumerate(await database.fetch(
        "SELECT o.id, o.uid, o.organiser, g.email FROM calendar_object o JOIN calendar c ON c.id = o.calendar_id JOIN account a ON a.id = c.account_id"
        " JOIN calendar_guest g ON g.object_id = o.id AND g.key = '' AND g.account_id IS NOT NULL AND g.email <> o.organiser"
        " WHERE o.organiser = a.email AND c.org_id = $1 ORDER BY o.id, g.id", calendars["anna"].org_id,
    )):
        name = row["email"].partition("@")[0]
        if name in silent and number % 2:
            continue
        answer = "DECLINED" if number % 13 == 7 else "TENTATIVE" if number % 11 == 5 else "ACCEPTED"
        await scheduling.apply_answers(calendars["anna"].org_id, row["uid"], row["organiser"], row["email"], {"": answer}, cast[name].name)


async def _shared(alpina: Organisation, cast: dict[str, Account]) -> None:
    """A calendar for the launch that all may change, and who lets whom look."""
    anna, now = cast["anna"], clock.now()
    launch = await Calendar.make(anna.id, alpina.id, "Launch", hue=2, timezone=NAME, about="What has to be ready when")
    for title, first, days in (("Texts are final", (0, 4), 1), ("Shop opens for partners", (1, 0), 1), ("Launch week", (2, 0), 5)):
        start = datetime.combine(_day(*first), time())
        await _enter(launch, anna, Draft(title, start, start + timedelta(days=days), is_all_day=True, show_as="free"))
    await CalendarShare.insert_new(calendar_id=launch.id, sole_key="all", level=EDIT, shared_by=anna.id, created_at=now)
    for name in ("beat", "chiara", "david", "elin"):
        await CalendarLook.insert_new(calendar_id=launch.id, account_id=cast[name].id, accepted_at=now)
    await BookingPage.insert_new(
        org_id=alpina.id, account_id=anna.id, calendar_id=(await Calendar.default_for(anna.id, alpina.id)).id, token=new_token(16), created_at=now,
        title="Half an hour with Anna", about="For partners and press. Say what it is about, so that I come prepared.", place="By telephone",
        durations="15,30", hours="[[1,540,690],[3,840,1020]]", questions='[["What is it about?",true]]', buffer_after=10, timezone=NAME,
    )
    for owner, reader, level, hue in (("beat", "anna", VIEW, 9), ("elin", "anna", BUSY, 20)):
        calendar = await Calendar.default_for(cast[owner].id, alpina.id)
        await CalendarShare.insert_new(
            calendar_id=calendar.id, account_id=cast[reader].id, sole_key=f"a:{cast[reader].id}", level=level, shared_by=cast[owner].id, created_at=now
        )
        await CalendarLook.insert_new(calendar_id=calendar.id, account_id=cast[reader].id, accepted_at=now, hidden_at=now if level == BUSY else None, hue=hue)
