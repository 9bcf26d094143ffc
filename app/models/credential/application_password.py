"""Passwords for programs, such as calendar clients (DAV-04 to DAV-06, DAV-09)."""

from __future__ import annotations

from typing import Self

from piccolo.columns import BigInt, ForeignKey, Varchar

from app import database
from app.lib import clock, totp
from app.lib.i18n import _
from app.lib.tokens import hash_token
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.credential.attempt import FROM_ADDRESS, PASSWORDS, FailedAttempt, by_address, by_email
from app.models.credential.password import WrongPassword
from app.models.credential.two_factor import OneTimeSecret
from app.models.sign_in_policy import SignInPolicy

MOST = 100
NOTED_EVERY = 5 * clock.MINUTE


class ApplicationPassword(Row):
    """A password for one program."""

    account_id = ForeignKey(Account)
    name = Varchar(length=80)
    secret_hash = Varchar(length=64)
    created_at = BigInt(default=0)
    used_at = BigInt(null=True, default=None)
    used_from = Varchar(length=64, default="")

    @classmethod
    async def issue(cls, account_id: int, name: str) -> str:
        """A new one; returns the password itself, which can't be read again."""
        if len(await cls.of(account_id)) >= MOST:
            raise Refused(_("This account has as many application passwords as it may have. Revoke one first."))
        password = totp.new_words(4, 4)
        await cls.insert_new(account_id=account_id, name=name, secret_hash=hash_token(totp.plain(password)), created_at=clock.now())
        return password

    @classmethod
    async def of(cls, account_id: int) -> list[Self]:
        """An account's application passwords, newest first."""
        rows = await database.fetch("SELECT * FROM application_password WHERE account_id = $1 ORDER BY id DESC", account_id)
        return [cls.from_row(row) for row in rows]

    async def revoke(self) -> None:
        """The program is locked out."""
        await database.execute("DELETE FROM application_password WHERE id = $1", self.id)

    @classmethod
    async def account_of(cls, sync_name: str, password: str, address: str) -> Account:
        """Who a program signs in for. The account's own password works too, unless two-step sign-in is on or asked for (DAV-05, DAV-06).

        Raises `WrongPassword`, `Throttled`.
        """
        row = await database.fetch_one("SELECT * FROM account WHERE sync_name = $1 AND disabled_at IS NULL", sync_name.strip().upper())
        account = Account.from_row(row) if row else None
        if account and await cls._accepts(account.id, password, address):
            return account
        await FailedAttempt.take(by_address(address), FROM_ADDRESS)
        await FailedAttempt.take(by_email(account.email if account else sync_name), PASSWORDS)
        if account is None or await _needs_one_of_its_own(account.id) or not await account.has_password(password):
            raise WrongPassword
        await FailedAttempt.forget(by_email(account.email))
        await FailedAttempt.give_back(by_address(address))
        return account

    @classmethod
    async def _accepts(cls, account_id: int, password: str, address: str) -> bool:
        row = await database.fetch_one(
            "SELECT id, used_at, used_from FROM application_password WHERE account_id = $1 AND secret_hash = $2", account_id, hash_token(totp.plain(password))
        )
        if row is None:
            return False
        if (row["used_at"] or 0) < clock.now() - NOTED_EVERY or row["used_from"] != address:
            await database.execute("UPDATE application_password SET used_at = $1, used_from = $2 WHERE id = $3", clock.now(), address[:64], row["id"])
        return True


async def _needs_one_of_its_own(account_id: int) -> bool:
    """Whether programs may not use the account's own password: two-step sign-in is on, or an organisation asks for it."""
    if await OneTimeSecret.active(account_id):
        return True
    return any(policy.needs_two_factors(role) for policy, role in await SignInPolicy.of_account(account_id))
