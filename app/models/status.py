"""What people say about themselves with an emoji and a few words (STAT-03 to STAT-07), in one organisation and for a while.

Statuses lie on one another: one with an end covers what was there before, which comes back when it is over. Those that the suite sets
(in a call, STAT-18) lie above those that people set. Nothing has to run for a status to end: whoever reads looks at the clock of the
server, and a job tells the browsers at that moment.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple, Self

from piccolo.columns import BigInt, ForeignKey, Varchar

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.command import Command, undoes
from app.models.job import Job
from app.models.organisation import Membership, Organisation
from app.models.presence.audience import guests_who_know, is_guest, sharers
from app.models.viewer import Viewer

OWN = ""
MOST_TEXT = 100
RECENT = 5
_KEPT = 30 * clock.DAY
_HOLDS = "s.ended_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > $1)"
_ORDER = "CASE WHEN s.source = '' THEN 0 ELSE 1 END, s.created_at, s.id"


class Saying(NamedTuple):
    """What is shown: an emoji, a text, or both, and until when (None: until it is changed)."""

    emoji: str = ""
    text: str = ""
    until: int | None = None


class MemberStatus(Row):
    """A status that a member set, or that the suite set for them."""

    membership_id = ForeignKey(Membership)
    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    source = Varchar(length=40, default=OWN, help_text="Empty: their own; else what the suite set it for, such as call:12.")
    emoji = Varchar(length=32, default="")
    text = Varchar(length=MOST_TEXT, default="")
    created_at = BigInt(default=0)
    expires_at = BigInt(null=True, default=None)
    ended_at = BigInt(null=True, default=None, help_text="When it was cleared or replaced.")

    @classmethod
    async def current(cls, viewer: Viewer) -> Self | None:
        """What is shown of the viewer now."""
        stack = await cls._stack(viewer.membership_id)
        return stack[-1] if stack else None

    @classmethod
    async def own(cls, viewer: Viewer) -> Self | None:
        """What the viewer set and what holds, also while the suite shows something else."""
        mine = [status for status in await cls._stack(viewer.membership_id) if status.source == OWN]
        return mine[-1] if mine else None

    @classmethod
    async def recent(cls, viewer: Viewer) -> list[Saying]:
        """What the viewer said before, each once, the latest first."""
        rows = await database.fetch(
            "SELECT emoji, text, MAX(created_at) AS at FROM member_status WHERE membership_id = $1 AND source = '' GROUP BY emoji, text"
            " ORDER BY at DESC LIMIT $2",
            viewer.membership_id, RECENT,
        )
        return [Saying(row["emoji"], row["text"]) for row in rows]

    @classmethod
    async def prune(cls) -> None:
        """Forget what was over long ago, except what is offered again."""
        before = clock.now() - _KEPT
        await database.execute(
            "DELETE FROM member_status WHERE COALESCE(ended_at, expires_at) < $1 AND (source <> '' OR created_at < (SELECT MAX(newer.created_at)"
            " FROM member_status newer WHERE newer.membership_id = member_status.membership_id AND newer.emoji = member_status.emoji"
            " AND newer.text = member_status.text AND newer.source = '')"
            " OR created_at < $2)",
            before, clock.now() - 12 * _KEPT,
        )

    @classmethod
    async def _stack(cls, membership_id: int) -> list[Self]:
        """The statuses of a membership that hold now, the one that is shown last."""
        rows = await database.fetch(
            f"SELECT s.* FROM member_status s WHERE s.membership_id = $2 AND {_HOLDS} ORDER BY {_ORDER}", clock.now(), membership_id
        )
        return [cls.from_row(row) for row in rows]

    @property
    def saying(self) -> Saying:
        """What is shown of it."""
        return Saying(self.emoji, self.text, self.expires_at)


async def set_status(viewer: Viewer, saying: Saying, key: str | None = None) -> Command:
    """Show this from now on. What ends before it does is replaced; what lasts longer comes back when it ends.

    Raises `Refused` when there is nothing to show or its end has passed.
    """
    if not saying.emoji and not saying.text:
        raise Refused(_("Choose an emoji or write a few words."))
    if saying.until is not None and saying.until <= clock.now():
        raise Refused(_("This time has passed already."))
    async with Command.once(viewer, "status.set", key) as command:
        if not command.repeated:
            covered = [status.id for status in await MemberStatus._stack(viewer.membership_id)
                       if status.source == OWN and (saying.until is None or (status.expires_at is not None and status.expires_at <= saying.until))]
            await _end(covered)
            made = await _add(viewer.membership_id, viewer.org_id, viewer.account_id, OWN, saying)
            command.done(result=made.id, what=f"{saying.emoji} {saying.text}".strip(), inverse={"made": [made.id], "ended": covered})
    return command


async def clear_status(viewer: Viewer) -> Command | None:
    """End the status that the viewer set last; what was before is shown again. None when there was none."""
    status = await MemberStatus.own(viewer)
    if status is None:
        return None
    async with Command.once(viewer, "status.clear") as command:
        await _end([status.id])
        await _tell(viewer.membership_id)
        command.done(result=status.id, what=f"{status.emoji} {status.text}".strip(), inverse={"made": [], "ended": [status.id]})
    return command


@undoes("status.set")
@undoes("status.clear")
async def _restore(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await _end(inverse["made"])
    for id_ in inverse["ended"]:
        await database.execute("UPDATE member_status SET ended_at = NULL WHERE id = $1 AND membership_id = $2", id_, viewer.membership_id)
    await _tell(viewer.membership_id)


async def push_automatic(membership_id: int, source: str, emoji: str, text: str = "", until: int | None = None) -> None:
    """Show this above what the person set, for as long as `source` lasts (such as call:12; STAT-18). Pushing it again changes it.

    Always give an `until`, far enough: should `pop_automatic` never come, it ends by itself.
    """
    membership = await Membership.get(membership_id)
    async with database.transaction():
        await _end_automatic(membership_id, source)
        await _add(membership_id, membership.org_id, membership.account_id, source, Saying(emoji, text, until))


async def pop_automatic(membership_id: int, source: str) -> None:
    """What `push_automatic` showed is over; what was before is shown again (STAT-19). Twice is harmless."""
    async with database.transaction():
        if await _end_automatic(membership_id, source):
            await _tell(membership_id)


async def turn(membership_id: int) -> None:
    """Tell the browsers what is shown now, because a status has just ended."""
    await _tell(membership_id)


async def statuses_in(org_id: int) -> dict[int, Saying]:
    """What is shown of the members of an organisation, by account."""
    rows = await database.fetch(
        "SELECT s.account_id, s.emoji, s.text, s.expires_at FROM member_status s JOIN membership m ON m.id = s.membership_id"
        f" WHERE s.org_id = $2 AND m.ended_at IS NULL AND {_HOLDS} ORDER BY {_ORDER}",
        clock.now(), org_id,
    )
    return {row["account_id"]: Saying(row["emoji"], row["text"], row["expires_at"]) for row in rows}


async def visible_statuses(viewer: Viewer) -> dict[int, Saying]:
    """The same, of those whom this viewer may see (STAT-20)."""
    statuses = await statuses_in(viewer.org_id)
    guests = await _guests_among(viewer.org_id, statuses)
    if not viewer.is_external and not guests:
        return statuses
    known = await sharers(viewer.org_id, viewer.account_id)
    return {account: saying for account, saying in statuses.items() if account in known or not (viewer.is_external or account in guests)}


async def _add(membership_id: int, org_id: int, account_id: int, source: str, saying: Saying) -> MemberStatus:
    made = await MemberStatus.insert_new(
        membership_id=membership_id, org_id=org_id, account_id=account_id, source=source, emoji=saying.emoji, text=saying.text,
        created_at=clock.now(), expires_at=saying.until,
    )
    if saying.until is not None:
        await Job.enqueue("turn_status", run_at=saying.until, org_id=org_id, membership_id=membership_id)
    await _tell(membership_id)
    return made


async def _end(ids: Collection[int]) -> None:
    for id_ in ids:
        await database.execute("UPDATE member_status SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL", clock.now(), id_)


async def _end_automatic(membership_id: int, source: str) -> bool:
    assert source != OWN, "what a person set isn't ended by the suite"
    return bool(await database.execute(
        "UPDATE member_status SET ended_at = $1 WHERE membership_id = $2 AND source = $3 AND ended_at IS NULL RETURNING id",
        clock.now(), membership_id, source,
    ))


async def _tell(membership_id: int) -> None:
    """Tell those who may see it what is shown of a member now (STAT-20)."""
    membership = await Membership.get(membership_id)
    stack = await MemberStatus._stack(membership_id)
    org_id, account_id = membership.org_id, membership.account_id
    data = [[account_id, *(stack[-1].saying if stack else Saying())]]
    only = await sharers(org_id, account_id) if await is_guest(org_id, account_id) else None
    live.publish(f"presence:{org_id}", "status", data=data, only=only)
    live.publish(f"account:{account_id}", "presence.me")
    for guest in await guests_who_know(org_id, account_id):
        live.publish(f"account:{guest}", "status", data=data)


async def _guests_among(org_id: int, accounts: Collection[int]) -> set[int]:
    if not accounts:
        return set()
    rows = await database.fetch("SELECT account_id FROM membership WHERE org_id = $1 AND role = 'external'", org_id)
    return {row["account_id"] for row in rows} & set(accounts)
