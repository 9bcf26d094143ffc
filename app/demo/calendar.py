"""The demo's days: counted in working days back from now, in Alpina's time zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.lib import clock

ZONE = ZoneInfo("Europe/Zurich")
_MORNING, _EVENING = time(9, 30), time(18, 30)


class Calendar:
    """Instants in milliseconds. The demo's present is now, or the end of the last working day outside office hours."""

    def __init__(self) -> None:
        now = datetime.fromtimestamp(clock.now() / 1000, ZONE)
        if _is_workday(now) and _MORNING <= now.time() <= _EVENING:
            self._present = now
        else:
            day = now if _is_workday(now) and now.time() > _EVENING else _workdays_before(now, 1)
            self._present = day.replace(hour=17, minute=40, second=0, microsecond=0)

    def at(self, workdays: int, hour: int, minute: int) -> int:
        """A time of day, so many working days before the present one."""
        return _milliseconds(_workdays_before(self._present, workdays).replace(hour=hour, minute=minute, second=0, microsecond=0))

    def ago(self, minutes: float) -> int:
        """So many minutes before the present."""
        return _milliseconds(self._present - timedelta(minutes=minutes))


def _is_workday(day: datetime) -> bool:
    return day.weekday() < 5


def _workdays_before(day: datetime, count: int) -> datetime:
    while count:
        day -= timedelta(days=1)
        count -= _is_workday(day)
    return day


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
