"""Writing, editing, deleting, reacting."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib.forms import CheckField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.chat import Message, log, reactions, reading
from app.models.chat.message import EditedMeanwhile
from app.models.chat.slash.registry import is_line
from app.render import fragment, is_htmx, nothing, redirect, toast
from app.routes.chat.articles import articles
from app.routes.chat.channels import channel_page
from app.routes.chat.slash import create_command


class Written(Form):
    """A message. Its length is the model's business: a text that is too long is kept."""

    text = TextField(most=1_000_000, strip=False, required=False)
    mention = ManyField(NumberField(0, 2**53), most=500)
    base = NumberField(0, 2**53, required=False)
    asks = CheckField()
    upload = ManyField(TextField(most=100), most=20)
    _key = TextField(most=80, required=False)

    @property
    def more(self) -> dict[str, Any]:
        """What `Message.write` takes besides the text."""
        return {"asks": self["asks"], "uploads": self["upload"]}


class Reacted(Form):
    """An emoji."""

    emoji = TextField(most=40)


@post("/chat/channels/{channel_id:int}/messages", status_code=200, include_in_schema=False)
async def create_message(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Say something. The same Idempotency-Key says it once and gets the same answer."""
    viewer = request.state.viewer
    channel = await access.find_channel(viewer, channel_id)
    form = Written(await request.form())
    if form.is_valid and not is_htmx(request) and is_line(form["text"]):  # with scripts the composer sends it there
        return await create_command.fn(request, channel_id)
    try:
        if not form.is_valid:
            raise Refused(_("This can’t be sent. Your text is kept."))
        id_ = await Message.post(channel, viewer, form["text"], request.state.idempotency_key or form["_key"] or None, form["mention"], **form.more)
    except Refused as refused:
        if is_htmx(request):
            raise
        draft = str(form.raw.get("text", ""))
        return await channel_page(request, channel, await log.newest(channel.id), status=422, draft=draft, error=str(refused))
    if not is_htmx(request):
        return redirect(request, channel.url)
    return await _shown(request, channel.id, id_)


@get("/chat/messages/{message_id:int}", include_in_schema=False)
async def show_message(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """The message alone for htmx; others are taken to its place in the channel."""
    message = await access.find_message(request.state.viewer, message_id)
    if not is_htmx(request):
        return redirect(request, message.url)
    return await _shown(request, message.channel_id, message.id)


@get("/chat/messages/{message_id:int}/edit", include_in_schema=False)
async def edit_message(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """The form that takes the place of one's own message."""
    message = await access.find_message(request.state.viewer, message_id)
    if message.author_id != request.state.viewer.account_id or message.deleted_at is not None:
        raise Refused(_("Only your own messages can be edited."))
    return fragment(request, "chat/_edit_message.html", message=message)


@post("/chat/messages/{message_id:int}", status_code=200, include_in_schema=False)
async def update_message(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Change what it says."""
    message = await access.find_message(request.state.viewer, message_id)
    form = Written(await request.form())
    if not form.is_valid:
        raise Refused(_("This can’t be sent. Your text is kept."))
    try:
        await message.edit(request.state.viewer, form["text"], request.state.idempotency_key or None, form["base"])
    except EditedMeanwhile as meanwhile:
        if not is_htmx(request):
            raise
        return _both_sides(meanwhile)
    return await _shown(request, message.channel_id, message.id, {"Chalet-Base": str(message.edited_at or 0)})


@delete("/chat/messages/{message_id:int}", status_code=200, include_in_schema=False)
async def delete_message(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Take it back; the toast takes that back."""
    message = await access.find_message(request.state.viewer, message_id)
    command = await message.take_back(request.state.viewer, request.state.idempotency_key or None)
    return await _shown(request, message.channel_id, message.id, toast(_("Message deleted."), undo=command.id))


@post("/chat/messages/{message_id:int}/reactions", status_code=200, include_in_schema=False)
async def create_reaction(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Put an emoji on it."""
    message = await access.find_message(request.state.viewer, message_id)
    form = Reacted(await request.form())
    await reactions.react(request.state.viewer, message, form.values.get("emoji", ""), request.state.idempotency_key or None)
    return await _shown(request, message.channel_id, message.id)


@delete("/chat/messages/{message_id:int}/reactions", status_code=200, include_in_schema=False)
async def delete_reaction(request: Request, message_id: FromPath[int], emoji: FromQuery[str] = "") -> Response[bytes]:
    """Take one's emoji back."""
    message = await access.find_message(request.state.viewer, message_id)
    await reactions.unreact(request.state.viewer, message, emoji, request.state.idempotency_key or None)
    return await _shown(request, message.channel_id, message.id)


@delete("/chat/messages/{message_id:int}/reading", status_code=200, include_in_schema=False)
async def delete_reading(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Count this message and what follows as new again."""
    message = await access.find_message(request.state.viewer, message_id)
    await reading.unread_from(request.state.viewer, message, request.state.idempotency_key or None)
    return nothing(204)


def _both_sides(meanwhile: EditedMeanwhile) -> Response[bytes]:
    """409 with what it says now: the outbox shows it beside what was written, and sends again with its `base` when that is to win."""
    body = msgspec.json.encode({"text": meanwhile.text, "base": meanwhile.base})
    return Response(body, status_code=409, media_type="application/json", headers=toast(str(meanwhile), kind="error"))


async def _shown(request: Request, channel_id: int, id_: int, headers: dict[str, str] | None = None) -> Response[bytes]:
    if not is_htmx(request):
        return redirect(request, f"/chat/channels/{channel_id}/messages/{id_}")
    return fragment(request, "chat/_messages.html", messages=[await log.shown(channel_id, id_)], articles=articles, headers=headers)


handlers = [
    create_message, show_message, edit_message, update_message, delete_message, create_reaction, delete_reaction, delete_reading,
]
