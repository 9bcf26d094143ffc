"""Whom a calendar is shared with, and how each person looks at it."""

from __future__ import annotations

from typing import Any

from piccolo.columns import BigInt, ForeignKey, Integer, SmallInt, Varchar

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.lib.tokens import hash_token, new_token
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused, Row
from app.models.calendar.calendar import BUSY, OWNED, SHARE, Calendar
from app.models.command import Command, undoes
from app.models.team import Team
from app.models.viewer import Viewer


class CalendarShare(Row):
    """A calendar, shared with a person, a team, everyone in its organisation (neither), or whoever has the link (a token)."""

    calendar_id = ForeignKey(Calendar)
    account_id = ForeignKey(Account, null=True, default=None)
    team_id = ForeignKey(Team, null=True, default=None)
    token_hash = Varchar(length=64, null=True, default=None)
    sole_key = Varchar(length=80, help_text="a:12, t:34, all, or l:… for a link: a calendar is shared once with each.")
    level = SmallInt(default=BUSY, help_text="1 busy, 2 view, 3 edit, 4 edit and share.")
    label = Varchar(length=80, default="", help_text="What a link is for.")
    shared_by = ForeignKey(Account, null=True, default=None)
    used_at = BigInt(null=True, default=None)
    created_at = BigInt(default=0)


class CalendarLook(Row):
    """How somebody looks at a calendar: whether they took one that is shared with them, shown or hidden, in which colour and where."""

    calendar_id = ForeignKey(Calendar)
    account_id = ForeignKey(Account)
    accepted_at = BigInt(null=True, default=None)
    declined_at = BigInt(null=True, default=None)
    hidden_at = BigInt(null=True, default=None)
    hue = SmallInt(null=True, default=None)
    position = Integer(null=True, default=None)


async def look(viewer: Viewer, calendar: Calendar, **columns: Any) -> None:
    """Change how the viewer looks at a calendar: `accepted_at`, `declined_at`, `hidden_at`, `hue`, `position`."""
    assert columns.keys() <= {"accepted_at", "declined_at", "hidden_at", "hue", "position"}
    async with database.transaction():
        await database.execute(
            "INSERT INTO calendar_look (id, calendar_id, account_id) VALUES ($1, $2, $3) ON CONFLICT (calendar_id, account_id) DO NOTHING",
            new_id(), calendar.id, viewer.account_id,
        )
        sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 3))
        await database.execute(f"UPDATE calendar_look SET {sets} WHERE calendar_id = $1 AND account_id = $2", calendar.id, viewer.account_id, *columns.values())
        announce("calendar.looked", viewer.account_id, viewer.org_id)


async def take(viewer: Viewer, calendar: Calendar, *, accept: bool = True) -> None:
    """Take a calendar that is shared with the viewer, or a room's, among those they look at; or put it aside."""
    now = clock.now()
    await look(viewer, calendar, accepted_at=now if accept else None, declined_at=None if accept else now)


async def show(viewer: Viewer, calendar: Calendar, shown: bool) -> None:
    """Show or hide it in the viewer's own pages."""
    await look(viewer, calendar, hidden_at=None if shown else clock.now())


async def shares_of(calendar: Calendar) -> list[dict[str, Any]]:
    """With whom it is shared: rows of the share with `name` and `email` of the person, or `team` of the team."""
    return await database.fetch(
        "SELECT s.*, trim(a.given_name || ' ' || a.family_name) AS name, a.email, a.avatar, t.name AS team FROM calendar_share s"
        " LEFT JOIN account a ON a.id = s.account_id LEFT JOIN team t ON t.id = s.team_id WHERE s.calendar_id = $1 ORDER BY s.id", calendar.id,
    )


async def share(
    viewer: Viewer, calendar: Calendar, level: int, *, account_id: int | None = None, team_id: int | None = None, key: str | None = None
) -> Command:
    """Share with a person, a team, or (neither) everyone; sharing again changes the level. Whom it is shared with is told. Raises `Refused`."""
    _check(calendar)
    if not BUSY <= level <= SHARE:
        raise Refused(_("There is no such level."))
    if account_id is not None:
        await _check_colleague(viewer, account_id)
    if team_id is not None:
        await Team.seen_by(viewer, team_id)
    sole = f"a:{account_id}" if account_id is not None else f"t:{team_id}" if team_id is not None else "all"
    async with Command.once(viewer, "calendar.share", key) as command:
        if command.repeated:
            return command
        before = await database.fetch_one("SELECT * FROM calendar_share WHERE calendar_id = $1 AND sole_key = $2", calendar.id, sole)
        await _put(calendar, viewer, sole, level, account_id, team_id)
        command.done(calendar.id, what=calendar.name, url=calendar.url, inverse={"calendar": calendar.id, "sole": sole, "before": before})
        await _tell(viewer, calendar, account_id, team_id, before is None)
    return command


async def unshare(viewer: Viewer, calendar: Calendar, share_id: int) -> Command:
    """Share no longer, or revoke a link. Raises `NotFound`, `Refused`."""
    _check(calendar)
    async with Command.once(viewer, "calendar.unshare") as command:
        rows = await database.execute("DELETE FROM calendar_share WHERE id = $1 AND calendar_id = $2 RETURNING *", share_id, calendar.id)
        if not rows:
            raise NotFound(f"share {share_id}")
        command.done(calendar.id, what=calendar.name, url=calendar.url, inverse={"calendar": calendar.id, "sole": rows[0]["sole_key"], "before": rows[0]})
        announce("calendar.shared", calendar.org_id, calendar.id)
    return command


async def leave(viewer: Viewer, calendar: Calendar) -> None:
    """Look no longer at a calendar of somebody else."""
    await take(viewer, calendar, accept=False)


async def make_link(viewer: Viewer, calendar: Calendar, level: int, label: str = "") -> str:
    """A link by which anybody sees it, busy times only or everything; returns the token, which can't be read again. Revoked by `unshare`."""
    _check(calendar)
    if level not in (1, 2):
        raise Refused(_("By a link, a calendar can only be seen."))
    token = new_token()
    await CalendarShare.insert_new(
        calendar_id=calendar.id, token_hash=hash_token(token), sole_key=f"l:{hash_token(token)[:40]}", level=level, label=label[:80],
        shared_by=viewer.account_id, created_at=clock.now(),
    )
    announce("calendar.shared", calendar.org_id, calendar.id)
    return token


async def by_link(token: str) -> Calendar:
    """The calendar of a link, with the link's level. Raises `NotFound`."""
    row = await database.fetch_one("SELECT s.id AS share_id, s.level FROM calendar_share s WHERE s.token_hash = $1", hash_token(token))
    calendar = None
    if row is not None:
        calendar = await Calendar.find(await database.fetch_value("SELECT calendar_id FROM calendar_share WHERE id = $1", row["share_id"]))
    if row is None or calendar is None or calendar.deleted_at is not None:
        raise NotFound("link")
    calendar.level = row["level"]
    await database.execute("UPDATE calendar_share SET used_at = $1 WHERE id = $2", clock.now(), row["share_id"])
    return calendar


def _check(calendar: Calendar) -> None:
    if not calendar.can_share or calendar.kind != OWNED:
        raise Refused(_("This calendar isn’t yours to share."))


async def _check_colleague(viewer: Viewer, account_id: int) -> None:
    known = await database.fetch_value(
        "SELECT 1 FROM membership WHERE org_id = $1 AND account_id = $2 AND ended_at IS NULL AND role IN ('legal', 'admin', 'user')",
        viewer.org_id, account_id,
    )
    if not known:
        raise NotFound(f"account {account_id}")


async def _put(calendar: Calendar, viewer: Viewer, sole: str, level: int, account_id: int | None, team_id: int | None) -> None:
    await database.execute(
        "INSERT INTO calendar_share (id, calendar_id, account_id, team_id, sole_key, level, label, shared_by, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, '', $7, $8) ON CONFLICT (calendar_id, sole_key) DO UPDATE SET level = excluded.level",
        new_id(), calendar.id, account_id, team_id, sole, level, viewer.account_id, clock.now(),
    )
    announce("calendar.shared", calendar.org_id, calendar.id)


async def _tell(viewer: Viewer, calendar: Calendar, account_id: int | None, team_id: int | None, is_new: bool) -> None:
    from app.models.notifications import notify

    if not is_new:
        return
    people = [account_id] if account_id is not None else []
    if team_id is not None:
        people = [row["account_id"] for row in await database.fetch("SELECT account_id FROM team_member WHERE team_id = $1", team_id)]
    await notify(
        "calendar.shared", people, calendar.org_id, facts={"actor": viewer.name, "calendar": calendar.name}, url="/calendar",
        source=f"calendar:{calendar.id}", source_name=calendar.name, actor_id=viewer.account_id, group=f"calendar:{calendar.id}",
    )


@undoes("calendar.share")
@undoes("calendar.unshare")
async def _as_before(viewer: Viewer, inverse: dict[str, Any]) -> None:
    calendar = await Calendar.seen_by(viewer, inverse["calendar"])
    _check(calendar)
    await database.execute("DELETE FROM calendar_share WHERE calendar_id = $1 AND sole_key = $2", calendar.id, inverse["sole"])
    if inverse["before"] is not None:
        await CalendarShare.insert(CalendarShare(**inverse["before"])).run()
    announce("calendar.shared", calendar.org_id, calendar.id)
