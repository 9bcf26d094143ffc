"""Files of events: brought in from Google, Outlook, Apple and others with a look at them first, and taken out again; feeds by a link."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Response

from app import access
from app.doors import Place, keeps_places, opens_files, opens_links
from app.lib.i18n import _
from app.models.base import Refused
from app.models.calendar import Calendar, importing, sharing
from app.models.calendar.calendar import VIEW
from app.models.calendar.tables import CalendarImport
from app.models.viewer import Viewer
from app.render import fragment, page, redirect
from app.routes.calendar.form import writable
from app.routes.calendar.side import side_only
from app.routes.guard import OPEN

opens_files("calendar", "/calendar/import", {"text/calendar": [".ics"]})
opens_links("calendar", "webcal", "/calendar/calendars/new?source=%s")


@keeps_places("calendar")
async def _coming(viewer: Viewer) -> list[Place]:
    return [] if viewer.is_external else [Place("/calendar", _("Calendar")), Place("/calendar/agenda", _("Agenda"))]


@get("/calendar/import", include_in_schema=False)
async def show_import(request: Request) -> Response[bytes]:
    """The form for a file, and every calendar to take out."""
    access.require_member(request.state.viewer, "calendar.use")
    return await _page(request)


@post("/calendar/import", status_code=200, request_max_body_size=importing.MOST_FILE + 1_000_000, include_in_schema=False)
async def create_import(request: Request) -> Response[bytes]:
    """Look at a file, or bring it in."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    sent = await request.form()
    file = next((value for value in sent.getall("file", []) + sent.getall("files", []) if isinstance(value, UploadFile)), None)
    calendars = await writable(viewer)
    chosen = next((one for one in calendars if str(one.id) == sent.get("calendar")), calendars[0])
    if file is None or not file.filename:
        return await _page(request, error=_("Please choose a file."), status=422)
    data = await file.read()
    try:
        if not sent.get("sure"):
            plan = await importing.look(chosen, file.filename, data)
            return await _page(request, plan=plan, name=file.filename, chosen=chosen.id)
        job = await importing.begin(viewer, chosen, file.filename, data, str(sent.get("key", ""))[:80] or None)
    except Refused as refused:
        return await _page(request, error=str(refused), chosen=chosen.id, status=422)
    return redirect(request, f"/calendar/import/{job.id}")


@get("/calendar/import/{import_id:int}", include_in_schema=False)
async def show_progress(request: Request, import_id: FromPath[int]) -> Response[bytes]:
    """How far an import is, and what came of it."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    job = await CalendarImport.find_own(import_id, account_id=viewer.account_id, org_id=viewer.org_id)
    shown: dict[str, Any] = {"job": job, "outcome": importing.outcome_of(job)}
    if request.headers.get("hx-target", "").endswith("#work"):
        return fragment(request, "calendar/_import_state.html", **shown)
    return await page(request, "calendar/import_state.html", **await side_only(viewer, "import"), **shown)


@get("/calendar/calendars/{calendar_id:int}/export.ics", include_in_schema=False)
async def show_export(request: Request, calendar_id: FromPath[int]) -> Response[bytes]:
    """Everything of a calendar as one file; busy times only where one sees no more."""
    calendar = await access.find_calendar(request.state.viewer, calendar_id)
    return _file(await importing.export(calendar, is_busy_only=not calendar.can_see), calendar)


@get("/feeds/{token:str}", opt=OPEN, include_in_schema=False)
async def show_feed(request: Request, token: FromPath[str]) -> Response[bytes]:
    """A calendar for whoever has its link, as other programs subscribe to it."""
    calendar = await sharing.by_link(token.removesuffix(".ics"))
    return _file(await importing.export(calendar, is_busy_only=calendar.level < VIEW), calendar)


def _file(text: bytes, calendar: Calendar) -> Response[bytes]:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{calendar.name}.ics')}", "Cache-Control": "private, no-cache",
        "X-Robots-Tag": "noindex",
    }
    return Response(text, media_type="text/calendar", headers=headers)


async def _page(
    request: Request, *, error: str = "", plan: importing.Plan | None = None, name: str = "", chosen: int = 0, status: int = 200
) -> Response[bytes]:
    viewer: Viewer = request.state.viewer
    calendars = await writable(viewer)
    shown: dict[str, Any] = {
        "error": error, "plan": plan, "name": name, "chosen": chosen or calendars[0].id, "calendars": [(one.id, one.name) for one in calendars],
        "every": [one for one in await Calendar.all_for(viewer.account_id, viewer.org_id) if one.can_see],
    }
    if request.headers.get("hx-target", "").endswith("#import"):
        return fragment(request, "calendar/_import.html", status=status, **shown)
    return await page(request, "calendar/import.html", status=status, **await side_only(viewer, "import"), **shown)



handlers = [show_import, create_import, show_progress, show_export, show_feed]
