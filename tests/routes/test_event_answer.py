"""The page by which guests answer without an account."""

from __future__ import annotations

from datetime import timedelta

import httpx

from app.models.calendar import Calendar, Draft, Event, Guest, answering
from tests.models.calendar.test_scheduling import OUTSIDER, soon
from tests.people import People


async def test_a_guest_answers_by_the_link(people: People, stranger: httpx.AsyncClient) -> None:
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    start = soon()
    event = await Event.create(people.anna.viewer, calendar, Draft("Launch <b>", start, start + timedelta(hours=1), timezone="Europe/Zurich", guests=(Guest(OUTSIDER),)))
    url = f"/calendar/answer/{await answering.token_for(calendar.id, event.stored.uid, OUTSIDER)}"
    shown = await stranger.get(url)
    assert shown.status_code == 200 and "Launch &lt;b&gt;" in shown.text
    answered = await stranger.post(url, data={"answer": "ACCEPTED", "note": "Gladly"})
    assert answered.status_code == 200 and "You said that you come" in answered.text and "Gladly" in answered.text
    wrong = await stranger.post(url, data={"answer": "propose", "start": "never", "note": "typed"})
    assert wrong.status_code == 422 and "typed" in wrong.text
    proposed = await stranger.post(url, data={"answer": "propose", "start": f"{soon(9):%Y-%m-%dT%H:%M}"})
    assert "Your proposal was passed on" in proposed.text
    assert (await stranger.get("/calendar/answer/forged.token")).status_code == 404
    assert {row["email"]: row["answer"] for row in await event.guests()}[OUTSIDER] == "ACCEPTED"
