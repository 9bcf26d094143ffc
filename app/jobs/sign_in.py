"""Mails about signing in: a link to do it with, and word of a device that is new."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from app.jobs import job
from app.jobs.mail import entrance_of, send_mail
from app.lib.devices import device
from app.lib.locales import locale_of
from app.models import security_log
from app.models.account import Account
from app.models.credential.emailed_link import SIGN_IN, EmailedLink, may_be_mailed_link
from app.models.notifications import NoticeChoice
from app.models.notifications.kinds import MAIL


@job("mail_sign_in_link")
async def mail_sign_in_link(email: str, origin: str, asked_by: str, browser_hash: str, at: int) -> None:
    """A link to sign in with. For an address without an account that may do so nothing is sent, and nobody could tell."""
    account = await Account.by_email(email)
    if account is None or account.disabled_at is not None or not await may_be_mailed_link(account.id):
        return
    token = await EmailedLink.issue(SIGN_IN, account.id, account.email, asked_by=asked_by, browser_hash=browser_hash)
    url = f"{await entrance_of(account.email, origin)}/sign-in/link/{token}"
    await send_mail("sign-in-link", account.email, account.name, account.locale, url=url, **_circumstances(account, asked_by, at))


@job("mail_new_device")
async def mail_new_device(account_id: int, user_agent: str, address: str, at: int) -> None:
    """To the person, unless they don't want it: somebody, probably they, signed in from a browser that wasn't used before."""
    if not await NoticeChoice.takes(account_id, "security.sign_in", MAIL):
        return
    account = await Account.get(account_id)
    await send_mail("new-device", account.email, account.name, account.locale, address=address, **_circumstances(account, user_agent, at))


@job("note_failed_sign_ins")
async def note_failed_sign_ins(email: str, failures: int, address: str) -> None:
    """Into the audit log: somebody guesses at an account's password."""
    if account := await Account.by_email(email):
        await security_log.note("sign_in.guessed", account, failures=failures, guessed_from=address)


def _circumstances(account: Account, user_agent: str, at: int) -> dict[str, Any]:
    """Browser, system and the time on the person's clock."""
    found = device(user_agent)
    moment = datetime.fromtimestamp(at / 1000, ZoneInfo(account.timezone))
    return {"browser": found.browser, "system": found.system, "when": format_datetime(moment, "long", locale=locale_of(account.locale, account.timezone))}
