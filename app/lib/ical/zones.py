"""What a TZID means: a zone of the IANA database, one of Windows, or what the file's own VTIMEZONE says (RFC 5545 §3.6.5)."""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from app.lib.ical.lines import Component, Property
from app.lib.ical.values import instant_of, parse_date_time, parse_offset
from app.lib.recurrence import Rule, starts

_LAST_YEAR = datetime(2101, 1, 1)
_UTC_NAMES = frozenset({"UTC", "Z", "GMT", "ETC/UTC", "ETC/GMT", "ZULU", "ETC/ZULU", "UCT", "ETC/UCT"})
_LOOSE_NAMES = {
    "CENTRAL EUROPEAN STANDARD TIME": "Europe/Warsaw", "WESTERN/CENTRAL EUROPE": "Europe/Paris", "CUSTOMIZED TIME ZONE": "",
    "(UTC+01:00) AMSTERDAM, BERLIN, BERN, ROME, STOCKHOLM, VIENNA": "Europe/Berlin",
    "AMSTERDAM, BERLIN, BERN, ROME, STOCKHOLM, VIENNA": "Europe/Berlin",
}


class Zones:
    """The zones that one file names. Unknown names without a VTIMEZONE are read on the clock of `default` and noted in `unknown`."""

    def __init__(self, calendar: Component | None = None, default: tzinfo = UTC) -> None:
        self._written = {zone.text("TZID"): zone for zone in calendar.within("VTIMEZONE")} if calendar else {}
        self._default = default
        self._found: dict[str, tzinfo] = {}
        self.unknown: list[str] = []

    def find(self, tzid: str) -> tzinfo:
        """The zone of a name."""
        found = self._found.get(tzid)
        if found is None:
            found = self._found[tzid] = self._look_up(tzid)
        return found

    def _look_up(self, tzid: str) -> tzinfo:
        known = iana_name(tzid)
        if known is not None:
            return UTC if known == "UTC" else ZoneInfo(known)
        written = self._written.get(tzid)
        if written is not None:
            location = written.text("X-LIC-LOCATION") or written.text("TZID-ALIAS-OF")
            known = iana_name(location) if location else None
            if known is not None:
                return ZoneInfo(known)
            try:
                return _custom(tzid, written.serialize())
            except ValueError:
                pass
        self.unknown.append(tzid)
        return self._default


@lru_cache(maxsize=1024)
def iana_name(tzid: str) -> str | None:
    """The name in the IANA database of what programs call a zone: also with a prefix, in other letters, or as Windows does."""
    name = tzid.strip().strip('"')
    if name.upper() in _UTC_NAMES:
        return "UTC"
    names = _names()
    for start in (0, *(found.end() for found in re.finditer("/", name))):  # /mozilla.org/20070129_1/Europe/Berlin
        if (known := names.get(name[start:].lower())) is not None:
            return known
    windows = WINDOWS_TO_OLSON.get(name) or _windows().get(name.lower()) or _LOOSE_NAMES.get(name.upper())
    return windows or None


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if name not in ("localtime", "posixrules")}


@lru_cache(maxsize=1)
def _windows() -> dict[str, str]:
    return {name.lower(): known for name, known in WINDOWS_TO_OLSON.items()}


@lru_cache(maxsize=512)
def _custom(tzid: str, text: str) -> WrittenZone:
    from app.lib.ical.lines import parse

    return WrittenZone(tzid, parse(text, "VTIMEZONE"))


class WrittenZone(tzinfo):
    """A zone as a VTIMEZONE defines it. Raises ValueError when it defines none."""

    def __init__(self, tzid: str, written: Component) -> None:
        self.key = tzid
        onsets: list[tuple[datetime, timedelta, timedelta, str]] = []
        for part in written.within("STANDARD", "DAYLIGHT"):
            onsets += _onsets(part)
        if not onsets:
            raise ValueError(f"{tzid} has no observance")
        onsets.sort(key=lambda onset: (onset[0] - onset[1], onset[0]))
        self._instants = [instant_of(onset[0] - onset[1], None) for onset in onsets]
        self._walls = [onset[0] + max(onset[2] - onset[1], timedelta()) for onset in onsets]  # from then on only the new offset holds
        self._offsets = [onsets[0][1], *(onset[2] for onset in onsets)]
        self._tznames = [onsets[0][3], *(onset[3] for onset in onsets)]

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """The offset of a clock's time: in a gap the one before, of two the first, unless `fold` is set."""
        if moment is None:
            return timedelta()
        wall = moment.replace(tzinfo=None)
        place = bisect_right(self._walls, wall)
        if place < len(self._walls) and moment.fold == 0:
            return self._offsets[place]
        return self._offsets[place]

    def fromutc(self, moment: datetime) -> datetime:
        """The clock's time of an instant."""
        plain = moment.replace(tzinfo=None)
        place = bisect_right(self._instants, instant_of(plain, None))
        return (plain + self._offsets[place]).replace(tzinfo=self)

    def dst(self, moment: datetime | None) -> timedelta:
        """It doesn't say how much of the offset is summer's."""
        return timedelta()

    def tzname(self, moment: datetime | None) -> str:
        """The abbreviation at a time."""
        return self._tznames[0 if moment is None else bisect_right(self._walls, moment.replace(tzinfo=None))]

    def __hash__(self) -> int:
        return hash((self.key, len(self._instants)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WrittenZone) and (self._instants, self._offsets) == (other._instants, other._offsets)


def _onsets(part: Component) -> list[tuple[datetime, timedelta, timedelta, str]]:
    """When an observance begins: clock's time, the offset until then, the offset from then on, and its name."""
    start, _is_utc = parse_date_time(part.value("DTSTART") or "")
    before, after = parse_offset(part.value("TZOFFSETFROM") or ""), parse_offset(part.value("TZOFFSETTO") or "")
    name = part.text("TZNAME")
    walls = {start}
    for line in part.all("RRULE"):
        rule = Rule.parse(line.value)
        until = rule.until + before if rule.until is not None and rule.until_is_utc else rule.until
        last = min(until or _LAST_YEAR, _LAST_YEAR)
        walls |= set(starts(rule.with_changes(until=None), start, None, last + timedelta(seconds=1)))
    for line in part.all("RDATE"):
        walls |= {_rdate(line, value) for value in line.value.split(",")}
    return [(wall, before, after, name) for wall in walls]


def _rdate(line: Property, value: str) -> datetime:
    return parse_date_time(value.partition("/")[0] if "T" in value else f"{value}T000000")[0]
