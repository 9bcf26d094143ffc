"""How what happens in one server process reaches the others: here, where there is no other; `app.live.redis_bus` for several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec


class Published(msgspec.Struct, array_like=True, tag="p"):
    """An event for a topic, encoded already, for all listeners or for some accounts."""

    topic: str
    event: bytes
    only: frozenset[int] | None = None


class Internal(msgspec.Struct, array_like=True, tag="i"):
    """Something for the processes themselves: a cache to drop, a session to cut."""

    kind: str
    data: Any = None


Take = Callable[[Published | Internal], None]


class Bus(Protocol):
    """Carries events from one process to all others."""

    @property
    def is_connected(self) -> bool: ...
    async def open(self) -> None: ...
    async def close(self) -> None: ...
    def send(self, content: Published | Internal) -> None: ...


class LocalBus:
    """There is no other process."""

    is_connected = True

    async def open(self) -> None: ...
    async def close(self) -> None: ...
    def send(self, content: Published | Internal) -> None: ...
