"""Where events stand on a page: days beside each other, the weeks of a month, the small months, a list of days.

Counted in the reader's time zone, on a clock face: a day has 288 steps of five minutes, also when the clocks change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from babel.dates import format_date, get_day_names

from app.lib.day_layout import columns, lanes
from app.routes.calendar.shown import Shown, day_in_words

STEPS = 288
LEAST = 4  # steps that something short is drawn with
MOST_LANES = 4  # rows of a month's week
MOST_COLUMNS = 24


class Place(NamedTuple):
    """Where an event stands in a day's column: from which step, how many steps, and over which of the columns beside each other."""

    event: Shown
    start: int
    length: int
    at: int
    of: int
    wide: int


@dataclass(slots=True)
class Day:
    """One day of a page."""

    date: str
    name: str
    short: str
    number: int
    label: str
    is_today: bool
    is_outside: bool = False
    timed: list[Place] = field(default_factory=list)
    events: list[Shown] = field(default_factory=list)
    rests: list[tuple[int, int]] = field(default_factory=list)
    now: int | None = None
    rest_of_name: str = ""


def days_from(first: date, count: int, today: date, locale: str, month: int = 0) -> list[Day]:
    """So many days, named. Those of another month than `month` are outside."""
    return [_day(first + timedelta(days=number), today, locale, month) for number in range(count)]


def _day(day: date, today: date, locale: str, month: int) -> Day:
    begins = day.day == 1
    return Day(
        date=day.isoformat(), name=day_in_words(day, locale), short=day_in_words(day, locale, "EEE"), number=day.day,
        label=day_in_words(day, locale, "d MMM") if begins else str(day.day), is_today=day == today, is_outside=bool(month) and day.month != month,
        rest_of_name=day_in_words(day, locale, "EEEE, LLLL y"),
    )


def beside(days: Sequence[Day], events: Iterable[Shown]) -> list[dict[str, Any]]:
    """Puts what lasts less than a day into the days' `timed`, and returns what covers days, each with its lane."""
    by_date = {day.date: number for number, day in enumerate(days)}
    whole = [event for event in events if event.is_whole]
    timed = [event for event in events if not event.is_whole]
    for day in days:
        spans = [(event, _steps(event, day.date)) for event in timed if event.touches(day.date)]
        placed = columns([(start, max(end, start + LEAST)) for _event, (start, end) in spans])
        for (event, (start, end)), column in zip(spans, placed, strict=True):
            of = min(column.of, MOST_COLUMNS)
            at = min(column.at, MOST_COLUMNS - 1)
            day.timed.append(Place(event, start, max(1, end - start), at, of, min(column.wide, of - at)))
    return _in_lanes(whole, days[0].date, days[-1].date, by_date)


def _steps(event: Shown, day: str) -> tuple[int, int]:
    """From where to where it reaches on a day, in steps of five minutes."""
    start = 0 if event.first_day < day else _step(event.start_text)
    end = STEPS if event.last_day > day else max(start + 1, _step(event.end_text, up=True) or STEPS)
    return min(start, STEPS - 1), min(end, STEPS)


def _step(text: str, *, up: bool = False) -> int:
    minutes = int(text[11:13]) * 60 + int(text[14:16])
    return -(-minutes // 5) if up else minutes // 5


def _in_lanes(events: Sequence[Shown], first: str, last: str, by_date: dict[str, int]) -> list[dict[str, Any]]:
    """Those that touch the row of days from `first` to `last`, with their day (from 1), how many days, and their lane."""
    reaches = [(event, event.first_day, event.first_day if event.is_dot else event.last_day) for event in events]
    here = [(event, begins, ends) for event, begins, ends in reaches if begins <= last and ends >= first]
    spans = [(by_date[max(begins, first)], by_date[min(ends, last)]) for _event, begins, ends in here]
    return [
        event.at(day=start + 1, days=end - start + 1, lane=min(lane, 32), came=begins < first, goes_on=ends > last)
        for (event, begins, ends), (start, end), lane in zip(here, spans, lanes(spans), strict=True)
    ]


@dataclass(slots=True)
class Week:
    """One row of a month."""

    number: int
    days: list[Day]
    events: list[dict[str, Any]]
    more: list[dict[str, Any]]


def weeks(days: Sequence[Day], events: Sequence[Shown]) -> list[Week]:
    """The rows of a month. What finds no place in a day's lanes is counted in `more`."""
    rows = []
    for number in range(0, len(days), 7):
        row = list(days[number : number + 7])
        by_date = {day.date: place for place, day in enumerate(row)}
        placed = _in_lanes(events, row[0].date, row[-1].date, by_date)
        hidden = _crowded(placed)
        fits = [event for event in placed if event["lane"] < (MOST_LANES - 1 if hidden & _days_of(event) else MOST_LANES)]
        kept = {id(event) for event in fits}
        more = [
            {"day": day, "date": row[day - 1].date, "lane": MOST_LANES - 1, "count": sum(day in _days_of(event) for event in placed if id(event) not in kept)}
            for day in sorted(hidden)
        ]
        middle = date.fromisoformat(row[3].date)
        rows.append(Week(middle.isocalendar().week, row, fits, [one for one in more if one["count"]]))
    return rows


def _crowded(placed: list[dict[str, Any]]) -> set[int]:
    """The days (from 1) that have more than fits, and those that share what is left out with them."""
    hidden = {day for event in placed if event["lane"] >= MOST_LANES for day in _days_of(event)}
    while more := {day for event in placed if event["lane"] >= MOST_LANES - 1 and hidden & _days_of(event) for day in _days_of(event)} - hidden:
        hidden |= more
    return hidden


def _days_of(event: dict[str, Any]) -> set[int]:
    return set(range(event["day"], event["day"] + event["days"]))


def listed(days: Sequence[Day], events: Sequence[Shown]) -> list[Day]:
    """The days that have something, each with what it has: whole days first, then by time."""
    for day in days:
        day.events = sorted((event for event in events if event.touches(day.date)), key=lambda one: (not one.is_whole, one.start_text, one.title))
    return [day for day in days if day.events]


@dataclass(frozen=True, slots=True)
class Mini:
    """A small month."""

    key: str
    title: str
    first: str
    before: str
    after: str
    view: str
    shown: str
    day_names: list[str]
    days: list[dict[str, Any]]
    is_heading: bool


def mini(month: date, view: str, shown: tuple[date, date], today: date, locale: str, week_start: int, busy: dict[str, int], *, of_year: bool = False) -> Mini:
    """The month of a day, small: `shown` are the first and last day that the page shows, `busy` counts events by date."""
    first = month.replace(day=1)
    begin = first - timedelta(days=(first.weekday() - week_start) % 7)
    names = get_day_names("narrow", locale=locale)
    days = [begin + timedelta(days=number) for number in range(42)]
    if of_year:
        view, days = "day", days[: 35 if days[35].month != first.month else 42]
    return Mini(
        key=f"{first:%Y-%m}" if of_year else "month", title=format_date(first, "LLLL" if of_year else "LLLL y", locale=locale), first=first.isoformat(),
        before=(first - timedelta(days=1)).replace(day=1).isoformat(), after=(first + timedelta(days=32)).replace(day=1).isoformat(), view=view,
        shown=shown[0].isoformat(), day_names=[names[(week_start + number) % 7] for number in range(7)], is_heading=of_year,
        days=[
            {"date": day.isoformat(), "number": day.day, "is_today": day == today, "name": day_in_words(day, locale),
             "classes": _mini_classes(day, first, shown, today, busy.get(day.isoformat(), 0), of_year=of_year)}
            for day in days
        ],
    )


def _mini_classes(day: date, first: date, shown: tuple[date, date], today: date, busy: int, *, of_year: bool) -> str:
    is_shown = not of_year and shown[0] <= day <= shown[1] and shown[1] - shown[0] < timedelta(days=8)
    is_inside = day.month == first.month
    said = {
        "outside": not is_inside, "today": day == today and is_inside, "shown": is_shown, "first": is_shown and (day == shown[0] or day.weekday() == 0),
        "last": is_shown and (day == shown[1] or day.weekday() == 6), "busy": bool(busy) and not of_year and is_inside,
        "some": of_year and is_inside and 0 < busy <= 2, "many": of_year and is_inside and 2 < busy <= 5, "full": of_year and is_inside and busy > 5,
    }
    return " ".join(name for name, holds in said.items() if holds)


def busy_days(events: Iterable[Shown]) -> dict[str, int]:
    """How many events each day has."""
    found: dict[str, int] = {}
    for event in events:
        day, last = date.fromisoformat(event.first_day), date.fromisoformat(event.last_day)
        for number in range(min((last - day).days, 400) + 1):
            key = (day + timedelta(days=number)).isoformat()
            found[key] = found.get(key, 0) + 1
    return found


def rests(working: tuple[int, int], is_working_day: bool) -> list[tuple[int, int]]:
    """What of a day isn't working time, in steps: (start, length)."""
    if not is_working_day:
        return [(0, STEPS)]
    start, end = (minutes // 5 for minutes in working)
    return [(at, length) for at, length in ((0, start), (end, STEPS - end)) if length > 0]


def now_step(now: datetime) -> int:
    """Where the line of the present stands."""
    return (now.hour * 60 + now.minute) // 5
