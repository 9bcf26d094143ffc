"""Who may listen to what, and what may be said: filled by the models at import."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from app.live.frames import Event


class Person(Protocol):
    """What a socket has to know about who opened it."""

    @property
    def account_id(self) -> int: ...
    @property
    def org_id(self) -> int: ...
    @property
    def session_id(self) -> int: ...


CanSubscribe = Callable[[Any, int], Awaitable[bool]]
Signal = Callable[[Any, int, Any], Awaitable[Any]]
Internal = Callable[[Any], None]
Renew = Callable[[Any], Awaitable[Any]]
Presence = Callable[[Any], None]
Tick = Callable[[int], None]

topics: dict[str, CanSubscribe] = {}
signals: dict[str, Signal] = {}
internals: dict[str, list[Internal]] = {}
renewals: list[Renew] = []
presences: list[Presence] = []
ticks: list[Tick] = []

_TOPIC = re.compile(r"([a-z][a-z_]{0,30}):(0|[1-9][0-9]{0,15})", re.ASCII)


def parse(topic: str) -> tuple[str, int] | None:
    """`"channel:12"` as `("channel", 12)`; None for anything that isn't a topic."""
    match = _TOPIC.fullmatch(topic)
    return (match[1], int(match[2])) if match else None


def _nowhere(event: Event) -> None:
    """Where events of signals go before the hub is open."""


spread: Callable[[Event], None] = _nowhere
