"""The side column of the calendar's pages: the small month, the calendars to show and hide, and the other places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.lib.i18n import _, language
from app.lib.locales import territory, week_start
from app.models.calendar.calendar import ROOM, Calendar
from app.models.viewer import Viewer
from app.routes.calendar import layout
from app.routes.calendar.layout import Mini
from app.routes.calendar.shown import now_of


@dataclass(frozen=True, slots=True)
class Group:
    """Calendars under one heading."""

    key: str
    title: str
    calendars: list[dict[str, Any]]


async def side_of(viewer: Viewer, place: str, mini: Mini, calendars: Sequence[Calendar]) -> dict[str, Any]:
    """What calendar/_side.html needs; `calendars` are all of the viewer's."""
    mine = [_listed(one) for one in calendars if one.is_own]
    rooms = [_listed(one) for one in calendars if one.kind == ROOM]
    shared = [_listed(one) for one in calendars if not one.is_own and one.kind != ROOM]
    groups = [Group("mine", _("My calendars"), mine), Group("shared", _("Shared with me"), shared), Group("rooms", _("Rooms"), rooms)]
    offered = [_listed(one) for one in await Calendar.offered_to(viewer)]
    return {"groups": [group for group in groups if group.calendars], "offered": offered, "mini": mini, "current_place": place}


async def side_only(viewer: Viewer, place: str = "") -> dict[str, Any]:
    """The same for a page that shows no days: the small month is the present one."""
    today = now_of(viewer).date()
    mini = layout.mini(today, "week", (today, today), today, territory(language()), first_weekday(viewer), {})
    calendars = await Calendar.all_for(viewer.account_id, viewer.org_id)
    return {**await side_of(viewer, place, mini, calendars), "shown_date": today.isoformat()}


def first_weekday(viewer: Viewer) -> int:
    """The first day of the viewer's week; 0 is Monday."""
    return viewer.week_start if viewer.week_start is not None else week_start(viewer.locale)


def _listed(calendar: Calendar) -> dict[str, Any]:
    owner = "" if calendar.is_own else calendar.owner_name
    return {"id": calendar.id, "name": calendar.name, "about": owner, "hue": calendar.hue, "is_shown": not calendar.is_hidden}
