"""What programs send that no server should fall over: it is kept, or refused by its name, and costs little."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest

from app.models.calendar.indexing import MOST_OBJECT
from tests.dav import Client, client, condition
from tests.people import People
from tests.routes.dav.test_caldav import DATA, HEAD, event, events, home, ics, one, put, query, span

SECONDS = 6.0  # of the processor, for all of one test
_DAYS = [datetime(1990, 1, 1) + timedelta(days=day) for day in range(50_000)]
HARD = {
    "backwards": one("backwards", "DTSTART:20260310T100000Z", "DTEND:20260309T100000Z"),
    "broken": one("broken", "DTSTART:20260310T100000Z", "SUMMARY:A very long line that some program broke at seventy-five letters witho\r\nut a fold"),
    "exdates": one("exdates", "DTSTART:19900101T000000Z", "RRULE:FREQ=DAILY", f"EXDATE:{','.join(f'{day:%Y%m%dT%H%M%SZ}' for day in _DAYS)}"),
    "forty": one("forty", "DTSTART:20060101T000000Z", "DTEND:20460101T000000Z"),
    "guests": one("guests", "DTSTART:20260310T100000Z", "ORGANIZER:mailto:o@x.example", *(f"ATTENDEE:mailto:g{number}@x.example" for number in range(10_000))),
    "never": one("never", "DTSTART:20260310T100000Z", "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
    "overrides": ics(
        event("overrides", "DTSTART:20260101T000000Z", "RRULE:FREQ=DAILY"),
        *(event("overrides", f"DTSTART:{day:%Y%m%d}T050000Z", f"RECURRENCE-ID:{day:%Y%m%d}T000000Z") for day in _DAYS[13_149:15_149]),
    ),
    "secondly": one("secondly", "DTSTART:20260101T000000Z", "RRULE:FREQ=SECONDLY"),
    "zone": one("zone", "DTSTART;TZID=Mars/Olympus:20260310T100000"),
}


@pytest.fixture
async def place(people: People, app: httpx.ASGITransport) -> tuple[Client, str]:
    """Beat's program, and a calendar."""
    beat = client(app, people.beat)
    await beat.ask("MKCALENDAR", f"{home(people.beat)}hard/")
    return beat, f"{home(people.beat)}hard/"


async def test_hard_events_are_kept_and_found(place: tuple[Client, str]) -> None:
    beat, calendar = place
    began = time.process_time()
    for name, text in HARD.items():
        made = await put(beat, f"{calendar}{name}.ics", text)
        assert made.status_code == 201, (name, made.text)
        assert (await beat.get(f"{calendar}{name}.ics")).text == text, name
    taken = await put(beat, f"{calendar}again.ics", HARD["zone"])
    assert (taken.status_code, condition(taken)) == (409, "cal:no-uid-conflict") and f"{calendar}zone.ics" in taken.text
    march = ("20260301T000000Z", "20260401T000000Z")
    assert await query(beat, calendar, events(span(*march))) == [name for name in HARD if name not in ("exdates",)]
    assert await query(beat, calendar, events(span("21500101T000000Z", "21500102T000000Z"))) == ["exdates", "overrides", "secondly"], "after the last exception"
    for since, until in (march, ("19000101T000000Z", "22000101T000000Z")):
        between = f'start="{since}" end="{until}"'
        for inner in (f"<cal:expand {between}/>", f"<cal:limit-recurrence-set {between}/>"):
            data = DATA.replace("<cal:calendar-data/>", f"<cal:calendar-data>{inner}</cal:calendar-data>")
            assert len(await query(beat, calendar, events(span(since, until)), data)) >= len(HARD) - 1
        busy = await beat.ask("REPORT", calendar, f"<cal:free-busy-query>{span(since, until)}</cal:free-busy-query>", depth="1")
        assert busy.status_code == 200 and len(busy.content) < 1_000_000
    assert time.process_time() - began < SECONDS


async def test_what_is_too_long_is_not_read_to_its_end(place: tuple[Client, str]) -> None:
    beat, calendar = place
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        yield HEAD.encode()
        while sent < 200_000_000:
            sent += 1_000_000
            yield b"X-A:" + b"x" * 999_994 + b"\r\n"

    answer = await beat.request("PUT", f"{calendar}large.ics", content=pieces(), headers={"content-type": "text/calendar"})
    assert (answer.status_code, condition(answer)) == (413, "cal:max-resource-size") and sent < 2 * MOST_OBJECT
    answer = await beat.request("PUT", f"{calendar}large.ics", content=b"", headers={"content-type": "text/calendar", "content-length": "200000000"})
    assert answer.status_code == 413 and (await beat.get(f"{calendar}large.ics")).status_code == 404
