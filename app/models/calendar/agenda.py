"""The day ahead, in the morning, for those who want it: they choose so among their notifications."""

from __future__ import annotations

from app import database
from app.lib import clock
from app.lib.i18n import _, speaking
from app.lib.ical.values import wall_of
from app.models.calendar.indexing import zone_of
from app.models.calendar.occurrences import Occurrence, day_bounds, occurrences
from app.models.calendar.reminders import when_words
from app.models.notifications import notify
from app.models.notifications.notifying import told_of
from app.models.viewer import Viewer

KIND = "calendar.agenda"
HOUR = 7  # of everybody's own clock
_MOST = 12  # events that are named


async def send_due() -> None:
    """Tell those whose morning has come; each day once, however often this runs."""
    rows = await database.fetch(
        "SELECT DISTINCT n.account_id, a.timezone FROM notice_choice n JOIN account a ON a.id = n.account_id WHERE n.kind = $1 AND n.is_on = TRUE", KIND
    )
    for row in rows:
        if wall_of(clock.now(), zone_of(row["timezone"])).hour == HOUR:
            for viewer in await Viewer.of_account(row["account_id"]):
                if viewer.can_use("calendar") and not viewer.is_external:
                    await _send(viewer)


async def _send(viewer: Viewer) -> None:
    today = wall_of(clock.now(), zone_of(viewer.timezone)).date()
    group = f"agenda:{today}"
    if viewer.account_id in await told_of(viewer.org_id, group, KIND):
        return
    shown = [one for one in await occurrences(viewer, *day_bounds(today, today, viewer.timezone)) if one.answer != "DECLINED" and not one.is_hidden]
    if not shown:
        return
    with speaking(viewer.locale, viewer.timezone):
        lines = [f"{_when(viewer, one)} {one.summary or _('Event without a title')}" for one in shown[:_MOST]]
    await notify(
        KIND, [viewer.account_id], viewer.org_id, facts={"count": len(shown), "text": "\n".join(lines)}, url="/calendar", source="calendar",
        source_name="", group=group,
    )


def _when(viewer: Viewer, one: Occurrence) -> str:
    return _("All day") if one.is_all_day else when_words(one.start, one.end, viewer.timezone, viewer.locale)
