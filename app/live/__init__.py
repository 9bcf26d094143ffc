"""Live updates: publish to a topic, and every browser that listens to it hears of it, whichever process serves it.

The only module that knows the bus. Nothing is stored here: after a lost connection a page asks the server what it missed.
Everything that is published inside a transaction goes out after its COMMIT, and not at all after a rollback.
Order is kept within a topic, for the events of one process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from functools import partial
from typing import Any

from litestar.types import Receive, Scope, Send

from app import database
from app.live import registry
from app.live.bus import Bus, Internal, LocalBus, Published
from app.live.frames import REFETCH, Event, encode
from app.live.hub import ACCESS_ENDED, BEAT, RESTART, SIGNED_OUT, Connection, Hub, Publication
from app.live.registry import CanSubscribe, Person, Presence, Renew, Signal, Tick
from app.live.registry import Internal as InternalHandler
from app.live.socket import MOST_BYTES, notice, recheck, serve

__all__ = [
    "UVICORN",
    "Connection",
    "Person",
    "broadcast_internal",
    "close",
    "connect",
    "connections_of",
    "cut",
    "cut_account",
    "cut_session",
    "on_internal",
    "on_presence",
    "on_tick",
    "open",
    "publish",
    "publish_here",
    "recheck_topic",
    "renewal",
    "signal",
    "status",
    "topic",
]

UVICORN = {
    "ws": "websockets-sansio",
    "ws_per_message_deflate": False,
    "ws_ping_interval": 25.0,
    "ws_ping_timeout": 20.0,
    "ws_max_size": MOST_BYTES,
    "timeout_graceful_shutdown": 3,
}
"""How uvicorn has to be started. Its pings find the browsers that are gone; our heartbeats tell browsers that we are there."""

RECHECK = 12
"""Rounds of heartbeats between two checks of a connection's session and subscriptions (5 minutes)."""

log = logging.getLogger(__name__)

_hub: Hub | None = None
_bus: Bus = LocalBus()
_tasks: set[asyncio.Task[None]] = set()


async def open(redis_url: str = "") -> None:  # noqa: A001 - read as live.open
    """Start in this process; with a Redis address, together with the other processes on it."""
    global _hub, _bus
    _hub = Hub()
    _bus = _redis_bus(redis_url) if redis_url else LocalBus()
    await _bus.open()
    for tick in registry.ticks:
        tick(0)
    _start(_look_after(_hub))


async def close() -> None:
    """Tell every browser to come back in a moment (1012), and stop."""
    global _hub, _bus
    hub, _hub = _hub, None
    if hub:
        for connection in tuple(hub.connections):
            hub.close(connection, RESTART)
    for task in tuple(_tasks):
        task.cancel()
    await asyncio.gather(*_tasks, return_exceptions=True)
    bus, _bus = _bus, LocalBus()
    await bus.close()


def _redis_bus(url: str) -> Bus:
    from app.live.redis_bus import RedisBus  # a tenth of a second that one process doesn't need

    return RedisBus(url, _take, _lost)


async def connect(scope: Scope, receive: Receive, send: Send, viewer: Person | None) -> None:
    """Run one WebSocket whose origin the edge has checked; `viewer` is None where nobody is signed in (closes 4001)."""
    await serve(_hub, scope, receive, send, viewer)


def publish(topic: str, kind: str, *, html: str | None = None, data: Any = None, only: Collection[int] | None = None) -> None:
    """Tell the listeners of a topic, after COMMIT: an HTML fragment, small JSON data, or only that it happened.

    `only` narrows it to these account ids. `data` must be what JSON can say.
    """
    event = encode(Event(topic, kind, html, data))
    _after_commit(Published(topic, event, None if only is None else frozenset(only)))


def publish_here(topic: str, kind: str, *, data: Any = None, only: Collection[int] | None = None) -> None:
    """Tell the listeners in this process alone, at once: for what every process finds out by itself, such as who is there."""
    _take(Published(topic, encode(Event(topic, kind, None, data)), None if only is None else frozenset(only)))


def cut(account_id: int, topic: str) -> None:
    """End an account's subscription everywhere, after COMMIT, because its access to the thing has ended."""
    broadcast_internal("live.cut", [account_id, topic])


def cut_session(session_id: int) -> None:
    """Close the sockets of a session that was signed out or revoked (4001), after COMMIT."""
    broadcast_internal("live.cut_session", session_id)


def cut_account(account_id: int) -> None:
    """Close all sockets of an account (4003), after COMMIT: each comes back with the rights it has now."""
    broadcast_internal("live.cut_account", account_id)


def recheck_topic(topic: str) -> None:
    """Ask every listener of a topic anew whether they may listen, after COMMIT, because who may has changed. A name that ends with a
    colon means all topics that begin with it."""
    broadcast_internal("live.recheck", topic)


def broadcast_internal(kind: str, data: Any = None) -> None:
    """Tell all server processes, this one included, after COMMIT. `data` must be what msgpack can say."""
    _after_commit(Internal(kind, data))


def connections_of(account_id: int) -> set[Connection]:
    """The open tabs of an account in this process; `.active` says whether somebody looks at one."""
    return _hub.connections_of(account_id) if _hub else set()


def status() -> dict[str, int | bool]:
    """Figures for /readyz and the metrics."""
    return {
        "connections": len(_hub.connections) if _hub else 0,
        "topics": len(_hub.topics) if _hub else 0,
        "lagging": len(_hub.lagging) if _hub else 0,
        "bus": _bus.is_connected,
    }


def topic(name: str) -> Callable[[CanSubscribe], CanSubscribe]:
    """Register who may listen to topics of this name: `async def can_subscribe(viewer, id) -> bool`."""

    def register(can_subscribe: CanSubscribe) -> CanSubscribe:
        registry.topics[name] = can_subscribe
        return can_subscribe

    return register


def signal(kind: str) -> Callable[[Signal], Signal]:
    """Register something that listeners may say to each other and nobody stores, such as typing.

    `async def typing(viewer, id, data)` gets what the browser sent (not to be trusted) and returns what the others get
    as data, or None for nothing.
    """

    def register(answer: Signal) -> Signal:
        registry.signals[kind] = answer
        return answer

    return register


def on_internal(kind: str) -> Callable[[InternalHandler], InternalHandler]:
    """Register what a process does when it hears `broadcast_internal(kind, data)`."""

    def register(obey: InternalHandler) -> InternalHandler:
        registry.internals.setdefault(kind, []).append(obey)
        return obey

    return register


def on_presence(take_note: Presence) -> Presence:
    """Register what happens when a tab comes, goes (`.is_open`), changes between active and not (`.active`) or listens to something else (`.topics`)."""
    registry.presences.append(take_note)
    return take_note


def on_tick(tick: Tick) -> Tick:
    """Register what a process does every second: `def tick(second)`, which is 0 in `open`."""
    registry.ticks.append(tick)
    return tick


def renewal(renew: Renew) -> Renew:
    """Register how a socket's viewer is read again: `async def renew(viewer) -> Viewer | None` (None: signed out)."""
    registry.renewals[:] = [renew]
    return renew


@on_internal("live.cut")
def _cut(data: tuple[int, str]) -> None:
    if _hub:
        _hub.cut(*data)
    for connection in connections_of(data[0]):
        notice(connection)


@on_internal("live.recheck")
def _recheck_topic(name: str) -> None:
    if _hub:
        meant = [topic for topic in _hub.topics if topic == name or (name.endswith(":") and topic.startswith(name))]
        if listeners := {connection for topic in meant for connection in _hub.topics[topic].listeners}:
            _start(_recheck(_hub, list(listeners)))


@on_internal("live.cut_session")
def _cut_session(session_id: int) -> None:
    for connection in tuple(_hub.connections) if _hub else ():
        if _hub and connection.person.session_id == session_id:
            _hub.close(connection, SIGNED_OUT)


@on_internal("live.cut_account")
def _cut_account(account_id: int) -> None:
    for connection in connections_of(account_id):
        if _hub:
            _hub.close(connection, ACCESS_ENDED)


def _spread(event: Event) -> None:
    _tell_all(Published(event.t, encode(event)))


registry.spread = _spread


def _after_commit(content: Published | Internal) -> None:
    database.on_commit(partial(_tell_all, content))


def _tell_all(content: Published | Internal) -> None:
    """Here at once, elsewhere through the bus: the own process never waits for a round trip."""
    _take(content)
    _bus.send(content)


def _take(content: Published | Internal) -> None:
    if isinstance(content, Published):
        if _hub:
            _hub.publish(content.topic, Publication(content.event, content.only))
        return
    for obey in registry.internals.get(content.kind, ()):
        try:
            obey(content.data)
        except Exception:
            log.exception("Obeying %s failed", content.kind)


def _lost() -> None:
    """News from other processes may be missing: pages ask the server, and what was cut meanwhile is found out."""
    _take(Internal("live.lost"))
    if _hub:
        _start(_refetch(_hub))


async def _refetch(hub: Hub) -> None:
    for connection in tuple(hub.connections):
        await recheck(hub, connection)
        hub.write(connection, REFETCH)
        await asyncio.sleep(0)


async def _look_after(hub: Hub) -> None:
    """Heartbeats, spread over the seconds; readers that lag; now and then everybody's rights."""
    loop = asyncio.get_running_loop()
    second = 0
    while True:
        await asyncio.sleep(1)
        second += 1
        try:
            hub.sweep(loop.time())
            connections = hub.beat(second)
            for tick in registry.ticks:
                tick(second)
        except Exception:
            log.exception("Looking after the live connections failed")
            continue
        if second // BEAT % RECHECK == RECHECK - 1:
            _start(_recheck(hub, connections))


async def _recheck(hub: Hub, connections: list[Connection]) -> None:
    for connection in connections:
        if connection.is_open:
            await recheck(hub, connection)


def _start(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
