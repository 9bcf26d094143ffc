"""SVG files that people upload: looked through strictly before they are drawn (W3C SVG 2). They are never served."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.parsers import expat

MOST_BYTES = 2_000_000
MOST_ELEMENTS, MOST_DEPTH = 20_000, 60
LARGEST = 20_000  # user units along an edge
_SVG = "http://www.w3.org/2000/svg"
_FORBIDDEN = frozenset(("script", "foreignobject", "iframe", "embed", "object", "audio", "video", "handler", "listener"))
_MOVING = frozenset(("animate", "animatemotion", "animatetransform", "animatecolor", "set", "discard"))
_OWN_PICTURE = re.compile(r"data:image/(png|jpe?g|webp);base64,[a-z0-9+/=\s]*", re.IGNORECASE)
_FOREIGN_STYLE = re.compile(r"@import|expression\s*\(|javascript:|url\s*\(\s*(?!['\"]?#)", re.IGNORECASE)
_LENGTH = re.compile(r"\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*(px|pt|pc|mm|cm|in|em|%)?\s*", re.IGNORECASE)


class SvgRefused(ValueError):
    """Why a file won't be drawn: script, reference, entity, moving, huge, or broken."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a harmless file says about itself: its text, width and height in its own units, and whether letters in it need a font."""

    text: str
    width: float
    height: float
    has_letters: bool


def read_svg(content: bytes) -> Drawing:
    """Look through a file. Raises `SvgRefused` for anything that could run, fetch, grow or move."""
    if len(content) > MOST_BYTES:
        raise SvgRefused("huge")
    look = _Look()
    try:
        text = content.decode("utf-8-sig")
        look.parser.Parse(text.encode(), True)
    except (UnicodeDecodeError, expat.ExpatError):
        raise SvgRefused("broken") from None
    if look.width <= 0 or look.height <= 0:
        raise SvgRefused("broken")
    if not (max(look.width, look.height) <= LARGEST and max(look.width, look.height) <= 40 * min(look.width, look.height)):
        raise SvgRefused("huge")
    return Drawing(text, look.width, look.height, look.has_letters)


class _Look:
    """One pass over the elements. Expat resolves nothing from outside; entities are refused before they could be used."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._entity
        self.parser.ProcessingInstructionHandler = self._instruction
        self.width = self.height = 0.0
        self.has_letters = False
        self._depth = self._count = 0
        self._style: list[str] | None = None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _space, name = tag.rpartition(" ")
        name = name.lower()
        self._depth += 1
        self._count += 1
        if self._depth > MOST_DEPTH or self._count > MOST_ELEMENTS:
            raise SvgRefused("huge")
        if self._count == 1:
            self._root(namespace, name, attributes)
        if name in _FORBIDDEN:
            raise SvgRefused("script")
        if name in _MOVING:
            raise SvgRefused("moving")
        if name == "style":
            self._style = []
        self.has_letters = self.has_letters or (name == "text" and namespace == _SVG)
        for key, value in attributes.items():
            _check_attribute(key.rpartition(" ")[2].lower(), value, name)

    def _end(self, _tag: str) -> None:
        self._depth -= 1
        if self._style is not None:
            _check_style("".join(self._style))
            self._style = None

    def _characters(self, text: str) -> None:
        if self._style is not None:
            self._style.append(text)

    def _entity(self, *_: object) -> None:
        raise SvgRefused("entity")

    def _instruction(self, target: str, _data: str) -> None:
        if target.lower() == "xml-stylesheet":
            raise SvgRefused("reference")

    def _root(self, namespace: str, name: str, attributes: dict[str, str]) -> None:
        if name != "svg" or namespace != _SVG:
            raise SvgRefused("broken")
        box = re.split(r"[\s,]+", attributes.get("viewBox", "").strip())
        try:
            inside = (float(box[2]), float(box[3])) if len(box) == 4 else (0.0, 0.0)
        except ValueError:
            raise SvgRefused("broken") from None
        self.width, self.height = (_length(attributes.get(edge, "")) or inner for edge, inner in zip(("width", "height"), inside, strict=True))


def _check_attribute(key: str, value: str, element: str) -> None:
    if key.startswith("on"):
        raise SvgRefused("script")
    if key in ("href", "src", "base"):
        target = value.strip()
        is_own = target.startswith("#") or (element == "image" and _OWN_PICTURE.fullmatch(target) is not None)
        if target and not is_own and element != "a":
            raise SvgRefused("script" if target.lower().startswith(("javascript:", "data:text", "data:image/svg")) else "reference")
        if target.lower().lstrip("\x00\t\n ").startswith("javascript:"):
            raise SvgRefused("script")
    else:
        _check_style(value)


def _check_style(text: str) -> None:
    if _FOREIGN_STYLE.search(text) or ("\\" in text and "(" in text):  # an escape could hide what is looked for, and no drawing needs one
        raise SvgRefused("script" if "javascript:" in text.lower() else "reference")


def _length(text: str) -> float:
    found = _LENGTH.fullmatch(text)
    if not found or found[2] == "%":
        return 0.0
    return float(found[1]) * {"pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "em": 16.0}.get((found[2] or "px").lower(), 1.0)
