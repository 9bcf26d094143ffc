"""Tasks (VTODO): a simple list, because programs keep them in calendars."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ical import Component, Property
from app.models.base import NotFound, Refused
from app.models.calendar.calendar import Calendar
from app.models.calendar.drafts import DraftRefused, add_timezone, stamp, when_in
from app.models.calendar.event import write
from app.models.calendar.indexing import check
from app.models.calendar.storing import main_of
from app.models.calendar.tables import CalendarObject
from app.models.command import Command
from app.models.viewer import Viewer

MOST = 500
TASK = "task.change"


async def listed(viewer: Viewer, *, with_done: bool = False) -> list[CalendarObject]:
    """The tasks of one's calendars: what is due first, then those without a day, done ones at the end. `calendar` is set."""
    known = {one.id: one for one in await Calendar.all_for(viewer.account_id, viewer.org_id) if one.can_see}
    if not known:
        return []
    done = "" if with_done else " AND completed_at IS NULL AND status <> 'CANCELLED'"
    rows = await database.fetch(
        f"SELECT * FROM calendar_object WHERE component = 'VTODO' AND calendar_id IN ({database.marks(known, 2)}){done}"
        " ORDER BY CASE WHEN completed_at IS NULL THEN 0 ELSE 1 END, CASE WHEN due_at IS NULL THEN 1 ELSE 0 END, due_at, id LIMIT $1", MOST, *known,
    )
    found = [CalendarObject.from_row(row) for row in rows]
    for one in found:
        one.calendar = known[one.calendar_id]
    return found


async def add(
    viewer: Viewer, title: str, due: datetime | None = None, *, calendar: Calendar | None = None, timezone: str = "", once: str | None = None
) -> Command:
    """A new task; `due` is a day (without a zone) or a time of the clock of `timezone`. Raises `DraftRefused`, `Refused`."""
    title = _checked(title)
    target = calendar or await Calendar.default_for(viewer.account_id, viewer.org_id)
    if not target.can_write or "VTODO" not in target.components.split():
        raise Refused(_("This calendar doesn’t keep such things."))
    async with Command.once(viewer, TASK, once) as command:
        if not command.repeated:
            uid = str(uuid.uuid4())
            part = Component("VTODO", [Property.of_text("UID", uid), Property.of_text("SUMMARY", title), Property.make("STATUS", "NEEDS-ACTION")])
            stamp(part, is_new=True)
            text = Component("VCALENDAR", [Property.make("VERSION", "2.0"), Property.of_text("PRODID", "-//Chalet//Calendar//EN"), part])
            _set_due(text, part, due, timezone)
            inverse = await write(viewer, target, [(f"{uid}.ics", text.serialize())])
            id_ = await database.fetch_value("SELECT id FROM calendar_object WHERE calendar_id = $1 AND uid = $2", target.id, uid)
            command.done(id_, what=title, url="/calendar/tasks", inverse=inverse)
    return command


async def done(viewer: Viewer, id_: int, is_done: bool = True, once: str | None = None) -> Command:
    """Tick a task off, or open it again."""
    now = f"{datetime.fromtimestamp(clock.now() / 1000, UTC):%Y%m%dT%H%M%SZ}"

    def tick(part: Component) -> None:
        part.remove("COMPLETED", "PERCENT-COMPLETE")
        part.set(Property.make("STATUS", "COMPLETED" if is_done else "NEEDS-ACTION"))
        if is_done:
            part.add(Property.make("COMPLETED", now), Property.make("PERCENT-COMPLETE", "100"))

    return await _change(viewer, id_, tick, once)


async def edit(viewer: Viewer, id_: int, title: str, due: datetime | None = None, *, about: str | None = None, timezone: str = "") -> Command:
    """Change what a task says, and when it is due. Raises `DraftRefused`."""
    title = _checked(title)
    found, calendar = await find(viewer, id_)
    text = check(found.ics)
    part = main_of(text)
    part.set_text("SUMMARY", title)
    if about is not None:
        part.set_text("DESCRIPTION", about[:60_000])
    _set_due(text, part, due, timezone)
    return await _written(viewer, calendar, found, text, None)


async def delete(viewer: Viewer, id_: int) -> Command:
    """Take a task away."""
    found, calendar = await find(viewer, id_)
    async with Command.once(viewer, TASK) as command:
        command.done(found.id, what=found.summary, url="/calendar/tasks", inverse=await write(viewer, calendar, [(found.href, None)]))
    return command


async def _change(viewer: Viewer, id_: int, change: Any, once: str | None) -> Command:
    found, calendar = await find(viewer, id_)
    text = check(found.ics)
    change(main_of(text))
    return await _written(viewer, calendar, found, text, once)


async def _written(viewer: Viewer, calendar: Calendar, found: CalendarObject, text: Component, once: str | None) -> Command:
    stamp(main_of(text))
    async with Command.once(viewer, TASK, once) as command:
        if not command.repeated:
            inverse = await write(viewer, calendar, [(found.href, text.serialize())])
            command.done(found.id, what=main_of(text).text("SUMMARY"), url="/calendar/tasks", inverse=inverse)
    return command


async def find(viewer: Viewer, id_: int) -> tuple[CalendarObject, Calendar]:
    """A task that the viewer may change, and its calendar. Raises `NotFound`, `Refused`."""
    row = await database.fetch_one("SELECT * FROM calendar_object WHERE id = $1 AND org_id = $2 AND component = 'VTODO'", id_, viewer.org_id)
    if row is None:
        raise NotFound(f"task {id_}")
    calendar = await Calendar.seen_by(viewer, row["calendar_id"])
    if not calendar.can_write:
        raise Refused(_("You may look at this calendar, but not change it."))
    return CalendarObject.from_row(row), calendar


def _checked(title: str) -> str:
    title = " ".join(title.split())
    if not title:
        raise DraftRefused("title", _("Please say what is to be done."))
    if len(title) > 500:
        raise DraftRefused("title", _("This title is too long: at most %(most)s characters.") % {"most": 500})
    return title


def _set_due(text: Component, part: Component, due: datetime | None, timezone: str) -> None:
    part.remove("DUE", "DURATION")
    if due is None:
        return
    when = when_in(due, not timezone, timezone)
    part.set(Property.make("DUE", when.value(), when.params()))
    add_timezone(text, when)
