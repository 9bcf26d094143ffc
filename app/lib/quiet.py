"""Quiet hours: spans of a week on somebody's clock, and until when the one lasts that they are in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = 24 * 60
_LONGEST = 16  # spans that follow one another before we stop looking: two weeks


@dataclass(frozen=True, slots=True)
class Span:
    """Hours on some days of the week. `days` has bit 0 for Monday; `starts` and `ends` are minutes after midnight.

    A span that ends at or before its start ends on the day after; from 0 to 0 is a whole day.
    """

    days: int
    starts: int
    ends: int


def quiet_end(now: int, zone: str, spans: Sequence[Span]) -> int | None:
    """When the quiet ends that `now` is in, spans that touch counted as one; None outside. Milliseconds since the epoch."""
    end = None
    for _ in range(_LONGEST):
        later = max((ends for starts, ends in _windows(end or now, zone, spans, 1) if starts <= (end or now) < ends), default=None)
        if later is None:
            break
        end = later
    return end


def next_quiet(now: int, zone: str, spans: Sequence[Span]) -> int | None:
    """When the next quiet begins after `now`; None without spans."""
    return min((starts for starts, _ends in _windows(now, zone, spans, 8) if starts > now), default=None)


def local_instant(day: date, minutes: int, zone: str) -> int:
    """The instant at which the clocks of `zone` show so many minutes after the midnight of `day` (1440: the next midnight).

    A time that a change of clocks skips or repeats is its first moment.
    """
    on = day + timedelta(days=minutes // _DAY)
    wall = datetime(on.year, on.month, on.day, minutes % _DAY // 60, minutes % 60, tzinfo=ZoneInfo(zone))
    return int(wall.timestamp() * 1000)


def local_day(now: int, zone: str) -> date:
    """The day that it is in `zone`."""
    return datetime.fromtimestamp(now / 1000, ZoneInfo(zone)).date()


def _windows(now: int, zone: str, spans: Sequence[Span], ahead: int) -> Iterator[tuple[int, int]]:
    """The spans as instants, from those that began yesterday to those that begin `ahead` days from now."""
    today = local_day(now, zone)
    for offset in range(-1, ahead + 1):
        day = today + timedelta(days=offset)
        for span in spans:
            if span.days >> day.weekday() & 1:
                length = _DAY if span.ends <= span.starts else 0
                yield local_instant(day, span.starts, zone), local_instant(day, span.ends + length, zone)
