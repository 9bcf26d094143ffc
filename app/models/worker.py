"""Server processes: each leases a number of its own, so that ids made at the same moment differ (`app.lib.ids`)."""

from __future__ import annotations

from typing import Self

from piccolo.columns import BigInt

from app import database
from app.lib import clock, ids
from app.models.base import Row

LEASE = 5 * clock.MINUTE


class Worker(Row):
    """The row's id is the worker's number, 0 to 63."""

    token = BigInt(default=0)
    leased_until = BigInt(default=0)

    @classmethod
    async def join(cls, token: int) -> Self:
        """Lease the lowest free number. Raises `RuntimeError` when all are taken."""
        for number in range(ids.WORKERS):
            row = await database.execute(
                "INSERT INTO worker (id, token, leased_until) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE"
                " SET token = excluded.token, leased_until = excluded.leased_until WHERE worker.leased_until < $4 RETURNING *",
                number, token, clock.now() + LEASE, clock.now(),
            )
            if row:
                ids.use_worker(number)
                return cls.from_row(row[0])
        raise RuntimeError(f"all {ids.WORKERS} server processes of this database are running already")

    async def renew(self) -> bool:
        """Keep the number. False when another process has it now: then this process must join again."""
        return bool(await database.execute(
            "UPDATE worker SET leased_until = $1 WHERE id = $2 AND token = $3 RETURNING id", clock.now() + LEASE, self.id, self.token
        ))

    async def leave(self) -> None:
        """Give the number back."""
        await database.execute("UPDATE worker SET leased_until = 0 WHERE id = $1 AND token = $2", self.id, self.token)
