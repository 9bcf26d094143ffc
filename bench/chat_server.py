"""The server that `bench.chat` measures: a channel with many readers, and people who write in it, each message written and rendered."""

from __future__ import annotations

import asyncio
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

from app import database, live
from app.assets import Assets
from app.lib.ids import new_id
from app.models.account import Account
from app.models.chat import Channel, Message
from app.models.organisation import Organisation
from app.models.session import Session
from app.models.viewer import Viewer
from app.render import open_templates
from app.routes.chat import broadcasts as _broadcasts  # noqa: F401 - they turn what is announced into frames
from app.settings import read_settings

MEMBERS, WRITERS = 500, 5
TEXT = "Numbers for **today**: 20,400 new, 17,900 after 30 washes. See `firn-p5-grading-v3.dxf`, and tell me what you think. "
writers: list[tuple[Channel, Viewer]] = []


@dataclass(frozen=True, slots=True)
class Reader:
    account_id: int
    org_id: int
    session_id: int


@live.topic("channel")
async def _may_listen(_reader: Reader, _channel: int) -> bool:
    return True  # who may is asked once when somebody begins to listen; what is measured comes after


def _stamped() -> None:
    """Readers look for the number of a message and for when its writing began: both come in its key."""
    publish = live.publish

    def stamp(topic: str, kind: str, *, html: str | None = None, data: Any = None, only: Any = None) -> None:
        if kind == "message" and data and ":" in data.get("key", ""):
            data = [int(part) for part in data["key"].split(":")]
        publish(topic, kind, html=html, data=data, only=only)

    live.publish = stamp


async def _move_in() -> None:
    organisation = await Organisation.found("Bench")
    for number in range(WRITERS):
        account = await Account.open(f"writer{number}@bench.example", "Writer", str(number))
        membership = await organisation.admit(account, "user")
        _session, token = await Session.begin(membership, 30)
        viewer = await Viewer.by_token(token)
        assert viewer is not None
        if not writers:
            channel = await Channel.start(viewer, "public", "bench")
        else:
            channel = writers[0][0]
            await channel.take_in([viewer.account_id])
        writers.append((await Channel.seen_by(viewer, channel.id), viewer))
    people = [(new_id(), f"reader{number}@bench.example", f"reader{number}") for number in range(MEMBERS)]
    sql = "INSERT INTO account (id, email, sync_name, given_name, family_name, created_at) VALUES ($1, $2, $3, 'Reader', 'One', 0)"
    await database.execute_many(sql, people)
    await writers[0][0].take_in([id_ for id_, *_ in people])


@asynccontextmanager
async def running(_app: Litestar) -> AsyncIterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        await database.open(f"sqlite:///{Path(folder) / 'chat.db'}")
        await database.migrate()
        await live.open()
        open_templates(Assets(), read_settings({}))
        _stamped()
        await _move_in()
        yield
        await live.close()
        await database.close()


@get("/status")
async def status() -> dict[str, Any]:
    """Who listens, and where."""
    topic = live._hub.topics.get(f"channel:{writers[0][0].id}") if live._hub else None
    return {"listeners": len(topic.listeners) if topic else 0, "channel": writers[0][0].id}


@get("/write/{rate:int}/{seconds:float}")
async def write(rate: int, seconds: float) -> dict[str, float]:
    """Write so many messages a second, evenly; gives how many it were and the CPU seconds of this process."""
    began, cpu, number, open_writes = time.monotonic(), time.process_time(), 0, set()
    while (now := time.monotonic()) - began < seconds:
        due = int((now - began) * rate) + 1
        while number < due and len(open_writes) < 4 * WRITERS:
            channel, viewer = writers[number % WRITERS]
            task = asyncio.ensure_future(Message.post(channel, viewer, f"{TEXT} {number}", f"{number}:{time.monotonic_ns()}"))
            open_writes.add(task)
            task.add_done_callback(open_writes.discard)
            number += 1
        await asyncio.sleep(0.0005 if rate > 100 else 0.002)
    await asyncio.gather(*open_writes)
    await asyncio.sleep(0.5)
    return {"events": number, "cpu": time.process_time() - cpu}


inner = Litestar([status, write], lifespan=[running], openapi_config=None, logging_config=None)


async def app(scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    if scope["type"] == "websocket":
        number = int(scope["path"].rpartition("/")[2])
        await live.connect(scope, receive, send, Reader(number, number % 10, number))
    else:
        await inner(scope, receive, send)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False, **live.UVICORN)  # type: ignore[arg-type]
