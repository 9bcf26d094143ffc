"""Webhooks in and out, commands elsewhere, bots and their API."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app import database
from app.jobs.runner import drain
from app.lib.rates import Buckets
from app.models.chat import Channel, log
from app.models.chat.integrations import calling, incoming, outgoing, outside_commands
from app.models.chat.integrations.integration import make, switch
from app.routes.api import door
from app.routes.api.schema import FACTS, document
from app.routes.api.v1 import API
from tests.conftest import browser
from tests.people import People
from tests.program import Program, a_program

pytestmark = pytest.mark.anyio
HTMX = {"HX-Request": "true"}


@pytest.fixture
async def launch(people: People) -> AsyncIterator[Channel]:
    yield await Channel.start(people.anna.viewer, "public", "launch", people=[people.beat.id])


@pytest.fixture
def program() -> Iterator[Program]:
    with a_program() as one:
        calling.use([one.host])
        yield one
    calling.use([])


async def said(channel: Channel) -> list[str]:
    return [row["html"] for row in (await log.newest(channel.id)).messages]


async def test_an_incoming_webhook_takes_slacks_payload(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    _one, token = await make(people.anna.viewer, "incoming", "Build", channel_id=launch.id)
    async with httpx.AsyncClient(transport=app, base_url="http://localhost:8000") as program:
        answer = await program.post(f"/hooks/{token}", json={"text": "*failed* <https://ci.example|log>", "username": "CI", "attachments": [{"text": "red"}]})
        assert (answer.status_code, answer.text) == (200, "ok")
        assert (await program.post(f"/hooks/{token}", data={"payload": json.dumps({"text": "as a form"})})).status_code == 200
        for body, status, word in ((b"{", 400, "invalid_payload"), (b"[]", 400, "invalid_payload"), (b"{}", 400, "no_text"), (b"[" * 5000, 400, "invalid_payload")):
            answer = await program.post(f"/hooks/{token}", content=body, headers={"content-type": "application/json"})
            assert (answer.status_code, answer.text) == (status, word)
        assert (await program.post("/hooks/nonsense", json={"text": "x"})).status_code == 404
    first, second = (await log.newest(launch.id)).messages
    assert "<strong>failed</strong>" in first["html"] and "<blockquote>" in first["html"] and first["name"] == "CI" and second["name"] == "Build"
    assert (await database.fetch_value("SELECT token_hash FROM integration")) != token


async def test_a_flood_is_held_back(app: httpx.ASGITransport, people: People, launch: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "_floods", Buckets(rate=0.001, burst=5))
    one, token = await make(people.anna.viewer, "incoming", "Build", channel_id=launch.id)
    async with httpx.AsyncClient(transport=app, base_url="http://localhost:8000") as program:
        answers = [await program.post(f"/hooks/{token}", json={"text": f"{n}"}) for n in range(9)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 4 and answers[-1].headers["retry-after"]
        await switch(people.anna.viewer, one, False)
        assert (await program.post(f"/hooks/{token}", json={"text": "off"})).status_code == 404
    assert len(await said(launch)) == 5


async def test_an_archived_channel_takes_nothing(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    _one, token = await make(people.anna.viewer, "incoming", "Build", channel_id=launch.id)
    await launch.change(archived_at=1)
    async with httpx.AsyncClient(transport=app, base_url="http://localhost:8000") as program:
        answer = await program.post(f"/hooks/{token}", json={"text": "x"})
    assert (answer.status_code, answer.text) == (410, "channel_is_archived")


async def test_an_outgoing_webhook_is_signed_and_tried_again(app: httpx.ASGITransport, people: People, launch: Channel, program: Program) -> None:
    one, secret = await make(people.anna.viewer, "outgoing", "Tickets", channel_id=launch.id, word="ticket", url=program.url)
    program.answers = [(503, b""), (200, b'{"text": "Ticket 7 is open"}')]
    beat = browser(app, people.beat)
    await beat.post(f"{launch.url}/messages", data={"text": "nothing for you"})
    await beat.post(f"{launch.url}/messages", data={"text": "Ticket printer is broken"})
    with pytest.raises(outgoing.Unheard):
        await drain()
    await database.execute("UPDATE job SET leased_until = 0, run_at = 0")
    await drain()
    assert len(program.heard) == 2
    headers, body = program.heard[1]
    assert headers["chalet-signature"] == calling.signature(secret, headers["chalet-timestamp"], body)
    told = json.loads(body)
    assert told["text"] == "Ticket printer is broken" and told["user_name"] == "Beat Keller" and told["channel_name"] == "launch"
    assert "Ticket 7 is open" in (await said(launch))[-1]
    assert [row["status"] for row in await database.fetch("SELECT status FROM integration_delivery WHERE integration_id = $1 AND direction = 'out' ORDER BY id", one.id)] == [503, 200]
    await drain()
    assert len(program.heard) == 2, "what a program answers is told to no program"
    program.answers = [(410, b"")]
    await beat.post(f"{launch.url}/messages", data={"text": "ticket again"})
    await drain()
    assert await database.fetch_value("SELECT disabled_at FROM integration WHERE id = $1", one.id), "410 Gone switches it off"


async def test_private_hosts_are_never_called(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna = browser(app, people.anna)
    for url in ("http://localhost/x", "https://127.0.0.1/x", "https://10.0.0.1/", "https://a.internal/", "ftp://a.example/", "nonsense"):
        answer = await anna.post("/manager/chat/integrations?kind=outgoing", data={"name": "X", "url": url, "channel_id": str(launch.id)}, headers={**HTMX, "HX-Target": "dialog#dialog"})
        assert answer.status_code == 422 and url in answer.text and "https://" in answer.text


async def test_a_command_elsewhere(app: httpx.ASGITransport, people: People, launch: Channel, program: Program) -> None:
    await make(people.anna.viewer, "command", "Lunch", word="lunch", description="What there is", url=program.url)
    beat = browser(app, people.beat)
    assert "/lunch" in (await beat.get(f"{launch.url}/commands?q=lu")).text
    program.answers = [(200, '{"text": "*Rösti*"}'.encode()), (200, b'{"response_type": "in_channel", "text": "for all"}'), (200, b""), (500, b"")]
    alone = await beat.post(f"{launch.url}/commands", data={"text": "/lunch today"}, headers=HTMX)
    assert "<strong>Rösti</strong>" in alone.text and "only you" in alone.text.lower() and await said(launch) == []
    assert "for all" in (await beat.post(f"{launch.url}/commands", data={"text": "/lunch"}, headers=HTMX)).text
    assert (await beat.post(f"{launch.url}/commands", data={"text": "/lunch"}, headers=HTMX)).status_code == 200
    failed = await beat.post(f"{launch.url}/commands", data={"text": "/lunch"}, headers=HTMX)
    assert failed.status_code == 422 and "500" in failed.headers["hx-trigger"]
    fields = {name: values[0] for name, values in parse_qs(program.heard[0][1].decode()).items()}
    assert fields["command"] == "/lunch" and fields["text"] == "today" and fields["user_id"] == str(people.beat.id)
    later = urlsplit(fields["response_url"]).path
    async with httpx.AsyncClient(transport=app, base_url="http://localhost:8000") as outside:
        for _ in range(5):
            assert (await outside.post(later, json={"response_type": "in_channel", "text": "later"})).status_code == 200
        assert (await outside.post(later, json={"text": "a sixth"})).status_code == 404
    assert sum("later" in html for html in await said(launch)) == 5
    assert outside_commands.IN_CHANNEL == "in_channel"


async def test_the_api(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    one, token = await make(people.anna.viewer, "bot", "Helper", channel_id=launch.id, scopes="read write react")
    private = await Channel.start(people.anna.viewer, "private", "secret")
    async with httpx.AsyncClient(transport=app, base_url="http://localhost:8000/api/v1", headers={"authorization": f"Bearer {token}"}) as bot:
        assert (await bot.get("/me")).json()["name"] == "Helper"
        assert {channel["name"] for channel in (await bot.get("/channels")).json()} == {"general", "launch"}
        sent = [await bot.post(f"/channels/{launch.id}/messages", json={"text": "Hello **all**"}, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
        assert [answer.status_code for answer in sent] == [201, 201] and sent[0].json()["id"] == sent[1].json()["id"]
        id_ = sent[0].json()["id"]
        assert (await bot.patch(f"/messages/{id_}", json={"text": "Hello"})).json()["text"] == "Hello"
        assert (await bot.post(f"/messages/{id_}/reactions", json={"emoji": "👍"})).json()["reactions"] == [{"emoji": "👍", "people": [str(one.account_id)]}]
        assert (await bot.delete(f"/messages/{id_}/reactions", params={"emoji": "👍"})).status_code == 204
        listed = (await bot.get(f"/channels/{launch.id}/messages")).json()
        assert [message["text"] for message in listed["messages"]] == ["Hello"] and listed["before"] is None
        assert (await bot.get(f"/channels/{private.id}")).status_code == 404 and (await bot.get(f"/channels/{private.id}/messages")).status_code == 404
        assert (await bot.get(f"/channels/{launch.id}/members")).json()["error"]["code"] == "missing_scope"
        for body in (b"{", b'{"text": ""}', b'{"text": 3}', b'{"text": "x", "else": 1}', b"[" * 100_000):
            answer = await bot.post(f"/channels/{launch.id}/messages", content=body)
            assert answer.status_code == 400 and answer.json()["error"]["code"] == "invalid"
        assert (await bot.delete(f"/messages/{id_}")).status_code == 204
        await switch(people.anna.viewer, one, False)
        assert (await bot.get("/me")).status_code == 401
    assert (await browser(app, people.anna).get("/api/v1/me")).status_code == 401, "a session is no token"


async def test_the_api_is_limited(app: httpx.ASGITransport, people: People, launch: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_buckets", Buckets(rate=0.001, burst=3))
    _one, token = await make(people.anna.viewer, "bot", "Helper", scopes="channels members")
    async with httpx.AsyncClient(transport=app, base_url="http://localhost:8000/api/v1", headers={"authorization": f"Bearer {token}"}) as bot:
        made = await bot.post("/channels", json={"name": "by-a-bot"})
        assert made.status_code == 201 and made.json()["is_member"]
        assert (await bot.post(f"/channels/{made.json()['id']}/members", json={"people": [str(people.beat.id), str(people.gina.id)]})).json() == {"added": 1}
        assert [(await bot.get("/me")).status_code for _ in range(3)] == [200, 429, 429]


def test_the_schema_has_every_call() -> None:
    assert {handler.fn.__name__ for handler in API} == set(FACTS)
    made = json.dumps(document())
    assert made.count('"operationId"') == len(API)
    assert all(f'"{name}": {{' in made for name in set(re.findall(r"#/components/schemas/(\w+)", made)))


async def test_they_are_managed_by_those_who_manage_chat(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna, beat = browser(app, people.anna), browser(app, people.beat)
    dialog = {**HTMX, "HX-Target": "dialog#dialog"}
    assert (await beat.get("/manager/chat/integrations")).status_code == 404
    assert (await beat.get("/manager/api")).status_code == 200
    for kind in ("incoming", "outgoing", "command", "bot"):
        assert (await anna.get(f"/manager/chat/integrations/new?kind={kind}", headers=dialog)).status_code == 200
        assert (await anna.post(f"/manager/chat/integrations?kind={kind}", data={"name": "X"}, headers=dialog)).status_code == 422
    made = await anna.post("/manager/chat/integrations?kind=incoming", data={"name": "Build", "channel_id": str(launch.id)}, headers=dialog)
    token = re.search(r"/hooks/([\w-]+)", made.text)
    assert token and "shown once" in made.text
    id_ = await database.fetch_value("SELECT id FROM integration")
    here = f"/manager/chat/integrations/{id_}"
    shown = (await anna.get(here)).text
    assert token[1] not in shown and token[1][-4:] in shown
    assert "stands in the channel" in (await anna.post(f"{here}/test", headers=HTMX)).headers["hx-trigger"]
    assert "no calls" not in (await anna.get(f"{here}/log")).text.lower()
    renewed = await anna.post(f"{here}/token", headers=dialog)
    assert "/hooks/" in renewed.text and token[1] not in renewed.text
    assert (await anna.post(f"{here}/pause", headers=HTMX)).status_code == 200 and "Switched off" in (await anna.get("/manager/chat/integrations")).text
    assert (await anna.delete(f"{here}/pause", headers=HTMX)).status_code == 200
    assert (await anna.post(here, data={"name": "Builder", "channel_id": str(launch.id)}, headers=dialog)).status_code == 200
    assert (await beat.get(here)).status_code == 404 and (await browser(app, people.erik).get(here)).status_code == 404
    assert (await anna.delete(here, headers=HTMX)).status_code == 200 and (await anna.get(here)).status_code == 404
