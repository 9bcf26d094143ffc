"""The notification centre: what is new, marking it read, muting where it comes from, and why it came or didn't."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.lib.forms import Form, NumberField, TextField
from app.lib.i18n import _
from app.models.notifications import NoticeMute, Notification, notices_read, notices_unread, unread_count
from app.models.notifications.notification import PAGE
from app.models.push.device import PushDelivery
from app.models.viewer import Viewer
from app.render import fragment, is_htmx, nothing, page, redirect, toast
from app.routes.notification_words import explained, held_lines

CHANGED: dict[str, Any] = {"notices-changed": True}


class Source(Form):
    """Where notices come from."""

    source = TextField(most=80)
    name = TextField(most=200, required=False)


class Several(Form):
    """Which notices were read: all of a source, or everything up to an id."""

    source = TextField(most=80, required=False)
    up_to = NumberField(0, 2**53, required=False)


@get("/notifications", include_in_schema=False)
async def list_notifications(request: Request, before: FromQuery[int] = 0, unread: FromQuery[bool] = False) -> Response[bytes]:
    """The page: grouped by day and source, older ones by and by."""
    shown = await _listed(request.state.viewer, before, unread)
    if not _wants_part(request):
        return await page(request, "notifications/index.html", **shown)
    return fragment(request, "notifications/_older.html" if before else "notifications/_list.html", **shown)


@get("/notifications/panel", include_in_schema=False)
async def show_panel(request: Request) -> Response[bytes]:
    """What the bell opens."""
    return fragment(request, "notifications/_panel.html", **await _listed(request.state.viewer, 0, False, most=25))


@get("/notifications/bell", include_in_schema=False)
async def show_bell(request: Request) -> Response[bytes]:
    """How many are new."""
    viewer = request.state.viewer
    return fragment(request, "notifications/_count.html", unread=await unread_count(viewer.account_id, viewer.org_id))


@post("/notifications/{notification_id:int}/opening", status_code=200, include_in_schema=False)
async def open_notification(request: Request, notification_id: FromPath[int]) -> Response[bytes]:
    """Go where it leads; it is read then."""
    notification = await Notification.found(request.state.viewer, notification_id)
    await notices_read(notification.account_id, ids=[notification.id])
    return redirect(request, notification.url)


@post("/notifications/{notification_id:int}/reading", status_code=200, include_in_schema=False)
async def read_notification(request: Request, notification_id: FromPath[int]) -> Response[bytes]:
    """Mark it read."""
    notification = await Notification.found(request.state.viewer, notification_id)
    await notices_read(notification.account_id, ids=[notification.id])
    return await _item(request, notification_id)


@delete("/notifications/{notification_id:int}/reading", status_code=200, include_in_schema=False)
async def unread_notification(request: Request, notification_id: FromPath[int]) -> Response[bytes]:
    """Mark it as new again."""
    notification = await Notification.found(request.state.viewer, notification_id)
    await notices_unread(notification.account_id, [notification.id])
    return await _item(request, notification_id)


@post("/notifications/reading", status_code=200, include_in_schema=False)
async def read_several(request: Request) -> Response[bytes]:
    """Mark a source, or everything that was there when the list was made, as read."""
    viewer, form = request.state.viewer, Several(await request.form())
    if form.is_valid and form["source"]:
        await notices_read(viewer.account_id, source=form["source"])
    elif form.is_valid:
        await Notification.all_read(viewer, form["up_to"] or 2**53)
    return _changed(request)


@get("/notifications/{notification_id:int}/reasons", include_in_schema=False)
async def show_reasons(request: Request, notification_id: FromPath[int]) -> Response[bytes]:
    """Why it came: rule and choice for each way, and what became of it."""
    viewer = request.state.viewer
    notification = await Notification.found(viewer, notification_id)
    ways = await explained(notification, await PushDelivery.of_notification(notification.id))
    is_muted = notification.source in {mute.source for mute in await NoticeMute.of(viewer)}
    if is_htmx(request):
        return fragment(request, "notifications/_reasons.html", notification=notification, ways=ways, is_muted=is_muted, in_dialog=True)
    return await page(request, "notifications/reasons.html", notification=notification, ways=ways, is_muted=is_muted, in_dialog=False)


@get("/notifications/held", include_in_schema=False)
async def list_held(request: Request, before: FromQuery[int] = 0) -> Response[bytes]:
    """Why it didn't come: what was held back in the last days, and by which rule."""
    held = await Notification.held_back(request.state.viewer, before or None)
    lines = [{"notification": one, "words": one.words, "ways": held_lines(one)} for one in held]
    return await page(request, "notifications/held.html", lines=lines, older=held[-1].id if len(held) == PAGE else None)


@post("/notifications/mutes", status_code=200, include_in_schema=False)
async def mute_source(request: Request) -> Response[bytes]:
    """Hear nothing more from where a notice comes from."""
    form = Source(await request.form())
    if not form.is_valid:
        return nothing(422)
    command = await NoticeMute.mute(request.state.viewer, form["source"], form["name"])
    return _changed(request, _("%(name)s is muted.") % {"name": form["name"] or _("This")}, command.id)


@post("/notifications/mutes/removal", status_code=200, include_in_schema=False)
async def unmute_source(request: Request) -> Response[bytes]:
    """Hear of it again."""
    form = Source(await request.form())
    if not form.is_valid:
        return nothing(422)
    command = await NoticeMute.unmute(request.state.viewer, form["source"])
    return _changed(request, _("%(name)s isn’t muted any more.") % {"name": form["name"] or _("This")}, command.id)


def _wants_part(request: Request) -> bool:
    return is_htmx(request) and not request.headers.get("hx-target", "").endswith("#view")


async def _listed(viewer: Viewer, before: int, only_unread: bool, most: int = PAGE) -> dict[str, Any]:
    found = await Notification.shown_to(viewer, before or None, only_unread=only_unread, most=most)
    older = urlencode({"before": found[-1].id, **({"unread": "true"} if only_unread else {})}) if len(found) == most else ""
    return {
        "days": grouped(found, viewer.timezone), "older": older, "only_unread": only_unread, "newest": found[0].id if found else 0,
        "unread": await unread_count(viewer.account_id, viewer.org_id), "muted": {mute.source for mute in await NoticeMute.of(viewer)},
    }


def grouped(notifications: Sequence[Notification], timezone: str) -> list[dict[str, Any]]:
    """By day of the reader's clock, and in it by source, both the newest first."""
    zone = ZoneInfo(timezone)

    def day(one: Notification) -> str:
        return datetime.fromtimestamp(one.created_at / 1000, zone).date().isoformat()

    days = []
    for date, of_day in groupby(notifications, key=day):
        sources: dict[str, list[Notification]] = {}
        for one in of_day:
            sources.setdefault(one.source, []).append(one)
        days.append({"date": date, "is_today": date == datetime.now(zone).date().isoformat(), "sources": list(sources.items())})
    return days


async def _item(request: Request, id_: int) -> Response[bytes]:
    if not is_htmx(request):
        return redirect(request, "/notifications")
    return fragment(request, "notifications/_item.html", one=await Notification.one_shown(request.state.viewer, id_))


def _changed(request: Request, text: str = "", undo: int | None = None) -> Response[bytes]:
    if not is_htmx(request):
        return redirect(request, "/notifications")
    headers = toast(text, undo=undo, **CHANGED) if text else {"HX-Trigger": '{"notices-changed":true}'}
    return nothing(200, **headers, **{"HX-Reswap": "none"})


handlers = [
    list_notifications, show_panel, show_bell, open_notification, read_notification, unread_notification, read_several, show_reasons, list_held,
    mute_source, unmute_source,
]
