"""Dates and clocks as they are where their reader is."""

from __future__ import annotations

from datetime import datetime

import pytest

from app.lib.i18n import speaking
from app.lib.locales import locale_of, long_day, short_day, short_time, week_start


@pytest.mark.parametrize(
    ("language", "timezone", "locale"),
    [
        ("en", "Europe/Zurich", "en_CH"), ("en", "America/New_York", "en_US"), ("fr", "Europe/Paris", "fr_FR"), ("fr", "America/Montreal", "fr_CA"),
        ("en", "Asia/Tokyo", "en_GB"), ("de", "America/New_York", "de_CH"), ("en", "UTC", "en_GB"), ("en", "", "en_GB"), ("xx", "No/Where", "en_GB"),
    ],
)
def test_a_language_is_written_as_where_its_reader_is(language: str, timezone: str, locale: str) -> None:
    assert locale_of(language, timezone) == locale


def test_the_clock_and_the_week_are_those_of_the_place() -> None:
    moment = datetime(2027, 3, 2, 17, 30)
    with speaking("en", "Europe/Zurich"):
        assert (short_time(moment), short_day(moment), week_start("en")) == ("17:30", "2 Mar 2027", 0)
        with speaking("en", "America/New_York"):
            assert (short_time(moment).replace("\u202f", " "), short_day(moment), week_start("en")) == ("5:30 PM", "Mar 2, 2027", 6)
        assert short_time(moment) == "17:30"


def test_a_day_is_that_of_its_zone() -> None:
    assert long_day(1_804_000_000_000, "Pacific/Auckland", "en") == "Wednesday, 3 March 2027"
