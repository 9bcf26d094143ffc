"""Brand colours that can be read: the property that matters, for any colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.contrast import DARK, LIGHT, SHAPE, TEXT, contrast, ink_on, nearest, palette, read_colour, shade

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@given(colours, st.sampled_from([LIGHT, DARK]), st.sampled_from([TEXT, SHAPE]))
def test_the_nearest_colour_passes_and_none_before_it_does(colour: str, ground: str, least: float) -> None:
    found = nearest(colour, ground, least)
    assert contrast(found, ground) >= least
    if contrast(colour, ground) >= least:
        assert found == colour, "what can be read already stays as it is"
        return
    towards = "#000000" if ground == LIGHT else "#ffffff"
    earlier = [one for step in range(1024) if (one := shade(colour, towards, step)) != found][: [shade(colour, towards, step) for step in range(1025)].index(found)]
    assert all(contrast(one, ground) < least for one in earlier), "the first on the way that passes"


@given(colours, colours)
def test_a_palette_can_be_read_in_both_themes(button: str, text: str) -> None:
    shown = palette(button, text)
    assert contrast(shown.text, LIGHT) >= TEXT and contrast(shown.dark_text, DARK) >= TEXT
    assert contrast(shown.accent, LIGHT) >= SHAPE and contrast(shown.dark_accent, DARK) >= SHAPE
    assert contrast(shown.accent, shown.accent_ink) >= TEXT and contrast(shown.dark_accent, shown.dark_accent_ink) >= TEXT


@given(colours)
def test_what_is_written_on_a_colour_can_be_read(colour: str) -> None:
    assert contrast(ink_on(colour), colour) >= TEXT


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


@pytest.mark.parametrize(("typed", "read"), [("#0C7A5B", "#0c7a5b"), (" 0c7a5b ", "#0c7a5b"), ("#abc", "#aabbcc"), ("red", None), ("#12345", None), ("#12345g", None), ("", None), ("#fff;}", None)])
def test_colours_are_read_in_their_usual_forms(typed: str, read: str | None) -> None:
    assert read_colour(typed) == read


def test_the_grounds_are_those_of_the_themes() -> None:
    tokens = (Path(__file__).parents[2] / "static/css/tokens.css").read_text()
    surfaces = re.findall(r"--surface: (#[0-9a-f]+);", tokens)
    assert [read_colour(one) for one in surfaces] == [LIGHT, DARK, DARK]
