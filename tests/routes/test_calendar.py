"""The calendar's pages through the app: what is shown to whom, forms that keep what was typed, and series changed in part."""

from __future__ import annotations

import re
from datetime import datetime

import httpx
import pytest

from app import database
from app.models.calendar import Calendar, Event, sharing
from app.models.calendar.calendar import BUSY, EDIT, VIEW
from app.models.calendar.drafts import Draft
from tests.conftest import browser
from tests.people import People, Person

HTMX = {"hx-request": "true"}
DIALOG = {**HTMX, "hx-target": "div#dialog"}
DETAIL = {**HTMX, "hx-target": "aside#detail"}
GRID = {**HTMX, "hx-target": "section#cal"}


def at(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A time of November 2026, whose 16th is a Monday."""
    return datetime(2026, 11, day, hour, minute)


async def make(person: Person, title: str, start: datetime, end: datetime, **more: object) -> Event:
    """An event in a person's own calendar."""
    calendar = await Calendar.default_for(person.id, person.viewer.org_id)
    return await Event.create(person.viewer, calendar, Draft(title, start, end, timezone="Europe/Zurich", **more))  # type: ignore[arg-type]


def fields(**changed: str | list[str]) -> dict[str, str | list[str]]:
    """What the form sends for an hour on Monday."""
    usual: dict[str, str | list[str]] = {
        "title": "Planning", "start_date": "2026-11-16", "start_time": "09:00", "end_date": "2026-11-16", "end_time": "10:00", "timezone": "Europe/Zurich",
        "repeat": "", "ends": "never", "show_as": "busy", "visibility": "public",
    }
    return {**usual, **changed}


async def titles(person: Person, app: httpx.ASGITransport, path: str = "/calendar/week/2026-11-16") -> list[str]:
    """The events of a page."""
    page = await browser(app, person).get(path, headers=GRID)
    assert page.status_code == 200
    return re.findall(r'<a class="cal-event[^>]*>(?:<time>[^<]*</time>)?<strong>([^<]*)</strong>', page.text)


@pytest.mark.parametrize("view", ["day", "workweek", "week", "month", "year", "agenda"])
async def test_each_view_shows_the_event(app: httpx.ASGITransport, people: People, view: str) -> None:
    await make(people.anna, "Planning", at(16), at(16, 10))
    page = await browser(app, people.anna).get(f"/calendar/{view}/2026-11-16")
    assert page.status_code == 200
    assert "Planning" in page.text or (view == "year" and "some" in page.text)
    assert (await browser(app, people.anna).get(f"/calendar/{view}/2026-11-99")).status_code == 404


async def test_an_event_is_made_changed_and_taken_away(app: httpx.ASGITransport, people: People) -> None:
    client = browser(app, people.anna)
    made = await client.post("/calendar/events", data=fields(key="once", place="Eiger"), headers=DIALOG)
    again = await client.post("/calendar/events", data=fields(key="once", place="Eiger"), headers=DIALOG)
    assert made.status_code == again.status_code == 200
    assert await titles(people.anna, app) == ["Planning"]
    id_ = await database.fetch_value("SELECT id FROM calendar_object")
    detail = await client.get(f"/calendar/events/{id_}", headers=DETAIL)
    assert "Eiger" in detail.text and "09:00 – 10:00" in detail.text
    changed = await client.post(f"/calendar/events/{id_}", data=fields(title="Retro", start_time="11:00", end_time="12:00"), headers=DIALOG)
    assert changed.status_code == 200 and await titles(people.anna, app) == ["Retro"]
    gone = await client.delete(f"/calendar/events/{id_}", headers=HTMX)
    assert "undo" in gone.headers["hx-trigger"] and await titles(people.anna, app) == []
    undo = re.search(r'/activity/\d+/undo', gone.headers["hx-trigger"])
    assert undo is not None
    await client.post(undo[0], headers=HTMX)
    assert await titles(people.anna, app) == ["Retro"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"end_time": "08:00"}, "The end is before the beginning."),
        ({"start_date": "soon"}, "This isn’t a date."),
        ({"start_time": "25:61"}, "This isn’t a time."),
        ({"timezone": "Mars/Olympus"}, "This time zone is unknown."),
        ({"guests": "nobody"}, "isn’t an email address"),
        ({"repeat": "daily", "ends": "until", "until": "2026-11-01"}, "This is before the first event."),
        ({"repeat": "daily", "ends": "count", "count": ""}, "Please say how often."),
        ({"meeting_url": "javascript:alert(1)"}, "This is no address of a web page."),
        ({"title": "x" * 100_000}, "This is too long"),
    ],
)
async def test_what_cant_be_is_said_beside_the_field_and_kept(app: httpx.ASGITransport, people: People, wrong: dict[str, str], said: str) -> None:
    answer = await browser(app, people.anna).post("/calendar/events", data=fields(place="Café du Lac", **wrong), headers=DIALOG)
    assert answer.status_code == 422
    assert said in answer.text and "Café du Lac" in answer.text
    assert await database.fetch_value("SELECT COUNT(*) FROM calendar_object") == 0


async def test_of_a_series_one_what_follows_or_all_is_changed(app: httpx.ASGITransport, people: People) -> None:
    client = browser(app, people.anna)
    event = await make(people.anna, "Stand-up", at(16), at(16, 9, 15), rule="FREQ=DAILY;COUNT=5")
    keys = [row["key"] for row in await database.fetch("SELECT key FROM calendar_instance ORDER BY starts")]
    moved = {"at": keys[1], "start": "2026-11-17T11:00", "end": "2026-11-17T11:15"}
    asked = await client.post(f"/calendar/events/{event.id}/times", data=moved, headers=DIALOG)
    assert "Only this one" in asked.text and "the others stay as they are" in asked.text
    done = await client.post(f"/calendar/events/{event.id}/times", data={**moved, "scope": "this"}, headers=DIALOG)
    assert "undo" in done.headers["hx-trigger"]
    week = (await client.get("/calendar/week/2026-11-16", headers=GRID)).text
    assert re.findall(r'data-start="2026-11-\d\d(T[\d:]+)"', week)[:5] == ["T09:00", "T11:00", "T09:00", "T09:00", "T09:00"]
    question = await client.get(f"/calendar/events/{event.id}/deletion?at={keys[3]}", headers=DIALOG)
    assert "This and all that follow" in question.text
    await client.post(f"/calendar/events/{event.id}/deletion", data={"at": keys[3], "scope": "following"}, headers=DIALOG)
    assert len(await titles(people.anna, app)) == 3
    form = fields(title="Morning", start_date="2026-11-16", end_date="2026-11-16", end_time="09:15", repeat="daily", ends="count", count="3")
    asked = await client.post(f"/calendar/events/{event.id}?at={keys[0]}", data=form, headers=DIALOG)
    assert 'name="title" value="Morning"' in asked.text
    await client.post(f"/calendar/events/{event.id}?at={keys[0]}", data={**form, "scope": "all"}, headers=DIALOG)
    assert set(await titles(people.anna, app)) == {"Morning"}


async def test_others_see_what_the_level_says(app: httpx.ASGITransport, people: People) -> None:
    event = await make(people.anna, "Salary talk", at(16), at(16, 10))
    await make(people.anna, "Doctor", at(17), at(17, 10), visibility="PRIVATE")
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    beat = browser(app, people.beat)
    assert (await beat.get(f"/calendar/events/{event.id}")).status_code == 404
    for level, seen in ((BUSY, ["Busy", "Busy"]), (VIEW, ["Salary talk", "Busy"]), (EDIT, ["Salary talk", "Busy"])):
        await sharing.share(people.anna.viewer, calendar, level, account_id=people.beat.id)
        await beat.post(f"/calendar/calendars/{calendar.id}/look")
        assert await titles(people.beat, app) == seen
        assert (await beat.get(f"/calendar/events/{event.id}")).status_code == (404 if level == BUSY else 200)
        changed = await beat.post(f"/calendar/events/{event.id}/times", data={"start": "2026-11-16T12:00", "end": "2026-11-16T13:00"}, headers=DIALOG)
        assert (changed.status_code == 200 and "undo" in changed.headers.get("hx-trigger", "")) is (level == EDIT)


async def test_guests_and_other_organisations_find_nothing(app: httpx.ASGITransport, people: People) -> None:
    event = await make(people.anna, "Planning", at(16), at(16, 10))
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    for person in (people.gina, people.erik):
        client = browser(app, person)
        for path in (f"/calendar/events/{event.id}", f"/calendar/events/{event.id}/edit", f"/calendar/events/{event.id}/export.ics", f"/calendar/calendars/{calendar.id}/edit"):
            assert (await client.get(path)).status_code == 404
        assert (await client.post(f"/calendar/events/{event.id}", data=fields())).status_code == 404
        assert (await client.delete(f"/calendar/events/{event.id}")).status_code == 404
    assert (await browser(app, people.gina).get("/calendar")).status_code == 404


async def test_words_of_a_title_are_offered_as_times(app: httpx.ASGITransport, people: People) -> None:
    answer = await browser(app, people.anna).get("/calendar/words", params={"title": "Lunch with Beat 2026-12-01 12:30 at Café du Lac"}, headers=HTMX)
    assert "Lunch with Beat · Tuesday, 1 December 2026, 12:30 – 13:30 · Café du Lac" in answer.text


async def test_the_form_says_who_is_free(app: httpx.ASGITransport, people: People) -> None:
    await make(people.beat, "Dentist", at(16), at(16, 10))
    asked = {**fields(), "guests": [people.beat.account.email, people.chiara.account.email, "ines@elsewhere.example"]}
    said = (await browser(app, people.anna).get("/calendar/free-busy", params=asked, headers=HTMX)).text
    assert "Beat Keller: busy 09:00–10:00" in said and "ines@elsewhere.example: not known" in said and "Dentist" not in said
    found = (await browser(app, people.anna).get("/calendar/find-a-time", params={"guests": people.beat.account.email, "date": "2026-11-16"})).text
    assert "1 busy time" in found and "Dentist" not in found


async def test_a_calendar_is_made_hidden_shared_and_deleted(app: httpx.ASGITransport, people: People) -> None:
    client = browser(app, people.anna)
    await client.post("/calendar/calendars", data={"kind": "own", "name": "Sport", "hue": "8"}, headers=DIALOG)
    id_ = await database.fetch_value("SELECT id FROM calendar WHERE name = 'Sport'")
    assert (await client.post("/calendar/calendars", data={"kind": "own", "name": " "}, headers=DIALOG)).status_code == 422
    shared = await client.post(f"/calendar/calendars/{id_}/shares", data={"people": str(people.beat.id), "level": "2"}, headers=HTMX)
    assert "Beat Keller" in shared.text
    linked = await client.post(f"/calendar/calendars/{id_}/links", data={"level": "1"}, headers=HTMX)
    token = re.search(r"/feeds/([\w-]+)\.ics", linked.text)
    assert token is not None and (await sharing.by_link(token[1])).level == BUSY
    assert (await client.post(f"/calendar/calendars/{id_}/display", data={"shown": "0"}, headers=HTMX)).status_code == 204
    assert (await Calendar.seen_by(people.anna.viewer, id_)).is_hidden
    assert "undo" in (await client.delete(f"/calendar/calendars/{id_}", headers=HTMX)).headers["hx-trigger"]
    assert (await client.get(f"/calendar/calendars/{id_}/edit")).status_code == 404


async def test_settings_are_kept_and_wrong_ones_refused(app: httpx.ASGITransport, people: People) -> None:
    client = browser(app, people.anna)
    wanted = {"view": "month", "work_starts": "07:30", "work_ends": "16:00", "work_days": ["0", "1"], "zones": ["Asia/Tokyo", ""], "event_minutes": "30", "reminder": ""}
    assert (await client.post("/calendar/settings", data=wanted)).status_code == 303
    page = (await client.get("/calendar/settings")).text
    assert 'value="07:30"' in page and "Asia/Tokyo" in page
    assert 'class="cal-month' in (await client.get("/calendar")).text
    refused = await client.post("/calendar/settings", data={**wanted, "work_ends": "06:00"})
    assert refused.status_code == 422 and "Work ends before it begins." in refused.text
