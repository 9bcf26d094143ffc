"""What a language says about dates: the first day of the week, and how a day is written."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

_TERRITORY = {"en": "en_GB", "de": "de_CH", "es": "es_ES", "fr": "fr_CH", "it": "it_CH"}


def territory(language: str) -> str:
    """The locale, as Babel names it, in which a language's dates are written: that of its main territory."""
    return _TERRITORY.get(language, "en_GB")


@cache
def week_start(language: str) -> int:
    """0 for Monday to 6 for Sunday, as CLDR has it for the language's main territory."""
    return Locale.parse(_TERRITORY.get(language, "en_GB")).first_week_day


def long_day(instant: int, timezone: str, language: str) -> str:
    """The day of an instant (milliseconds since the epoch) in a time zone, such as Tuesday, 2 March 2027."""
    day = datetime.fromtimestamp(instant / 1000, ZoneInfo(timezone)).date()
    return format_date(day, "full", locale=_TERRITORY.get(language, "en_GB"))


def decimal(number: float, language: str) -> str:
    """A number as a language writes it, with two places at most, such as 1,234.5 or 1 234,5."""
    return format_decimal(number, "#,##0.##", locale=Locale.parse(_TERRITORY.get(language, "en_GB")))
