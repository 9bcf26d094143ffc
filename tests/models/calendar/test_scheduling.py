"""Invitations: members get copies, rooms answer, people of elsewhere get mail, and answers come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import Message
from zoneinfo import ZoneInfo

import pytest

from app.jobs.runner import drain
from app.lib import clock
from app.lib.ical import parse
from app.models.base import NotFound, Refused
from app.models.calendar import (
    ALL,
    THIS,
    VIEW,
    Calendar,
    Draft,
    Event,
    Guest,
    answering,
    best_slots,
    booking,
    free_busy,
    occurrences,
    proposing,
    room_email,
    sharing,
)
from app.models.calendar.receiving import receive
from app.models.calendar.storing import check
from app.models.command import Command
from app.models.resource import Description, Resource
from app.settings import Settings
from tests.people import People, Person

ZURICH = "Europe/Zurich"
ZONE = ZoneInfo(ZURICH)
BEAT, CHIARA, OUTSIDER = "beat@alpina.example", "chiara@alpina.example", "olga@elsewhere.example"


def soon(days: int = 3, hour: int = 10) -> datetime:
    """A time some days from now, on the clock of Zurich; never at the weekend."""
    day = datetime.fromtimestamp(clock.now() / 1000, ZONE).replace(tzinfo=None) + timedelta(days=days)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


async def meeting(person: Person, *emails: str, title: str = "Launch", start: datetime | None = None, rule: str = "", **more: object) -> Event:
    calendar = await Calendar.default_for(person.id, person.viewer.org_id)
    start = start or soon()
    guests = tuple(Guest(email) for email in emails)
    return await Event.create(person.viewer, calendar, Draft(title, start, start + timedelta(hours=1), timezone=ZURICH, guests=guests, rule=rule, **more))  # type: ignore[arg-type]


async def titles(person: Person) -> list[tuple[str, str]]:
    now = clock.now()
    return [(one.summary, one.answer) for one in await occurrences(person.viewer, now - clock.DAY, now + 30 * clock.DAY)]


async def told(person: Person) -> list[str]:
    from app import database

    return [row["kind"] for row in await database.fetch("SELECT kind FROM notification WHERE account_id = $1 AND kind LIKE 'calendar.%' ORDER BY id", person.id)]


async def answers(event: Event, person: Person) -> dict[str, str]:
    return {row["email"]: row["answer"] for row in await (await Event.seen_by(person.viewer, event.id)).guests()}


async def delivery(event: Event) -> str:
    return next(row["delivery"] for row in await event.guests() if row["email"] == OUTSIDER)


async def test_a_member_gets_a_copy_and_answers(people: People) -> None:
    event = await meeting(people.anna, BEAT)
    assert await titles(people.beat) == [("Launch", "NEEDS-ACTION")] and await told(people.beat) == ["calendar.invited"]
    copy = await Event.by_uid(people.beat.viewer, event.stored.uid)
    assert not copy.is_organised_here
    with pytest.raises(Refused):
        await copy.move(people.beat.viewer, soon(5))
    await answering.answer(people.beat.viewer, copy, "", "ACCEPTED", "With pleasure")
    assert (await answers(event, people.anna))[BEAT] == "ACCEPTED" and await told(people.anna) == ["calendar.answered"]
    assert (await Event.seen_by(people.anna.viewer, event.id)).stored.schedule_tag != ""
    row = next(row for row in await event.guests() if row["email"] == BEAT)
    assert (row["note"], row["delivery"]) == ("With pleasure", "delivered")


async def test_a_meeting_is_shown_once_where_calendars_are_shared(people: People) -> None:
    await meeting(people.anna, BEAT)
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    await sharing.share(people.anna.viewer, calendar, VIEW, account_id=people.beat.id)
    await sharing.take(people.beat.viewer, await Calendar.seen_by(people.beat.viewer, calendar.id))
    assert len(await Calendar.all_for(people.beat.id)) == 2 and len(await titles(people.beat)) == 1


async def test_moving_asks_anew_and_renaming_does_not(people: People) -> None:
    event = await meeting(people.anna, BEAT)
    await answering.answer(people.beat.viewer, await Event.by_uid(people.beat.viewer, event.stored.uid), "", "ACCEPTED")
    event = await Event.seen_by(people.anna.viewer, event.id)
    await event.edit(people.anna.viewer, replace(event.draft(), title="Big launch"))
    assert await titles(people.beat) == [("Big launch", "ACCEPTED")]
    event = await Event.seen_by(people.anna.viewer, event.id)
    sequence = event.stored.sequence
    await event.move(people.anna.viewer, soon(6))
    assert await titles(people.beat) == [("Big launch", "NEEDS-ACTION")]
    assert (await Event.seen_by(people.anna.viewer, event.id)).stored.sequence > sequence


async def test_a_guest_of_one_instance_sees_only_that(people: People) -> None:
    event = await meeting(people.anna, BEAT, rule="FREQ=DAILY;COUNT=3")
    key = event.series.between(0, 1 << 52)[1].key
    shown = event.draft(key)
    await event.edit(people.anna.viewer, replace(shown, guests=(Guest(BEAT), Guest(CHIARA))), THIS, key)
    assert [len(await titles(person)) for person in (people.anna, people.beat, people.chiara)] == [3, 3, 1]
    copy = await Event.by_uid(people.beat.viewer, event.stored.uid)
    await answering.answer(people.beat.viewer, copy, key, "DECLINED")
    assert sorted(answer for _title, answer in await titles(people.beat)) == ["DECLINED", "NEEDS-ACTION", "NEEDS-ACTION"]
    event = await Event.seen_by(people.anna.viewer, event.id)
    assert {row["email"]: row["answer"] for row in await event.guests(key)}[BEAT] == "DECLINED"
    await event.edit(people.anna.viewer, replace(event.draft(key), guests=(Guest(CHIARA),)), THIS, key)
    assert len(await titles(people.beat)) == 2


async def test_cancelling_takes_the_copies_away_and_undo_brings_them_back(people: People) -> None:
    event = await meeting(people.anna, BEAT)
    await event.delete(people.anna.viewer)
    assert await titles(people.beat) == [] and (await told(people.beat))[-1] == "calendar.changed"
    await (await Command.recent(people.anna.viewer))[0].undo(people.anna.viewer)
    assert await titles(people.beat) == [("Launch", "NEEDS-ACTION")]


async def test_undoing_keeps_what_guests_answered(people: People) -> None:
    event = await meeting(people.anna, BEAT)
    await event.edit(people.anna.viewer, replace(event.draft(), title="Big launch"))
    await answering.answer(people.beat.viewer, await Event.by_uid(people.beat.viewer, event.stored.uid), "", "ACCEPTED")
    await (await Command.recent(people.anna.viewer))[0].undo(people.anna.viewer)
    assert await titles(people.beat) == [("Launch", "ACCEPTED")] and (await answers(event, people.anna))[BEAT] == "ACCEPTED"


async def test_who_declined_can_be_invited_again(people: People) -> None:
    event = await meeting(people.anna, BEAT)
    copy = await Event.by_uid(people.beat.viewer, event.stored.uid)
    await copy.delete(people.beat.viewer)
    assert (await answers(event, people.anna))[BEAT] == "DECLINED"
    event = await Event.seen_by(people.anna.viewer, event.id)
    await event.edit(people.anna.viewer, replace(event.draft(), guests=()))
    event = await Event.seen_by(people.anna.viewer, event.id)
    await event.edit(people.anna.viewer, replace(event.draft(), guests=(Guest(BEAT),)))
    assert await titles(people.beat) == [("Launch", "NEEDS-ACTION")]


async def test_ten_thousand_guests_hold(people: People, settings: Settings) -> None:
    event = await meeting(people.anna, BEAT, *(f"g{number}@elsewhere.example" for number in range(9_999)))
    assert event.stored.guest_count == 10_001 and await titles(people.beat) == [("Launch", "NEEDS-ACTION")]
    copy = await Event.by_uid(people.beat.viewer, event.stored.uid)
    assert len(copy.stored.ics) < 5_000  # of so many, nobody sees all the others
    await answering.answer(people.beat.viewer, copy, "", "ACCEPTED")
    assert (await answers(event, people.anna))[BEAT] == "ACCEPTED"


async def test_a_room_is_booked_once(people: People) -> None:
    room = await Resource.create(people.anna.viewer, Description("Eiger", seats=6))
    first = await meeting(people.anna, room_email(room.id))
    second = await meeting(people.beat, room_email(room.id))
    assert (await answers(first, people.anna))[room_email(room.id)] == "ACCEPTED"
    assert (await answers(second, people.beat))[room_email(room.id)] == "DECLINED"
    diary = (await free_busy(people.beat.viewer, [room_email(room.id)], clock.now(), clock.now() + 9 * clock.DAY))[0]
    assert diary.is_known and len(diary.busy) == 1
    await (await Event.seen_by(people.anna.viewer, first.id)).delete(people.anna.viewer)
    second = await Event.seen_by(people.beat.viewer, second.id)
    await second.move(people.beat.viewer, soon(3, 11))
    assert (await answers(second, people.beat))[room_email(room.id)] == "ACCEPTED"


async def test_free_busy_and_slots(people: People) -> None:
    start = soon(3, 9)
    await meeting(people.beat, title="Secret", start=start)
    span = (int(start.replace(hour=0, tzinfo=ZONE).timestamp() * 1000), int(start.replace(hour=23, tzinfo=ZONE).timestamp() * 1000))
    diaries = await free_busy(people.anna.viewer, [BEAT, OUTSIDER], *span)
    assert [(one.is_known, len(one.busy)) for one in diaries] == [(True, 1), (False, 0)]
    slots = await best_slots(people.anna.viewer, diaries, clock.HOUR, *span)
    assert slots[0].is_good and slots[0].unknown == (OUTSIDER,)
    assert all(slot.start >= diaries[0].busy[0].end or slot.end <= diaries[0].busy[0].start for slot in slots if slot.is_good)


async def test_outsiders_get_mail_and_answer_by_link(people: People, settings: Settings) -> None:
    event = await meeting(people.anna, OUTSIDER, rule="FREQ=WEEKLY;COUNT=3", location="Café du Lac")
    assert await delivery(event) == "waiting"
    await drain()
    mail = _mails(settings)[-1]
    calendar = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert calendar.get_param("method") == "REQUEST" and mail["Reply-To"] == "anna@alpina.example"
    sent = parse(calendar.get_payload(decode=True))  # type: ignore[arg-type]
    assert sent.text("METHOD") == "REQUEST" and [zone.text("TZID") for zone in sent.within("VTIMEZONE")] == [ZURICH] and not sent.within("VEVENT")[0].within("VALARM")
    text = next(part for part in mail.walk() if part.get_content_type() == "text/plain").get_payload(decode=True).decode()  # type: ignore[union-attr]
    token = text.partition("/calendar/answer/")[2].split()[0]
    assert await delivery(event) == "sent"
    found = await answering.answer_by_token(token, "TENTATIVE", note="If the train comes")
    assert found.guest.answer == "TENTATIVE" and found.guest.note == "If the train comes"
    start = int(soon(8).replace(tzinfo=ZONE).timestamp() * 1000)
    await proposing.propose_by_token(token, proposing.Proposal(start, start + clock.HOUR))
    event = await Event.seen_by(people.anna.viewer, event.id)
    assert (await proposing.proposals_of(event))[0]["proposed_start"] == start
    with pytest.raises(NotFound):
        await answering.by_token(token[:-2] + "xx")
    reply = parse(_reply(event.stored.ics, OUTSIDER, "DECLINED"))
    assert await receive(people.anna.viewer.org_id, people.anna.id, reply.serialize()) == "REPLY"
    assert (await answers(event, people.anna))[OUTSIDER] == "DECLINED"
    await (await Event.seen_by(people.anna.viewer, event.id)).delete(people.anna.viewer, ALL)
    await drain()
    calendar = next(part for part in _mails(settings)[-1].walk() if part.get_content_type() == "text/calendar")
    assert calendar.get_param("method") == "CANCEL"
    with pytest.raises(NotFound):
        await answering.by_token(token)


async def test_a_time_is_booked_once(people: People) -> None:
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    page = await booking.make(people.anna.viewer, calendar, "Consultation", durations=(30, 60), questions='[["What about?", true]]', notice_hours=0)
    found = await booking.slots(page, 30, clock.now(), clock.now() + 9 * clock.DAY)
    made, token = await booking.book(page, found[0], 30, "Olga", OUTSIDER, ["Tents"])
    with pytest.raises(booking.SlotTaken):
        await booking.book(page, found[0], 60, "Paul", "paul@elsewhere.example", ["Shoes"])
    assert found[0] not in await booking.slots(page, 30, clock.now(), clock.now() + 9 * clock.DAY)
    assert [title for title, _answer in await titles(people.anna)] == ["Consultation: Olga"] and "calendar.booked" in await told(people.anna)
    await booking.cancel(token)
    assert await titles(people.anna) == [] and made.name == "Olga"
    assert found[0] in await booking.slots(page, 30, clock.now(), clock.now() + 9 * clock.DAY)


async def test_a_reminder_comes_once(people: People) -> None:
    from app.models.calendar import Reminder, reminders

    start = soon()
    event = await meeting(people.anna, start=start, rule="FREQ=DAILY;COUNT=2", reminders=(Reminder(10), Reminder(10, "chat")))
    due = int(start.replace(tzinfo=ZONE).timestamp() * 1000) - 10 * clock.MINUTE
    with clock.at(due):
        await drain()
        await reminders.remind(event.id, due)
        kinds = await told(people.anna)
        assert kinds.count("calendar.reminder") == 1
    with clock.at(due + clock.DAY):
        await drain()
        assert (await told(people.anna)).count("calendar.reminder") == 2


def _mails(settings: Settings) -> list[Message]:
    return [message_from_bytes(path.read_bytes()) for path in sorted((settings.data_dir / "outbox").glob("*.eml"))]


def _reply(ics: str, email: str, answer: str) -> str:
    from app.lib import itip

    made = itip.reply(check(ics), email)
    itip.set_answer(made, email, answer)
    return made.serialize()
