"""What goes over a socket: events as JSON, and the WebSocket frames around them (RFC 6455 §5.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec


class Event(msgspec.Struct, omit_defaults=True):
    """One thing that happened: topic, kind, and an HTML fragment or small data, or both."""

    t: str
    k: str
    h: str | None = None
    d: Any = None


class Frame:
    """A text message, encoded once and written to many sockets."""

    __slots__ = ("text", "wire")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.wire = _head(0x81, len(text)) + text


def encode(event: Event) -> bytes:
    """The event as JSON, to be joined with others into one frame."""
    return _encoder.encode(event)


def join(events: Iterable[bytes]) -> Frame:
    """One frame that carries these encoded events in their order."""
    return Frame(b"[" + b",".join(events) + b"]")


def _head(opcode: int, length: int) -> bytes:
    if length < 126:
        return bytes((opcode, length))
    if length < 65536:
        return bytes((opcode, 126)) + length.to_bytes(2, "big")
    return bytes((opcode, 127)) + length.to_bytes(8, "big")


_encoder = msgspec.json.Encoder()

HEARTBEAT = Frame(b"[]")
REFETCH = Frame(b'[{"k":"refetch"}]')
