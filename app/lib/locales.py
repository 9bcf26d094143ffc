"""What a language says about dates, where it is spoken: the first day of the week, how a day is written, which clock."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.dates import format_date, format_time
from babel.localedata import exists
from babel.numbers import format_decimal

from app.lib.i18n import language, timezone

_TERRITORY = {"en": "en_GB", "de": "de_CH", "es": "es_ES", "fr": "fr_CH", "it": "it_CH"}


@cache
def locale_of(language: str, timezone: str = "") -> str:
    """The locale, as Babel names it, in which dates and times are written: that of the language where the time zone is, as far as
    CLDR has one (English in Zurich, and its clock, isn't that of New York), else that of the language's main territory."""
    place = get_global("zone_territories").get(get_global("zone_aliases").get(timezone, timezone))
    name = f"{language}_{place}"
    return name if place and exists(name) else _TERRITORY.get(language, "en_GB")


def territory(language: str) -> str:
    """The locale in which dates are written for the reader of the request under way."""
    return locale_of(language, timezone())


def week_start(language: str) -> int:
    """0 for Monday to 6 for Sunday, as CLDR has it where the reader of the request under way is."""
    return Locale.parse(territory(language)).first_week_day


def short_day(day: date) -> str:
    """A day in few letters as the reader writes it, such as 2 Mar 2027."""
    return format_date(day, "medium", locale=territory(language()))


def short_time(moment: datetime) -> str:
    """The time of day on the reader's kind of clock, such as 17:30 or 5:30 PM."""
    return format_time(moment, "short", locale=territory(language()))


def long_day(instant: int, timezone: str, language: str) -> str:
    """The day of an instant (milliseconds since the epoch) in a time zone, such as Tuesday, 2 March 2027."""
    day = datetime.fromtimestamp(instant / 1000, ZoneInfo(timezone)).date()
    return format_date(day, "full", locale=locale_of(language, timezone))


def decimal(number: float, language: str) -> str:
    """A number as a language writes it, with two places at most, such as 1,234.5 or 1 234,5."""
    return format_decimal(number, "#,##0.##", locale=territory(language))
