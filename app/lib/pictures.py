"""Pictures that people upload: decoded and written anew, so that nothing but the picture remains (no EXIF, no script, no second file inside)."""

from __future__ import annotations

import asyncio
import io
import warnings
from typing import NamedTuple

from PIL import Image, ImageOps, UnidentifiedImageError

from app.lib.i18n import _

MOST_PIXELS = 50_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")
LARGE, SMALL = 256, 64
PORTRAIT = 512


class PictureError(ValueError):
    """Why a picture won't do, in the reader's language."""


class Crop(NamedTuple):
    """A square in the picture: its left and top edge and its side, as fractions of the shorter side of the picture."""

    left: float
    top: float
    side: float


async def square(content: bytes, crop: Crop | None = None) -> tuple[bytes, bytes]:
    """The square of a picture as WebP, large (256 px) and small (64 px); the middle without a crop. Raises `PictureError`."""
    language_bound = _messages()
    return await asyncio.to_thread(_square, content, crop, language_bound)


async def portrait(content: bytes, crop: Crop | None = None) -> bytes:
    """The square of a picture as JPEG of at most `PORTRAIT` pixels, as address books of every phone read it. Raises `PictureError`."""
    return await asyncio.to_thread(_portrait, content, crop, _messages())


def _portrait(content: bytes, crop: Crop | None, words: dict[str, str]) -> bytes:
    cut = _cut(content, crop, words, PORTRAIT)
    side = min(PORTRAIT, cut.width)
    sized = cut.resize((side, side), Image.Resampling.LANCZOS)
    ground = Image.new("RGB", sized.size, (255, 255, 255))
    ground.paste(sized, mask=sized.getchannel("A") if sized.mode == "RGBA" else None)
    file = io.BytesIO()
    ground.save(file, "JPEG", quality=86, optimize=True)
    return file.getvalue()


async def within(content: bytes, side: int) -> tuple[bytes, tuple[int, int]]:
    """A picture as WebP whose longer side is at most `side` pixels, upright, without what its camera noted; and its own size. Raises `PictureError`."""
    return await asyncio.to_thread(_within, content, side, _messages())


def _within(content: bytes, side: int, words: dict[str, str]) -> tuple[bytes, tuple[int, int]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
            if picture.width * picture.height > MOST_PIXELS:
                raise PictureError(words["large"])
            picture = ImageOps.exif_transpose(picture)
            size = picture.size
            picture.thumbnail((side, side), Image.Resampling.LANCZOS)
            file = io.BytesIO()
            picture.convert("RGBA" if _has_alpha(picture) else "RGB").save(file, "WEBP", quality=82, method=4)
            return file.getvalue(), size
    except PictureError:
        raise
    except Exception as error:
        raise PictureError(words["unknown"]) from error


def _messages() -> dict[str, str]:
    return {
        "large": _("This picture has too many pixels. Please make it smaller than 50 megapixels."),
        "unknown": _("This file isn’t a picture that can be read. Please choose a JPEG, PNG, WebP or GIF file."),
    }


def _square(content: bytes, crop: Crop | None, words: dict[str, str]) -> tuple[bytes, bytes]:
    cut = _cut(content, crop, words, LARGE)
    return _webp(cut, LARGE), _webp(cut, SMALL)


def _cut(content: bytes, crop: Crop | None, words: dict[str, str], side: int) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            if picture.width * picture.height > MOST_PIXELS:
                raise PictureError(words["large"])
            if crop is None:
                picture.draft("RGB", (side * 2, side * 2))
            upright = ImageOps.exif_transpose(picture).convert("RGBA" if _has_alpha(picture) else "RGB")
    except PictureError:
        raise
    except Image.DecompressionBombError:
        raise PictureError(words["large"]) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, MemoryError, IndexError, TypeError):
        raise PictureError(words["unknown"]) from None
    return upright.crop(_box(upright.size, crop))


def _has_alpha(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info


def _box(size: tuple[int, int], crop: Crop | None) -> tuple[int, int, int, int]:
    width, height = size
    short = min(size)
    if crop is None:
        left, top, side = (width - short) // 2, (height - short) // 2, short
    else:
        side = max(1, min(short, round(crop.side * short)))
        left, top = (max(0, min(most - side, round(at * short))) for at, most in ((crop.left, width), (crop.top, height)))
    return left, top, left + side, top + side


def _webp(picture: Image.Image, side: int) -> bytes:
    sized = picture.resize((side, side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    sized.save(file, "WEBP", quality=86, method=4)
    return file.getvalue()
