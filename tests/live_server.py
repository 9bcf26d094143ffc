"""A small server around `app.live` alone, with invented people: `/live?account=1&org=1&session=1`."""

from __future__ import annotations

import asyncio
import functools
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
import uvicorn
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from app import database, live
from app.live import registry

CLOSED_ROOM = 13
SLOW_ROOM = 14  # whether one may listen there takes a while to find out
STATIC = Path(__file__).parent.parent / "static"
PAGE = b"""<!doctype html><html lang="en"><title>Live</title><body data-account="1">
<ul id="list" data-live="room:1"></ul><p id="shared" data-live="room:1 room:2" data-live-refresh></p>
<script type="module" src="/js/live.js"></script>"""
forbidden: set[tuple[int, int]] = set()
signed_out: set[int] = set()


@dataclass(frozen=True)
class Person:
    account_id: int
    org_id: int
    session_id: int


@live.topic("room")
async def can_listen(person: Person, room: int) -> bool:
    await asyncio.sleep(0.5 if room == SLOW_ROOM else 0.01)
    return room != CLOSED_ROOM and (person.account_id, room) not in forbidden


@live.signal("waving")
async def waving(person: Person, _room: int, data: Any) -> Any:
    return {"account": person.account_id} if data is None else None


async def renew(person: Person) -> Person | None:
    return None if person.session_id in signed_out else person


async def app(scope: Any, receive: Any, send: Any) -> None:
    """`/live`, and `POST /call` with `{"name", "args", "options"}` for a function of `live`."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "websocket":
        await live.connect(scope, receive, send, person_of(scope))
    elif scope["method"] == "GET":
        await _show(scope["path"], send)
    else:
        await _call(receive, send)


def person_of(scope: Any) -> Person | None:
    """Who the query string or the cookie says it is; nobody without one."""
    query = {name: int(values[0]) for name, values in parse_qs(scope["query_string"].decode()).items()}
    if not query:
        return Person(1, 1, 1) if (b"cookie", b"account=1") in scope["headers"] else None
    account = query["account"]
    return Person(account, query.get("org", 1), query.get("session", account))


async def _lifespan(receive: Any, send: Any) -> None:
    await receive()
    renewals = registry.renewals[:]
    live.renewal(renew)
    folder = tempfile.TemporaryDirectory()
    await database.open(f"sqlite:///{folder.name}/empty.db")
    await live.open(sys.argv[2] if len(sys.argv) > 2 and __name__ == "__main__" else "")
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await live.close()
    await database.close()
    registry.renewals[:] = renewals
    folder.cleanup()
    await send({"type": "lifespan.shutdown.complete"})


async def _show(path: str, send: Any) -> None:
    """A page for the browser tests, signed in as account 1 by the cookie that its socket sends, and the client module."""
    is_script = path.endswith(".js")
    body = (STATIC / path.lstrip("/")).read_bytes() if is_script else PAGE
    kind = b"text/javascript" if is_script else b"text/html"
    headers = [(b"content-type", kind), (b"set-cookie", b"account=1"), (b"content-security-policy", b"default-src 'self'")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _call(receive: Any, send: Any) -> None:
    call = msgspec.json.decode((await receive())["body"])
    for _ in range(call.get("times", 1)):
        result = getattr(live, call["name"])(*call.get("args", ()), **call.get("options", {}))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": msgspec.json.encode(result)})


class Tab:
    """A browser's end of the socket: events one by one, heartbeats left out."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[list[dict[str, Any]]] = []
        self._heard: list[dict[str, Any]] = []

    async def send(self, **message: Any) -> None:
        await self.socket.send(msgspec.json.encode(message).decode())

    async def subscribe(self, *topics: str) -> list[str]:
        """Ask for topics; gives the answers in their order."""
        await self.send(sub=topics)
        return [(await self.hear())["k"] for _ in topics]

    async def hear(self, within: float = 30) -> dict[str, Any]:
        """The next event."""
        while not self._heard:
            self.frames.append(msgspec.json.decode(await asyncio.wait_for(self.socket.recv(), within)))
            self._heard += self.frames[-1]
        return self._heard.pop(0)

    async def silence(self, seconds: float = 0.15) -> bool:
        """Whether nothing comes for so long."""
        try:
            await self.hear(seconds)
        except TimeoutError:
            return True
        return False

    async def close_code(self) -> int | None:
        """Wait until the server ends it; gives the close code."""
        await asyncio.wait_for(self.socket.wait_closed(), 30)
        return self.socket.close_code


@asynccontextmanager
async def tab(url: str, account: int | None = 1, **more: int) -> AsyncIterator[Tab]:
    """Open a tab as this account (None: signed out), with `org` and `session` where they matter."""
    who = {} if account is None else {"account": account, **more}
    async with connect(f"{url}?{urlencode(who)}", compression=None, max_queue=None) as socket:
        yield Tab(socket)


@asynccontextmanager
async def serving(around: Callable[[Any], Any] = lambda app: app) -> AsyncIterator[str]:
    """The server on a free port of this process; gives the address of its sockets."""
    options: dict[str, Any] = {**live.UVICORN, "lifespan": "on", "log_level": "error"}
    server = uvicorn.Server(uvicorn.Config(around(app), port=0, **options))
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"ws://127.0.0.1:{port}/live"
    finally:
        server.should_exit = True
        await running


def run(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Make a coroutine a test, on the event loop that the real server uses."""

    @functools.wraps(test)
    def synchronous(**fixtures: Any) -> None:
        forbidden.clear()
        signed_out.clear()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(asyncio.wait_for(test(**fixtures), 120))  # type: ignore[arg-type]

    return synchronous


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), lifespan="on", log_level="warning", **live.UVICORN)  # type: ignore[arg-type]
