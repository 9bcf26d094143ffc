"""Live updates across two server processes, through a real Redis."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.live.bus import Internal
from app.live.redis_bus import RedisBus
from tests.live_server import run, tab

REDIS = shutil.which("redis-server")
ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.skipif(REDIS is None, reason="redis-server is not installed (apt-get install redis-server)")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Redis:
    """A Redis server that can be stopped and started again on its port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = tempfile.mkdtemp()
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", self._folder]
        self._process = subprocess.Popen([str(REDIS), *options], stdout=subprocess.DEVNULL)
        await eventually(lambda: _listens(self.port))

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)


class Server:
    """One process of `tests.live_server`."""

    def __init__(self, redis: Redis) -> None:
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}/live"
        command = [sys.executable, "-m", "tests.live_server", str(self.port), redis.url]
        self.process = subprocess.Popen(command, cwd=ROOT)

    async def call(self, name: str, *args: Any, times: int = 1, **options: Any) -> Any:
        """Call a function of `live` in that process."""
        async with httpx.AsyncClient() as client:
            body = {"name": name, "args": args, "options": options, "times": times}
            return (await client.post(f"http://127.0.0.1:{self.port}/call", json=body)).json()

    async def is_on_the_bus(self) -> bool:
        return bool((await self.call("status"))["bus"])

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


async def eventually(check: Callable[[], Any], within: float = 60) -> None:
    """Wait until `check` (which may be a coroutine function) is true."""
    async with asyncio.timeout(within):
        while True:
            with suppress(OSError, httpx.HTTPError):
                result = check()
                if await result if asyncio.iscoroutine(result) else result:
                    return
            await asyncio.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.create_connection(("127.0.0.1", port), 1):
        return True


@asynccontextmanager
async def two_servers() -> AsyncIterator[tuple[Redis, Server, Server]]:
    redis = Redis()
    await redis.start()
    servers = [Server(redis), Server(redis)]
    try:
        for server in servers:
            await eventually(server.is_on_the_bus)
        yield redis, servers[0], servers[1]
    finally:
        for server in servers:
            server.stop()
        redis.remove()


@run
async def test_two_processes_are_one_place() -> None:
    async with two_servers() as (_, here, there), tab(here.url, 1) as anna, tab(there.url, 2) as beat:
        for reader in (anna, beat):
            await reader.subscribe("room:1", "room:2")

        await here.call("publish", "room:1", "message", html="<p>Grüezi</p>", data={"id": 1})
        for reader in (anna, beat):
            assert await reader.hear() == {"t": "room:1", "k": "message", "h": "<p>Grüezi</p>", "d": {"id": 1}}
        await there.call("publish", "room:1", "n", times=200)
        for reader in (anna, beat):
            assert [(await reader.hear())["k"] for _ in range(200)] == ["n"] * 200
        await there.call("publish", "room:1", "secret", only=[1])
        assert (await anna.hear())["k"] == "secret"

        await anna.send(say={"t": "room:1", "k": "waving"})
        for reader in (anna, beat):
            assert await reader.hear() == {"t": "room:1", "k": "waving", "d": {"account": 1}}
            assert await reader.silence()

        await there.call("cut", 1, "room:1")
        assert await anna.hear() == {"t": "room:1", "k": "cut"}
        await here.call("cut_session", 2)
        assert await beat.close_code() == 4001
        await there.call("cut_account", 1)
        assert await anna.close_code() == 4003


@run
async def test_what_redis_lost_is_asked_for() -> None:
    async with two_servers() as (redis, here, there), tab(here.url, 1) as anna, tab(there.url, 2) as beat:
        await anna.subscribe("room:1")
        await beat.subscribe("room:1")
        redis.stop()
        await here.call("publish", "room:1", "while away")
        assert (await anna.hear())["k"] == "while away"
        assert await beat.silence()

        await redis.start()
        for reader in (anna, beat):
            heard = {}
            while heard.get("k") != "refetch":
                heard = await reader.hear(20)
        for server in (here, there):
            await eventually(server.is_on_the_bus)
        await asyncio.sleep(0.3)
        await here.call("publish", "room:1", "after")
        while (await beat.hear())["k"] != "after":
            pass


@run
async def test_a_gap_in_the_numbers_is_noticed_and_twice_is_once() -> None:
    redis = Redis()
    await redis.start()
    taken: list[Any] = []
    gaps: list[int] = []
    sender = RedisBus(redis.url, taken.append, lambda: None)
    receiver = RedisBus(redis.url, taken.append, lambda: gaps.append(1))
    try:
        await sender.open()
        await receiver.open()
        await eventually(lambda: receiver.is_connected and sender.is_connected)
        for number in range(3):
            sender.send(Internal("n", number))
        await eventually(lambda: len(taken) == 3)
        sender._number -= 1
        sender.send(Internal("n", "again"))
        sender._number += 1
        sender.send(Internal("n", "after a gap"))
        await eventually(lambda: len(taken) == 4)
        assert [internal.data for internal in taken] == [0, 1, 2, "after a gap"]
        assert gaps == [1]
    finally:
        await sender.close()
        await receiver.close()
        redis.remove()
