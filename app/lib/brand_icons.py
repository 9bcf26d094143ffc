"""Icons of an app made of a brand's logo, where it is about square; a long one would be too small to tell, so the initial stays (app/lib/icons.py)."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw

from app.lib.icons import FAVICON, ICONS, Icon

LONGEST = 1.8  # width by height
_PAPER, _NIGHT = "#ffffff", "#161922"
_ROUND = 0.225
_ROOM = {"any": 0.76, "maskable": 0.6, "monochrome": 0.7}  # of the edge; a maskable icon may be cut to a circle of 80 %


def suits(width: int, height: int) -> bool:
    """Whether a logo of this size can stand on an icon."""
    return bool(width and height) and max(width, height) <= LONGEST * min(width, height)


@lru_cache(maxsize=128)
def draw_logo(name: str, logo: bytes, on_dark: bool = False) -> bytes:
    """The file `name`, a key of `ICONS` or `FAVICON`, with a logo (PNG) on white, or on a dark ground. Raises KeyError for another name."""
    picture = Image.open(io.BytesIO(logo), formats=("PNG",)).convert("RGBA")
    if name != FAVICON:
        return _file(_icon(ICONS[name], picture, on_dark), "PNG")
    tabs = [_icon(Icon(size, "any", 0.6), picture, on_dark) for size in (16, 32, 48)]
    return _file(tabs[-1], "ICO", sizes=[(size, size) for size in (16, 32, 48)], append_images=tabs[:-1])


def _icon(icon: Icon, logo: Image.Image, on_dark: bool) -> Image.Image:
    edge = icon.size * 2
    room = edge * (_ROOM[icon.purpose] if icon.size > 48 else 0.86)
    scale = min(room / logo.width, room / logo.height)
    sized = logo.resize((max(1, round(logo.width * scale)), max(1, round(logo.height * scale))), Image.Resampling.LANCZOS)
    place = (edge - sized.width) // 2, (edge - sized.height) // 2
    if icon.purpose == "monochrome":
        picture = Image.new("RGBA", (edge, edge), "#ffffff00")
        picture.paste(Image.new("RGBA", sized.size, "#ffffff"), place, sized.getchannel("A"))
    else:
        picture = Image.new("RGBA", (edge, edge), _NIGHT if on_dark else _PAPER)
        picture.alpha_composite(sized, place)
        if icon.purpose == "any":
            corners = Image.new("L", (edge, edge))
            ImageDraw.Draw(corners).rounded_rectangle((0, 0, edge - 1, edge - 1), edge * _ROUND, fill=255)
            picture.putalpha(corners)
    return picture.resize((icon.size, icon.size), Image.Resampling.LANCZOS)


def _file(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
