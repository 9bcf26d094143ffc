"""Cards of addresses inside the suite: each reader gets what they may see, and nothing is given away to the others."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime

import httpx
import pytest

from app.jobs.runner import drain
from app.lib.vcard.details import Details
from app.models.calendar import Calendar, Event
from app.models.calendar.drafts import Draft, Guest
from app.models.contacts import AddressBook, editing
from app.models.drive import share
from app.models.drive.rights import VIEW
from app.models.links import Wanted, make_link
from tests.conftest import browser
from tests.drive import file
from tests.people import People, Person

SECRET = "Operation Firn"


async def card(app: httpx.ASGITransport, person: Person, url: str) -> str:
    """What a person's browser gets; empty: nothing."""
    answer = await browser(app, person).get("/cards", params={"url": url})
    assert answer.status_code == (200 if answer.text else 204)
    return answer.text


async def event_of(person: Person, *guests: Person) -> Event:
    calendar = await Calendar.default_for(person.id, person.viewer.org_id)
    draft = Draft(
        SECRET, datetime(2026, 11, 16, 9), datetime(2026, 11, 16, 10), timezone="Europe/Zurich", meeting_url="https://meet.example/firn",
        guests=tuple(Guest(one.account.email, one.viewer.name) for one in guests),
    )
    return await Event.create(person.viewer, calendar, draft)


async def a_file(people: People) -> str:
    node = await file(people.anna, f"{SECRET}.txt")
    await share(people.anna.viewer, node, "account", people.beat.id, VIEW)
    return node.url


async def a_contact(people: People) -> str:
    book = await AddressBook.default_for(people.beat.id, people.beat.viewer.org_id)
    return (await editing.create(people.beat.viewer, book, Details(shown=SECRET))).url


async def an_event(people: People) -> str:
    event = await event_of(people.anna, people.beat)
    await drain()
    return event.url


@pytest.mark.parametrize("make", [a_file, a_contact, an_event])
async def test_a_card_is_for_those_who_may_see_what_it_leads_to(app: httpx.ASGITransport, people: People, make: Callable[[People], Awaitable[str]]) -> None:
    url = await make(people)
    shown = await card(app, people.beat, url)
    assert SECRET in shown
    for person in (people.chiara, people.gina, people.erik):
        assert await card(app, person, url) == ""


async def test_a_guest_of_an_event_gets_the_card_of_their_own_copy(app: httpx.ASGITransport, people: People) -> None:
    url = await an_event(people)
    shown = await card(app, people.beat, f"{url}?at=&more=1")
    own = re.search(r'href="(/calendar/events/\d+)"', shown)
    assert own is not None and own[1] != url
    assert 'href="https://meet.example/firn"' in shown
    assert SECRET in (await browser(app, people.beat).get(url)).text
    assert (await browser(app, people.chiara).get(url)).status_code == 404


async def test_a_colleague_has_a_card_that_guests_dont_see(app: httpx.ASGITransport, people: People) -> None:
    url = f"/contacts/people/{people.chiara.membership.id}"
    assert "Chiara Dotti" in await card(app, people.beat, url)
    assert await card(app, people.gina, url) == await card(app, people.erik, url) == ""


async def test_a_public_links_card_says_nothing_that_a_password_hides(app: httpx.ASGITransport, people: People) -> None:
    node = await file(people.anna, f"{SECRET}.txt")
    link = await make_link(people.anna.viewer, "drive", node.id, Wanted(), what=node.name, url=node.url)
    assert SECRET in await card(app, people.gina, link.path)
    assert await card(app, people.erik, link.path) == ""
    locked = await make_link(people.anna.viewer, "drive", node.id, Wanted(password="let me in please"), what=node.name, url=node.url)
    assert await card(app, people.beat, locked.path) == ""
    await link.change(paused_at=1)
    assert await card(app, people.beat, link.path) == ""
    assert await card(app, people.beat, "/s/nothing-of-this-name") == ""
