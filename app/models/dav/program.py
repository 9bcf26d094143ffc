"""Programs that sync: when somebody's telephone was last here."""

from __future__ import annotations

from typing import Self

from piccolo.columns import BigInt, ForeignKey, Varchar

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.models.account import Account
from app.models.base import Row

NOTED_EVERY = 5 * clock.MINUTE
FORGOTTEN_AFTER = 180 * clock.DAY


class SyncProgram(Row):
    """One program of one person."""

    account_id = ForeignKey(Account)
    name = Varchar(length=60)
    address = Varchar(length=64, default="")
    first_at = BigInt(default=0)
    last_at = BigInt(default=0)

    @classmethod
    async def note(cls, account_id: int, name: str, address: str) -> None:
        """It is here now."""
        now = clock.now()
        await database.execute(
            "INSERT INTO sync_program (id, account_id, name, address, first_at, last_at) VALUES ($1, $2, $3, $4, $5, $5)"
            " ON CONFLICT (account_id, name) DO UPDATE SET address = excluded.address, last_at = excluded.last_at",
            new_id(), account_id, name[:60], address[:64], now,
        )

    @classmethod
    async def of(cls, account_id: int) -> list[Self]:
        """Somebody's programs, those that were here last first."""
        rows = await database.fetch(
            "SELECT * FROM sync_program WHERE account_id = $1 AND last_at > $2 ORDER BY last_at DESC LIMIT 50", account_id, clock.now() - FORGOTTEN_AFTER
        )
        return [cls.from_row(row) for row in rows]
