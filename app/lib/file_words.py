"""The words of plain texts, whatever they are written in."""

from __future__ import annotations

import re
from pathlib import Path

MOST_TEXT = 400_000  # characters


def plain(file: Path) -> str | None:
    """The beginning of a text: UTF-8, UTF-16 with a mark, else Windows-1252; none where it isn't one. Blocks."""
    with file.open("rb") as opened:
        content = opened.read(MOST_TEXT * 2)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content[:8000]:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return content.decode("utf-8", errors="ignore") if error.start > len(content) - 4 else content.decode("cp1252", errors="replace")


def compact(words: str) -> str:
    """At most `MOST_TEXT` of it, with single spaces, as the search keeps it."""
    return re.sub(r"[ \t]+", " ", words)[:MOST_TEXT].replace("\0", "")
