"""The form of an event: what it shows of a draft, and the draft that comes of what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import available_timezones

from app import access
from app.lib.event_colours import hue_of, name_of
from app.lib.forms import CheckField, ChoiceField, ManyField, NumberField, TextField
from app.lib.i18n import _, ngettext
from app.lib.numbers import whole
from app.lib.recurrence import Rule
from app.lib.timezones import offered_timezones
from app.models.base import NotFound, Refused
from app.models.calendar import Calendar, Draft, Event, Guest, Reminder, attachments, inviting, room_email, room_id
from app.models.calendar.attachments import Attached
from app.models.calendar.drafts import MOST_GUESTS
from app.models.calendar.preferences import CalendarPreferences
from app.models.chat.rules import ChatRules
from app.models.resource import Resource
from app.models.viewer import Viewer
from app.routes.calendar import repeating
from app.routes.calendar.shown import now_of

_MINUTES = (0, 5, 10, 15, 30, 60, 120, 24 * 60, 2 * 24 * 60, 7 * 24 * 60)
_OTHER_WAYS = (10, 60, 24 * 60, 7 * 24 * 60)


class EventForm(repeating.Repeating):
    """What can be said of an event."""

    title = TextField(most=500, required=False)
    all_day = CheckField()
    start_date = TextField(most=10)
    start_time = TextField(most=8, required=False)
    end_date = TextField(most=10, required=False)
    end_time = TextField(most=8, required=False)
    timezone = TextField(most=64, required=False)
    guests = ManyField(TextField(most=254), most=MOST_GUESTS)
    optional = ManyField(TextField(most=254), most=MOST_GUESTS)
    rooms = ManyField(NumberField(1, 2**53))
    place = TextField(most=500, required=False)
    calendar = NumberField(1, 2**53, required=False)
    meeting_url = TextField(most=1000, required=False)
    description = TextField(most=20_000, required=False)
    show_as = ChoiceField(("busy", "free", "tentative", "away"), required=False, default="busy")
    visibility = ChoiceField(("public", "private"), required=False, default="public")
    reminders = ManyField(TextField(most=20), most=10)
    colour = NumberField(0, 23, required=False)
    attachments = ManyField(TextField(most=2100), most=2 * attachments.MOST)
    event = NumberField(1, 2**53, required=False)
    seen = TextField(most=40, required=False)
    key = TextField(most=80, required=False)

    def check(self) -> None:
        """Dates and times that are some, and an end after the beginning."""
        self.start = self._moment("start", time())
        self.end = self._moment("end", self.start.time()) if self.values["end_date"] else self.start + timedelta(hours=1)
        if self.values["timezone"] and self.values["timezone"] not in available_timezones():
            self.refuse("timezone", _("This time zone is unknown."))
        if self.is_valid and self.end < self.start:
            self.refuse("end_date", _("The end is before the beginning."))

    def _moment(self, which: str, usual: time) -> datetime:
        typed_day, typed_time = self.values[f"{which}_date"], self.values[f"{which}_time"]
        day, at = date(2000, 1, 1), usual
        try:
            day = date.fromisoformat(typed_day)
        except ValueError:
            self.refuse(f"{which}_date", _("This isn’t a date."))
        try:
            at = time.fromisoformat(typed_time) if typed_time and not self.values["all_day"] else time() if self.values["all_day"] else usual
        except ValueError:
            self.refuse(f"{which}_time", _("This isn’t a time."))
        return datetime.combine(day, at.replace(tzinfo=None))


async def draft_of(form: EventForm, viewer: Viewer, before: Draft | None = None, origin: str = "") -> Draft:
    """The event that a valid form describes; `before` is what it was, `origin` (scheme and host) is for files. Refuses on the form what can't be."""
    is_all_day = form["all_day"]
    end = datetime.combine(form.end.date() + timedelta(days=1), time()) if is_all_day else form.end
    start = datetime.combine(form.start.date(), time()) if is_all_day else form.start
    kept = Rule.parse(before.rule) if before and before.rule else None
    rule = repeating.read_rule(form, form.start.date(), kept)
    zone = "" if is_all_day else form["timezone"] or (before.timezone if before and not before.is_all_day else viewer.timezone)
    said: dict[str, Any] = {
        "title": form["title"], "start": start, "end": end, "is_all_day": is_all_day, "timezone": zone, "location": form["place"],
        "description": form["description"], "meeting_url": form["meeting_url"], "guests": await _guests(form, viewer, before),
        "reminders": _reminders(form), "rule": str(rule) if rule else "",
        "extra": repeating.read_extra(form, start, before.extra if before else ()), "visibility": "PRIVATE" if form["visibility"] == "private" else "",
        "show_as": form["show_as"], "colour": _colour(form["colour"], before), "attachments": await _attachments(form, viewer, before, origin),
    }
    if before is None:
        return Draft(**said)
    same_end = not is_all_day and before.end_timezone and (before.end - before.start) == (end - start)
    return replace(before, **said, end_timezone=before.end_timezone if same_end else "")


async def _guests(form: EventForm, viewer: Viewer, before: Draft | None) -> tuple[Guest, ...]:
    known = {guest.email: guest for guest in before.guests} if before else {}
    emails = await inviting.emails_of(viewer, form["guests"])
    names = await inviting.people_of(viewer, emails)
    rooms = {room_email(id_) for id_ in form["rooms"]}
    bookable = {room_email(one.id): one.name for one in await Resource.bookable_by(viewer)}
    asked = [known.get(email) or Guest(email, names.get(email, {}).get("name", "")) for email in emails if email != viewer.email]
    optional = set(await inviting.emails_of(viewer, form["optional"]))
    people = [replace(guest, is_optional=guest.email in optional) for guest in asked]
    booked = [known.get(email) or Guest(email, bookable[email], kind="ROOM") for email in sorted(rooms) if email in known or email in bookable]
    return (*people, *booked)


def _colour(hue: int | None, before: Draft | None) -> str:
    """The colour of a hue, as it was written before where that is the same."""
    if before is not None and hue_of(before.colour) == hue:
        return before.colour
    return "" if hue is None else name_of(hue)


async def _attachments(form: EventForm, viewer: Viewer, before: Draft | None, origin: str) -> tuple[Attached, ...]:
    known = {one.url: one for one in before.attachments} if before else {}
    found = []
    for value in form["attachments"] if origin else ():
        try:
            token = attachments.token_of(value)
            found.append(
                known[value] if value in known else (await access.find_attachment(viewer, token)).attached(origin) if token
                else await attachments.attach(viewer, value, origin)
            )
        except NotFound:
            form.refuse("attachments", _("A file isn’t there any more. Please choose it again."))
        except Refused as refused:
            form.refuse("attachments", str(refused))
    return tuple(dict.fromkeys(found))


def _reminders(form: EventForm) -> tuple[Reminder, ...]:
    found = []
    for value in form["reminders"]:
        minutes, _colon, way = value.partition(":")
        if _is_minutes(minutes) and len(minutes) < 8 and way in ("push", "email", "chat"):
            found.append(Reminder(int(minutes), way))
    return tuple(dict.fromkeys(found))


def _is_minutes(text: str) -> bool:
    return whole(text.removeprefix("-")) is not None


# -- showing


def raw_of(draft: Draft, calendar_id: int) -> dict[str, Any]:
    """What the form shows of an event."""
    last = draft.end - timedelta(days=1) if draft.is_all_day else draft.end
    rule = Rule.parse(draft.rule) if draft.rule else None
    return {
        "title": draft.title, "all_day": draft.is_all_day, "start_date": draft.start.date().isoformat(), "end_date": last.date().isoformat(),
        "start_time": "09:00" if draft.is_all_day else f"{draft.start:%H:%M}", "end_time": "10:00" if draft.is_all_day else f"{draft.end:%H:%M}",
        "timezone": draft.timezone, "place": draft.location, "calendar": calendar_id, "meeting_url": draft.meeting_url, "description": draft.description,
        "show_as": draft.show_as, "visibility": "private" if draft.visibility else "public",
        "reminders": [f"{one.minutes}:{one.way}" for one in draft.reminders],
        "rooms": [str(id_) for guest in draft.guests if (id_ := room_id(guest.email)) is not None],
        "guests": [guest.email for guest in draft.guests if room_id(guest.email) is None],
        "optional": [guest.email for guest in draft.guests if guest.is_optional], "attachments": [one.url for one in draft.attachments],
        "colour": hue_of(draft.colour) if draft.colour else None, "also": [wall.date().isoformat() for wall in draft.extra],
        **repeating.fields_of(rule, draft.start.date()),
    }


def typed(form: EventForm, usual: dict[str, Any]) -> dict[str, Any]:
    """What was typed into a form that comes back, over what it would show."""
    weekdays = [day for sent in form.raw.get("weekdays", []) if (day := whole(sent)) is not None]
    blank = {name: "" for name in ("until", "count") if name not in form.raw}
    some = {name: form.raw.get(name, []) for name in ("guests", "optional", "rooms", "reminders", "attachments", "also")}
    return {**usual, **blank, **form.raw, **some, "all_day": "all_day" in form.raw, "weekdays": weekdays, "colour": whole(form.raw.get("colour", ""))}


def new_draft(viewer: Viewer, preferences: CalendarPreferences, start: str, end: str, day: str) -> Draft:
    """What a new event starts as: the times that were drawn, or the next full half hour of a day. Raises ValueError for what is no time."""
    reminders = (Reminder(preferences.reminder),) if preferences.reminder is not None else ()
    if len(start) == 10:
        first = datetime.fromisoformat(start)
        last = datetime.fromisoformat(end) if end else first + timedelta(days=1)
        return Draft("", first, max(last, first + timedelta(days=1)), is_all_day=True, timezone="")
    if start:
        begins = datetime.fromisoformat(start)
        ends = datetime.fromisoformat(end) if end else begins + timedelta(minutes=preferences.event_minutes)
        return Draft("", begins, ends, timezone=viewer.timezone, reminders=reminders)
    now = now_of(viewer)
    begins = now.replace(second=0, microsecond=0, tzinfo=None) + timedelta(minutes=30 - now.minute % 30)
    if day and day != now.date().isoformat():
        begins = datetime.combine(date.fromisoformat(day), time(preferences.work_starts // 60))
    return Draft("", begins, begins + timedelta(minutes=preferences.event_minutes), timezone=viewer.timezone, reminders=reminders)


async def furniture(viewer: Viewer, raw: dict[str, Any], calendars: Sequence[Calendar], before: Draft | None, week_start: int) -> dict[str, Any]:
    """What the form offers. `before` is the event that is changed."""
    try:
        first = date.fromisoformat(raw["start_date"])
    except ValueError:
        first = now_of(viewer).date()
    kept = Rule.parse(before.rule) if before and before.rule else None
    emails = [email for email in raw.get("guests", []) if not email.startswith("team:")]
    names = await inviting.people_of(viewer, emails)
    guests = [
        {"value": email, "avatar": "", "account_id": None, "name": email, "is_optional": email in raw.get("optional", ()), **names.get(email, {})}
        for email in emails
    ]
    known = {one.url: one.name for one in before.attachments} if before else {}
    files = [(value, known.get(value, name)) for value, name in await attachments.names_of(viewer, raw.get("attachments", ()))]
    rooms = [{"id": one.id, "name": one.name, "hint": _room_hint(one)} for one in await Resource.bookable_by(viewer)]
    can_meet = bool((await ChatRules.of(viewer.org_id)).meetings)
    return {
        "raw": raw, "can_meet": can_meet, "guests": guests, "files": files, "calendar_hues": {one.id: one.hue for one in calendars},
        "rooms": rooms, "zones": offered_timezones(), "repeats": repeating.choices(first, kept),
        "month_choices": repeating.month_choices(first), "weekdays": repeating.weekdays(week_start), "reminder_choices": reminder_choices,
        "calendars": [(one.id, one.name if one.is_own else f"{one.name} · {one.owner_name}") for one in calendars if one.can_write and one.kind == "own"],
        "more_open": bool(raw["description"] or raw["show_as"] != "busy" or raw["visibility"] != "public" or files or raw["colour"] is not None),
    }


def _room_hint(resource: Resource) -> str:
    seats = ngettext("%(num)s seat", "%(num)s seats", resource.seats) % {"num": resource.seats} if resource.seats else ""
    return " · ".join(part for part in (seats, resource.place) if part)


def reminder_choices(current: str) -> list[tuple[str, str]]:
    """Reminders to choose from, and the one there is."""
    values = [f"{minutes}:push" for minutes in _MINUTES] + [f"{minutes}:{way}" for way in ("email", "chat") for minutes in _OTHER_WAYS]
    if current not in values and _is_minutes(current.partition(":")[0]):
        values.insert(0, current)
    return [(value, reminder_words(value)) for value in values]


def reminder_words(value: str) -> str:
    """A reminder in words, such as “10 minutes before, by email”."""
    minutes_text, _colon, way = value.partition(":")
    ways = {"push": "", "email": _("by email"), "chat": _("in chat")}
    said = before_words(int(minutes_text))
    return f"{said}, {ways[way]}" if ways.get(way) else said


def before_words(minutes: int) -> str:
    """How long before something."""
    if minutes == 0:
        return _("When it begins")
    if minutes < 0:
        return ngettext("%(num)s minute after the beginning", "%(num)s minutes after the beginning", -minutes) % {"num": -minutes}
    if minutes % (7 * 24 * 60) == 0:
        return ngettext("%(num)s week before", "%(num)s weeks before", minutes // (7 * 24 * 60)) % {"num": minutes // (7 * 24 * 60)}
    if minutes % (24 * 60) == 0:
        return ngettext("%(num)s day before", "%(num)s days before", minutes // (24 * 60)) % {"num": minutes // (24 * 60)}
    if minutes % 60 == 0:
        return ngettext("%(num)s hour before", "%(num)s hours before", minutes // 60) % {"num": minutes // 60}
    return ngettext("%(num)s minute before", "%(num)s minutes before", minutes) % {"num": minutes}


async def writable(viewer: Viewer) -> list[Calendar]:
    """The calendars that the viewer can put events into, the default one first."""
    return [one for one in await Calendar.all_for(viewer.account_id, viewer.org_id) if one.can_write and one.kind == "own"]



def changed_calendar(form: EventForm, event: Event) -> int | None:
    """The id of another calendar that the event is to go to, if one was chosen."""
    return form["calendar"] if form["calendar"] and form["calendar"] != event.calendar.id else None
