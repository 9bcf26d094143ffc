"""One tab's WebSocket from its handshake to its end: what it may ask for and say."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec
from litestar.types import Receive, Scope, Send

from app.live import registry
from app.live.frames import HEARTBEAT, Event
from app.live.hub import (
    ACCESS_ENDED,
    NOT_UNDERSTOOD,
    RESTART,
    SIGNED_OUT,
    TOO_MANY,
    Connection,
    Hub,
    own_topics,
)
from app.live.registry import Person
from app.live.wires import wire_of

MOST_SOCKETS = 50
MOST_TOPICS = 200
MOST_BYTES = 16 * 1024

log = logging.getLogger(__name__)


class Say(msgspec.Struct):
    t: str
    k: str
    d: Any = None


class Message(msgspec.Struct, forbid_unknown_fields=True):
    """What a browser may send: any of these in one JSON object."""

    sub: list[str] = []
    unsub: list[str] = []
    say: Say | None = None
    active: bool | None = None


_decoder = msgspec.json.Decoder(Message)


class Closed(Exception):
    """The other side has to go, with this close code."""

    def __init__(self, code: int) -> None:
        self.code = code


async def refuse(receive: Receive, send: Send, code: int) -> None:
    """Take the handshake only to say why not: a browser can't see the reason of a refused one."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    await send({"type": "websocket.close", "code": code, "reason": ""})


async def serve(hub: Hub | None, scope: Scope, receive: Receive, send: Send, person: Person | None) -> None:
    """Run one WebSocket. `person` is None where nobody is signed in."""
    if hub is None or person is None:
        return await refuse(receive, send, SIGNED_OUT if hub else RESTART)
    if len(hub.connections_of(person.account_id)) >= MOST_SOCKETS:
        return await refuse(receive, send, TOO_MANY)
    await receive()
    await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
    connection = Connection(person, wire_of(send))
    hub.join(connection)
    hub.write(connection, HEARTBEAT)  # tells the browser that it is in
    notice(connection)
    try:
        await _listen(hub, connection, receive)
    except Closed as closed:
        hub.close(connection, closed.code)
        while (await receive())["type"] != "websocket.disconnect":
            pass
    finally:
        hub.leave(connection)
        notice(connection)
        if connection.wire.waiting():
            asyncio.get_running_loop().call_later(2, connection.wire.abort)


async def recheck(hub: Hub, connection: Connection) -> None:
    """Ask again whether the person is signed in and may listen to what they listen to."""
    for renew in registry.renewals:
        person = await renew(connection.person)
        if person is None:
            hub.close(connection, SIGNED_OUT)
            return
        if own_topics(person) != own_topics(connection.person):
            hub.close(connection, ACCESS_ENDED)
            return
        connection.person = person
    for name in connection.topics.difference(own_topics(connection.person)):
        if not await _may_listen(connection.person, name):
            hub.cut_one(connection, name)
            notice(connection)


async def _listen(hub: Hub, connection: Connection, receive: Receive) -> None:
    clock = asyncio.get_running_loop().time
    while True:
        event: Any = await receive()
        if event["type"] == "websocket.disconnect":
            return
        text = event.get("text") or event.get("bytes") or ""
        if not connection.messages.take(clock()):
            raise Closed(TOO_MANY)
        if len(text) > MOST_BYTES:
            raise Closed(NOT_UNDERSTOOD)
        try:
            message = _decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Closed(NOT_UNDERSTOOD) from None
        await _obey(hub, connection, message)


async def _obey(hub: Hub, connection: Connection, message: Message) -> None:
    before = frozenset(connection.topics)
    for name in message.unsub:
        if name not in own_topics(connection.person):
            hub.unsubscribe(connection, name)
    if message.sub:
        answers = [Event(name, await _subscribe(hub, connection, name)) for name in message.sub[:MOST_TOPICS]]
        hub.tell(connection, *answers)
    if message.say is not None:
        await _say(hub, connection, message.say)
    is_other = message.active is not None and message.active != connection.active
    connection.active = connection.active if message.active is None else message.active
    if is_other or connection.topics != before:
        notice(connection)


async def _subscribe(hub: Hub, connection: Connection, name: str) -> str:
    if name in connection.topics:
        return "subscribed"
    if len(connection.topics) >= MOST_TOPICS:
        return "refused"
    connection.checking = {name}
    try:
        # A cut that arrives while the rights are being read takes the name out: what was read may be old.
        if await _may_listen(connection.person, name) and name in connection.checking and connection.is_open:
            hub.subscribe(connection, name)
            return "subscribed"
        return "refused"
    finally:
        connection.checking = None


async def _may_listen(person: Person, name: str) -> bool:
    parsed = registry.parse(name)
    can_subscribe = registry.topics.get(parsed[0]) if parsed else None
    if parsed is None or can_subscribe is None:
        return False
    try:
        return bool(await can_subscribe(person, parsed[1]))
    except Exception:
        log.exception("Checking a subscription to %s topics failed", parsed[0])
        return False


async def _say(hub: Hub, connection: Connection, say: Say) -> None:
    signal = registry.signals.get(say.k)
    parsed = registry.parse(say.t)
    if signal is None or parsed is None or say.t not in connection.topics:
        return
    if not connection.signals.take(asyncio.get_running_loop().time()):
        return
    data = await signal(connection.person, parsed[1], say.d)
    if data is not None:
        registry.spread(Event(say.t, say.k, d=data))


def notice(connection: Connection) -> None:
    """Tell who wants to know that a tab came, went, is used otherwise or listens to something else."""
    for presence in registry.presences:
        presence(connection)
