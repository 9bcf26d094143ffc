"""Threads for short work that waits for the disk.

Each call of a `ThreadPoolExecutor` wakes a second idle thread too, which finds nothing to do and contends for the interpreter with the
first. Here one is woken, the one that worked last.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
Work = Callable[[], None]


class Crew:
    """At most so many threads, started when they are needed first; they end with the process."""

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self._lock = threading.Lock()
        self._started = 0
        self._idle: list[SimpleQueue[Work]] = []  # the inbox of each thread that waits
        self._waiting: deque[Work] = deque()

    async def run(self, work: Callable[..., T], *args: Any) -> T:
        """The result of `work(*args)`, which goes on to its end also where the caller is cancelled."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def answered() -> None:
            settle: Callable[[Any], None]
            outcome: Any
            try:
                settle, outcome = answer.set_result, work(*args)
            except BaseException as error:
                settle, outcome = answer.set_exception, error
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(_settle, answer, settle, outcome)

        self._hand_over(answered)
        return await answer

    def _hand_over(self, work: Work) -> None:
        with self._lock:
            if not self._idle and self._started == self._most:
                self._waiting.append(work)
                return
            inbox = self._idle.pop() if self._idle else self._hired()
        inbox.put(work)

    def _hired(self) -> SimpleQueue[Work]:
        inbox: SimpleQueue[Work] = SimpleQueue()
        self._started += 1
        threading.Thread(target=self._serve, args=(inbox,), name=f"{self._name}-{self._started}", daemon=True).start()
        return inbox

    def _serve(self, inbox: SimpleQueue[Work]) -> None:
        while True:
            work: Work | None = inbox.get()
            while work is not None:
                work()
                work = self._next(inbox)

    def _next(self, inbox: SimpleQueue[Work]) -> Work | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._idle.append(inbox)
            return None


def _settle(answer: asyncio.Future[Any], settle: Callable[[Any], None], outcome: Any) -> None:
    if not answer.done():
        settle(outcome)
