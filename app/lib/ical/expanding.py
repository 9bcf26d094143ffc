"""Only some of a calendar object, as programs ask for it (RFC 4791 §9.6): its instances one by one, or without those of other times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from app.lib.ical.lines import Component, Property
from app.lib.ical.series import Series, length_of, start_of, when_of
from app.lib.ical.values import DATE, FLOATING, ZONED, instant_of, wall_of

_RULES = frozenset(("RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID"))
_TIMES = frozenset(("DTSTART", "DTEND", "DUE"))


def expand(calendar: Component, series: Series | None, since: int, until: int, zone: tzinfo) -> str:
    """Every instance that touches a span as a component of its own, its times in UTC, without rules and zones (§9.6.5)."""
    head = "".join(f"{line.raw}\r\n" for line in calendar.properties)
    if series is None:
        body = "".join(part.serialize() for part in calendar.components if part.name != "VTIMEZONE")
        return f"BEGIN:VCALENDAR\r\n{_crlf(head)}{body}END:VCALENDAR\r\n"
    low, high = _on_clock(series, since, until, zone)
    rests: dict[int, str] = {}
    written = []
    for one in series.between(low, high):
        part = one.component
        rest = rests.get(id(part))
        if rest is None:
            rest = rests[id(part)] = _rest(part, series)
        name = part.name
        times = []
        has_start = part.find("DTSTART") is not None
        if has_start:
            times.append(_time("DTSTART", one.start, one.kind))
            end = "DTEND" if name == "VEVENT" else "DUE"
            if part.find(end) is not None:
                times.append(_time(end, one.end, one.kind))
        elif part.find("DUE") is not None:
            times.append(_time("DUE", one.start, one.kind))
        if one.key and (at := series.instant_of_key(one.key)) is not None:
            times.append(_time("RECURRENCE-ID", at, series.first.kind))
        written.append(f"BEGIN:{name}\r\n{''.join(times)}{rest}END:{name}\r\n")
    return f"BEGIN:VCALENDAR\r\n{_crlf(head)}{''.join(written)}END:VCALENDAR\r\n"


def limit(calendar: Component, series: Series | None, since: int, until: int, zone: tzinfo) -> str:
    """The object without those components of its own instances that neither take place in a span nor would have (§9.6.6)."""
    if series is None or not series.overrides:
        return calendar.serialize()
    low, high = _on_clock(series, since, until, zone)
    kept = {id(part) for at, part in series.overrides.items() if _concerns(series, at, part, low, high)}
    gone = {id(part) for part in series.overrides.values()} - kept
    return Component("VCALENDAR", [item for item in calendar.items if id(item) not in gone]).serialize()


@dataclass(slots=True)
class Parts:
    """Which properties and components of a component are wanted; None: all. `bare` properties come without their value."""

    props: frozenset[str] | None = None
    bare: frozenset[str] = frozenset()
    comps: Mapping[str, Parts] | None = field(default=None)


def only(component: Component, parts: Parts) -> Component:
    """A component with what is wanted of it (§9.6.1)."""
    items: list[Property | Component] = []
    for item in component.items:
        if isinstance(item, Property):
            if parts.props is None or item.name in parts.props:
                items.append(item.with_value("") if item.name in parts.bare else item)
        elif parts.comps is None:
            items.append(item)
        elif item.name in parts.comps:
            items.append(only(item, parts.comps[item.name]))
    return Component(component.name, items)


def _concerns(series: Series, at: int, part: Component, low: int, high: int) -> bool:
    line = part.find("RECURRENCE-ID")
    if at < high and line is not None and (line.param("RANGE") or "").upper() == "THISANDFUTURE":
        return True
    start = start_of(part, series.zones)
    length = series.length.days + series.length.exact
    spans = [(at, at + int(length.total_seconds() * 1000))]
    if start is not None:
        own = length_of(part, start, series.zones)
        spans.append((start.instant, start.instant + int((own.days + own.exact).total_seconds() * 1000)))
    return any(begin < high and (end > low or begin == end >= low) for begin, end in spans)


def _on_clock(series: Series, since: int, until: int, zone: tzinfo) -> tuple[int, int]:
    """The span as the series counts: of dates and floating times as if in UTC."""
    if series.first.kind == ZONED:
        return since, until
    return instant_of(wall_of(since, zone), None), instant_of(wall_of(until, zone), None)


def _rest(part: Component, series: Series) -> str:
    lines = []
    for item in part.items:
        if isinstance(item, Component):
            lines.append(item.serialize())
        elif item.name not in _RULES and item.name not in _TIMES:
            lines.append(f"{_in_utc(item, series).raw}\r\n".replace("\r\n", "\n").replace("\n", "\r\n"))
    return "".join(lines)


def _in_utc(line: Property, series: Series) -> Property:
    if line.param("TZID") is None:
        return line
    try:
        instant = when_of(line.value, line, series.zones).instant
    except ValueError:
        return line
    return line.with_params(TZID=None).with_value(_value(instant, ZONED))


def _time(name: str, instant: int, kind: str) -> str:
    return f"{name};VALUE=DATE:{_value(instant, kind)}\r\n" if kind == DATE else f"{name}:{_value(instant, kind)}\r\n"


def _value(instant: int, kind: str) -> str:
    wall = wall_of(instant, None)
    if kind == DATE:
        return f"{wall.year:04}{wall.month:02}{wall.day:02}"
    return f"{wall.year:04}{wall.month:02}{wall.day:02}T{wall.hour:02}{wall.minute:02}{wall.second:02}{'' if kind == FLOATING else 'Z'}"


def _crlf(lines: str) -> str:
    return lines.replace("\r\n", "\n").replace("\n", "\r\n")
