"""Pictures for tests, drawn here: well-made ones and nasty ones."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageDraw


def photo(width: int = 900, height: int = 1250, colour: str = "#3a7a5f") -> Image.Image:
    """A landscape of soft shapes that compresses like a photograph."""
    picture = Image.linear_gradient("L").resize((width, height))
    ground = Image.composite(Image.new("RGB", (width, height), colour), Image.new("RGB", (width, height), "#f3e9d8"), picture)
    draw = ImageDraw.Draw(ground)
    for ridge, deep in ((0.55, "#41597a"), (0.68, "#2b4059"), (0.82, "#152436")):
        points = [(width * part / 12, height * (ridge + 0.07 * ((part * 7 + int(ridge * 100)) % 5 - 2) / 2)) for part in range(13)]
        draw.polygon([(0, height), *points, (width, height)], fill=deep)
    draw.ellipse((width * 0.62, height * 0.14, width * 0.8, height * 0.14 + width * 0.18), fill="#fff4d6")
    return ground


def busy(picture: Image.Image) -> Image.Image:
    """The same with grain all over, as heavy as photographs get."""
    grain = Image.merge("RGB", [Image.effect_noise((picture.width // 3, picture.height // 3), 90).resize(picture.size, Image.Resampling.BICUBIC) for _ in range(3)])
    return Image.blend(picture, grain, 0.35)


def logo(width: int = 540, height: int = 140, colour: str = "#0b4f8a") -> Image.Image:
    """A mark and a word on nothing."""
    picture = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(height * 0.1, height * 0.85), (height * 0.5, height * 0.1), (height * 0.9, height * 0.85)], fill=colour)
    for letter in range(6):
        left = height * 1.15 + letter * (width - height * 1.3) / 6
        draw.rounded_rectangle((left, height * 0.3, left + width * 0.09, height * 0.75), radius=height * 0.08, fill=colour)
    return picture


def written(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """A file of a picture."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it is enormous."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")


def svg(inside: str = '<rect width="200" height="60" fill="#0b4f8a"/>', before: str = "", root: str = 'viewBox="0 0 270 70"') -> bytes:
    """An SVG file around some elements."""
    return f'{before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {root}>{inside}</svg>'.encode()
