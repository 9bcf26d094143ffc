"""Recurrence rules (RFC 5545 §3.3.10): the one place where they are worked out.

Everything here is on the clock of the event, without zones; what an instance means in time is worked out afterwards
(`app.lib.ical.series`). Rules are walked period by period from where the asker looks, so that an old rule costs no more than a new one.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Self

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY, SECONDLY = range(7)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_IDLE = 50_000  # periods without an instance, after which a rule is taken to have no more
MOST_COUNTED = 200_000  # instances counted from the beginning for a COUNT
_STEP = {HOURLY: 3600, MINUTELY: 60, SECONDLY: 1}
_LAST_DAY = date.max.toordinal()
_RANGES = {
    "BYSECOND": (0, 60), "BYMINUTE": (0, 59), "BYHOUR": (0, 23), "BYMONTHDAY": (-31, 31), "BYYEARDAY": (-366, 366), "BYWEEKNO": (-53, 53),
    "BYMONTH": (1, 12), "BYSETPOS": (-366, 366),
}
_ZERO_ALLOWED = {"BYSECOND", "BYMINUTE", "BYHOUR"}
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")


@dataclass(frozen=True, slots=True)
class Rule:
    """A RRULE. `until` is a clock's time (inclusive), of UTC when `until_is_utc`; a date ends with its day."""

    freq: int
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    until_is_utc: bool = False
    until_is_date: bool = False
    bysecond: tuple[int, ...] = ()
    byminute: tuple[int, ...] = ()
    byhour: tuple[int, ...] = ()
    byday: tuple[tuple[int, int], ...] = ()  # (which of its kind, or 0 for every; 0 for Monday)
    bymonthday: tuple[int, ...] = ()
    byyearday: tuple[int, ...] = ()
    byweekno: tuple[int, ...] = ()
    bymonth: tuple[int, ...] = ()
    bysetpos: tuple[int, ...] = ()
    wkst: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """A rule from its text. Raises ValueError when it is unsound; names that aren't known are passed over."""
        parts: dict[str, str] = {}
        for part in text.strip().strip(";").split(";"):
            key, _equals, value = part.partition("=")
            parts[key.strip().upper()] = value.strip().upper()
        if parts.get("FREQ") not in FREQUENCIES:
            raise ValueError(f"no such frequency: {text[:60]!r}")
        if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
            raise ValueError(f"another calendar than the Gregorian: {text[:60]!r}")
        until, is_utc, is_date = _until(parts["UNTIL"]) if parts.get("UNTIL") else (None, False, False)
        numbers = {f"{key.lower()}": _numbers(key, parts.get(key, "")) for key in _RANGES}
        return cls(
            FREQUENCIES.index(parts["FREQ"]), _positive(parts.get("INTERVAL") or "1"), _positive(parts["COUNT"]) if parts.get("COUNT") else None,
            until, is_utc, is_date, byday=_days(parts.get("BYDAY", "")), wkst=WEEKDAYS.index(parts.get("WKST") or "MO"), **numbers,
        )

    def __str__(self) -> str:
        parts = [f"FREQ={FREQUENCIES[self.freq]}"]
        if self.until is not None:
            parts.append("UNTIL=" + _until_text(self.until, self.until_is_utc, self.until_is_date))
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        for key in ("BYMONTH", "BYWEEKNO", "BYYEARDAY", "BYMONTHDAY"):
            parts += [f"{key}=" + ",".join(map(str, numbers))] if (numbers := getattr(self, key.lower())) else []
        if self.byday:
            parts.append("BYDAY=" + ",".join(f"{number or ''}{WEEKDAYS[day]}" for number, day in self.byday))
        for key in ("BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS"):
            parts += [f"{key}=" + ",".join(map(str, numbers))] if (numbers := getattr(self, key.lower())) else []
        if self.wkst:
            parts.append(f"WKST={WEEKDAYS[self.wkst]}")
        return ";".join(parts)

    @property
    def is_endless(self) -> bool:
        """Whether it has neither COUNT nor UNTIL."""
        return self.count is None and self.until is None

    def with_changes(self, **changed: object) -> Rule:
        """The same rule with some parts changed."""
        return replace(self, **changed)  # type: ignore[arg-type]


def starts(rule: Rule, first: datetime, since: datetime | None, before: datetime) -> Iterator[datetime]:
    """The instances of a rule that begins at `first`, in order: at or after `since` (None: all), and before `before`.

    `first` itself is always the first of them, whether the rule has it or not. UNTIL in UTC can't be judged here: instances up to a day
    later are given, and whoever knows the zone ends them.
    """
    last = _last(rule, first)
    if rule.count is not None and last is None:
        yield from _counted(rule, first, since, before)
        return
    if (since is None or first >= since) and first < before:
        yield first
    since = first if since is None or since < first else since
    for wall in _walk(rule, first, since):
        if wall >= before or (last is not None and wall > last):
            return
        if wall >= since and wall != first:
            yield wall


def _last(rule: Rule, first: datetime) -> datetime | None:
    """A time after which the rule has no instance, as far as that is told without walking it."""
    if rule.until is not None:
        return _plus(rule.until, timedelta(days=1)) if rule.until_is_utc else rule.until
    if rule.count is not None and rule.freq >= DAILY and not _has_parts(rule):
        step = timedelta(days=1) if rule.freq == DAILY else timedelta(seconds=_STEP[rule.freq])
        try:
            return first + step * rule.interval * (rule.count - 1)
        except OverflowError:
            return datetime.max
    return None


def _has_parts(rule: Rule) -> bool:
    return any((
        rule.bysecond, rule.byminute, rule.byhour, rule.byday, rule.bymonthday, rule.byyearday, rule.byweekno, rule.bymonth, rule.bysetpos,
    ))


def _counted(rule: Rule, first: datetime, since: datetime | None, before: datetime) -> Iterator[datetime]:
    count = min(rule.count or 1, MOST_COUNTED)
    if (since is None or first >= since) and first < before:
        yield first
    for wall in _walk(rule, first, first):
        if wall <= first:
            continue
        count -= 1
        if count <= 0 or wall >= before:
            return
        if since is None or wall >= since:
            yield wall


def _walk(rule: Rule, first: datetime, since: datetime) -> Iterator[datetime]:
    """The rule's own times from the period with `since` on, ascending, including some before it and before `first`."""
    if rule.freq >= HOURLY:
        return _within_days(rule, first, since)
    return _by_days(rule, first, since)


# -- by year, month, week and day


def _by_days(rule: Rule, first: datetime, since: datetime) -> Iterator[datetime]:
    times = _times(rule, first)
    plain = times[0] if len(times) == 1 and not rule.bysetpos else None
    idle = 0
    for days in _periods(rule, first, since):
        idle += 1
        if idle > MOST_IDLE:
            return
        if plain is not None:
            for day in days:
                idle = 0
                yield _DAY_ONE + timedelta(day - 1, plain)
        elif days:
            for wall in _positioned(rule, [_DAY_ONE + timedelta(day - 1, second) for day in days for second in times]):
                idle = 0
                yield wall


_DAY_ONE = datetime(1, 1, 1)


def _times(rule: Rule, first: datetime) -> list[int]:
    """The seconds of the day."""
    hours = rule.byhour or (first.hour,)
    minutes = rule.byminute or (first.minute,)
    seconds = rule.bysecond or (first.second,)
    return sorted({hour * 3600 + minute * 60 + min(second, 59) for hour in hours for minute in minutes for second in seconds})


def _positioned(rule: Rule, walls: list[datetime]) -> list[datetime]:
    if not rule.bysetpos:
        return walls
    size = len(walls)
    return sorted({walls[at - 1 if at > 0 else size + at] for at in rule.bysetpos if (0 < at <= size) or (at < 0 and -at <= size)})


def _periods(rule: Rule, first: datetime, since: datetime) -> Iterator[list[int]]:
    """The days (ordinals, ascending) of each period of the rule, from the one with `since` on."""
    if rule.freq == YEARLY:
        year = first.year + _steps(since.year - first.year - 1, rule.interval) * rule.interval
        while year <= 9999:
            yield _days_of_year(rule, year, first)
            year += rule.interval
    elif rule.freq == MONTHLY:
        base = first.year * 12 + first.month - 1
        month = base + _steps(since.year * 12 + since.month - 1 - base, rule.interval) * rule.interval
        while month < 120_000:
            yield _days_of_month_rule(rule, *divmod(month, 12), first)
            month += rule.interval
    elif rule.freq == WEEKLY:
        day = first.toordinal()
        base = day - (day - 1 - rule.wkst) % 7  # ordinal 1 is a Monday
        step = 7 * rule.interval
        week = base + _steps((since.toordinal() - base) // 7, rule.interval) * step
        offsets = sorted({(weekday - rule.wkst) % 7 for _number, weekday in rule.byday}) or [day - base]
        while week <= _LAST_DAY - 7:
            days = [week + offset for offset in offsets if week + offset > 0]
            yield days if not _limits(rule) else [one for one in days if _passes(rule, one, weekdays=False)]
            week += step
    else:
        day = base = first.toordinal()
        day = base + _steps(since.toordinal() - base, rule.interval) * rule.interval
        is_limited = bool(rule.byday) or _limits(rule)
        while day <= _LAST_DAY:
            yield [day] if not is_limited or _passes(rule, day) else []
            day += rule.interval


def _steps(units: int, interval: int) -> int:
    return max(0, units // interval)


def _limits(rule: Rule) -> bool:
    return bool(rule.bymonth or rule.bymonthday or rule.byyearday or rule.byweekno)


def _passes(rule: Rule, ordinal: int, weekdays: bool = True) -> bool:
    """Whether a day passes the parts that only limit, at frequencies of a week and less."""
    if weekdays and rule.byday and not any(weekday == (ordinal - 1) % 7 for _number, weekday in rule.byday):
        return False
    if not _limits(rule):
        return True
    day = date.fromordinal(ordinal)
    if rule.bymonth and day.month not in rule.bymonth:
        return False
    if rule.bymonthday:
        length = calendar.monthrange(day.year, day.month)[1]
        if day.day not in rule.bymonthday and day.day - length - 1 not in rule.bymonthday:
            return False
    if rule.byyearday:
        length = 366 if calendar.isleap(day.year) else 365
        number = day.timetuple().tm_yday
        if number not in rule.byyearday and number - length - 1 not in rule.byyearday:
            return False
    return not rule.byweekno or _is_in_weeks(rule, ordinal, day.year)


def _is_in_weeks(rule: Rule, ordinal: int, year: int) -> bool:
    return any(
        first <= ordinal < first + 7 for of in (year - 1, year, year + 1) if 1 < of < 9999 for first in _weeks(of, rule.wkst, rule.byweekno)
    )


def _weeks(year: int, wkst: int, numbers: tuple[int, ...]) -> list[int]:
    """The first days of these weeks of a year: week 1 is the first with four days in it (§3.3.10, BYWEEKNO)."""
    start = _week_one(year, wkst)
    count = (_week_one(year + 1, wkst) - start) // 7
    wanted = {number if number > 0 else count + 1 + number for number in numbers}
    return sorted(start + 7 * (number - 1) for number in wanted if 0 < number <= count)


def _week_one(year: int, wkst: int) -> int:
    fourth = date(year, 1, 4).toordinal()
    return fourth - (fourth - 1 - wkst) % 7


def _days_of_year(rule: Rule, year: int, first: datetime) -> list[int]:
    start = date(year, 1, 1).toordinal()
    length = 366 if calendar.isleap(year) else 365
    sets: list[set[int]] = []
    if rule.byyearday:
        sets.append({start + (number - 1 if number > 0 else length + number) for number in rule.byyearday if abs(number) <= length})
    if rule.byweekno and 1 < year < 9999:
        weeks = [week for of in (year - 1, year, year + 1) if 1 < of < 9999 for week in _weeks(of, rule.wkst, rule.byweekno)]
        weekdays = {weekday for _number, weekday in rule.byday} if rule.byday else (
            {first.weekday()} if not (rule.bymonthday or rule.byyearday) else set(range(7)))
        days = (week + offset for week in weeks for offset in range(7) if (week + offset - 1) % 7 in weekdays)
        sets.append({day for day in days if start <= day < start + length})
        if rule.bymonth:
            sets.append(_months_of(year, rule.bymonth))
    if rule.bymonthday:
        sets.append({day for month in rule.bymonth or range(1, 13) for day in _monthdays(year, month, rule.bymonthday)})
    elif rule.bymonth and rule.byyearday:
        sets.append(_months_of(year, rule.bymonth))
    if rule.byday and not rule.byweekno:
        sets.append(_weekdays_of_year(rule, year, start, length))
    if not sets:
        sets.append({day for month in rule.bymonth or (first.month,) for day in _monthdays(year, month, (first.day,))})
    return sorted(day for day in set.intersection(*sets) if 0 < day <= _LAST_DAY)


def _weekdays_of_year(rule: Rule, year: int, start: int, length: int) -> set[int]:
    limits = bool(rule.bymonthday or rule.byyearday)
    if rule.bymonth:
        return {day for month in rule.bymonth for day in _weekdays_of_month(year, month, rule.byday, limits)}
    return _nth_weekdays(start, length, rule.byday, limits)


def _days_of_month_rule(rule: Rule, year: int, month0: int, first: datetime) -> list[int]:
    month = month0 + 1
    if year < 1 or (rule.bymonth and month not in rule.bymonth):
        return []
    if rule.bymonthday:
        days = set(_monthdays(year, month, rule.bymonthday))
        if rule.byday:
            days &= _weekdays_of_month(year, month, rule.byday, limits=True)
    elif rule.byday:
        days = _weekdays_of_month(year, month, rule.byday, limits=False)
    elif rule.byyearday or rule.byweekno:
        start = date(year, month, 1).toordinal()
        days = set(range(start, start + calendar.monthrange(year, month)[1]))
    else:
        days = set(_monthdays(year, month, (first.day,)))
    if rule.byyearday or rule.byweekno:
        only = Rule(DAILY, byyearday=rule.byyearday, byweekno=rule.byweekno, wkst=rule.wkst)
        days = {day for day in days if _passes(only, day)}
    return sorted(days)


def _months_of(year: int, months: tuple[int, ...]) -> set[int]:
    return {day for month in months for day in range(date(year, month, 1).toordinal(), date(year, month, 1).toordinal() + calendar.monthrange(year, month)[1])}


def _monthdays(year: int, month: int, numbers: tuple[int, ...]) -> list[int]:
    start, length = date(year, month, 1).toordinal(), calendar.monthrange(year, month)[1]
    return [start + (number - 1 if number > 0 else length + number) for number in numbers if 0 < abs(number) <= length]


def _weekdays_of_month(year: int, month: int, byday: tuple[tuple[int, int], ...], limits: bool) -> set[int]:
    return _nth_weekdays(date(year, month, 1).toordinal(), calendar.monthrange(year, month)[1], byday, limits)


def _nth_weekdays(start: int, length: int, byday: tuple[tuple[int, int], ...], limits: bool) -> set[int]:
    """The days of a span that are the n-th, or any, of their weekday."""
    found: set[int] = set()
    for number, weekday in byday:
        first = start + (weekday - (start - 1)) % 7
        count = (start + length - 1 - first) // 7 + 1
        if number == 0:
            found.update(range(first, start + length, 7))
        elif abs(number) <= count:
            found.add(first + 7 * (number - 1 if number > 0 else count + number))
    return found


# -- by hour, minute and second


def _within_days(rule: Rule, first: datetime, since: datetime) -> Iterator[datetime]:
    unit = _STEP[rule.freq]
    step = unit * rule.interval
    base = _seconds(first) // unit * unit
    at = base + max(0, (_seconds(since) - base) // step) * step
    inside = _inside(rule, first, unit)
    is_limited = bool(rule.byday) or _limits(rule)
    checked, passes, idle = 0, True, 0
    while idle <= MOST_IDLE:
        idle += 1
        day, second = divmod(at, 86400)
        if day > _LAST_DAY:
            return
        if is_limited and day != checked:
            checked, passes = day, _passes(rule, day)
        jump = 0
        if not passes:
            jump = (day + 1) * 86400
        elif rule.byhour and second // 3600 not in rule.byhour:
            jump = day * 86400 + (second // 3600 + 1) * 3600
        elif rule.freq >= MINUTELY and rule.byminute and second // 60 % 60 not in rule.byminute:
            jump = day * 86400 + (second // 60 + 1) * 60
        if jump:
            at = base + -((base - jump) // step) * step
            continue
        if rule.freq != SECONDLY or not rule.bysecond or second % 60 in rule.bysecond:
            start = _DAY_ONE + timedelta(day - 1, second)
            for wall in _positioned(rule, [start + timedelta(seconds=extra) for extra in inside]):
                idle = 0
                yield wall
        at += step


def _seconds(wall: datetime) -> int:
    return wall.toordinal() * 86400 + wall.hour * 3600 + wall.minute * 60 + wall.second


def _inside(rule: Rule, first: datetime, unit: int) -> list[int]:
    """The seconds within a period of an hour, a minute or a second at which there are instances."""
    if unit == 1:
        return [0]
    seconds = rule.bysecond or (first.second,)
    if unit == 60:
        return sorted({min(second, 59) for second in seconds})
    minutes = rule.byminute or (first.minute,)
    return sorted({minute * 60 + min(second, 59) for minute in minutes for second in seconds})


# -- reading


def _numbers(key: str, text: str) -> tuple[int, ...]:
    if not text:
        return ()
    low, high = _RANGES[key]
    numbers = []
    for part in text.split(","):
        if not re.fullmatch(r"[+-]?\d{1,3}", part.strip()):
            raise ValueError(f"{key}={text[:40]}")
        number = int(part)
        if not low <= number <= high or (number == 0 and key not in _ZERO_ALLOWED):
            raise ValueError(f"{key}={text[:40]}")
        numbers.append(number)
    return tuple(dict.fromkeys(numbers))


def _days(text: str) -> tuple[tuple[int, int], ...]:
    if not text:
        return ()
    days = []
    for part in text.split(","):
        found = _BYDAY.fullmatch(part.strip())
        if found is None or abs(int(found[1] or 0)) > 53:
            raise ValueError(f"BYDAY={text[:40]}")
        days.append((int(found[1] or 0), WEEKDAYS.index(found[2])))
    return tuple(dict.fromkeys(days))


def _positive(text: str) -> int:
    if not re.fullmatch(r"\+?\d{1,18}", text) or int(text) == 0:
        raise ValueError(f"not a number above zero: {text[:20]!r}")
    return int(text)


def _until(text: str) -> tuple[datetime, bool, bool]:
    found = _UNTIL.fullmatch(text)
    if found is None:
        raise ValueError(f"UNTIL={text[:30]}")
    day = date(int(found[1]), int(found[2]), int(found[3]))
    if found[4] is None:
        return datetime.combine(day, time(23, 59, 59)), False, True
    return datetime.combine(day, time(int(found[4]), int(found[5]), min(int(found[6]), 59))), bool(found[7]), False


def _until_text(until: datetime, is_utc: bool, is_date: bool) -> str:
    text = until.isoformat(timespec="seconds").replace("-", "").replace(":", "")
    return text[:8] if is_date else text + ("Z" if is_utc else "")


def _plus(wall: datetime, length: timedelta) -> datetime:
    try:
        return wall + length
    except OverflowError:
        return datetime.max


def index_in(ordered: list[datetime], wall: datetime) -> int | None:
    """Where a time is in an ordered list."""
    place = bisect_left(ordered, wall)
    return place if place < len(ordered) and ordered[place] == wall else None
