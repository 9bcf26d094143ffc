from __future__ import annotations

from datetime import date

import pytest

from app.lib import public_holidays

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def test_a_canton_has_its_own_in_the_readers_language() -> None:
    zurich = dict(public_holidays.between("CH", "ZH", *YEAR, "fr"))
    assert zurich[date(2026, 8, 1)] == "Fête nationale"
    assert date(2026, 5, 1) in zurich  # Labour Day is no holiday in every canton
    assert "ZH" in public_holidays.parts_of("CH")
    assert date(2026, 5, 1) not in dict(public_holidays.between("CH", "BE", *YEAR, "fr"))


def test_they_come_in_order_and_within_bounds() -> None:
    days = [day for day, _name in public_holidays.between("DE", "", date(2026, 12, 24), date(2027, 1, 2), "de")]
    assert days == [date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)]


def test_countries_are_named_and_strange_ones_refused() -> None:
    assert ("CH", "Schweiz") in public_holidays.countries("de")
    with pytest.raises(ValueError, match="XX"):
        public_holidays.between("XX", "", *YEAR, "en")
    with pytest.raises(ValueError, match="Atlantis"):
        public_holidays.between("CH", "Atlantis", *YEAR, "en")
