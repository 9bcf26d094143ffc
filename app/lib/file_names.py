"""What files and folders may be called, so that every device can keep them: one rule for the browser, WebDAV, zips and imports.

- A name is kept in Unicode's composed form (NFC), as people see it: macOS sends the decomposed twin of the same name.
- Two names in one folder differ in more than case (Unicode's full case folding), because Windows and macOS can't keep both.
- Something of it can be seen. No slash, no control character, at most 255 bytes of UTF-8: no common file system holds more.
- Nothing that turns the direction of writing: it would hide what a suffix is.
- No space or dot at the end, and no device name of Windows (CON, NUL, COM1 … with or without a suffix): Windows can't open those.

What a person types is refused with the reason (`check`); what comes with a folder that is uploaded or copied is made to fit (`fitted`).
"""

from __future__ import annotations

import re
import unicodedata

MOST_BYTES = 255
_DEVICE = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters that fonts show as nothing
_DIGITS = re.compile(r"[0-9]+")
EMPTY, SLASH, CONTROL, LONG, ENDING, DEVICE, DOTS = "empty", "slash", "control", "long", "ending", "device", "dots"


class BadName(ValueError):
    """Why it can't be a name: one of the reasons above."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check(typed: str) -> str:
    """The name in the form in which it is kept. Raises `BadName`."""
    name = unicodedata.normalize("NFC", typed.strip(" \t"))
    for reason, is_wrong in (
        (EMPTY, not _is_seen(name)), (DOTS, name in (".", "..")), (SLASH, "/" in name), (CONTROL, bool(_CONTROL.search(name)) or _size(name) < 0),
        (LONG, _size(name) > MOST_BYTES),
        (ENDING, name.endswith((".", " "))), (DEVICE, bool(_DEVICE.match(name))),
    ):
        if is_wrong:
            raise BadName(reason)
    return name


def fitted(given: str) -> str:
    """A name made to fit: what can't be in one becomes `_`, and what is too long is cut before its suffix."""
    name = unicodedata.normalize("NFC", given.encode(errors="replace").decode())
    name = _CONTROL.sub("_", name).replace("/", "_").strip(" \t").rstrip(". ")
    if device := _DEVICE.match(name):
        name = f"{device[0]}_{name[device.end():]}"
    name = _cut(name)
    return name if _is_seen(name) else "_"


def key_of(name: str) -> str:
    """What two names of one folder must differ in."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def sort_key(name: str) -> str:
    """What names are ordered by: case and accents don't count first, and `2` comes before `10`."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(char))
    return _DIGITS.sub(lambda found: f"{len(found[0].lstrip('0')):03d}{found[0].lstrip('0')}", plain)[:300]


def numbered(name: str, number: int) -> str:
    """The same with a number before its suffix: `report (2).pdf`."""
    stem, suffix = split(name)
    return _cut(f"{stem} ({number}){suffix}", keep=len(f" ({number}){suffix}".encode()))


def split(name: str) -> tuple[str, str]:
    """Stem and suffix with its dot; `archive.tar.gz` has the suffix `.tar.gz`, `.profile` none."""
    lowered = name.lower()
    for double in (".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst"):
        if lowered.endswith(double) and len(name) > len(double):
            return name[: -len(double)], name[-len(double) :]
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem and len(suffix) <= 16 else (name, "")


def _is_seen(name: str) -> bool:
    """Whether there is more in it than blanks and characters without a shape."""
    return any(unicodedata.category(char) not in ("Zs", "Cf") and char not in _BLANK for char in name)


def _size(name: str) -> int:
    """Bytes of UTF-8; -1 for half of a character."""
    try:
        return len(name.encode())
    except UnicodeEncodeError:
        return -1


def _cut(name: str, keep: int | None = None) -> str:
    """At most `MOST_BYTES`, of which the end of `keep` bytes (or the suffix) stays; never through a character."""
    content = name.encode()
    if len(content) <= MOST_BYTES:
        return name
    tail = content[-keep:] if keep else split(name)[1].encode()
    head = content[: len(content) - len(tail)][: MOST_BYTES - len(tail)]
    return (head.decode(errors="ignore").rstrip(". ") or "_") + tail.decode()
