"""Time zones to choose from."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def offered_timezones() -> tuple[str, ...]:
    """Names of the IANA database that stand for a place, and UTC, in the order of the alphabet."""
    return (*sorted(name for name in available_timezones() if name.split("/")[0] in _AREAS), "UTC")


def end_of_day(day: date, timezone: str) -> int:
    """The midnight after a day in a time zone, in milliseconds since the epoch."""
    return int(datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone)).timestamp() * 1000)


def last_day(end: int, timezone: str) -> date:
    """The last day before an instant (milliseconds since the epoch) in a time zone."""
    return (datetime.fromtimestamp(end / 1000, UTC) - timedelta(milliseconds=1)).astimezone(ZoneInfo(timezone)).date()
