"""Where the request under way comes from; empty in jobs and on the command line."""

from __future__ import annotations

from contextvars import ContextVar

_address: ContextVar[str] = ContextVar("caller_address", default="")


def note_address(address: str) -> None:
    """Say where the request under way comes from."""
    _address.set(address)


def address() -> str:
    """The network address that asked."""
    return _address.get()
