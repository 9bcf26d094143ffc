"""What changed in a calendar since a modseq, for programs (RFC 6578)."""

from __future__ import annotations

from typing import Any, NamedTuple

from app import database
from app.models.base import NotFound
from app.models.calendar.calendar import Calendar


class TooOld(Exception):
    """What was removed since then is forgotten; the client has to read the whole calendar (RFC 6578 §3.8)."""


class Changes(NamedTuple):
    """Rows of what was written, with the columns that were asked for, addresses of what was removed, how far this goes, and whether it is all."""

    changed: list[dict[str, Any]]
    gone: list[str]
    modseq: int
    is_complete: bool


async def changes_since(calendar: Calendar, modseq: int, most: int | None = None, columns: str = "href, etag") -> Changes:
    """What changed after `modseq` (0: everything), oldest first, at most so much. Raises `TooOld`, `NotFound`."""
    async with database.snapshot():
        state = await database.fetch_one("SELECT modseq, forgotten_modseq FROM calendar WHERE id = $1 AND deleted_at IS NULL", calendar.id)
        if state is None:
            raise NotFound(f"calendar {calendar.id}")
        if modseq > state["modseq"] or (modseq and modseq < (state["forgotten_modseq"] or 0)):
            raise TooOld
        limit = (most or 10**9) + 1
        rows = await database.fetch(
            f"SELECT {columns}, modseq FROM calendar_object WHERE calendar_id = $1 AND modseq > $2 ORDER BY modseq LIMIT $3", calendar.id, modseq, limit
        )
        gone = [] if not modseq else await database.fetch(
            "SELECT href, modseq, 1 AS is_gone FROM calendar_gone WHERE calendar_id = $1 AND modseq > $2 ORDER BY modseq LIMIT $3", calendar.id, modseq, limit
        )
    in_order = sorted([*rows, *gone], key=lambda row: row["modseq"]) if gone else rows
    told = in_order[: limit - 1]
    is_complete = len(told) == len(in_order)
    return Changes(
        [row for row in told if "is_gone" not in row], [row["href"] for row in told if "is_gone" in row],
        state["modseq"] if is_complete else told[-1]["modseq"], is_complete,
    )
