"""Code keeps its characters, whatever is marked in it."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.code_colours import MOST, MOST_SLOW, coloured
from app.lib.markdown import is_allowed

LANGUAGES = ["python", "py", "js", "json", "html", "sql", "bash", "c", "rust", "yaml", "diff", "php", "nothing", ""]


@given(st.sampled_from(LANGUAGES), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=200))
def test_nothing_is_lost_and_nothing_gets_in(language: str, code: str) -> None:
    made = coloured(code, language)
    assert is_allowed(f"<pre><code>{made}</code></pre>")
    assert html.unescape(re.sub(r'<span class="[a-z]">|</span>', "", made)) == html.unescape(html.escape(code))


@pytest.mark.parametrize(("language", "most"), [("python", MOST), ("java", MOST_SLOW), ("brainfuck", 0), ("apl", 0)])
def test_long_pieces_and_rare_languages_stay_plain(language: str, most: int) -> None:
    assert "<span" not in coloured("1     " * (most // 6 + 1), language)
    assert not most or "<span" in coloured("1     " * (most // 6), language)
