"""The link in an invitation to an event: a guest answers without an account (BEY-06)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Stream
from markupsafe import Markup

from app.lib import clock, markdown
from app.lib.i18n import _, language
from app.lib.ical import DATE
from app.lib.ical.series import ENDLESS
from app.models.base import NotFound, Refused
from app.models.calendar import answering, attachments, proposing
from app.models.calendar.answering import Invitation
from app.models.calendar.drafts import draft_of
from app.models.calendar.proposing import Proposal
from app.models.calendar.reminders import when_words
from app.models.calendar.storing import main_of
from app.render import page
from app.routes.calendar.attachments import attachment_answer
from app.routes.guard import OPEN


@get("/calendar/answer/{token:str}", opt=OPEN, include_in_schema=False)
async def show_invitation(request: Request, token: FromPath[str]) -> Response[bytes]:
    """The event, and what the guest answered so far."""
    return await _page(request, await answering.by_token(token))


@post("/calendar/answer/{token:str}", opt=OPEN, status_code=200, include_in_schema=False)
async def answer_invitation(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Accept, decline, perhaps come, or propose another time."""
    sent = await request.form()
    said, note = str(sent.get("answer", "")), str(sent.get("note", ""))[: answering.MOST_NOTE]
    found = await answering.by_token(token)
    try:
        if said == "propose":
            start, end = _proposed(found, str(sent.get("start", "")))
            await proposing.propose_by_token(token, Proposal(start, end, note=note))
        else:
            await answering.answer_by_token(token, said, note=note)
    except Refused as refused:
        return await _page(request, found, status=422, error=str(refused), note=note, start=str(sent.get("start", "")))
    return await _page(request, await answering.by_token(token), is_done=True)


@get("/calendar/answer/{token:str}/files/{file:str}", opt=OPEN, include_in_schema=False)
async def show_invitation_file(request: Request, token: FromPath[str], file: FromPath[str], download: FromQuery[int] = 0) -> Response[Any] | Stream:
    """A file of the event that the guest is invited to."""
    found = await answering.by_token(token)
    if file not in attachments.tokens_in(found.view):
        raise NotFound("attachment")
    return await attachment_answer(request, await attachments.CalendarAttachment.by_token(found.event.calendar.org_id, file), download=bool(download))


def _proposed(found: Invitation, text: str) -> tuple[int, int]:
    """The instants of a time typed on the event's clock. Raises `Refused`."""
    event = found.event
    shown = event.draft()
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(_("Please say when you would rather have it.")) from None
    start = int(wall.replace(tzinfo=ZoneInfo(shown.timezone or event.calendar.timezone)).timestamp() * 1000)
    if start < clock.now():
        raise Refused(_("This time has passed already."))
    return start, start + max(int(shown.length.total_seconds() * 1000), clock.MINUTE)


async def _page(request: Request, found: Invitation, status: int = 200, **more: Any) -> Response[bytes]:
    event, main = found.event, main_of(found.view)
    draft = draft_of(main, event.series.zones)
    coming = event.series.between(clock.now(), ENDLESS, 1) or event.series.between(-ENDLESS, ENDLESS, 1)
    one = coming[0]
    zone = draft.timezone or event.calendar.timezone
    when = when_words(one.start, one.end, zone, language(), is_all_day=one.kind == DATE)
    start = datetime.fromtimestamp(one.start / 1000, ZoneInfo(zone))
    facts = {"error": "", "note": "", "start": f"{start:%Y-%m-%dT%H:%M}", "is_done": False, **more}
    return await page(
        request, "entrance/event-answer.html", status=status, title=draft.title or _("Event without a title"), when=when, zone=zone.replace("_", " "),
        recurs=bool(draft.rule), place=draft.location,
        about=Markup(markdown.render(draft.description).html), meeting_url=draft.meeting_url, guest=found.guest,
        attached=[{"name": one.name, "url": f"{request.url.path}/files/{name}" if (name := attachments.token_of(one.url)) else one.url}
                  for one in draft.attachments],
        organiser=event.organiser, is_cancelled=found.is_cancelled, can_propose=one.kind != DATE, **facts,
    )


handlers = [show_invitation, answer_invitation, show_invitation_file]
