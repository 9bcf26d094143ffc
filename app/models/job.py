"""The outbox: work that is promised in the same transaction as the change that causes it, and done at least once.

A worker leases due jobs; one that dies lets its lease run out, so another takes over. A job that fails is tried again later and
later; after `TRIES` it stays as a dead letter that an administrator sees.

Jobs that nobody waits for are in the background: they have places of their own to run, so that ten thousand pictures to be made never
delay a mail. Of them the newest goes first, since what came last is what people look at.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import msgspec
from piccolo.columns import BigInt, SmallInt, Text, Varchar

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.models.base import Row

TRIES = 12
LEASE = 2 * clock.MINUTE
_WAITS = (5, 30, 120, 600, 1800, 3600, 7200, 14400)  # seconds before the 2nd, 3rd … try

wake: Callable[[], None] = lambda: None  # noqa: E731  the runner of this process puts its own here


class Job(Row):
    """One promised piece of work. `kind` names a function in app/jobs."""

    org_id = BigInt(null=True, default=None, help_text="Whose administrators see it when it fails; null: only who runs the server.")
    kind = Varchar(length=60)
    payload = Text(default="{}")
    key = Varchar(length=120, null=True, default=None, help_text="Only one waiting job has this key.")
    run_at = BigInt(default=0)
    background = SmallInt(default=0, help_text="1: nobody waits for it.")
    attempts = SmallInt(default=0)
    leased_until = BigInt(default=0)
    error = Text(default="")
    dead_at = BigInt(null=True, default=None)
    created_at = BigInt(default=0)

    @classmethod
    async def enqueue(
        cls, kind: str, *, run_at: int | None = None, key: str | None = None, org_id: int | None = None, background: bool = False, **payload: Any
    ) -> None:
        """Promise a job, in the transaction under way. With `key`, a waiting job of the same key stands for this one too."""
        now = clock.now()
        await database.execute(
            "INSERT INTO job (id, org_id, kind, payload, key, run_at, background, created_at, attempts, leased_until, error)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, '') ON CONFLICT (key) DO NOTHING",
            new_id(), org_id, kind, msgspec.json.encode(payload).decode(), key, now if run_at is None else run_at, int(background), now,
        )
        if run_at is None or run_at <= now:
            database.on_commit(wake)

    @classmethod
    async def lease(cls, most: int, background: bool = False) -> list[Self]:
        """Take up to `most` due jobs for `LEASE`; nobody else gets them meanwhile."""
        now = clock.now()
        skip = "" if database.dialect() == "sqlite" else " FOR UPDATE SKIP LOCKED"
        rows = await database.execute(
            "UPDATE job SET leased_until = $1, attempts = attempts + 1, key = NULL WHERE id IN (SELECT id FROM job WHERE dead_at IS NULL AND background = $2"
            f" AND run_at <= $3 AND leased_until <= $3 ORDER BY run_at {'DESC' if background else ''} LIMIT $4{skip}) RETURNING *",
            now + LEASE, int(background), now, most,
        )
        return [cls.from_row(row) for row in sorted(rows, key=lambda row: row["run_at"])]

    @classmethod
    async def next_due(cls, background: bool = False) -> int | None:
        """When the next job wants to run that nobody has leased, in milliseconds since the epoch."""
        return await database.fetch_value(
            "SELECT run_at FROM job WHERE dead_at IS NULL AND background = $1 AND leased_until <= $2 ORDER BY run_at LIMIT 1", int(background), clock.now()
        )

    async def renew(self) -> None:
        """Keep the lease of a job that takes long."""
        await database.execute("UPDATE job SET leased_until = $1 WHERE id = $2", clock.now() + LEASE, self.id)

    async def finish(self) -> None:
        """The work is done."""
        await database.execute("DELETE FROM job WHERE id = $1", self.id)

    async def fail(self, error: str, final: bool = False) -> None:
        """It did not work: try later, or bury it when that was the last try or when `final`."""
        now = clock.now()
        dead = now if final or self.attempts >= TRIES else None
        wait = _WAITS[min(self.attempts - 1, len(_WAITS) - 1)] * clock.SECOND
        await database.execute(
            "UPDATE job SET leased_until = 0, run_at = $1, error = $2, dead_at = $3 WHERE id = $4", now + wait, error[:4000], dead, self.id
        )

    @classmethod
    async def dead(cls, org_id: int | None = None) -> list[Self]:
        """The dead letters, newest first: an organisation's, or all of them."""
        rows = await database.fetch("SELECT * FROM job WHERE dead_at IS NOT NULL ORDER BY dead_at DESC LIMIT 500")
        return [cls.from_row(row) for row in rows if org_id is None or row["org_id"] == org_id]

    @classmethod
    async def counts(cls) -> tuple[int, int]:
        """How many jobs wait or run, and how many are dead."""
        row = await database.fetch_one("SELECT COUNT(*) AS every, COUNT(dead_at) AS dead FROM job")
        return (row["every"] - row["dead"], row["dead"]) if row else (0, 0)

    async def revive(self) -> None:
        """Try a dead letter again."""
        await database.execute("UPDATE job SET dead_at = NULL, attempts = 0, run_at = $1 WHERE id = $2 AND dead_at IS NOT NULL", clock.now(), self.id)
        database.on_commit(wake)


class Scheduled(Row):
    """The last time slot in which a repeated job was enqueued, so that it is enqueued once by all processes together."""

    kind = Varchar(length=60)
    slot = BigInt(default=0)

    @classmethod
    async def claim(cls, kind: str, slot: int) -> bool:
        """Whether this process is the first to come to this slot."""
        return bool(await database.execute(
            "INSERT INTO scheduled (id, kind, slot) VALUES ($1, $2, $3) ON CONFLICT (kind) DO UPDATE SET slot = excluded.slot"
            " WHERE scheduled.slot < excluded.slot RETURNING id",
            new_id(), kind, slot,
        ))
