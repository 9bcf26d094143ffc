"""Answers of those who are invited and have an account: yes, maybe, no, with a note, or another time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib.forms import ChoiceField, Form, NumberField, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.calendar import Event, answering, proposing
from app.models.calendar.proposing import Proposal
from app.models.viewer import Viewer
from app.render import fragment, nothing, redirect, toast
from app.routes.calendar.details import details_of
from app.routes.calendar.shown import now_of

_ANSWERS = ("accepted", "tentative", "declined", "propose")


class Answer(Form):
    """What somebody says to an invitation, to one of a series (`at`) or to all."""

    answer = ChoiceField(_ANSWERS)
    at = TextField(most=20, required=False)
    scope = ChoiceField(("this", "all"), required=False, default="all")
    note = TextField(most=answering.MOST_NOTE, required=False)
    date = TextField(most=10, required=False)
    start = TextField(most=5, required=False)
    end = TextField(most=5, required=False)


class Taking(Form):
    """Whose proposal is taken, or declined."""

    guest = NumberField(1, 2**53)


@get("/calendar/events/{event_id:int}/answer", include_in_schema=False)
async def edit_answer(request: Request, event_id: FromPath[int], at: FromQuery[str] = "") -> Response[bytes]:
    """The form for an answer with a note, or another time."""
    viewer = request.state.viewer
    event = await access.find_event(viewer, event_id)
    return await _form(request, event, at, Answer())


@post("/calendar/events/{event_id:int}/answer", status_code=200, include_in_schema=False)
async def create_answer(request: Request, event_id: FromPath[int]) -> Response[bytes]:
    """Answer; whoever invites learns it."""
    viewer: Viewer = request.state.viewer
    event = await access.find_event(viewer, event_id)
    form = Answer(await request.form())
    at = form.values.get("at", "")
    if form.is_valid:
        try:
            said = await _said(viewer, event, form)
        except Refused as refused:
            form.refuse("", str(refused))
    if not form.is_valid:
        if request.headers.get("hx-target", "").endswith("#dialog"):
            return await _form(request, event, at, form, status=422)
        return nothing(200, **toast(next(iter(form.errors.values())), kind="error"))
    if request.headers.get("hx-request") != "true":
        return redirect(request, event.url)
    details = await details_of(viewer, await Event.seen_by(viewer, event.id), at)
    events: dict[str, Any] = {"dialog:close": {}, "calendar:changed": {}}
    headers = toast(said[0], undo=said[1], **events)
    if request.headers.get("hx-target", "").endswith("#dialog"):
        return nothing(200, **headers)
    return fragment(request, "calendar/_event.html", headers=headers, event=details, close_url=f"/calendar/week/{details.day}")


@post("/calendar/events/{event_id:int}/proposal", status_code=200, include_in_schema=False)
async def create_proposal(request: Request, event_id: FromPath[int]) -> Response[bytes]:
    """Move the event to when a guest proposed, or (`declined`) leave it when it is."""
    viewer = request.state.viewer
    event = await access.find_event(viewer, event_id)
    sent = await request.form()
    form = Taking(sent)
    if not form.is_valid:
        return nothing(422)
    title = event.stored.summary or _("event without a title")
    try:
        if sent.get("declined"):
            await proposing.decline(viewer, event, form["guest"])
            said = toast(_("The time stays as it is: %(title)s") % {"title": title})
        else:
            command = await proposing.accept(viewer, event, form["guest"])
            said = toast(_("Moved: %(title)s") % {"title": title}, undo=command.id)
    except Refused as refused:
        return nothing(200, **toast(str(refused), kind="error"))
    answer = redirect(request, event.url)
    answer.headers.update(said)
    return answer


async def _said(viewer: Viewer, event: Event, form: Answer) -> tuple[str, int | None]:
    """Answer as the form says; what is told then, and the command to undo."""
    if form["answer"] == "propose":
        start, end = _times(viewer, form)
        await proposing.propose(viewer, event, Proposal(start, end, form["at"], form["note"]))
        return _("Your proposal is with whoever invites."), None
    key = form["at"] if form["scope"] == "this" else ""
    command = await answering.answer(viewer, event, key, form["answer"].upper(), form["note"])
    words = {"accepted": _("You’re coming."), "tentative": _("You’re coming perhaps."), "declined": _("You’re not coming.")}
    return words[form["answer"]], command.id


def _times(viewer: Viewer, form: Answer) -> tuple[int, int]:
    zone = ZoneInfo(viewer.timezone)
    try:
        start, end = (datetime.fromisoformat(f"{form['date']}T{form[name]}").replace(tzinfo=zone) for name in ("start", "end"))
    except ValueError:
        raise Refused(_("Please say when you would rather have it.")) from None
    if start < now_of(viewer):
        raise Refused(_("This time has passed already."))
    if end <= start:
        raise Refused(_("The end is before the beginning."))
    return int(start.timestamp() * 1000), int(end.timestamp() * 1000)


async def _form(request: Request, event: Event, at: str, form: Answer, status: int = 200) -> Response[bytes]:
    details = await details_of(request.state.viewer, event, at)
    start, end = (datetime.fromtimestamp(instant / 1000, ZoneInfo(request.state.viewer.timezone)) for instant in event.instant(at))
    answer = details.my_answer if details.my_answer in _ANSWERS else "accepted"
    raw = {"answer": answer, "note": "", "date": details.day, "start": f"{start:%H:%M}", "end": f"{end:%H:%M}", **form.raw}
    return fragment(request, "calendar/_answer.html", status=status, event=details, form=form, raw=raw)


handlers = [edit_answer, create_answer, create_proposal]
