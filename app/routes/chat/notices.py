"""Of what one is told in a conversation; and going to a day in it."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib import clock
from app.lib.forms import ChoiceField, Form, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.chat import Channel, levels, log
from app.render import is_htmx, nothing, redirect, toast
from app.routes.chat.keeping import CLOSE, dialog


class Notices(Form):
    """A level, and keywords."""

    level = ChoiceField(levels.LEVELS)
    keywords = TextField(most=3_000, required=False)


@get("/chat/channels/{channel_id:int}/notices", include_in_schema=False)
async def show_notices(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """The dialog."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    return await _form(request, channel, Notices())


@post("/chat/channels/{channel_id:int}/notices", status_code=200, include_in_schema=False)
async def update_notices(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Choose."""
    viewer = request.state.viewer
    channel = await access.find_own_channel(viewer, channel_id)
    form = Notices(await request.form())
    if not form.is_valid:
        return await _form(request, channel, form, 422)
    try:
        await levels.set_keywords(viewer, form["keywords"] or "")
    except Refused as refused:
        form.refuse("keywords", str(refused))
        return await _form(request, channel, form, 422)
    await levels.set_level(viewer, channel, form["level"])
    if not is_htmx(request):
        return redirect(request, channel.url)
    return nothing(200, **toast(_("Saved."), **CLOSE), **{"HX-Reswap": "none"})


@get("/chat/channels/{channel_id:int}/days", include_in_schema=False)
async def show_day(request: Request, channel_id: FromPath[int], day: FromQuery[str] = "") -> Response[bytes]:
    """The dialog; with a day, to the first message from its beginning."""
    viewer = request.state.viewer
    channel = await access.find_channel(viewer, channel_id)
    zone = ZoneInfo(viewer.timezone)
    today = datetime.fromtimestamp(clock.now() / 1000, zone).date()
    error = ""
    if day:
        try:
            begins = datetime.combine(date.fromisoformat(day), time(), zone)
            found = await log.first_from(channel.id, int(begins.timestamp() * 1000))
            if found:
                return redirect(request, f"{channel.url}/messages/{found}")
            error = _("Nothing was said on that day or later.")
        except (ValueError, OverflowError):
            error = _("Choose a day.")
    context = {"channel": channel, "day": day or today.isoformat(), "today": today.isoformat(), "error": error}
    return await dialog(request, "chat/_days.html", status=422 if error else 200, **context)


async def _form(request: Request, channel: Channel, form: Form, status: int = 200) -> Response[bytes]:
    keywords = await levels.keywords_of(request.state.viewer)
    return await dialog(request, "chat/_notices.html", status=status, channel=channel, form=form, keywords=keywords)


handlers = [show_notices, update_notices, show_day]
