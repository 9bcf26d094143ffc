"""Finding a time: whose time is taken, hour by hour, and the slots that suit best, with why the others don't (CAL-11, CAL-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from litestar import Request, get
from litestar.response import Response

from app import access
from app.lib.forms import Form, ManyField, NumberField, TextField
from app.lib.i18n import _, language, ngettext
from app.lib.locales import short_time, territory
from app.models.calendar import Diary, Slot, best_slots, day_bounds, free_busy, inviting, room_email
from app.models.calendar.preferences import CalendarPreferences
from app.models.resource import Resource
from app.models.viewer import Viewer
from app.render import fragment, page
from app.routes.calendar.layout import STEPS
from app.routes.calendar.shown import now_of
from app.routes.calendar.side import side_only

SEARCHED_DAYS = 14
_LENGTHS = (15, 30, 45, 60, 90, 120, 180, 240)


class Wanted(Form):
    """Who is to come, how long it takes, and which day is looked at."""

    guests = ManyField(TextField(most=254), most=100)
    optional = ManyField(TextField(most=254), most=100)
    rooms = ManyField(NumberField(1, 2**53), most=50)
    minutes = NumberField(5, 24 * 60, required=False, default=60)
    date = TextField(most=10, required=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One person's or room's day: `spans` are (start, length, kind) in steps of five minutes."""

    diary: Diary
    avatar: str
    clock: str
    spans: list[tuple[int, int, str]]


@get("/calendar/find-a-time", include_in_schema=False)
async def show_finder(request: Request) -> Response[bytes]:
    """The day of everybody beside each other, and proposals for the next two weeks."""
    viewer: Viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    form = Wanted(request.query_params)
    day = _day(form.values.get("date", ""), viewer)
    shown = {**await _found(viewer, form, day), "day": day, "form": form, "lengths": _lengths(), "minutes": form.values.get("minutes", 60)}
    if request.headers.get("hx-target", "").endswith("#found"):
        return fragment(request, "calendar/_found.html", **shown)
    return await page(request, "calendar/find.html", **await side_only(viewer, "find"), **shown)


async def _found(viewer: Viewer, form: Wanted, day: date) -> dict[str, Any]:
    emails = await inviting.emails_of(viewer, form.values.get("guests", []))
    people = await inviting.people_of(viewer, [*emails, viewer.email])
    wanted = list(dict.fromkeys([viewer.email, *emails, *(room_email(id_) for id_ in form.values.get("rooms", []))]))
    start, end = day_bounds(day, day, viewer.timezone)
    diaries = await free_busy(viewer, wanted, start, end)
    preferences = await CalendarPreferences.of(viewer.account_id)
    length = (form.values.get("minutes") or 60) * 60_000
    later = await free_busy(viewer, wanted, start, start + SEARCHED_DAYS * 86_400_000)
    optional = form.values.get("optional", [])
    hours = preferences.work_starts // 60, -(-preferences.work_ends // 60)
    slots = await best_slots(viewer, later, length, start, start + SEARCHED_DAYS * 86_400_000, hours=hours, optional=optional)
    asked = [(name, str(value)) for name in ("guests", "optional", "rooms") for value in form.values.get(name, [])]
    rooms = await Resource.bookable_by(viewer)
    chosen = set(form.values.get("rooms", []))
    return {
        "rows": [Row(diary, people.get(diary.email, {}).get("avatar", ""), _clock(diary, viewer), _spans(diary, start, preferences)) for diary in diaries],
        "hours": [format_time(datetime(2000, 1, 1, hour), "short", locale=territory(language())) for hour in range(0, 24, 2)],
        "slots": [_slot(slot, viewer, asked) for slot in slots],
        "guests": [
            {"value": email, "avatar": "", "account_id": None, "name": email, "is_optional": email in optional, **people.get(email, {})}
            for email in emails if email != viewer.email
        ],
        "rooms": [{"id": room.id, "name": room.name, "is_chosen": room.id in chosen} for room in rooms],
        "day_name": format_date(day, "full", locale=territory(language())), "before": (day - timedelta(days=1)).isoformat(),
        "after": (day + timedelta(days=1)).isoformat(), "asked": urlencode([*asked, ("minutes", str(form.values.get("minutes") or 60))]),
    }


def _spans(diary: Diary, start: int, preferences: CalendarPreferences) -> list[tuple[int, int, str]]:
    if not diary.is_known:
        return [(0, STEPS, "unknown")]
    spans = [(0, preferences.work_starts // 5, "off"), (preferences.work_ends // 5, STEPS - preferences.work_ends // 5, "off")]
    for one in diary.busy:
        first, last = ((at - start) // 300_000 for at in (one.start, one.end))
        first, last = max(0, first), min(STEPS, max(last, first + 1))
        if last > first:
            spans.append((first, last - first, "tentative" if one.kind == 2 else "busy"))
    return [span for span in spans if span[1] > 0]


def _slot(slot: Slot, viewer: Viewer, asked: list[tuple[str, str]]) -> dict[str, Any]:
    zone, place = ZoneInfo(viewer.timezone), territory(language())
    start, end = (datetime.fromtimestamp(at / 1000, zone) for at in (slot.start, slot.end))
    when = f"{format_date(start.date(), 'full', locale=place)}, {format_time(start, 'short', locale=place)} – {format_time(end, 'short', locale=place)}"
    about = [f"{name}: {why}" for name, why in slot.missing] + [_("%(name)s: not known") % {"name": name} for name in slot.unknown]
    fields = [("start", f"{start:%Y-%m-%dT%H:%M}"), ("end", f"{end:%Y-%m-%dT%H:%M}"), *asked]
    return {"when": when, "is_good": slot.is_good, "about": about, "url": f"/calendar/events/new?{urlencode(fields)}"}


def _clock(diary: Diary, viewer: Viewer) -> str:
    """The zone of somebody whose clock shows another time."""
    if diary.resource_id is not None or not diary.is_known or diary.timezone == viewer.timezone:
        return ""
    there = now_of(viewer).astimezone(ZoneInfo(diary.timezone))
    return _("%(time)s now in %(place)s") % {"time": short_time(there), "place": diary.timezone.rpartition("/")[2].replace("_", " ")}


def _lengths() -> list[tuple[int, str]]:
    return [
        (minutes, ngettext("%(num)s minute", "%(num)s minutes", minutes) % {"num": minutes} if minutes < 60 or minutes % 60
         else ngettext("%(num)s hour", "%(num)s hours", minutes // 60) % {"num": minutes // 60})
        for minutes in _LENGTHS
    ]


def _day(text: str, viewer: Viewer) -> date:
    today = now_of(viewer).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if 2000 <= day.year <= 2100 else today


handlers = [show_finder]
