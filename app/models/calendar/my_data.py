"""Calendar's part of a person's data: each of their calendars as a file that any program reads."""

from __future__ import annotations

from collections.abc import AsyncIterator

from app import database
from app.models.calendar import importing
from app.models.calendar.calendar import OWN, Calendar
from app.models.my_data import Owner, exports
from app.models.my_data.registry import Files


@exports("calendar")
async def _calendars(owner: Owner) -> Files:
    rows = await database.fetch(
        "SELECT * FROM calendar WHERE account_id = $1 AND org_id = $2 AND deleted_at IS NULL AND kind = 'own' ORDER BY id", owner.account_id, owner.org_id
    )
    for row in rows:
        calendar = Calendar.from_row(row)
        calendar.level = OWN
        yield f"calendar/{calendar.slug}.ics", _whole(calendar)


async def _whole(calendar: Calendar) -> AsyncIterator[bytes]:
    yield await importing.export(calendar)
