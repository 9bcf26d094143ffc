"""What files may be called."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.lib import file_names

EMOJI = "🏔️"  # seven bytes


@pytest.mark.parametrize(("name", "reason"), [
    ("", "empty"), ("  ", "empty"), ("..", "dots"), ("a/b", "slash"), ("a\nb", "control"), ("a\x00b", "control"), ("photo\u202egpj.exe", "control"), ("x" * 256, "long"),
    ("é" * 128, "long"), ("CON", "device"), ("nul.txt", "device"), ("Com1.tar.gz", "device"), ("end.", "ending"), ("\u200b", "empty"), ("\u00a0\u3164", "empty"), ("\ud800", "control"),
])
def test_refused(name: str, reason: str) -> None:
    with pytest.raises(file_names.BadName) as caught:
        file_names.check(name)
    assert caught.value.reason == reason


@pytest.mark.parametrize("name", ["report.pdf", ".profile", "Ünïcode", "x" * 255, "😀" * 63, "CONTENT.md", "a:b?", "back\\slash", "日本語.txt"])
def test_taken(name: str) -> None:
    assert file_names.check(name) == unicodedata.normalize("NFC", name)


def test_twins_are_one_name() -> None:
    composed, decomposed = "Zürich.txt", unicodedata.normalize("NFD", "Zürich.txt")
    assert file_names.check(decomposed) == composed
    assert file_names.key_of(composed) == file_names.key_of(decomposed) == file_names.key_of("ZÜRICH.TXT")
    assert file_names.key_of("a") != file_names.key_of("ä")


@given(st.text())
@example("\u200b" * 300 + "a")
def test_fitted_names_are_always_names(text: str) -> None:
    name = file_names.fitted(text)
    assert file_names.check(name) == name
    assert file_names.fitted(name) == name


@given(st.text(min_size=1, max_size=300), st.integers(2, 9999))
def test_numbered_names_are_always_names(text: str, number: int) -> None:
    name = file_names.numbered(file_names.fitted(text), number)
    assert file_names.check(name) == name
    assert f"({number})" in name


def test_long_names_keep_their_suffix() -> None:
    assert file_names.fitted("🏔" * 100 + ".jpeg").endswith("🏔.jpeg")
    assert file_names.numbered("a.tar.gz", 2) == "a (2).tar.gz"


def test_numbers_sort_as_numbers() -> None:
    given_names = ["img10.png", "IMG2.png", "img1.png", "Émile", "emil"]
    assert sorted(given_names, key=file_names.sort_key) == ["emil", "Émile", "img1.png", "IMG2.png", "img10.png"]
