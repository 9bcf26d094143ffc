"""The calendar's pages: a day, a week, a month, a year, a list; and the small month beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_interval, format_skeleton
from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib.i18n import _, language
from app.lib.locales import territory
from app.models.calendar import Calendar
from app.models.calendar.occurrences import busy_days
from app.models.calendar.preferences import VIEWS, CalendarPreferences
from app.models.viewer import Viewer
from app.render import fragment, page
from app.routes.calendar import layout
from app.routes.calendar.drawn import column
from app.routes.calendar.shown import Shown, now_of, shown_events, time_in_words
from app.routes.calendar.side import first_weekday, side_of

LISTED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Period:
    """What a page shows: a view, the day it was asked for, and its first and last day."""

    view: str
    day: date
    first: date
    last: date

    @classmethod
    def of(cls, view: str, day: date, week_start: int) -> Period:
        """The days that a view shows around a day."""
        begin = day - timedelta(days=(day.weekday() - week_start) % 7)
        if view == "week":
            return cls(view, day, begin, begin + timedelta(days=6))
        if view == "workweek":
            monday = day - timedelta(days=day.weekday())
            return cls(view, day, monday, monday + timedelta(days=4))
        if view == "month":
            return cls(view, day, *_month(day, week_start))
        if view == "year":
            return cls(view, day, date(day.year, 1, 1), date(day.year, 12, 31))
        return cls(view, day, day, day + timedelta(days=LISTED_DAYS - 1 if view == "agenda" else 0))

    def beside(self, direction: int) -> date:
        """The day that the page before (-1) or after (1) is asked for."""
        if self.view == "month":
            return _months_later(self.day, direction)
        if self.view == "year":
            return _months_later(self.day, 12 * direction)
        return self.day + timedelta(days=direction * {"day": 1, "agenda": LISTED_DAYS}.get(self.view, 7))

    @property
    def title(self) -> str:
        """The days in words."""
        place = territory(language())
        if self.view == "day":
            return format_date(self.day, "full", locale=place)
        if self.view == "month":
            return format_date(self.day, "LLLL y", locale=place)
        if self.view == "year":
            return str(self.day.year)
        return str(format_interval(self.first, self.last, "yMMMMd", locale=place))

    @property
    def short_title(self) -> str:
        """The same for a narrow screen, without the year where it is of days."""
        place = territory(language())
        if self.view == "day":
            return str(format_skeleton("MMMEd", self.day, locale=place))
        if self.view in ("month", "year"):
            return self.title
        return str(format_interval(self.first, self.last, "MMMd", locale=place))


@get(["/calendar", "/calendar/{view:str}", "/calendar/{view:str}/{day:str}"], include_in_schema=False)
async def show_calendar(request: Request, view: FromPath[str] = "", day: FromPath[str] = "") -> Response[bytes]:
    """Some days with their events."""
    access.require_member(request.state.viewer, "calendar.use")
    preferences = await CalendarPreferences.of(request.state.viewer.account_id)
    chosen = view or preferences.view or _usual_view(request)
    if chosen not in VIEWS:
        raise access.NotFound(f"view {view}")
    return await calendar_page(request, chosen, _day_of(day, request.state.viewer), preferences)


@get("/calendar/mini/{day:str}", include_in_schema=False)
async def show_mini(request: Request, day: FromPath[str], view: FromQuery[str] = "week", date: FromQuery[str] = "") -> Response[bytes]:
    """Another small month."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    period = Period.of(view if view in VIEWS else "week", _day_of(date, viewer), first_weekday(viewer))
    month = _day_of(day, viewer)
    calendars = await Calendar.all_for(viewer.account_id, viewer.org_id)
    return fragment(request, "calendar/_mini.html", mini=await _mini(viewer, month, period, calendars))


async def calendar_page(request: Request, view: str, day: date, known: CalendarPreferences | None = None, **context: Any) -> Response[bytes]:
    """A page of the calendar: whole, its view, or only its grid where that is what htmx asks for."""
    viewer: Viewer = request.state.viewer
    preferences = known or await CalendarPreferences.of(viewer.account_id)
    period = Period.of(view, day, first_weekday(viewer))
    calendars = await Calendar.all_for(viewer.account_id, viewer.org_id)
    events = await shown_events(viewer, period.first, period.last, calendars, with_declined=preferences.with_declined)
    topics = [f"calendars:{viewer.account_id}", *(f"calendar:{one.id}" for one in calendars)]
    shown = {**_frame(viewer, period), **_content(viewer, preferences, period, events), "topics": " ".join(topics)}
    if request.headers.get("hx-target", "").endswith("#cal"):
        return fragment(request, "calendar/_view.html", **shown)
    side = await side_of(viewer, "", await _mini(viewer, day, period, calendars, with_declined=preferences.with_declined), calendars)
    return await page(request, "calendar/show.html", **{**shown, **side, "event": None, **context})


def _frame(viewer: Viewer, period: Period) -> dict[str, Any]:
    labels = {
        "day": (_("Day before"), _("Day after")), "month": (_("Month before"), _("Month after")), "year": (_("Year before"), _("Year after")),
        "agenda": (_("Earlier"), _("Later")),
    }
    before, after = labels.get(period.view, (_("Week before"), _("Week after")))
    return {
        "view": period.view, "title": period.title, "short_title": period.short_title, "shown_date": period.day.isoformat(),
        "before_label": before, "after_label": after,
        "before_url": f"/calendar/{period.view}/{period.beside(-1)}", "after_url": f"/calendar/{period.view}/{period.beside(1)}",
        "view_url": f"/calendar/{period.view}/{period.day}",
        "views": [
            ("day", _("Day"), "d"), ("workweek", _("Work week"), "x"), ("week", _("Week"), "w"), ("month", _("Month"), "m"), ("year", _("Year"), "y"),
            ("agenda", _("Agenda"), "a"),
        ],
    }


def _content(viewer: Viewer, preferences: CalendarPreferences, period: Period, events: list[Shown]) -> dict[str, Any]:
    today, place = now_of(viewer).date(), territory(language())
    if period.view == "month":
        days = layout.days_from(period.first, (period.last - period.first).days + 1, today, place, period.day.month)
        return {"weeks": layout.weeks(days, events), "day_names": [day.short for day in days[:7]], "numbered": preferences.with_week_numbers}
    if period.view == "year":
        busy = layout.busy_days(events)
        months = [date(period.day.year, month, 1) for month in range(1, 13)]
        return {"months": [layout.mini(month, "day", (today, today), today, place, first_weekday(viewer), busy, of_year=True) for month in months]}
    days = layout.days_from(period.first, (period.last - period.first).days + 1, today, place)
    if period.view == "agenda":
        return {
            "days": layout.listed(days, events), "first_name": format_date(period.first, "medium", locale=place),
            "last_name": format_date(period.last, "medium", locale=place), "earlier_url": f"/calendar/agenda/{period.beside(-1)}",
            "later_url": f"/calendar/agenda/{period.beside(1)}",
        }
    return _days(viewer, preferences, period, days, events)


def _days(viewer: Viewer, preferences: CalendarPreferences, period: Period, days: Sequence[layout.Day], events: list[Shown]) -> dict[str, Any]:
    whole = layout.beside(days, events)
    now = now_of(viewer)
    for number, day in enumerate(days):
        works = preferences.works_on((period.first + timedelta(days=number)).weekday())
        day.rests = layout.rests((preferences.work_starts, preferences.work_ends), works)
        day.now = layout.now_step(now) if day.is_today else None
    zones = [viewer.timezone, *preferences.zone_names]
    return {
        "days": [(day, column(day.timed)) for day in days], "whole": whole, "zone": viewer.timezone,
        "lanes": min(12, max((event["lane"] for event in whole), default=0) + 1),
        "zone_names": [_zone_label(name, now) for name in zones] if len(zones) > 1 else [],
        "hours": [_hours(period.first, name, viewer.timezone) for name in zones],
        "first_hour": max(0, preferences.work_starts // 60 - 1),
        "week_number": (period.first + timedelta(days=3)).isocalendar().week if preferences.with_week_numbers and period.view != "day" else None,
    }


def _hours(day: date, name: str, own: str) -> list[str]:
    """What the clock of a zone says at each full hour of the reader's."""
    place = territory(language())
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(own))
    return [time_in_words((start + timedelta(hours=hour)).astimezone(ZoneInfo(name)).time(), place) for hour in range(24)]


def _zone_label(name: str, now: datetime) -> str:
    short = now.astimezone(ZoneInfo(name)).strftime("%Z")
    return short if short.isalpha() and len(short) < 5 else name.rpartition("/")[2].replace("_", " ")


async def _mini(viewer: Viewer, month: date, period: Period, calendars: Sequence[Calendar], *, with_declined: bool = False) -> layout.Mini:
    view = "week" if period.view == "year" else period.view
    days, visible = _month(month, first_weekday(viewer)), [one for one in calendars if not one.is_hidden]
    busy = await busy_days(viewer, visible, *days, with_declined=with_declined)
    return layout.mini(month, view, (period.first, period.last), now_of(viewer).date(), territory(language()), first_weekday(viewer), dict.fromkeys(busy, 1))


def _usual_view(request: Request) -> str:
    """A list on a phone, where a week is too narrow."""
    return "agenda" if request.headers.get("sec-ch-ua-mobile") == "?1" or "Mobi" in request.headers.get("user-agent", "") else "week"


def _day_of(text: str, viewer: Viewer) -> date:
    if not text:
        return now_of(viewer).date()
    try:
        day = date.fromisoformat(text if len(text) > 7 else f"{text}-01")
    except ValueError:
        raise access.NotFound(f"day {text}") from None
    if not 1900 <= day.year <= 2199:
        raise access.NotFound(f"day {text}")
    return day


def _month(day: date, week_start: int) -> tuple[date, date]:
    """The first and last day of the weeks that a month is in."""
    first = day.replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return first - timedelta(days=(first.weekday() - week_start) % 7), last + timedelta(days=(week_start - 1 - last.weekday()) % 7)


def _months_later(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


handlers = [show_calendar, show_mini]
