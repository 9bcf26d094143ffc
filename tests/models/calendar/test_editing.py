"""Edits of series, thrown by dice: what isn't concerned stays, what is becomes what was asked, and nothing is lost."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

import pytest

from app.lib.ical import Component, parse
from app.lib.ical.series import ENDLESS, Series
from app.lib.ical.values import ZONED, wall_of
from app.lib.recurrence import Rule, starts
from app.models.calendar import editing
from app.models.calendar.drafts import Draft, check_draft, new_event

RULES = (
    "FREQ=DAILY;COUNT=12", "FREQ=WEEKLY;COUNT=8", "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=14", "FREQ=MONTHLY;COUNT=9", "FREQ=DAILY;INTERVAL=3;UNTIL=20260601T000000Z",
    "FREQ=MONTHLY;BYDAY=1MO;COUNT=6", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=7", "FREQ=YEARLY;COUNT=4", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;COUNT=8",
)
Told = dict[str, tuple[datetime, datetime, str]]


def made(chance: random.Random) -> Component:
    start = datetime(2026, 3, chance.randint(1, 28), chance.randint(0, 23), chance.choice([0, 30]))
    zone = chance.choice(["Europe/Zurich", "America/New_York", "UTC", ""])
    is_all_day = chance.random() < 0.25
    length = timedelta(days=chance.randint(1, 3)) if is_all_day else timedelta(minutes=chance.choice([15, 60, 600]))
    start = start.replace(hour=0, minute=0) if is_all_day else start
    rule = chance.choice(RULES)
    endless = Rule.parse(rule).with_changes(count=None, until=None)
    start = list(islice(starts(endless, start, None, datetime(2030, 1, 1)), 2))[1]  # one that the rule has
    draft = Draft("Series", start, start + length, is_all_day, "" if is_all_day else zone, rule=rule, location=chance.choice(["", "Eiger"]))
    return parse(new_event("u", check_draft(draft)).serialize())


def told(calendar: Component) -> Told:
    series = Series.of(calendar)
    assert series is not None
    zone = series.first.zone if series.first.kind == ZONED else None
    return {
        one.key: (wall_of(one.start, zone), wall_of(one.end, zone), one.component.text("SUMMARY") + one.component.text("LOCATION"))
        for one in series.between(-ENDLESS, ENDLESS, 100)
    }


def series_of(calendar: Component) -> Series:
    found = Series.of(calendar)
    assert found is not None
    return found


def differ_somewhere(chance: random.Random, calendar: Component) -> None:
    """Let an instance or two be their own."""
    for _round in range(chance.randint(0, 2)):
        key = chance.choice(list(told(calendar)))
        shown = editing.draft_at(series_of(calendar), key)
        editing.edit_one(calendar, key, replace(shown, title=f"Other {key}", start=shown.start + timedelta(days=1), end=shown.end + timedelta(days=1)))


@pytest.mark.parametrize("number", range(60))
def test_one_instance(number: int) -> None:
    chance = random.Random(number)
    calendar = made(chance)
    differ_somewhere(chance, calendar)
    before = told(calendar)
    key = chance.choice(list(before))
    shown = editing.draft_at(series_of(calendar), key)
    assert (shown.start, shown.end) == before[key][:2]
    wanted = replace(shown, title="Changed", location="", start=shown.start + timedelta(days=2), end=shown.end + timedelta(days=3))
    editing.edit_one(calendar, key, wanted)
    again = parse(calendar.serialize())
    assert told(again) == {**before, key: (wanted.start, wanted.end, "Changed")}
    other = chance.choice(list(before))
    editing.remove_one(again, other)
    left = {one: what for one, what in {**before, key: (wanted.start, wanted.end, "Changed")}.items() if one != other}
    assert told(parse(again.serialize())) == left


@pytest.mark.parametrize("number", range(60))
def test_cutting_loses_nothing(number: int) -> None:
    chance = random.Random(1000 + number)
    calendar = made(chance)
    differ_somewhere(chance, calendar)
    before = told(calendar)
    key = chance.choice(sorted(before))
    rest = editing.split(calendar, key, "v")
    if rest is None:
        assert key == min(before)
        assert told(calendar) == before
        return
    first, second = told(parse(calendar.serialize())), told(parse(rest.serialize()))
    first = first if first or not before else {}
    both = {**first, **second}
    if "" in both:  # of a single instance that is left over nothing recurs any more
        both = {one: what for one, what in both.items() if one}
        assert set(before.values()) >= set(both.values())
        return
    assert both == before and all(one < key for one in first) and all(one >= key for one in second)


@pytest.mark.parametrize("number", range(60))
def test_all_move_together(number: int) -> None:
    chance = random.Random(2000 + number)
    calendar = made(chance)
    series = series_of(calendar)
    if any(part in (series.main.value("RRULE") or "") for part in ("BYMONTHDAY", "BYDAY=1MO", "MONTHLY", "YEARLY") if series.main):
        hours = timedelta(0)
    else:
        hours = timedelta(days=chance.choice([0, 1, 5]))
    by = hours + (timedelta() if series.first.is_date else timedelta(minutes=chance.choice([-30, 0, 45])))
    before = told(calendar)
    key = chance.choice(list(before))
    shown = editing.draft_at(series, key)
    if (shown.start + by).date() != (shown.start + hours).date() or any((what[0] + by).date() != (what[0] + hours).date() for what in before.values()):
        return  # past midnight the days of the rule change, too
    editing.edit_all(calendar, key, replace(shown, title="All", start=shown.start + by, end=shown.end + by))
    after = told(parse(calendar.serialize()))
    assert [what[0] for what in after.values()] == [start + by for start, _end, _title in before.values()]
    assert all(what[2].startswith("All") for what in after.values()) and {one.end - one.start for one in series_of(calendar).between(-ENDLESS, ENDLESS)} == {
        one.end - one.start for one in series.between(-ENDLESS, ENDLESS)
    }
