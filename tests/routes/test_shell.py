"""The shell around a page is kept for each reader, so nothing of one reader or one answer may stay in it."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.conftest import browser
from tests.people import People


async def test_everybody_sees_their_own_shell(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        for client, person, other in ((anna, people.anna, people.beat), (beat, people.beat, people.anna), (anna, people.anna, people.beat)):
            page = (await client.get("/account")).text
            assert f"<small>{person.account.email}</small>" in page
            assert f"<small>{other.account.email}</small>" not in page


async def test_each_answer_has_a_nonce_of_its_own(app: httpx.ASGITransport, people: People) -> None:
    seen = set()
    async with browser(app, people.anna) as anna:
        for _ in range(3):
            answer = await anna.get("/account")
            (nonce,) = set(re.findall(r'nonce="([^"]+)"', answer.text))
            assert f"'nonce-{nonce}'" in answer.headers["content-security-policy"]
            seen.add(nonce)
    assert len(seen) == 3


async def test_a_changed_name_and_theme_show_at_once(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        assert 'data-theme="auto"' in (await anna.get("/account/appearance")).text
        await people.anna.account.prefer(theme="dark")
        page = (await anna.get("/account/appearance")).text
        assert 'data-theme="dark"' in page and 'data-theme="auto"' not in page


async def test_the_rail_marks_where_one_is(app: httpx.ASGITransport, people: People) -> None:
    here = re.compile(r'data-app="(\w+)" aria-current="page"')
    async with browser(app, people.anna) as anna:
        for address, key in (("/", ["home"]), ("/manager/people", ["manager"]), ("/account", []), ("/", ["home"])):
            assert here.findall((await anna.get(address)).text) == key


@pytest.mark.usefixtures("people")
async def test_a_part_that_finds_nobody_signed_in_leads_back_to_its_page(stranger: httpx.AsyncClient) -> None:
    part = {"hx-request": "true", "hx-target": "span.bell-count", "hx-current-url": "http://localhost:8000/chat/channels/7?around=9"}
    answer = await stranger.get("/notifications/bell", headers=part)
    assert answer.headers["hx-redirect"] == "/sign-in?next=%2Fchat%2Fchannels%2F7%3Faround%3D9"
    moved = await stranger.get("/manager/people?q=a", headers={"hx-request": "true", "hx-target": "div#view", "hx-current-url": "http://localhost:8000/"})
    assert moved.headers["hx-redirect"] == "/sign-in?next=%2Fmanager%2Fpeople%3Fq%3Da"
