"""Messages about events between programs (RFC 5546), made from and applied to calendar objects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from app.lib.ical import Component, Property
from app.lib.numbers import whole

REQUEST, REPLY, CANCEL, COUNTER, DECLINECOUNTER, PUBLISH = "REQUEST", "REPLY", "CANCEL", "COUNTER", "DECLINECOUNTER", "PUBLISH"
PRODID = "-//Chalet//Calendar//EN"
PARTS = ("VEVENT", "VTODO", "VJOURNAL")
MANY = 500  # guests, beyond which they don't see each other
_UNSAID = frozenset({"DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE", "ATTENDEE", "ORGANIZER", "X-MOZ-GENERATION", "X-MOZ-LASTACK", "COLOR"})
_TIMES = ("DTSTART", "DTEND", "DURATION", "DUE", "RRULE", "RDATE", "EXDATE")


def address(line: Property) -> str:
    """The address of an ATTENDEE or ORGANIZER, in lower case."""
    value = line.value.strip()
    return value[7:].strip().lower() if value.lower().startswith("mailto:") else (line.param("EMAIL") or value).lower()


def method_of(message: Component) -> str:
    """What a message is, in capitals; empty where it is no message but a calendar."""
    return message.text("METHOD").strip().upper()


def guests_of(calendar: Component) -> dict[str, str]:
    """Everybody who is invited to something of an object, with the name."""
    return {address(line): line.param("CN") or "" for part in calendar.within(*PARTS) for line in part.all("ATTENDEE")}


def organiser_of(calendar: Component) -> str:
    """Who invites; empty when nobody does."""
    for part in calendar.within(*PARTS):
        line = part.find("ORGANIZER")
        if line is not None:
            return address(line)
    return ""


def for_guest(calendar: Component, email: str) -> Component | None:
    """What a guest may know: the series without the instances they aren't invited to, or only those they are. Alarms aren't theirs."""
    return Views(calendar).of(email)


class Views:
    """What each guest may know of an object. Guests who are invited to the same parts share the work; of very many, each sees only their own
    line and that of whoever invites."""

    def __init__(self, calendar: Component | None) -> None:
        self._calendar = calendar
        parts = calendar.within(*PARTS) if calendar is not None else []
        self._lines = [{address(line): line for line in part.all("ATTENDEE")} for part in parts]
        self._owner = organiser_of(calendar) if calendar is not None else ""
        self.is_large = len(set().union(*self._lines)) > MANY
        self._known: dict[tuple[bool, ...], Component] = {}

    def of(self, email: str) -> Component | None:
        """The view of one guest, to be changed at will; None for who isn't invited."""
        invited = tuple(email in lines for lines in self._lines)
        if not any(invited) or self._calendar is None:
            return None
        if invited not in self._known:
            self._known[invited] = self._made(self._calendar, invited)
        view = self._known[invited].copy()
        if self.is_large:
            own = [lines[email] for lines in self._lines if email in lines]
            for part, line in zip(view.within(*PARTS), own, strict=False):
                if email != self._owner:
                    part.add(line)
        return view

    def _made(self, calendar: Component, invited: tuple[bool, ...]) -> Component:
        view = calendar.copy()
        parts = view.within(*PARTS)
        main = next((part for part in parts if part.find("RECURRENCE-ID") is None), None)
        is_all = main is not None and invited[parts.index(main)]
        for part, is_invited in zip(parts, invited, strict=True):
            for alarm in part.within("VALARM"):
                part.remove_component(alarm)
            if self.is_large:
                part.items = [item for item in part.items if not _is_other_guest(item, self._owner)]
            if is_invited:
                continue
            view.remove_component(part)
            line = part.find("RECURRENCE-ID")
            if is_all and main is not None and line is not None:
                main.add(Property.make("EXDATE", line.value, [(name, values) for name, values in line.params if name != "RANGE"]))
        return view


def _is_other_guest(item: Property | Component, owner: str) -> bool:
    return isinstance(item, Property) and item.name == "ATTENDEE" and address(item) != owner


def says_the_same(one: Component, other: Component) -> bool:
    """Whether two views of an object tell a guest the same, whoever else comes."""
    return _said(one) == _said(other)


def moves(old: Component, new: Component) -> bool:
    """Whether an object takes place at other times, so that guests have to answer anew (RFC 6638 §3.2.8)."""
    return _times(old) != _times(new)


def request(calendar: Component) -> Component:
    """An invitation, or news of it."""
    return _message(calendar, REQUEST)


def cancel(calendar: Component, gone: Iterable[str] = ()) -> Component:
    """It doesn't take place, or not with these guests."""
    made = _message(calendar, CANCEL)
    for part in made.within(*PARTS):
        part.set(Property.make("SEQUENCE", str(number_of(part) + 1)))
        part.set(Property.make("STATUS", "CANCELLED"))
        wanted = set(gone)
        if wanted:
            lines = [line for line in part.all("ATTENDEE") if address(line) in wanted]
            part.remove("ATTENDEE")
            if lines:
                part.set(*lines)
    return made


def reply(calendar: Component, email: str, note: str = "", method: str = REPLY) -> Component:
    """What a guest answers, for each part of an object that invites them; a COUNTER says the times as well."""
    parts: list[Component] = []
    for part in calendar.within(*PARTS):
        mine = next((line for line in part.all("ATTENDEE") if address(line) == email), None)
        if mine is None:
            continue
        kept = [part.find(name) for name in ("UID", "RECURRENCE-ID", "SEQUENCE", "ORGANIZER", "DTSTART", "DTEND", "DURATION", "SUMMARY", "LOCATION")]
        lines: list[Property | Component] = [line for line in kept if line is not None]
        lines += [Property.make("DTSTAMP", f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"), mine.with_params(RSVP=None)]
        if note:
            lines.append(Property.of_text("COMMENT", note))
        parts.append(Component(part.name, lines))
    zones = calendar.within("VTIMEZONE")
    return Component("VCALENDAR", [
        Property.make("VERSION", "2.0"), Property.of_text("PRODID", PRODID), Property.make("METHOD", method), *zones, *parts,
    ])


def decline_counter(calendar: Component) -> Component:
    """It stays as it is, though a guest proposed otherwise."""
    return _message(calendar, DECLINECOUNTER)


def set_answer(calendar: Component, email: str, answer: str, recurrence_id: str | None = None, stamp: str = "") -> bool:
    """Write a guest's answer into an object: into all its parts, or that of one instance. Whether anything changed."""
    changed = False
    for part in calendar.within(*PARTS):
        line_id = part.find("RECURRENCE-ID")
        if recurrence_id is not None and (line_id is None or line_id.value != recurrence_id):
            continue
        for line in part.all("ATTENDEE"):
            if address(line) == email and (line.param("PARTSTAT") or "NEEDS-ACTION").upper() != answer:
                part.items[part.items.index(line)] = line.with_params(PARTSTAT=answer, RSVP=None, **({"X_CHALET_ANSWERED": stamp} if stamp else {}))
                changed = True
    return changed


def answers_of(calendar: Component, email: str) -> dict[str, str]:
    """A guest's answers by RECURRENCE-ID, empty for the whole."""
    found = {}
    for part in calendar.within(*PARTS):
        line_id = part.find("RECURRENCE-ID")
        for line in part.all("ATTENDEE"):
            if address(line) == email:
                found[line_id.value if line_id is not None else ""] = (line.param("PARTSTAT") or "NEEDS-ACTION").upper()
    return found


def keep_own(new: Component, mine: Component | None, email: str) -> None:
    """Let a guest's copy that is brought up to date keep what is the guest's own: alarms, whether it makes them busy, colour."""
    kept = {} if mine is None else {_id(part): part for part in mine.within(*PARTS)}
    for part in new.within(*PARTS):
        old = kept.get(_id(part)) or kept.get("")
        if old is None:
            continue
        for alarm in old.within("VALARM"):
            part.add(alarm.copy())
        for name in ("TRANSP", "COLOR", "CATEGORIES", "X-APPLE-TRAVEL-ADVISORY-BEHAVIOR", "X-MOZ-LASTACK"):
            lines = old.all(name)
            part.remove(name)
            if lines:
                part.set(*lines)


def keep_answers(calendar: Component, known: Component, except_for: str) -> None:
    """Take over what guests have answered, part by part, from a version of the same object."""
    parts = {_id(part): {address(line): line.param("PARTSTAT") for line in part.all("ATTENDEE")} for part in known.within(*PARTS)}
    for part in calendar.within(*PARTS):
        answers = parts.get(_id(part), {})
        for line in part.all("ATTENDEE"):
            said = answers.get(address(line))
            if said and address(line) != except_for and said != line.param("PARTSTAT"):
                part.items[part.items.index(line)] = line.with_params(PARTSTAT=said, RSVP=None)


def ask_anew(calendar: Component, except_for: str) -> None:
    """Let all guests but one be asked again."""
    for part in calendar.within(*PARTS):
        for line in part.all("ATTENDEE"):
            if address(line) != except_for and (line.param("PARTSTAT") or "NEEDS-ACTION").upper() != "NEEDS-ACTION":
                part.items[part.items.index(line)] = line.with_params(PARTSTAT="NEEDS-ACTION", RSVP="TRUE")


def sequence_of(calendar: Component) -> int:
    """The highest SEQUENCE."""
    return max((number_of(part) for part in calendar.within(*PARTS)), default=0)


def number_of(part: Component) -> int:
    """The SEQUENCE of a part; 0 where it says none, or what is no number."""
    return min(whole(part.value("SEQUENCE") or "") or 0, 2**53)


def _message(calendar: Component, method: str) -> Component:
    made = calendar.copy()
    made.remove("METHOD")
    made.items.insert(0, Property.make("METHOD", method))
    for part in made.within(*PARTS):
        for alarm in part.within("VALARM"):
            part.remove_component(alarm)
    return made


def _id(part: Component) -> str:
    line = part.find("RECURRENCE-ID")
    return line.value if line is not None else ""


def _said(calendar: Component) -> list[tuple[str, list[str]]]:
    return sorted(
        (_id(part), sorted(line.raw for line in part.properties if line.name not in _UNSAID)) for part in calendar.within(*PARTS)
    )


def _times(calendar: Component) -> list[tuple[str, list[str]]]:
    return sorted((_id(part), sorted(line.raw for name in _TIMES for line in part.all(name))) for part in calendar.within(*PARTS))
