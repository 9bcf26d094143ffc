"""A card: its content lines in their order, and changes to it that touch nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.lib.vcard.lines import V21, V30, V40, ContentLine, fold_line, logical_lines, physical_lines, read_line, split, unescape, write_line

_VERSION = re.compile(r"^[ \t]*VERSION[^:\r\n]*:[ \t]*([0-9.]+)", re.IGNORECASE | re.MULTILINE)
_FOLD = re.compile(r"(?:\r\n|\n|\r)[ \t]")
_BEGIN = re.compile(r"\s*(?:[\w-]+\.)?BEGIN\s*:\s*VCARD\s*", re.IGNORECASE)
_END = re.compile(r"\s*(?:[\w-]+\.)?END\s*:\s*VCARD\s*", re.IGNORECASE)


class BadCard(ValueError):
    """A text is no card. `line` is the number of the line where it shows, from 1; `reason` one of the words below."""

    EMPTY, STRAY, OPEN, SEVERAL, NUL = "empty", "stray", "open", "several", "nul"

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"{reason} (line {line})")
        self.reason, self.line = reason, line


@dataclass(slots=True, eq=False)
class Card:
    """What stands from BEGIN:VCARD to END:VCARD, both of them included."""

    lines: list[ContentLine]
    version: str = V30
    number: int = 1  # of its first line in the text it was read from
    newline: str = "\r\n"
    _by_name: dict[str, list[ContentLine]] | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The card as it is written."""
        return "".join(line.raw for line in self.lines)

    def all(self, name: str) -> list[ContentLine]:
        """The lines of a property in their order."""
        if self._by_name is None:
            self._by_name = {}
            for line in self.lines:
                self._by_name.setdefault(line.name, []).append(line)
        return self._by_name.get(name, [])

    def first(self, name: str) -> ContentLine | None:
        """The first line of a property, or None."""
        found = self.all(name)
        return found[0] if found else None

    def value(self, name: str) -> str:
        """The text of a property's first line, without escapes; empty when there is none."""
        line = self.first(name)
        return self.plain(line) if line else ""

    def plain(self, line: ContentLine) -> str:
        """The text of a line as people read it."""
        return unescape(line.decoded, self.version).strip()

    def parts(self, line: ContentLine) -> list[str]:
        """The components of a structured value such as N or ADR, each without escapes."""
        return [unescape(part, self.version).strip() for part in split(line.decoded, ";")]

    def listed(self, line: ContentLine) -> list[str]:
        """The values of a list such as CATEGORIES, each without escapes; empty ones are left out."""
        values = (unescape(part, self.version).strip() for part in split(line.decoded, ","))
        return [value for value in values if value]

    def label(self, line: ContentLine) -> str:
        """What Apple's X-ABLabel in the same group calls a line, or an empty text."""
        if not line.group:
            return ""
        for other in self.all("X-ABLABEL"):
            if other.group.lower() == line.group.lower():
                found = self.plain(other)
                apple = re.fullmatch(r"_\$!<(.*)>!\$_", found)
                return apple.group(1) if apple else found
        return ""

    # -- changes

    def add(self, name: str, value: str, params: Iterable[tuple[str, Iterable[str]]] = (), group: str = "", after: ContentLine | None = None) -> ContentLine:
        """Write another line: behind `after`, else behind the last of its name, else before END."""
        line = write_line(name, value, params, group, self.newline)
        same = self.all(name.upper())
        behind = after or (same[-1] if same else None)
        at = self.lines.index(behind) + 1 if behind else self._end()
        if at and not self.lines[at - 1].raw.endswith(("\n", "\r")):
            self.lines[at - 1].raw += self.newline
        self.lines.insert(at, line)
        self._by_name = None
        return line

    def replace(self, old: ContentLine, value: str, params: Iterable[tuple[str, Iterable[str]]] | None = None, name: str | None = None) -> ContentLine:
        """Write another line in the place of `old`, which keeps its group, and its parameters unless others are given."""
        kept = old.params if params is None else tuple((key, tuple(values)) for key, values in params)
        line = write_line(name or old.name, value, kept, old.group, self.newline)
        if kept == old.params and not name:
            head = _FOLD.sub("", old.raw).rstrip("\r\n").removesuffix(old.value)
            line.raw = fold_line(f"{head}{value}", self.newline)  # as it was spelt
        self.lines[self.lines.index(old)] = line
        self._by_name = None
        return line

    def remove(self, line: ContentLine) -> None:
        """Take a line away, and what Apple calls it."""
        gone = [line]
        if line.group and not line.name.startswith("X-AB"):
            group = line.group.lower()
            mates = [other for other in self.lines if other.group.lower() == group and other is not line]
            if all(mate.name in ("X-ABLABEL", "X-ABADR") for mate in mates):
                gone += mates
        for one in gone:
            self.lines.remove(one)
        self._by_name = None

    def _end(self) -> int:
        for at in range(len(self.lines) - 1, -1, -1):
            if self.lines[at].name == "END":
                return at
        return len(self.lines)


def read_cards(text: str) -> Iterator[Card | BadCard]:
    """The cards of a text, one after the other; a `BadCard` in the place of what can't be read. A card within a card belongs to it."""
    scan = _Scan()
    for at, line in enumerate(physical_lines(text.removeprefix("\ufeff")), 1):
        yield from scan.take(at, line)
    if scan.depth:
        yield BadCard(BadCard.OPEN, scan.start)


class _Scan:
    """Where cards begin and end."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.depth = self.start = 0
        self.is_astray = False

    def take(self, at: int, line: str) -> Iterator[Card | BadCard]:
        """The card that ends with a line, or what is wrong with it."""
        if self.depth and line[:1] in (" ", "\t"):
            self.begun.append(line)
        elif _BEGIN.fullmatch(line):
            yield from self._begin(at, line)
        elif self.depth:
            yield from self._go_on(line)
        elif line.strip() and not self.is_astray:  # told once, however many there are
            self.is_astray = True
            yield BadCard(BadCard.STRAY, at)

    def _begin(self, at: int, line: str) -> Iterator[BadCard]:
        self.is_astray = False
        if self.depth and not _takes_inside(self.begun):
            yield BadCard(BadCard.OPEN, self.start)
            self.depth = 0
        if not self.depth:
            self.begun, self.start = [], at
        self.depth += 1
        self.begun.append(line)

    def _go_on(self, line: str) -> Iterator[Card]:
        self.begun.append(line)
        if _END.fullmatch(line):
            self.depth -= 1
            if not self.depth:
                yield _read(self.begun, self.start)


def read_card(text: str) -> Card:
    """The only card of a text. Raises `BadCard`."""
    if "\x00" in text:
        raise BadCard(BadCard.NUL, text[: text.index("\x00")].count("\n") + 1)
    found: Card | None = None
    for card in read_cards(text):
        if isinstance(card, BadCard):
            raise card
        if found is not None:
            raise BadCard(BadCard.SEVERAL, card.number)
        found = card
    if found is None:
        raise BadCard(BadCard.EMPTY, 1)
    return found


def _takes_inside(begun: list[str]) -> bool:
    """Whether a card may begin within one: vCard 2.1 puts it behind AGENT, elsewhere an END is missing."""
    last = next((line for line in reversed(begun) if line.strip()), "")
    return last.upper().lstrip().startswith("AGENT") and last.rstrip().endswith(":")


def _read(physical: list[str], number: int) -> Card:
    said = _VERSION.search("".join(physical))
    version = said.group(1) if said else V30
    version = version if version in (V21, V30, V40) else V30
    lines: list[ContentLine] = []
    depth = 0
    for _at, raw, unfolded in logical_lines(physical, version):
        line = read_line(raw, unfolded)
        depth += _BEGIN.fullmatch(unfolded) is not None
        if depth > 1:
            lines[-1].raw += raw  # belongs to AGENT
        else:
            lines.append(line)
        depth -= _END.fullmatch(unfolded) is not None
    newline = "\r\n" if physical[0].endswith("\r\n") else "\n" if physical[0].endswith("\n") else "\r"
    return Card(lines, version, number, newline)
