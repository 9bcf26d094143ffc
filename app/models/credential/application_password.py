"""Passwords for programs, such as calendar clients (DAV-04 to DAV-06, DAV-09)."""

from __future__ import annotations

from typing import Self

from piccolo.columns import BigInt, ForeignKey, Varchar

from app import database
from app.lib import clock, totp
from app.lib.i18n import _
from app.lib.passwords import is_password
from app.lib.tokens import hash_token
from app.lib.verdicts import Verdicts
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.credential.attempt import FROM_ADDRESS, PASSWORDS, FailedAttempt, by_address, by_email
from app.models.credential.password import WrongPassword
from app.models.credential.two_factor import OneTimeSecret
from app.models.sign_in_policy import PASSWORD, SignInPolicy

MOST = 100
NOTED_EVERY = 5 * clock.MINUTE
_verdicts = Verdicts()


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
    async def account_of(cls, name: str, password: str, address: str) -> Account:
        """Who a program signs in for, by sync name or email (DAV-04).

        The account's own password works too, unless two-step sign-in is on or asked for (DAV-05, DAV-06). A password that was refused
        already is refused again without counting: a telephone that has an old one asks every quarter of an hour and guesses nothing.
        Programs open several connections at once: the same credentials are one try.
        Raises `WrongPassword`, `Throttled`.
        """
        account = await _named(name.strip())
        if account and await cls._accepts(account.id, password, address):
            return account
        subject = account.sync_name if account else name.strip().lower()
        question = (subject, password, (account.password_hash if account else None) or "")
        verdict = await _verdicts.ask(question, lambda: _tried(account, subject, password, address))
        if account is None or not verdict or await programs_need_own(account.id):
            raise WrongPassword
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


async def _named(name: str) -> Account | None:
    column, value = ("email", name.lower()) if "@" in name else ("sync_name", name.upper())
    row = await database.fetch_one(f"SELECT * FROM account WHERE {column} = $1 AND disabled_at IS NULL", value)
    return Account.from_row(row) if row else None


async def _tried(account: Account | None, subject: str, password: str, address: str) -> bool:
    """Whether it is the account's own password, slowed down for guessers: apart from sign-in, so that no program locks its owner out."""
    await FailedAttempt.take(by_address(address), FROM_ADDRESS)
    await FailedAttempt.take(by_email(f"sync:{subject}"), PASSWORDS)
    if not await is_password(password, account.password_hash if account else None) or account is None:
        return False
    await FailedAttempt.forget(by_email(f"sync:{subject}"))
    await FailedAttempt.give_back(by_address(address))
    return True


async def programs_need_own(account_id: int) -> bool:
    """Whether programs may not use the account's own password: two-step sign-in is on, or an organisation asks for it, or for no passwords."""
    if await OneTimeSecret.active(account_id):
        return True
    return any(
        policy.needs_two_factors(role) or not policy.allows(role, PASSWORD) for policy, role in await SignInPolicy.of_account(account_id)
    )
