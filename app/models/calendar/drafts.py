"""What a form has of an event, read from a component and written into it. Only lines whose meaning changes are written anew."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.lib import clock
from app.lib.i18n import _
from app.lib.ical import DATE, FLOATING, ZONED, Component, Property, When
from app.lib.ical.series import length_of, start_of, when_of
from app.lib.ical.timezones import written
from app.lib.ical.values import format_duration, instant_of, parse_duration, wall_of
from app.lib.ical.zones import Zones, iana_name
from app.lib.itip import number_of
from app.lib.numbers import whole
from app.lib.recurrence import Rule
from app.models.base import Refused
from app.models.calendar import attachments
from app.models.calendar.attachments import Attached
from app.models.calendar.indexing import address_of

BUSY, FREE, TENTATIVE, AWAY = "busy", "free", "tentative", "away"
PUSH, EMAIL, CHAT = "push", "email", "chat"
MOST_TITLE, MOST_LOCATION, MOST_DESCRIPTION, MOST_GUESTS = 500, 1000, 60_000, 10_000
_WAY = "X-CHALET-WAY"
_MINUTE = timedelta(minutes=1)
REQUIRED, OPTIONAL = "REQ-PARTICIPANT", "OPT-PARTICIPANT"


class DraftRefused(Refused):
    """The event can't be so; `field` is the one that says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody to be invited: INDIVIDUAL, ROOM (also things that are lent), GROUP."""

    email: str
    name: str = ""
    is_optional: bool = False
    kind: str = "INDIVIDUAL"
    answer: str = "NEEDS-ACTION"


@dataclass(frozen=True, slots=True)
class Reminder:
    """So many minutes before (after, when negative), by push, email or chat."""

    minutes: int
    way: str = PUSH


@dataclass(frozen=True, slots=True)
class Draft:
    """An event, or one instance of it. `start` and `end` are what the clock of `timezone` shows (of `end_timezone` for the end, if it is
    set); without a zone wherever one is. Whole days go from midnight to the midnight after the last one. `rule` is a RRULE."""

    title: str
    start: datetime
    end: datetime
    is_all_day: bool = False
    timezone: str = "UTC"
    end_timezone: str = ""
    location: str = ""
    description: str = ""
    meeting_url: str = ""
    guests: tuple[Guest, ...] = ()
    reminders: tuple[Reminder, ...] = ()
    rule: str = ""
    extra: tuple[datetime, ...] = ()
    colour: str = ""
    visibility: str = ""
    show_as: str = BUSY
    attachments: tuple[Attached, ...] = ()

    @property
    def length(self) -> timedelta:
        """How long it takes, in time."""
        return timedelta(milliseconds=self.end_instant - self.start_instant)

    @property
    def start_instant(self) -> int:
        """When it begins; of days and floating times as if in UTC."""
        return instant_of(self.start, zone_named(self.timezone, self.is_all_day))

    @property
    def end_instant(self) -> int:
        """When it ends."""
        return instant_of(self.end, zone_named(self.end_timezone or self.timezone, self.is_all_day))


def zone_named(name: str, is_all_day: bool = False) -> ZoneInfo | None:
    """The zone of a draft's name."""
    return None if is_all_day or not name or name == "UTC" else ZoneInfo(name)


def check_draft(draft: Draft) -> Draft:
    """The draft made sound. Raises `DraftRefused` with the field."""
    _check_lengths(draft)
    for field, name in (("timezone", draft.timezone), ("end_timezone", draft.end_timezone)):
        if name and iana_name(name) is None:
            raise DraftRefused(field, _("There is no time zone of this name."))
    if not 1600 <= draft.start.year <= 9990 or not 1600 <= draft.end.year <= 9990:
        raise DraftRefused("start", _("This date is too far away."))
    if draft.is_all_day:
        draft = replace(draft, start=datetime.combine(draft.start.date(), time()), end=datetime.combine(draft.end.date(), time()))
    if draft.end_instant < draft.start_instant or (draft.is_all_day and draft.end <= draft.start):
        raise DraftRefused("end", _("The end is before the beginning."))
    if draft.rule:
        draft = replace(draft, rule=_checked_rule(draft))
    if draft.meeting_url and not re.fullmatch(r"https?://[^\s<>\"]{3,2000}", draft.meeting_url):
        raise DraftRefused("meeting_url", _("This is no address of a web page."))
    if len(draft.attachments) > attachments.MOST:
        raise DraftRefused("attachments", _("An event can have at most %(most)s files.") % {"most": attachments.MOST})
    return replace(draft, title=" ".join(draft.title.split()), guests=_checked_guests(draft.guests), location=draft.location.strip())


def _check_lengths(draft: Draft) -> None:
    for field, most, message in (
        ("title", MOST_TITLE, _("This title is too long: at most %(most)s characters.")),
        ("location", MOST_LOCATION, _("This place is too long: at most %(most)s characters.")),
        ("description", MOST_DESCRIPTION, _("This description is too long: at most %(most)s characters.")),
    ):
        if len(getattr(draft, field)) > most:
            raise DraftRefused(field, message % {"most": most})


def _checked_rule(draft: Draft) -> str:
    try:
        rule = Rule.parse(draft.rule)
    except (ValueError, OverflowError):
        raise DraftRefused("rule", _("This repetition can’t be understood.")) from None
    if rule.until is not None:
        until = wall_of(instant_of(rule.until, UTC), zone_named(draft.timezone)) if rule.until_is_utc else rule.until
        if until < draft.start and not (rule.until_is_date and until.date() >= draft.start.date()):
            raise DraftRefused("rule", _("The repetition ends before it begins."))
    return str(fit_until(rule, draft))


def fit_until(rule: Rule, draft: Draft) -> Rule:
    """The rule with its UNTIL in the form that goes with the beginning (§3.3.10): a date, a clock's time, or UTC."""
    if rule.until is None:
        return rule
    zone = zone_named(draft.timezone)
    until = wall_of(instant_of(rule.until, UTC), zone) if rule.until_is_utc else rule.until
    if draft.is_all_day:
        return rule.with_changes(until=datetime.combine(until.date(), time(23, 59, 59)), until_is_date=True, until_is_utc=False)
    if not draft.timezone:
        return rule.with_changes(until=until, until_is_date=False, until_is_utc=False)
    return rule.with_changes(until=wall_of(instant_of(until, zone), None), until_is_date=False, until_is_utc=True)


def _checked_guests(guests: tuple[Guest, ...]) -> tuple[Guest, ...]:
    found: dict[str, Guest] = {}
    for guest in guests:
        email = guest.email.strip().lower()
        if not re.fullmatch(r"[^\s@<>\"',;:]{1,64}@[^\s@<>\"',;:]{1,190}", email):
            raise DraftRefused("guests", _("%(email)s isn’t an email address.") % {"email": guest.email[:80]})
        found.setdefault(email, replace(guest, email=email, name=" ".join(guest.name.split())[:200]))
    if len(found) > MOST_GUESTS:
        raise DraftRefused("guests", _("An event can have at most %(most)s guests.") % {"most": MOST_GUESTS})
    return tuple(found.values())


# -- reading


def draft_of(part: Component, zones: Zones) -> Draft:
    """What a component says."""
    start = start_of(part, zones) or When(wall_of(clock.now(), None))
    organiser = part.find("ORGANIZER")
    owner = address_of(organiser) if organiser is not None else ""
    end, end_timezone = _end_of(part, start, zones)
    return Draft(
        part.text("SUMMARY"), start.wall, end, start.is_date, _zone_name(start), end_timezone, part.text("LOCATION"), part.text("DESCRIPTION"),
        _meeting(part), tuple(_guest(line) for line in part.all("ATTENDEE") if address_of(line) != owner),
        tuple(one for alarm in part.within("VALARM") if (one := reminder_of(alarm)) is not None), part.value("RRULE") or "",
        tuple(when_of(value.partition("/")[0], line, zones).wall for line in part.all("RDATE") for value in line.value.split(",")),
        part.text("COLOR"), part.text("CLASS").upper() if part.text("CLASS").upper() != "PUBLIC" else "", _shown_as(part),
        tuple(_attached(line) for line in part.all("ATTACH") if (line.param("VALUE") or "").upper() != "BINARY"),
    )


def _zone_name(when: When) -> str:
    if when.kind != ZONED:
        return ""
    return "UTC" if when.tzid is None else str(iana_name(when.tzid) or getattr(when.zone, "key", "UTC"))


def _end_of(part: Component, start: When, zones: Zones) -> tuple[datetime, str]:
    line = part.find("DTEND") or (part.find("DUE") if part.name == "VTODO" else None)
    length = length_of(part, start, zones)
    if line is not None and start.kind == ZONED:
        end = when_of(line.value, line, zones)
        if end.kind == ZONED and end.instant >= start.instant and _zone_name(end) != _zone_name(start):
            return end.wall, _zone_name(end)
    if start.kind != ZONED or length.days:
        return start.wall + length.days + length.exact, ""
    return wall_of(start.instant + length.exact // timedelta(milliseconds=1), start.zone), ""


def _guest(line: Property) -> Guest:
    return Guest(
        address_of(line), line.param("CN") or "", (line.param("ROLE") or REQUIRED).upper() in (OPTIONAL, "NON-PARTICIPANT"),
        (line.param("CUTYPE") or "INDIVIDUAL").upper(), (line.param("PARTSTAT") or "NEEDS-ACTION").upper(),
    )


def _attached(line: Property) -> Attached:
    size = line.param("SIZE") or ""
    name = line.param("FILENAME") or line.param("X-FILENAME") or line.param("LABEL") or attachments.name_of_address(line.value)
    return Attached(name, line.value, line.param("FMTTYPE") or "", whole(size) or 0)


def reminder_of(alarm: Component) -> Reminder | None:
    """What an alarm is in a form: None where a form can't say it (at a time of day, from the end)."""
    trigger = alarm.find("TRIGGER")
    if trigger is None or trigger.param("VALUE") == "DATE-TIME" or (trigger.param("RELATED") or "START").upper() != "START":
        return None
    try:
        days, exact = parse_duration(trigger.value)
    except ValueError:
        return None
    way = (alarm.value(_WAY) or "").lower() or (EMAIL if (alarm.value("ACTION") or "").upper() == "EMAIL" else PUSH)
    return Reminder(-int((days + exact) // _MINUTE), way if way in (PUSH, EMAIL, CHAT) else PUSH)


def _shown_as(part: Component) -> str:
    if (part.value("TRANSP") or "").upper() == "TRANSPARENT":
        return FREE
    if (part.value("X-MICROSOFT-CDO-BUSYSTATUS") or "").upper() == "OOF":
        return AWAY
    return TENTATIVE if part.text("STATUS").upper() == "TENTATIVE" else BUSY


def _meeting(part: Component) -> str:
    found = part.find("CONFERENCE")
    if found is not None:
        return found.value
    url = part.text("URL")
    return url if url.startswith("http") else ""


# -- writing


def apply(calendar: Component, part: Component, draft: Draft, before: Draft, zones: Zones, *, with_rule: bool = True) -> None:
    """Write what differs between `before` (as `draft_of` read it) and `draft` into a component of a calendar."""
    for name, new, old in (("SUMMARY", draft.title, before.title), ("LOCATION", draft.location, before.location), ("COLOR", draft.colour, before.colour),
                           ("DESCRIPTION", draft.description, before.description), ("CLASS", draft.visibility, before.visibility)):
        if new != old:
            part.set_text(name, new)
            if name == "DESCRIPTION":
                part.remove("X-ALT-DESC")
    _apply_times(calendar, part, draft, before, zones)
    if draft.meeting_url != before.meeting_url:
        _apply_meeting(part, draft, before)
    if draft.show_as != before.show_as:
        _apply_shown(part, draft.show_as)
    if draft.guests != before.guests:
        _apply_guests(part, draft.guests)
    if draft.reminders != before.reminders:
        _apply_reminders(part, draft)
    if draft.attachments != before.attachments:
        _apply_attachments(part, draft)
    if with_rule:
        _apply_rule(part, draft, before)


def _apply_meeting(part: Component, draft: Draft, before: Draft) -> None:
    part.remove("CONFERENCE", *(["URL"] if part.text("URL") == before.meeting_url else []))
    if draft.meeting_url:
        part.add(Property.make("CONFERENCE", draft.meeting_url, [("VALUE", "URI"), ("FEATURE", ["VIDEO", "AUDIO"])]))


def _apply_attachments(part: Component, draft: Draft) -> None:
    kept = {line.value: line for line in part.all("ATTACH")}
    binary = [line for line in part.all("ATTACH") if (line.param("VALUE") or "").upper() == "BINARY"]
    lines = [*binary, *(kept.get(one.url) or attach_line(one) for one in draft.attachments)]
    part.remove("ATTACH")
    if lines:
        part.set(*lines)


def attach_line(one: Attached) -> Property:
    """A line that names a file: FILENAME and SIZE are what programs show of it, by MANAGED-ID they change it (RFC 8607 §4)."""
    token = attachments.token_of(one.url)
    params: list[tuple[str, str | list[str]]] = [("MANAGED-ID", token)] if token else []
    params += [("FILENAME", one.name)] if one.name else []
    params += [("FMTTYPE", one.media_type)] if one.media_type else []
    params += [("SIZE", str(one.size))] if one.size else []
    return Property.make("ATTACH", one.url, params)


def new_event(uid: str, draft: Draft, organiser: tuple[str, str] | None = None) -> Component:
    """A calendar with a new event; `organiser` is the address and name of who invites."""
    part = Component("VEVENT", [Property.of_text("UID", uid)])
    stamp(part, is_new=True)
    calendar = Component("VCALENDAR", [Property.make("VERSION", "2.0"), Property.of_text("PRODID", "-//Chalet//Calendar//EN"), part])
    empty = Draft("", datetime(1, 1, 1), datetime(1, 1, 1))
    apply(calendar, part, draft, empty, Zones(calendar))
    if draft.guests and organiser is not None:
        set_organiser(part, *organiser)
    return calendar


def set_organiser(part: Component, email: str, name: str) -> None:
    """Say who invites, and that they come."""
    part.set(Property.make("ORGANIZER", f"mailto:{email}", [("CN", name)]))
    if not any(address_of(line) == email for line in part.all("ATTENDEE")):
        part.items.insert(
            part.items.index(part.find("ORGANIZER") or part.items[-1]) + 1,
            Property.make("ATTENDEE", f"mailto:{email}", [("CN", name), ("PARTSTAT", "ACCEPTED"), ("ROLE", "CHAIR")]),
        )


def stamp(part: Component, *, is_new: bool = False, raises_sequence: bool = False) -> None:
    """Note that it was changed now, and that guests have to look at it anew (RFC 5546 §2.1.4)."""
    now = f"{datetime.fromtimestamp(clock.now() / 1000, UTC):%Y%m%dT%H%M%SZ}"
    part.set(Property.make("DTSTAMP", now))
    part.set(Property.make("LAST-MODIFIED", now))
    if is_new:
        part.set(Property.make("CREATED", now))
    if is_new or raises_sequence:
        part.set(Property.make("SEQUENCE", "0" if is_new else str(number_of(part) + 1)))


def when_in(draft_wall: datetime, is_all_day: bool, timezone: str) -> When:
    """A draft's time as it stands in a file."""
    if is_all_day:
        return When(datetime.combine(draft_wall.date(), time()), DATE, None)
    if not timezone:
        return When(draft_wall, FLOATING, None)
    return When(draft_wall, ZONED, UTC) if timezone == "UTC" else When(draft_wall, ZONED, ZoneInfo(timezone), timezone)


def _apply_times(calendar: Component, part: Component, draft: Draft, before: Draft, zones: Zones) -> None:
    times = ("start", "end", "is_all_day", "timezone", "end_timezone")
    if all(getattr(draft, name) == getattr(before, name) for name in times):
        return
    old = start_of(part, zones)
    same_form = old is not None and draft.is_all_day == before.is_all_day and draft.timezone == before.timezone
    start = old.at(draft.start) if old is not None and same_form else when_in(draft.start, draft.is_all_day, draft.timezone)
    end_name = "DUE" if part.name == "VTODO" else "DTEND"
    end = when_in(draft.end, draft.is_all_day, draft.end_timezone) if draft.end_timezone else start.at(draft.end)
    part.set(Property.make("DTSTART", start.value(), start.params()))
    part.remove("DURATION")
    part.set(Property.make(end_name, end.value(), end.params()))
    for when in (start, end):
        add_timezone(calendar, when)


def add_timezone(calendar: Component, when: When) -> None:
    """The VTIMEZONE of a time, unless the calendar has it."""
    if when.kind != ZONED or when.tzid is None or any(zone.text("TZID") == when.tzid for zone in calendar.within("VTIMEZONE")):
        return
    from app.lib.ical import parse

    try:
        text = written(when.tzid, max(1970, min(when.wall.year, 2037)))
    except LookupError:
        return
    place = next((at for at, item in enumerate(calendar.items) if isinstance(item, Component)), len(calendar.items))
    calendar.items.insert(place, parse(text, "VTIMEZONE"))


def _apply_shown(part: Component, show_as: str) -> None:
    part.remove("TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS")
    if show_as == FREE:
        part.set(Property.make("TRANSP", "TRANSPARENT"))
    if show_as == AWAY:
        part.set(Property.make("X-MICROSOFT-CDO-BUSYSTATUS", "OOF"))
    if show_as == TENTATIVE:
        part.set(Property.make("STATUS", "TENTATIVE"))
    elif part.text("STATUS").upper() == "TENTATIVE":
        part.set(Property.make("STATUS", "CONFIRMED"))


def _apply_guests(part: Component, guests: tuple[Guest, ...]) -> None:
    """Who stays keeps the line as it is, with the answer; who is invited again after having been away is asked anew."""
    organiser = part.find("ORGANIZER")
    owner = address_of(organiser) if organiser is not None else ""
    kept = {address_of(line): line for line in part.all("ATTENDEE")}
    lines = [kept[owner]] if owner in kept else []
    for guest in guests:
        line = kept.get(guest.email)
        role = OPTIONAL if guest.is_optional else REQUIRED
        if line is not None and ((line.param("ROLE") or REQUIRED).upper() in (OPTIONAL, "NON-PARTICIPANT")) == guest.is_optional:
            lines.append(line if line.param("PARTSTAT") == guest.answer or guest.answer == "NEEDS-ACTION" else line.with_params(PARTSTAT=guest.answer))
        elif line is not None:
            lines.append(line.with_params(ROLE=role))
        else:
            params: list[tuple[str, str | list[str]]] = [("CN", guest.name)] if guest.name else []
            params += [("CUTYPE", guest.kind)] if guest.kind != "INDIVIDUAL" else []
            asked: list[tuple[str, str | list[str]]] = [("RSVP", "TRUE")] if guest.answer == "NEEDS-ACTION" else []
            lines.append(Property.make("ATTENDEE", f"mailto:{guest.email}", [*params, ("ROLE", role), ("PARTSTAT", guest.answer), *asked]))
    part.remove("ATTENDEE")
    if lines:
        part.set(*lines)


def _apply_reminders(part: Component, draft: Draft) -> None:
    """Alarms that a form can't say stay."""
    wanted = list(dict.fromkeys(draft.reminders))
    for alarm in part.within("VALARM"):
        said = reminder_of(alarm)
        if said in wanted:
            wanted.remove(said)
        elif said is not None:
            part.remove_component(alarm)
    for one in wanted:
        part.add(alarm_of(one, draft.title))


def alarm_of(reminder: Reminder, title: str) -> Component:
    """An alarm as programs understand it; by chat is a remark of ours beside an alarm that shows."""
    lines: list[Property | Component] = [
        Property.make("ACTION", "EMAIL" if reminder.way == EMAIL else "DISPLAY"), Property.make("TRIGGER", format_duration(-reminder.minutes * _MINUTE)),
        Property.of_text("DESCRIPTION", title or "-"),
    ]
    if reminder.way == EMAIL:
        lines.append(Property.of_text("SUMMARY", title or "-"))
    if reminder.way == CHAT:
        lines.append(Property.make(_WAY, CHAT))
    return Component("VALARM", lines)


def _apply_rule(part: Component, draft: Draft, before: Draft) -> None:
    if draft.rule != before.rule:
        part.remove("RRULE", "EXRULE")
        if draft.rule:
            part.set(Property.make("RRULE", draft.rule))
        elif not draft.extra:
            part.remove("RDATE", "EXDATE")
    if draft.extra != before.extra:
        part.remove("RDATE")
        if draft.extra:
            whens = [when_in(wall, draft.is_all_day, draft.timezone) for wall in draft.extra]
            part.set(Property.make("RDATE", ",".join(one.value() for one in whens), whens[0].params()))
