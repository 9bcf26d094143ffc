"""Public holidays of a country or a part of it, from the `holidays` package."""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays
from babel import Locale

MOST_YEARS = 30


def countries(language: str) -> list[tuple[str, str]]:
    """(code, name in a language) of every country that is known, by name."""
    names = Locale.parse(language).territories
    return sorted(((code, names.get(code, code)) for code in _supported()), key=lambda country: country[1])


def parts_of(country: str) -> tuple[str, ...]:
    """The codes of the parts of a country that have holidays of their own, such as cantons."""
    return tuple(_supported().get(country, ()))


def between(country: str, part: str, first: date, last: date, language: str) -> list[tuple[date, str]]:
    """The holidays from `first` to `last`, in order. Raises ValueError for a country or part that isn't known."""
    if country not in _supported() or (part and part not in parts_of(country)):
        raise ValueError(f"no holidays of {country} {part}")
    found = [
        (day, name)
        for year in range(first.year, min(last.year, first.year + MOST_YEARS) + 1)
        for day, name in _of_year(country, part, year, language)
    ]
    return [(day, name) for day, name in found if first <= day <= last]


@cache
def _supported() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=False)


@cache
def _of_year(country: str, part: str, year: int, language: str) -> tuple[tuple[date, str], ...]:
    spoken = {code.split("_")[0]: code for code in holidays.list_localized_countries(include_aliases=False).get(country, [])}
    days = holidays.country_holidays(country, subdiv=part or None, years=year, language=spoken.get(language))
    return tuple(sorted(days.items()))
