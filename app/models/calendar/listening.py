"""Who may hear that something changed: `calendar:<id>` what is in a calendar, `calendars:<account>` how somebody looks at theirs."""

from __future__ import annotations

from app import live
from app.models.base import NotFound
from app.models.calendar.calendar import Calendar
from app.models.viewer import Viewer


@live.topic("calendar")
async def _may_look(viewer: Viewer, calendar_id: int) -> bool:
    if not viewer.can_use("calendar"):
        return False
    try:
        await Calendar.seen_by(viewer, calendar_id)
    except NotFound:
        return False
    return True


@live.topic("calendars")
async def _is_own(viewer: Viewer, account_id: int) -> bool:
    return viewer.account_id == account_id and viewer.can_use("calendar") and not viewer.is_external
