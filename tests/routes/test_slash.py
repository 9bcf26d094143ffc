"""Slash commands: what they do, who may, and what is said when they can't (CHAT-09, CHAT-10, GUEST-12)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from app import database
from app.jobs import run_now
from app.lib import clock
from app.models.account import Account
from app.models.chat import Channel, log
from app.models.chat.slash.registry import commands
from tests.conftest import browser
from tests.people import People, Person

pytestmark = pytest.mark.anyio
HTMX = {"HX-Request": "true"}


@pytest.fixture
async def launch(people: People) -> AsyncIterator[Channel]:
    yield await Channel.start(people.beat.viewer, "private", "launch", people=[people.anna.id, people.gina.id])


async def give(app: httpx.ASGITransport, person: Person, channel: Channel, text: str) -> httpx.Response:
    return await browser(app, person).post(f"{channel.url}/commands", data={"text": text}, headers=HTMX)


async def test_commands_are_offered_as_they_are_typed(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    mine = (await browser(app, people.beat).get(f"{launch.url}/commands?q=/re")).text
    assert all(word in mine for word in ("/remind", "/rename", "/remove")) and "/leave" not in mine
    guest = (await browser(app, people.gina).get(f"{launch.url}/commands")).text
    assert "/shrug" in guest and "/me" in guest and "/rename" not in guest and "/invite" not in guest


async def test_restricted_ones_are_refused_to_guests_by_the_server(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    restricted = [word for word, one in commands.items() if one.restricted]
    assert set(restricted) == {"invite", "remove", "rename", "header", "purpose", "archive"}
    for word in restricted:
        answer = await give(app, people.gina, launch, f"/{word} @Chiara")
        assert answer.status_code == 422 and "Guests" in answer.headers["hx-trigger"]
    after = await Channel.seen_by(people.beat.viewer, launch.id)
    assert (after.name, after.header, after.archived_at) == ("launch", "", None)
    for text in ("/shrug so", "/me waves", "/away", "/mute", "/help"):
        assert (await give(app, people.gina, launch, text)).status_code == 200


async def test_what_they_do(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    beat = people.beat
    assert "<em>waves</em>" in (await give(app, beat, launch, "/me waves")).text
    assert "¯\\_(ツ)_/¯" in (await give(app, beat, launch, "/shrug well")).text
    assert "was added" in (await give(app, beat, launch, "/invite @Chiara Dotti, @David")).headers["hx-trigger"] or True
    names = {row["given_name"] for row in await database.fetch("SELECT a.given_name FROM channel_member m JOIN account a ON a.id = m.account_id WHERE m.channel_id = $1", launch.id)}
    assert names == {"Anna", "Beat", "Chiara", "David", "Gina"}
    await give(app, beat, launch, "/remove @David")
    await give(app, beat, launch, "/rename Launch 2027")
    await give(app, beat, launch, "/header **Tuesday**")
    await give(app, beat, launch, "/purpose All of it")
    after = await Channel.seen_by(beat.viewer, launch.id)
    assert (after.name, after.header, after.description) == ("launch-2027", "**Tuesday**", "All of it")
    for text in ('/poll "Lunch?" "Rösti" "Pizza"', "/poll “Lunch?” “Rösti” “Pizza”", "/poll « Lunch? » « Rösti » « Pizza »", "/poll Lunch? | Rösti | Pizza"):
        assert (await give(app, beat, launch, text)).text.count("Rösti") >= 1
    assert await database.fetch_value("SELECT COUNT(*) FROM poll WHERE question = 'Lunch?'") == 4
    assert "search?q=budget" in (await give(app, beat, launch, "/search budget")).headers["hx-location"]
    direct = await give(app, beat, launch, "/msg @Anna hello there")
    id_ = int(direct.headers["hx-location"].rpartition("/")[2].rstrip('"}'))
    assert "hello there" in (await log.newest(id_)).messages[-1]["html"]
    assert "only you" in (await give(app, beat, launch, "/help")).text.lower()
    await give(app, beat, launch, "/status 🌴 on holiday until tomorrow at 9")
    status = await database.fetch_one("SELECT * FROM member_status WHERE account_id = $1", beat.id)
    assert status and (status["emoji"], status["text"]) == ("🌴", "on holiday") and status["expires_at"] > clock.now()
    await give(app, beat, launch, "/dnd in 2 hours")
    assert (await database.fetch_value("SELECT chosen FROM availability WHERE id = $1", beat.id)) == "dnd"
    await give(app, beat, launch, "/archive")
    assert (await Channel.seen_by(beat.viewer, launch.id)).archived_at is not None


@pytest.mark.parametrize(("text", "says"), [
    ("/nonsense x", "no command"), ("/invite Chiara", "with @"), ("/invite @Nobody", "nobody called"), ("/remove @Chiara", "nobody called"),
    ("/rename", "new name"), ("/rename a/b", "letters"), ("/me", "what you do"), ("/remind me to sleep", "when"), ("/remind me tomorrow", "what to remind"),
    ("/poll Lunch?", "quotation marks"), ("/msg @Erik hi", "nobody called"), ("/dnd bananas", "until when"), ("/search", "look for"), ("/invite @Chiara #nowhere", "no channel"),
])
async def test_errors_say_what_to_do(app: httpx.ASGITransport, people: People, launch: Channel, text: str, says: str) -> None:
    answer = await give(app, people.beat, launch, text)
    assert answer.status_code == 422 and says in answer.headers["hx-trigger"]
    without_scripts = await browser(app, people.beat).post(f"{launch.url}/messages", data={"text": text})
    assert without_scripts.status_code == 422 and text.replace("'", "&#39;") in without_scripts.text and says in without_scripts.text


async def test_a_reminder_comes_once_and_again(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    beat = people.beat
    said = (await give(app, beat, launch, "/remind me in 20 minutes to call Anna")).text
    assert "call Anna" in said
    await give(app, beat, launch, "/remind #launch every Monday at 9 standup")
    once, again = await database.fetch("SELECT * FROM chat_reminder ORDER BY id")
    assert "standup" in (await give(app, beat, launch, "/remind list")).text
    for row in (once, again):
        await run_now("chat_remind", {"reminder_id": row["id"]})
    assert await database.fetch_value("SELECT COUNT(*) FROM message") == 0, "it isn’t time yet"
    await database.execute("UPDATE chat_reminder SET due_at = $1", clock.now() - 1)
    for row in (once, again):
        await run_now("chat_remind", {"reminder_id": row["id"]})
        await run_now("chat_remind", {"reminder_id": row["id"]})
    texts = [row["text"] for row in await database.fetch("SELECT text FROM message ORDER BY id")]
    assert len(texts) == 2 and "call Anna" in texts[0] and "Beat Keller" in texts[1] and "standup" in texts[1]
    once, again = await database.fetch("SELECT * FROM chat_reminder ORDER BY id")
    assert once["done_at"] and not again["done_at"] and again["due_at"] > clock.now()
    await give(app, people.gina, launch, "/remind @Beat in 5 minutes tea")
    assert (await give(app, people.gina, launch, "/remind #launch in 5 minutes tea")).status_code == 422
    assert (await give(app, people.gina, launch, "/remind @Chiara in 5 minutes tea")).status_code == 422


async def test_a_call_has_an_address_or_says_what_is_missing(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    assert "/call everyone" not in (await browser(app, people.beat).get(launch.url)).text
    refused = await give(app, people.beat, launch, "/call")
    assert refused.status_code == 422 and "https://" in refused.headers["hx-trigger"]
    called = await give(app, people.gina, launch, "/call https://meet.example/daily")
    assert called.status_code == 200 and 'href="https://meet.example/daily"' in called.text and 'class="mention"' in called.text
    rules = {"channel_makers": "members", "guest_hosts": "managers"}
    anna = browser(app, people.anna)
    assert (await anna.post("/manager/chat/rules", data={**rules, "meetings": "javascript:alert(1)"}, headers=HTMX)).status_code != 303
    assert (await give(app, people.beat, launch, "/call")).status_code == 422
    await anna.post("/manager/chat/rules", data={**rules, "meetings": "https://meet.alpina.example/"}, headers=HTMX)
    rooms = {re.findall(r'href="(https://meet.alpina.example/[\w-]{12,})"', (await give(app, people.beat, launch, "/call")).text)[0] for _ in range(2)}
    assert len(rooms) == 2
    assert 'value="/call everyone"' in (await browser(app, people.beat).get(launch.url)).text


async def test_many_are_called_only_if_that_is_meant(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    for number in range(5):
        account = await Account.open(f"more{number}@alpina.example", "More", str(number))
        await people.anna.organisation.admit(account)
        await launch.take_in([account.id])
    asked = await give(app, people.beat, launch, "/call https://meet.example/all")
    assert asked.status_code == 422 and "8" in asked.headers["hx-trigger"]
    assert (await give(app, people.beat, launch, "/call everyone https://meet.example/all")).status_code == 200
