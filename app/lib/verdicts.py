"""What a slow check said lately, so that it isn't asked again: whether a password fits a hash never changes.

Only keyed digests are kept, in this process, for minutes.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from hashlib import blake2b


class Verdicts:
    """The latest `most` verdicts, each for `seconds`."""

    def __init__(self, seconds: float = 600, most: int = 4096) -> None:
        self._seconds, self._most = seconds, most
        self._key = secrets.token_bytes(32)
        self._kept: OrderedDict[bytes, tuple[float, bool]] = OrderedDict()

    def get(self, *question: str) -> bool | None:
        """What was said about this, or None."""
        kept = self._kept.get(self._digest(question))
        return kept[1] if kept and kept[0] > time.monotonic() else None

    def keep(self, verdict: bool, *question: str) -> bool:
        """Remember and return a verdict."""
        self._kept[self._digest(question)] = (time.monotonic() + self._seconds, verdict)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return verdict

    def _digest(self, question: tuple[str, ...]) -> bytes:
        return blake2b("\0".join(question).encode("utf-8", "surrogateescape"), key=self._key, digest_size=24).digest()
