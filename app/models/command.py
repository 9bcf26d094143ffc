"""What people did: each change carries a key, so that it is done once however often it is sent, and an inverse, so that it can be undone.

    async with Command.once(viewer, "message.delete", key) as command:
        if not command.repeated:
            …
            command.done(result=message.id, what=message.text[:80], inverse={"message": message.id})

What is done within `parts_of(command.id)` is part of that one: listed below it, and undone with it by its inverse.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Self

import msgspec
from piccolo.columns import BigInt, ForeignKey, Text, Varchar

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.organisation import Organisation
from app.models.viewer import Viewer

UNDO_FOR = 30 * clock.DAY
Inverse = Callable[[Viewer, dict[str, Any]], Awaitable[str | None]]
_inverses: dict[str, Inverse] = {}
_in_turn: dict[str, Callable[[dict[str, Any]], bool]] = {}
_whole: ContextVar[int | None] = ContextVar("whole", default=None)


def undoes(kind: str, *, in_turn: Callable[[dict[str, Any]], bool] = lambda _inverse: False) -> Callable[[Inverse], Inverse]:
    """Register the function that undoes commands of `kind`: it gets the viewer and the inverse that `done` stored, and may
    return what is said about it. It runs in a transaction, unless `in_turn` says of the inverse that it takes several: then it passes over what
    is undone already, as it may have come to a sudden end before."""

    def register(function: Inverse) -> Inverse:
        _inverses[kind], _in_turn[kind] = function, in_turn
        return function

    return register


@contextmanager
def parts_of(command_id: int | None) -> Iterator[None]:
    """What is done in here is part of a larger command; None: it stands for itself."""
    token = _whole.set(command_id)
    try:
        yield
    finally:
        _whole.reset(token)


class Command(Row):
    """One change that a person made."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    kind = Varchar(length=40)
    key = Varchar(length=80, null=True, default=None, help_text="The sender's idempotency key, unique for the account.")
    what = Varchar(length=200, default="", help_text="What it was done to, in the person's own words.")
    url = Varchar(length=300, default="")
    result = BigInt(null=True, default=None, help_text="Id of the row that came of it.")
    inverse = Text(null=True, default=None, help_text="JSON for the function that undoes it; null: can't be undone.")
    created_at = BigInt(default=0)
    undone_at = BigInt(null=True, default=None)
    part_of = BigInt(null=True, default=None, help_text="Id of the command that it is a part of, such as a file's of an upload.")

    repeated: bool = False

    @classmethod
    @asynccontextmanager
    async def once(cls, viewer: Viewer, kind: str, key: str | None = None) -> AsyncIterator[Self]:
        """A command in a transaction of its own. When `key` was seen before, `repeated` is true and `result` is what came of it then.

        Raises `Refused` when the key was used for another kind of command.
        """
        async with database.transaction():
            command = await cls._begin(viewer, kind, key)
            yield command
            if not command.repeated:
                await command._finish()

    @classmethod
    async def result_before(cls, viewer: Viewer, key: str | None) -> int | None:
        """What came of the change that was sent with this key before, if any: its answer may have been lost on the way."""
        sql = "SELECT result FROM command WHERE account_id = $1 AND key = $2"
        return await database.fetch_value(sql, viewer.account_id, key[:80]) if key else None

    @classmethod
    async def _begin(cls, viewer: Viewer, kind: str, key: str | None) -> Self:
        row = {"id": new_id(), "org_id": viewer.org_id, "account_id": viewer.account_id, "kind": kind, "key": key[:80] if key else None,
               "what": "", "url": "", "result": None, "inverse": None, "created_at": clock.now(), "undone_at": None,
               "part_of": _whole.get()}
        if not key:  # nobody else can begin it, so it is written when it is done
            return cls.from_row(row)
        added = await database.execute(
            "INSERT INTO command (id, org_id, account_id, kind, key, what, url, created_at, part_of) VALUES ($1, $2, $3, $4, $5, '', '', $6, $7)"
            " ON CONFLICT (account_id, key) DO NOTHING RETURNING id",
            row["id"], row["org_id"], row["account_id"], kind, row["key"], row["created_at"], row["part_of"],
        )
        if added:
            return cls.from_row(row)
        earlier = await database.fetch_one("SELECT * FROM command WHERE account_id = $1 AND key = $2", viewer.account_id, row["key"])
        if earlier is None or earlier["kind"] != kind:
            raise Refused("This change was already sent as something else.")
        command = cls.from_row(earlier)
        command.repeated = True
        return command

    async def _finish(self) -> None:
        await database.execute(
            "INSERT INTO command (id, org_id, account_id, kind, key, what, url, result, inverse, created_at, part_of)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            " ON CONFLICT (id) DO UPDATE SET what = excluded.what, url = excluded.url, result = excluded.result, inverse = excluded.inverse",
            self.id, self.org_id, self.account_id, self.kind, self.key, self.what, self.url, self.result, self.inverse, self.created_at,
            self.part_of,
        )

    def done(self, result: int | None = None, *, what: str = "", url: str = "", inverse: dict[str, Any] | None = None) -> None:
        """Say what came of it, to be stored with the transaction. `inverse` is what its `undoes` function needs."""
        self.result, self.what, self.url = result, what[:200], url[:300]
        self.inverse = None if inverse is None else msgspec.json.encode(inverse).decode()

    @property
    def is_undoable(self) -> bool:
        """Whether it can still be taken back."""
        return self.inverse is not None and self.undone_at is None and self.created_at > clock.now() - UNDO_FOR

    async def undo(self, viewer: Viewer) -> str:
        """Take it back, and say what there is to say about it, if anything. Raises `Refused` when that is no longer possible."""
        inverse = msgspec.json.decode(self.inverse or "{}")
        if self.is_undoable and _in_turn[self.kind](inverse):
            said = await _inverses[self.kind](viewer, inverse)
            await self._claim()
            return said or ""
        async with database.transaction():
            await self._claim()
            return await _inverses[self.kind](viewer, inverse) or ""

    async def _claim(self) -> None:
        claimed = await database.execute("UPDATE command SET undone_at = $1 WHERE id = $2 AND undone_at IS NULL RETURNING id", clock.now(), self.id)
        if not claimed or not self.is_undoable:
            raise Refused("This can’t be undone any more.")

    @classmethod
    async def recent(cls, viewer: Viewer, before: int | None = None, most: int = 50) -> list[Self]:
        """What this person did here in the last 30 days, newest first, before the command with id `before`; parts are left out."""
        rows = await database.fetch(
            "SELECT * FROM command WHERE account_id = $1 AND org_id = $2 AND part_of IS NULL AND created_at > $3 AND id < $4 AND what <> ''"
            " ORDER BY id DESC LIMIT $5",
            viewer.account_id, viewer.org_id, clock.now() - UNDO_FOR, before or 2**53, most,
        )
        return [cls.from_row(row) for row in rows]

    async def parts(self, before: int | None = None, most: int = 50) -> list[Self]:
        """What it consists of, newest first, before the part with id `before`."""
        rows = await database.fetch("SELECT * FROM command WHERE part_of = $1 AND id < $2 ORDER BY id DESC LIMIT $3", self.id, before or 2**53, most)
        return [type(self).from_row(row) for row in rows]

    @classmethod
    async def part_counts(cls, ids: Sequence[int]) -> dict[int, int]:
        """Of how many parts these commands consist, where there are any."""
        if not ids:
            return {}
        rows = await database.fetch(f"SELECT part_of, COUNT(*) AS number FROM command WHERE part_of IN ({database.marks(ids)}) GROUP BY part_of", *ids)
        return {row["part_of"]: row["number"] for row in rows}

    @classmethod
    async def prune(cls) -> None:
        """Forget what can't be undone any more."""
        await database.execute("DELETE FROM command WHERE created_at < $1", clock.now() - UNDO_FOR)
