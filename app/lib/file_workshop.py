"""Looks into files that people uploaded: small pictures, words, pages. Each in a process of its own, with little memory and time to spend: a
bomb in a zip, a picture of 60,000 × 60,000 or a broken PDF ends with that and nothing else.

    python -m app.lib.file_workshop

is started by app/lib/workshop.py, which says what to do.
"""

from __future__ import annotations

import json
import re
import subprocess
import warnings
import zipfile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import XMLPullParser

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image, ImageDraw, ImageOps

from app.lib.confined import limit
from app.lib.file_words import MOST_TEXT, compact, plain
from app.lib.forks import serve

MEMORY, SECONDS = 2_000_000_000, 50  # bytes of address space, CPU time
MOST_PIXELS = 120_000_000
MOST_PART = 60_000_000  # bytes that one part of an office file may unpack to
THUMB, PAGE_WIDTH = 400, 1400  # pixels
MOST_ENTRIES = 20_000
_FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
Facts = dict[str, Any]


class Unfit(Exception):
    """Why nothing could be made, in a word."""


def thumb(group: str, file: Path, target: Path) -> Facts:
    """A picture of at most 400 pixels as WebP."""
    facts: Facts = {}
    if group == "picture":
        picture, facts = _picture(file)
    elif group == "pdf":
        picture, facts = _pdf_page(file, 0, THUMB * 2)
    elif group == "video":
        picture = _frame(file, target)
    elif group in ("text", "markdown", "code", "table"):
        _save(_sheet(_plain(file)[:2500]), target, lossless=True, quality=30, method=1)  # of letters: sharper, half the size, a quarter of the time
        return facts
    else:
        raise Unfit("unknown")
    picture.thumbnail((THUMB, THUMB), Image.Resampling.LANCZOS)
    _save(picture, target, quality=78)
    return facts


def page(group: str, file: Path, target: Path, number: int) -> Facts:
    """A page of a PDF as WebP; pages count from 0."""
    picture, facts = _pdf_page(file, number, PAGE_WIDTH)
    _save(picture, target, quality=84)
    return facts


def text(group: str, file: Path, target: Path) -> Facts:
    """The words of a PDF or an office file."""
    suffix = target.suffix.lower()
    if group == "pdf":
        words, facts = _pdf_text(file)
    elif group in ("office", "sheet", "slides"):
        words, facts = _office(file), {}
    else:
        raise Unfit(f"unknown{suffix}")
    target.write_text(compact(words), errors="replace")
    return facts


def listing(group: str, file: Path, target: Path) -> Facts:
    """What is in a zip: name, size, packed size of each entry, as JSON in `target`."""
    with zipfile.ZipFile(file) as archive:
        found = archive.infolist()
        target.write_text(json.dumps([
            {"name": one.filename, "size": one.file_size, "packed": one.compress_size, "is_folder": one.is_dir(), "is_locked": bool(one.flag_bits & 1)}
            for one in found[:MOST_ENTRIES]
        ]))
        return {"entries": len(found), "size": sum(one.file_size for one in found)}


# -- pictures


def _picture(file: Path) -> tuple[Image.Image, Facts]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        picture = Image.open(file, formats=_FORMATS)
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise Unfit("large")
        picture.draft("RGB", (THUMB * 2, THUMB * 2))
        upright = ImageOps.exif_transpose(picture)
    turned = picture.getexif().get(0x0112, 1) >= 5
    return _plain_mode(upright), {"width": height if turned else width, "height": width if turned else height}


def _plain_mode(picture: Image.Image) -> Image.Image:
    has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    return picture.convert("RGBA" if has_alpha else "RGB")


def _frame(file: Path, target: Path) -> Image.Image:
    """A frame of a video, a second in, by ffmpeg where there is one."""
    shot = target.with_suffix(".png")
    for start in ("1", "0"):
        wanted = ["-frames:v", "1", "-vf", f"scale={THUMB * 2}:-2", "-y", str(shot)]
        done = subprocess.run(
            ["ffmpeg", "-v", "error", "-protocol_whitelist", "file", "-ss", start, "-i", str(file), *wanted],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False,
        )
        if done.returncode == 0 and shot.exists() and shot.stat().st_size:
            return Image.open(shot).convert("RGB")
    raise Unfit("frame")


def _sheet(words: str) -> Image.Image:
    """The beginning of a text on a sheet of paper."""
    paper = Image.new("RGB", (THUMB, THUMB), (255, 255, 255))
    pen = ImageDraw.Draw(paper)
    for number, line in enumerate(words.expandtabs(4).split("\n")[:15]):
        pen.text((24, 18 + number * 26), line[:44].encode("latin-1", "replace").decode("latin-1"), fill=(64, 70, 84), font_size=20)
    return paper


def _save(picture: Image.Image, target: Path, *, quality: int, method: int = 4, lossless: bool = False) -> None:
    picture.save(target, "WEBP", quality=quality, method=method, lossless=lossless)


# -- PDF


def _pdf_page(file: Path, number: int, width: int) -> tuple[Image.Image, Facts]:
    document = pypdfium2.PdfDocument(file)
    if not 0 <= number < len(document):
        raise Unfit("page")
    sheet = document[number]
    scale = min(width / max(1, sheet.get_width()), 4 * width / max(1, sheet.get_height()), 8)
    picture = sheet.render(scale=scale).to_pil().convert("RGB")
    return picture, {"pages": len(document), "width": round(sheet.get_width()), "height": round(sheet.get_height())}


def _pdf_text(file: Path) -> tuple[str, Facts]:
    document = pypdfium2.PdfDocument(file)
    parts, count = [], 0
    for sheet in document:
        parts.append(sheet.get_textpage().get_text_range())
        count += len(parts[-1])
        if count > MOST_TEXT:
            break
    return "\n".join(parts), {"pages": len(document)}


# -- words


def _plain(file: Path) -> str:
    if (words := plain(file)) is None:
        raise Unfit("binary")
    return words


def _office(file: Path) -> str:
    """docx, xlsx, pptx and OpenDocument are zips of XML: every text in the parts that hold some."""
    wanted = re.compile(r"(word/(document|footnotes|endnotes|header\d*|footer\d*)|xl/sharedStrings|xl/worksheets/sheet\d+|ppt/slides/slide\d+|content)\.xml")
    parts: list[str] = []
    with zipfile.ZipFile(file) as archive:
        names = sorted((name for name in archive.namelist() if wanted.fullmatch(name)), key=lambda name: (len(name), name))
        for name in names:
            with archive.open(name) as part:
                parts.append(_xml_text(part))
            if sum(map(len, parts)) > MOST_TEXT:
                break
    return "\n".join(parts)


def _xml_text(part: Any) -> str:
    """The texts of an XML file, a line for each paragraph or cell. Entities aren't resolved (the parser refuses them)."""
    parser: Any = XMLPullParser(("start", "end"))
    words: list[str] = []
    read = count = 0
    while piece := part.read(1 << 18):
        read += len(piece)
        if read > MOST_PART or b"<!ENTITY" in piece:
            break
        parser.feed(piece)
        for event, element in parser.read_events():
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                continue
            if element.text and tag in ("t", "p", "h", "span", "a", "is"):
                words.append(element.text)
                count += len(element.text)
            if element.tail and tag in ("span", "a", "s", "tab", "line-break"):
                words.append(element.tail)
            if tag in ("p", "h", "si", "row", "br", "tr"):
                words.append("\n")
            element.clear()
        if count > MOST_TEXT:
            break
    return " ".join("".join(words).split(" "))


def work(words: list[str]) -> Facts:
    """Do one task, within its limits: thumb, text, page or zip; group, one of app/lib/file_types.py; file; target; and the page's number. Writes
    what it made to the target and says facts, such as {"width": 4000, "height": 3000}, or {"failed": "…"}."""
    task, group, file, target, *rest = words
    limit(None if group == "video" else MEMORY, SECONDS)  # ffmpeg maps more than it uses
    try:
        if task == "page":
            return page(group, Path(file), Path(target), int(rest[0]))
        return {"thumb": thumb, "text": text, "zip": listing}[task](group, Path(file), Path(target))
    except Exception as error:  # whatever a broken file makes of a decoder
        return {"failed": str(error)[:200] or type(error).__name__}


if __name__ == "__main__":
    Image.init()  # every format
    serve(work)
