"""Browsers from which somebody signed in before, so that they hear of a new one."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey, Varchar

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.lib.tokens import hash_token, new_token
from app.models.account import Account
from app.models.base import Row

KEPT_FOR = 400 * clock.DAY  # as long as browsers keep a cookie (RFC 6265bis §5.5)


class KnownDevice(Row):
    """A browser that an account signed in from. It keeps a token of its own, also after signing out."""

    account_id = ForeignKey(Account)
    token_hash = Varchar(length=64)
    created_at = BigInt(default=0)
    seen_at = BigInt(default=0)

    @classmethod
    async def note(cls, account_id: int, token: str) -> tuple[str, bool]:
        """Remember the browser that holds `token`, or is given one if it has none.

        Returns its token, and whether this is another browser than those that the account was used from so far.
        """
        now = clock.now()
        has_others = await database.fetch_value("SELECT 1 FROM known_device WHERE account_id = $1 LIMIT 1", account_id) is not None
        if token and await database.execute(
            "UPDATE known_device SET seen_at = $1 WHERE account_id = $2 AND token_hash = $3 RETURNING id", now, account_id, hash_token(token)
        ):
            return token, False
        token = token or new_token()
        await database.execute(
            "INSERT INTO known_device (id, account_id, token_hash, created_at, seen_at) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (account_id, token_hash) DO NOTHING",
            new_id(), account_id, hash_token(token), now, now,
        )
        return token, has_others

    @classmethod
    async def prune(cls) -> None:
        """Forget the browsers that nobody used for long."""
        await database.execute("DELETE FROM known_device WHERE seen_at < $1", clock.now() - KEPT_FOR)
