"""Translations and summaries, where an assistant makes them."""

from __future__ import annotations

from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Response
from markupsafe import Markup

from app import access
from app.lib.i18n import _
from app.lib.markdown import render
from app.models.chat import assistance
from app.routes.chat.keeping import dialog


@get("/chat/messages/{message_id:int}/translation", include_in_schema=False)
async def show_translation(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """A message in the reader's language."""
    message = await access.find_message(request.state.viewer, message_id)
    return await _told(request, _("Translation"), await assistance.translation(request.state.viewer, message))


@get("/chat/channels/{channel_id:int}/summary", include_in_schema=False)
async def show_summary(request: Request, channel_id: FromPath[int], thread: FromQuery[int] = 0) -> Response[bytes]:
    """What was said lately in a channel, or in a thread."""
    channel = await access.find_channel(request.state.viewer, channel_id)
    return await _told(request, _("Summary"), await assistance.summary(request.state.viewer, channel, thread))


async def _told(request: Request, title: str, text: str) -> Response[bytes]:
    return await dialog(request, "chat/_assisted.html", title=title, html=Markup(render(text).html))


handlers = [show_translation, show_summary]
