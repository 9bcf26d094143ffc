"""Quiet hours on somebody's own clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from app.lib.quiet import Span, next_quiet, quiet_end

ZONE = "Europe/Zurich"
WEEKDAYS, WEEKEND, EVERY_DAY = 0b0011111, 0b1100000, 0b1111111
EVENINGS = Span(WEEKDAYS, 18 * 60, 8 * 60)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp() * 1000)


@pytest.mark.parametrize(("now", "end"), [
    ("2026-11-23T12:00", None),  # a Monday
    ("2026-11-23T18:00", "2026-11-24T08:00"),
    ("2026-11-24T07:59", "2026-11-24T08:00"),
    ("2026-11-24T08:00", None),
    ("2026-11-28T07:00", "2026-11-28T08:00"),  # Saturday: the night that began on Friday
    ("2026-11-28T20:00", None),
    ("2026-11-23T07:00", None),  # Monday morning: nothing began on Sunday
])
def test_evenings_of_weekdays(now: str, end: str | None) -> None:
    assert quiet_end(at(now), ZONE, [EVENINGS]) == (end and at(end))


def test_spans_that_touch_are_one() -> None:
    spans = [EVENINGS, Span(WEEKEND, 0, 0), Span(1, 0, 8 * 60)]
    assert quiet_end(at("2026-11-27T19:00"), ZONE, spans) == at("2026-11-30T08:00"), "Friday evening to Monday morning"


def test_always_quiet_has_an_end_far_enough() -> None:
    end = quiet_end(at("2026-11-23T12:00"), ZONE, [Span(EVERY_DAY, 0, 0)])
    assert end is not None and end > at("2026-12-05T00:00")


def test_a_night_that_loses_an_hour_ends_at_eight_on_the_clock() -> None:
    assert quiet_end(at("2026-03-28T23:00"), ZONE, [Span(EVERY_DAY, 22 * 60, 8 * 60)]) == at("2026-03-29T08:00")


def test_the_next_quiet() -> None:
    assert next_quiet(at("2026-11-23T12:00"), ZONE, [EVENINGS]) == at("2026-11-23T18:00")
    assert next_quiet(at("2026-11-28T12:00"), ZONE, [EVENINGS]) == at("2026-11-30T18:00")
    assert next_quiet(at("2026-11-28T12:00"), ZONE, []) is None
