"""Who listens to what in this process, and how an event reaches them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count

from app.live.frames import HEARTBEAT, REFETCH, Event, Frame, encode, join
from app.live.registry import Person
from app.live.wires import FULL, Wire

GATHER = 0.020
"""Seconds for which a busy topic collects events into one frame."""

FRAME = 64 * 1024
"""Bytes of events that share a frame."""

SLICE = 1000
"""Sockets written to before the loop gets to do other things."""

LAG_LIMIT = 20.0
"""Seconds that a reader may lag before it is closed with 4008."""

BEAT = 25
"""Seconds between two heartbeats of a connection; they are spread over as many slots."""

MESSAGES_BURST, MESSAGES_RATE = 60, 20
SIGNALS_BURST, SIGNALS_RATE = 5, 1

LAGGING, SIGNED_OUT, ACCESS_ENDED, NOT_UNDERSTOOD, TOO_MANY, RESTART = 4008, 4001, 4003, 4400, 4029, 1012


class Allowance:
    """So many at once, so many per second after that."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, burst: float, rate: float) -> None:
        self._burst = self._left = burst
        self._rate = rate
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Whether one more is within bounds at `now` (seconds)."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Connection:
    """One tab of one person."""

    __slots__ = ("active", "checking", "is_open", "lagging_since", "messages", "person", "signals", "slot", "topics", "wire")

    def __init__(self, person: Person, wire: Wire) -> None:
        self.person = person
        self.wire = wire
        self.topics: set[str] = set()
        self.checking: set[str] | None = None
        self.lagging_since: float | None = None
        self.active = True
        self.is_open = True
        self.slot = 0
        self.messages = Allowance(MESSAGES_BURST, MESSAGES_RATE)
        self.signals = Allowance(SIGNALS_BURST, SIGNALS_RATE)


class Topic:
    """The listeners of one topic, and the events that wait for the next frame."""

    __slots__ = ("is_busy", "is_overfull", "listeners", "name", "waiting")

    def __init__(self, name: str) -> None:
        self.name = name
        self.listeners: set[Connection] = set()
        self.waiting: list[Publication] = []
        self.is_busy = False
        self.is_overfull = False

    def take(self) -> list[Publication]:
        """The oldest events that wait, as many as fit a frame and at least one."""
        size = fitting = 0
        for publication in self.waiting:
            size += len(publication.event)
            if fitting and size > FRAME:
                break
            fitting += 1
        taken, self.waiting = self.waiting[:fitting], self.waiting[fitting:]
        self.is_overfull = bool(self.waiting)
        return taken


class Publication:
    """An encoded event, for all listeners or only for some accounts."""

    __slots__ = ("event", "only")

    def __init__(self, event: bytes, only: frozenset[int] | None = None) -> None:
        self.event = event
        self.only = only


class Hub:
    """Topics and connections of this process. All calls on the event loop's thread; none of them waits."""

    def __init__(self) -> None:
        self.topics: dict[str, Topic] = {}
        self.connections: set[Connection] = set()
        self.lagging: set[Connection] = set()
        self._slots: list[set[Connection]] = [set() for _ in range(BEAT)]
        self._serial = count()

    def join(self, connection: Connection) -> None:
        """Take a connection in, and subscribe it to its person's own topics."""
        self.connections.add(connection)
        connection.slot = next(self._serial) % BEAT
        self._slots[connection.slot].add(connection)
        for name in own_topics(connection.person):
            self.subscribe(connection, name)

    def leave(self, connection: Connection) -> None:
        """Forget a connection. Costs as much as it has topics."""
        connection.is_open = False
        for name in tuple(connection.topics):
            self.unsubscribe(connection, name)
        self.connections.discard(connection)
        self.lagging.discard(connection)
        self._slots[connection.slot].discard(connection)

    def subscribe(self, connection: Connection, name: str) -> None:
        topic = self.topics.get(name)
        if topic is None:
            topic = self.topics[name] = Topic(name)
        connection.topics.add(topic.name)
        topic.listeners.add(connection)

    def unsubscribe(self, connection: Connection, name: str) -> None:
        connection.topics.discard(name)
        topic = self.topics.get(name)
        if topic is None:
            return
        topic.listeners.discard(connection)
        if not topic.listeners and not topic.is_busy:
            del self.topics[name]

    def publish(self, name: str, publication: Publication) -> None:
        """Deliver at once where the topic was quiet, with the next frame where it is busy. Order is kept."""
        topic = self.topics.get(name)
        if topic is None:
            return
        topic.waiting.append(publication)
        if not topic.is_busy:
            topic.is_busy = True
            self._deliver(topic)

    def connections_of(self, account_id: int) -> set[Connection]:
        """The open tabs of an account in this process."""
        topic = self.topics.get(f"account:{account_id}")
        return set(topic.listeners) if topic else set()

    def cut_one(self, connection: Connection, name: str) -> None:
        """End one tab's subscription, also one that is being checked right now, and tell it."""
        if connection.checking is not None:
            connection.checking.discard(name)
        if name in connection.topics:
            self.unsubscribe(connection, name)
            self.tell(connection, Event(name, "cut"))

    def cut(self, account_id: int, name: str) -> None:
        """End an account's subscription in all its tabs."""
        for connection in self.connections_of(account_id):
            self.cut_one(connection, name)

    def close(self, connection: Connection, code: int) -> None:
        """Close one connection and write nothing to it any more."""
        if connection.is_open:
            self.leave(connection)
            connection.wire.close(code)

    def beat(self, slot: int) -> list[Connection]:
        """Heartbeat to the connections of this slot; returns them. Those that the server gave up on are dropped."""
        connections = list(self._slots[slot % BEAT])
        for connection in connections:
            if connection.wire.is_gone():
                connection.wire.abort()
            else:
                self.write(connection, HEARTBEAT)
        return connections

    def sweep(self, now: float) -> None:
        """Look after the readers that lag: those that caught up refetch, those that don't are closed."""
        for connection in tuple(self.lagging):
            assert connection.lagging_since is not None
            if connection.wire.waiting() == 0:
                connection.lagging_since = None
                self.lagging.discard(connection)
                self.write(connection, REFETCH)
            elif now - connection.lagging_since > LAG_LIMIT:
                self.close(connection, LAGGING)

    def tell(self, connection: Connection, *events: Event) -> None:
        """Events for this tab alone."""
        if events:
            self.write(connection, join(encode(event) for event in events))

    def write(self, connection: Connection, frame: Frame) -> None:
        """Write now, or mark the reader as lagging. Never waits."""
        if connection.lagging_since is not None or not connection.is_open:
            return
        if connection.wire.waiting() > FULL:
            connection.lagging_since = asyncio.get_running_loop().time()
            self.lagging.add(connection)
        else:
            connection.wire.write(frame)

    def _deliver(self, topic: Topic) -> None:
        if not topic.waiting:
            topic.is_busy = False
            if not topic.listeners:
                del self.topics[topic.name]
            return
        self._write_slice(topic, Batch(topic.take()), iter(tuple(topic.listeners)), asyncio.get_running_loop().time())

    def _write_slice(self, topic: Topic, batch: Batch, rest: Iterator[Connection], started: float) -> None:
        listeners = topic.listeners
        for written, connection in enumerate(rest, 1):
            if connection in listeners:  # it may have been cut since the slice before
                frame = batch.frame_for(connection)
                if frame is not None:
                    self.write(connection, frame)
            if written == SLICE:
                asyncio.get_running_loop().call_soon(self._write_slice, topic, batch, rest, started)
                return
        loop = asyncio.get_running_loop()
        # A frame to very many sockets takes long: then wait longer, so that one topic never takes the whole loop.
        pause = 0 if topic.is_overfull else max(GATHER, 2 * (loop.time() - started))
        loop.call_later(pause, self._deliver, topic)


class Batch:
    """Events of one topic that go out together: one frame for everybody, or one per group of readers."""

    __slots__ = ("_everybody", "_frames", "_publications")

    def __init__(self, publications: list[Publication]) -> None:
        self._publications = publications
        self._frames: dict[tuple[bool, ...], Frame | None] = {}
        is_open = all(publication.only is None for publication in publications)
        self._everybody = join(publication.event for publication in publications) if is_open else None

    def frame_for(self, connection: Connection) -> Frame | None:
        """What this connection may see; None when that is nothing."""
        if self._everybody is not None:
            return self._everybody
        account_id = connection.person.account_id
        seen = tuple(p.only is None or account_id in p.only for p in self._publications)
        if seen not in self._frames:
            events = [p.event for p, is_seen in zip(self._publications, seen, strict=True) if is_seen]
            self._frames[seen] = join(events) if events else None
        return self._frames[seen]


def own_topics(person: Person) -> tuple[str, str]:
    """Topics that every connection of a person has from the start and can't leave."""
    return f"account:{person.account_id}", f"org:{person.org_id}"
