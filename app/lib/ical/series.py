"""Which instances a calendar object has (RFC 5545 §3.8.5): rules, extra dates, exceptions and overridden instances, as instants.

    series = Series.of(calendar)
    for instance in series.between(since, until): …

Rules are worked out on the event's clock, and the instants from that: an instance in a gap of the clock is as much later, one that the
clock shows twice is the first (§3.3.5, §3.3.10).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from heapq import merge
from typing import NamedTuple

from app.lib.ical.lines import Component, Property
from app.lib.ical.values import DATE, FLOATING, ZONED, When, instant_of, parse_date, parse_date_time, parse_duration, wall_of
from app.lib.ical.zones import Zones
from app.lib.recurrence import Rule, starts

MOST = 5_000
"""Instances given at once: nobody looks at more, and a rule of every second has 86,400 a day."""
ENDLESS = 1 << 52
_DAY = timedelta(days=1)
_TURN = timedelta(hours=3)  # how far a clock is put forward or back at most, and more
_SECOND = timedelta(seconds=1)


class Instance(NamedTuple):
    """One time that something takes place, in milliseconds; of dates and floating times as if the clock were UTC's.

    `key` tells which instance of the series it is: where it was before anybody moved it, as RECURRENCE-ID has it; empty when nothing recurs.
    """

    start: int
    end: int
    kind: str
    key: str
    component: Component


@dataclass(slots=True)
class Series:
    """What recurs: the main component with its rules, and those that stand for single instances."""

    main: Component | None
    first: When
    length: Length
    rules: list[Rule] = field(default_factory=list)
    except_rules: list[Rule] = field(default_factory=list)
    extra: list[tuple[When, int | None]] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    gone_days: set[int] = field(default_factory=set)
    overrides: dict[int, Component] = field(default_factory=dict)
    turns: list[tuple[int, Component]] = field(default_factory=list)
    zones: Zones = field(default_factory=Zones)
    problems: list[str] = field(default_factory=list)
    calendar: Component | None = None
    """What it was made of."""

    @classmethod
    def of(cls, calendar: Component, default_zone: tzinfo = UTC, name: str = "") -> Series | None:
        """The series of an object with one UID; None when none of its components has a time. Raises ValueError."""
        zones = Zones(calendar, default_zone)
        parts = calendar.within(name) if name else calendar.within("VEVENT", "VTODO", "VJOURNAL")
        main = next((part for part in parts if part.find("RECURRENCE-ID") is None), None)
        stand_ins = [part for part in parts if part.find("RECURRENCE-ID") is not None]
        lead = main or next(iter(stand_ins), None)
        start = start_of(lead, zones) if lead is not None else None
        if lead is None or start is None:
            return None
        series = cls(main, start, length_of(lead, start, zones), zones=zones, calendar=calendar)
        if main is not None:
            series._read(main)
        for part in stand_ins:
            series._read_stand_in(part)
        series.turns.sort(key=lambda turn: turn[0])
        series.problems += [f"unknown zone {tzid}" for tzid in zones.unknown]
        return series

    @property
    def recurs(self) -> bool:
        """Whether there may be more than one instance."""
        return bool(self.rules or self.extra or self.overrides)

    @property
    def is_endless(self) -> bool:
        """Whether a rule goes on forever."""
        return any(rule.is_endless for rule in self.rules)

    def between(self, since: int, until: int, most: int = MOST) -> list[Instance]:
        """The instances that touch a span of instants (milliseconds, `until` exclusive), by their start, at most `most`."""
        found: list[Instance] = []
        reach = self._reach()
        for instance in self._all(since - reach, until + reach):
            if instance.start < until and (instance.end > since or (instance.end == instance.start >= since)):
                found.append(instance)
                if len(found) >= most + len(self.overrides):
                    break
        found += [one for one in self._stand_ins() if one.start < until and (one.end > since or (one.end == one.start >= since))]
        found.sort(key=lambda one: (one.start, one.key))
        return found[:most]

    def instance(self, key: str) -> Instance | None:
        """The instance with this key; None when there is none."""
        if not self.recurs:
            return next(iter(self._all(-ENDLESS, ENDLESS)), None) if key == "" else None
        for one in self._stand_ins():
            if one.key == key:
                return one
        at = self.instant_of_key(key)
        if at is None:
            return None
        return next((one for one in self._all(at, at + 1) if one.key == key), None)

    def instant_of_key(self, key: str) -> int | None:
        """Where the instance of a key was to begin; None for what is no key."""
        try:
            when = self.first.at(datetime.combine(parse_date(key), time())) if "T" not in key else self.first.at(parse_date_time(key)[0])
        except ValueError:
            return None
        return when.instant

    def first_start(self) -> int:
        """When the first instance begins."""
        return min((one.start for one in self.between(-ENDLESS, ENDLESS, 1)), default=self.first.instant)

    def last_end(self) -> int:
        """When the last one is over; ENDLESS when there is no last one, or it is too far to count."""
        if self.is_endless:
            return ENDLESS
        last, number = self.first.instant + self._shift(self.first, self.length), 0
        for instance in self._all(-ENDLESS, ENDLESS):
            last, number = max(last, instance.end), number + 1
            if number >= MOST:
                return ENDLESS
        return max([last, *(one.end for one in self._stand_ins())])

    # -- reading

    def _read(self, main: Component) -> None:
        for line in main.all("RRULE"):
            try:
                self.rules.append(Rule.parse(line.value))
            except (ValueError, OverflowError) as error:
                self.problems.append(f"RRULE passed over: {error}")
        for line in main.all("EXRULE"):  # RFC 2445
            try:
                self.except_rules.append(Rule.parse(line.value))
            except (ValueError, OverflowError) as error:
                self.problems.append(f"EXRULE passed over: {error}")
        for line in main.all("RDATE"):
            self._read_extra(line)
        for line in main.all("EXDATE"):
            self._read_gone(line)

    def _read_extra(self, line: Property) -> None:
        for value in line.value.split(","):
            begin, _slash, end = value.partition("/")
            try:
                when = when_of(begin, line, self.zones)
                if when.kind != self.first.kind and when.kind == DATE:
                    when = self.first.at(datetime.combine(when.wall.date(), self.first.wall.time()))
                self.extra.append((when, _period_end(when, end, line, self.zones) if end else None))
            except (ValueError, OverflowError) as error:
                self.problems.append(f"RDATE passed over: {error}")

    def _read_gone(self, line: Property) -> None:
        zone = self.zones.find(line.param("TZID") or "") if line.param("TZID") else None
        is_day = line.param("VALUE") == "DATE"
        for value in line.value.split(","):
            try:
                if is_day or len(value) == 8:
                    (self.gone if self.first.kind == DATE else self.gone_days).add(parse_date(value).toordinal() if self.first.kind != DATE else
                                                                                     instant_of(datetime.combine(parse_date(value), time()), None))
                    continue
                wall, is_utc = parse_date_time(value)
                if self.first.kind == DATE:
                    self.gone.add(instant_of(datetime.combine(wall.date(), time()), None))
                elif self.first.kind == FLOATING:
                    self.gone.add(instant_of(wall, None))
                else:
                    self.gone.add(instant_of(wall, UTC if is_utc else zone or self.first.zone))
            except (ValueError, OverflowError) as error:
                self.problems.append(f"EXDATE passed over: {error}")

    def _read_stand_in(self, part: Component) -> None:
        line = part.find("RECURRENCE-ID")
        try:
            if line is None or start_of(part, self.zones) is None:
                raise ValueError("an instance without a time")
            at = self._instant_of_id(when_of(line.value, line, self.zones))
        except (ValueError, OverflowError) as error:
            self.problems.append(f"RECURRENCE-ID passed over: {error}")
            return
        if (line.param("RANGE") or "").upper() == "THISANDFUTURE":
            self.turns.append((at, part))
        self.overrides[at] = part

    def _instant_of_id(self, when: When) -> int:
        if when.kind == self.first.kind:
            return when.instant
        if self.first.kind == DATE:
            return instant_of(datetime.combine(when.wall.date(), time()), None)
        if when.kind == DATE:  # as some programs write it: the instance of that day
            return self.first.at(datetime.combine(when.wall.date(), self.first.wall.time())).instant
        if self.first.kind == FLOATING:
            return instant_of(when.wall, None)
        return instant_of(when.wall, self.first.zone) if when.kind == FLOATING else when.instant

    # -- working out

    def _all(self, since: int, until: int) -> Iterator[Instance]:
        """The instances that no component of their own stands for and whose original start is in the span, in order."""
        if self.main is None:
            return
        zone = self.first.zone if self.first.kind == ZONED else None
        seen = -ENDLESS * 2
        for at, wall, length in merge(self._ruled(since, until, zone), self._added(since, until, zone), key=lambda one: one[0]):
            if at == seen or at in self.overrides or self._is_gone(at, wall):
                continue
            seen = at
            yield self._instance(at, wall, length)

    def _is_gone(self, at: int, wall: datetime) -> bool:
        return at in self.gone or (bool(self.gone_days) and wall.toordinal() in self.gone_days) or (bool(self.except_rules) and self._is_excepted(wall))

    def _is_excepted(self, wall: datetime) -> bool:
        return any(next(starts(rule, self.first.wall, wall, wall + timedelta(seconds=1)), None) == wall for rule in self.except_rules)

    def _ruled(self, since: int, until: int, zone: tzinfo | None) -> Iterator[tuple[int, datetime, int | None]]:
        first = self.first.wall
        if not self.rules:
            yield self.first.instant, first, None
            return
        slack = timedelta() if zone is None or zone is UTC else _TURN
        low, high = _less(wall_of(since, zone), slack), _less(wall_of(until, zone), -slack - _SECOND)
        walked = [self._walked(rule, first, low, high, zone, since, until) for rule in self.rules]
        yield from walked[0] if len(walked) == 1 else merge(*walked, key=lambda one: one[0])

    def _walked(
        self, rule: Rule, first: datetime, low: datetime, high: datetime, zone: tzinfo | None, since: int, until: int
    ) -> Iterator[tuple[int, datetime, int | None]]:
        last = instant_of(rule.until, None if zone is None else UTC) if rule.until is not None and rule.until_is_utc else None
        if last is not None and self.first.kind == DATE:
            last = instant_of(datetime.combine((rule.until or first).date(), time()), None)
        for wall in starts(rule, first, None if low <= first else low, high):
            at = instant_of(wall, zone)
            if last is not None and at > last and wall != first:
                return
            if at >= until:
                continue
            if at >= since:
                yield at, wall, None

    def _added(self, since: int, until: int, zone: tzinfo | None) -> list[tuple[int, datetime, int | None]]:
        if not self.extra:
            return []
        found = [(when.instant, when, end) for when, end in self.extra]
        return sorted(
            ((at, wall_of(at, zone), None if end is None else end - at) for at, when, end in found if since <= at < until), key=lambda one: one[0]
        )

    def _instance(self, at: int, wall: datetime, length: int | None) -> Instance:
        key = self.key_of(wall) if self.recurs else ""
        turn = self._turn(at)
        if turn is not None:
            return self._turned(at, wall, key, *turn)
        assert self.main is not None
        end = at + length if length is not None else at + self._shift(self.first.at(wall), self.length)
        return Instance(at, end, self.first.kind, key, self.main)

    def key_of(self, wall: datetime) -> str:
        """The key of the instance that was to begin at this time of the event's clock."""
        return self.first.at(wall).value()

    def key_of_instant(self, at: int) -> str:
        """The key of the instance that was to begin at an instant."""
        return self.key_of(wall_of(at, self.first.zone if self.first.kind == ZONED else None))

    def _turn(self, at: int) -> tuple[int, Component] | None:
        """The component that all instances from an earlier one on follow (RANGE=THISANDFUTURE)."""
        place = bisect_right(self.turns, at, key=lambda turn: turn[0])
        return self.turns[place - 1] if place else None

    def _turned(self, at: int, wall: datetime, key: str, turned_at: int, part: Component) -> Instance:
        start = start_of(part, self.zones) or self.first
        zone = self.first.zone if self.first.kind == ZONED else None
        moved = start.at(start.wall + (wall - wall_of(turned_at, zone)))
        return Instance(moved.instant, moved.instant + self._shift(moved, length_of(part, start, self.zones)), moved.kind, key, part)

    def _stand_ins(self) -> Iterator[Instance]:
        zone = self.first.zone if self.first.kind == ZONED else None
        for at, part in self.overrides.items():
            start = start_of(part, self.zones)
            if start is not None:
                length = length_of(part, start, self.zones)
                yield Instance(start.instant, start.instant + self._shift(start, length), start.kind, self.key_of(wall_of(at, zone)), part)

    def _reach(self) -> int:
        """How far an instance may be from where it was to begin, in milliseconds: its length, or a later turn's."""
        longest = max(0, self._shift(self.first, self.length))
        for at, part in self.turns:
            start = start_of(part, self.zones)
            if start is not None:
                longest = max(longest, abs(start.instant - at) + self._shift(start, length_of(part, start, self.zones)))
        for when, end in self.extra:
            if end is not None:
                longest = max(longest, end - when.instant)
        return longest

    def _shift(self, start: When, length: Length) -> int:
        """How many milliseconds after its start an instance ends: days of the calendar first, then exact time."""
        if not length.days or start.kind != ZONED:
            return _milliseconds(length.days + length.exact)
        try:
            return max(0, start.at(start.wall + length.days).instant - start.instant) + _milliseconds(length.exact)
        except OverflowError:
            return _milliseconds(length.days + length.exact)


class Length(NamedTuple):
    """How long something takes: days of the calendar, and exact time after them."""

    days: timedelta
    exact: timedelta


def start_of(part: Component, zones: Zones) -> When | None:
    """When a component begins; of a task without a beginning, when it is due. Raises ValueError."""
    line = part.find("DTSTART") or (part.find("DUE") if part.name == "VTODO" else None)
    return when_of(line.value, line, zones) if line is not None else None


def length_of(part: Component, start: When, zones: Zones) -> Length:
    """How long a component takes: by DTEND exact, by DURATION in days of the calendar; nothing when it ends before it begins."""
    line = part.find("DTEND") or (part.find("DUE") if part.name == "VTODO" else None)
    nothing = timedelta()
    try:
        if line is not None and part.find("DTSTART") is not None:
            end = when_of(line.value, line, zones)
            if start.kind == DATE:
                days = (end.wall.date() - start.wall.date()) if end.kind == DATE else max(end.wall - start.wall, _DAY)
                return Length(max(days, _DAY), nothing)
            ends = end.instant if end.kind == start.kind else instant_of(end.wall, start.zone if start.kind == ZONED else None)
            return Length(nothing, max(timedelta(milliseconds=ends - start.instant), nothing))
        if (duration := part.value("DURATION")) is not None:
            days, exact = parse_duration(duration)
            return Length(max(days, nothing), max(exact, nothing)) if start.kind != DATE else Length(max(days, _DAY), nothing)
    except (ValueError, OverflowError):
        pass
    return Length(_DAY if start.kind == DATE and part.name == "VEVENT" else nothing, nothing)


def when_of(value: str, line: Property, zones: Zones) -> When:
    """A value of DTSTART, DTEND, RECURRENCE-ID … with the line's parameters. Raises ValueError."""
    value = value.strip()
    if line.param("VALUE") == "DATE" or "T" not in value.upper():
        return When(datetime.combine(parse_date(value), time()), DATE, None)
    wall, is_utc = parse_date_time(value)
    if is_utc:
        return When(wall, ZONED, UTC)
    tzid = line.param("TZID")
    return When(wall, ZONED, zones.find(tzid), tzid) if tzid else When(wall, FLOATING, None)


def _period_end(start: When, end: str, line: Property, zones: Zones) -> int:
    if end.upper().lstrip("+").startswith("P"):
        days, exact = parse_duration(end)
        return start.at(start.wall + days).instant + _milliseconds(exact)
    return when_of(end, line, zones).instant


def _less(wall: datetime, length: timedelta) -> datetime:
    try:
        return wall - length
    except OverflowError:
        return wall


def _milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
