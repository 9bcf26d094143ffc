"""Signed-in devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from piccolo.columns import BigInt, ForeignKey, SmallInt, Varchar
from piccolo.columns.base import OnDelete

from app import database, live
from app.lib import clock
from app.lib.tokens import hash_token, new_token
from app.models.account import Account
from app.models.base import NotFound, Row
from app.models.credential.provider import SignInProvider
from app.models.organisation import Membership
from app.models.viewer import Viewer

CONFIRMED_FOR = 30 * clock.MINUTE


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where somebody signs in from."""

    host: str = ""
    address: str = ""
    user_agent: str = ""


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
    confirmed_at = BigInt(default=0, help_text="When the person last proved who they are.")
    method = Varchar(length=12, default="", help_text="How they signed in: password, passkey, link or openid; empty: not known.")
    factors = SmallInt(default=1, help_text="2 where a second factor was part of it.")
    provider_id = ForeignKey(SignInProvider, null=True, default=None, on_delete=OnDelete.set_null)

    @classmethod
    async def begin(cls, membership: Membership, days: int, *, host: str = "", address: str = "", user_agent: str = "") -> tuple[Self, str]:
        """Sign a browser in for `days`. Returns the session and the token for its cookie."""
        token, now = new_token(), clock.now()
        session = await cls.insert_new(
            token_hash=hash_token(token), account_id=membership.account_id, membership_id=membership.id, host=host[:253], address=address[:64],
            user_agent=user_agent[:300], created_at=now, seen_at=now, expires_at=now + days * clock.DAY, confirmed_at=now,
        )
        return session, token

    @classmethod
    async def sign_in(cls, account: Account, arrival: Arrival, earlier: int | None = None) -> tuple[str, int] | None:
        """Sign a browser in where this person belongs, in place of its session `earlier`.

        Returns the cookie's token and how many seconds it is good for, or None where they belong to no organisation.
        """
        place = await database.fetch_one(
            "SELECT m.*, o.session_days FROM membership m JOIN organisation o ON o.id = m.org_id"
            " LEFT JOIN session s ON s.membership_id = m.id WHERE m.account_id = $1 AND m.ended_at IS NULL ORDER BY COALESCE(s.seen_at, 0) DESC, m.id LIMIT 1",
            account.id,
        )
        if place is None:
            return None
        days = place.pop("session_days")
        async with database.transaction():
            if earlier is not None:
                await cls._end(earlier)
            _session, token = await cls.begin(
                Membership.from_row(place), days, host=arrival.host, address=arrival.address, user_agent=arrival.user_agent
            )
        return token, days * 24 * 3600

    @classmethod
    async def of(cls, account_id: int) -> list[Self]:
        """An account's sessions, those in use last first."""
        rows = await database.fetch("SELECT * FROM session WHERE account_id = $1 AND expires_at > $2 ORDER BY seen_at DESC", account_id, clock.now())
        return [cls.from_row(row) for row in rows]

    @classmethod
    async def find_own(cls, account_id: int, id_: int) -> Self:
        """A session of this account. Raises `NotFound`."""
        row = await database.fetch_one("SELECT * FROM session WHERE id = $1 AND account_id = $2", id_, account_id)
        if row is None:
            raise NotFound(f"session {id_}")
        return cls.from_row(row)

    async def end(self) -> None:
        """Sign this browser out, at once and in every process."""
        await self._end(self.id)

    async def go_to(self, membership_id: int) -> None:
        """Switch to another organisation of the same person (HOME-06). Raises `NotFound`."""
        moved = await database.execute(
            "UPDATE session SET membership_id = $1 WHERE id = $2 AND EXISTS"
            " (SELECT 1 FROM membership m WHERE m.id = $1 AND m.account_id = session.account_id AND m.ended_at IS NULL) RETURNING id",
            membership_id, self.id,
        )
        if not moved:
            raise NotFound(f"membership {membership_id}")
        Viewer.forget()
        live.cut_account(self.account_id)

    @property
    def is_confirmed(self) -> bool:
        """Whether the person proved lately who they are: what changes the ways to sign in asks for that."""
        return self.confirmed_at > clock.now() - CONFIRMED_FOR

    async def confirm(self) -> None:
        """The person just proved who they are."""
        await self.change(confirmed_at=clock.now())

    @classmethod
    async def seen(cls, session_id: int, address: str) -> None:
        """Note that a session is in use."""
        await database.execute("UPDATE session SET seen_at = $1, address = $2 WHERE id = $3", clock.now(), address[:64], session_id)

    @classmethod
    async def prune(cls) -> None:
        """Drop what has expired."""
        await database.execute("DELETE FROM session WHERE expires_at < $1", clock.now())

    @classmethod
    async def _end(cls, id_: int) -> None:
        await database.execute("DELETE FROM session WHERE id = $1", id_)
        live.cut_session(id_)
        Viewer.forget()
