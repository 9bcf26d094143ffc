"""What isn't sent yet: drafts and messages that are sent later."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib.forms import Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.chat import Channel, drafts, later, threads
from app.models.chat.later import ScheduledMessage
from app.models.chat.places import places_of
from app.models.viewer import Viewer
from app.render import is_htmx, nothing, page, redirect, toast
from app.routes.chat.keeping import CLOSE, dialog
from app.routes.chat.times import instant_of, presets
from app.routes.manager import done


class Draft(Form):
    """What somebody has typed by now."""

    text = TextField(most=1_000_000, strip=False, required=False)
    thread = NumberField(0, 2**53, required=False)


class Later(Form):
    """A message and when it is sent."""

    text = TextField(most=1_000_000, strip=False, required=False)
    mention = ManyField(NumberField(0, 2**53), most=500)
    thread = NumberField(0, 2**53, required=False)
    preset = TextField(most=40, required=False)
    at = TextField(most=40, required=False)


@get("/chat/drafts", include_in_schema=False)
async def list_drafts(request: Request) -> Response[bytes]:
    """The view: drafts, and what is sent later."""
    viewer = request.state.viewer
    access.require(viewer, "chat.use")
    mine = await places_of(viewer)
    titles = {one["id"]: one for one in mine.everything}
    return await page(
        request, "chat/drafts.html", places=mine, current="drafts", titles=titles,
        drafts=[one for one in await drafts.drafts_of(viewer) if one["channel_id"] in titles], scheduled=await later.scheduled_of(viewer),
    )


@get("/chat/channels/{channel_id:int}/draft", media_type="text/plain", include_in_schema=False)
async def show_draft(request: Request, channel_id: FromPath[int], thread: FromQuery[int] = 0) -> str:
    """What one has typed so far, on whatever device."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    return await drafts.draft_in(request.state.viewer, channel.id, thread)


@post("/chat/channels/{channel_id:int}/draft", status_code=200, include_in_schema=False)
async def update_draft(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Keep what was typed so far, for one's other devices."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    form = Draft(await request.form())
    if form.is_valid:
        thread_id = form["thread"] or 0
        if thread_id:
            await threads.root_of(channel, thread_id)
        await drafts.keep(request.state.viewer, channel, thread_id, form["text"])
    return nothing(204) if is_htmx(request) or form["text"] else redirect(request, "/chat/drafts")


@post("/chat/channels/{channel_id:int}/scheduled/new", status_code=200, include_in_schema=False)
async def new_scheduled(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """The dialog with what the composer holds: when is it sent?"""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    return await _form(request, channel, Later(await request.form()))


@post("/chat/channels/{channel_id:int}/scheduled", status_code=200, include_in_schema=False)
async def create_scheduled(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Send it then."""
    viewer = request.state.viewer
    channel = await access.find_own_channel(viewer, channel_id)
    form = Later(await request.form())
    try:
        thread_id = form.values.get("thread") or 0
        if thread_id:
            await threads.root_of(channel, thread_id)
        command = await later.schedule(
            viewer, channel, form.values.get("text") or "", instant_of(viewer, form), thread_id, form.values.get("mention") or (),
            request.state.idempotency_key or None,
        )
        await drafts.keep(viewer, channel, thread_id, "")
    except Refused as refused:
        form.refuse("at", str(refused))
        return await _form(request, channel, form, 422)
    if not is_htmx(request):
        return redirect(request, "/chat/drafts")
    events: dict[str, Any] = {"dialog:close": True, "chat:scheduled": {"channel": channel.id, "thread": thread_id}}
    return nothing(200, **toast(_("It will be sent then. Find it under Drafts."), undo=command.id, **events), **{"HX-Reswap": "none"})


@get("/chat/scheduled/{scheduled_id:int}/edit", include_in_schema=False)
async def edit_scheduled(request: Request, scheduled_id: FromPath[int]) -> Response[bytes]:
    """The dialog for its words and its time."""
    waiting, channel = await _waiting(request, scheduled_id)
    return await _form(request, channel, Later(text=waiting.text), waiting=waiting)


@post("/chat/scheduled/{scheduled_id:int}", status_code=200, include_in_schema=False)
async def update_scheduled(request: Request, scheduled_id: FromPath[int]) -> Response[bytes]:
    """Change its words and its time."""
    viewer = request.state.viewer
    waiting, channel = await _waiting(request, scheduled_id)
    form = Later(await request.form())
    try:
        await later.reschedule(viewer, waiting, form.values.get("text") or "", instant_of(viewer, form))
    except Refused as refused:
        form.refuse("at", str(refused))
        return await _form(request, channel, form, 422, waiting)
    answer = redirect(request, "/chat/drafts")
    if is_htmx(request):
        answer.headers.update(toast(_("Saved."), **CLOSE))
    return answer


@delete("/chat/scheduled/{scheduled_id:int}", status_code=200, include_in_schema=False)
async def delete_scheduled(request: Request, scheduled_id: FromPath[int]) -> Response[bytes]:
    """Don't send it."""
    waiting, _channel = await _waiting(request, scheduled_id)
    command = await later.cancel(request.state.viewer, waiting)
    return done(request, "/chat/drafts", _("It won’t be sent."), command, drafts=True)


async def _waiting(request: Request, scheduled_id: int) -> tuple[ScheduledMessage, Channel]:
    viewer: Viewer = request.state.viewer
    access.require(viewer, "chat.use")
    waiting = await ScheduledMessage.find_own(scheduled_id, account_id=viewer.account_id, org_id=viewer.org_id)
    return waiting, await Channel.get(waiting.channel_id)


async def _form(request: Request, channel: Channel, form: Form, status: int = 200, waiting: ScheduledMessage | None = None) -> Response[bytes]:
    viewer = request.state.viewer
    return await dialog(request, "chat/_schedule.html", status=status, channel=channel, form=form, presets=presets(viewer), waiting=waiting)


handlers = [list_drafts, show_draft, update_draft, new_scheduled, create_scheduled, edit_scheduled, update_scheduled, delete_scheduled]
