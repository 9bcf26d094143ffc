"""Locks of WebDAV (RFC 4918 §6, §7) on files and folders: somebody's program says that it is at work there, for a while."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Self

from piccolo.columns import BigInt, ForeignKey, SmallInt, Text, Varchar

from app import database
from app.lib import clock
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.drive.finding import line_of
from app.models.drive.tables import Drive

LONGEST = 2 * clock.HOUR
MOST = 1000  # locks of one person


class DavLock(Row):
    """One lock. It is of the node at which it was taken, and with `is_deep` of everything below."""

    account_id = ForeignKey(Account)
    drive_id = ForeignKey(Drive)
    node_id = BigInt()
    token = Varchar(length=60)
    is_deep = SmallInt(default=0)
    is_shared = SmallInt(default=0)
    owner = Text(default="", help_text="What the program says about who holds it: XML, given back as it came.")
    seconds = BigInt(default=0)
    expires_at = BigInt(default=0)

    @classmethod
    async def in_drive(cls, drive_id: int) -> list[Self]:
        """The locks that hold now; few, and mostly none."""
        rows = await database.fetch("SELECT * FROM dav_lock WHERE drive_id = $1 AND expires_at > $2 ORDER BY id", drive_id, clock.now())
        return [cls.from_row(row) for row in rows]

    @classmethod
    async def take(cls, account_id: int, drive_id: int, line: Sequence[int], *, is_deep: bool, is_shared: bool, owner: str, seconds: int) -> Self:
        """Lock the last node of a line from the root. Raises `LockConflict`."""
        async with database.transaction():
            await database.execute("UPDATE drive SET modseq = modseq WHERE id = $1", drive_id)  # one at a time
            await database.execute("DELETE FROM dav_lock WHERE expires_at <= $1", clock.now())
            held = await cls.in_drive(drive_id)
            there: list[DavLock] = [lock for lock in held if lock.applies_to(line)]
            there += await below(held, line[-1]) if is_deep else []
            for lock in there:
                if not (is_shared and lock.is_shared):
                    raise LockConflict(lock)
            if await database.fetch_value("SELECT COUNT(*) FROM dav_lock WHERE account_id = $1", account_id) >= MOST:
                raise Refused("These are too many locks.")
            return await cls.insert_new(
                account_id=account_id, drive_id=drive_id, node_id=line[-1], token=f"urn:uuid:{uuid.uuid4()}", is_deep=int(is_deep), is_shared=int(is_shared),
                owner=owner, seconds=seconds, expires_at=clock.now() + seconds * 1000,
            )

    def applies_to(self, line: Sequence[int]) -> bool:
        """Whether it holds for the last node of a line."""
        return self.node_id == line[-1] or (bool(self.is_deep) and self.node_id in line)

    @property
    def seconds_left(self) -> int:
        """Until it ends by itself."""
        return max(0, (self.expires_at - clock.now()) // 1000)

    async def prolong(self, seconds: int) -> None:
        """Hold it for longer."""
        await self.change(seconds=seconds, expires_at=clock.now() + seconds * 1000)

    async def release(self) -> None:
        """Give it up."""
        await database.execute("DELETE FROM dav_lock WHERE id = $1", self.id)

    @classmethod
    async def forget(cls, drive_id: int, node_id: int) -> None:
        """The node is gone from where it was, with all below it."""
        held = await cls.in_drive(drive_id)
        for lock in held:
            if lock.node_id == node_id or node_id in await _line(lock.node_id):
                await lock.release()


class LockConflict(Refused):
    """Another lock stands in the way."""

    def __init__(self, lock: DavLock) -> None:
        super().__init__("Somebody else has locked it.")
        self.lock = lock


async def below(locks: Collection[DavLock], node_id: int) -> list[DavLock]:
    """Those of the locks that are somewhere below a node."""
    return [lock for lock in locks if lock.node_id != node_id and node_id in await _line(lock.node_id)]


async def _line(node_id: int) -> list[int]:
    return [row["id"] for row in await line_of(node_id)]
