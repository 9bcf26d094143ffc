"""Calendars: made, named and coloured, shown or hidden, shared, linked, left and deleted."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib import public_holidays
from app.lib.forms import CheckField, ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _, language
from app.lib.numbers import whole
from app.models.base import Refused
from app.models.calendar import Calendar, elsewhere, managing, sharing
from app.models.calendar.calendar import BIRTHDAYS, HOLIDAYS, OWNED, SUBSCRIPTION
from app.models.calendar.inviting import TEAM, who_matches
from app.models.viewer import Viewer
from app.render import fragment, nothing, page, toast
from app.routes.calendar.form import before_words
from app.routes.calendar.side import side_only

_REMINDERS = ("", "0", "5", "10", "15", "30", "60", "1440")


class NewCalendar(Form):
    """A calendar of one's own, or one that comes from elsewhere."""

    kind = ChoiceField((OWNED, SUBSCRIPTION, HOLIDAYS, BIRTHDAYS), required=False, default=OWNED)
    name = TextField(most=120, required=False)
    hue = NumberField(0, 23, required=False, default=16)
    source = TextField(most=2000, required=False)
    country = TextField(most=8, required=False)
    part = TextField(most=12, required=False)
    reminder = ChoiceField(_REMINDERS, required=False)


class CalendarDetails(Form):
    """What a calendar is called and how it looks."""

    name = TextField(most=120, required=False)
    hue = NumberField(0, 23, required=False, default=16)
    reminder = ChoiceField(_REMINDERS, required=False)


class Sharing(Form):
    """With whom, and how much."""

    people = ManyField(TextField(most=40), most=50)
    level = NumberField(1, 4)
    everyone = CheckField()
    share = NumberField(1, 2**53, required=False)


class Link(Form):
    """What a link shows."""

    level = NumberField(1, 2)


class Display(Form):
    """Whether a calendar is shown."""

    shown = CheckField()


@get("/calendar/side", include_in_schema=False)
async def show_side(request: Request, place: FromQuery[str] = "") -> Response[bytes]:
    """The list of calendars beside a page."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    return fragment(request, "calendar/_calendars.html", **await side_only(viewer, place[:20]))


@get("/calendar/calendars/new", include_in_schema=False)
async def new_calendar(request: Request, source: FromQuery[str] = "") -> Response[bytes]:
    """The form for another calendar; for one by its address where that is given."""
    access.require_member(request.state.viewer, "calendar.use")
    kind = SUBSCRIPTION if source else OWNED
    raw = {"kind": kind, "name": "", "hue": 10, "source": source[:2000], "country": _country(request), "reminder": "10"}
    return await _form(request, None, NewCalendar(), raw)


@post("/calendar/calendars", status_code=200, include_in_schema=False)
async def create_calendar(request: Request) -> Response[bytes]:
    """Make it, subscribe to it, or fill it with holidays."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    form = NewCalendar(await request.form())
    if form.is_valid:
        try:
            await _made(viewer, form)
            return _refreshed(_("The calendar is in your list."))
        except Refused as refused:
            form.refuse({SUBSCRIPTION: "source", HOLIDAYS: "country"}.get(form["kind"], "name"), str(refused))
    raw = {"kind": OWNED, "name": "", "hue": 10, "source": "", "country": _country(request), "reminder": "10", **form.raw}
    return await _form(request, None, form, raw, status=422)


@get("/calendar/calendars/{calendar_id:int}/edit", include_in_schema=False)
async def edit_calendar(request: Request, calendar_id: FromPath[int]) -> Response[bytes]:
    """Its settings, and whom it is shared with."""
    calendar = await access.find_calendar(request.state.viewer, calendar_id)
    return await _form(request, calendar, CalendarDetails(), _raw(calendar))


@post("/calendar/calendars/{calendar_id:int}", status_code=200, include_in_schema=False)
async def update_calendar(request: Request, calendar_id: FromPath[int]) -> Response[bytes]:
    """Change its name and reminder; of somebody else's the colour that one sees."""
    viewer = request.state.viewer
    calendar = await access.find_calendar(viewer, calendar_id)
    form = CalendarDetails(await request.form())
    if form.is_valid:
        try:
            if calendar.can_share:
                own = {} if calendar.is_read_only else {"reminders": form["reminder"]}
                await managing.edit(viewer, calendar, name=form["name"], hue=form["hue"], colour="", **own)
            else:
                await sharing.look(viewer, calendar, hue=form["hue"])
            return _refreshed(_("Saved."))
        except Refused as refused:
            form.refuse("name", str(refused))
    return await _form(request, calendar, form, {**_raw(calendar), **form.raw}, status=422)


@delete("/calendar/calendars/{calendar_id:int}", status_code=200, include_in_schema=False)
async def delete_calendar(request: Request, calendar_id: FromPath[int]) -> Response[bytes]:
    """Delete it with everything in it; that can be undone."""
    viewer = request.state.viewer
    calendar = await access.find_calendar(viewer, calendar_id)
    try:
        command = await managing.delete(viewer, calendar)
    except Refused as refused:
        return nothing(200, **toast(str(refused), kind="error"))
    return _refreshed(_("Deleted: %(title)s") % {"title": calendar.name}, undo=command.id)


@post("/calendar/calendars/{calendar_id:int}/display", status_code=200, include_in_schema=False)
async def update_display(request: Request, calendar_id: FromPath[int]) -> Response[bytes]:
    """Show it on one's pages, or hide it."""
    calendar = await access.find_calendar(request.state.viewer, calendar_id)
    form = Display(await request.form())
    await sharing.show(request.state.viewer, calendar, form["shown"])
    return nothing(204)


@post("/calendar/calendars/{calendar_id:int}/look", status_code=200, include_in_schema=False)
async def create_look(request: Request, calendar_id: FromPath[int]) -> Response[bytes]:
    """Take a calendar that is shared, or a room's, among one's own."""
    calendar = await access.find_calendar(request.state.viewer, calendar_id)
    await sharing.take(request.state.viewer, calendar)
    return _refreshed(_("%(calendar)s is in your list.") % {"calendar": calendar.name})


@delete("/calendar/calendars/{calendar_id:int}/look", status_code=200, include_in_schema=False)
async def delete_look(request: Request, calendar_id: FromPath[int]) -> Response[bytes]:
    """Put it away."""
    calendar = await access.find_calendar(request.state.viewer, calendar_id)
    await sharing.leave(request.state.viewer, calendar)
    return _refreshed(_("%(calendar)s is no longer in your list.") % {"calendar": calendar.name})


@post("/calendar/calendars/{calendar_id:int}/shares", status_code=200, include_in_schema=False)
async def create_share(request: Request, calendar_id: FromPath[int]) -> Response[bytes]:
    """Share with people, teams or everyone, or change how much."""
    viewer = request.state.viewer
    calendar = await access.find_calendar(viewer, calendar_id)
    form = Sharing(await request.form())
    error = "" if form.is_valid else next(iter(form.errors.values()))
    if form.is_valid:
        try:
            error = await _shared(viewer, calendar, form)
        except Refused as refused:
            error = str(refused)
    return await _sharing(request, calendar, error=error)


@delete("/calendar/calendars/{calendar_id:int}/shares/{share_id:int}", status_code=200, include_in_schema=False)
async def delete_share(request: Request, calendar_id: FromPath[int], share_id: FromPath[int]) -> Response[bytes]:
    """Share it no longer, or let a link lead nowhere."""
    calendar = await access.find_calendar(request.state.viewer, calendar_id)
    try:
        command = await sharing.unshare(request.state.viewer, calendar, share_id)
    except Refused as refused:
        return await _sharing(request, calendar, error=str(refused))
    return await _sharing(request, calendar, headers=toast(_("No longer shared."), undo=command.id))


@post("/calendar/calendars/{calendar_id:int}/links", status_code=200, include_in_schema=False)
async def create_link(request: Request, calendar_id: FromPath[int]) -> Response[bytes]:
    """A link that shows the calendar to whoever has it."""
    calendar = await access.find_calendar(request.state.viewer, calendar_id)
    form = Link(await request.form())
    if not form.is_valid:
        return nothing(422)
    try:
        token = await sharing.make_link(request.state.viewer, calendar, form["level"])
    except Refused as refused:
        return await _sharing(request, calendar, error=str(refused))
    return await _sharing(request, calendar, made=f"{_base(request)}/feeds/{token}.ics")


@get("/calendar/holiday-parts", include_in_schema=False)
async def list_parts(request: Request, country: FromQuery[str] = "") -> Response[bytes]:
    """The parts of a country that have holidays of their own."""
    access.require_member(request.state.viewer, "calendar.use")
    return fragment(request, "calendar/_holiday_part.html", parts=_parts(country), part="")


@get("/calendar/colleagues", include_in_schema=False)
async def list_colleagues(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """People and teams of the organisation to share with."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    found = [one for one in await who_matches(viewer, q[:200]) if one["kind"] != "contact"]
    options = [{**one, **({"icon": "users"} if one["kind"] == "team" else {"icon": "", "value": str(one["account_id"])})} for one in found]
    return fragment(request, "calendar/_guest_options.html", guests=options)


# -- how


async def _made(viewer: Viewer, form: NewCalendar) -> None:
    name, hue = form["name"], form["hue"]
    if form["kind"] == SUBSCRIPTION:
        await elsewhere.subscribe(viewer, form["source"], name, hue)
    elif form["kind"] == HOLIDAYS:
        await elsewhere.add_holidays(viewer, form["country"], form["part"], name, hue)
    elif form["kind"] == BIRTHDAYS:
        await elsewhere.add_birthdays(viewer, name, hue)
    else:
        await managing.create(viewer, name, hue=hue, reminders=form["reminder"])


async def _shared(viewer: Viewer, calendar: Calendar, form: Sharing) -> str:
    if form["share"]:
        row = next((one for one in await sharing.shares_of(calendar) if one["id"] == form["share"]), None)
        if row is None:
            raise access.NotFound("share")
        await sharing.share(viewer, calendar, form["level"], account_id=row["account_id"], team_id=row["team_id"])
    elif form["everyone"]:
        await sharing.share(viewer, calendar, form["level"])
    for value in form["people"]:
        if (id_ := whole(value.removeprefix(TEAM))) is not None:
            is_team = value.startswith(TEAM)
            await sharing.share(viewer, calendar, form["level"], account_id=None if is_team else id_, team_id=id_ if is_team else None)
    return "" if form["share"] or form["everyone"] or form["people"] else _("Please choose somebody.")


async def _form(request: Request, calendar: Calendar | None, form: Form, raw: dict[str, Any], status: int = 200) -> Response[bytes]:
    viewer = request.state.viewer
    country = str(raw.get("country", ""))
    shown = {
        "calendar": calendar, "form": form, "raw": {**raw, "hue": whole(str(raw["hue"])) or 0}, "action": calendar.url if calendar else "/calendar/calendars",
        "heading": calendar.name if calendar else _("Add a calendar"), "submit": _("Save") if calendar else _("Add"),
        "countries": [] if calendar else public_holidays.countries(language()), "parts": _parts(country), "part": raw.get("part", ""),
        "reminder_choices": [(value, before_words(int(value)) if value else _("None")) for value in _REMINDERS],
        "dav_url": f"{_base(request)}/dav/", **(await _shares(calendar) if calendar else {}),
    }
    if request.headers.get("hx-target", "").endswith("#dialog"):
        return fragment(request, "calendar/_calendar_form.html", status=status, **shown)
    return await page(request, "calendar/form.html", status=status, inner="calendar/_calendar_form.html", **await side_only(viewer), **shown)


async def _shares(calendar: Calendar) -> dict[str, Any]:
    return {"shares": await sharing.shares_of(calendar) if calendar.can_share else [], "made_link": "", "share_error": None}


async def _sharing(request: Request, calendar: Calendar, *, error: str = "", made: str = "", headers: dict[str, str] | None = None) -> Response[bytes]:
    shown = {**await _shares(calendar), "made_link": made, "share_error": error or None}
    return fragment(request, "calendar/_sharing.html", headers=headers, calendar=calendar, **shown)


def _raw(calendar: Calendar) -> dict[str, Any]:
    return {"kind": calendar.kind, "name": calendar.name, "hue": calendar.hue, "reminder": calendar.reminders.split(",")[0]}


def _parts(country: str) -> list[tuple[str, str]]:
    parts = public_holidays.parts_of(country)
    return [("", _("The whole country")), *((part, part) for part in parts)] if parts else []


def _country(request: Request) -> str:
    """The country of the reader's browser, if its language says one."""
    tag = request.headers.get("accept-language", "").split(",")[0]
    return tag[3:5].upper() if len(tag) >= 5 and tag[2:3] == "-" else "CH"


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _refreshed(said: str, undo: int | None = None) -> Response[bytes]:
    events: dict[str, Any] = {"dialog:close": {}, "calendar:changed": {}, "calendars:changed": {}}
    return nothing(200, **toast(said, undo=undo, **events))


handlers = [
    show_side, new_calendar, create_calendar, edit_calendar, update_calendar, delete_calendar, update_display, create_look, delete_look,
    create_share, delete_share, create_link, list_parts, list_colleagues,
]
