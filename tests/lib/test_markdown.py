"""Markdown: what it makes of texts, and that nothing gets out, whatever it is fed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.lib.markdown import MOST_HTML, Named, is_allowed, render, unstressed, words

PEOPLE = [Named(1, "Anna Alpha"), Named(2, "Beat Keller"), Named(1, "Anna")]
PIECES = st.sampled_from([
    "<", ">", "<script>", "</", "onerror=", '"', "'", "`", "```", "[", "](", ")", "javascript:", "http://a.b", "data:", "\n", "\n\n", "    ", "> ", "- ", "1. ", "**", "_",
    "~~", "|", "|--|", "\\", "&", "&#106;", "&lt;", "@Anna", "@Anna Alpha", "!", "#", "<!--", "\u202e", "\u0000", "é", "👍", "a", " ", "(", "mailto:", "www.x.ch", "href=",
])


@given(st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=300))
@settings(max_examples=400, deadline=None)
def test_only_allowed_html_comes_out(text: str) -> None:
    assert is_allowed(render(text, PEOPLE).html)


@pytest.mark.parametrize(("text", "html"), [
    ("**bold** _italic_ ~~gone~~ `code`", "<p><strong>bold</strong> <em>italic</em> <s>gone</s> <code>code</code></p>"),
    ("one\ntwo", "<p>one<br />\ntwo</p>"),
    ("# no heading", "<p># no heading</p>"),
    ("```py\nx < 1\n```", '<pre><code data-language="py">x <span class="o">&lt;</span> <span class="n">1</span>\n</code></pre>'),
    ("```nothing\nx < 1\n```", '<pre><code data-language="nothing">x &lt; 1\n</code></pre>'),
    (":tada: 10:30:15 :no_such: `:tada:`", "<p>🎉 10:30:15 :no_such: <code>:tada:</code></p>"),
    (":wave::skin-tone-3: :+1:", "<p>👋🏼 👍</p>"),
    ("[x](https://a.b)", '<p><a href="https://a.b" target="_blank" rel="noopener nofollow">x</a></p>'),
    ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
    ("@anna alpha!", '<p><span class="mention" data-account="1">@anna alpha</span>!</p>'),
    ("a@Anna and @Annas", "<p>a@Anna and @Annas</p>"),
])
def test_texts_and_their_html(text: str, html: str) -> None:
    assert render(text, PEOPLE).html == html


@pytest.mark.parametrize("text", [
    "*a " * 6666, "[" * 20000, "[a](" * 5000, ">" * 20000, "> " * 10000, "`a``" * 5000, "_a_b" * 5000, "".join(" " * n + "- a\n" for n in range(190)), "<" * 20000,
    "|a" * 100 + "\n" + "|-" * 100 + "\n" + "|\n" * 9000, "http://a.b/(" * 1600, "@Anna " * 3300, "a@" * 10000, "~~a" * 6600, "![" * 10000, "1) " * 6000, "**_" * 6666,
], ids=range(17))
def test_bombs_stay_small_and_lose_nothing(text: str) -> None:
    began = time.process_time()
    made = render(text, PEOPLE)
    assert time.process_time() - began < 3
    assert len(made.html) < MOST_HTML
    assert sum(char.isalnum() for char in made.html) >= sum(char.isalnum() for char in text) * 0.9


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**Nora** has _joined_ Alpina", "Nora has joined Alpina"), ("See [the plan](https://example.org/plan), @Beat", "See the plan, @Beat"),
        ("First\n\n- one\n- ~~two~~\n\n> said", "First one two said"), ("`x = *1*`\n```py\ny = **2**\n```", "x = *1* y = **2**"),
        ("a * b * c", "a * b * c"), (":tada: 🏔 :nobodys:", "🎉 🏔 :nobodys:"), ("", ""), ("x" * 900, "x" * 100), ("<b>bold</b> & https://example.org", "<b>bold</b> & https://example.org"),
    ],
)
def test_the_words_alone_are_for_previews(text: str, shown: str) -> None:
    assert words(text, 100) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [("*Ice*, **Dusk** and ~~red~~ `now`", "Ice, Dusk and red now"), ("2 * 3 * 4, a*b, snake_case", "2 * 3 * 4, a*b, snake_case"), ("*" * 50_000, "*" * 50_000)],
)
def test_excerpts_have_no_signs_of_emphasis(text: str, shown: str) -> None:
    assert unstressed(text) == shown
