"""Token buckets: how often somebody may do something."""

from __future__ import annotations

import time
from collections import OrderedDict


class Buckets:
    """One bucket for each subject: `burst` at once, `rate` per second after that. Remembers the latest `most` subjects."""

    def __init__(self, rate: float, burst: float, most: int = 50_000) -> None:
        self._rate, self._burst, self._most = rate, burst, most
        self._state: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, subject: str, tokens: float = 1.0) -> bool:
        """Whether `subject` may now; takes the tokens if so."""
        now = time.monotonic()
        left, at = self._state.pop(subject, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        allowed = left >= tokens
        self._state[subject] = (left - tokens if allowed else left, now)
        if len(self._state) > self._most:
            self._state.popitem(last=False)
        return allowed
