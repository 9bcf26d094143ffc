"""How a frame reaches one browser: straight into the transport where that is possible, through a bounded queue elsewhere."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Protocol, cast

from litestar.types import Send

from app.live.frames import Frame

FULL = 256 * 1024
"""Bytes that may wait for one reader before it counts as lagging."""

LAST_WORDS = 2.0
"""Seconds that a closed socket gets to take what is still waiting for it."""


class Wire(Protocol):
    """The sending half of one WebSocket. Nothing in it waits for the reader."""

    def write(self, frame: Frame) -> None: ...
    def waiting(self) -> int: ...
    def is_gone(self) -> bool: ...
    def close(self, code: int) -> None: ...
    def abort(self) -> None: ...


def wire_of(send: Send) -> Wire:
    """The fastest wire that this server offers.

    uvicorn's `websockets-sansio` protocol shows its transport; writing finished frames to it costs a quarter of `send`
    and never waits. It is a private path, so anything else gets the queue.
    """
    protocol = getattr(send, "__self__", None)
    transport = getattr(protocol, "transport", None)
    is_known = type(protocol).__name__ == "WebSocketsSansIOProtocol"
    if is_known and all(hasattr(transport, name) for name in ("write", "get_write_buffer_size", "is_closing", "abort")):
        return DirectWire(cast(asyncio.Transport, transport), send)
    return QueuedWire(send)


class DirectWire:
    """Writes finished frames to the connection's transport."""

    __slots__ = ("_farewell", "_is_closing", "_send", "_transport", "_write", "waiting")

    def __init__(self, transport: asyncio.Transport, send: Send) -> None:
        self._transport = transport
        self._send = send
        self._write = transport.write
        self._is_closing = transport.is_closing
        self._farewell: asyncio.Task[None] | None = None
        self.waiting = transport.get_write_buffer_size

    def write(self, frame: Frame) -> None:
        if not self._is_closing():  # uvloop raises for a transport that is closed
            self._write(frame.wire)

    def is_gone(self) -> bool:
        return self._is_closing()

    def close(self, code: int) -> None:
        """Say goodbye; a reader that doesn't answer is dropped, whatever still waits for it.

        The server has to know that it closed: of two close frames Chromium makes a failed connection.
        """
        self._farewell = asyncio.create_task(_bid_farewell(self._send, code))
        asyncio.get_running_loop().call_later(LAST_WORDS, self.abort)

    def abort(self) -> None:
        if self._farewell is not None:
            self._farewell.cancel()
        self._transport.abort()


class QueuedWire:
    """Sends through the ASGI server, in a task of its own, so that nobody waits for this reader."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._frames: deque[Frame] = deque()
        self._size = 0
        self._sender: asyncio.Task[None] | None = None
        self._closing: int | None = None
        self._gone = False

    def write(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._size += len(frame.text)
        self._start()

    def waiting(self) -> int:
        return self._size

    def is_gone(self) -> bool:
        return self._gone or self._closing is not None

    def close(self, code: int) -> None:
        self._closing = code
        self._start()
        asyncio.get_running_loop().call_later(LAST_WORDS, self.abort)

    def abort(self) -> None:
        self._gone = True
        if self._sender is not None:
            self._sender.cancel()

    def _start(self) -> None:
        if self._sender is None and not self._gone:
            self._sender = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        try:
            while self._frames:
                frame = self._frames.popleft()
                await self._send({"type": "websocket.send", "bytes": None, "text": frame.text.decode()})
                self._size -= len(frame.text)
            if self._closing is not None:
                await _bid_farewell(self._send, self._closing)
        except Exception:
            self._gone = True
        finally:
            self._sender = None


async def _bid_farewell(send: Send, code: int) -> None:
    # Whatever the server raises for a connection that went away meanwhile: it is gone, as wanted.
    with suppress(Exception):
        await send({"type": "websocket.close", "code": code, "reason": ""})
