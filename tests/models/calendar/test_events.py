"""Events and series: made, moved, changed and deleted, one, from one on, or all; what a reader sees of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.models.base import NotFound, Refused
from app.models.calendar import (
    ALL,
    BUSY,
    EDIT,
    FOLLOWING,
    THIS,
    VIEW,
    Calendar,
    Draft,
    DraftRefused,
    Event,
    Guest,
    managing,
    occurrences,
    sharing,
)
from app.models.calendar.occurrences import busy_days
from app.models.calendar.storing import LostRace, by_href, put
from app.models.command import Command
from tests.people import People, Person

ZURICH = "Europe/Zurich"
ZONE = ZoneInfo(ZURICH)


def at(day: int, hour: int = 0, minute: int = 0, month: int = 3) -> datetime:
    """A time of March 2026, in which the clocks of Zurich change on the 29th."""
    return datetime(2026, month, day, hour, minute)


def instant(wall: datetime) -> int:
    return int(wall.replace(tzinfo=ZONE).timestamp() * 1000)


MARCH = (instant(at(1)), instant(at(1, month=4)))


async def seen(person: Person, since: int = MARCH[0], until: int = MARCH[1]) -> list[tuple[str, str]]:
    """What somebody sees: day and time, and the title."""
    found = await occurrences(person.viewer, since, until)
    return [(f"{datetime.fromtimestamp(one.start / 1000, ZONE):%d %H:%M}", one.summary) for one in found]


MONDAY = datetime(2026, 3, 2, 9)


async def event(person: Person, title: str = "Stand-up", start: datetime = MONDAY, minutes: int = 30, rule: str = "", **more: object) -> Event:
    """A new event in somebody's own calendar."""
    calendar = await Calendar.default_for(person.id, person.viewer.org_id)
    draft = Draft(title, start, start + timedelta(minutes=minutes), timezone=ZURICH, rule=rule, **more)  # type: ignore[arg-type]
    return await Event.create(person.viewer, calendar, draft)


async def again(found: Event, person: Person) -> Event:
    return await Event.seen_by(person.viewer, found.id)


async def undo(person: Person) -> None:
    await (await Command.recent(person.viewer))[0].undo(person.viewer)


async def test_a_simple_event_is_made_moved_and_deleted(people: People) -> None:
    lunch = await event(people.anna, "Lunch", at(3, 12))
    assert await seen(people.anna) == [("03 12:00", "Lunch")]
    await lunch.move(people.anna.viewer, at(4, 13))
    assert await seen(people.anna) == [("04 13:00", "Lunch")]
    await (await again(lunch, people.anna)).delete(people.anna.viewer)
    assert await seen(people.anna) == []
    await undo(people.anna)
    assert await seen(people.anna) == [("04 13:00", "Lunch")]


async def test_a_series_keeps_its_clock_when_summer_begins(people: People) -> None:
    await event(people.anna, rule="FREQ=WEEKLY;BYDAY=MO,TH")
    assert [when for when, _title in await seen(people.anna)] == [f"{day:02} 09:00" for day in (2, 5, 9, 12, 16, 19, 23, 26, 30)]


async def test_one_instance_changes_and_the_others_stay(people: People) -> None:
    series = await event(people.anna, rule="FREQ=WEEKLY;COUNT=4")
    key = series.series.between(*MARCH)[1].key
    assert key == "20260309T090000"
    shown = series.draft(key)
    await series.edit(people.anna.viewer, replace(shown, start=at(10, 14), end=at(10, 16), location="Eiger"), THIS, key)
    assert [when for when, _title in await seen(people.anna)] == ["02 09:00", "10 14:00", "16 09:00", "23 09:00"]
    found = await occurrences(people.anna.viewer, *MARCH)
    assert [(one.location, one.is_stand_in, (one.end - one.start) // 60_000) for one in found[:3]] == [("", False, 30), ("Eiger", True, 120), ("", False, 30)]
    series = await again(series, people.anna)
    await series.delete(people.anna.viewer, THIS, series.series.between(*MARCH)[2].key)
    assert [when for when, _title in await seen(people.anna)] == ["02 09:00", "10 14:00", "23 09:00"]
    await undo(people.anna)
    await undo_second(people.anna)
    assert [when for when, _title in await seen(people.anna)] == ["02 09:00", "09 09:00", "16 09:00", "23 09:00"]


async def undo_second(person: Person) -> None:
    commands = await Command.recent(person.viewer)
    await next(one for one in commands if one.is_undoable and one.kind == "event.edit").undo(person.viewer)


async def test_changing_all_keeps_what_differs(people: People) -> None:
    series = await event(people.anna, rule="FREQ=WEEKLY;COUNT=4", location="Mönch")
    second, third = (one.key for one in series.series.between(*MARCH)[1:3])
    await series.edit(people.anna.viewer, replace(series.draft(second), location="Eiger"), THIS, second)
    series = await again(series, people.anna)
    await series.move(people.anna.viewer, at(17, 15), THIS, third)
    series = await again(series, people.anna)
    preview = series.preview_edit(replace(series.draft(), title="Sync", start=at(3, 10), end=at(3, 11), location="Matterhorn"), ALL)
    assert (preview.changed, preview.kept) == (4, 2) and len(preview.lines) == 6
    await series.edit(people.anna.viewer, replace(series.draft(), title="Sync", start=at(3, 10), end=at(3, 11), location="Matterhorn"), ALL)
    found = await occurrences(people.anna.viewer, *MARCH)
    told = [(f"{datetime.fromtimestamp(one.start / 1000, ZONE):%d %H:%M}", one.summary, one.location, (one.end - one.start) // 60_000) for one in found]
    assert told == [
        ("03 10:00", "Sync", "Matterhorn", 60), ("10 10:00", "Sync", "Eiger", 60), ("17 15:00", "Sync", "Matterhorn", 60), ("24 10:00", "Sync", "Matterhorn", 60),
    ]
    series = await again(series, people.anna)
    await series.edit(people.anna.viewer, series.draft(), ALL, resets=True)
    assert [when for when, _title in await seen(people.anna)] == ["03 10:00", "10 10:00", "17 10:00", "24 10:00"]


async def test_this_and_following(people: People) -> None:
    series = await event(people.anna, rule="FREQ=DAILY;COUNT=10")
    keys = [one.key for one in series.series.between(*MARCH)]
    await series.edit(people.anna.viewer, replace(series.draft(keys[7]), title="Late", start=at(9, 18), end=at(9, 19)), THIS, keys[7])
    series = await again(series, people.anna)
    await series.edit(people.anna.viewer, replace(series.draft(keys[5]), title="New", start=at(7, 11), end=at(7, 12)), FOLLOWING, keys[5])
    assert await seen(people.anna) == [
        *((f"{day:02} 09:00", "Stand-up") for day in range(2, 7)), ("07 11:00", "New"), ("08 11:00", "New"), ("09 18:00", "Late"), ("10 11:00", "New"), ("11 11:00", "New"),
    ]
    await undo(people.anna)
    assert len(await seen(people.anna)) == 10
    series = await again(series, people.anna)
    await series.delete(people.anna.viewer, FOLLOWING, keys[3])
    assert [when for when, _title in await seen(people.anna)] == ["02 09:00", "03 09:00", "04 09:00"]


async def test_moving_all_moves_the_days_of_the_rule(people: People) -> None:
    series = await event(people.anna, rule="FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260320T000000Z")
    await series.move(people.anna.viewer, at(3, 9), ALL)
    assert [when for when, _title in await seen(people.anna)] == ["03 09:00", "05 09:00", "10 09:00", "12 09:00", "17 09:00", "19 09:00"]


async def test_whole_days_begin_at_midnight_of_whoever_looks(people: People) -> None:
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    await Event.create(people.anna.viewer, calendar, Draft("Trip", at(5), at(7), is_all_day=True))
    one = (await occurrences(people.anna.viewer, *MARCH))[0]
    assert one.is_all_day and [str(day) for day in one.days(ZURICH)] == ["2026-03-05", "2026-03-06"] and one.start == instant(at(5))
    assert await occurrences(people.anna.viewer, instant(at(7)), instant(at(8))) == []


async def test_bad_drafts_name_the_field(people: People) -> None:
    with pytest.raises(DraftRefused) as refused:
        await event(people.anna, minutes=-30)
    assert refused.value.field == "end"
    with pytest.raises(DraftRefused) as refused:
        await event(people.anna, rule="FREQ=SOMETIMES")
    assert refused.value.field == "rule"
    with pytest.raises(DraftRefused) as refused:
        await event(people.anna, guests=(Guest("nobody"),))
    assert refused.value.field == "guests"


async def test_what_a_client_stored_survives(people: People) -> None:
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    text = (
        "BEGIN:VCALENDAR\r\nPRODID:-//Client//EN\r\nVERSION:2.0\r\nX-WR-CALNAME;X-A=\"b,c\":Mine\r\nBEGIN:VEVENT\r\nUID:one\r\nDTSTAMP:20260101T000000Z\r\n"
        "DTSTART;TZID=Europe/Zurich:20260305T100000\r\nDURATION:PT1H\r\nSUMMARY;LANGUAGE=de:Sitzung\r\nX-CLIENT-THING;Y=1:a\\,b\r\n"
        "BEGIN:X-PART\r\nX-DEEP:1\r\nEND:X-PART\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    stored, _old = await put(calendar, people.anna.id, "one.ics", text)
    assert (await by_href(calendar, "one.ics")).ics == text
    found = await Event.seen_by(people.anna.viewer, stored.id)
    await found.edit(people.anna.viewer, replace(found.draft(), title="Meeting"))
    edited = (await by_href(calendar, "one.ics")).ics
    for line in ('X-WR-CALNAME;X-A="b,c":Mine', "X-CLIENT-THING;Y=1:a\\,b", "BEGIN:X-PART\r\nX-DEEP:1\r\nEND:X-PART", "DURATION:PT1H", "SUMMARY;LANGUAGE=de:Meeting"):
        assert line in edited


async def test_of_two_who_move_the_same_event_at_once_the_second_is_told(people: People) -> None:
    mine = await event(people.anna, "Lunch", at(3, 12))
    also = await again(mine, people.anna)
    await mine.move(people.anna.viewer, at(4, 12))
    with pytest.raises(LostRace):
        await also.move(people.anna.viewer, at(5, 12))
    assert await seen(people.anna) == [("04 12:00", "Lunch")]


async def test_rights(people: People) -> None:
    calendar = await managing.create(people.anna.viewer, "Team")
    await Event.create(people.anna.viewer, calendar, Draft("Secret plan", at(3, 9), at(3, 10), timezone=ZURICH))
    private = await Event.create(people.anna.viewer, calendar, Draft("Doctor", at(4, 9), at(4, 10), timezone=ZURICH, visibility="PRIVATE"))
    with pytest.raises(NotFound):
        await Calendar.seen_by(people.beat.viewer, calendar.id)
    await sharing.share(people.anna.viewer, calendar, BUSY, account_id=people.beat.id)
    theirs = await Calendar.seen_by(people.beat.viewer, calendar.id)
    shown = await occurrences(people.beat.viewer, *MARCH, [theirs])
    assert [(one.summary, one.is_hidden) for one in shown] == [("Busy", True), ("Busy", True)]
    with pytest.raises(NotFound):
        await Event.seen_by(people.beat.viewer, shown[0].object_id)
    await sharing.share(people.anna.viewer, calendar, VIEW, account_id=people.beat.id)
    theirs = await Calendar.seen_by(people.beat.viewer, calendar.id)
    assert [one.summary for one in await occurrences(people.beat.viewer, *MARCH, [theirs])] == ["Secret plan", "Busy"]
    with pytest.raises(NotFound):
        await Event.seen_by(people.beat.viewer, private.id)
    with pytest.raises(Refused):
        await (await Event.seen_by(people.beat.viewer, shown[0].object_id)).delete(people.beat.viewer)
    await sharing.share(people.anna.viewer, calendar, EDIT, account_id=people.beat.id)
    await (await Event.seen_by(people.beat.viewer, shown[0].object_id)).delete(people.beat.viewer)
    with pytest.raises(NotFound):
        await Calendar.seen_by(people.erik.viewer, calendar.id)
    with pytest.raises(NotFound):
        await Calendar.seen_by(people.gina.viewer, calendar.id)


async def test_a_link_shows_what_it_may(people: People) -> None:
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    token = await sharing.make_link(people.anna.viewer, calendar, BUSY, "For the website")
    assert (await sharing.by_link(token)).level == BUSY
    await sharing.unshare(people.anna.viewer, calendar, (await sharing.shares_of(calendar))[0]["id"])
    with pytest.raises(NotFound):
        await sharing.by_link(token)


async def test_far_away_instances_are_worked_out(people: People) -> None:
    await event(people.anna, start=datetime(2001, 1, 1, 9), rule="FREQ=DAILY")
    later = [datetime(2060, 7, 1), datetime(2060, 7, 4)]
    found = await occurrences(people.anna.viewer, *(instant(day) for day in later))
    assert [f"{datetime.fromtimestamp(one.start / 1000, ZONE):%Y-%m-%d %H:%M}" for one in found] == [f"2060-07-0{day} 09:00" for day in (1, 2, 3)]


async def test_every_second_without_an_end_holds(people: People) -> None:
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:s\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:19700101T000000Z\r\n"
        "RRULE:FREQ=SECONDLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    await put(calendar, people.anna.id, "s.ics", text)
    assert 0 < len(await occurrences(people.anna.viewer, *MARCH)) <= 5000


async def test_days_with_events_are_known(people: People) -> None:
    """As long as they take, on the clock of who looks; what was declined doesn't count."""
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    declined = "ORGANIZER:mailto:beat@alpina.example\r\nATTENDEE;PARTSTAT=DECLINED:mailto:anna@alpina.example\r\n"
    lines = {
        "evening": "DTSTART:20260609T210000Z\r\nDTEND:20260610T030000Z\r\n", "until midnight": "DTSTART:20260611T200000Z\r\nDTEND:20260611T220000Z\r\n",
        "days": "DTSTART;VALUE=DATE:20260613\r\nDTEND;VALUE=DATE:20260615\r\n", "floating": "DTSTART:20260616T233000\r\nDURATION:PT1H\r\n",
        "weekly": "DTSTART:20200603T100000Z\r\nRRULE:FREQ=WEEKLY\r\n", "no": f"DTSTART:20260619T100000Z\r\n{declined}",
        "before": "DTSTART:20260607T200000Z\r\nDTEND:20260607T210000Z\r\n", "after": "DTSTART:20260622T000000Z\r\n", "long": "DTSTART:20260601T100000Z\r\nDTEND:20260608T100000Z\r\n",
    }
    for name, text in lines.items():
        await put(calendar, people.anna.id, f"{name}.ics", f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:{name}\r\n{text}END:VEVENT\r\nEND:VCALENDAR\r\n")
    span = date(2026, 6, 8), date(2026, 6, 21)
    expected = {f"2026-06-{day}" for day in ("08", "09", "10", "11", "13", "14", "16", "17")}
    assert await busy_days(people.anna.viewer, [calendar], *span) == expected
    assert await busy_days(people.anna.viewer, [calendar], *span, with_declined=True) == expected | {"2026-06-19"}
    assert await busy_days(people.anna.viewer, [calendar], date(2060, 6, 1), date(2060, 6, 6)) == {"2060-06-02"}, "beyond what is in the index"
