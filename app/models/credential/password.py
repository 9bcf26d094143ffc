"""Signing in with a password."""

from __future__ import annotations

from app import database
from app.lib.i18n import _
from app.lib.passwords import hash_password, is_password
from app.models import security_log
from app.models.account import Account
from app.models.base import Refused
from app.models.credential.attempt import FROM_ADDRESS, PASSWORDS, FailedAttempt, by_address, by_email
from app.models.job import Job
from app.models.viewer import Viewer

LOGGED_EVERY = 20


class WrongPassword(Refused):
    """Email or password is wrong; which of them is not said."""

    def __init__(self) -> None:
        super().__init__(_("Email or password is wrong."))


class Disabled(Refused):
    """The account was disabled. Said only to someone who proved that it is theirs."""

    def __init__(self) -> None:
        super().__init__(_("This account is disabled. Please ask your administrator."))


async def sign_in(email: str, password: str, address: str) -> Account:
    """The account of an email and its password. Unknown emails take as long and answer alike.

    Raises `WrongPassword`, `Throttled`, `Disabled`.
    """
    await FailedAttempt.take(by_address(address), FROM_ADDRESS)
    failures = await FailedAttempt.take(by_email(email), PASSWORDS)
    account = await Account.by_email(email)
    if not await is_password(password, account.password_hash if account else None) or account is None:
        if failures == PASSWORDS.free or failures % LOGGED_EVERY == 0:  # by a job, so that it takes as long without an account
            await Job.enqueue("note_failed_sign_ins", email=email, failures=failures, address=address)
        raise WrongPassword
    await FailedAttempt.forget(by_email(email))
    await FailedAttempt.give_back(by_address(address))
    must_be_enabled(account)
    return account


async def check_password(account: Account, password: str) -> None:
    """Ask someone who is signed in for their password again. Raises `WrongPassword`, `Throttled`."""
    await FailedAttempt.take(by_email(account.email), PASSWORDS)
    if not await account.has_password(password):
        raise WrongPassword
    await FailedAttempt.forget(by_email(account.email))


def must_be_enabled(account: Account) -> None:
    """Raises `Disabled`."""
    if account.disabled_at is not None:
        raise Disabled


async def change_password(viewer: Viewer, old: str, new: str) -> None:
    """Replace the password by someone who knows it, or choose the first one; other devices are signed out.

    Raises `WrongPassword`, `Throttled`.
    """
    account = await Account.get(viewer.account_id)
    if account.password_hash is not None:
        await check_password(account, old)
    hashed = await hash_password(new)
    async with database.transaction():
        await account.change(password_hash=hashed)
        await account.sign_out_everywhere(but=viewer.session_id)
        await security_log.note("password.change", account, viewer=viewer)
        await Job.enqueue("mail_password_changed", account_id=account.id)
