"""The colour of one event: a CSS colour as other programs write it (COLOR, RFC 7986 §5.9), and the hue of ours that is nearest to it."""

from __future__ import annotations

import math
from functools import lru_cache

from PIL import ImageColor

_NAMES = (
    "crimson", "tomato", "chocolate", "darkorange", "goldenrod", "gold", "olive", "olivedrab", "forestgreen", "seagreen", "mediumaquamarine",
    "lightseagreen", "darkcyan", "lightblue", "deepskyblue", "steelblue", "royalblue", "midnightblue", "slateblue", "rebeccapurple", "mediumorchid",
    "purple", "mediumvioletred", "palevioletred",
)
_FIRST, _APART = 20, 15  # degrees of .hue-0 in static/css/tokens.css, and from one hue to the next
_GREY = 0.035  # chroma below which a colour has no hue


def name_of(hue: int) -> str:
    """The CSS name that stands for one of the 24 hues."""
    return _NAMES[hue % len(_NAMES)]


@lru_cache(maxsize=500)
def hue_of(colour: str) -> int | None:
    """The nearest of the 24 hues; None for greys and for what is no colour."""
    try:
        rgb = ImageColor.getrgb(colour.strip())[:3]
    except ValueError:
        return None
    a, b = _oklab([_linear(part / 255) for part in rgb])
    return None if math.hypot(a, b) < _GREY else round((math.degrees(math.atan2(b, a)) - _FIRST) / _APART) % len(_NAMES)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _oklab(linear: list[float]) -> tuple[float, float]:
    """The two axes of colour of Oklab (CSS Color 4 §9.2) for linear sRGB."""
    red, green, blue = linear
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short, 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )
