"""Words and queries: folding, parsing of whatever is typed, and marking what was found."""

from __future__ import annotations

import sqlite3
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.lib.searching import BREAK, MOST_SOUGHT, Segment, entry_words, excerpt, fold, highlight, parse, tsvector, words

PREFIX = settings(max_examples=200, deadline=None)


def marked(segments: list[Segment]) -> str:
    return "".join(f"[{segment.text}]" if segment.is_hit else segment.text for segment in segments)


def plain(segments: list[Segment]) -> str:
    return "".join(segment.text for segment in segments)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Crème BRÛLÉE", "creme brulee"), ("Straße", "strasse"), ("Øresund Łódź", "oresund lodz"), ("cre\u0300me", "creme"), ("ﬁn ½", "fin 1⁄2"),
     ("İstanbul ısı", "istanbul isi"), ("ΟΔΌΣ οδός", "οδοσ οδοσ")],
)
def test_case_and_marks_fold_away(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_are_letters_and_digits() -> None:
    assert words("Don't e-mail anna@alpina.example at 10:30 (snake_case)!") == [
        "don", "t", "e", "mail", "anna", "alpina", "example", "at", "10", "30", "snake", "case",
    ]


def test_scripts_without_spaces_count_characters() -> None:
    assert words("東京タワー 2026") == ["東", "京", "タ", "ワ", "ー", "2026"]


def test_a_break_keeps_title_and_body_apart() -> None:
    assert entry_words("One", "two") == ["one", BREAK, "two"]
    assert tsvector(entry_words("One", "two one")) == "'one':1,4 'two':3"


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("bud", 'w:("bud"*)'),
        ("bud ", 'w:("bud")'),
        ("Annual budget", 'w:("annual" AND "budget"*)'),
        ('"annual budget" x', 'w:("annual budget" AND "x"*)'),
        ('“annual budget”', 'w:("annual budget")'),
        ('"annual bud', 'w:("annual bud"*)'),
        ("anna@alpina.ex", 'w:("anna alpina ex"*)'),
    ],
)
def test_words_phrases_and_the_beginning_of_the_last(typed: str, query: str) -> None:
    assert parse(typed).fts5("w") == query


def test_exclusions() -> None:
    query = parse('budget -draft -"old one"')
    assert query.fts5("w") == 'w:("budget")'
    assert query.fts5_unwanted("w") == 'w:("draft" OR "old one")'
    assert query.tsquery() == "('budget') & !('draft') & !('old' <-> 'one')"
    assert parse("-draft").is_empty


@pytest.mark.parametrize("typed", ["", " ", '"', '""', "*", "- --", "' OR 1=1 --", "NEAR(a, b)", "a AND NOT", "{x} : ^y", "\x00", "\ud800", "😀"])
def test_hostile_queries_are_only_words(typed: str) -> None:
    found(parse(typed))


def test_a_hundred_kilobytes_are_as_quick_as_a_word() -> None:
    for typed in ("a" * 100_000, '"a* NEAR(' * 10_000, "- " * 50_000, "é " * 50_000):
        started = time.process_time()
        query = parse(typed)
        assert time.process_time() - started < 0.5
        assert sum(len(term.words) for term in query.terms) <= MOST_SOUGHT


def found(query, text: str = "") -> bool:
    """Whether FTS5 finds the query in a text. Raises when it doesn't understand it."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(w, content='', tokenize='ascii', prefix='1 2 3')")
    connection.execute("INSERT INTO t (rowid, w) VALUES (1, ?)", (" ".join(entry_words("", text)),))
    if query.is_empty:
        return False
    unwanted = query.fts5_unwanted("w")
    match = query.fts5("w") + (f" NOT {unwanted}" if unwanted else "")
    answer = bool(connection.execute("SELECT 1 FROM t WHERE t MATCH ?", (match,)).fetchall())
    connection.close()
    return answer


@PREFIX
@given(st.text(max_size=60))
def test_anything_typed_is_understood(typed: str) -> None:
    found(parse(typed), typed)


@PREFIX
@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)


@PREFIX
@given(st.text(max_size=100).filter(words), st.data())
def test_the_beginning_of_any_word_finds_the_text(text: str, data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(words(text)))
    typed = word[: data.draw(st.integers(1, len(word)))]
    query = parse(typed)
    assert found(query, text)
    assert any(segment.is_hit for segment in highlight(text, query))


@PREFIX
@given(st.text(max_size=100), st.text(max_size=20))
def test_highlighting_loses_nothing(text: str, typed: str) -> None:
    assert plain(highlight(text, parse(typed))) == text


@PREFIX
@given(st.text(max_size=60).map(lambda text: unicodedata.normalize("NFC", text)))
def test_composed_and_decomposed_text_have_the_same_words(text: str) -> None:
    assert words(text) == words(unicodedata.normalize("NFD", text))


def test_hits_are_marked_in_the_text_as_it_was_written() -> None:
    assert marked(highlight("Die Straße, Cre\u0300me!", parse("strasse creme"))) == "Die [Straße], [Cre\u0300me]!"
    assert marked(highlight("東京タワーに行く", parse("タワー"))) == "東京[タワー]に行く"
    assert marked(highlight("budgets, unbudgeted budget", parse('"budget"'))) == "budgets, unbudgeted [budget]"


def test_an_excerpt_shows_the_first_hit_and_says_what_is_left_out() -> None:
    text = "word " * 200 + "here comes the needle " + "word " * 200
    shown = excerpt(text, parse("needle"))
    assert plain(shown).startswith("…") and plain(shown).endswith("…")
    assert "[needle]" in marked(shown)
    assert len(plain(shown)) < 240


def test_an_excerpt_of_a_short_text_is_the_text_on_one_line() -> None:
    assert marked(excerpt("one\n two", parse("two"))) == "one [two]"


def test_an_excerpt_of_a_long_text_with_marks_is_quick() -> None:
    text = "Crème \u0301 brûlée " * 6_000 + "needle " + "Crème brûlée " * 6_000
    started = time.process_time()
    assert "[needle]" in marked(excerpt(text, parse("needle")))
    assert time.process_time() - started < 0.5
