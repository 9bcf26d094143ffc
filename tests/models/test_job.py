"""The outbox: a promised job survives, runs at least once, is leased by one worker at a time, and ends as a dead letter at last."""

from __future__ import annotations

import asyncio
import json

import pytest

from app import database, jobs
from app.jobs import job, runner, schedule
from app.lib import clock
from app.models.job import LEASE, TRIES, Job, Scheduled
from app.models.worker import Worker

done: list[str] = []
started: list[int] = []
released = asyncio.Event()


@job("test.note")
async def _note(text: str) -> None:
    done.append(text)


@job("test.wait")
async def _wait(number: int) -> None:
    started.append(number)
    await released.wait()


@job("test.break")
async def _break() -> None:
    raise RuntimeError("out of paper")


@job("test.give_up")
async def _give_up() -> None:
    raise jobs.GiveUp("no such mailbox")


@pytest.fixture(autouse=True)
async def clean(app) -> None:
    done.clear()
    started.clear()
    released.clear()


async def test_a_job_runs_after_its_transaction() -> None:
    async with database.transaction():
        await Job.enqueue("test.note", text="hello")
    assert await runner.drain() == 1
    assert done == ["hello"]
    assert await Job.counts() == (0, 0)


async def test_what_is_rolled_back_promises_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await Job.enqueue("test.note", text="hello")
            raise ZeroDivisionError
    assert await runner.drain() == 0


async def test_jobs_wait_for_their_time() -> None:
    await Job.enqueue("test.note", run_at=clock.now() + clock.HOUR, text="later")
    assert await runner.drain() == 0
    with clock.at(clock.now() + clock.HOUR + 1):
        assert await runner.drain() == 1


async def test_one_waiting_job_for_each_key() -> None:
    for _ in range(3):
        await Job.enqueue("test.note", key="digest:1", text="digest")
    assert await runner.drain() == 1


async def test_a_leased_job_is_not_given_twice_until_the_lease_runs_out() -> None:
    await Job.enqueue("test.note", text="once")
    assert len(await Job.lease(5)) == 1
    assert await Job.lease(5) == []
    with clock.at(clock.now() + LEASE + 1):
        assert len(await Job.lease(5)) == 1


async def test_what_nobody_waits_for_never_delays_what_somebody_does() -> None:
    running = runner.Runner(await Worker.join(1))
    for number in range(20):
        await Job.enqueue("test.wait", background=True, number=number)
    running.start()
    for _ in range(500):
        if len(started) == 2:
            break
        await asyncio.sleep(0.01)
    await Job.enqueue("test.note", text="a mail")
    for _ in range(500):
        if done:
            break
        await asyncio.sleep(0.01)
    assert done == ["a mail"]
    assert len(started) == 2, "two run at once"
    released.set()
    await running.stop()


async def test_in_the_background_the_newest_goes_first() -> None:
    for number in range(3):
        with clock.at(clock.now() + number):
            await Job.enqueue("test.note", background=True, text=str(number))
    with clock.at(clock.now() + 10):
        assert [json.loads(one.payload)["text"] for _ in range(3) for one in await Job.lease(1, background=True)] == ["2", "1", "0"]


async def test_workers_share_the_work() -> None:
    for number in range(40):
        await Job.enqueue("test.note", text=str(number))
    leased = await asyncio.gather(*(Job.lease(10) for _ in range(8)))
    ids = [one.id for some in leased for one in some]
    assert len(ids) == len(set(ids))


async def test_a_failing_job_is_buried_after_its_tries_and_can_be_revived() -> None:
    await Job.enqueue("test.break")
    waits = []
    now = clock.now()
    for _ in range(TRIES):
        due = await Job.next_due()
        waits.append(due - now)
        now = due
        with clock.at(now):
            (leased,) = await Job.lease(1)
            await leased.fail("RuntimeError: out of paper")
    assert waits == sorted(waits)
    (dead,) = await Job.dead()
    assert dead.error == "RuntimeError: out of paper"
    await dead.revive()
    assert await Job.counts() == (1, 0)


async def test_the_runner_does_what_is_promised_and_buries_what_gives_up() -> None:
    running = runner.Runner(await Worker.join(1))
    running.start()
    await Job.enqueue("test.note", text="now")
    await Job.enqueue("test.give_up")
    await Job.enqueue("test.unknown")
    for _ in range(1_500):
        if done and await Job.counts() == (0, 2):
            break
        await asyncio.sleep(0.02)
    await running.stop()
    assert done == ["now"]
    assert await Job.counts() == (0, 2)


async def test_each_slot_of_the_schedule_is_enqueued_once() -> None:
    await asyncio.gather(*(schedule.tick() for _ in range(5)))
    waiting, _dead = await Job.counts()
    assert waiting == len(schedule.REPEATED)
    assert not await Scheduled.claim("prune", 0)


async def test_workers_get_numbers_of_their_own() -> None:
    first, second = await Worker.join(11), await Worker.join(12)
    assert first.id != second.id
    await first.leave()
    assert (await Worker.join(13)).id == first.id
    with clock.at(clock.now() + clock.HOUR):
        taken_over = await Worker.join(14)
        if taken_over.id == second.id:
            assert not await second.renew()
