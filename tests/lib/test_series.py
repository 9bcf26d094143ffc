"""Instances in time against python-dateutil and zoneinfo: each zone there is, around the turns of its clock, floating and whole days; with COUNT and
UNTIL at the very instance, EXDATE, RDATE and RECURRENCE-ID. `CHALET_RULES` says how many, as in `test_recurrence.py`."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.rrule import rrulestr

from app.lib.ical import parse
from app.lib.ical.series import Series
from app.lib.recurrence import FREQUENCIES
from tests.lib.test_recurrence import RULES, Slow, made, within

ZONES = sorted(name for name in available_timezones() if name not in ("localtime", "Factory") and not name.startswith("posix"))
GROUPS = 10
CASES = max(1, RULES // 2000)  # of each zone
SPAN = timedelta(days=800)
EPOCH = datetime(1970, 1, 1)


def instant(wall: datetime, zone: ZoneInfo | None) -> int:
    """zoneinfo's reading: in a gap the offset before it, of two the first; without a zone as if in UTC."""
    return round((wall.replace(tzinfo=zone or UTC) - EPOCH.replace(tzinfo=UTC)).total_seconds() * 1000)


def near_a_turn(chance: random.Random, zone: ZoneInfo) -> datetime:
    """A time of day at most two days before the clock of a zone turns, if it does in some year."""
    first = datetime(chance.randrange(1972, 2037), 1, 1, chance.choice([0, 1, 2, 2, 3, 12, 23]), chance.choice([0, 30, 30, 59]))
    day, step = first + timedelta(days=chance.randrange(366)), 64
    while step:  # half a year at most, in ever smaller steps
        later = day + timedelta(days=step)
        if later.replace(tzinfo=zone).utcoffset() == day.replace(tzinfo=zone).utcoffset():
            day = later
        step //= 2
    return day - timedelta(days=chance.randrange(3))


def rule_of(chance: random.Random, first: datetime, written: Callable[[datetime], str], *, is_date: bool) -> tuple[str, list[datetime]]:
    """A rule, and python-dateutil's instances of it on the clock. A rule with UNTIL ends just at one of them, or a second before."""
    text, _first = made(chance, FREQUENCIES[:4])
    kept = [part for part in text.split(";") if not part.startswith(("UNTIL", "COUNT", "BYSETPOS" if "WEEKLY" in text else "-", *(["BYHOUR", "BYMINUTE", "BYSECOND"] if is_date else [])))]
    text = ";".join(kept)
    walls = [wall for wall in islice(rrulestr(text, dtstart=first), 60) if wall < first + SPAN]
    walls = walls if walls[:1] == [first] else [first, *walls]
    end = chance.random()
    if end < 0.3:
        count = chance.randint(1, len(walls))
        return f"{text};COUNT={count}", walls[:count]
    if end < 0.7 and len(walls) < 60:
        last = chance.choice(walls)
        is_before = not is_date and chance.random() < 0.4 and last > first
        return f"{text};UNTIL={written(last - timedelta(seconds=is_before))}", [wall for wall in walls if wall < last or (wall == last and not is_before)]
    return text, walls


def compare(chance: random.Random, name: str, kind: str) -> None:
    """One event, made by chance."""
    zone = ZoneInfo(name) if kind == "zoned" else None
    first = near_a_turn(chance, ZoneInfo(name))
    if kind == "date":
        first = first.replace(hour=0, minute=0)

    def local(wall: datetime) -> str:
        return f"{wall:%Y%m%d}" if kind == "date" else f"{wall:%Y%m%dT%H%M%S}"

    def utc(wall: datetime) -> str:
        return f"{EPOCH + timedelta(milliseconds=instant(wall, zone)):%Y%m%dT%H%M%S}Z"

    head = {"zoned": f";TZID={name}", "floating": "", "date": ";VALUE=DATE"}[kind]
    with within(0.1):
        rule, walls = rule_of(chance, first, utc if zone else local, is_date=kind == "date")
    full = len(walls) >= 60
    expected = {instant(wall, zone) for wall in walls}
    lines = [f"DTSTART{head}:{local(first)}", f"RRULE:{rule}"]
    gone = chance.sample(walls, min(len(walls) - 1, chance.randrange(4)))
    lines += [f"EXDATE:{utc(wall)}" if zone and chance.random() < 0.5 else f"EXDATE{head}:{local(wall)}" for wall in gone]
    extra = [first + timedelta(days=chance.randrange(1, 300), minutes=0 if kind == "date" else 7) for _number in range(chance.randrange(3))]
    lines += [f"RDATE{head}:{local(wall)}" for wall in extra]
    expected = (expected | {instant(wall, zone) for wall in extra}) - {instant(wall, zone) for wall in gone}  # §3.8.5.1: what is gone is gone
    moved = chance.choice([*(wall for wall in (*walls, *extra) if instant(wall, zone) in expected), None])
    stand_in = ""
    if moved is not None:
        to = moved + (timedelta(days=1) if kind == "date" else timedelta(hours=5, minutes=13))
        expected.discard(instant(moved, zone))
        stand_in = f"BEGIN:VEVENT\r\nUID:u\r\nRECURRENCE-ID{head}:{local(moved)}\r\nDTSTART{head}:{local(to)}\r\nSUMMARY:Moved\r\nEND:VEVENT\r\n"
    text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\n" + "\r\n".join(lines) + f"\r\nEND:VEVENT\r\n{stand_in}END:VCALENDAR\r\n"
    series = Series.of(parse(text))
    assert series is not None and not series.problems, (text, series and series.problems)
    end = instant(walls[-1], zone) + 1 if full else instant(first + SPAN, zone)
    found = series.between(instant(first, zone) - 1, end + 86_400_000)
    plain = {one.start for one in found if one.component.find("SUMMARY") is None and one.start < end}
    assert plain == {at for at in expected if at < end}, text
    if moved is not None and instant(to, zone) < end:
        assert [one.start for one in found if one.component.find("SUMMARY") is not None] == [instant(to, zone)], text


@pytest.mark.parametrize("group", range(GROUPS))
def test_instances_of_all_zones(group: int) -> None:
    compared = 0
    for place, name in enumerate(ZONES[group::GROUPS]):
        for kind in ("zoned", "floating", "date") if place % 5 == 0 else ("zoned",):
            for number in range(CASES):
                try:
                    compare(random.Random(f"{name} {kind} {number}"), name, kind)
                except Slow:
                    continue
                compared += 1
    assert compared > len(ZONES) // GROUPS // 2
