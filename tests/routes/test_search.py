"""The palette and the page of results: what is listed, for whom, and how it is written down."""

from __future__ import annotations

import re

import pytest

from app.lib import clock
from app.models.chat import Channel, Message
from app.models.search import SearchEntry
from tests.conftest import browser
from tests.people import People, Person


async def palette(app, person: Person, typed: str, **headers: str) -> str:
    async with browser(app, person) as client:
        answer = await client.get("/search/palette", params={"q": typed}, headers=headers)
    assert answer.status_code == 200
    return answer.text


async def results(app, person: Person, **params) -> str:
    async with browser(app, person) as client:
        answer = await client.get("/search", params=params)
    assert answer.status_code == 200
    return answer.text


async def launch(people: People, text: str, kind: str = "private") -> Channel:
    """A channel of anna's with a message."""
    channel = await Channel.start(people.anna.viewer, kind, "launch", people=[people.beat.id])
    await Message.post(channel, people.anna.viewer, text)
    return channel


def plain(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


async def test_an_empty_palette_offers_places_and_commands(app, people: People) -> None:
    html = await palette(app, people.anna, "")
    assert 'href="/chat"' in html and 'action="/sign-out"' in html and "New message" in html
    assert "Anna Alpha" not in plain(html)


async def test_people_are_found_by_the_beginning_of_any_word(app, people: People) -> None:
    for typed in ("dot", "CHIARA", "ch do", "chiara@"):
        html = await palette(app, people.anna, typed)
        assert "Dotti" in plain(html), typed
        assert "Keller" not in plain(html), typed
    assert "<mark>Chiara</mark>" in await palette(app, people.anna, "chia")


async def test_people_are_options_in_a_group(app, people: People) -> None:
    html = await palette(app, people.anna, "keller")
    assert 'role="group" aria-label="People"' in html
    assert 'role="option"' in html


async def test_guests_and_strangers_to_the_organisation_find_nobody(app, people: People) -> None:
    assert "Dotti" in plain(await palette(app, people.anna, "dotti"))
    for person in (people.gina, people.erik):
        assert "Dotti" not in plain(await palette(app, person, "dotti"))


async def test_commands_are_found_by_other_words(app, people: People) -> None:
    html = await palette(app, people.anna, "appearance da")
    assert 'data-set-theme="dark"' in html and 'data-set-theme="light"' not in html


async def test_messages_lead_to_where_they_were_written(app, people: People) -> None:
    channel = await launch(people, "the <b>crème</b> of plans")
    html = await palette(app, people.beat, "creme")
    assert f'href="/chat/channels/{channel.id}/messages/' in html
    assert "&lt;b&gt;<mark>crème</mark>&lt;/b&gt;" in html
    assert "crème" not in await palette(app, people.chiara, "creme")


async def test_the_app_in_view_comes_first(app, people: People) -> None:
    html = await palette(app, people.anna, "", **{"hx-current-url": "http://localhost:8000/chat/channels/1"})
    assert html.index('href="/chat"') < html.index('href="/account"')


@pytest.mark.parametrize("typed", ['"', "NEAR(", "<script>alert(1)</script>", "%00", "é" * 5_000, "-x", "\\"])
async def test_hostile_queries_are_answered(app, people: People, typed: str) -> None:
    assert "<script>alert" not in await palette(app, people.anna, typed)
    assert "<script>alert" not in await results(app, people.anna, q=typed)


async def test_the_page_shows_hits_in_context(app, people: People) -> None:
    await launch(people, "word " * 100 + "needle " + "word " * 100)
    html = await results(app, people.beat, q="needle")
    assert "<mark>needle</mark>" in html and "…" in html
    assert "launch" in html and "Anna Alpha" in html


async def test_the_page_without_hits_says_so(app, people: People) -> None:
    assert "Nothing found" in await results(app, people.anna, q="qqxyz")
    assert "What are you looking for?" in await results(app, people.anna)


async def test_filters_narrow(app, people: People) -> None:
    channel = await launch(people, "agenda of today")
    await Message.post(channel, people.beat.viewer, "agenda of Beat")
    anna = people.anna
    assert "agenda</mark> of today" in await results(app, anna, q="agenda", by=anna.id)
    assert "of Beat" not in await results(app, anna, q="agenda", by=anna.id)
    assert "of Beat" in await results(app, anna, q="", by=people.beat.id, kind="message")
    assert "of Beat" in await results(app, anna, q="agenda", **{"in": channel.id})
    assert "Nothing found" in await results(app, anna, q="agenda", **{"in": 12345})
    assert "Nothing found" in await results(app, anna, q="agenda", kind="person")
    assert "of Beat" in await results(app, anna, q="agenda", since="2024-01-01", until="2199-01-01")
    assert "Nothing found" in await results(app, anna, q="agenda", until="2024-01-01")


@pytest.mark.parametrize(
    "params", [{"since": "yesterday"}, {"until": "9999-12-31"}, {"by": "x"}, {"by": "9" * 30}, {"in": "-1"}, {"kind": "<x>"}, {"before": "²"}]
)
async def test_unreadable_filters_are_left_out(app, people: People, params: dict[str, str]) -> None:
    await launch(people, "agenda")
    assert "<mark>agenda</mark>" in await results(app, people.anna, q="agenda", **params)


async def test_another_organisation_can_t_be_asked_for(app, people: People) -> None:
    channel = await launch(people, "secret agenda", kind="public")
    for params in ({}, {"in": channel.id}, {"by": people.anna.id}):
        html = await results(app, people.erik, q="agenda", **params)
        assert "Nothing found" in html and "Anna" not in html


async def test_paging_goes_on_where_it_ended(app, people: People) -> None:
    channel = await launch(people, "start")
    now = clock.now()
    for number in range(60):
        await SearchEntry.put("message", number + 1, people.anna.viewer.org_id, channel.id, "", f"item n{number}x", now - number * clock.MINUTE, people.anna.id)
    html, seen = await results(app, people.anna, q="item"), []
    async with browser(app, people.anna) as client:
        while True:
            seen += re.findall(r"n(\d+)x", html)
            found = re.search(r'hx-get="(/search/hits\?[^"]+)"', html)
            if not found:
                break
            html = (await client.get(found[1].replace("&amp;", "&"))).text
    assert seen == [str(number) for number in range(60)]


async def test_people_fields_get_options(app, people: People) -> None:
    async with browser(app, people.anna) as client:
        html = (await client.get("/search/people", params={"q": "kel"})).text
    assert f'data-value="{people.beat.id}"' in html and "beat@alpina.example" in html
