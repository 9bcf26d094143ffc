"""Turns a picture that somebody uploaded into the files of a brand. Runs as a process of its own, with little memory and time to spend:

    python -m app.lib.brand_workshop logo|cut|slide <folder>

reads `<folder>/in` (and the four edges of a cut as further arguments), writes files there, and prints their names and sizes as JSON, or why
it was refused. Everything is decoded and written anew, so that no metadata, script or second file inside survives.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps

from app.lib.confined import limit, withdraw
from app.lib.contrast import DARK, LIGHT, SHAPE, contrast
from app.lib.svg import SvgRefused, read_svg

MOST_PIXELS = 50_000_000
MEMORY, SECONDS = 1_500_000_000, 40  # bytes of address space, CPU time
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF")

LOGO = (270, 70)  # CSS pixels; kept at twice that where the picture has so many
SOURCE = (1620, 840)  # what is kept of a logo to cut from
SLIDE = (865, 1200)  # least pixels of a slide
WIDTHS = (540, 865, 1300, 1730)
PHONE = (480, 860)  # widths of the strip that phones show, half as high
PHONE_BYTES = 36_000  # so that the whole login page stays under 150 kB
JPEG_WIDTH = 865  # for what reads neither AVIF nor WebP
_WIDEST, _NARROWEST = 1.1, 0.5  # a slide's width by its height
_WRITTEN: dict[str, dict[str, Any]] = {
    "AVIF": {"quality": 52, "speed": 6, "max_threads": 2},
    "WEBP": {"quality": 74, "method": 4},
    "JPEG": {"quality": 76, "optimize": True, "progressive": True},
}


class Unfit(Exception):
    """Why a picture won't do: a word, and its size where that is the reason."""

    def __init__(self, why: str, width: int = 0, height: int = 0) -> None:
        super().__init__(why)
        self.why, self.width, self.height = why, width, height


Files = dict[str, bytes]
Facts = dict[str, Any]


def logo_source(content: bytes) -> tuple[Files, Facts]:
    """A logo as a PNG to cut from, and the part of it that has something on it, as fractions. Raises `Unfit`."""
    picture, has_letters = _drawn(content) if _looks_like_svg(content) else (_opened(content, SOURCE), False)
    picture = _shrunk(picture, SOURCE).convert("RGBA")
    seen = _seen(picture)
    if seen is None:
        raise Unfit("blank")
    box = (seen[0] / picture.width, seen[1] / picture.height, (seen[2] - seen[0]) / picture.width, (seen[3] - seen[1]) / picture.height)
    return {"source": _written(picture, "PNG")}, {"width": picture.width, "height": picture.height, "seen": box, "has_letters": has_letters}


def cut_logo(content: bytes, box: tuple[float, float, float, float]) -> tuple[Files, Facts]:
    """The part `box` (left, top, width, height, as fractions) of a source, in at most 270 × 70 CSS pixels, as PNG and WebP. Raises `Unfit`."""
    picture = _opened(content, SOURCE).convert("RGBA")
    left, top = round(box[0] * picture.width), round(box[1] * picture.height)
    edges = (left, top, min(picture.width, left + max(1, round(box[2] * picture.width))), min(picture.height, top + max(1, round(box[3] * picture.height))))
    cut = picture.crop(edges)
    seen = _seen(cut)
    if seen is None:
        raise Unfit("blank")
    cut = cut.crop(seen)  # a blank edge would push the logo out of line
    sharp = _shrunk(cut, (LOGO[0] * 2, LOGO[1] * 2))
    shown = min(1.0, LOGO[0] / sharp.width, LOGO[1] / sharp.height)
    size = {"width": max(1, round(sharp.width * shown)), "height": max(1, round(sharp.height * shown))}
    webp = min(_written(sharp, "WEBP", lossless=True, method=5), _written(sharp, "WEBP", quality=88, method=5), key=len)
    faint_on = [name for name, ground in (("light", LIGHT), ("dark", DARK)) if _is_faint(cut, ground)]
    return {"png": _written(sharp, "PNG"), "webp": webp}, {**size, "faint_on": faint_on}


def slide(content: bytes) -> tuple[Files, Facts]:
    """A slide in a few widths, for wide windows and as a strip for phones. Raises `Unfit`."""
    if _looks_like_svg(content):
        raise Unfit("type")
    picture = _opened(content, (WIDTHS[-1], WIDTHS[-1] * 2), least=SLIDE).convert("RGB")
    picture = _within(picture, _NARROWEST, _WIDEST)
    widths = [width for width in WIDTHS if width <= picture.width] or [picture.width]
    files: Files = {}
    for width in widths:
        sized = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
        files |= {f"w{width}-{kind.lower()}": _written(sized, kind, **_WRITTEN[kind]) for kind in ("AVIF", "WEBP", *(("JPEG",) if width == JPEG_WIDTH else ()))}
    strip = ImageOps.fit(picture, (PHONE[-1], PHONE[-1] // 2), Image.Resampling.LANCZOS, centering=(0.5, 0.42))
    for width in PHONE:
        sized = strip.resize((width, width // 2), Image.Resampling.LANCZOS)
        files |= {f"p{width}-{kind.lower()}": _within_weight(sized, kind) for kind in ("AVIF", "WEBP")}
    return files, {"width": picture.width, "height": picture.height, "widths": widths}


def _opened(content: bytes, wanted: tuple[int, int], least: tuple[int, int] = (1, 1)) -> Image.Image:
    """Decode, as small as `wanted` allows, upright, in sRGB. The kind is read from the content, whatever the file is called."""
    if not content:
        raise Unfit("empty")
    with _refusing():
        picture: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise Unfit("large", picture.width, picture.height)
        if getattr(picture, "is_animated", False):
            raise Unfit("animated")
        width, height = _upright_size(picture)
        if width < least[0] or height < least[1]:
            raise Unfit("small", width, height)
        picture.draft("RGB", wanted)  # a JPEG is decoded at a half or a quarter, if that is enough
        picture.load()
        picture = _plain(picture)
        most = (max(wanted), max(wanted))
        if min(picture.size) > 2 * min(wanted) or max(picture.size) > 2 * max(wanted):
            factor = max(1, min(picture.width // most[0], picture.height // most[1]))
            picture = picture.reduce(factor) if factor > 1 else picture
        return ImageOps.exif_transpose(picture)


@contextlib.contextmanager
def _refusing() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    except Unfit:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise Unfit("large") from None
    except Exception:  # decoders raise whatever they like about a broken file
        raise Unfit("type") from None


def _upright_size(picture: Image.Image) -> tuple[int, int]:
    width, height = picture.size
    return (height, width) if picture.getexif().get(0x0112) in (5, 6, 7, 8) else (width, height)


def _plain(picture: Image.Image) -> Image.Image:
    """8 bits in RGB or RGBA, in sRGB."""
    turn = picture.getexif().get(0x0112)
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I") or picture.mode == "F":  # 16 bits of grey
        picture = picture.convert("F").point(lambda value: value / 257 + 0).convert("L")
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            converted = ImageCms.profileToProfile(picture, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB")
            picture = converted or picture
    has_alpha = picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info
    plain = picture.convert("RGBA" if has_alpha else "RGB")
    plain.info = {}
    plain.getexif().clear()
    if turn:
        plain.getexif()[0x0112] = turn
    return plain


def _looks_like_svg(content: bytes) -> bool:
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _drawn(content: bytes) -> tuple[Image.Image, bool]:
    """An SVG as pixels."""
    import resvg_py

    try:
        drawing = read_svg(content)
    except SvgRefused as error:
        raise Unfit(f"svg-{error}") from None
    scale = min(SOURCE[0] / drawing.width, SOURCE[1] / drawing.height)
    size = max(1, round(drawing.width * scale)), max(1, round(drawing.height * scale))
    try:
        drawn = resvg_py.svg_to_bytes(svg_string=drawing.text, width=size[0], height=size[1], skip_system_fonts=not drawing.has_letters)
    except (ValueError, BaseException) as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise Unfit("svg-broken") from None
    return Image.open(io.BytesIO(drawn), formats=("PNG",)), drawing.has_letters


def _shrunk(picture: Image.Image, most: tuple[int, int]) -> Image.Image:
    scale = min(1.0, most[0] / picture.width, most[1] / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _within(picture: Image.Image, narrowest: float, widest: float) -> Image.Image:
    """The middle of a picture that is too wide or too high to stand beside a form."""
    ratio = picture.width / picture.height
    if narrowest <= ratio <= widest:
        return picture
    size = (round(picture.height * widest), picture.height) if ratio > widest else (picture.width, round(picture.width / narrowest))
    left, top = (picture.width - size[0]) // 2, (picture.height - size[1]) // 2
    return picture.crop((left, top, left + size[0], top + size[1]))


def _seen(picture: Image.Image) -> tuple[int, int, int, int] | None:
    """The box around what isn't transparent."""
    return picture.getchannel("A").point(lambda value: 255 if value > 8 else 0).getbbox()


def _is_faint(picture: Image.Image, ground: str) -> bool:
    """Whether most of what is drawn can hardly be told from the ground."""
    small = _shrunk(picture, (64, 64))
    raw = small.tobytes()
    pixels = [tuple(raw[at : at + 4]) for at in range(0, len(raw), 4)]
    solid = [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue, alpha in pixels if alpha > 127]
    return bool(solid) and sum(contrast(colour, ground) < SHAPE / 1.5 for colour in solid) > 0.6 * len(solid)


def _written(picture: Image.Image, kind: str, **options: Any) -> bytes:
    clean = picture.copy()
    clean.info = {}
    file = io.BytesIO()
    clean.save(file, kind, **({"optimize": True} if kind == "PNG" else {}), **options)
    return file.getvalue()


def _within_weight(picture: Image.Image, kind: str) -> bytes:
    """As light as a cold login page on a phone needs it, however much there is to see: the quality gives way."""
    body = b""
    for less in (0, 10, 20, 30, 40, 48):
        body = _written(picture, kind, **{**_WRITTEN[kind], "quality": max(4, _WRITTEN[kind]["quality"] - less)})
        if len(body) <= PHONE_BYTES:
            break
    return body


def _work(kind: str, folder: Path, box: list[str]) -> Facts:
    content = (folder / "in").read_bytes()
    if kind == "logo":
        files, facts = logo_source(content)
    elif kind == "cut":
        left, top, width, height = (float(edge) for edge in box)
        files, facts = cut_logo(content, (left, top, width, height))
    else:
        files, facts = slide(content)
    for name, body in files.items():
        (folder / name).write_bytes(body)
    return {**facts, "files": list(files)}


def main() -> None:
    """One picture."""
    withdraw()
    limit(MEMORY, SECONDS)
    kind, folder, *box = sys.argv[1:]
    try:
        answer = _work(kind, Path(folder), box)
    except Unfit as error:
        answer = {"unfit": error.why, "width": error.width, "height": error.height}
    except MemoryError:
        answer = {"unfit": "large", "width": 0, "height": 0}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
