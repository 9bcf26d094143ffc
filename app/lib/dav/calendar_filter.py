"""CALDAV:filter (RFC 4791 §9.7): which calendar objects match. What an index answers is told apart, so that few texts are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from app.lib.dav.card_filter import COLLATIONS, ParamFilter, TextMatch, folding
from app.lib.dav.names import cal
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, children, text
from app.lib.ical import DATE, ZONED, Component, Property
from app.lib.ical.series import ENDLESS, Instance, Series, when_of
from app.lib.ical.values import instant_of, parse_date_time, parse_duration, wall_of
from app.lib.ical.zones import Zones

MOST_CONDITIONS = 100
_STORED = ("VEVENT", "VTODO", "VJOURNAL")
_PLAIN = re.compile(r"[A-Za-z0-9 @.+_-]{2,200}")
_ANYWHERE = 15 * 3_600_000  # how far a floating time may be from UTC's
_DAY = 86_400_000
_FOLDED = re.compile(r"\r?\n[ \t]")


@dataclass(frozen=True, slots=True)
class Span:
    """A time-range: milliseconds, None for an open end."""

    since: int | None
    until: int | None

    @property
    def low(self) -> int:
        """The beginning."""
        return -ENDLESS if self.since is None else self.since

    @property
    def high(self) -> int:
        """The end, exclusive."""
        return ENDLESS if self.until is None else self.until

    def has(self, instant: int) -> bool:
        """Whether an instant is in it."""
        return self.low <= instant < self.high

    def touches(self, start: int, end: int) -> bool:
        """Whether something that takes so long takes place in it."""
        return start < self.high and (end > self.low or start == end >= self.low)


@dataclass(frozen=True, slots=True)
class PropFilter:
    """What a property has to be (§9.7.2)."""

    name: str
    is_absent: bool
    span: Span | None
    match: TextMatch | None
    params: tuple[ParamFilter, ...]

    def holds(self, part: Component, looked: Looked) -> bool:
        """Whether some line of the property is so, or there is none where none is wanted."""
        lines = part.all(self.name)
        if self.is_absent or not lines:
            return self.is_absent and not lines
        return any(self._line_holds(line, looked) for line in lines)

    def _line_holds(self, line: Property, looked: Looked) -> bool:
        if self.span is not None and not any(self.span.has(at) for at in looked.instants_of(line)):
            return False
        if self.match is not None and not self.match.holds([line.text]):
            return False
        given = dict(line.params) if self.params else {}
        return all(one.holds(given.get(one.name, [])) for one in self.params)


@dataclass(frozen=True, slots=True)
class CompFilter:
    """What a component has to be (§9.7.1)."""

    name: str
    is_absent: bool
    span: Span | None
    props: tuple[PropFilter, ...]
    comps: tuple[CompFilter, ...]

    def holds(self, scope: list[Component], parent: Component | None, looked: Looked) -> bool:
        """Whether one of these components is so, or there is none where none is wanted."""
        found = [one for one in scope if one.name == self.name]
        if self.is_absent:
            return not found
        return any(self._one_holds(one, parent, looked) for one in found)

    def _one_holds(self, part: Component, parent: Component | None, looked: Looked) -> bool:
        if self.span is not None and not looked.touches(part, parent, self.span):
            return False
        if not all(one.holds(part, looked) for one in self.props):
            return False
        return all(one.holds(list(part.components), part, looked) for one in self.comps)

    def size(self) -> int:
        """How many conditions there are."""
        return 1 + len(self.props) + sum(len(one.params) for one in self.props) + sum(one.size() for one in self.comps)


class CalendarFilter:
    """A whole filter.

    `component` is the one kind of objects that can match, None for all; `span` what of it the index answers; `uid` is a part of the UID
    that they have; `is_indexed`: component and span are all there is to it.
    """

    def __init__(self, root: CompFilter) -> None:
        self.root = root
        wanted = [one for one in root.comps if not one.is_absent]
        inner = wanted[0] if len(wanted) == 1 and wanted[0].name in _STORED else None
        self.component = inner.name if inner else None
        self.span = inner.span if inner and inner.name == "VEVENT" else None
        plain = [(one.name, one.match.sought) for one in (inner.props if inner else ()) if one.match is not None and _is_plain(one.match)]
        self.needles = [sought.casefold() for _name, sought in plain]
        self.uid = next((sought for name, sought in plain if name == "UID"), None)
        rest = root.props or len(root.comps) > 1 or (inner and (inner.props or inner.comps or (inner.span and self.span is None)))
        self.is_indexed = not rest and (inner is not None or not root.comps)
        self.wants_alarms = bool(inner) and any(one.name == "VALARM" and not one.is_absent for one in (inner.comps if inner else ()))

    @classmethod
    def read(cls, element: Element | None) -> CalendarFilter:
        """From XML. Raises `Problem` (403) with valid-filter, supported-filter or supported-collation."""
        found = [] if element is None else list(children(element))
        if len(found) != 1 or found[0].tag != cal("comp-filter") or (found[0].get("name") or "").upper() != "VCALENDAR":
            raise invalid()
        root = _comp_filter(found[0], 0)
        if root.size() > MOST_CONDITIONS:
            raise Problem(403, cal("supported-filter"))
        return cls(root)

    def may_hold(self, ics: str) -> bool:
        """Whether it is worth reading this text: the words that are looked for are in it, or could be behind an escape."""
        if not self.needles:
            return True
        low = (_FOLDED.sub("", ics) if "\n " in ics or "\n\t" in ics else ics).casefold()
        return all(needle in low for needle in self.needles)

    def holds(self, calendar: Component, series: Series | None, zone: tzinfo) -> bool:
        """Whether an object matches. Dates and floating times are read in `zone`."""
        return self.root.holds([calendar], None, Looked(series, zone))


class Looked:
    """One object that is looked at."""

    def __init__(self, series: Series | None, zone: tzinfo) -> None:
        self.series, self.zone = series, zone

    def touches(self, part: Component, parent: Component | None, span: Span) -> bool:
        """Whether a component takes place in a span, by the table for its kind (§9.9)."""
        if part.name == "VTODO":
            return self._task_touches(part, span)
        if part.name == "VALARM":
            return parent is not None and self._rings(part, parent, span)
        longer = _DAY if part.name == "VJOURNAL" and self.series is not None and self.series.first.kind == DATE else 0
        return any(span.touches(start, end + longer) for start, end in self._times(part, span.low - longer, span.high))

    def _times(self, part: Component, since: int, until: int) -> Iterator[tuple[int, int]]:
        if self.series is None:
            return
        wide = 0 if self.series.first.kind == ZONED else _ANYWHERE
        for one in self.series.between(since - wide, until + wide):
            if one.component is part:
                yield self._real(one)

    def _real(self, one: Instance) -> tuple[int, int]:
        if one.kind == ZONED:
            return one.start, one.end
        return instant_of(wall_of(one.start, None), self.zone), instant_of(wall_of(one.end, None), self.zone)

    def _task_touches(self, part: Component, span: Span) -> bool:
        low, high = span.low, span.high
        if part.find("DTSTART") is not None or part.find("DUE") is not None:
            meets = _how_a_task_meets(part)
            return any(meets(start, end, low, high) for start, end in self._times(part, low - 1000, high + 1000))
        completed, created = self._instant(part, "COMPLETED"), self._instant(part, "CREATED")
        if completed is not None and created is not None:
            return (low <= created or low <= completed) and (high >= created or high >= completed)
        if completed is not None:
            return low <= completed <= high
        return created is None or high > created

    def _rings(self, alarm: Component, parent: Component, span: Span) -> bool:
        line = alarm.find("TRIGGER")
        if line is None:
            return False
        repeats = [0]
        try:
            if (count := alarm.value("REPEAT")) and (pause := alarm.value("DURATION")):
                repeats += [number * _exact(pause) for number in range(1, min(int(count), 100) + 1)]
            if line.param("VALUE") == "DATE-TIME":
                at = instant_of(parse_date_time(line.value)[0], UTC)
                return any(span.has(at + later) for later in repeats)
            offset = _exact(line.value)
        except ValueError:
            return False
        at_end = (line.param("RELATED") or "").upper() == "END"
        for start, end in self._times(parent, span.low - offset - repeats[-1] - _DAY, span.high - offset + _DAY):
            if any(span.has((end if at_end else start) + offset + later) for later in repeats):
                return True
        return False

    def _instant(self, part: Component, name: str) -> int | None:
        line = part.find(name)
        return next(iter(self.instants_of(line)), None) if line is not None else None

    def instants_of(self, line: Property) -> list[int]:
        """The instants that a property tells; none where it is no time."""
        found = []
        for value in line.value.split(","):
            try:
                when = when_of(value.partition("/")[0], line, self.series.zones if self.series else Zones())
            except ValueError:
                continue
            found.append(when.instant if when.kind == ZONED else instant_of(when.wall, self.zone))
        return found


def _how_a_task_meets(part: Component) -> Callable[[int, int, int, int], bool]:
    """From the start and end of an instance, and of a span, to whether they meet: the rows of §9.9's table for a task with a time."""
    if part.find("DTSTART") is None:
        return lambda start, end, low, high: low < end <= high
    if part.find("DUE") is not None:
        return lambda start, end, low, high: (low < end or low <= start) and (high > start or high >= end)
    if part.find("DURATION") is not None:
        return lambda start, end, low, high: low <= end and (high > start or high >= end)
    return lambda start, end, low, high: low <= start < high


def _exact(duration: str) -> int:
    return sum(part // timedelta(milliseconds=1) for part in parse_duration(duration))


def invalid() -> Problem:
    """A filter that isn't one."""
    return Problem(403, cal("valid-filter"))


def span_of(element: Element) -> Span:
    """The span of a time-range, or of expand and its like. Raises `Problem` (403)."""
    since, until = _instant(element.get("start")), _instant(element.get("end"))
    if (since is None and until is None) or (since is not None and until is not None and until <= since):
        raise invalid()
    return Span(since, until)


def _instant(value: str | None) -> int | None:
    if value is None:
        return None
    try:
        wall, is_utc = parse_date_time(value)
    except ValueError:
        raise invalid() from None
    if not is_utc:
        raise invalid()
    return instant_of(wall if wall > datetime(1, 1, 3) else datetime(1, 1, 3), None)


def _is_plain(match: TextMatch) -> bool:
    return not match.is_negated and bool(_PLAIN.fullmatch(match.sought))


def _comp_filter(element: Element, depth: int) -> CompFilter:
    name = (element.get("name") or "").strip().upper()
    if not name or depth > 4:
        raise invalid()
    inner = list(children(element))
    is_absent = any(one.tag == cal("is-not-defined") for one in inner)
    spans = [span_of(one) for one in inner if one.tag == cal("time-range")]
    if (is_absent and len(inner) > 1) or len(spans) > 1 or (spans and depth == 0):
        raise invalid()
    return CompFilter(
        name, is_absent, spans[0] if spans else None, tuple(_prop_filter(one) for one in inner if one.tag == cal("prop-filter")),
        tuple(_comp_filter(one, depth + 1) for one in inner if one.tag == cal("comp-filter")),
    )


def _prop_filter(element: Element) -> PropFilter:
    name = (element.get("name") or "").strip().upper()
    if not name:
        raise invalid()
    inner = {str(one.tag): one for one in children(element)}
    span, match = inner.get(cal("time-range")), inner.get(cal("text-match"))
    return PropFilter(
        name, cal("is-not-defined") in inner, None if span is None else span_of(span), None if match is None else _text_match(match),
        tuple(_param_filter(one) for one in children(element) if one.tag == cal("param-filter")),
    )


def _param_filter(element: Element) -> ParamFilter:
    match = element.find(cal("text-match"))
    return ParamFilter(
        (element.get("name") or "").strip().upper(), element.find(cal("is-not-defined")) is not None, None if match is None else _text_match(match)
    )


def _text_match(element: Element) -> TextMatch:
    collation = element.get("collation") or "i;ascii-casemap"
    if collation not in COLLATIONS:
        raise Problem(403, cal("supported-collation"))
    fold = folding("i;ascii-casemap" if collation == "default" else collation)
    return TextMatch(fold(text(element)), "contains", fold, element.get("negate-condition") == "yes")
