"""Files, colours and optional guests of events: kept in the iCalendar text, and read by whoever may read the event."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes

import httpx
import pytest

from app import database
from app.jobs.runner import drain
from app.lib import clock
from app.lib.ical import parse
from app.models.calendar import EDIT, Calendar, Event, Guest, answering, attachments, managing, sharing
from app.models.calendar.attachments import CalendarAttachment
from app.models.drive import remove
from app.models.files import storage_of
from app.settings import Settings
from tests.conftest import browser
from tests.dav import client as program
from tests.drive import file
from tests.models.calendar.test_scheduling import BEAT, CHIARA, OUTSIDER, soon
from tests.people import People
from tests.routes.dav.test_caldav import home
from tests.routes.test_calendar import DETAIL, DIALOG, HTMX, fields, make
from tests.routes.test_chat_files import upload


async def the_event(people: People) -> Event:
    id_ = await database.fetch_value(
        "SELECT o.id FROM calendar_object o JOIN calendar c ON c.id = o.calendar_id WHERE c.account_id = $1 ORDER BY o.id LIMIT 1", people.anna.id)
    return await Event.seen_by(people.anna.viewer, id_)



async def test_files_go_with_the_event_to_whoever_may_read_it(app: httpx.ASGITransport, people: People) -> None:
    anna, beat, chiara = (browser(app, one) for one in (people.anna, people.beat, people.chiara))
    node = await file(people.anna, "Budget 2027.txt", b"too much")
    token = await upload(anna, "Agenda.pdf", b"%PDF-1.7 agenda")
    sent = fields(guests=[BEAT], attachments=[f"upload:{token}", f"drive:{node.id}", "https://alpina.example/plan"])
    made = [await anna.post("/calendar/events", data={**sent, "key": "once"}, headers=DIALOG) for _ in range(2)]
    assert [one.status_code for one in made] == [200, 200]
    event = await the_event(people)
    assert [one.name for one in event.draft().attachments] == ["Agenda.pdf", "Budget 2027.txt", "plan"]
    line = event.text.within("VEVENT")[0].all("ATTACH")[0]
    assert (line.param("FMTTYPE"), line.param("SIZE"), line.param("FILENAME")) == ("application/pdf", "15", "Agenda.pdf")
    await remove(people.anna.viewer, [node.id])  # what is attached doesn't depend on Drive

    copy = await Event.by_uid(people.beat.viewer, event.stored.uid)
    panel = (await beat.get(f"/calendar/events/{copy.id}", headers=DETAIL)).text
    addresses = re.findall(r'href="(/calendar/attachments/[^"]+)"', panel)
    assert len(addresses) == 2 and 'href="https://alpina.example/plan"' in panel
    assert [(await beat.get(address)).content for address in addresses] == [b"%PDF-1.7 agenda", b"too much"]
    answer = await beat.get(addresses[1])
    assert answer.headers["x-content-type-options"] == "nosniff" and "sandbox" in answer.headers["content-security-policy"]
    assert (await chiara.get(addresses[0])).status_code == 404  # not invited
    assert (await browser(app, people.erik).get(addresses[0])).status_code == 404  # of another organisation


async def test_what_isnt_theirs_cant_be_attached(app: httpx.ASGITransport, people: People) -> None:
    beat, theirs = browser(app, people.beat), await file(people.anna, "Salaries.txt")
    for value in (f"drive:{theirs.id}", "upload:nothing", "javascript:alert(1)"):
        answer = await beat.post("/calendar/events", data=fields(attachments=[value], place="Eiger"), headers=DIALOG)
        assert answer.status_code == 422 and "Eiger" in answer.text and "error" in answer.text
    assert await database.fetch_value("SELECT COUNT(*) FROM calendar_attachment") == 0
    found = (await browser(app, people.anna).get("/calendar/attachments?q=sala")).text
    assert "Salaries.txt" in found and "Salaries.txt" not in (await beat.get("/calendar/attachments?q=sala")).text


async def test_a_form_that_is_refused_keeps_its_files(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    token = await upload(anna, "Agenda.pdf", b"%PDF")
    wrong = await anna.post("/calendar/events", data=fields(attachments=[f"upload:{token}"], end_time="08:00"), headers=DIALOG)
    assert wrong.status_code == 422 and f'value="upload:{token}"' in wrong.text and "Agenda.pdf" in wrong.text
    assert (await anna.post("/calendar/events", data=fields(attachments=[f"upload:{token}"]), headers=DIALOG)).status_code == 200


async def test_files_survive_what_programs_and_the_browser_change(app: httpx.ASGITransport, people: People) -> None:
    anna, phone = browser(app, people.anna), program(app, people.anna)
    token = await upload(anna, "Agenda.pdf", b"%PDF")
    await anna.post("/calendar/events", data=fields(attachments=[f"upload:{token}"], colour="16"), headers=DIALOG)
    event = await the_event(people)
    address = f"{home(people.anna)}{event.calendar.segment}/{event.stored.href}"
    text = (await phone.request("GET", address)).text.replace("SUMMARY:Planning", "SUMMARY:Planned on a phone")
    assert "COLOR:royalblue" in text
    assert (await phone.request("PUT", address, content=text.encode(), headers={"content-type": "text/calendar"})).status_code == 204
    kept = (await the_event(people)).draft()
    assert (kept.title, [one.name for one in kept.attachments], kept.colour) == ("Planned on a phone", ["Agenda.pdf"], "royalblue")

    form = (await anna.get(f"/calendar/events/{event.id}/edit", headers=DIALOG)).text
    value = re.search(r'name="attachments" value="([^"]+)"', form)
    assert value is not None and "Agenda.pdf" in form
    await anna.post(f"/calendar/events/{event.id}", data=fields(title="In the browser", attachments=[value[1]], colour="16"), headers=DIALOG)
    assert [one.name for one in (await the_event(people)).draft().attachments] == ["Agenda.pdf"]
    copied = (await anna.get(f"/calendar/events/{event.id}/copy", headers=DIALOG)).text
    assert value[0] in copied
    await anna.post(f"/calendar/events/{event.id}", data=fields(title="Without"), headers=DIALOG)
    assert (await the_event(people)).draft().attachments == ()
    assert (await anna.get("/" + value[1].split("/", 3)[3])).status_code == 404


async def test_a_file_is_let_go_when_nothing_can_bring_it_back(app: httpx.ASGITransport, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    anna, org = browser(app, people.anna), people.anna.organisation.id
    token = await upload(anna, "Agenda.pdf", b"%PDF")
    await anna.post("/calendar/events", data=fields(attachments=[f"upload:{token}"]), headers=DIALOG)
    event = await the_event(people)
    command = await event.delete(people.anna.viewer)
    await attachments.sweep()
    assert (await storage_of(org, people.anna.id)).used == 4
    await anna.post(f"/activity/{command.id}/undo", headers=HTMX)
    assert len((await the_event(people)).draft().attachments) == 1
    await attachments.sweep()
    await (await the_event(people)).delete(people.anna.viewer)
    await attachments.sweep()
    now = clock.now() + 40 * clock.DAY
    monkeypatch.setattr(clock, "now", lambda: now)
    await attachments.sweep()
    assert (await storage_of(org, people.anna.id)).used == 0 and await CalendarAttachment.count() == 0


async def test_guests_of_elsewhere_open_files_by_their_link(
    app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient, settings: Settings
) -> None:
    anna = browser(app, people.anna)
    token = await upload(anna, "Agenda.txt", b"one, two")
    day = f"{soon():%Y-%m-%d}"
    about = "**Bring** the [plan](https://plan.example)\n\n- <b onclick=x>[no](javascript:x)"
    sent = fields(guests=[OUTSIDER, CHIARA], optional=[CHIARA], attachments=[f"upload:{token}"], start_date=day, end_date=day, description=about)
    await anna.post("/calendar/events", data=sent, headers=DIALOG)
    await drain()
    [letter] = [message_from_bytes(path.read_bytes()) for path in (settings.data_dir / "outbox").glob("*.eml")]
    parts = {part.get_content_type(): part.get_payload(decode=True) or b"" for part in letter.walk()}
    invitation = parse(parts["text/calendar"].decode())  # type: ignore[union-attr]
    address = invitation.within("VEVENT")[0].all("ATTACH")[0].value
    assert address in parts["text/plain"].decode() and "(optional)" in parts["text/plain"].decode()  # type: ignore[union-attr]
    html, plain = parts["text/html"].decode(), parts["text/plain"].decode().replace("\r\n", "\n")  # type: ignore[union-attr]
    assert about in plain and '<strong>Bring</strong> the <a href="https://plan.example"' in html and "<li>" in html, "formatted where it can be"
    assert "<b " not in html and 'href="javascript' not in html
    path = re.sub(r"^https?://[^/]+", "", address)
    assert (await stranger.get(path)).content == b"one, two"
    assert (await stranger.get(path.replace("/files/", "/files/x"))).status_code == 404
    page = await stranger.get(path.rpartition("/files/")[0])
    assert f'href="{path}"' in page.text and "Agenda.txt" in page.text


async def test_optional_guests_and_colours_are_shown(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    await anna.post("/calendar/events", data=fields(guests=[BEAT, CHIARA], optional=[CHIARA], colour="2"), headers=DIALOG)
    event = await the_event(people)
    assert {row["email"]: row["role"] for row in await event.guests()} == {
        "anna@alpina.example": "CHAIR", BEAT: "REQ-PARTICIPANT", CHIARA: "OPT-PARTICIPANT"}
    panel = (await anna.get(f"/calendar/events/{event.id}", headers=DETAIL)).text
    assert panel.count("optional") == 1 and "hue-2" in panel
    assert re.search(rf'class="cal-event hue-2[^>]*data-event="{event.id}"', (await anna.get("/calendar/week/2026-11-16")).text)
    form = (await anna.get(f"/calendar/events/{event.id}/edit", headers=DIALOG)).text
    assert re.search(rf'name="optional" value="{CHIARA}" checked', form) and not re.search(rf'name="optional" value="{BEAT}" checked', form)
    assert re.search(r'name="colour" value="2"[^>]* checked', form)
    await anna.post(f"/calendar/events/{event.id}", data=fields(guests=[BEAT, CHIARA], optional=[BEAT], colour=""), headers=DIALOG)
    event = await the_event(people)
    assert [guest.email for guest in event.draft().guests if guest.is_optional] == [BEAT] and event.draft().colour == ""


async def test_who_saves_what_somebody_else_changed_meanwhile_is_asked(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    event = await make(people.anna, "Planning", soon(), soon() + timedelta(hours=1))
    seen = re.search(r'name="seen" value="([^"]+)"', (await anna.get(f"/calendar/events/{event.id}/edit", headers=DIALOG)).text)
    assert seen is not None
    await event.move(people.anna.viewer, soon(5))
    asked = await anna.post(f"/calendar/events/{event.id}", data=fields(title="Mine", seen=seen[1]), headers=DIALOG)
    assert asked.status_code == 422 and "Somebody else changed this event" in asked.text and 'value="Mine"' in asked.text
    again = re.search(r'name="seen" value="([^"]+)"', asked.text)
    assert again is not None and again[1] != seen[1]
    assert (await anna.post(f"/calendar/events/{event.id}", data=fields(title="Mine", seen=again[1]), headers=DIALOG)).status_code == 200


async def test_an_event_goes_to_another_calendar_with_all_that_is_known_of_it(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    event = await make(people.anna, "Planning", soon(), soon() + timedelta(hours=1), guests=(Guest(BEAT),))
    await answering.answer(people.beat.viewer, await Event.by_uid(people.beat.viewer, event.stored.uid), "", "ACCEPTED", "Gladly")
    other = await managing.create(people.anna.viewer, "Projects")
    moved = await anna.post(f"/calendar/events/{event.id}", data=fields(calendar=str(other.id), guests=[BEAT]), headers=DIALOG)
    assert moved.status_code == 200 and "undo" in moved.headers["hx-trigger"]
    there = await Event.seen_by(people.anna.viewer, event.id)
    assert there.calendar.id == other.id and [row["note"] for row in await there.guests() if row["email"] == BEAT] == ["Gladly"]
    await anna.post(re.findall(r"/activity/\d+/undo", moved.headers["hx-trigger"])[0], headers=HTMX)
    assert (await Event.seen_by(people.anna.viewer, event.id)).calendar.id == event.calendar.id

    shared = await Calendar.default_for(people.beat.id, people.beat.viewer.org_id)
    await sharing.share(people.beat.viewer, shared, EDIT, account_id=people.anna.id)
    refused = await anna.post(f"/calendar/events/{event.id}", data=fields(calendar=str(shared.id), guests=[BEAT]), headers=DIALOG)
    assert refused.status_code == 422 and "stays in the calendars of who invites" in refused.text
