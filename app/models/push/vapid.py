"""The keys by which push services know this server (RFC 8292). A subscription works with the key that it was made with, so after a
rotation the old key signs for its devices until their browsers have subscribed with the new one."""

from __future__ import annotations

from typing import Self

from piccolo.columns import BigInt, Text, Varchar

from app import database
from app.lib import clock
from app.lib.webpush import new_key_pair
from app.models.base import Row


class VapidKey(Row):
    """A key pair of this server (RFC 8292). A subscription belongs to the key that it was made with."""

    private = Text(help_text="PKCS 8, PEM.")
    public = Varchar(length=100, help_text="Uncompressed point, base64url: what browsers subscribe with.")
    created_at = BigInt(default=0)
    retired_at = BigInt(null=True, default=None)

    @classmethod
    async def current(cls) -> Self:
        """The key that new subscriptions are made with; the first call makes it."""
        sql = "SELECT * FROM vapid_key WHERE retired_at IS NULL ORDER BY id LIMIT 1"
        row = await database.fetch_one(sql)
        if row is None:
            async with database.transaction():
                await _alone()
                row = await database.fetch_one(sql)
                if row is None:
                    return await cls._make()
        return cls.from_row(row)

    @classmethod
    async def by_public(cls, public: str) -> Self | None:
        """The key that a browser subscribed with."""
        row = await database.fetch_one("SELECT * FROM vapid_key WHERE public = $1", public.rstrip("="))
        return cls.from_row(row) if row else None

    @classmethod
    async def rotate(cls) -> Self:
        """Make a new key. Browsers subscribe with it by themselves when they next hear from us; until then the old one signs for them."""
        async with database.transaction():
            await _alone()
            await database.execute("UPDATE vapid_key SET retired_at = $1 WHERE retired_at IS NULL", clock.now())
            return await cls._make()

    @classmethod
    async def counted(cls) -> list[tuple[Self, int]]:
        """Every key, the newest first, with how many devices use it."""
        rows = await database.fetch("SELECT k.*, (SELECT COUNT(*) FROM push_device d WHERE d.vapid_id = k.id) AS devices FROM vapid_key k ORDER BY k.id DESC")
        return [(cls.from_row(row), row["devices"]) for row in rows]

    @classmethod
    async def prune(cls) -> None:
        """Forget retired keys that no device uses."""
        await database.execute(
            "DELETE FROM vapid_key WHERE retired_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM push_device d WHERE d.vapid_id = vapid_key.id)"
        )

    @classmethod
    async def _make(cls) -> Self:
        private, public = new_key_pair()
        return await cls.insert_new(private=private, public=public, created_at=clock.now())


async def _alone() -> None:
    """One process at a time makes a key."""
    if database.dialect() == "postgres":
        await database.execute("LOCK TABLE vapid_key IN SHARE ROW EXCLUSIVE MODE")
