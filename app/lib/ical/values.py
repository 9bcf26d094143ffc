"""Values of properties (RFC 5545 §3.3): texts, dates, times, durations, offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

DATE, FLOATING, ZONED = "date", "floating", "zoned"
_EPOCH = datetime(1970, 1, 1)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")
_DATE_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?(Z?)", re.IGNORECASE)
_DURATION = re.compile(r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d):?(\d\d)?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class When:
    """A date, a time of day wherever one is, or an instant told by a clock: `wall` is what the clock shows, without a zone.

    `tzid` is the name in the file; None with a zone means UTC.
    """

    wall: datetime
    kind: str = ZONED
    zone: tzinfo | None = UTC
    tzid: str | None = None

    @property
    def instant(self) -> int:
        """Milliseconds since the epoch; of dates and floating times as if in UTC."""
        return instant_of(self.wall, self.zone if self.kind == ZONED else None)

    @property
    def is_date(self) -> bool:
        """Whether it is a whole day."""
        return self.kind == DATE

    def at(self, wall: datetime) -> When:
        """The same kind of time, at another time of the clock."""
        return When(wall, self.kind, self.zone, self.tzid)

    def value(self) -> str:
        """As it stands in a file."""
        if self.kind == DATE:
            return f"{self.wall:%Y%m%d}" if self.wall.year > 999 else self.wall.date().isoformat().replace("-", "")
        text = self.wall.isoformat(timespec="seconds").replace("-", "").replace(":", "")
        return text + "Z" if self.kind == ZONED and self.tzid is None else text

    def params(self) -> list[tuple[str, str | list[str]]]:
        """The parameters that go with `value`."""
        if self.kind == DATE:
            return [("VALUE", "DATE")]
        return [("TZID", self.tzid)] if self.kind == ZONED and self.tzid is not None else []


def instant_of(wall: datetime, zone: tzinfo | None) -> int:
    """Milliseconds since the epoch of a clock's time. In a gap the offset before it holds, and of two the first (RFC 5545 §3.3.5)."""
    if zone is None or zone is UTC:
        return ((wall - _EPOCH) // _SECOND) * 1000
    offset = wall.replace(tzinfo=zone, fold=0).utcoffset()
    return ((wall - _EPOCH - (offset or timedelta())) // _SECOND) * 1000


def wall_of(instant: int, zone: tzinfo | None) -> datetime:
    """What a clock of the zone shows at an instant in milliseconds. Instants beyond the calendar are its first or last day."""
    moment = _EPOCH + timedelta(milliseconds=min(max(instant, _FIRST), _LAST))
    return moment if zone is None or zone is UTC else moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None, fold=0)


_SECOND = timedelta(seconds=1)
_FIRST = instant_of(datetime(1, 1, 2), None)
_LAST = instant_of(datetime(9999, 12, 30), None)


def parse_date(value: str) -> date:
    """`20260131`. Raises ValueError."""
    found = _DATE.fullmatch(value.strip()) or re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", value.strip())
    if found is None:
        raise ValueError(f"not a date: {value[:30]!r}")
    return date(int(found[1]), int(found[2]), int(found[3]))


def parse_date_time(value: str) -> tuple[datetime, bool]:
    """`20260131T120000Z`: the clock's time, and whether it is UTC's. A second 60 is 59. Raises ValueError."""
    found = _DATE_TIME.fullmatch(value.strip())
    if found is None:
        raise ValueError(f"not a time: {value[:30]!r}")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    extra = timedelta()
    if hour == 24 and minute == second == 0:
        hour, extra = 0, timedelta(days=1)
    return datetime(year, month, day, hour, minute, min(second, 59)) + extra, bool(found[7])


def parse_duration(value: str) -> tuple[timedelta, timedelta]:
    """`-P1DT2H`: the days of the calendar and the exact time (RFC 5545 §3.3.6). Raises ValueError."""
    found = _DURATION.fullmatch(value.strip().upper())
    if found is None or not any(found.groups()[1:]):
        raise ValueError(f"not a duration: {value[:30]!r}")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    if max(weeks, days, hours // 24, minutes // 1440, seconds // 86400) > 4_000_000:
        raise ValueError(f"too long: {value[:30]!r}")
    sign = -1 if found[1] == "-" else 1
    return sign * timedelta(weeks=weeks, days=days), sign * timedelta(hours=hours, minutes=minutes, seconds=seconds)


def format_duration(length: timedelta) -> str:
    """A duration as in a file, in hours, minutes and seconds below a day, whole weeks or days above."""
    total = int(length.total_seconds())
    sign, total = ("-" if total < 0 else ""), abs(total)
    if total and total % (7 * 86400) == 0:
        return f"{sign}P{total // (7 * 86400)}W"
    days, rest = divmod(total, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "") + (f"{seconds}S" if seconds or not (days or hours or minutes) else "")
    return f"{sign}P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")


def parse_offset(value: str) -> timedelta:
    """`+0100`. Raises ValueError."""
    found = _OFFSET.fullmatch(value.strip())
    if found is None:
        raise ValueError(f"not an offset: {value[:30]!r}")
    length = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    if length >= timedelta(days=1):
        raise ValueError(f"not an offset: {value[:30]!r}")
    return -length if found[1] == "-" else length


def format_offset(offset: timedelta) -> str:
    """`+0100`, with seconds when there are some."""
    total = int(offset.total_seconds())
    sign, total = ("-" if total < 0 else "+"), abs(total)
    return f"{sign}{total // 3600:02}{total // 60 % 60:02}" + (f"{total % 60:02}" if total % 60 else "")


def escape(text: str) -> str:
    """A text as a value (RFC 5545 §3.3.11)."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def unescape(value: str) -> str:
    """The text of a value."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value) if "\\" in value else value


def split_list(value: str) -> list[str]:
    """The parts of a list of texts, unescaped (CATEGORIES)."""
    return [unescape(part) for part in re.findall(r"(?:\\.|[^\\,])+", value)]
