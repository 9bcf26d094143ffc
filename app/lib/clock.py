"""The time, from one place, so that tests can set it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_fixed: int | None = None


def now() -> int:
    """Milliseconds since the Unix epoch, UTC."""
    return time.time_ns() // 1_000_000 if _fixed is None else _fixed


@contextmanager
def at(instant: int) -> Iterator[None]:
    """Hold the clock at `instant` (milliseconds since the epoch) for a test."""
    global _fixed
    before, _fixed = _fixed, instant
    try:
        yield
    finally:
        _fixed = before
