"""What is known of a calendar object without reading its text again: columns, instances, guests.

Instances are kept for a span around now. An object that recurs further, or too often, is worked out when somebody looks there.
They are found by their start: those of at most a day from a day before the span that is looked at, longer ones from 40 days before,
and the few that are longer still are all looked at (`reach` 0, 1, 2).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from app.lib import clock
from app.lib.i18n import _
from app.lib.ical import DATE, FLOATING, Component, Malformed, Property, parse
from app.lib.ical.series import ENDLESS, Instance, Series, when_of
from app.lib.ical.values import parse_duration
from app.lib.ical.zones import Zones, iana_name
from app.models.base import Refused
from app.models.calendar.tables import MOST_TEXT, MOST_UID

BEFORE, AFTER = 400 * clock.DAY, 800 * clock.DAY
MOST_INSTANCES = 750  # kept of one object
MOST_OBJECT = 10 * 1024 * 1024  # octets
MOST_GUESTS = 20_000
SHORT, LONG = clock.DAY + 2 * clock.HOUR, 40 * clock.DAY
FREE, IS_BUSY, TENTATIVE, AWAY = 0, 1, 2, 3
_KINDS = {"zoned": 0, FLOATING: 1, DATE: 2}
KIND_NAMES = ("zoned", FLOATING, DATE)
_AWAY = {"OOF": AWAY, "FREE": FREE, "TENTATIVE": TENTATIVE, "BUSY": IS_BUSY, "WORKINGELSEWHERE": FREE}
COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")
_MEETING = re.compile(r"https://[^\s<>\"\\]*(?:meet|zoom|teams|webex|jitsi|whereby|bigbluebutton|call)[^\s<>\"\\]*", re.IGNORECASE)
_KEPT_SERIES = 2_000


class ObjectRefused(Refused):
    """A calendar object can't be kept; the text says why. `condition` names it as RFC 4791 §5.3.2.1 does."""

    def __init__(self, message: str, condition: str = "valid-calendar-data") -> None:
        super().__init__(message)
        self.condition = condition


@dataclass(slots=True)
class Guest:
    """An ATTENDEE, as it stands."""

    email: str
    name: str
    kind: str
    role: str
    answer: str
    key: str = ""


@dataclass(slots=True)
class Digest:
    """What a calendar object comes to: the columns of its row, its guests, and its instances."""

    calendar: Component
    series: Series | None
    columns: dict[str, Any]
    instances: list[tuple[int, int, int, int, int, str]]  # reach, starts, ends, kind, busy, key
    guests: list[Guest]
    words: str
    problems: list[str] = field(default_factory=list)


def check(text: str | bytes) -> Component:
    """The object of a text that may be kept: one UID, components of one kind. Raises `ObjectRefused`."""
    if len(text) > MOST_OBJECT:
        raise ObjectRefused(_("This is too large: at most %(most)s MB.") % {"most": MOST_OBJECT // 1024 // 1024}, "max-resource-size")
    try:
        calendar = parse(text)
    except Malformed as error:
        raise ObjectRefused(_("This is no iCalendar object: %(why)s.") % {"why": str(error)}) from None
    parts = calendar.within(*COMPONENTS)
    if not parts:
        named = [part.name for part in calendar.components if part.name != "VTIMEZONE"]
        raise ObjectRefused(
            _("There is no event or task in it."), "supported-calendar-component" if named else "valid-calendar-object-resource"
        )
    if len({part.name for part in parts}) > 1 or len({part.text("UID") for part in parts}) > 1:
        raise ObjectRefused(_("There are several events or tasks in it."), "valid-calendar-object-resource")
    if calendar.find("METHOD") is not None:
        raise ObjectRefused(_("This is a message about an event (METHOD), not an event."), "valid-calendar-object-resource")
    if not 0 < len(parts[0].text("UID")) <= MOST_UID:
        raise ObjectRefused(_("It has no UID, or one that is too long."), "valid-calendar-object-resource")
    if sum(part.find("RECURRENCE-ID") is None for part in parts) > 1:
        raise ObjectRefused(_("The event is in it twice."), "valid-calendar-object-resource")
    return calendar


def digest(calendar: Component, default_zone: str = "UTC", owner: str = "", now: int | None = None) -> Digest:
    """The index of an object. `owner` is the address of whose calendar it is in: what they declined doesn't make them busy.

    Raises `ObjectRefused` when its times can't be read.
    """
    try:
        series = Series.of(calendar, zone_of(default_zone))
    except (ValueError, OverflowError) as error:
        raise ObjectRefused(_("Its time can’t be read: %(why)s.") % {"why": str(error)}) from None
    parts = calendar.within(*COMPONENTS)
    main = next((part for part in parts if part.find("RECURRENCE-ID") is None), parts[0])
    guests = _guests(parts, series)
    columns = _columns(main, parts, guests)
    _check_times(parts, columns)
    span = _span(series, clock.now() if now is None else now)
    columns |= {
        "recurs": int(series is not None and series.recurs), "first_start": series.first_start() if series else None,
        "last_end": _last(series), "expanded_from": span[1], "expanded_until": span[2],
        "stand_ins": _stand_ins(main, parts, series), "due_at": _due(main, series),
    }
    rows = [_row(one, busy_of(one.component, owner)) for one in span[0]]
    return Digest(calendar, series, columns, rows, guests, _words(parts), [*calendar.repairs, *(series.problems if series else [])])


def zone_of(name: str) -> tzinfo:
    """The zone of a name of ours; UTC for an unknown one."""
    known = iana_name(name)
    return UTC if known in (None, "UTC") else ZoneInfo(known)


_series: OrderedDict[tuple[int, str], Series | None] = OrderedDict()


def series_of(object_id: int, etag: str, text: str, default_zone: str) -> Series | None:
    """The series of a stored object, kept in this process."""
    key = (object_id, f"{etag} {default_zone}")
    if key in _series:
        _series.move_to_end(key)
        return _series[key]
    made = _series[key] = Series.of(parse(text), zone_of(default_zone))
    if len(_series) > _KEPT_SERIES:
        _series.popitem(last=False)
    return made


def busy_of(part: Component, owner: str = "") -> int:
    """FREE, IS_BUSY, TENTATIVE or AWAY."""
    if part.name != "VEVENT" or part.text("STATUS").upper() == "CANCELLED":
        return FREE
    if (part.value("TRANSP") or "").upper() == "TRANSPARENT":
        return FREE
    answer = _own_answer(part, owner) if owner else ""
    if answer == "DECLINED":
        return FREE
    shown = (part.value("X-MICROSOFT-CDO-BUSYSTATUS") or "").upper()
    if shown == "OOF":
        return AWAY
    if part.text("STATUS").upper() == "TENTATIVE" or answer in ("NEEDS-ACTION", "TENTATIVE"):
        return TENTATIVE
    return _AWAY.get(shown, IS_BUSY) or IS_BUSY


def address_of(line: Property) -> str:
    """The address of an ATTENDEE or ORGANIZER, in lower case."""
    value = line.value.strip()
    if value.lower().startswith("mailto:"):
        return value[7:].strip().lower()
    given = line.param("EMAIL")
    return given.lower() if given else value.lower()


def reach_of(starts: int, ends: int) -> int:
    """In which of the three groups an instance is looked for."""
    return 0 if ends - starts <= SHORT else 1 if ends - starts <= LONG else 2


def _own_answer(part: Component, owner: str) -> str:
    for line in part.all("ATTENDEE"):
        if address_of(line) == owner:
            return (line.param("PARTSTAT") or "NEEDS-ACTION").upper()
    return ""


def _columns(main: Component, parts: list[Component], guests: list[Guest]) -> dict[str, Any]:
    organiser = main.find("ORGANIZER")
    return {
        "uid": main.text("UID"), "component": main.name, "summary": main.text("SUMMARY")[:MOST_TEXT], "location": main.text("LOCATION")[:MOST_TEXT],
        "status": main.text("STATUS").upper()[:16], "visibility": main.text("CLASS").upper()[:16], "colour": main.text("COLOR")[:24],
        "organiser": address_of(organiser)[:254] if organiser is not None else "", "guest_count": len({guest.email for guest in guests}),
        "sequence": _number(main.value("SEQUENCE")), "has_alarms": int(any(part.within("VALARM") for part in parts)),
        "meeting_url": _meeting_url(main)[:MOST_TEXT], "completed_at": _completed(main),
    }


def _check_times(parts: list[Component], columns: dict[str, Any]) -> None:
    if columns["component"] == "VEVENT" and any(part.find("DTSTART") is None for part in parts):
        raise ObjectRefused(_("The event has no beginning."))
    if columns["guest_count"] > MOST_GUESTS:
        raise ObjectRefused(_("An event can have at most %(most)s guests.") % {"most": MOST_GUESTS}, "max-attendees-per-instance")


def _span(series: Series | None, now: int) -> tuple[list[Instance], int, int]:
    """The instances to be kept, and from when until when they are all of them."""
    if series is None or not series.recurs:
        return ([] if series is None else series.between(-ENDLESS, ENDLESS, 1)), -ENDLESS, ENDLESS
    if not series.is_endless:
        every = series.between(-ENDLESS, ENDLESS, MOST_INSTANCES + 1)
        if len(every) <= MOST_INSTANCES:
            return every, -ENDLESS, ENDLESS
    since, until = now - BEFORE, now + AFTER
    some = series.between(since, until, MOST_INSTANCES + 1)
    if len(some) > MOST_INSTANCES:
        until = some[MOST_INSTANCES].start
        some = [one for one in some[:MOST_INSTANCES] if one.start < until]
    return some, since, until


def _last(series: Series | None) -> int | None:
    return None if series is None else series.last_end()


def _row(one: Instance, busy: int) -> tuple[int, int, int, int, int, str]:
    return reach_of(one.start, one.end), one.start, one.end, _KINDS[one.kind], busy, one.key


def _guests(parts: list[Component], series: Series | None) -> list[Guest]:
    found: dict[tuple[str, str], Guest] = {}
    for part in parts:
        line_id = part.find("RECURRENCE-ID")
        key = "" if line_id is None or series is None else _key(line_id, series)
        for line in part.all("ATTENDEE"):
            email = address_of(line)[:254]
            if email and (key, email) not in found:
                found[key, email] = Guest(
                    email, (line.param("CN") or "")[:200], (line.param("CUTYPE") or "INDIVIDUAL").upper()[:12],
                    (line.param("ROLE") or "REQ-PARTICIPANT").upper()[:20], (line.param("PARTSTAT") or "NEEDS-ACTION").upper()[:16], key,
                )
    return list(found.values())


def _key(line: Property, series: Series) -> str:
    try:
        when = when_of(line.value, line, series.zones)
    except ValueError:
        return line.value[:20]
    at = series._instant_of_id(when)
    return series.key_of_instant(at)


def _stand_ins(main: Component, parts: list[Component], series: Series | None) -> str:
    """What instances of their own say otherwise than the rest, by key."""
    if series is None:
        return ""
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        line = part.find("RECURRENCE-ID")
        if part is main or line is None:
            continue
        other: dict[str, Any] = {
            "summary": part.text("SUMMARY")[:MOST_TEXT], "location": part.text("LOCATION")[:MOST_TEXT], "status": part.text("STATUS").upper()[:16],
            "colour": part.text("COLOR")[:24], "meeting_url": _meeting_url(part)[:MOST_TEXT],
        }
        if (line.param("RANGE") or "").upper() == "THISANDFUTURE":
            other["onwards"] = True
        found[_key(line, series)] = other
    return msgspec.json.encode(found).decode() if found else ""


def _words(parts: list[Component]) -> str:
    words = dict.fromkeys(part.text(name) for part in parts[:50] for name in ("LOCATION", "DESCRIPTION", "COMMENT"))
    names = dict.fromkeys(line.param("CN") or "" for line in parts[0].all("ATTENDEE")[:50])
    return "\n".join(word for word in (*words, *names) if word)[:20_000]


def _meeting_url(part: Component) -> str:
    for name in ("CONFERENCE", "X-GOOGLE-CONFERENCE", "X-MICROSOFT-SKYPETEAMSMEETINGURL"):
        given = part.text(name)
        if given.startswith("https://"):
            return given
    for name in ("URL", "LOCATION", "DESCRIPTION"):
        if found := _MEETING.search(part.text(name)):
            return found[0]
    return ""


def _due(main: Component, series: Series | None) -> int | None:
    line = main.find("DUE")
    if main.name != "VTODO" or line is None or series is None:
        if main.name == "VTODO" and series is not None and (duration := main.value("DURATION")):
            try:
                return series.first.instant + sum(int(part.total_seconds()) for part in parse_duration(duration)) * 1000
            except ValueError:
                return None
        return None
    try:
        return when_of(line.value, line, series.zones).instant
    except ValueError:
        return None


def _completed(main: Component) -> int | None:
    if main.name != "VTODO":
        return None
    line = main.find("COMPLETED")
    if line is None:
        return clock.now() if main.text("STATUS").upper() == "COMPLETED" else None
    try:
        return when_of(line.value, line, Zones()).instant
    except ValueError:
        return None


def _number(value: str | None) -> int:
    return int(value) if value and re.fullmatch(r"\d{1,9}", value.strip()) else 0


def midnight(instant: int) -> datetime:
    """The day that an instant of a whole day stands for."""
    return datetime.combine(datetime.fromtimestamp(instant / 1000, UTC).date(), time())
