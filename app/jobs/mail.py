"""Mails that the suite sends."""

from __future__ import annotations

from typing import Any

from app.jobs import GiveUp, context, job
from app.lib.mime import AddressError, Party
from app.mail import Letter, MailRefused, link_base, send, write
from app.models.account import Account
from app.models.brand.known import brand_for, brand_of
from app.models.credential.emailed_link import NEW_EMAIL, RESET, EmailedLink


@job("send_mail")
async def send_mail(template: str, to: str, name: str = "", locale: str = "en", of_org: int | None = None, **facts: Any) -> None:
    """Write a mail from templates/mail and send it, in the brand of the organisation `of_org`, or of the one that the reader was in last."""
    settings = context.settings()
    brand = await brand_of(of_org) if of_org else await brand_for(to)
    try:
        await send(await write(Letter(template, Party(to, name), locale, facts), brand, settings), settings)
    except (AddressError, MailRefused) as error:
        raise GiveUp(str(error)) from error


@job("mail_reset_link")
async def mail_reset_link(email: str, origin: str) -> None:
    """A link to choose a new password. For an address without an account nothing is sent, and nobody could tell."""
    account = await Account.by_email(email)
    if account and account.disabled_at is None:
        await _mail_link(RESET, account, account.email, f"{await entrance_of(account.email, origin)}/reset/")


@job("mail_new_email_link")
async def mail_new_email_link(account_id: int, to: str, origin: str) -> None:
    """A link that proves that a new address is the person's own."""
    account = await Account.get(account_id)
    await _mail_link(NEW_EMAIL, account, to, f"{await entrance_of(account.email, origin)}/email/")


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


async def entrance_of(email: str, origin: str) -> str:
    """Scheme and host where somebody signs in: their brand’s, or the server’s. Never what a header said, unless it is the only one."""
    return (await brand_for(email, origin)).origin or link_base(context.settings(), origin)


async def _mail_link(kind: str, account: Account, to: str, prefix: str, **facts: Any) -> None:
    """The token is made here and not when the mail is asked for, so that the outbox table never holds it."""
    token = await EmailedLink.issue(kind, account.id, to)
    await send_mail(kind, to, account.name, account.locale, url=prefix + token, **facts)
