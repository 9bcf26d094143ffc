"""The second factor: codes of an authenticator app, and recovery codes for when it is lost."""

from __future__ import annotations

from typing import Self

from piccolo.columns import BigInt, ForeignKey, Integer, Varchar

from app import database
from app.lib import clock, totp
from app.lib.i18n import _
from app.lib.ids import new_id
from app.lib.tokens import hash_token
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.credential.attempt import CODES, FailedAttempt

RECOVERY_CODES = 10


class WrongCode(Refused):
    """The code is wrong, or was used before."""

    def __init__(self) -> None:
        super().__init__(_("This code is wrong or was already used. Wait for the next one, and check the clock of your device."))


class OneTimeSecret(Row):
    """The secret of an authenticator app (RFC 6238). It counts once it was confirmed with a code."""

    account_id = ForeignKey(Account)
    secret = Varchar(length=64)
    last_step = Integer(default=0, help_text="Newest time step that was used: a code works once.")
    created_at = BigInt(default=0)
    confirmed_at = BigInt(null=True, default=None)

    @classmethod
    async def of(cls, account_id: int) -> Self | None:
        """An account's secret, confirmed or not."""
        row = await database.fetch_one("SELECT * FROM one_time_secret WHERE account_id = $1", account_id)
        return cls.from_row(row) if row else None

    @classmethod
    async def active(cls, account_id: int) -> Self | None:
        """An account's confirmed secret: None means that it has no second factor."""
        found = await cls.of(account_id)
        return found if found and found.confirmed_at is not None else None

    @classmethod
    async def prepare(cls, account_id: int) -> Self:
        """The secret to be put into an app; the same until it is confirmed. Raises `Refused` where one is in use."""
        found = await cls.of(account_id)
        if found is None:
            return await cls.insert_new(account_id=account_id, secret=totp.new_secret(), created_at=clock.now())
        if found.confirmed_at is not None:
            raise Refused(_("Two-step sign-in is already on."))
        return found

    async def confirm(self, code: str) -> list[str]:
        """Switch it on with a first code; returns the recovery codes, to be shown once. Raises `WrongCode`, `Throttled`."""
        await self.use(code)
        async with database.transaction():
            await self.change(confirmed_at=clock.now())
            return await RecoveryCode.renew(self.account_id)

    async def use(self, code: str) -> None:
        """Accept a code, once. Raises `WrongCode`, `Throttled`."""
        subject = f"code:{self.account_id}"
        await FailedAttempt.take(subject, CODES)
        step = totp.matching_step(self.secret, code, clock.now(), self.last_step)
        used = step is not None and await database.execute(
            "UPDATE one_time_secret SET last_step = $1 WHERE id = $2 AND last_step < $1 RETURNING id", step, self.id
        )
        if not used:
            raise WrongCode
        await FailedAttempt.forget(subject)

    async def discard(self) -> None:
        """Switch the second factor off."""
        async with database.transaction():
            await database.execute("DELETE FROM one_time_secret WHERE id = $1", self.id)
            await database.execute("DELETE FROM recovery_code WHERE account_id = $1", self.account_id)


class RecoveryCode(Row):
    """A code that replaces the second factor once."""

    account_id = ForeignKey(Account)
    code_hash = Varchar(length=64)
    used_at = BigInt(null=True, default=None)

    @classmethod
    async def renew(cls, account_id: int) -> list[str]:
        """New codes in place of the old ones; they can't be read again."""
        codes = [totp.new_words(3, 4) for _number in range(RECOVERY_CODES)]
        async with database.transaction():
            await database.execute("DELETE FROM recovery_code WHERE account_id = $1", account_id)
            for code in codes:
                await database.execute(
                    "INSERT INTO recovery_code (id, account_id, code_hash) VALUES ($1, $2, $3)", new_id(), account_id, hash_token(totp.plain(code))
                )
        return codes

    @classmethod
    async def left(cls, account_id: int) -> int:
        """How many are unused."""
        return await database.fetch_value("SELECT COUNT(*) FROM recovery_code WHERE account_id = $1 AND used_at IS NULL", account_id)

    @classmethod
    async def use(cls, account_id: int, code: str) -> None:
        """Accept a recovery code, once. Raises `WrongCode`, `Throttled`."""
        subject = f"code:{account_id}"
        await FailedAttempt.take(subject, CODES)
        used = await database.execute(
            "UPDATE recovery_code SET used_at = $1 WHERE account_id = $2 AND code_hash = $3 AND used_at IS NULL RETURNING id",
            clock.now(), account_id, hash_token(totp.plain(code)),
        )
        if not used:
            raise WrongCode
        await FailedAttempt.forget(subject)
