"""Making, changing and deleting calendars, as commands."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.calendar.calendar import Calendar, check_name
from app.models.calendar.storing import advance
from app.models.command import Command, undoes
from app.models.viewer import Viewer

CHANGEABLE = ("name", "hue", "colour", "about", "timezone", "timezone_ics", "is_transparent", "position", "reminders", "components")


async def create(viewer: Viewer, name: str, *, hue: int = 14, key: str | None = None, **columns: Any) -> Calendar:
    """Another calendar of the viewer's. Raises `CalendarRefused`."""
    async with Command.once(viewer, "calendar.create", key) as command:
        if command.repeated:
            return await Calendar.seen_by(viewer, command.result or 0)
        made = await Calendar.make(viewer.account_id, viewer.org_id, name, hue=hue % 24, **columns)
        command.done(made.id, what=made.name, url=made.url, inverse={"calendar": made.id})
        announce("calendar.shared", viewer.org_id, made.id)
    return made


async def edit(viewer: Viewer, calendar: Calendar, **changed: Any) -> Command:
    """Change what a calendar is called and how it looks (CHANGEABLE). Raises `CalendarRefused`, `Refused`."""
    assert changed.keys() <= set(CHANGEABLE), changed
    if not calendar.can_share:
        raise Refused(_("This calendar isn’t yours to change."))
    if "name" in changed:
        changed["name"] = check_name(changed["name"])
    async with Command.once(viewer, "calendar.edit") as command:
        before = {name: getattr(calendar, name) for name in changed}
        await change(calendar, **changed)
        command.done(calendar.id, what=calendar.name, url=calendar.url, inverse={"calendar": calendar.id, "before": before})
    return command


async def change(calendar: Calendar, **changed: Any) -> None:
    """The same without a command, for programs."""
    async with database.transaction():
        await advance(calendar)
        await calendar.change(**changed)
        announce("calendar.shared", calendar.org_id, calendar.id)


async def delete(viewer: Viewer, calendar: Calendar) -> Command:
    """Delete a calendar with all that is in it; for 30 days that can be undone. Raises `Refused`."""
    if not calendar.is_own:
        raise Refused(_("This calendar isn’t yours to delete."))
    if calendar.is_default:
        raise Refused(_("New events go into this calendar, so it can’t be deleted."))
    async with Command.once(viewer, "calendar.delete") as command:
        await put_away(calendar, clock.now())
        command.done(calendar.id, what=calendar.name, url="/calendar", inverse={"calendar": calendar.id})
    return command


async def put_away(calendar: Calendar, at: int | None) -> None:
    """Delete it, or bring it back."""
    async with database.transaction():
        await calendar.change(deleted_at=at)
        announce("calendar.shared", calendar.org_id, calendar.id)


async def prune() -> None:
    """Erase what was deleted so long ago that it can't be undone, and forget what was removed when no program asks any more."""
    before = clock.now() - 30 * clock.DAY
    await database.execute("DELETE FROM calendar WHERE deleted_at < $1", before)
    await database.execute("DELETE FROM calendar_message WHERE created_at < $1", before)
    async with database.transaction():
        await database.execute(
            "UPDATE calendar SET forgotten_modseq = (SELECT MAX(g.modseq) FROM calendar_gone g WHERE g.calendar_id = calendar.id AND g.gone_at < $1)"
            " WHERE EXISTS (SELECT 1 FROM calendar_gone g WHERE g.calendar_id = calendar.id AND g.gone_at < $1)", before - 150 * clock.DAY,
        )
        await database.execute("DELETE FROM calendar_gone WHERE gone_at < $1", before - 150 * clock.DAY)


async def _own(viewer: Viewer, id_: int) -> Calendar:
    row = await database.fetch_one("SELECT * FROM calendar WHERE id = $1 AND org_id = $2 AND account_id = $3", id_, viewer.org_id, viewer.account_id)
    if row is None:
        raise NotFound(f"calendar {id_}")
    return Calendar.from_row(row)


@undoes("calendar.create")
async def _uncreate(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await put_away(await _own(viewer, inverse["calendar"]), clock.now())


@undoes("calendar.delete")
async def _undelete(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await put_away(await _own(viewer, inverse["calendar"]), None)


@undoes("calendar.edit")
async def _unedit(viewer: Viewer, inverse: dict[str, Any]) -> None:
    calendar = await Calendar.seen_by(viewer, inverse["calendar"])
    if not calendar.can_share:
        raise Refused(_("This calendar isn’t yours to change."))
    await change(calendar, **inverse["before"])
