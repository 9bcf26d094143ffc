"""What a slow check said lately, so that it isn't asked again: whether a password fits a hash never changes.

Only keyed digests are kept, in this process, for minutes.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from functools import partial
from hashlib import blake2b
from typing import Any


class Verdicts:
    """The latest `most` verdicts, each for `seconds`."""

    def __init__(self, seconds: float = 600, most: int = 4096) -> None:
        self._seconds, self._most = seconds, most
        self._key = secrets.token_bytes(32)
        self._kept: OrderedDict[bytes, tuple[float, bool]] = OrderedDict()
        self._under_way: dict[bytes, asyncio.Task[bool]] = {}

    async def ask(self, question: tuple[str, ...], check: Callable[[], Coroutine[Any, Any, bool]]) -> bool:
        """What was said about this, else what `check` says, and raises: it runs once for all who ask meanwhile, also when the first of them leaves."""
        digest = self._digest(question)
        kept = self._kept.get(digest)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        if digest not in self._under_way:
            task = self._under_way[digest] = asyncio.create_task(check())
            task.add_done_callback(partial(self._keep, digest))
        return await asyncio.shield(self._under_way[digest])

    def _keep(self, digest: bytes, done: asyncio.Task[bool]) -> None:
        del self._under_way[digest]
        if done.cancelled() or done.exception():
            return
        self._kept[digest] = (time.monotonic() + self._seconds, done.result())
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def _digest(self, question: tuple[str, ...]) -> bytes:
        return blake2b("\0".join(question).encode("utf-8", "surrogateescape"), key=self._key, digest_size=24).digest()
