"""Keeping the index of instances ahead of time."""

from __future__ import annotations

from app import database
from app.lib import clock
from app.models.calendar.calendar import Calendar
from app.models.calendar.indexing import AFTER, check, digest
from app.models.calendar.storing import owner_email, write_instances

_WHEN_LEFT = AFTER // 2


async def extend() -> None:
    """Work out anew what soon isn't in the index far enough: series that go on, a few in each transaction."""
    soon = clock.now() + _WHEN_LEFT
    last = 0
    while rows := await database.fetch(
        "SELECT id, calendar_id, ics FROM calendar_object WHERE recurs = 1 AND expanded_until < $1 AND last_end > expanded_until"
        " AND expanded_until > $2 AND id > $3 ORDER BY id LIMIT 50", soon, clock.now() - AFTER, last,
    ):
        async with database.transaction():
            for row in rows:
                last = row["id"]
                await _again(row["id"], row["calendar_id"], row["ics"])


async def _again(object_id: int, calendar_id: int, text: str) -> None:
    calendar = await Calendar.get(calendar_id)
    read = digest(check(text), calendar.timezone, await owner_email(calendar))
    await database.execute("DELETE FROM calendar_instance WHERE object_id = $1", object_id)
    await write_instances(object_id, calendar_id, read)
    await database.execute(
        "UPDATE calendar_object SET expanded_from = $1, expanded_until = $2 WHERE id = $3",
        read.columns["expanded_from"], read.columns["expanded_until"], object_id
    )
