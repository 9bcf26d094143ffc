"""Colours of events: what other programs write is shown, and what is chosen here is found again."""

from __future__ import annotations

import pytest

from app.lib.event_colours import hue_of, name_of


@pytest.mark.parametrize("hue", range(24))
def test_each_hue_has_a_name_that_leads_back_to_it(hue: int) -> None:
    assert hue_of(name_of(hue)) == hue


@pytest.mark.parametrize(("colour", "hue"), [("Red", 1), ("#ff0000", 1), ("#1E90FFFF", 16), ("gray", None), ("white", None), ("nonsense", None), ("", None)])
def test_any_colour_of_css_is_understood(colour: str, hue: int | None) -> None:
    assert hue_of(colour) == hue
