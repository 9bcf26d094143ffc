"""How what happens in one server process reaches the others.

One Redis channel carries everything: subscribing per topic would put a round trip and a race into every page view, while
a process that has no listener for an event only unpacks its envelope (the bench states the cost: about 0.1 ms for all). Redis pub/sub
forgets what it can't deliver, so envelopes are numbered per process: a gap, or a lost connection, makes the listeners refetch.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections import deque
from collections.abc import Callable
from itertools import islice

import msgspec
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from app.live.bus import Internal, Published, Take

BEAT = 10.0
"""Seconds between signs of life on the bus."""

SILENCE = 25.0
"""Seconds without any, its own included, after which a process takes the connection for dead."""

MOST_WAITING = 20_000
PIPELINE = 500
MOST_ORIGINS = 500

log = logging.getLogger(__name__)


class Envelope(msgspec.Struct, array_like=True):
    """Who sent it, as which number of theirs. Without content it is a sign of life."""

    origin: str
    number: int
    content: Published | Internal | None = None


class RedisBus:
    """Redis pub/sub. `take` gets what other processes sent; `lost` is called when something of it was missed."""

    def __init__(self, url: str, take: Take, lost: Callable[[], None], channel: str = "chalet:live") -> None:
        self._redis = Redis.from_url(
            url,
            retry=Retry(NoBackoff(), 0),  # a silent reconnect would hide that messages were missed
            socket_connect_timeout=5,
            socket_timeout=10,
            health_check_interval=0,
        )
        self._channel = channel
        self._take = take
        self._lost = lost
        self._origin = secrets.token_hex(6)
        self._number = 0
        self._seen: dict[str, int] = {}
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._has_waiting = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._connected = asyncio.Event()

    @property
    def is_connected(self) -> bool:
        return self._connected.is_set()

    async def open(self) -> None:
        """Connect; where Redis doesn't answer within two seconds, go on trying in the background."""
        self._tasks = [asyncio.create_task(work()) for work in (self._receive, self._send, self._beat)]
        try:
            await asyncio.wait_for(self._connected.wait(), 2)
        except TimeoutError:
            log.warning("Redis doesn't answer: people on other server processes get no live updates until it does")

    async def close(self) -> None:
        """Hand over what still waits, for half a second at most, and disconnect."""
        for _ in range(50):
            if not self._waiting or not self.is_connected:
                break
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    def send(self, content: Published | Internal | None) -> None:
        """Queue for the other processes. Never waits; the oldest falls out where Redis is away for long."""
        self._number += 1
        self._waiting.append(_encoder.encode(Envelope(self._origin, self._number, content)))
        self._has_waiting.set()

    async def _send(self) -> None:
        pause = 0.1
        while True:
            await self._has_waiting.wait()
            try:
                await self._hand_over()
                pause = 0.1
            except (RedisError, OSError, TimeoutError):
                await asyncio.sleep(pause * random.uniform(0.5, 1))
                pause = min(pause * 2, 5.0)

    async def _hand_over(self) -> None:
        """Publish what waits. It stays queued until Redis has answered: twice is harmless, the numbers tell."""
        while self._waiting:
            some = list(islice(self._waiting, PIPELINE))
            async with self._redis.pipeline(transaction=False) as pipeline:
                for envelope in some:
                    pipeline.publish(self._channel, envelope)
                await pipeline.execute()
            for envelope in some:
                if self._waiting and self._waiting[0] is envelope:
                    self._waiting.popleft()
        self._has_waiting.clear()

    async def _receive(self) -> None:
        pause, was_connected = 0.1, False
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=False) as pubsub:
                    await pubsub.subscribe(self._channel)
                    await pubsub.get_message(timeout=5)
                    if was_connected:
                        self._lost()
                    pause, was_connected = 0.1, True
                    self._connected.set()
                    while (message := await pubsub.get_message(timeout=SILENCE)) is not None:
                        if message["type"] == "message":
                            self._open_envelope(message["data"])
            except (RedisError, OSError, TimeoutError):
                pass
            if self.is_connected:
                log.warning("Lost the connection to Redis")
            self._connected.clear()
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, 5.0)

    def _open_envelope(self, data: bytes) -> None:
        try:
            envelope = _decoder.decode(data)
        except msgspec.DecodeError:
            log.warning("Something on the Redis channel %s isn't ours", self._channel)
            return
        if envelope.origin == self._origin:
            return
        before = self._seen.get(envelope.origin)
        if before is not None and envelope.number <= before:
            return
        self._seen.pop(envelope.origin, None)
        self._seen[envelope.origin] = envelope.number
        if len(self._seen) > MOST_ORIGINS:
            del self._seen[next(iter(self._seen))]
        if before is not None and envelope.number > before + 1:
            self._lost()
        if envelope.content is not None:
            self._take(envelope.content)

    async def _beat(self) -> None:
        while True:
            self.send(None)
            await asyncio.sleep(BEAT)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Envelope)
