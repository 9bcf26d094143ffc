"""What the panel of an event shows to one reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from markupsafe import Markup

from app.lib import markdown
from app.lib.i18n import _, language, ngettext
from app.lib.locales import territory
from app.lib.names import full_name
from app.lib.recurrence import Rule
from app.lib.recurrence_words import describe
from app.models.calendar import Event, room_id
from app.models.calendar.attachments import Attached, token_of
from app.models.calendar.drafts import OPTIONAL
from app.models.calendar.occurrences import Occurrence, hue_in, occurrences
from app.models.viewer import Viewer
from app.routes.calendar.form import reminder_words
from app.routes.calendar.shown import moments, state_of, words_of_time

SHOWN_GUESTS = 100


@dataclass(slots=True)
class Details:
    """An occurrence with all that the reader may know of it."""

    id: int
    key: str
    url: str
    address: str
    title: str
    hue: int
    day: str
    when: str
    other_zone: str
    repetition: str
    is_exception: bool
    state: str
    place: str
    meeting_url: str
    description: Markup
    calendar_name: str
    visibility_words: str
    can_edit: bool
    can_delete: bool
    can_answer: bool
    my_answer: str
    guest_summary: str
    recurs: bool = False
    rooms: list[dict[str, Any]] = field(default_factory=list)
    guests: list[dict[str, Any]] = field(default_factory=list)
    proposals: list[dict[str, Any]] = field(default_factory=list)
    reminders: list[str] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)

    @property
    def query(self) -> str:
        """What says which of a series it is, in an address."""
        return f"?at={self.key}" if self.key else ""


async def details_of(viewer: Viewer, event: Event, key: str) -> Details:
    """Everything about an instance of an event, or about its first. Raises `NotFound`."""
    draft = event.draft(key)
    wanted = key if key or not event.recurs else event.first_key()
    one = await _occurrence(viewer, event, wanted)
    zone, place = ZoneInfo(viewer.timezone), territory(language())
    start, end = moments(one, zone)
    rows = await event.guests(key)
    guests = [_guest(row, event.organiser) for row in rows if row["kind"] not in ("ROOM", "RESOURCE")]
    guests.sort(key=lambda one: (not one["is_organiser"], one["is_optional"]))
    rooms = [_room(row) for row in rows if room_id(row["email"]) is not None]
    mine = next((row["answer"] for row in rows if row["email"] == viewer.email), "")
    url = event.url + (f"?at={wanted}" if wanted else "")
    return Details(
        id=event.id, key=wanted, url=event.url, address=url, title=draft.title or _("(No title)"), hue=hue_in(event.calendar, draft.colour),
        day=(start.date() if isinstance(start, datetime) else start).isoformat(),
        when=words_of_time(start, end, place)[2], other_zone=_other_zone(draft.timezone, viewer, one, place),
        repetition=_repetition(draft.rule, draft.start, len(draft.extra)), is_exception=one.is_stand_in, state=state_of(one),
        place="" if draft.location in [room["name"] for room in rooms] else draft.location,
        meeting_url=draft.meeting_url, description=Markup(markdown.render(draft.description).html) if draft.description else Markup(),
        calendar_name=event.calendar.name, visibility_words=_visibility(draft.visibility, draft.show_as), can_edit=event.can_edit,
        can_delete=event.calendar.can_write, can_answer=bool(mine) and event.organiser != viewer.email and event.calendar.is_own,
        my_answer=mine.lower(), guest_summary=_summary(guests), guests=guests[:SHOWN_GUESTS],
        recurs=event.recurs, proposals=_proposals(rows, viewer, place) if event.can_edit else [],
        rooms=rooms,
        reminders=[reminder_words(f"{reminder.minutes}:{reminder.way}") for reminder in draft.reminders],
        attachments=[shown_file(one) for one in draft.attachments],
    )


async def _occurrence(viewer: Viewer, event: Event, key: str) -> Occurrence:
    start, end = event.instant(key)
    found = await occurrences(viewer, start, max(end, start + 1), [event.calendar])
    known = next((one for one in found if one.object_id == event.id and one.key == key), None)
    return known or Occurrence(event.id, event.calendar.id, key, start, end, event.series.first.kind, event.stored.summary, recurs=event.recurs)


def _guest(row: dict[str, Any], organiser: str) -> dict[str, Any]:
    name = _name(row)
    return {
        "name": name, "account_id": row["account_id"], "avatar": row["avatar"] or "", "answer": row["answer"].lower(),
        "answer_word": answer_word(row["answer"]), "is_organiser": row["email"] == organiser, "note": row["note"],
        "is_optional": row["role"] in (OPTIONAL, "NON-PARTICIPANT"),
        "detail": " · ".join(part for part in ("" if name == row["email"] else row["email"], _delivery(row)) if part),
    }


def shown_file(one: Attached) -> dict[str, Any]:
    """A file as a line: its name, size, where it opens (empty: nowhere safe)."""
    token = token_of(one.url)
    url = f"/calendar/attachments/{token}/{quote(one.name, safe='')}" if token else one.url if one.url.startswith(("https://", "http://")) else ""
    return {"name": one.name, "url": url, "size": one.size}


def _proposals(rows: list[dict[str, Any]], viewer: Viewer, place: str) -> list[dict[str, Any]]:
    """Other times that guests proposed, in words."""
    zone = ZoneInfo(viewer.timezone)
    found = []
    for row in rows:
        if row["proposed_start"] is not None:
            start, end = datetime.fromtimestamp(row["proposed_start"] / 1000, zone), datetime.fromtimestamp(row["proposed_end"] / 1000, zone)
            when = words_of_time(start, end, place)[2]
            found.append({"id": row["id"], "name": _name(row), "note": row["note"], "when": when})
    return found


def _room(row: dict[str, Any]) -> dict[str, Any]:
    name = row["resource_name"] or row["name"] or row["email"]
    return {"name": name, "answer": row["answer"].lower(), "answer_word": room_word(row["answer"])}


def _name(row: dict[str, Any]) -> str:
    return full_name(row) if row["account_id"] and row["given_name"] else row["name"] or row["email"]


def _delivery(row: dict[str, Any]) -> str:
    words = {"waiting": _("invitation on its way"), "sent": _("invitation sent"), "failed": _("the invitation couldn’t be delivered")}
    return ": ".join(part for part in (words.get(row["delivery"], ""), row["failure"]) if part)


def answer_word(answer: str) -> str:
    """What somebody answered, in words."""
    words = {"ACCEPTED": _("comes"), "DECLINED": _("doesn’t come"), "TENTATIVE": _("comes perhaps"), "DELEGATED": _("sends somebody else")}
    return words.get(answer, _("hasn’t answered"))


def room_word(answer: str) -> str:
    """Whether a room could be booked."""
    return {"ACCEPTED": _("booked"), "DECLINED": _("not free"), "TENTATIVE": _("asked for")}.get(answer, _("being booked"))


def _summary(guests: list[dict[str, Any]]) -> str:
    counts = [
        (sum(guest["answer"] == "accepted" for guest in guests), _("%(num)s yes")),
        (sum(guest["answer"] == "tentative" for guest in guests), _("%(num)s maybe")),
        (sum(guest["answer"] == "declined" for guest in guests), _("%(num)s no")),
    ]
    waiting = sum(guest["answer"] not in ("accepted", "tentative", "declined") for guest in guests)
    said = [words % {"num": count} for count, words in counts if count]
    return ", ".join([*said, *([ngettext("%(num)s waiting", "%(num)s waiting", waiting) % {"num": waiting}] if waiting else [])])


def _other_zone(name: str, viewer: Viewer, one: Occurrence, place: str) -> str:
    """The same time on the clock of the event's own zone, where that shows another time."""
    if one.is_all_day or not name or name == viewer.timezone:
        return ""
    here, there = ((moments(one, ZoneInfo(zone))) for zone in (viewer.timezone, name))
    if here[0].strftime("%H:%M") == there[0].strftime("%H:%M"):
        return ""
    return f"{words_of_time(*there, place)[2]} ({get_timezone_location(ZoneInfo(name), locale=place)})"


def _repetition(rule: str, first: datetime, extra: int) -> str:
    if not rule:
        return ngettext("on %(num)s other day as well", "on %(num)s other days as well", extra) % {"num": extra} if extra else ""
    try:
        said = describe(Rule.parse(rule), first)
    except ValueError:
        return _("by a rule of its own")
    return said[:1].upper() + said[1:]


def _visibility(visibility: str, show_as: str) -> str:
    words = [_("private")] if visibility else []
    words += {"free": [_("shown as free")], "tentative": [_("shown as perhaps")], "away": [_("shown as away")]}.get(show_as, [])
    return ", ".join(words)

