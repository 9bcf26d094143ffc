"""What a language says about dates: the first day of the week."""

from __future__ import annotations

from functools import cache

from babel import Locale

_TERRITORY = {"en": "en_GB", "de": "de_CH", "es": "es_ES", "fr": "fr_CH", "it": "it_CH"}


@cache
def week_start(language: str) -> int:
    """0 for Monday to 6 for Sunday, as CLDR has it for the language's main territory."""
    return Locale.parse(_TERRITORY.get(language, "en_GB")).first_week_day
