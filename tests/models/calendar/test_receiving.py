"""Answers and other times that come and go by mail: who may say what, and what is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage, Message

import pytest

from app.jobs import context
from app.jobs.runner import drain
from app.lib import itip
from app.lib.ical import Component, Property, parse
from app.lib.ical.zones import Zones
from app.models.base import NotFound, Refused
from app.models.calendar import Event, Guest, mailbox, proposing
from app.models.calendar.drafts import draft_of, new_event
from app.models.calendar.mailbox import CalendarMailbox
from app.models.calendar.proposing import Proposal
from app.models.calendar.receiving import receive, receive_mail
from app.models.calendar.storing import check
from app.settings import Settings
from tests.imap_server import Inbox, imap_server
from tests.models.calendar.test_scheduling import BEAT, OUTSIDER, ZONE, _mails, answers, meeting, soon, told
from tests.people import People

OLGA = OUTSIDER


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with imap_server() as found:
        yield found


def instant(days: int, hour: int = 10) -> int:
    return int(soon(days, hour).replace(tzinfo=ZONE).timestamp() * 1000)


def answer_of(event: Event, email: str, said: str, note: str = "") -> Component:
    made = itip.reply(check(event.stored.ics), email, note)
    itip.set_answer(made, email, said)
    return made


def mail(message: Component, sender: str, **headers: str) -> bytes:
    """What a guest's program sends: words, and the answer as an alternative."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "calendar@alpina.example", "Accepted"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("I come.")
    made.add_alternative(message.serialize().encode(), "text", "calendar", cte="base64", params={"method": message.text("METHOD")})
    return made.as_bytes()


def calendar_part(letter: Message) -> tuple[str, Component]:
    part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    return str(part.get_param("method")), parse(part.get_payload(decode=True))  # type: ignore[arg-type]


async def invited_from_elsewhere(people: People, rule: str = "") -> Event:
    """Beat's copy of what Olga invites to."""
    start = soon()
    from app.models.calendar import Draft

    draft = Draft("Trade fair", start, start.replace(hour=12), timezone="Europe/Zurich", guests=(Guest(BEAT, "Beat"),), rule=rule)
    message = new_event("fair@elsewhere", draft, (OLGA, "Olga"))
    message.items.insert(0, Property.make("METHOD", itip.REQUEST))
    assert await receive(people.beat.viewer.org_id, people.beat.id, message.serialize()) == itip.REQUEST
    return await Event.by_uid(people.beat.viewer, "fair@elsewhere")


async def test_another_time_goes_to_whoever_invites_from_elsewhere(people: People, settings: Settings) -> None:
    event = await invited_from_elsewhere(people)
    await proposing.propose(people.beat.viewer, event, Proposal(instant(4, 15), instant(4, 17), note="I arrive at noon"))
    await drain()
    [letter] = _mails(settings)
    method, sent = calendar_part(letter)
    assert method == sent.text("METHOD") == "COUNTER" and letter["To"] == OLGA and letter["Reply-To"] == BEAT
    [part] = sent.within("VEVENT")
    draft = draft_of(part, Zones(sent))
    assert (draft.start, draft.timezone) == (soon(4, 15), "Europe/Zurich") and [zone.text("TZID") for zone in sent.within("VTIMEZONE")] == ["Europe/Zurich"]
    assert part.text("COMMENT") == "I arrive at noon" and part.value("SEQUENCE") == "0" and [itip.address(line) for line in part.all("ATTENDEE")] == [BEAT]
    text = next(one for one in letter.walk() if one.get_content_type() == "text/plain").get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert "another time" in letter["Subject"] and "15:00" in text and "I arrive at noon" in text


async def test_another_time_for_one_of_a_series_names_that_one(people: People, settings: Settings) -> None:
    event = await invited_from_elsewhere(people, rule="FREQ=WEEKLY;COUNT=4")
    key = event.series.between(0, 1 << 52)[1].key
    await proposing.propose(people.beat.viewer, event, Proposal(instant(12, 15), instant(12, 16), key))
    await drain()
    [part] = calendar_part(_mails(settings)[-1])[1].within("VEVENT")
    assert part.value("RECURRENCE-ID") == key and part.find("RRULE") is None
    with pytest.raises(Refused):
        await proposing.propose(people.chiara.viewer, replace_calendar(event, people), Proposal(1, 2))


def replace_calendar(event: Event, people: People) -> Event:
    """The event as if it were in the calendar of somebody who isn't invited."""
    event.calendar.owner_email = people.chiara.account.email
    return event


async def test_what_a_guest_of_elsewhere_proposes_is_taken_or_declined(people: People, settings: Settings) -> None:
    event = await meeting(people.anna, OLGA, BEAT)
    await drain()
    draft = replace(event.draft(), start=soon(6, 9), end=soon(6, 10))
    counter = new_event(event.stored.uid, draft, ("anna@alpina.example", "Anna"))
    counter.items.insert(0, Property.make("METHOD", itip.COUNTER))
    assert await receive_mail(mail(counter, f"Olga <{OLGA}>"))
    event = await Event.seen_by(people.anna.viewer, event.id)
    [found] = await proposing.proposals_of(event)
    assert (found["email"], found["proposed_start"]) == (OLGA, instant(6, 9))
    assert (await told(people.anna))[-1] == "calendar.answered"

    await proposing.decline(people.anna.viewer, event, found["id"])
    await drain()
    method, sent = calendar_part(_mails(settings)[-1])
    assert method == sent.text("METHOD") == "DECLINECOUNTER" and "stays as it is" in _mails(settings)[-1]["Subject"]
    assert await proposing.proposals_of(event) == []
    with pytest.raises(NotFound):
        await proposing.accept(people.anna.viewer, event, found["id"])

    await proposing.propose(people.beat.viewer, await Event.by_uid(people.beat.viewer, event.stored.uid), Proposal(instant(7), instant(7, 11)))
    [found] = await proposing.proposals_of(event)
    await proposing.accept(people.anna.viewer, event, found["id"])
    event = await Event.seen_by(people.anna.viewer, event.id)
    assert event.draft().start == soon(7) and await proposing.proposals_of(event) == []
    await proposing.propose(people.beat.viewer, await Event.by_uid(people.beat.viewer, event.stored.uid), Proposal(instant(8), instant(8, 11)))
    [found] = await proposing.proposals_of(event)
    await proposing.decline(people.anna.viewer, event, found["id"])
    assert (await told(people.beat))[-1] == "calendar.changed"


async def test_answers_in_the_mailbox_are_applied_and_other_mail_is_left_alone(people: People, inbox: Inbox) -> None:
    event = await meeting(people.anna, OLGA, BEAT)
    inbox.put(mail(answer_of(event, OLGA, "DECLINED"), OLGA))  # from before Chalet read here
    assert await mailbox.read(inbox.address) == 0 and (await answers(event, people.anna))[OLGA] == "NEEDS-ACTION"
    letter = EmailMessage()
    letter["From"], letter["Subject"] = "paul@elsewhere.example", "Hello"
    letter.set_content("Is this the calendar?")
    other = inbox.put(letter.as_bytes())
    yes = inbox.put(mail(answer_of(event, OLGA, "ACCEPTED", "Gladly"), f'"Olga" <{OLGA.upper()}>'))
    assert await mailbox.read(inbox.address) == 1
    assert (await answers(event, people.anna))[OLGA] == "ACCEPTED" and "Gladly" in [row["note"] for row in await event.guests()]
    assert inbox.seen == {yes} and other not in inbox.seen
    read = len(inbox.commands)
    assert await mailbox.read(inbox.address) == 0  # once
    assert not any("FETCH" in command for command in inbox.commands[read:])
    inbox.validity = 8  # the mailbox was made anew: what is in it isn't read again
    assert await mailbox.read(inbox.address) == 0 and not any("FETCH" in command for command in inbox.commands[read:])


async def test_only_the_guest_answers_for_themselves(people: People) -> None:
    event = await meeting(people.anna, OLGA, BEAT)
    yes = answer_of(event, OLGA, "ACCEPTED")
    forged = [
        mail(yes, "paul@elsewhere.example"), mail(yes, f"{OLGA}, paul@elsewhere.example"), mail(yes, ""),
        mail(yes, OLGA, Authentication_Results="mx.alpina.example; spf=pass; dmarc=fail"), mail(answer_of(event, "anna@alpina.example", "DECLINED"), "anna@alpina.example"),
        mail(itip.request(check(event.stored.ics)), OLGA), b"", b"\xff\x00 no mail", mail(parse("BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n"), OLGA),
    ]
    assert [await receive_mail(one) for one in forged] == [False] * len(forged)
    assert (await answers(event, people.anna))[OLGA] == "NEEDS-ACTION"
    with pytest.raises(Refused):  # a file: only whoever invites holds answers to it
        await receive(people.chiara.viewer.org_id, people.chiara.id, answer_of(event, BEAT, "DECLINED").serialize())
    assert await receive_mail(mail(yes, OLGA, Authentication_Results="mx.alpina.example; dmarc=pass"))


async def test_an_answer_to_what_was_moved_since_doesnt_count(people: People) -> None:
    event = await meeting(people.anna, OLGA)
    old = answer_of(event, OLGA, "ACCEPTED")
    await event.edit(people.anna.viewer, replace(event.draft(), title="Renamed"))
    assert await receive_mail(mail(old, OLGA))
    event = await Event.seen_by(people.anna.viewer, event.id)
    await event.move(people.anna.viewer, soon(9))
    assert not await receive_mail(mail(old, OLGA))
    assert (await answers(event, people.anna))[OLGA] == "NEEDS-ACTION"


async def test_programs_are_asked_to_answer_to_the_mailbox(people: People, settings: Settings, monkeypatch: pytest.MonkeyPatch, inbox: Inbox) -> None:
    with_mailbox = replace(settings, answers_address="calendar@alpina.example", answers_imap_url=inbox.address)
    monkeypatch.setattr(context, "settings", lambda: with_mailbox)
    event = await meeting(people.anna, OLGA)
    await drain()
    letter = _mails(settings)[-1]
    sent = calendar_part(letter)[1]
    line = sent.within("VEVENT")[0].find("ORGANIZER")
    assert line is not None and (line.value, line.param("CN")) == ("mailto:calendar@alpina.example", "Anna Alpha") and letter["Reply-To"] == "anna@alpina.example"
    await mailbox.read(inbox.address)
    reply = itip.reply(sent, OLGA)
    itip.set_answer(reply, OLGA, "TENTATIVE")
    inbox.put(mail(reply, OLGA))
    assert await mailbox.read(inbox.address) == 1 and (await answers(event, people.anna))[OLGA] == "TENTATIVE"


async def test_a_mailbox_that_cant_be_read_says_why(people: People, inbox: Inbox) -> None:
    assert await mailbox.read(inbox.address.replace("secret", "wrong")) == 0
    found = await CalendarMailbox.only()
    assert found.failure == "wrong password" and "wrong@" not in found.failure
    assert await mailbox.read("imap://x:y@127.0.0.1:1/INBOX") == 0
    assert "refused" in (await CalendarMailbox.only()).failure.lower()
    assert await mailbox.read(inbox.address) == 0 and (await CalendarMailbox.only()).failure == ""
