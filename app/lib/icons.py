"""Icons of an app, drawn from its name and two colours: its sign, or its first letter, on the accent (W3C App Manifest §"icons")."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont

from app.lib.icon_signs import SIGNS, Pen

FONT = Path(__file__).parent.parent.parent / "static" / "fonts" / "inter.woff2"
_FINER = 4  # drawn so many times larger, then reduced
_LARGEST = 1024
_TINY = 48  # pixels; fewer colours than that are enough
_RADIUS = 0.225
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Icon:
    """One file: its edge in pixels, what platforms use it for, and how high the letter is of the whole."""

    size: int
    purpose: str
    letter: float


# A maskable icon may be cut to a circle of 80 % of its width: the letter stays well inside.
ICONS = {
    "any-192.png": Icon(192, "any", 0.5),
    "any-512.png": Icon(512, "any", 0.5),
    "maskable-192.png": Icon(192, "maskable", 0.4),
    "maskable-512.png": Icon(512, "maskable", 0.4),
    "monochrome-512.png": Icon(512, "monochrome", 0.5),
    "touch-180.png": Icon(180, "maskable", 0.46),
    "tab-32.png": Icon(32, "any", 0.6),
}
FAVICON = "favicon.ico"
_FAVICON_SIZES = (16, 32, 48)


@lru_cache(maxsize=256)
def draw(name: str, title: str, accent: str, ink: str, sign: str = "") -> bytes:
    """The file `name`, a key of `ICONS` or `FAVICON`, for an app called `title`; colours as #rrggbb. Raises KeyError for another name.

    `sign` is a key of `SIGNS`; without one, the title's first letter stands on it.
    """
    if name == FAVICON:
        return _favicon(title, accent, ink)
    return _png(_icon(ICONS[name], title, accent, ink, sign))


def initial(title: str) -> str:
    """What stands on the icon: the first letter or digit, as a capital."""
    return next((character.upper() for character in title if character.isalnum()), "")[:1]


def is_colour(text: str) -> bool:
    """Whether it is a colour as #rrggbb, the one form that icons, manifests and stylesheets all read."""
    return _HEX.fullmatch(text) is not None


def _icon(icon: Icon, title: str, accent: str, ink: str, sign: str = "") -> Image.Image:
    edge = min(icon.size * _FINER, _LARGEST)
    letter = _sign(sign, edge, icon.letter) if sign in SIGNS else _letter(title, edge, icon.letter)
    if icon.purpose == "monochrome":
        picture = Image.new("RGBA", (edge, edge), "#ffffff")
        picture.putalpha(letter)
    else:
        picture = _ground(edge, accent)
        picture.paste(Image.new("RGB", (edge, edge), ink), mask=letter)
        if icon.purpose == "any":
            picture.putalpha(_rounded(edge))
    return picture.resize((icon.size, icon.size), Image.Resampling.LANCZOS)


def _ground(edge: int, accent: str) -> Image.Image:
    """The accent, a little deeper towards the foot."""
    colour = ImageColor.getrgb(accent)
    deeper = tuple(int(part * 0.84) for part in colour)
    fade = Image.linear_gradient("L").resize((edge, edge))
    return Image.composite(Image.new("RGB", (edge, edge), deeper), Image.new("RGB", (edge, edge), colour[:3]), fade)


def _rounded(edge: int) -> Image.Image:
    mask = Image.new("L", (edge, edge))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, edge - 1, edge - 1), edge * _RADIUS, fill=255)
    return mask


def _sign(sign: str, edge: int, height: float) -> Image.Image:
    mask = Image.new("L", (edge, edge))
    SIGNS[sign](Pen(ImageDraw.Draw(mask), edge, height * 1.06))
    return mask


def _letter(title: str, edge: int, height: float) -> Image.Image:
    """The letter's shape, centred by what is seen of it; a gable where the font has no such letter."""
    mask, character = Image.new("L", (edge, edge)), initial(title)
    pen, font = ImageDraw.Draw(mask), _font(edge)
    left, top, right, bottom = font.getbbox(character) if character and font.getmask(character).getbbox() else (0, 0, 0, 0)
    if right <= left:
        _gable(pen, edge, height)
        return mask
    font = _font(int(edge * edge * height / max(bottom - top, (right - left) * 0.86)))
    pen.text((edge / 2, edge / 2), character, fill=255, font=font, anchor="mm")
    return _centred(mask)


def _centred(mask: Image.Image) -> Image.Image:
    left, top, right, bottom = mask.getbbox() or (0, 0, *mask.size)
    across, down = (mask.width - right - left) // 2, (mask.height - bottom - top) // 2
    moved = Image.new("L", mask.size)
    moved.paste(mask, (across, down))
    return moved


def _gable(pen: ImageDraw.ImageDraw, edge: int, height: float) -> None:
    middle, half = edge / 2, edge * height / 2
    pen.polygon(
        [(middle, middle - half), (middle + half * 1.15, middle + half * 0.1), (middle + half * 0.8, middle + half * 0.1), (middle + half * 0.8, middle + half),
         (middle - half * 0.8, middle + half), (middle - half * 0.8, middle + half * 0.1), (middle - half * 1.15, middle + half * 0.1)],
        fill=255,
    )


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(FONT, size)
    font.set_variation_by_axes([700])
    return font


def _png(picture: Image.Image) -> bytes:
    if max(picture.size) <= _TINY:  # it comes with every first page
        picture = picture.quantize(64, Image.Quantize.FASTOCTREE)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _favicon(title: str, accent: str, ink: str) -> bytes:
    file = io.BytesIO()
    pictures = [_icon(Icon(size, "any", 0.62), title, accent, ink) for size in _FAVICON_SIZES]
    pictures[-1].save(file, "ICO", sizes=[(size, size) for size in _FAVICON_SIZES], append_images=pictures[:-1])
    return file.getvalue()
