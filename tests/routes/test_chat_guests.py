"""What a guest may do in Chat and what the server refuses, line by line: GUEST-10 to GUEST-22."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from app import database
from app.models.chat import Channel, Message
from app.models.chat.direct import between
from app.models.chat.slash.registry import commands
from app.models.invitation import guests
from tests.conftest import browser
from tests.people import People

pytestmark = pytest.mark.anyio
HTMX = {"HX-Request": "true"}


@pytest.fixture
async def launch(people: People) -> AsyncIterator[Channel]:
    """Where Gina is with Beat."""
    yield await Channel.start(people.beat.viewer, "private", "launch", people=[people.gina.id])


@pytest.fixture
async def gina(app: httpx.ASGITransport, people: People) -> AsyncIterator[httpx.AsyncClient]:
    """A guest's browser."""
    async with browser(app, people.gina) as client:
        yield client


async def test_10_the_channel_says_that_a_guest_has_access(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    assert "1 guest" in (await browser(app, people.beat).get(launch.url)).text
    alone = await Channel.start(people.beat.viewer, "private", "alone")
    assert "1 guest" not in (await browser(app, people.beat).get(alone.url)).text


async def test_11_guests_pin(gina: httpx.AsyncClient, people: People, launch: Channel) -> None:
    id_ = await Message.post(launch, people.beat.viewer, "Keep this")
    assert (await gina.post(f"/chat/messages/{id_}/pin", headers=HTMX)).status_code == 200
    assert (await Message.get(id_)).pinned_at is not None


async def test_12_guests_use_commands_but_the_restricted_ones(gina: httpx.AsyncClient, launch: Channel) -> None:
    free = {word for word, one in commands.items() if not one.restricted}
    assert free >= {"me", "away", "dnd", "online", "status", "mute", "leave", "remind", "poll", "shrug", "msg", "search", "help"}
    for word in ("invite", "remove", "rename", "header", "purpose", "archive"):
        assert (await gina.post(f"{launch.url}/commands", data={"text": f"/{word} x"}, headers=HTMX)).status_code == 422
    assert (await gina.post(f"{launch.url}/commands", data={"text": "/me waves"}, headers=HTMX)).status_code == 200


async def test_13_and_14_guests_have_favourites_and_mute(gina: httpx.AsyncClient, people: People, launch: Channel) -> None:
    for mark in ("favourite", "mute"):
        assert (await gina.post(f"{launch.url}/{mark}", headers=HTMX)).status_code == 200
    row = await database.fetch_one("SELECT favourite_at, muted_at FROM channel_member WHERE account_id = $1", people.gina.id)
    assert row and row["favourite_at"] and row["muted_at"]
    assert (await gina.post(f"{launch.url}/place", data={"group": "new", "name": "Clients"}, headers=HTMX)).status_code == 200


async def test_18_guests_discover_no_public_channel(gina: httpx.AsyncClient, people: People, launch: Channel) -> None:
    public = await Channel.start(people.beat.viewer, "public", "everybody")
    id_ = await Message.post(public, people.beat.viewer, "zebra crossing")
    for url in (public.url, f"{public.url}/members", f"{public.url}/messages", f"/chat/messages/{id_}", "/chat/channels", "/chat/channels?archived=1", f"{public.url}/commands"):
        assert (await gina.get(url)).status_code == 404, url
    assert (await gina.post(f"{public.url}/membership", headers=HTMX)).status_code == 404
    assert "crossing" not in (await gina.get("/search?q=zebra")).text and public.url not in (await gina.get("/search?q=everybody")).text
    refused = await gina.post(f"{launch.url}/commands", data={"text": "/remind #everybody in 5 minutes x"}, headers=HTMX)
    assert refused.status_code == 422


async def test_19_guests_join_no_team(gina: httpx.AsyncClient, people: People) -> None:
    for url in ("/manager/teams", "/manager/teams/new"):
        assert (await gina.get(url)).status_code == 404


async def test_20_guests_write_only_to_whom_they_share_a_channel_with(gina: httpx.AsyncClient, people: People, launch: Channel) -> None:
    assert (await gina.post("/chat/direct", data={"account_id": str(people.beat.id)}, headers=HTMX)).status_code == 200
    for people_ids in ([people.chiara.id], [people.beat.id, people.chiara.id]):
        assert (await gina.post("/chat/direct", data={"account_id": [str(id_) for id_ in people_ids]}, headers=HTMX)).status_code == 404
    assert "Chiara" not in (await gina.get("/chat/people?q=chi")).text and "Beat" in (await gina.get("/chat/people?q=bea")).text
    assert (await gina.post(f"{launch.url}/commands", data={"text": "/msg @Chiara hello"}, headers=HTMX)).status_code == 422
    group = await between(people.beat.viewer, [people.gina.id, people.chiara.id])
    assert (await gina.get(group.url)).status_code == 200, "others may bring them together"


async def test_21_guests_invite_nobody(gina: httpx.AsyncClient, people: People, launch: Channel) -> None:
    for method, url, sent in (
        ("GET", f"{launch.url}/invitations/new", {}), ("POST", f"{launch.url}/guests", {"people": "x@y.example", "channels": str(launch.id)}),
        ("POST", f"{launch.url}/teams", {"team": "1"}),
    ):
        assert (await gina.request(method, url, data=sent or None)).status_code == 404, url
    assert (await gina.post(f"{launch.url}/members", data={"people": str(people.chiara.id)}, headers=HTMX)).status_code in (404, 422)
    assert people.chiara.id not in {row["account_id"] for row in await database.fetch("SELECT account_id FROM channel_member WHERE channel_id = $1", launch.id)}


async def test_a_guests_end_leaves_their_words_and_takes_their_access(app: httpx.ASGITransport, gina: httpx.AsyncClient, people: People, launch: Channel) -> None:
    id_ = await Message.post(await Channel.seen_by(people.gina.viewer, launch.id), people.gina.viewer, "my last words")
    await guests.remove_guest(people.anna.viewer, people.gina.id)
    assert (await gina.get(launch.url)).status_code in (303, 404)
    shown = (await browser(app, people.beat).get(launch.url)).text
    assert "my last words" in shown and "Gina Guest" in shown and f'id="m{id_}"' in shown
