"""Files of cards as bytes, in whatever charset their program wrote."""

from __future__ import annotations

import codecs
import re

from app.lib.vcard.lines import decoded_as

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHARSET = re.compile(rb";\s*CHARSET\s*=\s*\"?([A-Za-z0-9_:.\-]+)", re.IGNORECASE)
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")


def decode(content: bytes) -> str:
    """The text of a file: UTF-8 or UTF-16 where it is that, else each line in the charset it names, else as Windows wrote it. Never fails."""
    for bom, name in _BOMS:
        if content.startswith(bom):
            return content.decode(name, "replace")
    if content[:40].count(0) * 3 > len(content[:40]):
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return "".join(_lines(content))


def _lines(content: bytes) -> list[str]:
    named, found = "", []
    for line in _LINE.findall(content):
        if line[:1] not in (b" ", b"\t"):
            head = _CHARSET.search(line.partition(b":")[0])
            named = head.group(1).decode() if head and b"QUOTED-PRINTABLE" not in line.upper().partition(b":")[0] else ""
        found.append(decoded_as(line, named))
    return found
