"""Hard input in the calendar's pages: they answer, say what is wrong, and stay quick."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import httpx

from app import database
from app.models.calendar import Calendar, Event
from app.models.calendar.storing import put
from tests.conftest import browser
from tests.people import People
from tests.routes.test_calendar import DETAIL, DIALOG, HTMX, at, fields, make


async def test_an_event_of_forty_years_is_in_every_view_and_moves(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    event = await make(people.anna, "Mortgage", at(16), at(16) + timedelta(days=40 * 365))
    for view in ("day", "workweek", "week", "month", "year", "agenda"):
        for day in ("2026-11-16", "2046-02-28", "2066-11-03"):
            page = await anna.get(f"/calendar/{view}/{day}")
            assert page.status_code == 200 and ("Mortgage" in page.text or view == "year"), (view, day)
    moved = await anna.post(f"/calendar/events/{event.id}/times", data={"start": "2026-11-17T09:00", "end": "2066-11-07T09:00"}, headers=DIALOG)
    assert "undo" in moved.headers["hx-trigger"]


async def test_an_event_with_ten_thousand_guests_is_shown_and_changed(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    guests = "".join(f"ATTENDEE:mailto:guest{number}@elsewhere.example\r\n" for number in range(9_999))
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\nBEGIN:VEVENT\r\nUID:all-hands\r\nDTSTAMP:20261101T000000Z\r\nDTSTART:20261116T080000Z\r\n"
        f"DTEND:20261116T090000Z\r\nSUMMARY:All hands\r\nORGANIZER:mailto:anna@alpina.example\r\n{guests}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    stored, _old = await put(calendar, people.anna.id, "all-hands.ics", text)
    began = time.process_time()
    panel = (await anna.get(f"/calendar/events/{stored.id}", headers=DETAIL)).text
    assert panel.count("guest") < 1_000 and "9999 waiting" in panel
    moved = await anna.post(f"/calendar/events/{stored.id}/times", data={"start": "2026-11-16T10:00", "end": "2026-11-16T11:00"}, headers=DIALOG)
    assert "undo" in moved.headers["hx-trigger"]
    assert time.process_time() - began < 20
    event = await Event.seen_by(people.anna.viewer, stored.id)
    form = fields(title="Everybody", guests=[guest.email for guest in event.draft().guests], start_time="10:00", end_time="11:00")
    assert (await anna.post(f"/calendar/events/{stored.id}", data=form, headers=DIALOG)).status_code == 200
    too_many = fields(guests=[f"g{number}@elsewhere.example" for number in range(10_001)])
    assert (await anna.post("/calendar/events", data=too_many, headers=DIALOG)).status_code == 422


async def test_a_file_that_is_too_large_is_refused_before_it_is_read(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    sent = 0

    async def body():  # type: ignore[no-untyped-def]
        nonlocal sent
        for _number in range(200):
            sent += 1
            yield b"x" * 1_000_000

    headers = {**HTMX, "content-type": "multipart/form-data; boundary=b", "content-length": str(200_000_000)}
    answer = await anna.post("/calendar/import", content=body(), headers=headers)
    assert answer.status_code == 413 and sent < 100
    assert await database.fetch_value("SELECT COUNT(*) FROM calendar_import") == 0


async def test_those_that_differ_are_made_like_the_others_when_asked(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    event = await make(people.anna, "Stand-up", at(16), at(16, 9, 15), rule="FREQ=DAILY;COUNT=4")
    keys = [row["key"] for row in await database.fetch("SELECT key FROM calendar_instance ORDER BY starts")]
    await anna.post(f"/calendar/events/{event.id}/times", data={"at": keys[1], "start": "2026-11-17T15:00", "end": "2026-11-17T15:15", "scope": "this"}, headers=DIALOG)
    form = fields(title="Morning", end_time="09:15", repeat="keep")
    asked = (await anna.post(f"/calendar/events/{event.id}?at={keys[0]}", data=form, headers=DIALOG)).text
    assert "keeps how it differs" in asked and 'name="resets"' in asked
    kept = await anna.post(f"/calendar/events/{event.id}?at={keys[0]}", data={**form, "scope": "all"}, headers=DIALOG)
    week = (await anna.get("/calendar/week/2026-11-16")).text
    assert sorted(re.findall(r'data-start="2026-11-\d\d(T[\d:]+)"', week)) == ["T09:00"] * 3 + ["T15:00"]
    await anna.post(re.findall(r"/activity/\d+/undo", kept.headers["hx-trigger"])[0], headers=HTMX)
    await anna.post(f"/calendar/events/{event.id}?at={keys[0]}", data={**form, "scope": "all", "resets": "on"}, headers=DIALOG)
    week = (await anna.get("/calendar/week/2026-11-16")).text
    assert re.findall(r'data-start="2026-11-\d\d(T[\d:]+)"', week) == ["T09:00"] * 4 and week.count("Morning") >= 4


async def test_a_series_takes_place_on_other_dates_too(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    form = fields(repeat="weekly", ends="count", count="3", also=["2026-11-18", "", "2026-12-24"])
    assert (await anna.post("/calendar/events", data={**form, "also": ["soon"]}, headers=DIALOG)).status_code == 422
    assert (await anna.post("/calendar/events", data=form, headers=DIALOG)).status_code == 200
    id_ = await database.fetch_value("SELECT id FROM calendar_object")

    async def days() -> list[str]:
        event = await Event.seen_by(people.anna.viewer, id_)
        return [event.draft(one.key).start.strftime("%m-%d %H") for one in event.series.between(0, 1 << 52)]

    assert await days() == ["11-16 09", "11-18 09", "11-23 09", "11-30 09", "12-24 09"]
    shown = (await anna.get(f"/calendar/events/{id_}/edit", headers=DIALOG)).text
    assert 'name="also" value="2026-12-24"' in shown
    await anna.post(f"/calendar/events/{id_}", data={**form, "start_time": "11:00", "end_time": "12:00", "scope": "all"}, headers=DIALOG)
    assert await days() == ["11-16 11", "11-18 11", "11-23 11", "11-30 11", "12-24 11"]
    later = {**form, "start_date": "2026-11-23", "end_date": "2026-11-23", "start_time": "11:00", "end_time": "12:00", "title": "Later", "scope": "following"}
    await anna.post(f"/calendar/events/{id_}?at=20261123T110000", data=later, headers=DIALOG)
    assert await days() == ["11-16 11", "11-18 11"]
    rest = await Event.seen_by(people.anna.viewer, await database.fetch_value("SELECT id FROM calendar_object WHERE summary = 'Later'"))
    assert [rest.draft(one.key).start.strftime("%m-%d %H") for one in rest.series.between(0, 1 << 52)] == ["11-23 11", "11-30 11", "12-24 11"]
