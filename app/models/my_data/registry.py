"""What the apps have of a person."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

Files = AsyncIterator[tuple[str, AsyncIterator[bytes]]]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose data it is, in which organisation."""

    account_id: int
    org_id: int
    membership_id: int
    timezone: str


Exporter = Callable[[Owner], Files]
_exporters: dict[str, Exporter] = {}
_personal: set[str] = set()


def exports(name: str, *, once: bool = False) -> Callable[[Exporter], Exporter]:
    """Register what an app adds to the zip: an async generator of paths, each with its bytes.

    It is asked for each organisation, and its paths get a folder of that name where there are several; `once` is for what has nothing to do
    with any.
    """

    def register(exporter: Exporter) -> Exporter:
        _exporters[name] = exporter
        if once:
            _personal.add(name)
        return exporter

    return register


def is_personal(name: str) -> bool:
    """Whether it is asked once, whatever the number of organisations."""
    return name in _personal


def exporters() -> dict[str, Exporter]:
    """All of them by name, in the order of the alphabet."""
    return dict(sorted(_exporters.items()))


async def json_array(rows: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    """Rows as a JSON array, one on each line."""
    started = False
    async for row in rows:
        yield (b",\n" if started else b"[\n") + msgspec.json.encode(row)
        started = True
    yield b"\n]\n" if started else b"[]\n"


async def json_file(value: Any) -> AsyncIterator[bytes]:
    """One value as JSON that people can read."""
    yield msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


async def text_file(text: str) -> AsyncIterator[bytes]:
    """A text as UTF-8."""
    yield text.encode()


def moment(instant: int | None) -> str | None:
    """An instant as an ISO 8601 time in UTC."""
    return None if instant is None else datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
