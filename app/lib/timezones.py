"""Time zones to choose from."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

_AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def offered_timezones() -> tuple[str, ...]:
    """Names of the IANA database that stand for a place, and UTC, in the order of the alphabet."""
    return (*sorted(name for name in available_timezones() if name.split("/")[0] in _AREAS), "UTC")
