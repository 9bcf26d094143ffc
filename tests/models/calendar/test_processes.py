"""What several server processes over one database must not do twice: book a time, book a room, remind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app import database
from app.lib import clock
from app.models.calendar import Calendar, booking
from app.models.calendar.storing import room_email
from app.models.resource import Description, Resource
from app.settings import Settings
from tests.conftest import Server
from tests.people import PASSWORD, People, Person

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//tests//EN\r\nBEGIN:VEVENT\r\nDTSTAMP:20260101T000000Z\r\n"
ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Soon", "TRIGGER:PT0S", "END:VALARM")


@pytest.fixture
def servers(people: People, settings: Settings) -> Iterator[list[Server]]:
    """Two processes over the test's database."""
    engine = {"DATABASE_URL": settings.database_url} if settings.database_url else {}
    both = [Server(settings.data_dir, **engine) for _number in range(2)]
    for one in both:
        one.start()
    yield both
    for one in both:
        one.stop()


async def store(server: Server, person: Person, name: str, *lines: str) -> None:
    """What a program does."""
    segment = (await Calendar.default_for(person.id, person.viewer.org_id)).segment
    text = HEAD + "\r\n".join((f"UID:{name}", *lines, "END:VEVENT", "END:VCALENDAR", ""))
    path = f"/dav/calendars/{person.account.sync_name}/{segment}/{name}.ics"
    async with httpx.AsyncClient(auth=(person.account.sync_name, PASSWORD), timeout=60) as client:
        answer = await client.put(server.url + path, content=text, headers={"content-type": "text/calendar"})
    assert answer.status_code == 201, answer.text


async def test_nothing_is_done_twice(people: People, servers: list[Server]) -> None:
    """One test, because starting servers takes long."""
    await one_of_ten_gets_the_time(people, servers)
    await one_of_many_gets_the_room(people, servers)
    await both_remind_once(people, servers)


async def one_of_ten_gets_the_time(people: People, servers: list[Server]) -> None:
    """Over two pages of the same person, which fill two calendars."""
    viewer = people.anna.viewer
    calendars = [await Calendar.default_for(viewer.account_id, viewer.org_id), await Calendar.make(viewer.account_id, viewer.org_id, "Talks")]
    pages = [await booking.make(viewer, calendar, f"Talk {calendar.name}", notice_hours=0) for calendar in calendars]
    start = (await booking.slots(pages[0], 30, clock.now() + clock.HOUR, clock.now() + 9 * clock.DAY))[0]

    async def take(number: int) -> tuple[int, str]:
        form = {"start": start, "minutes": 30, "name": f"Guest {number}", "email": f"guest{number}@elsewhere.example", "timezone": "Europe/Zurich"}
        async with httpx.AsyncClient(headers={"sec-fetch-site": "same-origin", "accept-language": "en"}, timeout=60) as client:
            answer = await client.post(f"{servers[number % 2].url}/calendar/book/{pages[number // 2 % 2].token}", data=form)
        return answer.status_code, answer.text

    said = await asyncio.gather(*(take(number) for number in range(10)))
    assert sorted(status for status, _text in said) == [200] + [422] * 9
    assert all("This time has just been taken" in text for status, text in said if status == 422)
    assert await count("booking") == await count("calendar_object") == 1


async def one_of_many_gets_the_room(people: People, servers: list[Server]) -> None:
    room = await Resource.create(people.anna.viewer, Description("Matterhorn", seats=8))
    staff, day = (people.anna, people.beat, people.chiara, people.david), datetime.now(UTC) + timedelta(days=3)

    async def meet(person: Person, number: int) -> None:
        mail = person.account.email
        await store(
            servers[number % 2], person, f"meeting-{number}", f"DTSTART:{day:%Y%m%d}T{8 + number % 2:02}3000Z", "DURATION:PT2H", f"ORGANIZER:mailto:{mail}",
            f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{mail}", f"ATTENDEE;CUTYPE=ROOM;PARTSTAT=NEEDS-ACTION:mailto:{room_email(room.id)}",
        )

    for number in range(8):  # many first sign-ins at once are throttled
        async with httpx.AsyncClient(auth=(staff[number % 4].account.sync_name, PASSWORD), timeout=60) as client:
            await client.request("PROPFIND", f"{servers[number % 2].url}/dav/", headers={"depth": "0"})
    await asyncio.gather(*(meet(staff[number % 4], number) for number in range(8)))
    rows = await database.fetch(
        "SELECT g.answer FROM calendar_guest g JOIN calendar_object o ON o.id = g.object_id JOIN calendar c ON c.id = o.calendar_id"
        " WHERE g.email = $1 AND c.account_id IS NOT NULL", room_email(room.id),
    )
    assert sorted(row["answer"] for row in rows) == ["ACCEPTED"] + ["DECLINED"] * 7
    diary = await Calendar.for_room(room)
    assert await count("calendar_object", f"WHERE calendar_id = {diary.id}") == 1


async def both_remind_once(people: People, servers: list[Server]) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=8)).replace(microsecond=0)
    for number in range(12):
        await store(servers[number % 2], people.beat, f"event-{number}", f"DTSTART:{soon:%Y%m%dT%H%M%S}Z", "DURATION:PT1H", f"SUMMARY:Event {number}", *ALARM)
    rows: list[dict[str, Any]] = []
    for _ in range(600):
        rows = await database.fetch("SELECT subject, created_at FROM notification WHERE kind = 'calendar.reminder'")
        if len(rows) >= 12 and not await count("job", f"WHERE kind = 'remind' AND run_at <= {clock.now()}"):
            break
        await asyncio.sleep(0.1)
    assert len(rows) == 12 == len({row["subject"] for row in rows})
    assert all(row["created_at"] >= soon.timestamp() * 1000 for row in rows), "not before their time"


async def count(table: str, condition: str = "") -> int:
    return int(await database.fetch_value(f"SELECT COUNT(*) FROM {table} {condition}"))
