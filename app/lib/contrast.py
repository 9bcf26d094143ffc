"""Colours that can be read: contrast (WCAG 2.2, 1.4.3 and 1.4.11), and the nearest colour that has enough of it.

All colours are `#rrggbb`. The grounds are the surfaces of static/css/tokens.css; a test holds them together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

LIGHT, DARK = "#ffffff", "#161922"  # --surface in the light and in the dark theme
TEXT, SHAPE = 4.5, 3.0  # least contrast of text, and of what can be pressed, against what is around it
_INKS = ("#ffffff", "#171b26", "#000000")  # by preference; one of white and black always has 4.5:1
_STEPS = 1024
_HEX = re.compile(r"#[0-9a-f]{6}")
Rgb = tuple[int, int, int]


def read_colour(text: str) -> str | None:
    """A colour as #rrggbb in lower case, from `#RRGGBB`, `RRGGBB` or `#rgb`; None for anything else."""
    plain = "#" + text.strip().lower().removeprefix("#")
    if len(plain) == 4:
        plain = "#" + "".join(character * 2 for character in plain[1:])
    return plain if _HEX.fullmatch(plain) else None


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2, "relative luminance")."""
    return sum(share * _linear(part) for share, part in zip((0.2126, 0.7152, 0.0722), _rgb(colour), strict=True))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def nearest(colour: str, ground: str, least: float = TEXT) -> str:
    """`colour` itself where it has the contrast on `ground`, else the first shade that has it on the way to black, or to white on a dark ground.

    Shades are mixed in sRGB in 1024 steps: no earlier step passes, since luminance only falls (or rises) on the way.
    """
    if contrast(colour, ground) >= least:
        return colour
    towards = "#000000" if contrast("#000000", ground) >= contrast("#ffffff", ground) else "#ffffff"
    low, high = 0, _STEPS
    while low < high:
        middle = (low + high) // 2
        if contrast(shade(colour, towards, middle), ground) >= least:
            high = middle
        else:
            low = middle + 1
    return shade(colour, towards, low)


def shade(colour: str, towards: str, step: int) -> str:
    """`colour` mixed with `towards`: none of it at step 0, nothing else at step 1024."""
    parts = (round(a + (b - a) * step / _STEPS) for a, b in zip(_rgb(colour), _rgb(towards), strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def ink_on(colour: str) -> str:
    """What to write on `colour`: white where it can be read, else a dark ink."""
    return next(ink for ink in _INKS if contrast(ink, colour) >= TEXT)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a look as they are shown: those chosen, or the nearest ones that can be read in each theme."""

    accent: str
    accent_ink: str
    text: str
    dark_accent: str
    dark_accent_ink: str
    dark_text: str


@lru_cache(maxsize=512)
def palette(button: str, text: str) -> Palette:
    """The colours in both themes for a chosen button colour and a chosen text colour."""
    accent, dark_accent = nearest(button, LIGHT, SHAPE), nearest(button, DARK, SHAPE)
    return Palette(accent, ink_on(accent), nearest(text, LIGHT), dark_accent, ink_on(dark_accent), nearest(text, DARK))


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(part: int) -> float:
    value = part / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
