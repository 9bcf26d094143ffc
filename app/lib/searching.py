"""Words of texts, and what a person types to find them.

Texts are folded here, not by the database, so that SQLite and PostgreSQL find the same: compatibility forms, case and marks go
(Unicode NFKD, full case folding), and scripts that don't put spaces between words count each character as a word. A query is
words, "phrases" and -exclusions; the last word may be the beginning of one.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

LONGEST_WORD = 64
MOST_WORDS = 10_000  # of a text: PostgreSQL counts positions up to 16,383
MOST_TYPED = 400  # characters of a query
MOST_SOUGHT = 16  # words of a query
MARK = "ʒʒ"  # begins a word that isn't in the text but says something about it; folding leaves it, and nobody types it
BREAK = "\u00b6"  # stands between title and body so that no phrase spans them

_WORD = re.compile(r"[^\W_]+")
_REST, _END = r"[^\W_]*", r"(?![^\W_])"
_TYPED = re.compile(r'(-*)(?:"([^"]*)("?)|([^\s"]+))')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_PLAIN = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
_UNSPACED = re.compile(  # Thai to Myanmar, Khmer, kana, ideographs
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"
)


class _Folding(dict[int, str]):
    """A table for `str.translate` that fills itself."""

    def __missing__(self, code: int) -> str:
        folded = chr(code)
        for _ in range(3):  # case folding may bring forth what decomposes again
            folded = "".join(_PLAIN.get(char, char) for char in unicodedata.normalize("NFKD", folded).casefold())
        folded = "".join(char for char in folded if not unicodedata.category(char).startswith("M"))
        folded = _UNSPACED.sub(r" \g<0> ", folded)
        self[code] = folded
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """`text` without case and marks: "Crème BRÛLÉE" and "creme brulee" are one."""
    return text.translate(_FOLDING)


def words(text: str) -> list[str]:
    """The folded words of a text in their order: letters and digits only, of at most `LONGEST_WORD` characters."""
    found = _WORD.findall(fold(text[: MOST_WORDS * 12]))
    return [word[:LONGEST_WORD] for word in found[:MOST_WORDS]]


def entry_words(title: str, body: str) -> list[str]:
    """The words to keep for an entry, with a `BREAK` between title and body."""
    return [*words(title), BREAK, *words(body)][:MOST_WORDS]


def tsvector(listed: list[str]) -> str:
    """Words as the text form of PostgreSQL's `tsvector`, with their positions, of which it keeps 256 of a word."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(listed, 1):
        if word != BREAK and len(kept := places.setdefault(word, [])) < 256:
            kept.append(str(place))
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


@dataclass(frozen=True, slots=True)
class Term:
    """Words to find in this order; of the last one, only the beginning when `is_prefix`."""

    words: tuple[str, ...]
    is_prefix: bool = False
    is_not: bool = False

    def fts5(self) -> str:
        """The term in FTS5's query language. Words hold letters and digits only, so quoting is safe."""
        return f'"{" ".join(self.words)}"{"*" if self.is_prefix else ""}'

    def tsquery(self) -> str:
        """The term as the text form of PostgreSQL's `tsquery`."""
        quoted = " <-> ".join(f"'{word}'" for word in self.words)
        return f"({quoted}{':*' if self.is_prefix else ''})"

    def pattern(self) -> str:
        """A regular expression that finds the term in folded text."""
        joined = r"[\W_]+".join(word + (_REST if len(word) == LONGEST_WORD else "") for word in self.words)
        return rf"(?<![^\W_]){joined}{_REST if self.is_prefix else _END}"


@dataclass(frozen=True, slots=True)
class Query:
    """What to find: all of the terms, and none of those with `is_not`."""

    terms: tuple[Term, ...] = ()

    @property
    def wanted(self) -> list[Term]:
        """The terms that a hit has."""
        return [term for term in self.terms if not term.is_not]

    @property
    def unwanted(self) -> list[Term]:
        """The terms that a hit doesn't have."""
        return [term for term in self.terms if term.is_not]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for: exclusions alone find nothing."""
        return not self.wanted

    def fts5(self, column: str) -> str:
        """The wanted terms in FTS5's query language, in a column."""
        return f"{column}:({' AND '.join(term.fts5() for term in self.wanted)})"

    def fts5_unwanted(self, column: str) -> str:
        """The unwanted terms, any of which a hit may not have, in FTS5's query language; empty when there are none."""
        return f"{column}:({' OR '.join(term.fts5() for term in self.unwanted)})" if self.unwanted else ""

    def tsquery(self) -> str:
        """The query as the text form of PostgreSQL's `tsquery`."""
        return " & ".join([*(term.tsquery() for term in self.wanted), *(f"!{term.tsquery()}" for term in self.unwanted)])


def parse(typed: str, *, beginnings: bool = False) -> Query:
    """A query from whatever was typed, with `beginnings` of all its words and not only of the last ("an al" for Anna Alpha).

    Never raises; what is beyond `MOST_TYPED` characters or `MOST_SOUGHT` words is left out.
    """
    text = typed[:MOST_TYPED].translate(_QUOTES)
    terms: list[Term] = []
    left = MOST_SOUGHT
    for match in _TYPED.finditer(text):
        dashes, quoted, closing, bare = match.groups()
        found = tuple(words(bare or quoted or ""))[:left]
        if found:
            is_open = match.end() == len(text) and not closing
            terms.append(Term(found, is_prefix=(is_open or beginnings) and not dashes, is_not=bool(dashes)))
            left -= len(found)
        if not left:
            break
    return Query(tuple(dict.fromkeys(terms)))


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text; a hit is what was looked for. Plain text: the template escapes and marks it up."""

    text: str
    is_hit: bool = False


def highlight(text: str, query: Query) -> list[Segment]:
    """The whole text in pieces: joined they are the text again."""
    if query.is_empty or not text:
        return [Segment(text)] if text else []
    return list(_segments(text, _seeker(query)))


def excerpt(text: str, query: Query, length: int = 200) -> list[Segment]:
    """About `length` characters around the first hit, or of the beginning, on one line, with … where text was left out."""
    start = _first_hit(text, query) if len(text) > length else 0
    begin = _word_start(text, max(0, start - length // 8)) if start > length // 2 else 0
    end = len(text) if len(text) - begin <= length else _word_end(text, begin + length)
    shown = " ".join(text[begin:end].split())
    return highlight(f"{'…' if begin else ''}{shown}{'…' if end < len(text) else ''}", query)


def _seeker(query: Query) -> re.Pattern[str]:
    return re.compile("|".join(term.pattern() for term in sorted(query.wanted, key=lambda term: -len(term.words))))


def _segments(text: str, seeker: re.Pattern[str]) -> Iterator[Segment]:
    pieces = [_FOLDING[ord(char)] for char in text]
    starts = [0, *accumulate(len(piece) for piece in pieces)]
    done = 0
    for match in seeker.finditer("".join(pieces)):
        begin, end = bisect_right(starts, match.start()) - 1, bisect_left(starts, match.end())
        while end < len(text) and not pieces[end]:  # marks belong to the letter before them
            end += 1
        if begin < done:
            continue
        if begin > done:
            yield Segment(text[done:begin])
        yield Segment(text[begin:end], is_hit=True)
        done = end
    if done < len(text):
        yield Segment(text[done:])


def _first_hit(text: str, query: Query) -> int:
    if query.is_empty:
        return 0
    folded = fold(text)
    match = _seeker(query).search(folded)
    if match is None:
        return 0
    return match.start() if len(folded) == len(text) else _unfolded(text, match.start())


def _unfolded(text: str, place: int, step: int = 1024) -> int:
    """Where in a text the place in its folded form is."""
    for begin in range(0, len(text), step):
        part = text[begin : begin + step]
        length = len(fold(part))
        if place < length:
            return begin + bisect_left(range(len(part)), place, key=lambda index: len(fold(part[: index + 1])) - 1)
        place -= length
    return len(text)


def _word_start(text: str, index: int) -> int:
    space = text.find(" ", index, index + 40)
    return space + 1 if space >= 0 else index


def _word_end(text: str, index: int) -> int:
    space = text.rfind(" ", max(0, index - 40), index)
    return space if space > 0 else index
