"""How somebody looks at their calendar: which view first, when they work, which other clocks they want to see."""

from __future__ import annotations

from typing import Any, Self

from piccolo.columns import BigInt, Boolean, Integer, SmallInt, Varchar

from app import database
from app.lib import clock
from app.models.base import Row

VIEWS = ("day", "week", "workweek", "month", "year", "agenda")
MOST_ZONES = 3
WORKDAYS = 0b0011111  # bit 0 is Monday


class CalendarPreferences(Row):
    """One person's choices. The row's id is the account's; without a row everything is as usual."""

    view = Varchar(length=10, default="", help_text="One of VIEWS; empty: days on a phone, a week elsewhere.")
    work_starts = SmallInt(default=8 * 60, help_text="Minutes after midnight.")
    work_ends = SmallInt(default=18 * 60)
    work_days = SmallInt(default=WORKDAYS, help_text="Bit 0 is Monday.")
    with_week_numbers = Boolean(default=True)
    with_declined = Boolean(default=False, help_text="Show what one has declined.")
    zones = Varchar(length=200, default="", help_text="Other time zones beside one’s own, with spaces between.")
    reminder = Integer(null=True, default=10, help_text="Minutes before, for new events; null: none.")
    with_meeting = Boolean(default=False, help_text="New events begin with a new room of the organisation's meeting service.")
    event_minutes = SmallInt(default=60, help_text="How long a new event lasts.")
    changed_at = BigInt(default=0)

    @classmethod
    async def of(cls, account_id: int) -> Self:
        """What somebody chose, or what is usual."""
        row = await database.fetch_one("SELECT * FROM calendar_preferences WHERE id = $1", account_id)
        return cls.from_row(row) if row else cls.from_row({**_USUAL, "id": account_id})

    @classmethod
    async def choose(cls, account_id: int, **chosen: Any) -> None:
        """Keep these choices, and the others as they were."""
        async with database.transaction():
            await database.execute(
                "INSERT INTO calendar_preferences (id, view, work_starts, work_ends, work_days, with_week_numbers, with_declined, zones, reminder,"
                " with_meeting, event_minutes, changed_at) VALUES ($1, '', 480, 1080, 31, $2, $3, '', 10, $3, 60, 0) ON CONFLICT (id) DO NOTHING",
                account_id, True, False,
            )
            await (await cls.get(account_id)).change(**chosen, changed_at=clock.now())

    @property
    def zone_names(self) -> list[str]:
        """The other time zones."""
        return self.zones.split()

    def works_on(self, weekday: int) -> bool:
        """Whether a day of the week is a working day; 0 is Monday."""
        return bool(self.work_days >> weekday & 1)


_USUAL: dict[str, Any] = {
    "view": "", "work_starts": 8 * 60, "work_ends": 18 * 60, "work_days": WORKDAYS, "with_week_numbers": True, "with_declined": False,
    "with_meeting": False, "zones": "", "reminder": 10, "event_minutes": 60, "changed_at": 0,
}
