"""Threads that wait for the disk in place of the event loop."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from app.lib.crew import Crew


async def test_results_and_errors_come_back_to_who_asked() -> None:
    crew = Crew(2, "test")
    assert await asyncio.gather(*(crew.run(pow, number, 2) for number in range(50))) == [number**2 for number in range(50)]
    with pytest.raises(ZeroDivisionError):
        await crew.run(divmod, 1, 0)
    assert await crew.run(pow, 3, 2) == 9


async def test_no_more_threads_than_agreed_and_one_where_one_is_enough() -> None:
    crew, seen = Crew(3, "test"), set[str]()

    def work() -> None:
        seen.add(threading.current_thread().name)
        time.sleep(0.002)

    for _ in range(5):
        await crew.run(work)
    assert seen == {"test-1"}
    await asyncio.gather(*(crew.run(work) for _ in range(30)))
    assert seen == {"test-1", "test-2", "test-3"}


async def test_work_goes_on_when_nobody_waits_for_it_any_more() -> None:
    crew, go, done = Crew(1, "test"), threading.Event(), threading.Event()

    def work() -> None:
        go.wait(10)
        done.set()

    waiting = asyncio.create_task(crew.run(work))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go.set()
    assert await asyncio.to_thread(done.wait, 10)
    assert await crew.run(pow, 2, 2) == 4
