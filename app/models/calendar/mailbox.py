"""The mailbox that guests' programs send their answers to (MAIL-29): read every minute, answers applied, all other mail left as it is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Self

from piccolo.columns import BigInt, Varchar

from app import database
from app.lib import clock
from app.lib.mailbox import MailboxError, Place, opened
from app.models.base import Row
from app.models.calendar.receiving import receive_mail

_ONLY = 1


class CalendarMailbox(Row):
    """How far the mailbox was read, and why it can't be."""

    validity = BigInt(default=0, help_text="UIDVALIDITY (RFC 3501 §2.3.1.1).")
    last_uid = BigInt(default=0)
    read_at = BigInt(default=0)
    failure = Varchar(length=300, default="")

    @classmethod
    async def only(cls) -> Self:
        """The one there is."""
        await database.execute(
            "INSERT INTO calendar_mailbox (id, validity, last_uid, read_at, failure) VALUES ($1, 0, 0, 0, '') ON CONFLICT (id) DO NOTHING", _ONLY
        )
        return await cls.get(_ONLY)


@dataclass(slots=True)
class _Read:
    """What came since last time."""

    validity: int = 0
    mails: list[tuple[int, bytes]] = field(default_factory=list)


async def read(url: str) -> int:
    """Apply the answers that came since last time; how many mails were answers. A mailbox that can't be reached is tried again next time."""
    known = await CalendarMailbox.only()
    try:
        found = await asyncio.to_thread(_fetch, url, Place(known.validity, known.last_uid))
    except MailboxError as error:
        await known.change(failure=str(error), read_at=clock.now())
        return 0
    applied = []
    for uid, content in found.mails:
        if content and await receive_mail(content):
            applied.append(uid)
        await known.change(validity=found.validity, last_uid=uid)
    await known.change(failure="", read_at=clock.now())
    if applied:
        await asyncio.to_thread(_mark, url, applied)
    return len(applied)


def _fetch(url: str, place: Place) -> _Read:
    with opened(url) as mailbox:
        return _Read(mailbox.validity, list(mailbox.since(place)))


def _mark(url: str, uids: list[int]) -> None:
    try:
        with opened(url) as mailbox:
            for uid in uids:
                mailbox.mark_read(uid)
    except MailboxError:
        return  # they were applied; that they look unread harms nobody
