"""Mails of what somebody missed and still hasn't read: each notice is in one of them at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app import database
from app.lib import clock
from app.lib.i18n import speaking
from app.lib.numbers import whole
from app.lib.signing import sign, signed_text
from app.models.account import Account
from app.models.base import NotFound
from app.models.notifications.choices import HOURLY, OFF, WEEKLY, Digest
from app.models.notifications.kinds import known
from app.models.notifications.notification import Notification
from app.models.server_secret import ServerSecret

MOST = 60
"""Notices in a mail; it says how many more there are."""

SECRET, PURPOSE = "links", "digest"
_WAITING = "wants_mail = TRUE AND read_at IS NULL AND mailed_at IS NULL"


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest to be mailed: the facts that templates/mail/digest needs, but for where its links lead."""

    account: Account
    org_id: int
    groups: list[dict[str, Any]]
    count: int
    token: str
    host: str


def next_slot(digest: Digest, timezone: str, after: int) -> int:
    """When a digest is due that was last looked at `after` (ms): the next full hour, or its hour of the day or the week there."""
    now = datetime.fromtimestamp(after / 1000, UTC).astimezone(ZoneInfo(timezone))
    if digest.frequency == HOURLY:
        return (after // clock.HOUR + 1) * clock.HOUR
    due = now.replace(hour=digest.hour, minute=0, second=0, microsecond=0, fold=0)
    step = 1
    if digest.frequency == WEEKLY:
        due += timedelta(days=(digest.weekday - now.weekday()) % 7)
        step = 7
    while due.timestamp() * 1000 <= after:
        due += timedelta(days=step)
    return round(due.timestamp() * 1000)


async def letters_due() -> list[Letter]:
    """The digests that are due now. What is in them counts as mailed once the transaction under way is committed."""
    rows = await database.fetch(
        f"SELECT n.account_id, n.org_id, MIN(n.created_at) AS oldest, a.timezone FROM notification n JOIN account a ON a.id = n.account_id"
        f" WHERE {_WAITING} AND a.disabled_at IS NULL GROUP BY n.account_id, n.org_id, a.timezone"
    )
    due = []
    for row in rows:
        digest = await Digest.of(row["account_id"])
        if digest.frequency != OFF and next_slot(digest, row["timezone"], row["oldest"]) <= clock.now():
            due += await _letter(row["account_id"], row["org_id"])
    return due


async def account_of(token: str) -> Account:
    """Whose digest an unsubscribe link ends. Raises `NotFound`."""
    text = signed_text(await ServerSecret.named(SECRET), PURPOSE, token)
    account = await Account.find(whole(text or "") or 0)
    if account is None:
        raise NotFound("unsubscribe link")
    return account


async def unsubscribe(account_id: int) -> None:
    """No digest any more, until the person chooses one again."""
    digest = await Digest.of(account_id)
    await Digest.choose(account_id, OFF, digest.hour, digest.weekday)
    await database.execute("UPDATE notification SET wants_mail = FALSE WHERE account_id = $1 AND wants_mail = TRUE AND mailed_at IS NULL", account_id)


async def token_of(account_id: int) -> str:
    """What stands in the unsubscribe link."""
    return sign(await ServerSecret.named(SECRET), PURPOSE, str(account_id))


async def _letter(account_id: int, org_id: int) -> list[Letter]:
    """Take what waits for somebody. Empty when another process has taken it, or nothing of it can be told any more."""
    rows = await database.execute(
        f"UPDATE notification SET mailed_at = $1 WHERE account_id = $2 AND org_id = $3 AND {_WAITING} RETURNING *", clock.now(), account_id, org_id
    )
    member = await database.fetch_value("SELECT 1 FROM membership WHERE account_id = $1 AND org_id = $2 AND ended_at IS NULL", account_id, org_id)
    notices = [Notification.from_row(row) for row in sorted(rows, key=lambda row: row["id"]) if known(row["kind"])]
    if not notices or not member:
        return []
    await database.execute("UPDATE digest SET sent_at = $1 WHERE id = $2", clock.now(), account_id)
    account = await Account.get(account_id)
    with speaking(account.locale, account.timezone):
        groups = _grouped(notices[-MOST:])
    host = await database.fetch_value("SELECT host FROM session WHERE account_id = $1 ORDER BY seen_at DESC LIMIT 1", account_id)
    return [Letter(account, org_id, groups, len(notices), await token_of(account_id), host or "")]


def _grouped(notices: Sequence[Notification]) -> list[dict[str, Any]]:
    """By source, each in the order that things happened."""
    groups: dict[str, dict[str, Any]] = {}
    for notice in notices:
        words = notice.words
        group = groups.setdefault(notice.source, {"name": notice.source_name or notice.about.label(), "notices": []})
        group["notices"].append({"title": words.title, "body": words.body, "url": notice.url, "at": notice.created_at})
    return list(groups.values())
