"""Content lines of vCard 2.1 (the versit consortium's), 3.0 (RFC 2426) and 4.0 (RFC 6350), kept as they were written.

A line remembers its own text, folding and line end included, so that a card of which nothing was changed is written as it was read,
byte for byte. What the line means is read from it: group, name, parameters (RFC 6868 carets decoded) and the value, unfolded but with
its escapes.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

V21, V30, V40 = "2.1", "3.0", "4.0"
WIDTH = 75  # octets of a line, its end not counted (RFC 6350 §3.2)

Params = tuple[tuple[str, tuple[str, ...]], ...]

_PHYSICAL = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_HEAD = re.compile(r'((?:[^":]|"[^"]*")*?):', re.DOTALL)
_PARAM = re.compile(r';\s*([^=;"]+?)\s*(?:=((?:"[^"]*"|[^;"])*))?(?=;|\Z)')
_PARAM_VALUE = re.compile(r'"([^"]*)"|([^,"]+)')
_NAME = re.compile(r"\s*(?:([^.;:\s]+)\.)?([^.;:\s]+)\s*")
_BASE64_ONLY = re.compile(r"[A-Za-z0-9+/=\s]*")
_CARET = re.compile(r"\^([n^'])")
_CARETS = {"n": "\n", "^": "^", "'": '"'}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_21 = re.compile(r"\\([;:,\\])")
_ENCODINGS = frozenset(("QUOTED-PRINTABLE", "BASE64", "B", "7BIT", "8BIT"))
_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(slots=True, eq=False)
class ContentLine:
    """One property of a card. `raw` is how it is written; `value` is unfolded and has its escapes and encoding still."""

    raw: str
    group: str
    name: str
    params: Params
    value: str

    def param(self, name: str) -> str:
        """The first value of a parameter, or an empty text."""
        for key, values in self.params:
            if key == name:
                return values[0] if values else ""
        return ""

    def param_values(self, name: str) -> list[str]:
        """All values of a parameter, which may be written once with commas or several times."""
        return [value for key, values in self.params if key == name for value in values]

    @property
    def types(self) -> list[str]:
        """What TYPE says, in small letters, lists in quotes (`TYPE="work,voice"`) taken apart."""
        return [part.strip().lower() for value in self.param_values("TYPE") for part in value.split(",") if part.strip()]

    @property
    def encoding(self) -> str:
        """QUOTED-PRINTABLE, BASE64 or nothing."""
        said = self.param("ENCODING").upper()
        return "BASE64" if said in ("B", "BASE64") else said if said == "QUOTED-PRINTABLE" else ""

    @property
    def decoded(self) -> str:
        """The value without its transfer encoding; escapes are still in it."""
        if self.encoding != "QUOTED-PRINTABLE":
            return self.value
        octets = quopri.decodestring(self.value.encode("utf-8", "surrogateescape"))
        return decoded_as(octets, self.param("CHARSET"))

    def octets(self) -> bytes | None:
        """The bytes of a value in base64, or of a `data:` address; None when it is something else, or broken."""
        text = self.value
        if not self.encoding:
            head, comma, rest = text.partition(",")
            if not comma or head[:5].lower() != "data:" or not head.lower().endswith(";base64"):
                return None
            text = rest
        elif self.encoding != "BASE64":
            return None
        compact = re.sub(r"\s+|\\", "", text)
        try:
            return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
        except (binascii.Error, ValueError):
            return None


def decoded_as(octets: bytes, charset: str = "") -> str:
    """Octets as text: in the charset that is named, else UTF-8, else what Windows wrote in western Europe. Never fails."""
    for name in (charset or "utf-8", "utf-8", "cp1252"):
        try:
            return octets.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return octets.decode("latin-1")


# -- reading


def physical_lines(text: str) -> list[str]:
    """The lines as they are on paper, with their ends. Only CR and LF end a line: U+2028 and the like may stand in a value."""
    return _PHYSICAL.findall(text)


def logical_lines(physical: Iterable[str], version: str = "") -> Iterator[tuple[int, str, str]]:
    """Unfolded lines: number of the first physical line (from 1), the text as written, and the text without folds and line end.

    Lines that begin with a blank go on (RFC 6350 §3.2); so do quoted-printable ones that end with `=`, and base64 of programs
    that fold without a blank. `version` 2.1 keeps the blank of a fold, as its paragraph 2.1.3 has it.
    """
    number, raw, parts = 0, "", list[str]()
    keep = version == V21
    for at, line in enumerate(physical, 1):
        bare = line.rstrip("\r\n")
        if parts and _goes_on(parts, bare):
            is_soft = parts[-1].endswith("=") and _is_quoted_printable(parts[0])
            if is_soft:
                parts[-1] = parts[-1][:-1]
                parts.append(bare[1:] if bare[:1] in " \t" and not keep else bare)
            else:
                parts.append(bare if keep and not _is_base64(parts[0]) else bare[1:] if bare[:1] in (" ", "\t") else bare)
            raw += line
            continue
        if parts:
            yield number, raw, "".join(parts)
        number, raw, parts = at, line, [bare]
    if parts:
        yield number, raw, "".join(parts)


def _goes_on(parts: list[str], bare: str) -> bool:
    if bare[:1] in (" ", "\t"):
        return True
    first = parts[0]
    if parts[-1].endswith("=") and _is_quoted_printable(first):
        return not _begins_anew(bare)
    return bool(bare) and ":" in first and _is_base64(first) and ":" not in bare and _BASE64_ONLY.fullmatch(bare) is not None and parts[-1] != ""


def _is_quoted_printable(line: str) -> bool:
    return "QUOTED-PRINTABLE" in line.partition(":")[0].upper()


def _is_base64(line: str) -> bool:
    head = line.partition(":")[0].upper()
    return "BASE64" in head or "ENCODING=B" in head


def _begins_anew(bare: str) -> bool:
    return bare[:4].upper() == "END:"


def read_line(raw: str, unfolded: str) -> ContentLine:
    """What an unfolded line says. One that is no property (no colon, no name) has the name ""."""
    found = _HEAD.match(unfolded)
    head, value = (found.group(1), unfolded[found.end():]) if found else _without_quotes(unfolded)
    named = _NAME.match(head)
    if named is None or (named.end() != len(head) and head[named.end()] != ";") or not (found or head):
        return ContentLine(raw, "", "", (), unfolded)
    params = _params(head[named.end():]) if named.end() != len(head) else ()
    return ContentLine(raw, named.group(1) or "", named.group(2).upper(), params, value)


def _without_quotes(unfolded: str) -> tuple[str, str]:
    head, colon, value = unfolded.partition(":")
    return (head.replace('"', ""), value) if colon else ("", unfolded)


def _params(text: str) -> Params:
    return tuple(_param(found.group(1).upper(), found.group(2)) for found in _PARAM.finditer(text))


def _param(name: str, value: str | None) -> tuple[str, tuple[str, ...]]:
    if value is None:  # vCard 2.1 leaves the names of parameters out
        return ("ENCODING" if name in _ENCODINGS else "TYPE"), (name,)
    if '"' not in value and "," not in value:
        return name, (_uncaret(value),)
    return name, tuple(_uncaret(quoted or plain) for quoted, plain in _PARAM_VALUE.findall(value))


def _uncaret(value: str) -> str:
    return _CARET.sub(lambda found: _CARETS[found.group(1)], value) if "^" in value else value


# -- texts in values


def unescape(text: str, version: str = V40) -> str:
    """A text value as people read it."""
    if "\\" not in text:
        return text
    if version == V21:
        return _ESCAPED_21.sub(r"\1", text)
    return _ESCAPED.sub(lambda found: "\n" if found.group(1) in "nN" else found.group(1), text)


def escape(text: str) -> str:
    """A text as vCard 3.0 and 4.0 write it, also inside of structured values. Control characters are left out."""
    text = _UNSAFE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")


def split(text: str, separator: str) -> list[str]:
    """The pieces between the separators that aren't escaped, with their escapes."""
    if "\\" not in text:
        return text.split(separator)
    pieces, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == separator:
            pieces.append(text[start:at])
            start = at + 1
        at += 1
    return [*pieces, text[start:]]


# -- writing


def write_line(name: str, value: str, params: Iterable[tuple[str, Iterable[str]]] = (), group: str = "", newline: str = "\r\n") -> ContentLine:
    """A new line of vCard 3.0 or 4.0. `value` has its escapes already."""
    kept = tuple((key.upper(), tuple(values)) for key, values in params)
    head = f"{group}.{name}" if group else name
    for key, values in kept:
        if values:
            head += f";{key}={','.join(_quoted(one) for one in values)}"
    return ContentLine(fold_line(f"{head}:{value}", newline), group, name.upper(), kept, value)


def _quoted(value: str) -> str:
    value = _UNSAFE.sub("", value).replace("^", "^^").replace("\r\n", "^n").replace("\n", "^n").replace("\r", "^n").replace('"', "^'")
    return f'"{value}"' if re.search(r"[;:,]", value) else value


def fold_line(text: str, newline: str = "\r\n") -> str:
    """`text` in lines of at most 75 octets, never inside a character, with the last line's end."""
    if len(text) <= WIDTH and text.isascii():
        return text + newline
    if text.isascii():
        pieces = [text[:WIDTH], *(text[at:at + WIDTH - 1] for at in range(WIDTH, len(text), WIDTH - 1))]
        return f"{newline} ".join(pieces) + newline
    pieces, width, start = [], 0, 0
    for at, char in enumerate(text):
        octets = len(char.encode("utf-8", "surrogatepass"))
        if width + octets > WIDTH:
            pieces.append(text[start:at])
            start, width = at, 1
        width += octets
    return f"{newline} ".join([*pieces, text[start:]]) + newline
