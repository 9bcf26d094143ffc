"""Booking pages: what their owners say of them, and the page where anybody with the link takes a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from babel.dates import format_date, format_time
from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib import clock
from app.lib.forms import CheckField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _, language, ngettext
from app.lib.locales import territory
from app.lib.timezones import offered_timezones
from app.models.account import Account
from app.models.base import Refused
from app.models.calendar import booking
from app.models.calendar.reminders import when_words
from app.models.calendar.tables import BookingPage
from app.models.viewer import Viewer
from app.render import fragment, page, redirect, toast
from app.routes.calendar.form import writable
from app.routes.calendar.repeating import weekdays
from app.routes.calendar.side import first_weekday, side_only
from app.routes.guard import OPEN

SHOWN_DAYS = 14
_LENGTHS = (15, 20, 30, 45, 60, 90)


class BookingForm(Form):
    """What a booking page says and offers."""

    title = TextField(most=120)
    about = TextField(most=2000, required=False)
    place = TextField(most=500, required=False)
    calendar = NumberField(1, 2**53, required=False)
    durations = ManyField(NumberField(5, 480), required=True)
    days = ManyField(NumberField(0, 6), required=True)
    begins = TextField(most=5)
    ends = TextField(most=5)
    buffer_before = NumberField(0, 240, required=False, default=0)
    buffer_after = NumberField(0, 240, required=False, default=0)
    notice_hours = NumberField(0, 24 * 30, required=False, default=4)
    days_ahead = NumberField(1, 365, required=False, default=60)
    most_a_day = NumberField(0, 50, required=False, default=0)
    questions = TextField(most=2000, required=False)
    is_open = CheckField()

    def check(self) -> None:
        """Hours that are some."""
        try:
            self.hours = [time.fromisoformat(self.values[name]) for name in ("begins", "ends")]
        except ValueError:
            return self.refuse("ends", _("This isn’t a time."))
        if self.hours[0] >= self.hours[1]:
            self.refuse("ends", _("The end is before the beginning."))
        return None


class Taking(Form):
    """What somebody says who takes a time."""

    start = NumberField(1, 2**53)
    minutes = NumberField(5, 480)
    name = TextField(most=120)
    email = TextField(most=254)
    answers = ManyField(TextField(most=booking.MOST_ANSWER), most=20)
    timezone = TextField(most=64, required=False)


@get("/calendar/booking", include_in_schema=False)
async def list_pages(request: Request) -> Response[bytes]:
    """One's booking pages."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    pages = [
        {"page": one, "url": f"{request.base_url}calendar/book/{one.token}", "lengths": _lengths(booking.lengths_of(one))}
        for one in await booking.of(viewer)
    ]
    return await page(request, "calendar/booking.html", **await side_only(viewer, "booking"), pages=pages)


@get("/calendar/booking/new", include_in_schema=False)
async def new_page(request: Request) -> Response[bytes]:
    """The form for another."""
    access.require_member(request.state.viewer, "calendar.use")
    return await _form(request, BookingForm(), _usual(), None)


@post("/calendar/booking", status_code=200, include_in_schema=False)
async def create_page(request: Request) -> Response[bytes]:
    """Open it."""
    viewer: Viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    return await _save(request, None)


@get("/calendar/booking/{page_id:int}", include_in_schema=False)
async def edit_page(request: Request, page_id: FromPath[int]) -> Response[bytes]:
    """Its form."""
    found = await _own(request.state.viewer, page_id)
    return await _form(request, BookingForm(), _raw(found), found)


@post("/calendar/booking/{page_id:int}", status_code=200, include_in_schema=False)
async def update_page(request: Request, page_id: FromPath[int]) -> Response[bytes]:
    """Change it, open or close it: its address stays."""
    return await _save(request, await _own(request.state.viewer, page_id))


@get("/calendar/book/{token:str}", opt=OPEN, include_in_schema=False)
async def show_booking(
    request: Request, token: FromPath[str], minutes: FromQuery[int] = 0, day: FromQuery[str] = "", zone: FromQuery[str] = ""
) -> Response[bytes]:
    """The free times of the next days, on the visitor's clock."""
    return await _times(request, await booking.by_token(token), minutes, day, zone)


@post("/calendar/book/{token:str}", opt=OPEN, status_code=200, include_in_schema=False)
async def create_booking(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Take a time. Of two who want the same one, one gets it."""
    found = await booking.by_token(token)
    form = Taking(await request.form())
    zone = form.values.get("timezone") or found.timezone
    if not form.is_valid:
        said = _("Please choose a time, and give your name and address.")
        return await _times(request, found, form.values.get("minutes", 0), "", zone, form=form, error=said)
    try:
        taken, cancel = await booking.book(found, form["start"], form["minutes"], form["name"], form["email"], form["answers"], zone)
    except Refused as refused:
        return await _times(request, found, form["minutes"], "", zone, form=form, error=str(refused))
    when = when_words(taken.starts, taken.ends, _zone(zone, found), language())
    cancel_url = f"/calendar/book/cancel/{cancel}"
    return await page(request, "calendar/booked.html", found=found, when=when, cancel_url=cancel_url, is_cancelled=False, email=taken.email)


@get("/calendar/book/cancel/{token:str}", opt=OPEN, include_in_schema=False)
async def show_cancellation(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Ask before a booking is cancelled: previews of links mustn't do it."""
    return await page(request, "calendar/booked.html", found=None, when="", cancel_url=f"/calendar/book/cancel/{token}", is_cancelled=False, email="")


@post("/calendar/book/cancel/{token:str}", opt=OPEN, status_code=200, include_in_schema=False)
async def create_cancellation(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Give the time back."""
    await booking.cancel(token)
    return await page(request, "calendar/booked.html", found=None, when="", cancel_url="", is_cancelled=True, email="")


# -- how


async def _times(
    request: Request, found: BookingPage, minutes: int, day: str, zone: str, *, form: Taking | None = None, error: str = ""
) -> Response[bytes]:
    lengths = booking.lengths_of(found)
    length = minutes if minutes in lengths else lengths[0]
    name = _zone(zone, found)
    first = _first_day(day, name)
    start = int(datetime.combine(first, time(), ZoneInfo(name)).timestamp() * 1000)
    free = await booking.slots(found, length, start, start + SHOWN_DAYS * clock.DAY)
    host = await Account.get(found.account_id)
    shown: dict[str, Any] = {
        "found": found, "host": host, "minutes": length, "lengths": _lengths(lengths), "days": _by_day(free, name), "zone": name,
        "zones": dict.fromkeys((*offered_timezones(), name)), "is_zone_chosen": bool(zone),
        "questions": booking.questions_of(found), "form": form, "error": error, "earlier": _beside(first, -SHOWN_DAYS, name),
        "later": (first + timedelta(days=SHOWN_DAYS)).isoformat() if start + SHOWN_DAYS * clock.DAY < clock.now() + found.days_ahead * clock.DAY else "",
    }
    if request.headers.get("hx-target", "").endswith("#times"):
        return fragment(request, "calendar/_book_times.html", **shown)
    return await page(request, "calendar/book.html", status=422 if error else 200, **shown)


def _by_day(free: Sequence[int], zone: str) -> list[dict[str, Any]]:
    place, days = territory(language()), dict[date, list[dict[str, Any]]]()
    for at in free:
        local = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
        days.setdefault(local.date(), []).append({"at": at, "time": format_time(local, "short", locale=place)})
    return [{"name": format_date(day, "full", locale=place), "slots": slots} for day, slots in days.items()]


def _first_day(text: str, zone: str) -> date:
    today = datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(zone)).date()
    try:
        return max(today, min(date.fromisoformat(text), today + timedelta(days=400)))
    except ValueError:
        return today


def _beside(day: date, days: int, zone: str) -> str:
    today = datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(zone)).date()
    return max(today, day + timedelta(days=days)).isoformat() if day > today else ""


def _zone(name: str, found: BookingPage) -> str:
    return name if name in available_timezones() else found.timezone


def _lengths(lengths: Sequence[int]) -> list[tuple[int, str]]:
    return [(minutes, ngettext("%(num)s minute", "%(num)s minutes", minutes) % {"num": minutes}) for minutes in lengths]


async def _own(viewer: Viewer, page_id: int) -> BookingPage:
    access.require_member(viewer, "calendar.use")
    return await BookingPage.find_own(page_id, account_id=viewer.account_id, org_id=viewer.org_id)


async def _save(request: Request, found: BookingPage | None) -> Response[bytes]:
    viewer: Viewer = request.state.viewer
    form = BookingForm(await request.form())
    if form.is_valid:
        try:
            await _saved(viewer, form, found)
            answer = redirect(request, "/calendar/booking")
            answer.headers.update(toast(_("Saved.")))
            return answer
        except Refused as refused:
            form.refuse("title", str(refused))
    some = {name: [str(value) for value in form.raw.get(name, [])] for name in ("durations", "days")}
    return await _form(request, form, {**_usual(), **form.raw, **some, "is_open": "is_open" in form.raw}, found, status=422)


async def _saved(viewer: Viewer, form: BookingForm, found: BookingPage | None) -> None:
    begins, ends = (at.hour * 60 + at.minute for at in form.hours)
    questions = [(text.rstrip("*").strip(), text.endswith("*")) for line in form["questions"].split("\n") if (text := line.strip())][:10]
    more = {name: form[name] for name in ("about", "place", "buffer_before", "buffer_after", "notice_hours", "days_ahead", "most_a_day")}
    more["questions"] = msgspec.json.encode(questions).decode()
    hours = [(day, begins, ends) for day in sorted(form["days"])]
    if found is None:
        calendars = await writable(viewer)
        calendar = next((one for one in calendars if one.id == form["calendar"] and one.is_own), calendars[0])
        await booking.make(viewer, calendar, form["title"], durations=form["durations"], hours=hours, **more)
    else:
        closed = None if form["is_open"] else found.closed_at or clock.now()
        await booking.change(viewer, found, form["title"], durations=form["durations"], hours=hours, closed_at=closed, **more)


def _usual() -> dict[str, Any]:
    return {
        "title": "", "about": "", "place": "", "calendar": "", "durations": ["30"], "days": ["0", "1", "2", "3", "4"], "begins": "09:00", "ends": "17:00",
        "buffer_before": 0, "buffer_after": 0, "notice_hours": 4, "days_ahead": 60, "most_a_day": 0, "questions": "", "is_open": True,
    }


def _raw(found: BookingPage) -> dict[str, Any]:
    hours = msgspec.json.decode(found.hours)
    begins, ends = (hours[0][1], hours[0][2]) if hours else (540, 1020)
    questions = "\n".join(f"{text}{' *' if needed else ''}" for text, needed in booking.questions_of(found))
    return {
        **{name: getattr(found, name) for name in ("title", "about", "place", "buffer_before", "buffer_after", "notice_hours", "days_ahead", "most_a_day")},
        "calendar": found.calendar_id, "durations": found.durations.split(","), "days": [str(day) for day, _from, _until in hours],
        "begins": f"{begins // 60:02}:{begins % 60:02}", "ends": f"{ends // 60:02}:{ends % 60:02}", "questions": questions, "is_open": found.closed_at is None,
    }


async def _form(request: Request, form: BookingForm, raw: dict[str, Any], found: BookingPage | None, status: int = 200) -> Response[bytes]:
    viewer = request.state.viewer
    calendars = [(one.id, one.name) for one in await writable(viewer) if one.is_own]
    return await page(
        request, "calendar/booking_form.html", status=status, form=form, raw=raw, found=found, calendars=calendars, lengths=_lengths(_LENGTHS),
        weekdays=weekdays(first_weekday(viewer)), **await side_only(viewer, "booking"),
    )


handlers = [
    list_pages, new_page, create_page, edit_page, update_page, show_booking, create_booking, show_cancellation, create_cancellation,
]
