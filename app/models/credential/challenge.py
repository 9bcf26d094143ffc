"""Questions put to a browser that it answers once, within minutes: WebAuthn challenges, the second step of signing in, the way to a provider."""

from __future__ import annotations

from typing import Any, Self

import msgspec
from piccolo.columns import BigInt, ForeignKey, Text, Varchar

from app import database
from app.lib import clock
from app.lib.tokens import hash_token, new_token
from app.models.account import Account
from app.models.base import Row

PASSKEY_SIGN_IN, PASSKEY_REGISTRATION, SECOND_FACTOR, AT_PROVIDER = "passkey-sign-in", "passkey-registration", "second-factor", "at-provider"
TIME = 10 * clock.MINUTE


class Challenge(Row):
    """One question. The browser holds its token, which for passkeys is the challenge itself (base64url)."""

    kind = Varchar(length=24)
    token_hash = Varchar(length=64)
    account_id = ForeignKey(Account, null=True, default=None)
    facts = Text(default="", help_text="JSON: what has to be remembered until the answer.")
    expires_at = BigInt(default=0)

    @classmethod
    async def pose(cls, kind: str, account_id: int | None = None, **facts: Any) -> str:
        """Ask; returns the token, 32 random bytes in base64url. The facts are remembered until the answer."""
        token = new_token(32)
        remembered = msgspec.json.encode(facts).decode() if facts else ""
        await cls.insert_new(kind=kind, token_hash=hash_token(token), account_id=account_id, facts=remembered, expires_at=clock.now() + TIME)
        return token

    @property
    def remembered(self) -> dict[str, Any]:
        """The facts that were given when it was posed."""
        found: dict[str, Any] = msgspec.json.decode(self.facts) if self.facts else {}
        return found

    @classmethod
    async def look_up(cls, kind: str, token: str) -> Self | None:
        """The question that a token belongs to, still open."""
        row = await database.fetch_one(
            "SELECT * FROM challenge WHERE token_hash = $1 AND kind = $2 AND expires_at > $3", hash_token(token), kind, clock.now()
        )
        return cls.from_row(row) if row else None

    @classmethod
    async def answer(cls, kind: str, token: str, account_id: int | None = None) -> bool:
        """Whether this question was open for this account until now; it is over afterwards, whatever the answer is worth."""
        rows = await database.execute("DELETE FROM challenge WHERE token_hash = $1 AND kind = $2 RETURNING account_id, expires_at", hash_token(token), kind)
        return bool(rows) and rows[0]["account_id"] == account_id and rows[0]["expires_at"] > clock.now()

    @classmethod
    async def take(cls, kind: str, token: str) -> Self | None:
        """The question that a token belongs to, if it was open until now; it is over afterwards."""
        rows = await database.execute("DELETE FROM challenge WHERE token_hash = $1 AND kind = $2 RETURNING *", hash_token(token), kind)
        return cls.from_row(rows[0]) if rows and rows[0]["expires_at"] > clock.now() else None

    @classmethod
    async def prune(cls) -> None:
        """Drop what nobody answered."""
        await database.execute("DELETE FROM challenge WHERE expires_at < $1", clock.now())
