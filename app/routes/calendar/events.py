"""Events: made, looked at, changed, moved and taken away; of a series one, it and what follows, or all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib.forms import CheckField, ChoiceField, Form, TextField
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.base import Refused
from app.models.calendar import ALL, FOLLOWING, THIS, Calendar, Draft, DraftRefused, Event
from app.models.calendar.preferences import CalendarPreferences
from app.models.chat.rules import ChatRules
from app.models.viewer import Viewer
from app.render import fragment, nothing, page, redirect, toast
from app.routes.calendar import form as forms
from app.routes.calendar.details import Details, details_of
from app.routes.calendar.form import EventForm
from app.routes.calendar.pages import calendar_page
from app.routes.calendar.side import first_weekday, side_only

DIALOG, PAGE = "#dialog", "#event-page"
_FIELDS = {"start": "start_date", "end": "end_date", "location": "place", "rule": "interval", "end_timezone": "timezone"}


class Times(Form):
    """Where an event was put: wall-clock times of the viewer's zone, or dates for whole days."""

    at = TextField(most=20, required=False)
    start = TextField(most=16)
    end = TextField(most=16)
    scope = ChoiceField((THIS, FOLLOWING, ALL), required=False)
    resets = CheckField()


class Scope(Form):
    """Which events of a series are meant."""

    at = TextField(most=20, required=False)
    scope = ChoiceField((THIS, FOLLOWING, ALL), required=False, default=ALL)
    resets = CheckField()


@get("/calendar/events/new", include_in_schema=False)
async def new_event(request: Request, start: FromQuery[str] = "", end: FromQuery[str] = "", date: FromQuery[str] = "") -> Response[bytes]:
    """The form for a new event, at the times that were drawn."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    preferences = await CalendarPreferences.of(viewer.account_id)
    try:
        draft = forms.new_draft(viewer, preferences, start[:16], end[:16], date[:10])
    except ValueError:
        draft = forms.new_draft(viewer, preferences, "", "", "")
    calendars = await forms.writable(viewer)
    chosen: dict[str, Any] = {name: request.query_params.getall(name, [])[:100] for name in ("guests", "rooms", "optional")}
    if preferences.with_meeting:
        chosen["meeting_url"] = (await ChatRules.of(viewer.org_id)).new_meeting()
    return await _form(request, EventForm(), {**forms.raw_of(draft, calendars[0].id), **chosen}, calendars)


@get("/calendar/meeting-link", include_in_schema=False)
async def show_meeting_link(request: Request) -> Response[bytes]:
    """The form's field with a new room of the organisation's meeting service in it (CAL-15)."""
    viewer: Viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    url = (await ChatRules.of(viewer.org_id)).new_meeting()
    return fragment(request, "calendar/_meeting.html", raw={"meeting_url": url}, form=EventForm(), can_meet=bool(url), headers={"Cache-Control": "no-store"})


@post("/calendar/events", status_code=200, include_in_schema=False)
async def create_event(request: Request) -> Response[bytes]:
    """Make an event and invite its guests."""
    viewer: Viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    form, calendars = EventForm(await request.form()), await forms.writable(viewer)
    if form.is_valid:
        draft = await forms.draft_of(form, viewer, None, request.state.origin)
        calendar = next((one for one in calendars if one.id == form["calendar"]), calendars[0])
        if form.is_valid and (event := await _made(form, viewer, calendar, draft)):
            return _closed(request, event.url, draft, event.command_id)
    preferences = await CalendarPreferences.of(viewer.account_id)
    usual = forms.raw_of(forms.new_draft(viewer, preferences, "", "", ""), calendars[0].id)
    return await _form(request, form, forms.typed(form, usual), calendars, status=422)


@get("/calendar/events/{event_id:int}", include_in_schema=False)
async def show_event(request: Request, event_id: FromPath[int], at: FromQuery[str] = "") -> Response[bytes]:
    """An event beside the week it is in."""
    event = await access.find_event_or_copy(request.state.viewer, event_id)
    return await _detail(request, event, at)


@get("/calendar/events/{event_id:int}/edit", include_in_schema=False)
async def edit_event(request: Request, event_id: FromPath[int], at: FromQuery[str] = "") -> Response[bytes]:
    """The form of an event, or of one of a series."""
    event = await access.find_event(request.state.viewer, event_id)
    raw = forms.raw_of(event.draft(at), event.calendar.id)
    return await _form(request, EventForm(), raw, await forms.writable(request.state.viewer), event=event, at=at)


@get("/calendar/events/{event_id:int}/copy", include_in_schema=False)
async def copy_event(request: Request, event_id: FromPath[int], at: FromQuery[str] = "") -> Response[bytes]:
    """The form for a new event like this one."""
    event = await access.find_event(request.state.viewer, event_id)
    calendars = await forms.writable(request.state.viewer)
    return await _form(request, EventForm(), forms.raw_of(replace(event.draft(at), rule="", extra=()), calendars[0].id), calendars)


@get("/calendar/events/{event_id:int}/export.ics", include_in_schema=False)
async def show_file(request: Request, event_id: FromPath[int]) -> Response[str]:
    """The event as other programs read it."""
    event = await access.find_event(request.state.viewer, event_id)
    name = quote(f"{event.stored.summary or 'event'}.ics")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "private, no-cache"}
    return Response(event.stored.ics, media_type="text/calendar", headers=headers)


@post("/calendar/events/{event_id:int}", status_code=200, include_in_schema=False)
async def update_event(request: Request, event_id: FromPath[int], at: FromQuery[str] = "") -> Response[bytes]:
    """Change an event; of a series, ask first which ones are meant."""
    viewer = request.state.viewer
    event = await access.find_event(viewer, event_id)
    sent = await request.form()
    form, scope = EventForm(sent), Scope(sent)
    before = event.draft(at)
    if form.values.get("seen") and form["seen"] != event.stored.schedule_tag:  # guests' answers don't count
        form.refuse("", _("Somebody else changed this event while you did. Look at what it is now; saving again replaces that."))
    if form.is_valid:
        draft = await forms.draft_of(form, viewer, before, request.state.origin)
        if form.is_valid and event.recurs and "scope" not in sent:
            return _ask(request, event, at, draft, [(name, value) for name, value in sent.multi_items() if isinstance(value, str) and name != "q"])
        if form.is_valid and (command_id := await _changed(form, viewer, event, draft, scope, at)):
            return _closed(request, event.url, draft, command_id)
    raw = forms.typed(form, forms.raw_of(before, event.calendar.id))
    return await _form(request, form, raw, await forms.writable(viewer), event=event, at=at, status=422)


@post("/calendar/events/{event_id:int}/times", status_code=200, include_in_schema=False)
async def update_times(request: Request, event_id: FromPath[int]) -> Response[bytes]:
    """Put an event where it was dragged to; of a series, ask first which ones are meant."""
    viewer = request.state.viewer
    event = await access.find_event(viewer, event_id)
    sent = Times(await request.form())
    draft = _moved(event.draft(sent["at"]), viewer, sent["start"], sent["end"]) if sent.is_valid else None
    if draft is None:
        return nothing(422)
    if event.recurs and not sent["scope"]:
        carried = [("at", sent["at"]), ("start", sent["start"]), ("end", sent["end"])]
        return _ask(request, event, sent["at"], draft, carried, action=f"{event.url}/times")
    try:
        command = await event.edit(viewer, draft, sent["scope"] or ALL, sent["at"], resets=sent["resets"])
    except Refused as refused:
        return nothing(200, **toast(str(refused), kind="error", **_refreshed()))
    return nothing(200, **toast(_("Moved: %(title)s") % {"title": draft.title or _("event without a title")}, undo=command.id, **_refreshed()))


@get("/calendar/events/{event_id:int}/deletion", include_in_schema=False)
async def edit_deletion(request: Request, event_id: FromPath[int], at: FromQuery[str] = "") -> Response[bytes]:
    """Which events of a series are to go."""
    event = await access.find_event(request.state.viewer, event_id)
    scopes = [(scope, title, event.preview_delete(scope, at).lines) for scope, title in _scopes(event)]
    return fragment(
        request, "calendar/_scope.html", heading=_("Delete the event?"), action=f"{event.url}/deletion", carried=[("at", at)], error="", scopes=scopes,
        scope=scopes[0][0], submit=_("Delete"), kind="danger", target=DIALOG, can_reset=False,
    )


@post("/calendar/events/{event_id:int}/deletion", status_code=200, include_in_schema=False)
async def create_deletion(request: Request, event_id: FromPath[int]) -> Response[bytes]:
    """Take the chosen ones away."""
    event = await access.find_event(request.state.viewer, event_id)
    form = Scope(await request.form())
    return await _deleted(request, event, form["scope"] if form.is_valid else THIS, form.values.get("at", ""))


@delete("/calendar/events/{event_id:int}", status_code=200, include_in_schema=False)
async def delete_event(request: Request, event_id: FromPath[int]) -> Response[bytes]:
    """Take an event away that doesn't repeat."""
    return await _deleted(request, await access.find_event(request.state.viewer, event_id), ALL, "")


# -- how


async def _form(
    request: Request, form: EventForm, raw: dict[str, Any], calendars: Sequence[Calendar], *, event: Event | None = None, at: str = "", status: int = 200
) -> Response[bytes]:
    viewer = request.state.viewer
    before = event.draft(at) if event else None
    shown = {
        **await forms.furniture(viewer, raw, calendars, before, first_weekday(viewer)), "form": form,
        "event_id": event.id if event else "", "seen": event.stored.schedule_tag if event else "",
        "heading": _("Edit the event") if event else _("New event"), "is_new": event is None, "key": raw.get("key") or str(new_id()),
        "action": f"{event.url}?at={at}" if event else "/calendar/events", "submit": _("Save"), "target": _target(request) or PAGE,
    }
    if _target(request):
        return fragment(request, "calendar/_form.html", status=status, **shown)
    return await page(request, "calendar/form.html", status=status, inner="calendar/_form.html", **await side_only(viewer), **shown)


def _target(request: Request) -> str:
    """Where the form stands that htmx asks from: in the dialog, or on a page of its own; empty for a whole page."""
    return next((place for place in (DIALOG, PAGE) if request.headers.get("hx-target", "").endswith(place)), "")


async def _made(form: EventForm, viewer: Viewer, calendar: Calendar, draft: Draft) -> Event | None:
    try:
        return await Event.create(viewer, calendar, draft, key=form["key"] or None)
    except DraftRefused as refused:
        form.refuse(_FIELDS.get(refused.field, refused.field), str(refused))
    except Refused as refused:
        form.refuse("", str(refused))
    return None


async def _changed(form: EventForm, viewer: Viewer, event: Event, draft: Draft, meant: Scope, at: str) -> int | None:
    """The id of the command that is undone by the toast; None when it was refused."""
    scope = meant["scope"] if event.recurs else ALL
    try:
        chosen = forms.changed_calendar(form, event) if scope == ALL else None
        target = await Calendar.seen_by(viewer, chosen) if chosen else None
        if target is not None:
            event.check_may_go_to(target)
        command = await event.edit(viewer, draft, scope, at, resets=meant["resets"], once=form["key"] or None)
        if target is not None:
            command = await (await Event.seen_by(viewer, event.id)).move_to(viewer, target)
        return command.id
    except DraftRefused as refused:
        form.refuse(_FIELDS.get(refused.field, refused.field), str(refused))
    except Refused as refused:
        form.refuse("", str(refused))
    return None


def _ask(
    request: Request, event: Event, at: str, draft: Draft, carried: list[tuple[str, str]], *, action: str = ""
) -> Response[bytes]:
    previews = [(scope, title, event.preview_edit(draft, scope, at)) for scope, title in _scopes(event)]
    scopes = [(scope, title, preview.lines) for scope, title, preview in previews]
    return fragment(
        request, "calendar/_scope.html", heading=_("Change which events?"), action=action or f"{event.url}?at={at}", carried=carried, error="",
        can_reset=any(preview.kept for _scope, _title, preview in previews), scopes=scopes, scope=scopes[0][0], submit=_("Save"), kind="primary",
        target=_target(request) or DIALOG,
    )


def _scopes(event: Event) -> list[tuple[str, str]]:
    if not event.recurs:
        return [(ALL, _("This event"))]
    return [(THIS, _("Only this one")), (FOLLOWING, _("This and all that follow")), (ALL, _("All of them"))]


def _moved(before: Draft, viewer: Viewer, start: str, end: str) -> Draft | None:
    """The event at times of the viewer's clock, told on the clock of its own zone."""
    try:
        begins, ends = datetime.fromisoformat(start), datetime.fromisoformat(end)
    except ValueError:
        return None
    if len(start) == 10:
        return replace(before, start=begins, end=max(ends, begins + timedelta(days=1)), is_all_day=True, timezone="", end_timezone="")
    here, zone = ZoneInfo(viewer.timezone), before.timezone if not before.is_all_day else viewer.timezone
    if not zone:
        return replace(before, start=begins, end=ends)
    walls = [at.replace(tzinfo=here).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for at in (begins, ends)]
    return replace(before, start=walls[0], end=walls[1], is_all_day=False, timezone=zone, end_timezone="")


async def _deleted(request: Request, event: Event, scope: str, at: str) -> Response[bytes]:
    title = event.stored.summary or _("event without a title")
    try:
        command = await event.delete(request.state.viewer, scope if event.recurs else ALL, at)
    except Refused as refused:
        return nothing(200, **toast(str(refused), kind="error", **_refreshed()))
    answer = redirect(request, f"/calendar/week/{_day_of(event, at)}")
    answer.headers.update(toast(_("Deleted: %(title)s") % {"title": title}, undo=command.id, **_refreshed()))
    return answer


def _closed(request: Request, url: str, draft: Draft, command_id: int | None) -> Response[bytes]:
    """Close the dialog, let the grid come anew, and say so."""
    said = _("Saved: %(title)s") % {"title": draft.title or _("event without a title")}
    if request.headers.get("hx-request") == "true" and _target(request) != PAGE:
        return nothing(200, **toast(said, undo=command_id, **_refreshed()))
    answer = redirect(request, url)
    answer.headers.update(toast(said, undo=command_id))
    return answer


def _refreshed() -> dict[str, Any]:
    return {"dialog:close": {}, "calendar:changed": {}}


async def _detail(request: Request, event: Event, at: str) -> Response[bytes]:
    details: Details = await details_of(request.state.viewer, event, at)
    if request.headers.get("hx-target", "").endswith("#detail"):
        return fragment(request, "calendar/_event.html", event=details, close_url=f"/calendar/week/{details.day}")
    return await calendar_page(request, "week", date.fromisoformat(details.day), event=details, close_url=f"/calendar/week/{details.day}")


def _day_of(event: Event, at: str) -> str:
    start = event.draft(at).start if not event.recurs or at else event.draft().start
    return start.date().isoformat()


handlers = [
    new_event, show_meeting_link, create_event, show_event, show_file, edit_event, copy_event, update_event, update_times,
    edit_deletion, create_deletion, delete_event,
]
