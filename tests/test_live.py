"""Live updates: who hears what, in which order, and what ends it."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from app import database, live
from app.live import hub as hubs
from app.live import registry, wires
from app.live.frames import Event, Frame, encode
from app.live.hub import Allowance, Connection, Hub, Publication
from tests.live_server import CLOSED_ROOM, SLOW_ROOM, Person, forbidden, run, serving, signed_out, tab


class Paper:
    """A wire that keeps what is written; `backlog` bytes seem to wait."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.backlog = 0
        self.closed: int | None = None

    def write(self, frame: Frame) -> None:
        self.frames.append(frame.text)

    def waiting(self) -> int:
        return self.backlog

    def is_gone(self) -> bool:
        return False

    def close(self, code: int) -> None:
        self.closed = code

    def abort(self) -> None: ...


def join(hub: Hub, account: int, *topics: str) -> tuple[Connection, Paper]:
    paper = Paper()
    connection = Connection(Person(account, 1, account), paper)
    hub.join(connection)
    for name in topics:
        hub.subscribe(connection, name)
    return connection, paper


def say(hub: Hub, topic: str, number: int, only: set[int] | None = None) -> None:
    publication = Publication(encode(Event(topic, "n", d=number)), None if only is None else frozenset(only))
    hub.publish(topic, publication)


def test_a_frame_is_framed_by_its_length() -> None:
    assert Frame(b"x" * 125).wire[:2] == bytes((0x81, 125))
    assert Frame(b"x" * 126).wire[:4] == bytes((0x81, 126, 0, 126))
    assert Frame(b"x" * 65536).wire[:10] == bytes((0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0))


def test_an_allowance_refills() -> None:
    allowance = Allowance(2, 1)
    assert [allowance.take(100) for _ in range(3)] == [True, True, False]
    assert [allowance.take(101) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("name", ["room", "room:", "room:x", "room:-1", "Room:1", "room:01", "room:1:2", "room:١", "room:1\n"])
def test_what_is_no_topic(name: str) -> None:
    assert registry.parse("room:1") == ("room", 1)
    assert registry.parse(name) is None


@run
async def test_the_first_event_goes_at_once_and_the_rest_together() -> None:
    hub = Hub()
    _, paper = join(hub, 1, "room:1")
    for number in range(5):
        say(hub, "room:1", number)
    assert paper.frames == [b'[{"t":"room:1","k":"n","d":0}]']
    await asyncio.sleep(0.05)
    assert len(paper.frames) == 2
    assert [f'"d":{number}' in paper.frames[1].decode() for number in range(1, 5)] == [True] * 4
    await asyncio.sleep(0.05)
    say(hub, "room:1", 5)
    assert len(paper.frames) == 3


@run
async def test_some_accounts_only_without_losing_the_order() -> None:
    hub = Hub()
    _, annas = join(hub, 1, "room:1")
    _, beats = join(hub, 2, "room:1")
    say(hub, "room:1", 0, only={2})
    say(hub, "room:1", 1)
    say(hub, "room:1", 2, only={1})
    await asyncio.sleep(0.05)
    assert b"".join(annas.frames) == b'[{"t":"room:1","k":"n","d":1},{"t":"room:1","k":"n","d":2}]'
    assert b"".join(beats.frames) == b'[{"t":"room:1","k":"n","d":0}][{"t":"room:1","k":"n","d":1}]'


@run
async def test_a_large_topic_is_written_in_slices_and_nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "SLICE", 3)
    hub = Hub()
    readers = [join(hub, number, "room:1") for number in range(10)]
    say(hub, "room:1", 0)
    assert sum(len(paper.frames) for _, paper in readers) == 3
    unwritten = next(connection for connection, paper in readers if not paper.frames)
    hub.cut(unwritten.person.account_id, "room:1")
    say(hub, "room:1", 1)
    await asyncio.sleep(0.1)
    for connection, paper in readers:
        expected = [b"cut"] if connection is unwritten else [b'"d":0', b'"d":1']
        assert len(paper.frames) == len(expected)
        assert all(word in frame for word, frame in zip(expected, paper.frames, strict=True))


@run
async def test_a_hub_forgets_what_nobody_listens_to() -> None:
    hub = Hub()
    connection, _ = join(hub, 1, "room:1", "room:2")
    assert set(hub.topics) == {"account:1", "org:1", "room:1", "room:2"}
    hub.unsubscribe(connection, "room:1")
    assert "room:1" not in hub.topics
    say(hub, "room:2", 0)
    hub.leave(connection)
    await asyncio.sleep(0.05)
    assert hub.topics == {}
    assert not hub.connections


@run
async def test_a_lagging_reader_refetches_or_goes() -> None:
    hub = Hub()
    connection, paper = join(hub, 1, "room:1")
    paper.backlog = wires.FULL + 1
    say(hub, "room:1", 0)
    assert paper.frames == []
    assert hub.lagging == {connection}
    now = asyncio.get_running_loop().time()
    hub.sweep(now + 1)
    assert paper.frames == []
    paper.backlog = 0
    hub.sweep(now + 2)
    assert paper.frames == [b'[{"k":"refetch"}]']
    paper.backlog = wires.FULL + 1
    await asyncio.sleep(0.05)
    say(hub, "room:1", 1)
    hub.sweep(now + 3 + hubs.LAG_LIMIT)
    assert paper.closed == 4008
    assert not hub.connections


@run
async def test_only_those_who_may_can_subscribe() -> None:
    async with serving() as url, tab(url, 1) as anna:
        names = ["room:1", f"room:{CLOSED_ROOM}", "nonsense:1", "account:2", "org:2", "account:1", "org:1"]
        assert await anna.subscribe(*names) == ["subscribed"] + ["refused"] * 4 + ["subscribed"] * 2
        for name in names:
            live.publish(name, "changed")
        assert {(await anna.hear())["t"] for _ in range(3)} == {"room:1", "account:1", "org:1"}
        assert await anna.silence()


@run
async def test_own_topics_come_without_asking_and_stay() -> None:
    async with serving() as url, tab(url, 1) as anna, tab(url, 2) as beat:
        await anna.send(unsub=["account:1"], active=False)
        await anna.subscribe("room:1")
        live.publish("account:1", "bell", data={"count": 3})
        assert await anna.hear() == {"t": "account:1", "k": "bell", "d": {"count": 3}}
        assert await beat.silence()


@run
async def test_nothing_goes_out_before_commit_or_after_rollback() -> None:
    async with serving() as url, tab(url) as anna:
        await anna.subscribe("room:1")
        with pytest.raises(ZeroDivisionError):
            async with database.transaction():
                live.publish("room:1", "regretted")
                raise ZeroDivisionError
        async with database.transaction():
            live.publish("room:1", "message")
            assert await anna.silence()
        assert await anna.hear() == {"t": "room:1", "k": "message"}


@run
async def test_a_long_fragment_arrives_whole() -> None:
    async with serving() as url, tab(url) as anna:
        await anna.subscribe("room:1")
        for size in (10, 1000, 100_000):
            live.publish("room:1", "message", html="é<p>" * size)
            assert await anna.hear() == {"t": "room:1", "k": "message", "h": "é<p>" * size}


@run
async def test_many_events_arrive_once_in_order_in_few_frames() -> None:
    async with serving() as url, tab(url, 1) as anna, tab(url, 2) as beat:
        for reader in (anna, beat):
            await reader.subscribe("room:1")
        for number in range(300):
            live.publish("room:1", "n", data=number)
            if number % 10 == 9:
                await asyncio.sleep(0.005)
        for reader in (anna, beat):
            assert [(await reader.hear())["d"] for _ in range(300)] == list(range(300))
            assert await reader.silence()
            assert len(reader.frames) <= 60


@run
async def test_a_reader_that_never_reads_delays_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "LAG_LIMIT", 1.0)
    async with serving() as url, tab(url, 1) as anna:
        deaf = _deaf(url)
        await anna.subscribe("room:1")
        while len(live.connections_of(7)) < 1:
            await asyncio.sleep(0.01)
        [connection] = live.connections_of(7)
        assert live._hub is not None
        live._hub.subscribe(connection, "room:1")
        for number in range(150):
            live.publish("room:1", "message", html="x" * 40_000, data=number)
            assert (await anna.hear())["d"] == number
        assert connection.lagging_since is not None
        assert connection.wire.waiting() < wires.FULL + 100_000
        while live.connections_of(7):
            await asyncio.sleep(0.05)
        deaf.close()


@run
async def test_a_reader_that_never_reads_delays_no_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(live.UVICORN, "timeout_graceful_shutdown", 100)
    async with serving() as url, tab(url, 1) as anna:
        deaf = _deaf(url)
        await anna.subscribe("room:1")
        for _ in range(400):
            live.publish("account:7", "message", html="x" * 20_000)
            await asyncio.sleep(0.001)
        [connection] = live.connections_of(7)
        assert connection.lagging_since is not None
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 50
    deaf.close()


def _deaf(url: str) -> socket.socket:
    """A client that makes the handshake and then never reads."""
    host, port = url.split("/")[2].split(":")
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((host, int(port)))
    client.sendall(
        b"GET /live?account=7 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    return client


@run
async def test_a_cut_ends_a_subscription_and_says_so() -> None:
    async with serving() as url, tab(url, 1) as anna, tab(url, 1) as annas_phone, tab(url, 2) as beat:
        for reader in (anna, annas_phone, beat):
            assert await reader.subscribe("room:1", "room:2") == ["subscribed"] * 2
        forbidden.add((1, 1))
        live.cut(1, "room:1")
        for reader in (anna, annas_phone):
            assert await reader.hear() == {"t": "room:1", "k": "cut"}
        live.publish("room:1", "message")
        live.publish("room:2", "message")
        assert (await beat.hear())["t"] == "room:1"
        assert await anna.hear() == {"t": "room:2", "k": "message"}
        assert await anna.subscribe("room:1") == ["refused"]


@run
async def test_all_listeners_of_a_kind_are_asked_again() -> None:
    async with serving() as url, tab(url, 1) as anna, tab(url, 2) as beat:
        for reader in (anna, beat):
            assert await reader.subscribe("room:1", "room:2") == ["subscribed"] * 2
        forbidden.add((1, 2))
        live.recheck_topic("room:")
        assert await anna.hear() == {"t": "room:2", "k": "cut"}
        live.publish("room:2", "message")
        live.publish("room:1", "message")
        assert (await anna.hear())["t"] == "room:1"
        assert (await beat.hear())["t"] == "room:2"


@run
async def test_a_cut_also_stops_a_subscription_that_is_being_checked() -> None:
    async with serving() as url, tab(url, 1) as anna:
        assert await anna.subscribe("room:2") == ["subscribed"]
        await anna.send(sub=[f"room:{SLOW_ROOM}"])
        [connection] = live.connections_of(1)
        while not connection.checking:
            await asyncio.sleep(0.001)
        live.cut(1, f"room:{SLOW_ROOM}")
        assert await anna.hear() == {"t": f"room:{SLOW_ROOM}", "k": "refused"}


@run
async def test_close_codes() -> None:
    async with serving() as url:
        async with tab(url, None) as stranger:
            assert await stranger.close_code() == 4001
        async with tab(url, 1, session=11) as phone, tab(url, 1, session=12) as laptop:
            await phone.subscribe("room:1")
            await laptop.subscribe("room:1")
            live.cut_session(11)
            assert await phone.close_code() == 4001
            live.publish("account:1", "still")
            assert (await laptop.hear())["k"] == "still"
            live.cut_account(1)
            assert await laptop.close_code() == 4003
        async with tab(url, 1) as chatterbox:
            for _ in range(100):
                await chatterbox.send(active=True)
            assert await chatterbox.close_code() == 4029
        for nonsense in ("nonsense", "[]", '{"sub":1}', '{"other":1}', "{}" * 5):
            async with tab(url, 1) as anna:
                await anna.socket.send(nonsense)
                assert await anna.close_code() == 4400
        async with tab(url, 1) as anna:
            await anna.socket.send('{"sub":["' + "x" * 20_000 + '"]}')
            assert await anna.close_code() == 1009
        await asyncio.sleep(0.1)
        assert live.status() == {"connections": 0, "topics": 0, "lagging": 0, "bus": True}


@run
async def test_an_account_has_so_many_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.live.socket.MOST_SOCKETS", 2)
    async with serving() as url, tab(url, 1) as one, tab(url, 1) as two:
        await one.subscribe("room:1")
        await two.subscribe("room:1")
        async with tab(url, 1) as three, tab(url, 2) as beat:
            assert await three.close_code() == 4029
            assert await beat.subscribe("room:1") == ["subscribed"]


@run
async def test_a_socket_has_so_many_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.live.socket.MOST_TOPICS", 4)
    async with serving() as url, tab(url, 1) as anna:
        assert await anna.subscribe("room:1", "room:2", "room:3") == ["subscribed", "subscribed", "refused"]
        await anna.send(unsub=["room:1"])
        assert await anna.subscribe("room:3") == ["subscribed"]


@run
async def test_a_restart_sends_everybody_away_for_a_moment() -> None:
    async with serving() as url:
        async with tab(url, 1) as anna:
            await anna.subscribe("room:1")
            await live.close()
            assert await anna.close_code() == 1012
        async with tab(url, 1) as anna:
            assert await anna.close_code() == 1012


@run
async def test_typing_reaches_those_who_listen_and_comes_only_from_them() -> None:
    async with serving() as url, tab(url, 1) as anna, tab(url, 2) as beat:
        await anna.subscribe("room:1")
        await beat.send(say={"t": "room:1", "k": "waving"})
        assert await anna.silence()
        await beat.subscribe("room:1")
        await beat.send(say={"t": "room:1", "k": "unheard-of"})
        await beat.send(say={"t": "room:1", "k": "waving", "d": "refused by the signal"})
        await beat.send(say={"t": "room:1", "k": "waving"})
        assert await anna.hear() == {"t": "room:1", "k": "waving", "d": {"account": 2}}
        for _ in range(20):
            await beat.send(say={"t": "room:1", "k": "waving"})
        assert not await anna.silence(1)
        await asyncio.sleep(0.3)
        assert sum(len(frame) for frame in anna.frames) <= 1 + hubs.SIGNALS_BURST + 2


@run
async def test_a_session_that_ended_unseen_is_found() -> None:
    async with serving() as url, tab(url, 1) as anna, tab(url, 2) as beat:
        await anna.subscribe("room:1", "room:2")
        await beat.subscribe("room:1")
        signed_out.add(2)
        forbidden.add((1, 1))
        live._lost()
        assert await beat.close_code() == 4001
        assert await anna.hear() == {"t": "room:1", "k": "cut"}
        assert await anna.hear() == {"k": "refetch"}


@run
async def test_presence_hears_of_tabs() -> None:
    seen: list[tuple[int, bool, bool]] = []
    notice = live.on_presence(lambda tab: seen.append((tab.person.account_id, tab.is_open, tab.active)))
    try:
        async with serving() as url, tab(url, 1) as anna:
            await anna.send(active=False)
            await anna.send(active=False)
            await anna.subscribe("room:1")
            assert [connection.active for connection in live.connections_of(1)] == [False]
        assert seen == [(1, True, True), (1, True, False), (1, True, False), (1, False, False)], "the third shows something else"
    finally:
        registry.presences.remove(notice)


@run
async def test_internal_news_reach_this_process_at_once() -> None:
    heard: list[Any] = []
    live.on_internal("test.drop")(heard.append)
    async with serving():
        live.broadcast_internal("test.drop", {"org": 1})
    assert heard == [{"org": 1}]


@run
async def test_a_server_without_a_transport_gets_the_queue() -> None:
    def around(app: Any) -> Any:
        async def hidden(scope: Any, receive: Any, send: Any) -> None:
            async def plain(message: Any) -> None:
                await send(message)

            await app(scope, receive, plain)

        return hidden

    async with serving(around) as url, tab(url, 1) as anna:
        await anna.subscribe("room:1")
        [connection] = live.connections_of(1)
        assert isinstance(connection.wire, wires.QueuedWire)
        for number in range(50):
            live.publish("room:1", "n", data=number)
        assert [(await anna.hear())["d"] for _ in range(50)] == list(range(50))
        live.cut_session(1)
        assert await anna.close_code() == 4001


@run
async def test_a_connection_that_just_broke_harms_nobody() -> None:
    async with serving() as url, tab(url, 1) as anna, tab(url, 2) as beat:
        await anna.subscribe("room:1")
        await beat.subscribe("room:1")
        [broken] = live.connections_of(2)
        broken.wire.abort()
        hub = live._hub
        assert hub is not None
        assert broken in hub.connections
        hub.beat(broken.slot)
        live.publish("room:1", "message")
        await asyncio.sleep(0.05)
        broken.wire.write(Frame(b"[]"))
        live.publish("room:1", "message")
        assert [(await anna.hear())["k"] for _ in range(2)] == ["message"] * 2


@run
async def test_uvicorn_still_shows_its_transport() -> None:
    async with serving() as url, tab(url, 1) as anna:
        await anna.subscribe("room:1")
        [connection] = live.connections_of(1)
        assert isinstance(connection.wire, wires.DirectWire)
