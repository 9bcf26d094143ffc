"""CARDDAV:filter (RFC 6352 §10.5): which cards match, looked at in their text, so that a thousand of them aren't parsed for one name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from app.lib.dav.names import card
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, children, text
from app.lib.vcard.lines import V40, read_line, unescape

MOST_CONDITIONS = 100
COLLATIONS = ("i;ascii-casemap", "i;unicode-casemap", "i;octet", "default")
_KINDS: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda value, sought: value == sought, "contains": lambda value, sought: sought in value,
    "starts-with": lambda value, sought: value.startswith(sought), "ends-with": lambda value, sought: value.endswith(sought),
}
_FOLDED = re.compile(r"\r?\n[ \t]")
_ASCII = {ord(upper): ord(upper) + 32 for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_PLAIN = re.compile(r"[a-z0-9 @.+-]{2,60}")
_ESCAPED = re.compile(r'[\\,;\n"^]')


@dataclass(frozen=True, slots=True)
class TextMatch:
    """What a value has to be like (§10.5.4)."""

    sought: str
    kind: str
    fold: Callable[[str], str]
    is_negated: bool

    def holds(self, values: list[str]) -> bool:
        """Whether one of the values is so; negated, whether none is."""
        return any(map(self.is_like, values)) is not self.is_negated

    def is_like(self, value: str) -> bool:
        """Whether one value has what is sought, whatever is asked of it."""
        return _KINDS[self.kind](self.fold(value), self.sought)


@dataclass(frozen=True, slots=True)
class ParamFilter:
    """What a parameter has to be (§10.5.2): there, not there, or like a text."""

    name: str
    is_absent: bool
    match: TextMatch | None

    def holds(self, values: list[str]) -> bool:
        """Whether a property's values of this parameter are so."""
        if self.is_absent:
            return not values
        return bool(values) and (self.match is None or self.match.holds(values))


@dataclass(frozen=True, slots=True)
class PropFilter:
    """What a property has to be (§10.5.1)."""

    name: str
    is_absent: bool
    is_all: bool
    matches: tuple[TextMatch, ...]
    params: tuple[ParamFilter, ...]

    def holds(self, unfolded: str) -> bool:
        """Whether a card's unfolded text is so: some line of the property meets the conditions, or there is none where none is wanted."""
        if self.matches and not self.is_absent and any(map(self._line_holds, _plain_lines(self.name, unfolded))):
            return True
        lines = _lines(self.name).findall(unfolded)
        if self.is_absent or not lines:
            return self.is_absent and not lines
        return not (self.matches or self.params) or any(self._line_holds(line) for line in lines)

    def _line_holds(self, line: str) -> bool:
        if not self.params and '"' not in line and "QUOTED" not in line:  # nearly always; a tenth of reading the line
            value = unescape(line.partition(":")[2], V40)
            return (all if self.is_all else any)([match.is_like(value) is not match.is_negated for match in self.matches])
        read = read_line(line, line)
        value = unescape(read.decoded, V40)
        verdicts = [match.holds([value]) for match in self.matches]
        verdicts += [one.holds(read.types if one.name == "TYPE" else read.param_values(one.name)) for one in self.params]
        return all(verdicts) if self.is_all else any(verdicts)

    def needles(self) -> list[str] | None:
        """Folded texts of which every card that matches has one; None: not known."""
        if self.is_absent or (self.params and not self.is_all):
            return None
        if not self.matches:
            return [self.name.rpartition(".")[2].casefold()]
        plain = [None if match.is_negated or not match.sought or _ESCAPED.search(match.sought) else match.sought.casefold() for match in self.matches]
        if self.is_all:
            return next(([one] for one in plain if one), None)
        return None if None in plain else [one for one in plain if one]


class CardFilter:
    """A whole filter. One without conditions takes every card."""

    def __init__(self, parts: tuple[PropFilter, ...], *, is_all: bool) -> None:
        self.parts, self.is_all = parts, is_all
        self._needles = self._sought()

    @classmethod
    def read(cls, element: Element | None) -> CardFilter:
        """From XML. Raises `Problem`: 400, or 403 with supported-collation or supported-filter."""
        if element is None:
            return cls((), is_all=False)
        parts = [_prop_filter(one) for one in children(element) if one.tag == card("prop-filter")]
        if sum(1 + len(part.matches) + len(part.params) for part in parts) > MOST_CONDITIONS:
            raise Problem(403, card("supported-filter"))
        return cls(tuple(parts), is_all=_is_all(element))

    def holds(self, vcard: str) -> bool:
        """Whether a card matches."""
        if not self.parts:
            return True
        unfolded = _FOLDED.sub("", vcard) if "\n " in vcard or "\n\t" in vcard else vcard
        if self._needles is not None and self.needles is None and "QUOTED-PRINTABLE" not in unfolded:  # else the database has looked
            low = unfolded.casefold()
            if not any(needle in low for needle in self._needles):
                return False
        return (all if self.is_all else any)(part.holds(unfolded) for part in self.parts)

    @property
    def words(self) -> list[str]:
        """The texts that are looked for, for a search that can't look at every card."""
        return [match.sought for part in self.parts for match in part.matches if not match.is_negated and match.sought.strip()]

    @cached_property
    def needles(self) -> list[str] | None:
        """Plain texts of which every card that matches has one, unless its lines are folded: the database can look for them. None: not known."""
        found = self._needles
        return found if found and len(found) <= 5 and all(_PLAIN.fullmatch(one) for one in found) else None

    def _sought(self) -> list[str] | None:
        found = [part.needles() for part in self.parts]
        if self.is_all:
            return next((needles for needles in found if needles is not None), None)
        return None if None in found else [needle for needles in found for needle in needles or ()]


def _prop_filter(element: Element) -> PropFilter:
    name = (element.get("name") or "").strip()
    if not name:
        raise Problem(400, text="A prop-filter needs a name.")
    return PropFilter(
        name.upper(), element.find(card("is-not-defined")) is not None, _is_all(element),
        tuple(_text_match(one) for one in children(element) if one.tag == card("text-match")),
        tuple(_param_filter(one) for one in children(element) if one.tag == card("param-filter")),
    )


def _param_filter(element: Element) -> ParamFilter:
    match = element.find(card("text-match"))
    return ParamFilter(
        (element.get("name") or "").strip().upper(), element.find(card("is-not-defined")) is not None, None if match is None else _text_match(match)
    )


def _text_match(element: Element) -> TextMatch:
    collation = element.get("collation") or "i;unicode-casemap"
    if collation not in COLLATIONS:
        raise Problem(403, card("supported-collation"))
    kind = element.get("match-type") or "contains"
    if kind not in _KINDS:
        raise Problem(400, text="That match-type isn’t known.")
    fold = folding(collation)
    return TextMatch(fold(text(element)), kind, fold, element.get("negate-condition") == "yes")


def folding(collation: str) -> Callable[[str], str]:
    """Letters compared in any case: all of them, only those of ASCII, or none (RFC 4790, RFC 5051)."""
    if collation == "i;octet":
        return str
    return str.casefold if collation != "i;ascii-casemap" else lambda value: value.translate(_ASCII)


def _is_all(element: Element) -> bool:
    return element.get("test") == "allof"


def _plain_lines(name: str, unfolded: str) -> Iterator[str]:
    """The lines of a property as nearly every program writes them, in capitals and without a group: found ten times quicker than all."""
    start = unfolded.find(f"\n{name}")
    while start >= 0:
        after = start + 1 + len(name)
        end = unfolded.find("\n", after)
        if unfolded[after : after + 1] in (":", ";"):
            yield unfolded[start + 1 : end if end >= 0 else None].rstrip("\r")
        start = unfolded.find(f"\n{name}", after)


@lru_cache(256)
def _lines(name: str) -> re.Pattern[str]:
    """Finds the whole unfolded lines of a property, in any group unless the name has one."""
    group, _dot, local = name.rpartition(".")
    before = re.escape(group) + r"\." if group else r"(?:[A-Za-z0-9-]+\.)?"
    return re.compile(rf"^{before}{re.escape(local)}[;:][^\r\n]*", re.IGNORECASE | re.MULTILINE)
