"""One server process: uvicorn around the app, stopping in peace."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from app import live
from app.main import create_app
from app.settings import Settings

BACKLOG = 2048


class Server(uvicorn.Server):
    """Says when it answers, and ends with status 0 after SIGTERM or SIGINT (uvicorn would raise the signal again)."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None], lifeline: int | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._lifeline = lifeline

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._lifeline is not None:
            asyncio.get_running_loop().add_reader(self._lifeline, self._on_orphaned, self._lifeline)
        self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def _on_orphaned(self, lifeline: int) -> None:
        """The supervisor is gone: its end of the pipe was closed."""
        asyncio.get_running_loop().remove_reader(lifeline)
        os.close(lifeline)
        self.should_exit = True


def serve(settings: Settings, listener: socket.socket, on_ready: Callable[[], None], lifeline: int | None = None) -> int:
    """Serve on `listener` until told to stop, or until the other end of the pipe `lifeline` is closed."""
    sockets: dict[str, Any] = dict(live.UVICORN)
    config = uvicorn.Config(
        create_app(settings), loop="uvloop", http="httptools", lifespan="on", access_log=False, log_config=None, proxy_headers=False,
        server_header=False, backlog=BACKLOG, **sockets,
    )
    server = Server(config, on_ready, lifeline)
    try:
        server.run([listener])
    except SystemExit as failed:
        return int(failed.code or 1)
    return 0
