"""How often somebody failed lately, which makes the next try wait."""

from __future__ import annotations

from dataclasses import dataclass

from piccolo.columns import BigInt, Integer, Varchar

from app import database
from app.lib import clock
from app.lib.addresses import network_of
from app.lib.i18n import _, ngettext
from app.lib.ids import new_id
from app.lib.tokens import hash_token
from app.models.base import Refused, Row

FORGOTTEN_AFTER = clock.DAY


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries are free; then each waits twice as long as the one before, from `first` to `longest` milliseconds."""

    free: int
    first: int
    longest: int

    def wait(self, failures: int) -> int:
        """How long the next try has to wait after so many failures, in milliseconds."""
        return 0 if failures < self.free else min(self.longest, self.first * 2 ** min(failures - self.free, 40))


PASSWORDS = Limit(free=5, first=10 * clock.SECOND, longest=15 * clock.MINUTE)
FROM_ADDRESS = Limit(free=30, first=10 * clock.SECOND, longest=15 * clock.MINUTE)
CODES = Limit(free=5, first=30 * clock.SECOND, longest=clock.HOUR)
MAILS = Limit(free=3, first=clock.MINUTE, longest=clock.HOUR)
MAILS_FROM_ADDRESS = Limit(free=10, first=clock.MINUTE, longest=clock.HOUR)


class Throttled(Refused):
    """Too many tries; the text says how long to wait."""

    def __init__(self, milliseconds: int) -> None:
        self.seconds = max(1, -(-milliseconds // clock.SECOND))
        super().__init__(_("Too many attempts. Please wait %(time)s, then try again.") % {"time": _in_words(self.seconds)})


def _in_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    if seconds < 60:
        return ngettext("%(number)s second", "%(number)s seconds", seconds) % {"number": seconds}
    return ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}


def by_email(email: str) -> str:
    """Who is tried for: the same for addresses with and without an account."""
    return f"account:{hash_token(email.strip().lower())[:40]}"


def by_address(address: str) -> str:
    """Where the tries come from."""
    return f"address:{network_of(address)}"


class FailedAttempt(Row):
    """The failures of one subject: an account, an address, an account's codes, mails to an address."""

    subject = Varchar(length=160)
    failures = Integer(default=0)
    last_at = BigInt(default=0)
    blocked_until = BigInt(default=0)

    @classmethod
    async def take(cls, subject: str, limit: Limit) -> int:
        """Count a try as failed before it is looked at, so that tries at the same moment count too.

        Returns how many failures that makes. Raises `Throttled`.
        """
        async with database.transaction():
            failures, wait = await cls._count(subject, limit)
        if wait:
            raise Throttled(wait)
        return failures

    @classmethod
    async def _count(cls, subject: str, limit: Limit) -> tuple[int, int]:
        now = clock.now()
        counted = await database.execute(
            "INSERT INTO failed_attempt (id, subject, failures, last_at, blocked_until) VALUES ($1, $2, 1, $3, 0) ON CONFLICT (subject) DO UPDATE"
            " SET failures = CASE WHEN failed_attempt.last_at < $4 THEN 1 ELSE failed_attempt.failures + 1 END, last_at = excluded.last_at"
            " WHERE failed_attempt.blocked_until <= excluded.last_at RETURNING failures",
            new_id(), subject, now, now - FORGOTTEN_AFTER,
        )
        if not counted:
            return 0, await database.fetch_value("SELECT blocked_until FROM failed_attempt WHERE subject = $1", subject) - now
        failures: int = counted[0]["failures"]
        if wait := limit.wait(failures):
            await database.execute("UPDATE failed_attempt SET blocked_until = $1 WHERE subject = $2", now + wait, subject)
        return failures, 0

    @classmethod
    async def forget(cls, subject: str) -> None:
        """The right one came: what failed before doesn't count."""
        await database.execute("DELETE FROM failed_attempt WHERE subject = $1", subject)

    @classmethod
    async def give_back(cls, subject: str) -> None:
        """Uncount the latest try: many people behind one address sign in without failing."""
        await database.execute("UPDATE failed_attempt SET failures = failures - 1, blocked_until = 0 WHERE subject = $1 AND failures > 0", subject)

    @classmethod
    async def prune(cls) -> None:
        """Forget what is long ago."""
        await database.execute("DELETE FROM failed_attempt WHERE last_at < $1 AND blocked_until < $2", clock.now() - FORGOTTEN_AFTER, clock.now())
