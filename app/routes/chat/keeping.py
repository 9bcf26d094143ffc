"""What is done with a message besides reading it: pinned, saved, confirmed, handed on, looked up as it was, reminded of."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath
from litestar.response import Response

from app import access
from app.lib.forms import Form, ManyField, NumberField, TextField
from app.lib.i18n import _, ngettext
from app.models.base import Refused
from app.models.chat import Message, forwarding, later, log, pins, receipts, saved
from app.models.chat.places import places_of
from app.render import fragment, is_htmx, nothing, page, redirect, toast
from app.routes.chat.articles import articles
from app.routes.chat.channels import channel_page
from app.routes.chat.messages import _shown
from app.routes.chat.times import Moment, instant_of, presets
from app.routes.manager import wants

CLOSE: dict[str, Any] = {"dialog:close": True}
"""Of a toast: the dialog has done its work."""


class Forwarded(Form):
    """Where a message is handed on to, and words above it."""

    channel = ManyField(NumberField(1, 2**53), required=True)
    text = TextField(most=20_000, strip=False, required=False)


# -- pins


@get("/chat/channels/{channel_id:int}/pins", include_in_schema=False)
async def list_pins(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """The panel of what is pinned in a channel; as a page with the channel beside it."""
    channel = await access.find_channel(request.state.viewer, channel_id)
    context: dict[str, Any] = {"channel": channel, "pinned": await pins.pinned_in(channel.id), "articles": articles}
    if wants(request, "detail"):
        return fragment(request, "chat/_pins.html", **context)
    piece = await log.opening(channel.id, channel.read_up_to, channel.last_message_id)
    return await channel_page(request, channel, piece, panel="chat/_pins.html", pinned=context["pinned"])


@post("/chat/messages/{message_id:int}/pin", status_code=200, include_in_schema=False)
async def create_pin(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Pin it."""
    return await _pinned(request, message_id, True)


@delete("/chat/messages/{message_id:int}/pin", status_code=200, include_in_schema=False)
async def delete_pin(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Take it off."""
    return await _pinned(request, message_id, False)


async def _pinned(request: Request, message_id: int, on: bool) -> Response[bytes]:
    message = await access.find_message(request.state.viewer, message_id)
    command = await pins.pin(request.state.viewer, message, on, request.state.idempotency_key or None)
    told = toast(_("Pinned to the channel.") if on else _("No longer pinned."), undo=command.id)
    return await _shown(request, message.channel_id, message.id, told)


# -- saved


@post("/chat/messages/{message_id:int}/saving", status_code=200, include_in_schema=False)
async def create_saving(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Keep it for later."""
    return await _saved(request, message_id, True)


@delete("/chat/messages/{message_id:int}/saving", status_code=200, include_in_schema=False)
async def delete_saving(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """No longer."""
    return await _saved(request, message_id, False)


async def _saved(request: Request, message_id: int, on: bool) -> Response[bytes]:
    message = await access.find_message(request.state.viewer, message_id)
    await saved.save(request.state.viewer, message, on, request.state.idempotency_key or None)
    if not is_htmx(request):
        return redirect(request, "/chat/saved")
    return nothing(204, **toast(_("Saved. Find it under Saved.") if on else _("No longer saved.")))


# -- confirmations


@post("/chat/messages/{message_id:int}/receipt", status_code=200, include_in_schema=False)
async def create_receipt(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Say that one has read it."""
    message = await access.find_message(request.state.viewer, message_id)
    await receipts.confirm(request.state.viewer, message, request.state.idempotency_key or None)
    return await _shown(request, message.channel_id, message.id)


@post("/chat/messages/{message_id:int}/receipts", status_code=200, include_in_schema=False)
async def create_receipts(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Ask readers of one's message to confirm."""
    return await _asked(request, message_id, True)


@delete("/chat/messages/{message_id:int}/receipts", status_code=200, include_in_schema=False)
async def delete_receipts(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Ask no longer."""
    return await _asked(request, message_id, False)


async def _asked(request: Request, message_id: int, on: bool) -> Response[bytes]:
    message = await access.find_message(request.state.viewer, message_id)
    await receipts.ask(request.state.viewer, message, on, request.state.idempotency_key or None)
    return await _shown(request, message.channel_id, message.id)


# -- handing on


@get("/chat/messages/{message_id:int}/forwarding/new", include_in_schema=False)
async def new_forwarding(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """The dialog: which conversations, and words above it."""
    message = await access.find_message(request.state.viewer, message_id)
    return await _forward_form(request, message, Forwarded())


@post("/chat/messages/{message_id:int}/forwarding", status_code=200, include_in_schema=False)
async def create_forwarding(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Hand it on."""
    viewer = request.state.viewer
    message = await access.find_message(viewer, message_id)
    form = Forwarded(await request.form())
    if not form.is_valid:
        return await _forward_form(request, message, form, 422)
    channels = [await access.find_own_channel(viewer, channel_id) for channel_id in dict.fromkeys(form["channel"])]
    try:
        ids = await forwarding.forward(viewer, message, channels, form["text"], request.state.idempotency_key or None)
    except Refused as refused:
        form.refuse("channel", str(refused))
        return await _forward_form(request, message, form, 422)
    if not is_htmx(request):
        return redirect(request, f"{channels[0].url}/messages/{ids[0]}")
    told = ngettext("Forwarded to %(count)s conversation.", "Forwarded to %(count)s conversations.", len(ids)) % {"count": len(ids)}
    return nothing(200, **toast(told, **CLOSE), **{"HX-Reswap": "none"})


async def _forward_form(request: Request, message: Message, form: Form, status: int = 200) -> Response[bytes]:
    mine = await places_of(request.state.viewer)
    shown = await log.shown(message.channel_id, message.id)
    return await dialog(request, "chat/_forward.html", status=status, message=shown, form=form, places=mine)


# -- as it was


@get("/chat/messages/{message_id:int}/versions", include_in_schema=False)
async def list_versions(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """What it said before each edit, in a dialog."""
    message = await access.find_message(request.state.viewer, message_id)
    if message.deleted_at is not None:
        raise access.NotFound("versions")
    return await dialog(request, "chat/_versions.html", message=message, versions=await message.versions())


# -- reminders


@get("/chat/messages/{message_id:int}/reminders/new", include_in_schema=False)
async def new_reminder(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """The dialog: when."""
    message = await access.find_message(request.state.viewer, message_id)
    return await dialog(request, "chat/_remind.html", message=message, form=Moment(), presets=presets(request.state.viewer))


@post("/chat/messages/{message_id:int}/reminders", status_code=200, include_in_schema=False)
async def create_reminder(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Be told of it then."""
    viewer = request.state.viewer
    message = await access.find_message(viewer, message_id)
    form = Moment(await request.form())
    try:
        command = await later.remind(viewer, instant_of(viewer, form), message, form["note"], request.state.idempotency_key or None)
    except Refused as refused:
        form.refuse("at", str(refused))
        return await dialog(request, "chat/_remind.html", status=422, message=message, form=form, presets=presets(viewer))
    if not is_htmx(request):
        return redirect(request, message.url)
    return nothing(200, **toast(_("You will be reminded."), undo=command.id, **CLOSE), **{"HX-Reswap": "none"})


async def dialog(request: Request, template: str, *, status: int = 200, **context: Any) -> Response[bytes]:
    """A form in #dialog, or as a page of its own."""
    if is_htmx(request) and not wants(request, "view"):
        return fragment(request, template, status=status, **context)
    mine = await places_of(request.state.viewer)
    return await page(request, "chat/form.html", status=status, inner=template, current=0, **{"places": mine, **context})


handlers = [
    list_pins, create_pin, delete_pin, create_saving, delete_saving, create_receipt, create_receipts, delete_receipts, new_forwarding, create_forwarding,
    list_versions, new_reminder, create_reminder,
]
