"""How one looks at the calendar: first view, working hours, other clocks, what new events start with."""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import available_timezones

from litestar import Request, get, post
from litestar.response import Response

from app import access
from app.lib.forms import CheckField, ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _, ngettext
from app.lib.timezones import offered_timezones
from app.models.calendar.preferences import MOST_ZONES, VIEWS, CalendarPreferences
from app.models.chat.rules import ChatRules
from app.render import page, redirect, toast
from app.routes.calendar.form import before_words
from app.routes.calendar.repeating import weekdays
from app.routes.calendar.side import first_weekday, side_only

_DURATIONS = (15, 20, 30, 45, 60, 90, 120)
_REMINDERS = ("", "0", "5", "10", "15", "30", "60", "1440")


class Settings(Form):
    """The choices."""

    view = ChoiceField(VIEWS, required=False)
    work_starts = TextField(most=5)
    work_ends = TextField(most=5)
    work_days = ManyField(NumberField(0, 6))
    zones = ManyField(TextField(most=64), most=MOST_ZONES)
    event_minutes = NumberField(5, 24 * 60)
    reminder = ChoiceField(_REMINDERS, required=False)
    with_week_numbers = CheckField()
    with_declined = CheckField()
    with_meeting = CheckField()

    def check(self) -> None:
        """Times that are some, zones that there are."""
        try:
            self.hours = tuple(_minutes(self.values[name]) for name in ("work_starts", "work_ends"))
        except ValueError:
            return self.refuse("work_ends", _("This isn’t a time."))
        if self.hours[0] >= self.hours[1]:
            self.refuse("work_ends", _("Work ends before it begins."))
        if any(zone not in available_timezones() for zone in self.values["zones"]):
            self.refuse("zones", _("This time zone is unknown."))
        return None


@get("/calendar/settings", include_in_schema=False)
async def show_settings(request: Request) -> Response[bytes]:
    """The form."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    chosen = await CalendarPreferences.of(viewer.account_id)
    raw = {
        "view": chosen.view, "work_starts": _clock(chosen.work_starts), "work_ends": _clock(chosen.work_ends), "zones": chosen.zone_names,
        "work_days": [str(day) for day in range(7) if chosen.works_on(day)], "event_minutes": str(chosen.event_minutes),
        "reminder": "" if chosen.reminder is None else str(chosen.reminder), "with_week_numbers": chosen.with_week_numbers,
        "with_declined": chosen.with_declined, "with_meeting": chosen.with_meeting,
    }
    return await _page(request, Settings(), raw)


@post("/calendar/settings", status_code=200, include_in_schema=False)
async def update_settings(request: Request) -> Response[bytes]:
    """Keep them."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    form = Settings(await request.form())
    if not form.is_valid:
        some = {name: form.raw.get(name, []) for name in ("zones", "work_days")}
        on = {name: name in form.raw for name in ("with_week_numbers", "with_declined", "with_meeting")}
        return await _page(request, form, {"view": "", "reminder": "", "event_minutes": "60", **form.raw, **some, **on}, status=422)
    await CalendarPreferences.choose(
        viewer.account_id, view=form["view"], work_starts=form.hours[0], work_ends=form.hours[1], work_days=sum(1 << day for day in form["work_days"]),
        zones=" ".join(form["zones"]), event_minutes=form["event_minutes"], reminder=int(form["reminder"]) if form["reminder"] else None,
        with_week_numbers=form["with_week_numbers"], with_declined=form["with_declined"], with_meeting=form["with_meeting"],
    )
    answer = redirect(request, "/calendar/settings")
    answer.headers.update(toast(_("Saved.")))
    return answer


async def _page(request: Request, form: Settings, raw: dict[str, Any], status: int = 200) -> Response[bytes]:
    viewer = request.state.viewer
    views = {"day": _("Day"), "workweek": _("Work week"), "week": _("Week"), "month": _("Month"), "year": _("Year"), "agenda": _("Agenda")}
    return await page(
        request, "calendar/settings.html", status=status, form=form, raw=raw, weekdays=weekdays(first_weekday(viewer)), zones=offered_timezones(),
        view_choices=[("", _("A week, on a phone a list")), *((view, views[view]) for view in VIEWS)],
        duration_choices=[(str(minutes), ngettext("%(num)s minute", "%(num)s minutes", minutes) % {"num": minutes}) for minutes in _DURATIONS],
        can_meet=bool((await ChatRules.of(viewer.org_id)).meetings),
        reminder_choices=[(value, before_words(int(value)) if value else _("None")) for value in _REMINDERS], **await side_only(viewer, "settings"),
    )


def _minutes(text: str) -> int:
    at = time.fromisoformat(text)
    return at.hour * 60 + at.minute


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


handlers = [show_settings, update_settings]
