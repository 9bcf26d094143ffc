"""Writes the VTIMEZONE of a zone of the IANA database (RFC 5545 §3.6.5), as mail and calendar programs without one need it, and leaves it out
for those that have the database themselves (RFC 7809)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from app.lib.ical.lines import Component, Property
from app.lib.ical.values import format_offset, instant_of
from app.lib.ical.zones import iana_name
from app.lib.recurrence import WEEKDAYS

_EPOCH = datetime(1970, 1, 1)
_TZID = re.compile(r"^TZID[^:\r\n]*:([^\r\n]+)", re.MULTILINE)
_NAMED = re.compile(r';TZID=(?:"([^"\r\n]+)"|([^:;,"\r\n]+))')
_FIRST_PART = re.compile(r"^BEGIN:(?:VEVENT|VTODO|VJOURNAL)\r?\n", re.MULTILINE)
_YEAR = re.compile(r"^DTSTART[^:\r\n]*:(\d{4})", re.MULTILINE)


class _Turn(NamedTuple):
    at: int  # seconds since the epoch
    before: int  # offset in seconds
    after: int
    name: str
    is_summer: bool


class _Rule(NamedTuple):
    month: int
    week: int  # 1 to 5, 5 is the last
    weekday: int  # 0 for Sunday
    time: int  # seconds after midnight of the clock that runs until then


def without_known(text: str) -> str:
    """A calendar object without the VTIMEZONEs of zones that the database has by just this name (RFC 7809 §3.1.3); the rest is as it was."""
    kept, at = [], 0
    for start, end, name in _written_in(text):
        if iana_name(name) == name:
            kept.append(text[at:start])
            at = end
    return "".join((*kept, text[at:]))


def completed(text: str) -> str:
    """A calendar object with a VTIMEZONE for each zone of the database that it names and doesn't say; else just as it was."""
    named = {quoted or plain for quoted, plain in _NAMED.findall(text)} - {name for _start, _end, name in _written_in(text)}
    known = sorted(name for name in named if iana_name(name) == name)
    place = _FIRST_PART.search(text)
    if not known or place is None:
        return text
    year = min((int(found) for found in _YEAR.findall(text)), default=1970)
    zones = "".join(written(name, max(1970, min(year, 2037))) for name in known)
    return text[: place.start()] + zones + text[place.start() :]


def _written_in(text: str) -> Iterator[tuple[int, int, str]]:
    """Where the VTIMEZONEs of a text are, with their lines' ends, and their names."""
    start = text.find("BEGIN:VTIMEZONE")
    while start >= 0 and (end := text.find("END:VTIMEZONE", start)) >= 0:
        name = _TZID.search(text, start, end)
        end = (text.find("\n", end) + 1) or len(text)
        yield start, end, name[1] if name else ""
        start = text.find("BEGIN:VTIMEZONE", end)


@lru_cache(maxsize=512)
def written(name: str, first_year: int) -> str:
    """The VTIMEZONE of a zone, right from `first_year` on, its text with CRLF. Raises LookupError."""
    turns, footer = _read(name)
    since = instant_of(datetime(max(first_year, 1), 1, 1), None) // 1000
    zone = Component("VTIMEZONE", [Property.of_text("TZID", name)])
    zone.items += _past(turns, since, footer)
    if footer.rules is not None:
        zone.items += _forever(turns, since, footer)
    if not list(zone.components):
        zone.items.append(_part("STANDARD", datetime(1970, 1, 1), footer.offset, footer.offset, footer.name))
    return zone.serialize()


class _Footer(NamedTuple):
    """What holds after the last turn on record."""

    name: str
    offset: int
    summer_name: str
    summer_offset: int
    rules: tuple[_Rule, _Rule] | None


def _past(turns: list[_Turn], since: int, footer: _Footer) -> list[Property | Component]:
    """The observance in force at `since` and each later turn that the footer's rules don't tell."""
    before = [turn for turn in turns if turn.at <= since]
    later = [turn for turn in turns if turn.at > since]
    if footer.rules is not None:
        later = [turn for turn in later if not _is_ruled(turn, footer)]
        ruled_from = _ruled_from(turns, footer)
        later = [turn for turn in later if turn.at < ruled_from] + [turn for turn in turns if since < turn.at < ruled_from and _is_ruled(turn, footer)]
        later.sort()
    shown = [*before[-1:], *later]
    return [
        _part("DAYLIGHT" if turn.is_summer else "STANDARD", _EPOCH + timedelta(seconds=turn.at + turn.before), turn.before, turn.after, turn.name)
        for turn in shown
    ]


def _ruled_from(turns: list[_Turn], footer: _Footer) -> int:
    """From when on all turns on record are those of the footer."""
    start = None
    for turn in reversed(turns):
        if not _is_ruled(turn, footer) or (start is not None and start - turn.at > 330 * 86400):
            return turn.at + 1 if start is None else start
        start = turn.at
    return -(1 << 62) if start is None else start


def _is_ruled(turn: _Turn, footer: _Footer) -> bool:
    if footer.rules is None:
        return False
    to_summer, to_winter = footer.rules
    wall = _EPOCH + timedelta(seconds=turn.at + turn.before)
    if (turn.before, turn.after) == (footer.offset, footer.summer_offset):
        return wall == _onset(to_summer, wall.year)
    return (turn.before, turn.after) == (footer.summer_offset, footer.offset) and wall == _onset(to_winter, wall.year)


def _forever(turns: list[_Turn], since: int, footer: _Footer) -> list[Property | Component]:
    assert footer.rules is not None
    start = max(_ruled_from(turns, footer), since - 370 * 86400)
    year = max((_EPOCH + timedelta(seconds=start)).year, 1)
    parts: list[Property | Component] = []
    for name, rule, before, after, label in (
        ("DAYLIGHT", footer.rules[0], footer.offset, footer.summer_offset, footer.summer_name),
        ("STANDARD", footer.rules[1], footer.summer_offset, footer.offset, footer.name),
    ):
        onset = _onset(rule, year)
        while (onset - _EPOCH).total_seconds() - before < start:
            onset = _onset(rule, onset.year + 1)
        parts.append(_part(name, onset, before, after, label, _rrule(rule)))
    return parts


def _onset(rule: _Rule, year: int) -> datetime:
    weekday = (rule.weekday - 1) % 7  # 0 for Monday
    if rule.week == 5:
        last = date(year + rule.month // 12, rule.month % 12 + 1, 1) - timedelta(days=1)
        day = last - timedelta(days=(last.weekday() - weekday) % 7)
    else:
        first = date(year, rule.month, 1)
        day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (rule.week - 1))
    return datetime(day.year, day.month, day.day) + timedelta(seconds=rule.time)


def _rrule(rule: _Rule) -> str:
    """The rule of an onset. A time beyond its day (-1 or 26 o'clock) moves it to other days of the month."""
    shift, _second = divmod(rule.time, 86400)
    weekday = WEEKDAYS[(rule.weekday - 1 + shift) % 7]
    if shift == 0:
        return f"FREQ=YEARLY;BYMONTH={rule.month};BYDAY={-1 if rule.week == 5 else rule.week}{weekday}"
    if rule.week == 5:
        end = (date(2025, 12, 31) - (date(2025, rule.month % 12 + 1, 1) - timedelta(days=1))).days if rule.month < 12 else 0
        days = ",".join(str(number + shift - end) for number in range(-7, 0))  # counted from the end of the year, as it may be another month
        return f"FREQ=YEARLY;BYYEARDAY={days};BYDAY={weekday}"
    days = ",".join(str(number + shift) for number in range(7 * rule.week - 6, 7 * rule.week + 1) if number + shift > 0)
    return f"FREQ=YEARLY;BYMONTH={rule.month};BYMONTHDAY={days};BYDAY={weekday}"


def _part(name: str, onset: datetime, before: int, after: int, label: str, rule: str = "") -> Component:
    lines = [Property.make("DTSTART", onset.isoformat(timespec="seconds").replace("-", "").replace(":", ""))]
    lines += [Property.make("RRULE", rule)] if rule else []
    lines += [
        Property.make("TZOFFSETFROM", format_offset(timedelta(seconds=before))), Property.make("TZOFFSETTO", format_offset(timedelta(seconds=after))),
        Property.of_text("TZNAME", label),
    ]
    return Component(name, list(lines))


# -- reading the database's files (RFC 8536)


@lru_cache(maxsize=512)
def _read(name: str) -> tuple[list[_Turn], _Footer]:
    data = _file(name)
    skip = _block_size(data[20:44], 4) + 44
    _utc, _std, _leap, times, types, chars = struct.unpack(">6l", data[skip + 20 : skip + 44])
    at = skip + 44
    instants = struct.unpack(f">{times}q", data[at : at + 8 * times])
    at += 8 * times
    indexes = data[at : at + times]
    at += times
    kinds = [struct.unpack(">lbB", data[at + 6 * n : at + 6 * n + 6]) for n in range(types)]
    at += 6 * types
    names = data[at : at + chars]
    footer = data[skip + 44 + _block_size(data[skip + 20 : skip + 44], 8) :].strip(b"\n").decode()

    def label(kind: tuple[int, int, int]) -> str:
        return names[kind[2] : names.index(b"\0", kind[2])].decode()

    turns, before = [], kinds[0][0]
    for instant, index in zip(instants, indexes, strict=True):
        kind = kinds[index]
        turns.append(_Turn(instant, before, kind[0], label(kind), bool(kind[1])))
        before = kind[0]
    return turns, _footer(footer, kinds[0][0], label(kinds[0]))


def _file(name: str) -> bytes:
    parts = name.split("/")
    if not all(part and part[0] != "." for part in parts):
        raise LookupError(name)
    try:
        data = resources.files("tzdata.zoneinfo").joinpath(*parts).read_bytes()
    except (OSError, ValueError) as error:
        raise LookupError(name) from error
    if data[:4] != b"TZif":
        raise LookupError(name)
    return data


def _block_size(counts: bytes, width: int) -> int:
    utc, std, leap, times, types, chars = struct.unpack(">6l", counts)
    return times * width + times + types * 6 + chars + leap * (width + 4) + std + utc


def _footer(text: str, offset: int, name: str) -> _Footer:
    """POSIX TZ: `CET-1CEST,M3.5.0,M10.5.0/3`."""
    found = re.fullmatch(r"(<[^>]+>|[A-Za-z]+)([-+:\d]+)(?:(<[^>]+>|[A-Za-z]+)([-+:\d]*),(M[\d./:+-]+),(M[\d./:+-]+))?", text)
    if found is None:
        return _Footer(name, offset, "", 0, None)
    standard = -_seconds(found[2])
    if found[3] is None:
        return _Footer(found[1].strip("<>"), standard, "", 0, None)
    summer = -_seconds(found[4]) if found[4] else standard + 3600
    return _Footer(found[1].strip("<>"), standard, found[3].strip("<>"), summer, (_posix_rule(found[5]), _posix_rule(found[6])))


def _posix_rule(text: str) -> _Rule:
    days, _slash, time = text[1:].partition("/")
    month, week, weekday = (int(part) for part in days.split("."))
    return _Rule(month, week, weekday, _seconds(time) if time else 7200)


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, seconds = (*(int(part) for part in text.lstrip("+-").split(":")), 0, 0)[:3]
    return sign * (hours * 3600 + minutes * 60 + seconds)
