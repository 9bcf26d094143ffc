"""The first page: today at a glance, and every app."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from litestar import Request, get
from litestar.response import Response

from app.lib.i18n import _, language
from app.lib.locales import territory
from app.models.around import news, people_around
from app.models.chat import Channel
from app.models.viewer import Viewer
from app.render import page
from app.routes.calendar.shown import shown_events


@get("/", include_in_schema=False)
async def show_home(request: Request) -> Response[bytes]:
    """Greets, and shows what waits, who is there, and the apps."""
    viewer = request.state.viewer
    now = datetime.now(ZoneInfo(viewer.timezone))
    return await page(
        request, "home/index.html", greeting=_greeting(now.hour), today=format_date(now, "full", locale=territory(language())),
        events=await _today(viewer, now.date()),
        conversations=await Channel.unread_for(viewer, most=6), people=await people_around(viewer, most=10), news=await news(viewer, most=5),
    )


async def _today(viewer: Viewer, day: date) -> list[dict[str, Any]]:
    """What is left of today and what comes tomorrow, for those who use Calendar."""
    if viewer.is_external or not viewer.can_use("calendar"):
        return []
    here = day.isoformat()
    coming = [one for one in await shown_events(viewer, day, day + timedelta(days=1)) if not one.is_past]
    coming.sort(key=lambda one: (max(one.first_day, here), one.start_text))
    return [one.at(is_today=one.first_day <= here) for one in coming[:6]]


def _greeting(hour: int) -> str:
    if hour < 12:
        return _("Good morning, %(name)s")
    return _("Good afternoon, %(name)s") if hour < 18 else _("Good evening, %(name)s")


handlers = [show_home]
