"""What really arrives at a socket: a posted message, and nothing once a person's rights have changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app import live
from app.live.hub import ACCESS_ENDED, SIGNED_OUT
from app.live.socket import recheck
from app.models.chat import Channel
from app.models.chat.channel import PRIVATE
from app.models.organisation import Organisation
from app.models.session import Session
from app.models.sign_in_rules import change_policy
from app.models.viewer import Viewer
from tests.conftest import browser
from tests.live_server import Tab
from tests.people import People, Person


@pytest.fixture
async def port(app: httpx.ASGITransport) -> AsyncIterator[int]:
    """Where the suite of this test takes sockets."""
    config = uvicorn.Config(app.app, port=0, lifespan="off", log_level="warning", **live.UVICORN)  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


@asynccontextmanager
async def listening(port: int, person: Person, *topics: str) -> AsyncIterator[Tab]:
    """A tab of this person that listens to topics."""
    address = f"localhost:{port}"
    async with connect(f"ws://{address}/live", additional_headers={"Cookie": f"chalet={person.token}"}, origin=f"http://{address}") as socket:  # type: ignore[arg-type]
        tab = Tab(socket)
        assert await tab.subscribe(*topics) == ["subscribed"] * len(topics)
        yield tab


async def of_kind(tab: Tab, kind: str) -> dict[str, Any]:
    """The next event of a kind."""
    while (event := await tab.hear())["k"] != kind:
        pass
    return event


async def recheck_all(person: Person) -> None:
    """What the hub does every five minutes."""
    assert live._hub is not None
    for connection in live._hub.connections_of(person.id):
        await recheck(live._hub, connection)


async def test_a_posted_message_arrives_as_a_fragment(app: httpx.ASGITransport, people: People, port: int) -> None:
    channel = await Channel.start(people.anna.viewer, PRIVATE, "plans", people=[people.beat.id])
    topic = f"channel:{channel.id}"
    async with listening(port, people.beat, topic) as tab, browser(app, people.anna) as anna:
        assert (await anna.post(f"/chat/channels/{channel.id}/messages", data={"text": "hello **Beat**"})).status_code < 400
        async with asyncio.timeout(30):
            while (event := await tab.hear())["t"] != topic or "<strong>Beat</strong>" not in event.get("h", ""):
                pass
        assert "<article" in event["h"] or "<li" in event["h"]


async def test_an_open_panel_of_members_hears_who_is_invited_and_who_comes(app: httpx.ASGITransport, people: People, port: int) -> None:
    channel = await Channel.start(people.anna.viewer, PRIVATE, "plans", people=[people.beat.id])
    async with listening(port, people.beat, f"channel:{channel.id}") as tab, browser(app, people.anna) as anna:
        await anna.post(f"{channel.url}/guests", data={"people": "mia@agency.example", "channels": [channel.id]}, headers={"hx-request": "true"})
        assert (await of_kind(tab, "people"))["t"] == f"channel:{channel.id}"
        await anna.post(f"{channel.url}/members", data={"people": people.chiara.id}, headers={"hx-request": "true"})
        assert (await of_kind(tab, "people"))["t"] == f"channel:{channel.id}"
    async with browser(app, people.beat) as beat:
        panel = (await beat.get(f"{channel.url}/members?q=chi", headers={"hx-request": "true", "hx-target": "aside#detail"})).text
    assert "mia@agency.example" in panel and "Chiara" in panel and "Anna" not in panel, "what is looked for stays"
    assert f'data-live="channel:{channel.id}"' in panel and "live:people" in panel


async def test_a_socket_ends_with_the_session(app: httpx.ASGITransport, people: People, port: int) -> None:
    async with listening(port, people.beat) as tab:
        await (await Session.get(people.beat.viewer.session_id)).end()
        with pytest.raises(ConnectionClosed) as closed:
            await tab.hear()
        assert closed.value.rcvd and closed.value.rcvd.code == SIGNED_OUT


async def test_a_socket_follows_what_its_person_may_do(app: httpx.ASGITransport, people: People, port: int) -> None:
    async with listening(port, people.beat) as tab:
        await people.beat.membership.revoke("chat", "use")
        await recheck_all(people.beat)
        [connection] = live._hub.connections_of(people.beat.id)  # type: ignore[union-attr]
        assert "chat.use" not in connection.person.rights, "renewed"  # type: ignore[attr-defined]
        await people.beat.account.disable()
        with pytest.raises(ConnectionClosed):
            await tab.hear()


async def test_a_viewer_is_renewed_with_new_rights_or_not_at_all(app: httpx.ASGITransport, people: People) -> None:
    beat = people.beat.viewer
    await people.beat.membership.grant("drive", "manage")
    fresh = await Viewer.renewed(beat)
    assert fresh is not None and "drive.manage" in fresh.rights and "drive.manage" not in beat.rights
    there = await (await Organisation.get(people.erik.organisation.id)).admit(people.beat.account)
    await (await Session.get(beat.session_id)).go_to(there.id)
    moved = await Viewer.renewed(beat)
    assert moved is not None and moved.org_id == people.erik.organisation.id
    await (await Session.get(beat.session_id)).go_to(people.beat.membership.id)
    await change_policy(people.anna.viewer, two_factor="members", grace_days=0)
    assert await Viewer.renewed(beat) is None, "held until a second factor is set up"
    await change_policy(people.anna.viewer, two_factor="")
    await (await Session.get(beat.session_id)).end()
    assert await Viewer.renewed(beat) is None


async def test_a_socket_of_another_organisation_is_closed(app: httpx.ASGITransport, people: People, port: int) -> None:
    there = await (await Organisation.get(people.erik.organisation.id)).admit(people.beat.account)
    async with listening(port, people.beat) as tab:
        await (await Session.get(people.beat.viewer.session_id)).go_to(there.id)
        with pytest.raises(ConnectionClosed) as closed:
            await tab.hear()
        assert closed.value.rcvd and closed.value.rcvd.code in (ACCESS_ENDED, SIGNED_OUT)


async def test_who_is_held_hears_nothing(app: httpx.ASGITransport, people: People, port: int) -> None:
    await change_policy(people.anna.viewer, two_factor="members", grace_days=0)
    with pytest.raises(ConnectionClosed):
        async with listening(port, people.beat, "org:1"):
            pass
