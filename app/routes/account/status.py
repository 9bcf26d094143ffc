"""Being away or not to be disturbed, quiet hours, and what one says about oneself (STAT-01 to STAT-06)."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from litestar import Request, get, post
from litestar.response import Response

from app.lib import clock, emoji
from app.lib.forms import ChoiceField, Form, NumberField, TextField
from app.lib.i18n import _, language, ngettext
from app.lib.locales import territory, week_start
from app.lib.numbers import whole
from app.lib.quiet import Span, local_day, local_instant
from app.models.base import Refused
from app.models.presence import AUTOMATIC, AWAY, DND, MOST_SPANS, ONLINE, choice_of, choose, set_away_minutes, set_quiet_hours
from app.models.status import MOST_TEXT, MemberStatus, Saying, clear_status, set_status
from app.models.viewer import Viewer
from app.render import fragment, is_htmx, nothing, toast
from app.routes.account import done, show
from app.routes.chat.places import emoji_group_names

MORNING = 8 * 60  # when "until tomorrow" ends
LENGTHS = ("30", "60", "240", "today", "morning", "week", "date", "")
AWAY_MINUTES = ("1", "3", "5", "10", "15", "30", "60")
_MINUTES = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::\d\d)?|24:00")


class StatusForm(Form):
    """An emoji, a few words, and until when; or one of the suggestions."""

    emoji = TextField(most=32, required=False)
    text = TextField(most=MOST_TEXT, required=False)
    length = ChoiceField(LENGTHS, required=False)
    until_date = TextField(most=10, required=False)
    until_time = TextField(most=8, required=False)
    suggestion = TextField(most=20, required=False)


class PresenceForm(Form):
    """What to be from now on: a state, or one with its length, such as dnd:30."""

    choice = ChoiceField((ONLINE, AWAY, *(f"{DND}:{length}" for length in LENGTHS)))
    until_date = TextField(most=10, required=False)
    until_time = TextField(most=8, required=False)


class AwayForm(Form):
    """After how many idle minutes one is away."""

    minutes = NumberField(1, 240)


@get("/account/status", include_in_schema=False)
async def show_status(request: Request) -> Response[bytes]:
    """The page with all of it."""
    return await _show_page(request, await _form_of(request.state.viewer))


@get("/account/status/edit", include_in_schema=False)
async def edit_status(request: Request) -> Response[bytes]:
    """The form of a status, in a dialog."""
    return fragment(request, "account/_status_dialog.html", **await _status_context(request, await _form_of(request.state.viewer)))


@get("/account/status/emoji", include_in_schema=False)
async def list_status_emoji(request: Request) -> Response[bytes]:
    """All emoji, for the picker in the dialog."""
    return fragment(request, "chat/_emoji.html", groups=emoji.groups(), names=emoji_group_names())


@post("/account/status", status_code=200, include_in_schema=False)
async def update_status(request: Request) -> Response[bytes]:
    """Show a status from now on."""
    viewer = request.state.viewer
    form = StatusForm(await request.form())
    if form.is_valid:
        try:
            command = await set_status(viewer, _saying(viewer, form), request.state.idempotency_key or None)
            return _said(request, _("Your status is set."), command.id)
        except Refused as error:
            form.refuse("until" if form.values["length"] == "date" else "text", str(error))
    if request.headers.get("hx-target", "").endswith("#dialog"):
        return fragment(request, "account/_status_dialog.html", status=422, **await _status_context(request, form))
    return await _show_page(request, form, 422)


@post("/account/status/removal", status_code=200, include_in_schema=False)
async def delete_status(request: Request) -> Response[bytes]:
    """End the status that is shown."""
    command = await clear_status(request.state.viewer)
    if command is None:
        return _said(request, _("There was no status to clear."), None)
    before = await MemberStatus.own(request.state.viewer)
    text = _("Cleared. “%(status)s” is shown again.") % {"status": f"{before.emoji} {before.text}".strip()} if before else _("Your status is cleared.")
    return _said(request, text, command.id)


@get("/account/presence/edit", include_in_schema=False)
async def edit_presence(request: Request) -> Response[bytes]:
    """Until when not to be disturbed, in a dialog."""
    return fragment(request, "account/_presence_dialog.html", form=_moment_form(request.state.viewer), zone=request.state.viewer.timezone)


@post("/account/presence", status_code=200, include_in_schema=False)
async def update_presence(request: Request) -> Response[bytes]:
    """Be online, away or not to be disturbed."""
    viewer = request.state.viewer
    form = PresenceForm(await request.form())
    if not form.is_valid:
        raise Refused(next(iter(form.errors.values())))
    try:
        state, _colon, length = form["choice"].partition(":")
        chosen, until = AUTOMATIC if state == ONLINE else state, _until(viewer, form, length)
    except Refused as error:
        form.refuse("until", str(error))
        if request.headers.get("hx-target", "").endswith("#dialog"):
            return fragment(request, "account/_presence_dialog.html", status=422, form=form, zone=viewer.timezone)
        raise
    await choose(viewer.account_id, chosen, until)
    return _said(request, _presence_words(chosen, until, viewer.timezone), None)


@post("/account/away", status_code=200, include_in_schema=False)
async def update_away(request: Request) -> Response[bytes]:
    """After how long to be away."""
    form = AwayForm(await request.form())
    if not form.is_valid:
        raise Refused(form.errors["minutes"])
    await set_away_minutes(request.state.viewer.account_id, form["minutes"])
    return done(request, "/account/status", _("Saved."))


@post("/account/quiet-hours", status_code=200, include_in_schema=False)
async def update_quiet_hours(request: Request) -> Response[bytes]:
    """Keep the hours that were filled in; a line without days is taken out."""
    sent = await request.form()
    lines = [_line(sent, number) for number in range(MOST_SPANS)]
    errors = {number: error for number, line in enumerate(lines) if (error := _line_error(line))}
    if errors:
        return await _show_page(request, await _form_of(request.state.viewer), 422, lines=lines, line_errors=errors)
    spans = [Span(sum(1 << day for day in line["days"]), _minutes(line["starts"]) or 0, (_minutes(line["ends"]) or 0) % 1440) for line in lines if line["days"]]
    await set_quiet_hours(request.state.viewer.account_id, spans)
    return done(request, "/account/status", _("Saved."))


def suggestions() -> dict[str, tuple[str, str, str]]:
    """What is offered, by key: emoji, words, and for how long."""
    return {
        "meeting": ("🗓️", _("In a meeting"), "60"),
        "commuting": ("🚋", _("Commuting"), "30"),
        "sick": ("🤒", _("Out sick"), "today"),
        "holiday": ("🌴", _("On holiday"), "date"),
        "remote": ("🏡", _("Working remotely"), "today"),
    }


def lengths() -> list[tuple[str, str]]:
    """For how long a status may be shown, with words."""
    return [
        ("", _("Don’t clear")), ("30", _("30 minutes")), ("60", _("1 hour")), ("240", _("4 hours")), ("today", _("Today")),
        ("week", _("This week")), ("date", _("Until a date and time …")),
    ]


def _saying(viewer: Viewer, form: StatusForm) -> Saying:
    if offered := suggestions().get(form["suggestion"]):
        length = "today" if offered[2] == "date" else offered[2]
        return Saying(offered[0], offered[1], _instant(viewer, length))
    if form["emoji"] and form["emoji"] not in emoji.known() and not emoji.is_only_emoji(form["emoji"]):
        raise Refused(_("This isn’t an emoji."))
    return Saying(form["emoji"], " ".join(form["text"].split()), _until(viewer, form, form["length"]))


def _until(viewer: Viewer, form: Form, length: str) -> int | None:
    if length != "date":
        return _instant(viewer, length)
    try:
        day = date.fromisoformat(form["until_date"])
        minutes = _minutes(form["until_time"] or "24:00")
        if minutes is None or not 2000 <= day.year <= 9000:
            raise ValueError
    except ValueError:
        raise Refused(_("Please give a date and a time.")) from None
    until = local_instant(day, minutes, viewer.timezone)
    if until <= clock.now():
        raise Refused(_("This time has passed already."))
    return until


def _instant(viewer: Viewer, length: str) -> int | None:
    """When a length from now ends, on the person's own clock. "" has no end."""
    now, zone = clock.now(), viewer.timezone
    today = local_day(now, zone)
    if (minutes := whole(length)) is not None:
        return now + minutes * clock.MINUTE
    if length == "today":
        return local_instant(today, 24 * 60, zone)
    if length == "morning":
        return local_instant(today + timedelta(days=1), MORNING, zone)
    if length == "week":
        first = viewer.week_start if viewer.week_start is not None else week_start(viewer.locale)
        return local_instant(today, (7 - (today.weekday() - first) % 7) * 24 * 60, zone)
    return None


def _minutes(text: str) -> int | None:
    found = _MINUTES.fullmatch(text.strip())
    return None if found is None else 24 * 60 if found[1] is None else int(found[1]) * 60 + int(found[2])


def _line(sent: Any, number: int) -> dict[str, Any]:
    days = [int(day) for day in sent.getall(f"days{number}", []) if day in ("0", "1", "2", "3", "4", "5", "6")]
    return {"days": days, "starts": str(sent.get(f"starts{number}", ""))[:8], "ends": str(sent.get(f"ends{number}", ""))[:8]}


def _line_error(line: dict[str, Any]) -> str:
    is_wrong = line["days"] and (_minutes(line["starts"]) is None or _minutes(line["ends"]) is None)
    return _("Please give a time such as 18:00 for the beginning and for the end.") if is_wrong else ""


async def _form_of(viewer: Viewer) -> StatusForm:
    status = await MemberStatus.own(viewer)
    if status is None:
        return StatusForm(length="")
    until = datetime.fromtimestamp(status.expires_at / 1000, ZoneInfo(viewer.timezone)) if status.expires_at else None
    when = {"until_date": until.strftime("%Y-%m-%d"), "until_time": until.strftime("%H:%M")} if until else {}
    return StatusForm(emoji=status.emoji, text=status.text, length="date" if until else "", **when)


def _moment_form(viewer: Viewer) -> PresenceForm:
    """An hour from now, to be changed."""
    soon = datetime.fromtimestamp(clock.now() / 1000 + 3600, ZoneInfo(viewer.timezone))
    return PresenceForm(until_date=soon.strftime("%Y-%m-%d"), until_time=soon.strftime("%H:%M"))


async def _status_context(request: Request, form: StatusForm) -> dict[str, Any]:
    viewer = request.state.viewer
    current = await MemberStatus.own(viewer)
    return {
        "form": form, "suggestions": suggestions(), "recent": await MemberStatus.recent(viewer), "lengths": lengths(),
        "has_status": current is not None, "zone": viewer.timezone,
    }


async def _show_page(request: Request, form: StatusForm, status: int = 200, **more: Any) -> Response[bytes]:
    choice, now = await choice_of(request.state.viewer.account_id), clock.now()
    lines = [{"days": [day for day in range(7) if span.days >> day & 1], "starts": _clock(span.starts), "ends": _clock(span.ends)} for span in choice.spans]
    context = {"lines": lines, "line_errors": {}, **more, **await _status_context(request, form)}
    return await show(
        request, "status", status, choice=choice, chosen=choice.current(now), quiet_until=choice.quiet_until(now),
        away_choices=[(number, ngettext("%(number)s minute", "%(number)s minutes", int(number)) % {"number": number}) for number in AWAY_MINUTES],
        most_lines=MOST_SPANS, **context,
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _presence_words(chosen: str, until: int | None, zone: str) -> str:
    if chosen == AWAY:
        return _("You are shown as away.")
    if chosen != DND:
        return _("You are online again.")
    if until is None:
        return _("You won’t be disturbed until you change it.")
    return _("You won’t be disturbed until %(when)s.") % {"when": _when(until, zone)}


def _when(instant: int, zone: str) -> str:
    at = datetime.fromtimestamp(instant / 1000, ZoneInfo(zone))
    time = format_time(at, "short", locale=territory(language()))
    return time if at.date() == local_day(clock.now(), zone) else f"{format_date(at, 'medium', locale=territory(language()))}, {time}"


def _said(request: Request, text: str, undo: int | None) -> Response[bytes]:
    """It is done: a word about it where scripts run, else back to the page."""
    if not is_htmx(request):
        return done(request, "/account/status", text)
    if request.headers.get("hx-target", "").endswith("#view"):
        answer = done(request, "/account/status", text)
        answer.headers.update(toast(text, undo=undo))
        return answer
    closing: dict[str, Any] = {"dialog:close": True}
    return nothing(200, **toast(text, undo=undo, **closing), **{"HX-Reswap": "none"})


handlers = [
    show_status, edit_status, list_status_emoji, update_status, delete_status, edit_presence, update_presence, update_away, update_quiet_hours,
]
