"""Recurrence rules against two others who work them out: python-dateutil, and a slow search through every day.

`CHALET_RULES=100000 .venv/bin/python -m pytest tests/lib/test_recurrence.py` compares as many as one wants; the usual test some thousands.
"""

from __future__ import annotations

import calendar
import os
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

import pytest
from dateutil.rrule import rrulestr

from app.lib.recurrence import FREQUENCIES, WEEKDAYS, Rule, starts

RULES = int(os.environ.get("CHALET_RULES", "2000"))
PARTS = 20
MOST = 40


class Slow(Exception):
    """It takes too long for this rule."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    def over(*_: Any) -> None:
        raise Slow

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, seconds)  # of the processor: how busy the machine is, is not the question
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def made(  # noqa: C901 - a throw of the dice for each part
    chance: random.Random, frequencies: tuple[str, ...] = (*FREQUENCIES[:4] * 4, *FREQUENCIES[4:])
) -> tuple[str, datetime]:
    """A rule, and when it begins. Left out is what python-dateutil is known to read otherwise than RFC 5545: BYDAY with and without numbers at
    once (it takes both to be needed), weeks around the year's ends, and BYSETPOS in a week that began before the series."""
    freq = chance.choice(frequencies)
    parts: dict[str, Any] = {"FREQ": freq, "INTERVAL": chance.choice([1, 1, 1, 2, 3, 4, 7, 12])}

    def some(key: str, pool: list[int], odds: float, most: int = 3) -> None:
        if chance.random() < odds:
            parts[key] = sorted({chance.choice(pool) for _number in range(chance.randint(1, most))})

    some("BYMONTH", list(range(1, 13)), 0.3)
    if freq != "WEEKLY":
        some("BYMONTHDAY", [*range(1, 32), *range(-31, 0)], 0.25)
    if freq in ("YEARLY", "HOURLY", "MINUTELY"):
        some("BYYEARDAY", [*range(1, 367), *range(-366, 0)], 0.12)
    if chance.random() < 0.4:
        pool = [0] if freq not in ("YEARLY", "MONTHLY") else [0, 0, 1, 2, 5, 20, 53, -1, -10] if freq == "YEARLY" and "BYMONTH" not in parts else [0, 0, 1, 2, 4, 5, -1, -2, -5]
        numbers = [chance.choice(pool) for _number in range(chance.randint(1, 3))]
        parts["BYDAY"] = [f"{number or ''}{chance.choice(WEEKDAYS)}" for number in (numbers if not any(numbers) else filter(None, numbers))]
    if freq == "YEARLY" and chance.random() < 0.1 and not any(day[0] in "-0123456789" for day in parts.get("BYDAY", [])):
        some("BYWEEKNO", list(range(3, 50)), 1)
        parts.setdefault("BYDAY", [chance.choice(WEEKDAYS)])
    some("BYHOUR", list(range(24)), 0.15)
    some("BYMINUTE", list(range(60)), 0.15)
    some("BYSECOND", list(range(60)), 0.08)
    if chance.random() < 0.15 and any(key.startswith("BY") for key in parts):
        parts["BYSETPOS"] = sorted({chance.choice([1, 2, 3, -1, -2, -3, 5]) for _number in range(chance.randint(1, 2))})
    if chance.random() < 0.4:
        parts["WKST"] = chance.choice(WEEKDAYS)
    first = datetime(1995, 1, 1) + timedelta(days=chance.randrange(365 * 40), seconds=chance.choice([0, 0, 32400, chance.randrange(86400)]))
    if chance.random() < 0.1:
        first = first.replace(month=2, day=29, year=2000 + 4 * chance.randrange(8))
    end = chance.random()
    if end < 0.3:
        parts["COUNT"] = chance.randint(1, 40)
    elif end < 0.5:
        parts["UNTIL"] = f"{first + timedelta(days=chance.randrange(1, 3000)):%Y%m%dT%H%M%S}"
    if freq == "WEEKLY" and "BYSETPOS" in parts:
        first -= timedelta(days=(first.weekday() - WEEKDAYS.index(parts.get("WKST", "MO"))) % 7)
    return ";".join(f"{key}={','.join(map(str, value)) if isinstance(value, list) else value}" for key, value in parts.items()), first


def theirs(text: str, first: datetime, end: datetime) -> list[datetime]:
    """What python-dateutil says, with the beginning always the first instance (RFC 5545 §3.8.5.3)."""
    rule: Any = rrulestr(text, dtstart=first)
    if "COUNT" in text and next(iter(rule), None) != first:
        count = int(text.partition("COUNT=")[2].partition(";")[0])
        rule = rule.replace(count=count - 1) if count > 1 else []
    found = [wall for wall in islice(rule, MOST + 1) if wall < end]
    return (found if found[:1] == [first] else [first, *found])[:MOST]


@pytest.mark.parametrize("part", range(PARTS))
def test_rules_are_worked_out_as_by_another_engine(part: int) -> None:
    compared = 0
    for number in range(RULES // PARTS):
        chance = random.Random(part * 1_000_003 + number)
        text, first = made(chance)
        end = first + timedelta(days=365 * 9)
        rule = Rule.parse(text)
        assert Rule.parse(str(rule)) == rule
        ours = list(islice(starts(rule, first, None, end), MOST))
        if len(ours) > 3:  # looking from the middle finds the same
            middle = ours[len(ours) // 2]
            assert list(islice(starts(rule, first, middle, end), MOST - len(ours) // 2)) == ours[len(ours) // 2 :], text
        try:
            with within(0.006):
                expected = theirs(text, first, end)
        except (Slow, ValueError):
            continue
        assert ours == expected, (text, first)
        compared += 1
    assert compared > RULES // PARTS // 2


def test_rules_are_worked_out_as_by_looking_at_every_day() -> None:
    for number in range(RULES // 10):
        chance = random.Random(number)
        text, first = made(chance, FREQUENCIES[:4])
        if any(key in text for key in ("BYSETPOS", "BYHOUR", "BYMINUTE", "BYSECOND", "COUNT")):
            continue
        rule = Rule.parse(text)
        end = first + timedelta(days=1100)
        assert list(starts(rule, first, None, end)) == [first, *(wall for wall in every_day(rule, first, end) if wall != first)], (text, first)


def every_day(rule: Rule, first: datetime, end: datetime) -> list[datetime]:
    """The slow way: each day is asked whether it is one."""
    found, day = [], first.date()
    while day < end.date():
        wall = datetime.combine(day, first.time())
        if _is_one(rule, first.date(), day) and (rule.until is None or wall <= rule.until):
            found.append(wall)
        day += timedelta(days=1)
    return found


def _is_one(rule: Rule, first: date, day: date) -> bool:
    length = calendar.monthrange(day.year, day.month)[1]
    year_length = 366 if calendar.isleap(day.year) else 365
    number = day.timetuple().tm_yday
    in_interval = {
        "YEARLY": (day.year - first.year) % rule.interval == 0,
        "MONTHLY": (day.year * 12 + day.month - first.year * 12 - first.month) % rule.interval == 0,
        "WEEKLY": (_week(day, rule.wkst) - _week(first, rule.wkst)) % rule.interval == 0,
        "DAILY": (day - first).days % rule.interval == 0,
    }[FREQUENCIES[rule.freq]]
    if not in_interval or (rule.bymonth and day.month not in rule.bymonth):
        return False
    if rule.bymonthday and not {day.day, day.day - length - 1} & set(rule.bymonthday):
        return False
    if rule.byyearday and not {number, number - year_length - 1} & set(rule.byyearday):
        return False
    if rule.byweekno and not _week_numbers(day, rule.wkst) & set(rule.byweekno):
        return False
    if rule.byday:
        spans_month = rule.freq == 1 or bool(rule.bymonth)
        at, last = (day.day, length) if spans_month else (number, year_length)
        places = {0, (at - 1) // 7 + 1, -((last - at) // 7 + 1)}
        return any(weekday == day.weekday() and which in places for which, weekday in rule.byday)
    if rule.bymonthday or rule.byyearday:
        return True
    if rule.byweekno or rule.freq == 2:
        return day.weekday() == first.weekday()
    if rule.freq == 0:
        return day.day == first.day and (bool(rule.bymonth) or day.month == first.month)
    return rule.freq == 3 or day.day == first.day


def _week(day: date, wkst: int) -> int:
    return (day.toordinal() - 1 - wkst) // 7


def _week_numbers(day: date, wkst: int) -> set[int]:
    """The number of a day's week counted from the beginning and from the end of the year it belongs to."""
    middle = day + timedelta(days=3 - (day.weekday() - wkst) % 7)
    number = (middle.timetuple().tm_yday - 1) // 7 + 1
    return {number, number - _weeks_of(middle.year, wkst) - 1}


@cache
def _weeks_of(year: int, wkst: int) -> int:
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366 if calendar.isleap(year) else 365))
    return sum((day.weekday() - wkst) % 7 == 3 for day in days)


@pytest.mark.parametrize("text", [
    "FREQ=SECONDLY", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY;COUNT=1000000000",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "FREQ=HOURLY;INTERVAL=24;BYHOUR=5", "FREQ=MINUTELY;BYSETPOS=5", "FREQ=DAILY;INTERVAL=999999999",
    "FREQ=SECONDLY;BYHOUR=3;COUNT=100000000",
])
def test_no_rule_is_worked_on_forever(text: str) -> None:
    with within(10):
        assert len(list(islice(starts(Rule.parse(text), datetime(1970, 1, 1, 6), datetime(2026, 11, 1), datetime(2026, 12, 1)), 1000))) <= 1000


@pytest.mark.parametrize("text", [
    "", "FREQ=", "FREQ=SOMETIMES", "INTERVAL=2", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=x", "FREQ=DAILY;UNTIL=tomorrow", "FREQ=DAILY;BYDAY=XX",
    "FREQ=MONTHLY;BYMONTHDAY=0", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=YEARLY;BYDAY=99MO", "FREQ=DAILY;UNTIL=20261399", "FREQ=YEARLY;RSCALE=CHINESE",
])
def test_unsound_rules_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Rule.parse(text)


def test_numbered_and_plain_weekdays_together() -> None:
    """Both count (RFC 5545 §3.3.10), which python-dateutil reads otherwise."""
    rule = Rule.parse("FREQ=MONTHLY;BYDAY=1MO,FR")
    assert [wall.day for wall in starts(rule, datetime(2026, 3, 2, 9), None, datetime(2026, 4, 1))] == [2, 6, 13, 20, 27]
