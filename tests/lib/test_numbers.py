"""Whole numbers of others, up to the largest that a column holds."""

from __future__ import annotations

import pytest

from app.lib.numbers import whole


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("007", 7), (str(2**63 - 1), 2**63 - 1), (str(2**63), None), ("9" * 5000, None), ("", None), ("-1", None), ("+1", None), ("1.0", None),
        ("²", None), ("٣", None), (" 1", None), ("1\n", None), ("1_0", None),
    ],
)
def test_a_whole_number_is_plain_digits_that_a_column_holds(text: str, number: int | None) -> None:
    assert whole(text) == number
