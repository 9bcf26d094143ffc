"""Chat over HTTP: who gets what, what is answered, what is never answered."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from app import database
from app.lib.markdown import is_allowed
from app.models.chat import Channel, Message, members
from tests.conftest import browser
from tests.people import People, Person

pytestmark = pytest.mark.anyio
HTMX = {"HX-Request": "true"}


@pytest.fixture
async def launch(people: People) -> AsyncIterator[Channel]:
    yield await Channel.start(people.anna.viewer, "private", "launch", "Until March", people=[people.beat.id])


async def say(channel: Channel, person: Person, text: str) -> int:
    return await Message.post(await Channel.seen_by(person.viewer, channel.id), person.viewer, text)


async def test_a_channel_shows_what_was_said(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    id_ = await say(launch, people.anna, "The press kit is **final**.")
    page = await browser(app, people.beat).get(launch.url)
    assert page.status_code == 200
    assert "The press kit is <strong>final</strong>." in page.text
    assert f'id="m{id_}"' in page.text
    assert 'aria-current="page"' in page.text
    assert "style=" not in page.text and "onclick" not in page.text


async def test_opening_chat_goes_where_something_waits(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    await say(launch, people.anna, "@Beat please look")
    answer = await browser(app, people.beat).get("/chat")
    assert (answer.status_code, answer.headers["location"]) == (303, launch.url)
    assert (await browser(app, people.gina).get("/chat")).status_code == 200


async def test_outsiders_guests_and_others_find_nothing(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    id_ = await say(launch, people.anna, "secret")
    assert "secret" in (await browser(app, people.beat).get(launch.url)).text
    for person in (people.chiara, people.gina, people.erik):
        visitor = browser(app, person)
        for method, path in [
            ("GET", ""), ("GET", "/messages"), ("GET", "/changes"), ("GET", "/members"), ("GET", "/people"), ("GET", f"/messages/{id_}"), ("GET", "/edit"),
            ("POST", "/messages"), ("POST", ""), ("POST", "/membership"), ("POST", "/members"), ("POST", "/favourite"), ("POST", "/reading"),
            ("DELETE", "/membership"), ("DELETE", "/mute"), ("DELETE", f"/members/{people.beat.id}"),
        ]:
            answer = await visitor.request(method, launch.url + path, data={"text": "hi", "name": "x"} if method == "POST" else None)
            assert answer.status_code == 404, (method, path)
            assert "secret" not in answer.text
        for method, path in [("GET", ""), ("GET", "/edit"), ("POST", ""), ("DELETE", ""), ("POST", "/reactions"), ("DELETE", "/reactions?emoji=x"), ("DELETE", "/reading")]:
            answer = await visitor.request(method, f"/chat/messages/{id_}{path}", data={"text": "hi", "emoji": "👍"} if method == "POST" else None)
            assert answer.status_code == 404, (method, path)
    assert await database.fetch_value("SELECT COUNT(*) FROM message WHERE channel_id = $1", launch.id) == 1


async def test_guests_browse_nothing_and_reach_nobody(app: httpx.ASGITransport, people: People) -> None:
    gina = browser(app, people.gina)
    assert (await browser(app, people.beat).get("/chat/channels")).status_code == 200
    assert (await gina.get("/chat/channels")).status_code == 404
    assert (await gina.get("/chat/channels/new")).status_code == 404
    assert (await gina.post("/chat/direct", data={"account_id": str(people.anna.id)})).status_code == 404
    assert "Anna" not in (await gina.get("/chat/people?q=a")).text


async def test_the_same_key_posts_once_and_answers_alike(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna = browser(app, people.anna)
    first, second = [
        await anna.post(f"{launch.url}/messages", data={"text": "Hello"}, headers={**HTMX, "Idempotency-Key": "abc"}) for _ in range(2)
    ]
    assert first.status_code == second.status_code == 200
    assert first.text == second.text
    assert await database.fetch_value("SELECT COUNT(*) FROM message WHERE channel_id = $1", launch.id) == 1


async def test_a_plain_form_posts_and_comes_back(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna = browser(app, people.anna)
    answer = await anna.post(f"{launch.url}/messages", data={"text": "Without scripts", "_key": "form-1"})
    assert (answer.status_code, answer.headers["location"]) == (303, launch.url)
    refused = await anna.post(f"{launch.url}/messages", data={"text": "y" * 100_000})
    assert refused.status_code == 422
    assert "too long" in refused.text and "y" * 100_000 in refused.text


async def test_a_text_that_is_too_long_is_refused_with_words(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    answer = await browser(app, people.anna).post(f"{launch.url}/messages", data={"text": "y" * 100_000}, headers=HTMX)
    assert answer.status_code == 422
    assert "too long" in answer.headers["hx-trigger"]


async def test_writing_into_a_channel_just_left(app: httpx.ASGITransport, people: People) -> None:
    channel = await Channel.start(people.anna.viewer, "public", "open", people=[people.beat.id])
    beat = browser(app, people.beat)
    assert (await beat.delete(f"{channel.url}/membership")).status_code == 303
    answer = await beat.post(f"{channel.url}/messages", data={"text": "One more"}, headers=HTMX)
    assert answer.status_code == 422
    assert "in this channel any more" in answer.headers["hx-trigger"]
    assert "Join the channel" in (await beat.get(channel.url)).text


async def test_a_message_is_edited_deleted_and_reacted_to(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    id_ = await say(launch, people.anna, "Tuesday")
    anna, beat = browser(app, people.anna), browser(app, people.beat)
    assert "Tuesday" in (await anna.get(f"/chat/messages/{id_}/edit", headers=HTMX)).text
    assert (await beat.get(f"/chat/messages/{id_}/edit", headers=HTMX)).status_code == 422
    edited = await anna.post(f"/chat/messages/{id_}", data={"text": "Wednesday"}, headers=HTMX)
    assert "Wednesday" in edited.text and 'data-word="edited"' in edited.text
    reacted = await beat.post(f"/chat/messages/{id_}/reactions", data={"emoji": "👍"}, headers=HTMX)
    assert f'data-who="{people.beat.id}"' in reacted.text
    assert "reaction" not in (await beat.delete(f"/chat/messages/{id_}/reactions?emoji=👍", headers=HTMX)).text
    assert (await beat.delete(f"/chat/messages/{id_}", headers=HTMX)).status_code == 422
    deleted = await anna.delete(f"/chat/messages/{id_}", headers=HTMX)
    assert "Wednesday" not in deleted.text and 'data-word="deleted"' in deleted.text
    undo = re.search(r"/activity/\d+/undo", deleted.headers["hx-trigger"])
    assert undo and (await anna.post(undo[0], headers=HTMX)).status_code == 200
    assert "Wednesday" in (await beat.get(f"/chat/messages/{id_}", headers=HTMX)).text


async def test_pieces_link_to_what_comes_before_and_after(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    ids = [await say(launch, people.anna, f"number {n}") for n in range(120)]
    beat = browser(app, people.beat)
    newest = (await beat.get(f"{launch.url}/messages")).text
    assert f'href="{launch.url}?before={ids[70]}"' in newest and "?after=" not in newest
    older = (await beat.get(f"{launch.url}/messages?before={ids[70]}")).text
    assert f'id="m{ids[69]}"' in older and f'id="m{ids[20]}"' in older and f'id="m{ids[19]}"' not in older
    place = (await beat.get(f"{launch.url}/messages/{ids[10]}")).text
    assert f'data-target="{ids[10]}"' in place and f"?after={ids[35]}" in place
    assert (await beat.get(f"{launch.url}/changes?since={2**53 - 1}")).text.strip() == ""


async def test_unread_comes_back_where_one_stopped(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    ids = [await say(launch, people.anna, f"number {n}") for n in range(120)]
    beat = browser(app, people.beat)
    await beat.post(f"{launch.url}/reading", data={"up_to": str(ids[30])})
    page = (await beat.get(launch.url)).text
    assert f'data-read="{ids[30]}"' in page and f'id="m{ids[30]}"' in page and f'id="m{ids[119]}"' not in page
    assert 'data-count="0"' in page


async def test_favourites_mutes_and_members(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna = browser(app, people.anna)
    assert "Favourites" in (await anna.post(f"{launch.url}/favourite", headers=HTMX)).text
    assert "Unmute" in (await anna.post(f"{launch.url}/mute", headers=HTMX)).text
    assert "Favourites" not in (await anna.delete(f"{launch.url}/favourite", headers=HTMX)).text
    added = await anna.post(f"{launch.url}/members", data={"people": [str(people.chiara.id)]}, headers=HTMX)
    assert "1 person was added" in added.headers["hx-trigger"] and "undo_url" in added.headers["hx-trigger"]
    assert "Chiara Dotti" in (await anna.get(f"{launch.url}/members", headers={**HTMX, "hx-target": "aside#detail"})).text
    gone = await anna.delete(f"{launch.url}/members/{people.chiara.id}", headers=HTMX)
    assert "Chiara Dotti" not in gone.text
    assert (await browser(app, people.beat).delete(f"{launch.url}/members/{people.anna.id}", headers=HTMX)).status_code == 422
    assert len(await members.people_in(launch)) == 2


async def test_channels_and_conversations_are_started_from_forms(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    made = await anna.post("/chat/channels", data={"name": "Launch 2027", "kind": "private", "people": [str(people.beat.id)]})
    assert made.status_code == 303
    again = await anna.post("/chat/channels", data={"name": "launch-2027"})
    assert again.status_code == 422 and "already" in again.text
    bad = await anna.post("/chat/channels", data={"name": "a/b"}, headers={**HTMX, "HX-Target": "dialog#dialog"})
    assert bad.status_code == 422 and "letters" in bad.text and 'value="a/b"' in bad.text
    direct = await anna.post("/chat/direct", data={"account_id": str(people.beat.id)})
    assert direct.headers["location"] == (await browser(app, people.beat).post("/chat/direct", data={"account_id": str(people.anna.id)})).headers["location"]
    renamed = await anna.post(made.headers["location"], data={"name": "launch", "description": "All of it"})
    assert renamed.status_code == 303
    assert "All of it" in (await anna.get(made.headers["location"])).text


async def test_the_rail_counts_what_waits(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    await say(launch, people.anna, "@Beat one")
    await say(launch, people.anna, "@Beat two")
    page = (await browser(app, people.beat).get("/chat/channels")).text
    assert re.search(r'data-behavior="chat-badge"><span aria-hidden="true">2<', page)


@pytest.mark.parametrize("text", [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html,<script>)",
    "[x](vbscript:x)", "<javascript:alert(1)>", "![x](https://e.vil/pixel.png)", "[x](https://a.b\" onmouseover=\"alert(1))", "`<script>`", "```\"><script>\n</code>\n```",
    "[a](http://x 'y\" onclick=z')", "https://a.b/\"onclick=alert(1)", "@<script>", "| <b> |\n|---|\n| <i> |", "&lt;script&gt;", "&#x6A;avascript:alert(1)",
    "[x](&#106;avascript:alert(1))", "<a href='javascript:x'>", "<!-- x -->", "<?php ?>", "<![CDATA[x]]>", "</div></article>", "[x]: javascript:alert(1)\n[x]",
])
async def test_no_markup_of_a_writer_gets_out(app: httpx.ASGITransport, people: People, launch: Channel, text: str) -> None:
    answer = await browser(app, people.anna).post(f"{launch.url}/messages", data={"text": text}, headers=HTMX)
    assert answer.status_code == 200
    prose = re.search(r'<div class="prose">(.*?)</div>\s*</div>\s*</article>', answer.text, re.DOTALL)
    assert prose is not None
    assert is_allowed(prose[1])
    assert not re.search(r"<(script|img|b|i|iframe|div)\b|<[^>]*\son\w+=|href=\"(?!https?://|mailto:)", prose[1])
