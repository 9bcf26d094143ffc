"""Slash commands: offered while somebody types, and carried out."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib import markdown
from app.lib.forms import Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.chat import Channel, log, slash
from app.models.chat.message import MOST_CHARACTERS
from app.models.chat.slash.registry import is_line
from app.render import fragment, is_htmx, redirect, toast
from app.routes.chat.articles import articles
from app.routes.chat.channels import channel_page


class Line(Form):
    """A command as it was typed."""

    text = TextField(most=MOST_CHARACTERS)
    mention = ManyField(NumberField(0, 2**53), most=500)
    _key = TextField(most=80, required=False)


@get("/chat/channels/{channel_id:int}/commands", include_in_schema=False)
async def list_commands(request: Request, channel_id: FromPath[int], q: FromQuery[str] = "") -> Response[bytes]:
    """Options for a command that is being typed."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    return fragment(request, "chat/_commands.html", commands=await slash.offered(request.state.viewer, channel, q[:40]))


@post("/chat/channels/{channel_id:int}/commands", status_code=200, include_in_schema=False)
async def create_command(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Do what a line says. What comes of it is seen only by who gave it, unless it is a message."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    form = Line(await request.form())
    text = str(form.raw.get("text", ""))
    try:
        if not form.is_valid or not is_line(text):
            raise Refused(_("This is no command."))
        answer = await slash.run(slash.Given(request.state.viewer, channel, text, form["mention"], request.state.idempotency_key or form["_key"] or None))
    except Refused as refused:
        if is_htmx(request):
            raise
        return await channel_page(request, channel, await log.newest(channel.id), status=422, draft=text, error=str(refused))
    return await _answered(request, channel, answer)


async def _answered(request: Request, channel: Channel, answer: slash.Answer) -> Response[bytes]:
    told = toast(answer.text, undo=answer.undo) if answer.text else {}
    if answer.url or not is_htmx(request):
        if not answer.url and not answer.message_id and answer.undo is None:
            return await channel_page(request, channel, await log.newest(channel.id), answer=markdown.render(answer.text).html)
        moved = redirect(request, answer.url or channel.url)
        moved.headers.update(told if is_htmx(request) else {})
        return moved
    if answer.message_id:
        return fragment(request, "chat/_messages.html", messages=[await log.shown(channel.id, answer.message_id)], articles=articles)
    if answer.undo is not None or not answer.text:
        return fragment(request, "chat/_messages.html", messages=[], articles=articles, headers=told)
    return fragment(request, "chat/_only_you.html", html=markdown.render(answer.text).html)


handlers = [list_commands, create_command]
