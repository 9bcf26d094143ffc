"""The calendar's pages through the app: what is shown to whom, forms that keep what was typed, and series changed in part."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from app import database
from app.jobs.runner import drain
from app.models.calendar import Calendar, Event, sharing
from app.models.calendar.calendar import BUSY, EDIT, VIEW
from app.models.calendar.drafts import Draft, Guest
from app.models.chat.rules import ChatRules
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


async def test_events_get_a_room_of_the_meeting_service(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    link = re.compile(r'name="meeting_url"[^>]*value="(https://meet\.example\.org/[^"]{12,})"')
    assert "/calendar/meeting-link" not in (await anna.get("/calendar/events/new", headers=DIALOG)).text  # there is no service yet
    rules = await ChatRules.of(people.anna.viewer.org_id)
    await rules.put(meetings="https://meet.example.org")
    form = (await anna.get("/calendar/events/new", headers=DIALOG)).text
    assert "/calendar/meeting-link" in form and not link.search(form)
    rooms = {link.findall((await anna.get("/calendar/meeting-link", headers=HTMX)).text)[0] for _time in range(2)}
    assert len(rooms) == 2

    settings = {"work_starts": "08:00", "work_ends": "18:00", "event_minutes": "60", "with_meeting": "on"}
    assert (await anna.post("/calendar/settings", data=settings)).status_code in (200, 303)
    assert link.search((await anna.get("/calendar/events/new", headers=DIALOG)).text)
    copied = await make(people.anna, "Planning", at(16), at(16, 10))
    assert not link.search((await anna.get(f"/calendar/events/{copied.id}/edit", headers=DIALOG)).text)


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


async def test_a_guest_answers_with_a_note_and_proposes_another_time(app: httpx.ASGITransport, people: People) -> None:
    later = datetime.now().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=20)
    event = await make(people.anna, "Review", later, later + timedelta(hours=1), guests=(Guest(people.beat.account.email),))
    await drain()
    own = await database.fetch_value(
        "SELECT o.id FROM calendar_object o JOIN calendar c ON c.id = o.calendar_id WHERE c.account_id = $1 AND o.uid = $2", people.beat.id, event.stored.uid
    )
    beat, anna = browser(app, people.beat), browser(app, people.anna)
    assert "Are you coming?" in (await beat.get(f"/calendar/events/{own}", headers=DETAIL)).text
    said = await beat.post(f"/calendar/events/{own}/answer", data={"answer": "accepted", "note": "With cake"}, headers=DETAIL)
    assert said.status_code == 200 and "You’re coming." in said.headers["hx-trigger"].encode().decode("unicode_escape")
    await drain()
    told = (await anna.get(f"/calendar/events/{event.id}", headers=DETAIL)).text
    assert "With cake" in told and "comes" in told
    past = await beat.post(f"/calendar/events/{own}/answer", data={"answer": "propose", "date": "2001-01-01", "start": "10:00", "end": "11:00"}, headers=DIALOG)
    assert past.status_code == 422 and "This time has passed already." in past.text
    wish = {"answer": "propose", "date": f"{later:%Y-%m-%d}", "start": "14:00", "end": "15:00"}
    assert (await beat.post(f"/calendar/events/{own}/answer", data=wish, headers=DIALOG)).status_code == 200
    shown = (await anna.get(f"/calendar/events/{event.id}", headers=DETAIL)).text
    guest = re.search(r'name="guest" value="(\d+)"', shown)
    assert "Beat Keller proposes" in shown and guest is not None
    assert (await anna.post(f"/calendar/events/{event.id}/proposal", data={"guest": guest[1]}, headers=HTMX)).status_code == 200
    assert "14:00 – 15:00" in (await anna.get(f"/calendar/events/{event.id}", headers=DETAIL)).text


async def test_an_event_in_two_calendars_is_shown_once(app: httpx.ASGITransport, people: People) -> None:
    await make(people.anna, "Planning", at(16), at(16, 10), guests=(Guest(people.beat.account.email),))
    await drain()
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    await sharing.share(people.anna.viewer, calendar, VIEW, account_id=people.beat.id)
    assert "Offered to you" in (await browser(app, people.beat).get("/calendar/side", headers=HTMX)).text
    await browser(app, people.beat).post(f"/calendar/calendars/{calendar.id}/look", headers=HTMX)
    assert await titles(people.beat, app) == ["Planning"]


async def test_tasks_are_added_in_words_ticked_off_and_taken_away(app: httpx.ASGITransport, people: People) -> None:
    client, list_ = browser(app, people.anna), {**HTMX, "hx-target": "div#tasks"}
    added = await client.post("/calendar/tasks", data={"title": "Write the report 2026-12-24"}, headers=list_)
    assert 'value="Write the report"' in added.text and 'value="2026-12-24"' in added.text
    id_ = await database.fetch_value("SELECT id FROM calendar_object WHERE component = 'VTODO'")
    assert (await client.post("/calendar/tasks", data={"title": " "}, headers=list_)).status_code == 422
    await client.post(f"/calendar/tasks/{id_}/completion", data={"done": "1"}, headers=HTMX)
    assert "Write the report" not in (await client.get("/calendar/tasks", headers=list_)).text
    assert "Write the report" in (await client.get("/calendar/tasks?done=1", headers=list_)).text
    assert (await browser(app, people.beat).delete(f"/calendar/tasks/{id_}")).status_code == 404
    assert "undo" in (await client.delete(f"/calendar/tasks/{id_}", headers=HTMX)).headers["hx-trigger"]


ICS = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20261116T080000Z\r\nDTEND:20261116T090000Z\r\nSUMMARY:From elsewhere\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


async def test_a_file_is_looked_at_then_brought_in(app: httpx.ASGITransport, people: People) -> None:
    client = browser(app, people.anna)
    looked = await client.post("/calendar/import", files={"file": ("my.ics", ICS.encode())})
    assert "What my.ics would bring" in looked.text and await titles(people.anna, app) == []
    begun = await client.post("/calendar/import", files={"file": ("my.ics", ICS.encode())}, data={"sure": "1"})
    await drain()
    assert "1 new, 0 changed" in (await client.get(begun.headers["location"])).text
    assert (await browser(app, people.beat).get(begun.headers["location"])).status_code == 404
    assert await titles(people.anna, app) == ["From elsewhere"]
    refused = await client.post("/calendar/import", files={"file": ("my.zip", b"PK\x03\x04 no zip")})
    assert refused.status_code == 422 and "can’t be opened" in refused.text
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    assert "SUMMARY:From elsewhere" in (await client.get(f"/calendar/calendars/{calendar.id}/export.ics")).text


async def test_a_feed_shows_what_its_link_says_and_ends_with_it(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    await make(people.anna, "Salary talk", at(16), at(16, 10))
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    for level, seen in ((BUSY, "SUMMARY:Busy"), (VIEW, "SUMMARY:Salary talk")):
        token = await sharing.make_link(people.anna.viewer, calendar, level)
        feed = await stranger.get(f"/feeds/{token}.ics")
        assert feed.status_code == 200 and seen in feed.text and feed.headers["content-type"].startswith("text/calendar")
    for row in await sharing.shares_of(calendar):
        await sharing.unshare(people.anna.viewer, calendar, row["id"])
    assert (await stranger.get(f"/feeds/{token}.ics")).status_code == 404


async def test_a_stranger_takes_a_time_once_and_gives_it_back(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    client = browser(app, people.anna)
    form = {"title": "A talk with Anna", "durations": ["30"], "days": [str(day) for day in range(7)], "begins": "09:00", "ends": "17:00", "questions": "About what? *"}
    assert (await client.post("/calendar/booking", data={**form, "ends": "08:00"})).status_code == 422
    assert (await client.post("/calendar/booking", data=form)).status_code == 303
    page = await database.fetch_one("SELECT * FROM booking_page")
    assert page is not None
    url = f"/calendar/book/{page['token']}"
    free = re.findall(r'name="start" value="(\d+)"', (await stranger.get(url, params={"zone": "Europe/Zurich"})).text)
    taking = {"start": free[0], "minutes": "30", "name": "Ines", "email": "ines@elsewhere.example", "answers": "Skis", "timezone": "Europe/Zurich"}
    unsaid = await stranger.post(url, data={**taking, "answers": ""})
    assert unsaid.status_code == 422 and "Please answer the questions." in unsaid.text and 'value="Ines"' in unsaid.text
    taken = await stranger.post(url, data=taking)
    assert taken.status_code == 200 and "It’s yours" in taken.text
    assert await database.fetch_value("SELECT answer FROM calendar_guest WHERE email = 'ines@elsewhere.example'") == "ACCEPTED", "who books comes"
    again = await stranger.post(url, data={**taking, "email": "other@elsewhere.example"})
    assert again.status_code == 422 and "has just been taken" in again.text
    cancel = re.search(r"/calendar/book/cancel/[\w-]+", taken.text)
    assert cancel is not None and (await stranger.get(cancel[0])).status_code == 200
    assert "free again" in (await stranger.post(cancel[0])).text
    assert free[0] in (await stranger.get(url, params={"zone": "Europe/Zurich"})).text
    await client.post(f"/calendar/booking/{page['id']}", data=form)  # without is_open: closed
    assert (await stranger.get(url)).status_code == 404


async def test_home_shows_today(app: httpx.ASGITransport, people: People) -> None:
    now = datetime.now(ZoneInfo("Europe/Zurich")).replace(tzinfo=None, second=0, microsecond=0)
    await make(people.anna, "Dinner", now + timedelta(minutes=30), now + timedelta(minutes=90))
    assert "Dinner" in (await browser(app, people.anna).get("/")).text
    assert "Dinner" not in (await browser(app, people.beat).get("/")).text
    assert "Today and tomorrow" not in (await browser(app, people.gina).get("/")).text


async def test_the_search_finds_events_of_calendars_that_one_sees(app: httpx.ASGITransport, people: People) -> None:
    event = await make(people.anna, "Glacier rehearsal", at(16), at(16, 10))
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        for path in ("/search?q=glacier", "/search?q=glacier&kind=event", "/search/palette?q=glacier"):
            assert f'href="/calendar/events/{event.id}"' in (await anna.get(path)).text, path
            assert f"/calendar/events/{event.id}" not in (await beat.get(path)).text, path
        assert "/calendar/events/new" in (await anna.get("/search/palette?q=new+event")).text
