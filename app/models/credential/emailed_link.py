"""Rights that are sent to an email address: reset a password, confirm a new address, sign in."""

from __future__ import annotations

from typing import Self

from piccolo.columns import BigInt, ForeignKey, Varchar

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.passwords import hash_password
from app.lib.tokens import hash_token, new_token
from app.models import security_log
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.credential.attempt import MAILS, MAILS_FROM_ADDRESS, FailedAttempt, by_address, by_email
from app.models.credential.password import must_be_enabled
from app.models.job import Job
from app.models.sign_in_policy import LINK, SignInPolicy

RESET, NEW_EMAIL, SIGN_IN = "reset", "new-email", "sign-in"
LIFETIME = {RESET: clock.HOUR, NEW_EMAIL: clock.DAY, SIGN_IN: 15 * clock.MINUTE}


class LinkOver(Refused):
    """The link was used, is too old, or never was."""

    def __init__(self) -> None:
        super().__init__(_("This link was already used or is too old."))


class EmailedLink(Row):
    """A single-use right that was sent to an address."""

    kind = Varchar(length=20)
    account_id = ForeignKey(Account)
    token_hash = Varchar(length=64)
    email = Varchar(length=254, help_text="Where it was sent.")
    asked_by = Varchar(length=300, default="", help_text="User-Agent of the browser that asked for it.")
    browser_hash = Varchar(length=64, default="", help_text="Of the token that this browser holds.")
    created_at = BigInt(default=0)
    expires_at = BigInt(default=0)
    used_at = BigInt(null=True, default=None)

    @classmethod
    async def issue(cls, kind: str, account_id: int, email: str, *, asked_by: str = "", browser_hash: str = "") -> str:
        """The token of a new link; made when the mail is written, so that the outbox never holds it."""
        token, now = new_token(), clock.now()
        await cls.insert_new(
            kind=kind, account_id=account_id, token_hash=hash_token(token), email=email, created_at=now, expires_at=now + LIFETIME[kind],
            asked_by=asked_by[:300], browser_hash=browser_hash,
        )
        return token

    @classmethod
    async def find_open(cls, token: str, *kinds: str) -> Self:
        """The link of a token, without using it: mail scanners open links. Raises `LinkOver`."""
        row = await database.fetch_one(
            "SELECT * FROM emailed_link WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2", hash_token(token), clock.now()
        )
        if row is None or row["kind"] not in kinds:
            raise LinkOver
        return cls.from_row(row)

    async def use(self) -> None:
        """Use it up, together with the account's other links. Raises `LinkOver` when somebody was faster."""
        async with database.transaction():
            used = await database.execute("UPDATE emailed_link SET used_at = $1 WHERE id = $2 AND used_at IS NULL RETURNING id", clock.now(), self.id)
            if not used:
                raise LinkOver
            await database.execute("UPDATE emailed_link SET used_at = $1 WHERE account_id = $2 AND used_at IS NULL", clock.now(), self.account_id)

    async def enter(self) -> Account:
        """Sign in by this link: whose it is. Raises `LinkOver`, `Disabled`."""
        await self.use()
        account = await Account.get(self.account_id)
        must_be_enabled(account)
        return account

    async def reset_password(self, password: str) -> Account:
        """Choose a new password by this link: every device is signed out, and the second factor stays. Raises `LinkOver`."""
        account = await Account.get(self.account_id)
        hashed = await hash_password(password)
        async with database.transaction():
            await self.use()
            await account.change(password_hash=hashed)
            await account.sign_out_everywhere()
            await FailedAttempt.forget(by_email(account.email))
            await security_log.note("password.reset", account)
            await Job.enqueue("mail_password_changed", account_id=account.id)
        return account

    async def confirm_email(self) -> Account:
        """Make the address it was sent to the account's own; the old one hears of it. Raises `LinkOver`, `Refused`."""
        account = await Account.get(self.account_id)
        async with database.transaction():
            await self.use()
            before = account.email
            await account.move_to(self.email)
            await security_log.note("account.email", account, before=before)
            await Job.enqueue("mail_email_changed", account_id=account.id, to=before)
        return account

    @classmethod
    async def prune(cls) -> None:
        """Drop what is over."""
        await database.execute("DELETE FROM emailed_link WHERE expires_at < $1", clock.now() - clock.DAY)


async def request_reset(email: str, address: str, origin: str) -> None:
    """Promise a link to choose a new password, also where there is no account. Raises `Throttled`."""
    await FailedAttempt.take(f"mail:{by_email(email)}", MAILS)
    await FailedAttempt.take(f"mail:{by_address(address)}", MAILS_FROM_ADDRESS)
    await Job.enqueue("mail_reset_link", email=email, origin=origin)


async def request_sign_in_link(email: str, address: str, origin: str, asked_by: str, browser: str) -> None:
    """Promise a link to sign in with, also where there is no account; `browser` is the token that the asking browser holds.

    Raises `Throttled`.
    """
    await FailedAttempt.take(f"mail:{by_email(email)}", MAILS)
    await FailedAttempt.take(f"mail:{by_address(address)}", MAILS_FROM_ADDRESS)
    await Job.enqueue(
        "mail_sign_in_link", email=email, origin=origin, asked_by=asked_by[:300], browser_hash=hash_token(browser), at=clock.now()
    )


async def may_be_mailed_link(account_id: int) -> bool:
    """Whether one of the organisations of this account lets them sign in by an emailed link."""
    return any(policy.allows(role, LINK) for policy, role in await SignInPolicy.of_account(account_id))


async def request_new_email(account: Account, email: str, origin: str) -> None:
    """Send a link to a new address, which becomes the account's own once it was followed. Raises `Refused`, `Throttled`."""
    if email == account.email:
        raise Refused(_("This is your address already."))
    await FailedAttempt.take(f"mail:{by_email(account.email)}", MAILS)
    await Job.enqueue("mail_new_email_link", account_id=account.id, to=email, origin=origin)
