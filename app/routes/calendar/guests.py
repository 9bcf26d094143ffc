"""Beside the form of an event: who can be invited, whether they are free then, and what some words mean."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Response

from app import access
from app.lib.forms import EmailField, FieldError
from app.lib.i18n import _, language, ngettext
from app.lib.locales import territory
from app.lib.quick_add import understand
from app.models.calendar import free_busy, inviting, room_email, room_id, why_not
from app.models.calendar.preferences import CalendarPreferences
from app.models.viewer import Viewer
from app.render import fragment
from app.routes.calendar.form import EventForm, draft_of
from app.routes.calendar.shown import now_of, words_of_time

MOST = 8


@get("/calendar/guests", include_in_schema=False)
async def list_guests(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """Colleagues, teams and contacts that match some letters, and an address that was typed."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    return fragment(request, "calendar/_guest_options.html", guests=await _matching(viewer, q[:254]))


@get("/calendar/words", include_in_schema=False)
async def show_words(request: Request, title: FromQuery[str] = "") -> Response[bytes]:
    """What the words of a title say about when, where and with whom."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    preferences = await CalendarPreferences.of(viewer.account_id)
    said, taken = _understood(viewer, title[:300], preferences.event_minutes)
    return fragment(request, "calendar/_words.html", said=said, taken=json.dumps(taken))


@get("/calendar/free-busy", include_in_schema=False)
async def show_free_busy(request: Request) -> Response[bytes]:
    """Whether the guests and rooms of a form are free at its time."""
    viewer: Viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    form = EventForm(request.query_params)
    emails = [email for email in form.values.get("guests", []) if not email.startswith("team:")]
    wanted = [*emails, *(room_email(id_) for id_ in form.values.get("rooms", []))]
    if not form.is_valid or not wanted:
        return fragment(request, "calendar/_free_busy.html", lines=[], finder_url="")
    draft = await draft_of(form, viewer)
    span = draft.start_instant, max(draft.end_instant, draft.start_instant + 1)
    diaries = await free_busy(viewer, wanted, *span, except_object=form.values.get("event"))
    reasons = dict(why_not(diaries, *span))
    known = [diary for diary in diaries if diary.is_known]
    lines = [{"kind": "bad", "text": f"{name}: {reason}"} for name, reason in reasons.items()]
    lines += [{"kind": "unknown", "text": _("%(name)s: not known") % {"name": diary.name}} for diary in diaries if not diary.is_known]
    if known and not reasons:
        lines.insert(0, {"kind": "ok", "text": ngettext("%(name)s is free.", "All %(num)s are free.", len(known)) % {"num": len(known), "name": known[0].name}})
    asked = [("guests", email) for email in emails] + [("optional", email) for email in form.values.get("optional", [])]
    asked += [("rooms", str(id_)) for email in wanted if (id_ := room_id(email)) is not None]
    asked += [("date", draft.start.date().isoformat()), ("minutes", str(int(draft.length.total_seconds() // 60)))]
    return fragment(request, "calendar/_free_busy.html", lines=lines[:12], finder_url=f"/calendar/find-a-time?{urlencode(asked)}" if known else "")


async def _matching(viewer: Viewer, typed: str) -> list[dict[str, Any]]:
    icons = {"person": "", "team": "users", "contact": "contact-round"}
    found = [{**one, "icon": icons[one["kind"]], "detail": _detail(one)} for one in await inviting.who_matches(viewer, typed, MOST)]
    try:
        email = EmailField().read(typed.strip())
    except FieldError:
        return found
    if all(one["value"] != email for one in found):
        found.append({"value": email, "name": email, "account_id": None, "avatar": "", "detail": _("Invite by email"), "icon": "mail"})
    return found


def _detail(one: dict[str, Any]) -> str:
    return ngettext("Team of %(num)s", "Team of %(num)s", int(one["detail"])) % {"num": one["detail"]} if one["kind"] == "team" else one["detail"]


def _understood(viewer: Viewer, title: str, minutes: int) -> tuple[str, dict[str, Any]]:
    found = understand(title, now_of(viewer).date(), language())
    if not found.day:
        return "", {}
    taken: dict[str, Any] = {"title": found.title, "start_date": found.day.isoformat(), "end_date": found.day.isoformat(), "all_day": found.start_time is None}
    if found.repeat:
        taken["repeat"] = found.repeat
    if found.place:
        taken["place"] = found.place
    if found.start_time is None:
        start, end = datetime.combine(found.day, time()), datetime.combine(found.day, time()) + timedelta(days=1)
        when = words_of_time(start.date(), end.date(), territory(language()))[2]
    else:
        start = datetime.combine(found.day, found.start_time)
        end = datetime.combine(found.day, found.end_time) if found.end_time else start + timedelta(minutes=minutes)
        end = end if end > start else end + timedelta(days=1)
        taken |= {"start_time": f"{start:%H:%M}", "end_time": f"{end:%H:%M}", "end_date": end.date().isoformat()}
        zone = ZoneInfo(viewer.timezone)
        when = words_of_time(start.replace(tzinfo=zone), end.replace(tzinfo=zone), territory(language()))[2]
    return " · ".join(part for part in (found.title, when, found.place) if part), taken


handlers = [list_guests, show_words, show_free_busy]
