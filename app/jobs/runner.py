"""Does the jobs of the outbox, in each server process. Safe with any number of them: a job is leased by one at a time."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import msgspec

from app.jobs import GiveUp, endings, registry, run_now, schedule
from app.lib import clock
from app.models import job as outbox
from app.models.job import Job
from app.models.worker import Worker

log = logging.getLogger("chalet.jobs")
AT_ONCE = {False: 4, True: 2}  # what somebody waits for; in the background
LONGEST_SLEEP = 5.0  # seconds; other processes' jobs are seen this late at worst


class Runner:
    """Sleeps until a job is due or `wake` is called, then does `AT_ONCE` jobs side by side."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._awake = asyncio.Event()
        self._stopping = False
        self._under_way: dict[asyncio.Task[None], bool] = {}  # and whether it is in the background
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin, in the running event loop."""
        outbox.wake = self._awake.set
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(schedule.run(self._worker))]

    async def stop(self, patience: float = 10.0) -> None:
        """Take no more jobs and wait up to `patience` seconds for those under way; what doesn't finish runs again later."""
        self._stopping = True
        self._awake.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=patience)
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        for end in endings:
            await end()

    async def _run(self) -> None:
        while not self._stopping:
            self._awake.clear()
            try:
                pause = await self._round()
            except Exception:
                log.exception("the job queue can't be read")
                pause = LONGEST_SLEEP
            with suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), pause)

    async def _round(self) -> float:
        """Begin what is due and has a place; for how many seconds nothing else will be."""
        return min([await self._begin(background, most) for background, most in AT_ONCE.items()])

    async def _begin(self, background: bool, most: int) -> float:
        while room := most - list(self._under_way.values()).count(background):
            due, now = await Job.next_due(background), clock.now()
            if due is None or due > now:
                return LONGEST_SLEEP if due is None else min(LONGEST_SLEEP, max(0.02, (due - now) / 1000))
            if not (jobs := await Job.lease(room, background)):
                break  # another process was faster
            for job in jobs:
                task = asyncio.create_task(self._do(job))
                self._under_way[task] = background
                task.add_done_callback(self._over)
        return LONGEST_SLEEP

    def _over(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._awake.set()

    async def _do(self, job: Job) -> None:
        renewing = asyncio.create_task(_keep(job))
        try:
            await run_now(job.kind, msgspec.json.decode(job.payload))
        except Exception as error:
            log.warning("job %s failed at try %s: %s", job.kind, job.attempts, type(error).__name__, exc_info=job.attempts == 1)
            await job.fail(f"{type(error).__name__}: {error}", final=isinstance(error, GiveUp) or job.kind not in registry)
        else:
            await job.finish()
        finally:
            renewing.cancel()


async def _keep(job: Job) -> None:
    while True:
        await asyncio.sleep(outbox.LEASE / 3000)
        await job.renew()


async def drain() -> int:
    """Do every job that is due, one after another, in this task: for tests and the command line. Returns how many ran."""
    count = 0
    while jobs := await Job.lease(20) or await Job.lease(20, background=True):
        for job in jobs:
            await run_now(job.kind, msgspec.json.decode(job.payload))
            await job.finish()
            count += 1
    return count
