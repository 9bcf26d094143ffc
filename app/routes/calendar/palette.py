"""Events in the palette of Ctrl K: those that have what was typed, and what one may do."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from app.lib.i18n import _, language
from app.lib.locales import territory
from app.models.calendar.storing import EVENT
from app.models.search import Hit, search, visible_scopes
from app.models.viewer import Viewer
from app.routes.search import COMMAND, Offer, offers

_AMONG, _MOST = 20, 5  # guests have a copy of a meeting each; the newest one is shown


@offers
async def _events(viewer: Viewer, typed: str) -> list[Offer]:
    if viewer.is_external or not viewer.can_use("calendar"):
        return []
    commands = [
        Offer(_("New event"), "/calendar/events/new", "calendar-plus", COMMAND, app="calendar"),
        Offer(_("Find a time"), "/calendar/find-a-time", "users", COMMAND, app="calendar"),
    ]
    if not typed.strip():
        return commands
    hits = await search(await visible_scopes(viewer, [EVENT]), viewer.org_id, typed, [EVENT], limit=_AMONG)
    meetings = list({(_title(hit), hit.at): hit for hit in reversed(hits)}.values())[::-1]
    return commands + [
        Offer(_title(hit), f"/calendar/events/{hit.id}", "calendar", app="calendar", about=_day(viewer, hit), other_words=typed) for hit in meetings[:_MOST]
    ]


def _title(hit: Hit) -> str:
    return "".join(part.text for part in hit.title) or _("Event without a title")


def _day(viewer: Viewer, hit: Hit) -> str:
    day = datetime.fromtimestamp(hit.at / 1000, UTC).astimezone(ZoneInfo(viewer.timezone))
    return format_date(day, "medium", locale=territory(language()))
