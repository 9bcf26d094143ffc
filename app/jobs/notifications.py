"""Digests, forgetting old notices, and what administrators have to know of the server."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from app import database
from app.jobs import context, job
from app.lib.locales import locale_of
from app.mail import link_base
from app.models.brand.known import brand_of
from app.models.job import Job
from app.models.notifications import digest, system
from app.models.notifications.digest import Letter
from app.models.notifications.notification import Notification


@job("digests")
async def digests() -> None:
    """Mail what people missed, to those whose digest is due."""
    async with database.transaction():
        for letter in await digest.letters_due():
            await Job.enqueue("send_mail", org_id=letter.org_id, template="digest", of_org=letter.org_id, **await _facts(letter))


@job("prune_notifications")
async def prune_notifications() -> None:
    """Forget notices that are long read, and the log of what was held back."""
    await Notification.prune()


@job("watch_system")
async def watch_system() -> None:
    """Tell administrators of work that was given up, and of mails that nobody sends."""
    await system.watch(mail_is_configured=bool(context.settings().smtp_url))


async def _facts(letter: Letter) -> dict[str, Any]:
    settings, account = context.settings(), letter.account
    for notice in (notice for group in letter.groups for notice in group["notices"]):
        at = datetime.fromtimestamp(notice.pop("at") / 1000, ZoneInfo(account.timezone))
        notice["when"] = format_datetime(at, "short", locale=locale_of(account.locale, account.timezone))
    base = (await brand_of(letter.org_id)).home or link_base(settings, f"http://{letter.host or f'localhost:{settings.port}'}")
    return {
        "to": account.email, "name": account.given_name, "locale": account.locale, "groups": letter.groups, "count": letter.count, "base": base,
        "unsubscribe_url": f"{base}/unsubscribe/{letter.token}",
    }
