"""Row addresses made in the app: 53-bit integers that sort by time and are never used again.

Layout, from the high bits: 41 bits of milliseconds since 2024-01-01 UTC (until 2093), 6 bits of worker, 6 bits of counter. The
result fits a JavaScript number and SQLite's own row address. They are no secret: what may be reached without signing in
has a token of its own (`app.lib.tokens`).
"""

from __future__ import annotations

import threading
import time

EPOCH_MS = 1_704_067_200_000
WORKERS = 64
_PER_MILLISECOND = 64

_lock = threading.Lock()
_worker = 0
_last = 0


def use_worker(number: int) -> None:
    """Make all further ids as worker `number` (0 to 63); each process that writes to one database needs its own."""
    if not 0 <= number < WORKERS:
        raise ValueError(f"worker {number} is outside 0–{WORKERS - 1}")
    global _worker
    _worker = number


def new_id() -> int:
    """An id greater than every id that this process made before, also when the clock was set back."""
    global _last
    with _lock:
        stamp = (time.time_ns() // 1_000_000 - EPOCH_MS) * _PER_MILLISECOND
        _last = max(stamp, _last + 1)
        milliseconds, counter = divmod(_last, _PER_MILLISECOND)
    return (milliseconds * WORKERS + _worker) * _PER_MILLISECOND + counter


def made_at(id_: int) -> int:
    """When an id was made, in milliseconds since the Unix epoch."""
    return id_ // (WORKERS * _PER_MILLISECOND) + EPOCH_MS


def first_at(instant: int) -> int:
    """The smallest id that could have been made at `instant` (milliseconds since the Unix epoch)."""
    return max(0, instant - EPOCH_MS) * WORKERS * _PER_MILLISECOND


def place_of(instant: int) -> int:
    """Where an id made at `instant` would stand; below zero before 2024, for what was brought from elsewhere with its dates."""
    return (instant - EPOCH_MS) * WORKERS * _PER_MILLISECOND
