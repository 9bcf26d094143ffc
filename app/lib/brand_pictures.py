"""Logos and slides of brands: checked and made in a process of its own (app/lib/brand_workshop.py), one at a time, however large they are."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.lib.brand_workshop import MOST_PIXELS, PHONE, SLIDE, WIDTHS
from app.lib.i18n import _
from app.lib.pictures import PictureError

__all__ = ["PHONE", "SLIDE", "WIDTHS", "Box", "Made", "PictureError", "cut_logo", "logo_source", "slide"]
TIMEOUT = 60.0  # seconds
_ROOT = Path(__file__).parent.parent.parent
_turn = asyncio.Semaphore(1)
Box = tuple[float, float, float, float]
"""Left, top, width and height of a part of a picture, as fractions of its width and height."""


@dataclass(frozen=True, slots=True)
class Made:
    """The files that were made, and what is known about them."""

    files: dict[str, bytes]
    facts: dict[str, Any]


async def logo_source(content: bytes) -> Made:
    """A PNG `source` of an uploaded logo, to cut from; `facts` has its width, height, and `seen`, the box of what isn't blank.

    Raises `PictureError`.
    """
    return await _make("logo", content)


async def cut_logo(source: bytes, box: Box) -> Made:
    """The `png` and `webp` of a part of a source; `facts` has the size in CSS pixels and the themes it is `faint_on`. Raises `PictureError`."""
    return await _make("cut", source, *(f"{edge:.6f}" for edge in box))


async def slide(content: bytes) -> Made:
    """A slide as `w<width>-avif`, `-webp` and one `-jpeg`, and `p<width>-…` for phones; `facts` has `widths`. Raises `PictureError`."""
    return await _make("slide", content)


async def _make(kind: str, content: bytes, *arguments: str) -> Made:
    async with _turn:
        with tempfile.TemporaryDirectory(prefix="chalet-picture-") as name:
            folder = Path(name)
            await asyncio.to_thread((folder / "in").write_bytes, content)
            facts = await _run(kind, folder, arguments)
            if "unfit" in facts:
                raise PictureError(_sentence(facts["unfit"], facts["width"], facts["height"]))
            files = {one: await asyncio.to_thread((folder / one).read_bytes) for one in facts.pop("files")}
            return Made(files, facts)


async def _run(kind: str, folder: Path, arguments: tuple[str, ...]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.lib.brand_workshop", kind, str(folder), *arguments,
        cwd=_ROOT, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        said, _nothing = await asyncio.wait_for(process.communicate(), TIMEOUT)
        facts: dict[str, Any] = json.loads(said)
        return facts
    except (TimeoutError, ValueError):  # it took too long, or fell over its limits
        return {"unfit": "large", "width": 0, "height": 0}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _sentence(why: str, width: int, height: int) -> str:
    sentences: dict[str, Callable[[], str]] = {
        "empty": lambda: _("This file is empty. Please choose another one."),
        "large": lambda: _("This picture takes too much to read. Please choose one of at most %(most)s megapixels.") % {"most": MOST_PIXELS // 1_000_000},
        "animated": lambda: _("This picture moves. Please choose a still one."),
        "blank": lambda: _("There is nothing to see in this part of the picture: all of it is transparent."),
        "small": lambda: _("This picture has %(width)s × %(height)s pixels. A slide needs at least %(least_width)s × %(least_height)s.") % {
            "width": width, "height": height, "least_width": SLIDE[0], "least_height": SLIDE[1],
        },
        "svg-script": lambda: _("This SVG file has a script or a foreign page in it, so it wasn’t used. Please export it as a plain drawing."),
        "svg-reference": lambda: _("This SVG file loads something from elsewhere, so it wasn’t used. Please export it with everything inside."),
        "svg-entity": lambda: _("This SVG file declares entities, which aren’t safe to read. Please export it as a plain drawing."),
        "svg-moving": lambda: _("This drawing moves. Please choose a still one."),
        "svg-huge": lambda: _("This SVG file is too large or too complicated for a logo. Please export a simpler one."),
        "svg-broken": lambda: _("This SVG file can’t be read. It may be damaged."),
    }
    unknown = sentences.get(why)
    return unknown() if unknown else _("This file isn’t a picture that can be read, whatever it is called. Please choose a PNG, JPEG or WebP file.")
