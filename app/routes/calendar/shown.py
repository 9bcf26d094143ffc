"""One occurrence as one reader sees it: in their time zone and language, with what it takes and how they answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time

from app.lib import clock
from app.lib.i18n import _, language
from app.lib.locales import territory
from app.models.calendar.calendar import Calendar
from app.models.calendar.occurrences import Occurrence, day_bounds, occurrences
from app.models.viewer import Viewer

WAITING, MAYBE, DECLINED, CANCELLED, FREE = "waiting", "maybe", "declined", "cancelled", "free"
_ANSWERS = {"NEEDS-ACTION": WAITING, "TENTATIVE": MAYBE, "DECLINED": DECLINED}


def now_of(viewer: Viewer) -> datetime:
    """What the viewer's clock shows."""
    return datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(viewer.timezone))


async def shown_events(
    viewer: Viewer, first: date, last: date, known: Sequence[Calendar] | None = None, *, with_declined: bool = False
) -> list[Shown]:
    """What the viewer's pages show of these days, by time. `known` are the viewer's calendars, for who has read them already."""
    every = known if known is not None else await Calendar.all_for(viewer.account_id, viewer.org_id)
    calendars = {one.id: one for one in every if not one.is_hidden}
    found = await occurrences(viewer, *day_bounds(first, last, viewer.timezone), list(calendars.values()))
    return shown_to(viewer, [one for one in found if with_declined or one.answer != "DECLINED"], calendars)


def shown_to(viewer: Viewer, found: Sequence[Occurrence], calendars: Mapping[int, Calendar]) -> list[Shown]:
    """Occurrences of these calendars as the viewer sees them."""
    zone, place, now = ZoneInfo(viewer.timezone), territory(language()), clock.now()
    return [shown(one, calendars[one.calendar_id], zone, place, now) for one in found]


def shown(one: Occurrence, calendar: Calendar, zone: ZoneInfo, place: str, now: int) -> Shown:
    """An occurrence as somebody whose clock and language these are sees it."""
    start, end = moments(one, zone)
    start_text, end_text, first_day, last_day, is_whole = spans(start, end)
    begins, hours, when = words_of_time(start, end, place)
    state = state_of(one)
    return Shown(
        object_id=one.object_id, key=one.key, url=one.url, title=one.summary or _("(No title)"), place=one.location, hue=one.hue, calendar_id=calendar.id,
        calendar_name=calendar.name, start_text=start_text, end_text=end_text, first_day=first_day, last_day=last_day, is_all_day=one.is_all_day,
        is_whole=is_whole, from_=begins, hours=hours, when=when, state=state, state_word=word_of(state), can_edit=one.can_edit, recurs=one.recurs,
        is_private=one.is_private, has_meeting=bool(one.meeting_url), is_past=one.end < now,
    )


def moments(one: Occurrence, zone: ZoneInfo) -> tuple[datetime, datetime] | tuple[date, date]:
    """Begin and end on somebody's clock; of whole days the dates, the end being the day after the last."""
    if one.is_all_day:
        first, last = one.days(zone.key)
        return first, last + timedelta(days=1)
    return datetime.fromtimestamp(one.start / 1000, zone), datetime.fromtimestamp(one.end / 1000, zone)


def state_of(one: Occurrence) -> str:
    """How it is drawn: cancelled, as the reader answered, or as free time; empty: as usual."""
    if one.status == "CANCELLED":
        return CANCELLED
    return _ANSWERS.get(one.answer) or (MAYBE if one.status == "TENTATIVE" else FREE if one.busy == 0 else "")


def word_of(state: str) -> str:
    """The same in a word."""
    if not state:
        return ""
    words = {
        WAITING: _("not answered yet"), MAYBE: _("perhaps"), DECLINED: _("declined"), CANCELLED: _("cancelled"), FREE: _("free"),
    }
    return words[state]


@dataclass(slots=True)
class Shown:
    """What the grids and lists know of an event. Times are wall-clock texts of the reader's zone: `2026-11-16T09:00`, or dates for whole days."""

    object_id: int
    key: str
    url: str
    title: str
    place: str
    hue: int
    calendar_id: int
    calendar_name: str
    start_text: str
    end_text: str
    first_day: str
    last_day: str
    is_all_day: bool
    is_whole: bool
    from_: str
    hours: str
    when: str
    state: str
    state_word: str
    can_edit: bool
    recurs: bool
    is_private: bool
    has_meeting: bool
    is_past: bool

    @property
    def is_dot(self) -> bool:
        """Whether a month shows it as a dot and a time rather than as a bar."""
        return not self.is_whole

    @property
    def classes(self) -> str:
        """How it is drawn in a grid."""
        return f"cal-event hue-{self.hue}{' ' if self.state else ''}{self.state}{' past' if self.is_past else ''}"

    def touches(self, day: str) -> bool:
        """Whether it is, at least in part, on a day."""
        return self.first_day <= day <= self.last_day

    def at(self, **place: Any) -> dict[str, Any]:
        """What a template needs of it, with where it stands."""
        return {**{name: getattr(self, name) for name in _NAMES}, "from": self.from_, "is_dot": self.is_dot, "classes": self.classes, **place}


_NAMES = tuple(Shown.__dataclass_fields__)


def spans(start: datetime | date, end: datetime | date) -> tuple[str, str, str, str, bool]:
    """(start text, end text, first day, last day, whether it covers whole days) of a time on the reader's clock."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        last = max(start, end - timedelta(days=1))
        return start.isoformat(), end.isoformat(), start.isoformat(), last.isoformat(), True
    last_moment = end - _LEAST if end > start else end
    start_text = start.isoformat()
    return start_text[:16], end.isoformat()[:16], start_text[:10], last_moment.isoformat()[:10], end - start >= _DAY


_LEAST, _DAY = timedelta(microseconds=1), timedelta(days=1)


def words_of_time(start: datetime | date, end: datetime | date, place: str) -> tuple[str, str, str]:
    """(when it begins, from when to when, the whole of it in words), such as 09:00; 09:00 – 10:30; Monday, 16 November 2026, 09:00 – 10:30."""
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        last = max(start, end - timedelta(days=1))
        if last == start:
            return "", _("All day"), day_in_words(start, place)
        return "", _("All day"), f"{format_date(start, 'medium', locale=place)} – {format_date(last, 'medium', locale=place)}"
    begins, ends = time_in_words(start.time(), place), time_in_words(end.time(), place)
    if start.date() == end.date() or end - start < timedelta(hours=12):
        hours = f"{begins} – {ends}" if end > start else begins
        return begins, hours, f"{day_in_words(start.date(), place)}, {hours}"
    return begins, f"{begins} – {format_datetime(end, 'd MMM', locale=place)}", (
        f"{format_datetime(start, 'medium', locale=place)} – {format_datetime(end, 'medium', locale=place)}"
    )


@lru_cache(maxsize=4096)
def time_in_words(at: time, place: str) -> str:
    """A time of a day. Babel takes longer for this than everything else that a page of a thousand events costs."""
    return format_time(at, "short", locale=place)


@lru_cache(maxsize=4096)
def day_in_words(day: date, place: str, form: str = "full") -> str:
    """A day in one of Babel's forms."""
    return format_date(day, form, locale=place)
