"""What the PostgreSQL engine promises besides: one connection for each request, and none lost."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import asyncpg
import pytest

from app import database
from app.database.postgres import Postgres
from tests.databases import opened, run

pytest_plugins = ["tests.database_urls"]

PID = "SELECT pg_backend_pid()"


def engine() -> Postgres:
    found = database.engine()
    assert isinstance(found, Postgres)
    return found


def in_use() -> int:
    pool: Any = engine().pool
    return pool.get_size() - pool.get_idle_size()


async def pid() -> int:
    return await database.fetch_value(PID)


async def counters() -> None:
    await database.execute("CREATE TABLE counter (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)")
    await database.execute_many("INSERT INTO counter (id, n) VALUES ($1, 0)", [(number,) for number in range(3)])


def test_a_request_keeps_one_connection_and_gives_it_back(postgres_url: str) -> None:
    async def story() -> None:
        async with opened(postgres_url):
            async with database.request_scope():
                assert in_use() == 0
                first = await pid()
                async with database.transaction():
                    assert await pid() == first
                async with database.snapshot():
                    assert await pid() == first
                assert await pid() == first
                assert in_use() == 1
                await database.release_scope()
                assert in_use() == 0
                await pid()
            assert in_use() == 0

    run(story())


def test_tasks_of_a_request_do_not_share_a_connection_at_once(postgres_url: str) -> None:
    async def story() -> None:
        async with opened(postgres_url), database.request_scope():
            await pid()
            seen = await asyncio.gather(*(database.fetch_value("SELECT pg_backend_pid() FROM pg_sleep(0.05)") for _ in range(4)))
            assert len(set(seen)) == 4
            async with database.transaction():
                mine = await pid()

            begun = asyncio.Event()

            async def from_before() -> int:
                await begun.wait()
                return await pid()

            task = asyncio.create_task(from_before())
            async with database.transaction():
                begun.set()
                assert await task != mine
                assert await pid() == mine
            assert in_use() == 1

    run(story())


def test_a_task_that_outlives_the_request_takes_its_own(postgres_url: str) -> None:
    async def story() -> None:
        async with opened(postgres_url):
            over = asyncio.Event()

            async def later() -> int:
                await over.wait()
                return await pid()

            async with database.request_scope():
                await pid()
                task = asyncio.create_task(later())
                running = asyncio.create_task(database.fetch("SELECT pg_sleep(0.2)"))
                await asyncio.sleep(0.05)
            over.set()
            assert await task > 0
            await running
            assert in_use() == 0

    run(story())


def test_no_connection_is_lost_to_cancellations_and_errors(postgres_url: str) -> None:
    async def story() -> None:
        chance = random.Random(7)
        async with opened(postgres_url, pool_size=5):
            await counters()

            async def request(number: int) -> None:
                async with database.request_scope():
                    await database.fetch("SELECT pg_sleep(0.001)")
                    async with database.transaction():
                        await database.execute("UPDATE counter SET n = n + 1 WHERE id = $1", number % 3)
                        if number % 5 == 0:
                            await database.execute("SELECT 1 / 0")
                        await asyncio.gather(pid(), pid())
                    if number % 7 == 0:
                        await asyncio.gather(pid(), pid())

            async def browser(number: int) -> None:
                task = asyncio.create_task(request(number))
                if number % 2:
                    await asyncio.sleep(chance.random() * 0.05)
                    task.cancel()
                await asyncio.gather(task, return_exceptions=True)

            for _ in range(4):
                await asyncio.gather(*(browser(number) for number in range(40)))
            await asyncio.sleep(0)
            assert in_use() == 0
            async with database.request_scope():
                assert await pid() > 0
            states = await database.fetch(
                "SELECT state FROM pg_stat_activity WHERE application_name = 'chalet' AND pid <> pg_backend_pid()"
            )
            assert {row["state"] for row in states} <= {"idle"}

    run(story())


def test_a_broken_connection_is_replaced(postgres_url: str) -> None:
    async def story() -> None:
        async with opened(postgres_url, pool_size=3):
            async with database.request_scope():
                mine = await pid()
                killer = await asyncpg.connect(postgres_url)
                await killer.execute(f"SELECT pg_terminate_backend({mine})")
                await killer.close()
                with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)):
                    await pid()
                assert await pid() != mine
            assert in_use() == 0

    run(story())


def test_what_could_not_be_ordered_is_tried_again(postgres_url: str) -> None:
    async def story() -> None:
        async with opened(postgres_url):
            await counters()
            tries = 0

            async def cross(first: int, second: int) -> None:
                nonlocal tries
                tries += 1
                await database.execute("UPDATE counter SET n = n + 1 WHERE id = $1", first)
                await asyncio.sleep(0.05)
                await database.execute("UPDATE counter SET n = n + 1 WHERE id = $1", second)

            await asyncio.gather(database.retrying(lambda: cross(0, 1)), database.retrying(lambda: cross(1, 0)))
            assert tries > 2
            assert [row["n"] for row in await database.fetch("SELECT n FROM counter ORDER BY id")] == [2, 2, 0]

    run(story())


def test_there_is_no_built_in_copy(postgres_url: str) -> None:
    async def story() -> None:
        async with opened(postgres_url):
            await database.analyze()
            with pytest.raises(NotImplementedError, match="pg_dump"):
                await database.backup("copy.db")

    run(story())
