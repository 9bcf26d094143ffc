"""The server that `bench.live` measures: our hub at /live, Litestar's channels plugin at /channels/main, and a publisher in it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from litestar import Litestar, get
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend

from app import database, live

TOPIC = "room:1"


@dataclass(frozen=True, slots=True)
class Reader:
    account_id: int
    org_id: int
    session_id: int


@live.topic("room")
async def may_listen(_reader: Reader, _room: int) -> bool:
    return True


channels = ChannelsPlugin(
    backend=MemoryChannelsBackend(), channels=["main"], create_ws_route_handlers=True, ws_handler_base_path="/channels"
)


@asynccontextmanager
async def running(_app: Litestar) -> AsyncIterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        await database.open(f"sqlite:///{folder}/empty.db")
        await live.open()
        yield
        await live.close()
        await database.close()


@get("/status")
async def status() -> dict[str, Any]:
    """Figures of the hub and of the process."""
    rss = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    topic = live._hub.topics.get(TOPIC) if live._hub else None
    return {**live.status(), "listeners": len(topic.listeners) if topic else 0, "rss": rss}


@get("/publish/{way:str}/{rate:int}/{seconds:float}/{size:int}")
async def publish(way: str, rate: int, seconds: float, size: int) -> dict[str, float]:
    """Publish so many events a second, evenly; gives how many it were and the CPU seconds of this process."""
    say = by_channels if way == "channels" else by_hub
    loop, padding = asyncio.get_running_loop(), "x" * size
    began, cpu = loop.time(), time.process_time()
    for number in range(int(rate * seconds)):
        say(number, padding)
        await asyncio.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
        if time.monotonic() - began > seconds * 1.5:
            break
    await asyncio.sleep(0.5)
    return {"events": number + 1, "cpu": time.process_time() - cpu}


def by_hub(number: int, padding: str) -> None:
    live.publish(TOPIC, "message", html=padding, data=[number, time.monotonic_ns()])


def by_channels(number: int, padding: str) -> None:
    event = {"t": TOPIC, "k": "message", "h": padding, "d": [number, time.monotonic_ns()]}
    channels.publish(json.dumps([event], separators=(",", ":")), "main")


inner = Litestar([status, publish], plugins=[channels], lifespan=[running], openapi_config=None, logging_config=None)


async def app(scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    if scope["type"] == "websocket" and scope["path"].startswith("/live/"):
        number = int(scope["path"].removeprefix("/live/"))
        await live.connect(scope, receive, send, Reader(number, number % 10, number))
    else:
        await inner(scope, receive, send)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, **live.UVICORN)  # type: ignore[arg-type]
