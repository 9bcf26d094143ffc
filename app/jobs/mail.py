"""Mails that the suite sends."""

from __future__ import annotations

from typing import Any

from app.jobs import GiveUp, context, job
from app.lib.mime import AddressError, Party
from app.mail import Letter, MailRefused, link_base, send, write
from app.models.account import Account
from app.models.brand import default_brand
from app.models.credential.emailed_link import NEW_EMAIL, RESET, EmailedLink


@job("send_mail")
async def send_mail(template: str, to: str, name: str = "", locale: str = "en", **facts: Any) -> None:
    """Write a mail from templates/mail and send it."""
    settings = context.settings()
    try:
        await send(write(Letter(template, Party(to, name), locale, facts), await default_brand(), settings), settings)
    except (AddressError, MailRefused) as error:
        raise GiveUp(str(error)) from error


@job("mail_reset_link")
async def mail_reset_link(email: str, origin: str) -> None:
    """A link to choose a new password. For an address without an account nothing is sent, and nobody could tell."""
    account = await Account.by_email(email)
    if account and account.disabled_at is None:
        await _mail_link(RESET, account, account.email, f"{link_base(context.settings(), origin)}/reset/")


@job("mail_new_email_link")
async def mail_new_email_link(account_id: int, to: str, origin: str) -> None:
    """A link that proves that a new address is the person's own."""
    await _mail_link(NEW_EMAIL, await Account.get(account_id), to, f"{link_base(context.settings(), origin)}/email/")


@job("mail_email_changed")
async def mail_email_changed(account_id: int, to: str) -> None:
    """To the old address: it is no longer used."""
    account = await Account.get(account_id)
    await send_mail("email-changed", to, account.name, account.locale, new=account.email)


@job("mail_password_changed")
async def mail_password_changed(account_id: int) -> None:
    """So that nobody's password is changed behind their back."""
    account = await Account.get(account_id)
    await send_mail("password-changed", account.email, account.name, account.locale)


async def _mail_link(kind: str, account: Account, to: str, prefix: str, **facts: Any) -> None:
    """The token is made here and not when the mail is asked for, so that the outbox table never holds it."""
    token = await EmailedLink.issue(kind, account.id, to)
    await send_mail(kind, to, account.name, account.locale, url=prefix + token, **facts)
