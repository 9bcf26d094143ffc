"""What somebody chose about being disturbed: away or do not disturb by hand, quiet hours, and after how long away comes by itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from piccolo.columns import BigInt, ForeignKey, SmallInt, Varchar

from app import database, live
from app.lib import clock
from app.lib.quiet import Span, next_quiet, quiet_end
from app.models.account import Account
from app.models.base import Row

ONLINE, AWAY, DND, OFFLINE = "online", "away", "dnd", "offline"
AUTOMATIC = ""
CHOICES = (AUTOMATIC, AWAY, DND)
AWAY_AFTER = 10  # minutes
FOREVER = 253_402_300_799_000  # the end of the year 9999: until somebody changes it
MOST_SPANS = 7
NEVER = 2**62


class Availability(Row):
    """A person's choice. The row's id is the account's; without a row everything is as usual."""

    chosen = Varchar(length=8, default=AUTOMATIC, help_text="away, dnd, or empty: as the tabs are used.")
    until = BigInt(null=True, default=None, help_text="When the choice ends; null: when they change it.")
    away_minutes = SmallInt(default=AWAY_AFTER)


class QuietHours(Row):
    """Some hours of the week in which somebody isn't disturbed, on the clock of their account."""

    account_id = ForeignKey(Account)
    days = SmallInt(default=0, help_text="Bit 0 is Monday.")
    starts = SmallInt(default=0, help_text="Minutes after midnight.")
    ends = SmallInt(default=0, help_text="At or before the start: on the day after.")


@dataclass(frozen=True, slots=True)
class Choice:
    """What an account chose, read from the database."""

    chosen: str = AUTOMATIC
    until: int | None = None
    away_minutes: int = AWAY_AFTER
    timezone: str = "UTC"
    spans: tuple[Span, ...] = ()

    def current(self, now: int) -> str:
        """The choice by hand that holds at `now`."""
        return self.chosen if self.until is None or self.until > now else AUTOMATIC

    def quiet_until(self, now: int) -> int | None:
        """Until when they aren't to be disturbed; None when they may be."""
        by_hand = (self.until or FOREVER) if self.current(now) == DND else None
        by_hours = quiet_end(now, self.timezone, self.spans) if self.spans else None
        return max((end for end in (by_hand, by_hours) if end is not None), default=None)

    def state(self, now: int, idle_since: int | None) -> tuple[str, int]:
        """The state of somebody whose tabs are idle since then (None: in use), and when time alone may change it."""
        quiet = self.quiet_until(now)
        if quiet is not None:
            return DND, quiet
        ends = self.until if self.until is not None and self.until > now else NEVER
        due = min(ends, (next_quiet(now, self.timezone, self.spans) if self.spans else None) or NEVER)
        if self.current(now) == AWAY:
            return AWAY, due
        if idle_since is None:
            return ONLINE, due
        away_at = idle_since + self.away_minutes * clock.MINUTE
        return (AWAY, due) if away_at <= now else (ONLINE, min(due, away_at))


async def choices_of(account_ids: Collection[int]) -> dict[int, Choice]:
    """What these accounts chose."""
    found: dict[int, Choice] = {}
    some = list(account_ids)
    for start in range(0, len(some), 500):
        found |= await _read(some[start : start + 500])
    return found


async def choice_of(account_id: int) -> Choice:
    """What this account chose."""
    return (await choices_of([account_id])).get(account_id, Choice())


async def quiet_until(account_id: int) -> int | None:
    """Until when this person isn't to be disturbed (by their own word or their quiet hours); None when they may be."""
    return (await choice_of(account_id)).quiet_until(clock.now())


async def quiet_until_of(account_ids: Collection[int]) -> dict[int, int]:
    """Those of the accounts that aren't to be disturbed now, each with until when."""
    now = clock.now()
    ends = {account_id: choice.quiet_until(now) for account_id, choice in (await choices_of(account_ids)).items()}
    return {account_id: end for account_id, end in ends.items() if end is not None}


async def choose(account_id: int, chosen: str, until: int | None = None) -> None:
    """Be away or not to be disturbed from now on, until then at the latest; AUTOMATIC takes it back."""
    await _write(account_id, "chosen = $2, until = $3", chosen, until)


async def set_away_minutes(account_id: int, minutes: int) -> None:
    """Be shown as away after so many minutes in which no tab is used."""
    await _write(account_id, "away_minutes = $2", minutes)


async def set_quiet_hours(account_id: int, spans: Sequence[Span]) -> None:
    """Keep these hours quiet instead of those before."""
    async with database.transaction():
        await database.execute("DELETE FROM quiet_hours WHERE account_id = $1", account_id)
        for span in spans[:MOST_SPANS]:
            await QuietHours.insert_new(account_id=account_id, days=span.days, starts=span.starts, ends=span.ends)
        _tell(account_id)


async def _write(account_id: int, columns: str, *values: Any) -> None:
    async with database.transaction():
        await database.execute(
            "INSERT INTO availability (id, chosen, away_minutes) VALUES ($1, '', $2) ON CONFLICT (id) DO NOTHING", account_id, AWAY_AFTER
        )
        await database.execute(f"UPDATE availability SET {columns} WHERE id = $1", account_id, *values)
        _tell(account_id)


def _tell(account_id: int) -> None:
    """Every process works out anew how they are, and their own tabs show what they chose."""
    live.broadcast_internal("presence.chosen", account_id)
    live.publish(f"account:{account_id}", "presence.me")


async def _read(account_ids: Sequence[int]) -> dict[int, Choice]:
    places = database.marks(account_ids)
    spans: dict[int, list[Span]] = {}
    for row in await database.fetch(f"SELECT account_id, days, starts, ends FROM quiet_hours WHERE account_id IN ({places}) ORDER BY id", *account_ids):
        spans.setdefault(row["account_id"], []).append(Span(row["days"], row["starts"], row["ends"]))
    rows = await database.fetch(
        f"SELECT a.id, a.timezone, v.chosen, v.until, v.away_minutes FROM account a LEFT JOIN availability v ON v.id = a.id WHERE a.id IN ({places})",
        *account_ids,
    )
    return {
        row["id"]: Choice(row["chosen"] or AUTOMATIC, row["until"], row["away_minutes"] or AWAY_AFTER, row["timezone"], tuple(spans.get(row["id"], ())))
        for row in rows
    }
