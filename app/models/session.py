"""Signed-in devices."""

from __future__ import annotations

from typing import Self

from piccolo.columns import BigInt, ForeignKey, Varchar

from app import database, live
from app.lib import clock
from app.lib.tokens import hash_token, new_token
from app.models.account import Account
from app.models.base import Row
from app.models.organisation import Membership
from app.models.viewer import Viewer


class Session(Row):
    """A browser that is signed in. The cookie holds a token of which only the hash is here."""

    token_hash = Varchar(length=64)
    account_id = ForeignKey(Account)
    membership_id = ForeignKey(Membership, help_text="Where the person is now; switching organisations changes it.")
    host = Varchar(length=253, default="")
    address = Varchar(length=64, default="")
    user_agent = Varchar(length=300, default="")
    created_at = BigInt(default=0)
    seen_at = BigInt(default=0)
    expires_at = BigInt(default=0)

    @classmethod
    async def begin(cls, membership: Membership, days: int, *, host: str = "", address: str = "", user_agent: str = "") -> tuple[Self, str]:
        """Sign a browser in for `days`. Returns the session and the token for its cookie."""
        token, now = new_token(), clock.now()
        session = await cls.insert_new(
            token_hash=hash_token(token), account_id=membership.account_id, membership_id=membership.id, host=host[:253],
            address=address[:64], user_agent=user_agent[:300], created_at=now, seen_at=now, expires_at=now + days * clock.DAY,
        )
        return session, token

    async def end(self) -> None:
        """Sign this browser out, at once and in every process."""
        await database.execute("DELETE FROM session WHERE id = $1", self.id)
        database.on_commit(lambda: live.cut_session(self.id))
        Viewer.forget()

    @classmethod
    async def seen(cls, session_id: int, address: str) -> None:
        """Note that a session is in use."""
        await database.execute("UPDATE session SET seen_at = $1, address = $2 WHERE id = $3", clock.now(), address[:64], session_id)
