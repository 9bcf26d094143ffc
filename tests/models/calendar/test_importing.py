"""Files brought in, calendars of elsewhere, tasks, and what changed for programs."""

from __future__ import annotations

import asyncio
import io
import os
import re
import zipfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app import database
from app.jobs.runner import drain
from app.lib import clock
from app.lib.ical import Component, parse, parse_all
from app.lib.ical.timezones import completed
from app.lib.safe_http import Caller
from app.models.base import Refused
from app.models.calendar import Calendar, elsewhere, importing, managing, occurrences, syncing, tasks
from app.models.calendar.storing import by_href, put, remove
from app.models.calendar.tables import CalendarImport
from app.models.command import Command
from tests.conftest import browser
from tests.people import People

CALENDARS = Path(os.environ.get("CHALET_CALENDARS", Path(__file__).resolve().parents[2] / "corpus" / "calendars"))


def ics(*events: str, head: str = "") -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n{head}{''.join(events)}END:VCALENDAR\r\n".encode()


def vevent(uid: str, summary: str = "Talk", more: str = "", start: str = "20260310T100000Z") -> str:
    return f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start}\r\nSUMMARY:{summary}\r\n{more}END:VEVENT\r\n"


async def own(people: People) -> Calendar:
    return await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)


async def test_a_file_is_looked_at_brought_in_and_taken_back(people: People) -> None:
    calendar = await own(people)
    await put(calendar, people.anna.id, "a.ics", ics(vevent("a", "Old")).decode())
    data = ics(vevent("a", "New"), vevent("b"), vevent("b", more="SEQUENCE:2\r\n"), vevent("c", start="nonsense"), head="X-WR-CALNAME:Mine\r\n")
    plan = await importing.look(calendar, "mine.ics", data)
    assert (plan.new, plan.changed, plan.same, plan.refused, plan.calendars) == (1, 1, 0, 1, ["Mine"]) and "nonsense" in plan.reasons[0][1]
    made = await importing.begin(people.anna.viewer, calendar, "mine.ics", data)
    await drain()
    done = await CalendarImport.get(made.id)
    outcome = importing.outcome_of(done)
    assert outcome is not None and (outcome.new, outcome.changed, outcome.refused, done.done, done.content) == (1, 1, 1, 3, None)
    assert (await importing.look(calendar, "mine.ics", data)).same == 2
    assert (await by_href(calendar, "a.ics")).summary == "New"
    await (await Command.recent(people.anna.viewer))[0].undo(people.anna.viewer)
    assert (await by_href(calendar, "a.ics")).summary == "Old" and len((await syncing.changes_since(calendar, 0)).changed) == 1


async def test_an_answer_in_a_file_is_applied(people: People) -> None:
    calendar = await own(people)
    guests = "ORGANIZER:mailto:anna@alpina.example\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:olga@elsewhere.example\r\n"
    await put(calendar, people.anna.id, "m.ics", ics(vevent("m", more=guests)).decode())
    reply = ics(vevent("m", more=guests.replace("NEEDS-ACTION", "ACCEPTED")), head="METHOD:REPLY\r\n")
    assert (await importing.look(calendar, "reply.ics", reply)).messages == 1
    await importing.begin(people.anna.viewer, calendar, "reply.ics", reply)
    await drain()
    assert "PARTSTAT=ACCEPTED" in (await by_href(calendar, "m.ics")).ics


async def test_a_packed_file_and_files_that_are_none(people: People) -> None:
    calendar = await own(people)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("one.ics", ics(vevent("one")))
        file.writestr("two.ics", ics(vevent("two")))
        file.writestr("readme.txt", "hello")
    assert (await importing.look(calendar, "all.zip", packed.getvalue())).new == 2
    for data in (b"", b"hello", b"PK\x03\x04broken", b"x" * (importing.MOST_FILE + 1), b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"):
        with pytest.raises(importing.FileRefused):
            await importing.look(calendar, "x", data)


async def test_hard_input_holds(people: People) -> None:
    calendar = await own(people)
    dates = ",".join(f"{datetime(1990, 1, 1) + timedelta(days=day):%Y%m%dT%H%M%SZ}" for day in range(50_000))
    guests = "".join(f"ATTENDEE:mailto:g{number}@x.example\r\n" for number in range(10_000))
    hard = {
        "exdates": vevent("exdates", more=f"RRULE:FREQ=DAILY\r\nEXDATE:{dates}\r\n", start="19900101T000000Z"),
        "guests": vevent("guests", more=f"ORGANIZER:mailto:o@x.example\r\n{guests}"),
        "backwards": vevent("backwards", more="DTEND:20260309T100000Z\r\n"),
        "zone": vevent("zone").replace("DTSTART:20260310T100000Z", "DTSTART;TZID=Mars/Olympus:20260310T100000"),
        "forty": vevent("forty", more="DTEND:20460101T000000Z\r\n", start="20060101T000000Z"),
        "broken": vevent("broken", summary="A very long line that some program broke at seventy-five letters witho\r\nut a fold"),
        "feb30": vevent("feb30", more="RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n"),
    }
    for name, event in hard.items():
        stored, _old = await put(calendar, people.anna.id, f"{name}.ics", ics(event).decode())
        assert stored.summary.startswith(("Talk", "A very long line that some program broke at seventy-five letters without a fold"))
    at = int(datetime(2026, 3, 10, 8).timestamp() * 1000)
    shown = await occurrences(people.anna.viewer, at - 14 * clock.HOUR, at + clock.DAY)
    assert len(shown) >= 5 and {one.end - one.start for one in shown} >= {0, 40 * 365 * clock.DAY + 10 * clock.DAY}
    with pytest.raises(Refused):
        await put(calendar, people.anna.id, "other.ics", ics(vevent("zone")).decode())


@pytest.mark.parametrize("folder", sorted(path.name for path in CALENDARS.iterdir() if path.is_dir()) or ["."])
async def test_every_file_comes_in_and_goes_out_or_is_refused_with_a_reason(people: People, folder: str) -> None:
    calendar = await own(people)
    for path in sorted((CALENDARS / folder).rglob("*.ics")):
        data = path.read_bytes()
        try:
            plan = await importing.look(calendar, path.name, data)
        except importing.FileRefused as refused:
            assert str(refused)
            continue
        assert all(reason for _title, reason in plan.reasons)
        kept = "".join(one.serialize() for one in parse_all(data))
        assert kept == "".join(one.serialize() for one in parse_all(kept))
        made = await importing.begin(people.anna.viewer, calendar, path.name, data)
        await drain()
        outcome = importing.outcome_of(await CalendarImport.get(made.id))
        assert outcome is not None and (plan.messages or (outcome.new, outcome.changed) == (plan.new, plan.changed)), path.name
        assert plan.refused <= outcome.refused <= plan.refused + plan.messages and all(reason for _title, reason in outcome.reasons), path.name
    stored = await database.fetch("SELECT uid, ics FROM calendar_object WHERE calendar_id = $1", calendar.id)
    came_out = dict(importing.objects(parse_all(await importing.export(calendar))))
    assert {row["uid"]: parts(parse(row["ics"])) for row in stored} == {uid: parts(one) for uid, one in came_out.items()}


def parts(calendar: Component) -> list[str]:
    return [one.serialize() for one in calendar.within("VEVENT", "VTODO", "VJOURNAL")]


async def test_what_changed_since(people: People) -> None:
    calendar = await own(people)
    for name in ("a", "b", "c"):
        await put(calendar, people.anna.id, f"{name}.ics", ics(vevent(name)).decode())
    since = calendar.modseq
    await put(calendar, people.anna.id, "a.ics", ics(vevent("a", "Other")).decode())
    await remove(calendar, "b.ics")
    changes = await syncing.changes_since(calendar, since)
    assert ([row["href"] for row in changes.changed], changes.gone, changes.is_complete) == (["a.ics"], ["b.ics"], True)
    with pytest.raises(syncing.TooOld):
        await syncing.changes_since(calendar, changes.modseq + 1)


async def test_a_feed_of_elsewhere_is_fetched(people: People) -> None:
    with pytest.raises(Refused):
        await elsewhere.subscribe(people.anna.viewer, "http://127.0.0.1/x.ics")
    made = await elsewhere.subscribe(people.anna.viewer, "webcal://feeds.example.org/x.ics", "Feed")
    calendar = await Calendar.seen_by(people.anna.viewer, made.result or 0)
    assert calendar.source == "https://feeds.example.org/x.ics" and not calendar.can_write
    served = ics(vevent("x"), vevent("y"))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if "/forever" in head:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/calendar\r\n\r\n")
            with suppress(ConnectionError):
                while True:
                    writer.write(b"X-A:" + b"x" * 60_000 + b"\r\n")
                    await writer.drain()
            return
        to = b"HTTP/1.1 302 Found\r\nlocation: /x.ics\r\ncontent-length: 0\r\n\r\n" if "/moved" in head else (
            b"HTTP/1.1 200 OK\r\ncontent-type: text/calendar\r\netag: \"1\"\r\ncontent-length: %d\r\n\r\n%b" % (len(served), served))
        writer.write(to)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with Caller([f"127.0.0.1:{port}"]) as caller:
        calendar.source = f"http://127.0.0.1:{port}/moved"
        await elsewhere.refresh(calendar, caller)
        assert calendar.fetch_failure == "" and len((await syncing.changes_since(calendar, 0)).changed) == 2
        served = ics(vevent("y", "Changed"))
        await elsewhere.refresh(calendar, caller)
        changes = await syncing.changes_since(calendar, 2)
        assert len(changes.changed) == 1 and len(changes.gone) == 1
        before, served = served, re.sub(rb"DTSTAMP:\w+", b"DTSTAMP:20270101T000000Z", served)
        assert served != before, "it was written anew"
        await elsewhere.refresh(calendar, caller)
        assert (await syncing.changes_since(calendar, changes.modseq)).changed == [], "it says the same"
        calendar.source = f"http://127.0.0.1:{port}/forever"
        await elsewhere.refresh(calendar, caller)
        assert "sends more than 20 MB" in calendar.fetch_failure and len((await syncing.changes_since(calendar, 0)).changed) == 1
    server.close()


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\ncontent-type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n"])
async def test_a_feed_that_answers_forever_is_left_and_told(
    people: People, app: httpx.ASGITransport, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    """A line every few milliseconds, without an end: neither its size nor a silence would stop it. Or it never begins."""
    made = await elsewhere.subscribe(people.anna.viewer, "https://feeds.example.org/x.ics", "Feed")
    calendar = await Calendar.seen_by(people.anna.viewer, made.result or 0)
    left: list[asyncio.Event] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left.append(gone := asyncio.Event())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            while not (reader.at_eof() or writer.is_closing()):  # the other side left
                writer.write(b"X-A:1\r\n" if head else b"")
                await writer.drain()
                await asyncio.sleep(0.01)
        gone.set()
        writer.close()

    monkeypatch.setattr(elsewhere, "TIMEOUT", 0.4)
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with Caller([address]) as caller:
        calendar.source = f"http://{address}/forever"
        async with asyncio.timeout(20):
            await elsewhere.refresh(calendar, caller)
            for gone in left:
                await gone.wait()
    server.close()
    assert calendar.fetch_failure.startswith("The other side took longer than") and calendar.fetched_at
    page = (await browser(app, people.anna).get(f"/calendar/calendars/{calendar.id}/edit")).text
    assert "It could not be read lately" in page and "The other side took longer than" in page


async def test_holidays_and_birthdays(people: People) -> None:
    made = await elsewhere.add_holidays(people.anna.viewer, "CH", "ZH")
    await elsewhere.add_birthdays(people.anna.viewer)
    await drain()
    calendar = await Calendar.seen_by(people.anna.viewer, made.result or 0)
    shown = await occurrences(people.anna.viewer, clock.now(), clock.now() + 366 * clock.DAY, [calendar])
    assert len(shown) >= 8 and all(one.is_all_day and one.busy == 0 for one in shown)


async def test_tasks(people: People) -> None:
    await tasks.add(people.anna.viewer, "Order samples", datetime(2026, 3, 12))
    made = await tasks.add(people.anna.viewer, "Call Nord")
    assert [one.summary for one in await tasks.listed(people.anna.viewer)] == ["Order samples", "Call Nord"]
    await tasks.done(people.anna.viewer, made.result or 0)
    assert [one.summary for one in await tasks.listed(people.anna.viewer)] == ["Order samples"]
    await (await Command.recent(people.anna.viewer))[0].undo(people.anna.viewer)
    assert len(await tasks.listed(people.anna.viewer)) == 2


async def test_an_export_comes_in_again(people: People) -> None:
    calendar = await own(people)
    for name in ("a", "b"):
        await put(calendar, people.anna.id, f"{name}.ics", ics(vevent(name, more="X-OWN:1\r\n")).decode())
    other = await managing.create(people.anna.viewer, "Copy")
    data = await importing.export(calendar)
    assert b"X-OWN:1" in data and (await importing.look(other, "x.ics", data)).new == 2
    assert b"Talk" not in await importing.export(calendar, is_busy_only=True)


def own_zone(offset: str, names: str = "Office") -> str:
    return (
        f"BEGIN:VTIMEZONE\r\nTZID:{names}\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}\r\n"
        "END:STANDARD\r\nEND:VTIMEZONE\r\n"
    )


async def test_ones_own_export_is_the_same_when_it_comes_in_again(people: People) -> None:
    calendar = await own(people)
    folded = "DESCRIPTION:A text that a program has folded in quite another pla\r\n ce than we would\r\n"
    stored = {
        "plain": vevent("plain", more=folded), "berlin": completed(f"{vevent('berlin')}".replace("DTSTART:", "DTSTART;TZID=Europe/Berlin:").replace("00Z", "00")),
        "east": own_zone("+0300") + vevent("east").replace("DTSTART:20260310T100000Z", "DTSTART;TZID=Office:20260310T100000"),
        "west": own_zone("-0300") + vevent("west", more="EXDATE;TZID=Office:20260311T100000\r\nRRULE:FREQ=DAILY;COUNT=3\r\n").replace(
            "DTSTART:20260310T100000Z", "DTSTART;TZID=Office:20260310T100000"),
    }
    for name, text in stored.items():
        await put(calendar, people.anna.id, f"{name}.ics", ics(text, head="METHOD-OF-OTHERS:1\r\n").decode())
    data = await importing.export(calendar)
    starts = {part.text("UID"): part.find("DTSTART") for part in parse(data).within("VEVENT")}
    named = {uid: line.param("TZID") for uid, line in starts.items() if line}
    assert (named["east"], named["west"]) == ("Office", "Office 2") and data.count(b"Office 2") == 3, "both zones are kept"
    plan = await importing.look(calendar, "x.ics", data.replace(b"DTSTAMP:20260101", b"DTSTAMP:20260202"))
    assert (plan.new, plan.changed, plan.same, plan.refused) == (0, 0, 4, 0)
    made = await importing.begin(people.anna.viewer, calendar, "x.ics", data)
    await drain()
    outcome = importing.outcome_of(await CalendarImport.get(made.id))
    assert outcome is not None and (outcome.new, outcome.changed, outcome.same) == (0, 0, 4)
    assert (await importing.look(calendar, "x.ics", data.replace(b"TZOFFSETTO:-0300", b"TZOFFSETTO:-0400"))).changed == 1, "another zone is a change"
    copy = await managing.create(people.anna.viewer, "Copy")
    await importing.begin(people.anna.viewer, copy, "x.ics", data)
    await drain()
    at = int(datetime(2026, 3, 10, tzinfo=UTC).timestamp() * 1000)
    both = [await occurrences(people.anna.viewer, at, at + 4 * clock.DAY, [one]) for one in (calendar, copy)]
    assert [(one.summary, one.start) for one in both[0]] == [(one.summary, one.start) for one in both[1]] and len(both[0]) == 5
