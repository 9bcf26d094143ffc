"""Content lines and components (RFC 5545 §3.1, §3.4 to §3.6), kept as they came: a line that nobody changes is written as it was read.

Readers are lenient where exports in the wild are: bare line feeds, a byte order mark, folds in the middle of a letter, lines that were
broken without being folded. What was mended is told in `Component.repairs`. Anything else raises `Malformed` with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Self

from app.lib.ical.values import escape, unescape

MOST_LINES = 2_000_000
MOST_DEPTH = 12
FOLD_AT = 75  # octets
_NAME = re.compile(r"[A-Za-z0-9-]+(?=[;:])")
_LONE_NAME = re.compile(r"[A-Za-z0-9_-]+")
_BREAK = re.compile(r"\n(?![ \t])")
_PARAMETER = re.compile(r';([A-Za-z0-9_-]+)=((?:"[^"]*"|[^";:,])*(?:,(?:"[^"]*"|[^";:,])*)*)')
_PLAIN = re.compile(r'[^";:,\x00-\x08\x0a-\x1f\x7f]*')
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CARET = {"^n": "\n", "^'": '"', "^^": "^"}


class Malformed(ValueError):
    """This is no iCalendar object. The text says why, and where."""


class Property:
    """A content line. `value` is as it stands in the file (escaped); `text` is unescaped."""

    __slots__ = ("_at", "_line", "_params", "_raw", "name")

    def __init__(self, raw: str) -> None:
        self._raw = raw
        self._line = line = raw if "\n" not in raw else raw.replace("\n ", "").replace("\n\t", "")
        found = _NAME.match(line)
        if found is None:
            raise Malformed(f"not a property: {line[:60]!r}")
        self.name = found[0].upper()
        self._at = found.end()
        self._params: list[tuple[str, list[str]]] | None = None

    @classmethod
    def make(cls, name: str, value: str, params: Iterable[tuple[str, str | list[str]]] = ()) -> Self:
        """A new line; the value is taken as it is (see `text_property`)."""
        head = name + "".join(
            f";{key}=" + ",".join(_parameter_value(one) for one in ([given] if isinstance(given, str) else given)) for key, given in params
        )
        return cls(fold(f"{head}:{_one_line(value)}"))

    @classmethod
    def of_text(cls, name: str, text: str, params: Iterable[tuple[str, str | list[str]]] = ()) -> Self:
        """A new line with a text, which is escaped."""
        return cls.make(name, escape(text), params)

    @property
    def raw(self) -> str:
        """The line with its folds, line ends as LF."""
        return self._raw

    @property
    def params(self) -> list[tuple[str, list[str]]]:
        """Parameters in order, names in capitals, each with its values, unquoted (RFC 6868)."""
        if self._params is None:
            self._read()
        return self._params or []

    @property
    def value(self) -> str:
        """What is after the colon."""
        if self._line[self._at] == ":":
            return self._line[self._at + 1 :]
        if self._params is None:
            self._read()
        return self._line[self._at_value + 1 :]

    @property
    def text(self) -> str:
        """The value as a text, unescaped."""
        return unescape(self.value)

    def param(self, name: str) -> str | None:
        """The first value of a parameter."""
        if self._line[self._at] == ":":
            return None
        for key, values in self.params:
            if key == name:
                return values[0] if values else ""
        return None

    def with_params(self, **changed: str | None) -> Property:
        """The same line with these parameters (underscores for hyphens); None takes one away."""
        wanted = {key.replace("_", "-"): value for key, value in changed.items()}
        kept: list[tuple[str, str | list[str]]] = [(key, values) for key, values in self.params if key not in wanted]
        added: list[tuple[str, str | list[str]]] = [(key, value) for key, value in wanted.items() if value is not None]
        return Property.make(self.name, self.value, [*kept, *added])

    def with_value(self, value: str) -> Property:
        """The same line with another value."""
        return Property.make(self.name, value, [(key, values) for key, values in self.params])

    @property
    def _at_value(self) -> int:
        at = self._at
        line = self._line
        while line[at] == ";":
            found = _PARAMETER.match(line, at)
            if found is None:
                return _colon_after(line, at)
            at = found.end()
            if at >= len(line):
                raise Malformed(f"a line without a value: {line[:60]!r}")
        return at if line[at] == ":" else _colon_after(line, at)

    def _read(self) -> None:
        at, params = self._at, []
        while at < len(self._line) and self._line[at] == ";":
            found = _PARAMETER.match(self._line, at)
            if found is None:
                break
            params.append((found[1].upper(), [_unquoted(one) for one in _split_quoted(found[2])]))
            at = found.end()
        self._params = params

    def __repr__(self) -> str:
        return f"<{self._line[:80]}>"


class Component:
    """Something between BEGIN and END: properties and components in the order of the file."""

    __slots__ = ("items", "name", "repairs")

    def __init__(self, name: str, items: list[Property | Component] | None = None) -> None:
        self.name = name.upper()
        self.items: list[Property | Component] = items if items is not None else []
        self.repairs: list[str] = []

    @property
    def properties(self) -> Iterator[Property]:
        """The lines directly in it."""
        return (item for item in self.items if isinstance(item, Property))

    @property
    def components(self) -> Iterator[Component]:
        """The components directly in it."""
        return (item for item in self.items if isinstance(item, Component))

    def find(self, name: str) -> Property | None:
        """The first line of this name."""
        for item in self.items:
            if isinstance(item, Property) and item.name == name:
                return item
        return None

    def all(self, name: str) -> list[Property]:
        """All lines of this name."""
        return [item for item in self.items if isinstance(item, Property) and item.name == name]

    def within(self, *names: str) -> list[Component]:
        """The components of these names directly in it."""
        return [item for item in self.items if isinstance(item, Component) and item.name in names]

    def value(self, name: str) -> str | None:
        """The value of the first line of this name, as it stands."""
        found = self.find(name)
        return None if found is None else found.value

    def text(self, name: str) -> str:
        """The text of the first line of this name; empty without one."""
        found = self.find(name)
        return "" if found is None else found.text

    def set(self, *lines: Property) -> None:
        """Put these lines (all of one name) in the place of those of their name."""
        name = lines[0].name
        places = [place for place, item in enumerate(self.items) if isinstance(item, Property) and item.name == name]
        at = places[0] if places else self._end_of_properties()
        self.remove(name)
        self.items[at:at] = lines

    def set_text(self, name: str, text: str) -> None:
        """Change a text, keeping the parameters it had except ALTREP; empty takes the line away."""
        found = self.find(name)
        if not text:
            self.remove(name)
        elif found is None:
            self.set(Property.of_text(name, text))
        elif found.text != text:
            self.set(Property.of_text(name, text, [(key, values) for key, values in found.params if key != "ALTREP"]))

    def add(self, *items: Property | Component) -> None:
        """Add lines after the last line, components at the end."""
        for item in items:
            if isinstance(item, Component):
                self.items.append(item)
            else:
                self.items.insert(self._end_of_properties(), item)

    def remove(self, *names: str) -> None:
        """Take all lines of these names away."""
        self.items = [item for item in self.items if not (isinstance(item, Property) and item.name in names)]

    def remove_component(self, gone: Component) -> None:
        """Take a component away."""
        self.items = [item for item in self.items if item is not gone]

    def copy(self) -> Component:
        """The same again; lines are shared, as they never change."""
        return Component(self.name, [item.copy() if isinstance(item, Component) else item for item in self.items])

    def serialize(self) -> str:
        """The text, lines ended by CRLF."""
        written: list[str] = []
        self._write(written.append)
        written.append("")
        return "\n".join(written).replace("\n", "\r\n")

    def _write(self, write: Callable[[str], None]) -> None:
        write(f"BEGIN:{self.name}")
        for item in self.items:
            if isinstance(item, Property):
                write(item.raw)
            else:
                item._write(write)
        write(f"END:{self.name}")

    def _end_of_properties(self) -> int:
        for place in range(len(self.items) - 1, -1, -1):
            if isinstance(self.items[place], Property):
                return place + 1
        return 0

    def __repr__(self) -> str:
        return f"<{self.name} {len(self.items)}>"


def parse(data: str | bytes, name: str = "VCALENDAR") -> Component:
    """The one component of a file. Raises `Malformed`, also when there are several."""
    found = parse_all(data)
    if len(found) != 1 or found[0].name != name:
        raise Malformed(f"expected one {name}, found {', '.join(one.name for one in found[:3]) or 'nothing'}")
    return found[0]


def parse_all(data: str | bytes) -> list[Component]:
    """All components of a file, one after another. Raises `Malformed`."""
    text = _decoded(data) if isinstance(data, bytes) else data
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        raise Malformed("there are NUL characters in it")
    return _Reader().read(_BREAK.split(text))


def fold(line: str) -> str:
    """A line with a fold (LF and a space) after at most 75 octets, between letters (RFC 5545 §3.1)."""
    if len(line) <= FOLD_AT and line.isascii():
        return line
    parts: list[str] = []
    part: list[str] = []
    size = 0
    for letter in line:
        octets = 1 if letter < "\x80" else len(letter.encode("utf-8", "surrogatepass"))
        if size + octets > FOLD_AT:
            parts.append("".join(part))
            part, size = [], 1
        part.append(letter)
        size += octets
    parts.append("".join(part))
    return "\n ".join(parts)


class _Reader:
    def __init__(self) -> None:
        self.done: list[Component] = []
        self.open: list[Component] = []
        self.repairs: list[str] = []

    def read(self, lines: list[str]) -> list[Component]:
        if len(lines) > MOST_LINES:
            raise Malformed(f"more than {MOST_LINES} lines")
        for line in lines:
            if line[:6].upper() == "BEGIN:":
                self._begin(line[6:])
            elif line[:4].upper() == "END:":
                self._end(line[4:])
            elif line and not line.isspace():
                self._add(line)
        if self.open:
            raise Malformed(f"{self.open[-1].name} has no end")
        if not self.done:
            raise Malformed("there is no component in it")
        return self.done

    def _begin(self, name: str) -> None:
        name = name.strip()
        if not _LONE_NAME.fullmatch(name):
            raise Malformed(f"not a component: {name[:40]!r}")
        if len(self.open) >= MOST_DEPTH:
            raise Malformed("components are nested too deep")
        self.open.append(Component(name))

    def _end(self, name: str) -> None:
        if not self.open or self.open[-1].name != name.strip().upper():
            raise Malformed(f"END:{name.strip()[:40]} without its BEGIN")
        over = self.open.pop()
        if self.open:
            self.open[-1].items.append(over)
        else:
            over.repairs, self.repairs = self.repairs, []
            self.done.append(over)

    def _add(self, line: str) -> None:
        if not self.open:
            if line[:2].upper() == "X-":  # a remark of who made the file
                return
            raise Malformed(f"a line outside of a component: {line[:60]!r}")
        items = self.open[-1].items
        if ":" in line and _NAME.match(line.replace("\n ", "").replace("\n\t", "") if "\n" in line else line):
            items.append(Property(line))
            return
        before = items[-1] if items else None
        if not isinstance(before, Property):
            raise Malformed(f"not a property: {line[:60]!r}")
        is_cut = len(before.raw.rpartition("\n")[2].encode("utf-8", "replace")) >= FOLD_AT - 5
        items[-1] = Property(fold(before.raw.replace("\n ", "").replace("\n\t", "") + ("" if is_cut else "\\n") + line.replace("\n ", "").replace("\n\t", "")))
        self.repairs.append(f"a broken line was joined: {line[:60]}")


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise Malformed("not a text") from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    unfolded = re.sub(rb"\r?\n[ \t]", b"", data)  # a fold in the middle of a letter
    try:
        return unfolded.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _colon_after(line: str, at: int) -> int:
    """Where the value begins in a line whose parameters are unsound: at the first colon outside quotes."""
    quoted = False
    for place in range(at, len(line)):
        if line[place] == '"':
            quoted = not quoted
        elif line[place] == ":" and not quoted:
            return place
    place = line.find(":", at)
    if place < 0:
        raise Malformed(f"a line without a value: {line[:60]!r}")
    return place


def _split_quoted(values: str) -> list[str]:
    return re.findall(r'"[^"]*"|[^,]+', values) or [""]


def _unquoted(value: str) -> str:
    value = value.replace('"', "")
    return re.sub(r"\^[n'^]", lambda found: _CARET[found[0]], value) if "^" in value else value


def _parameter_value(value: str) -> str:
    value = value.replace("^", "^^").replace("\r\n", "^n").replace("\n", "^n").replace('"', "^'")
    return value if _PLAIN.fullmatch(value) else '"' + _CONTROL.sub("", value) + '"'


def _one_line(value: str) -> str:
    return _CONTROL.sub("", value)
