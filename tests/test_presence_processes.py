"""Presence across two real server processes and Redis: one that is killed leaves nobody behind as online."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from app import database
from app.edge import COOKIE
from tests.people import People, Person, move_in
from tests.test_live_redis import REDIS, Redis

# A second stands for what are ten, so that the test doesn't wait.
SERVE = """
import sys
from app.models.presence import roster
roster.SILENCE, roster.BEAT, roster.GRACE = 3.0, 1, 300
from app.commands import main
sys.exit(main(["serve", "--port", "0"]))
"""
pytestmark = pytest.mark.skipif(REDIS is None, reason="redis-server is not installed (apt-get install redis-server)")


class Process:
    """One server process."""

    def __init__(self, folder: Path, redis: str) -> None:
        environment = {**os.environ, "CHALET_DATA_DIR": str(folder), "CHALET_RATE_LIMIT": "0", "REDIS_URL": redis}
        self.process = subprocess.Popen([sys.executable, "-c", SERVE], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        ready = next(found for line in self.process.stdout if (found := re.match(r"ready http://[^:]+:(\d+)", line)))
        self.host = f"localhost:{ready[1]}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    async def states(self, person: Person) -> dict[int, str]:
        """Who is there, as this process tells somebody."""
        async with httpx.AsyncClient(cookies={COOKIE.decode(): person.token}) as client:
            snapshot = (await client.get(f"http://{self.host}/presence", headers={"sec-fetch-site": "same-origin"})).json()
        return {account: state for state, accounts in snapshot["states"].items() for account in accounts}


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(300):
        if await condition():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it never came to that")


def tab(process: Process, person: Person) -> connect:
    cookie = f"{COOKIE.decode()}={person.token}"
    return connect(f"ws://{process.host}/live", additional_headers={"Cookie": cookie, "Origin": f"http://{process.host}"}, compression=None)


async def _people(folder: Path) -> People:
    await database.open(f"sqlite:///{folder / 'chalet.db'}")
    try:
        return await move_in()
    finally:
        await database.close()


def test_a_killed_process_takes_its_people_with_it(empty_database: str, tmp_path: Path) -> None:
    if not empty_database.startswith("sqlite"):
        pytest.skip("the engine makes no difference")
    shutil.copy(empty_database.removeprefix("sqlite:///"), tmp_path / "chalet.db")
    asyncio.run(_story(tmp_path))


async def _story(folder: Path) -> None:
    people, redis = await _people(folder), Redis()
    await redis.start()
    processes: list[Process] = []
    try:
        processes += [Process(folder, redis.url), Process(folder, redis.url)]
        here, there = processes
        anna, beat = people.anna.id, people.beat.id
        async with tab(here, people.beat):
            lost = tab(there, people.anna)
            await lost.__aenter__()
            await eventually(lambda: _is(here, people.beat, {anna: "online", beat: "online"}))
            await eventually(lambda: _is(there, people.anna, {anna: "online", beat: "online"}))
            late = Process(folder, redis.url)
            processes.append(late)
            await eventually(lambda: _is(late, people.beat, {anna: "online", beat: "online"}))
            there.kill()
            await eventually(lambda: _is(here, people.beat, {beat: "online"}))
            await eventually(lambda: _is(late, people.beat, {beat: "online"}))
    finally:
        for process in processes:
            process.kill()
        redis.remove()


async def _is(process: Process, person: Person, states: dict[int, str]) -> bool:
    return await process.states(person) == states
