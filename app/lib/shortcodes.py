"""Emoji by their names between colons, as people know them from other chats: `:tada:`, `:+1:`, `:wave::skin-tone-3:`.

Each emoji of emoji.tsv has its name in the Unicode Character Database with underscores; shortcodes.tsv has the short names that are
in use elsewhere.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from app.lib.emoji import known

_FILE = Path(__file__).with_name("shortcodes.tsv")
_CODE = re.compile(r":([a-z0-9+\-][a-z0-9_+\-]{0,50}):(?::?skin-tone-([2-6]):)?", re.IGNORECASE)
_TONES = {"2": "\U0001f3fb", "3": "\U0001f3fc", "4": "\U0001f3fd", "5": "\U0001f3fe", "6": "\U0001f3ff"}


def at(text: str, start: int) -> tuple[str, int] | None:
    """The name that stands between colons at `start`, in small letters, and where it ends."""
    if text[start] != ":" or (start and (text[start - 1].isalnum() or text[start - 1] == ":")):
        return None
    match = _CODE.match(text, start)
    if match is None:
        return None
    tone = f"::{match[2]}" if match[2] else ""
    return match[1].lower() + tone, match.end()


def character(name: str) -> str:
    """The emoji of a name, or nothing. `name::3` is with skin tone 3 of 2 to 6."""
    name, _, tone = name.partition("::")
    found = by_name().get(name, "")
    return with_tone(found, _TONES[tone]) if found and tone else found


def names_in(text: str) -> set[str]:
    """Everything that stands between colons and isn't an emoji that everybody has."""
    return {name for match in _CODE.finditer(text) if (name := match[1].lower()) not in by_name()}


@cache
def by_name() -> dict[str, str]:
    """Every name with its emoji."""
    found = {re.sub(r"[^a-z0-9]+", "_", emoji.name.lower()).strip("_"): emoji.text for emoji in known().values()}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            text, *names = line.split()
            found.update(dict.fromkeys(names, text))
    return found


@cache
def words_by_emoji() -> dict[str, str]:
    """Of each emoji its short names as words, with a space before: what a picker finds it by besides its own."""
    found: dict[str, str] = {}
    for name, text in by_name().items():
        found[text] = f"{found.get(text, '')} {name.replace('_', ' ')}"
    return found


def like(typed: str, most: int = 8) -> list[tuple[str, str]]:
    """Names that begin with what was typed, the short ones first, then those with a word that does; each emoji once."""
    if not typed:
        return []
    fitting = (name for name in by_name() if name.startswith(typed) or f"_{typed}" in name)
    names = sorted(fitting, key=lambda name: (not name.startswith(typed), len(name), name))
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(by_name()[name], name)
    return [(name, text) for text, name in list(found.items())[:most]]


def is_emoji(text: str) -> bool:
    """Whether it is one emoji that everybody has, perhaps with a skin tone."""
    if text in known():
        return True
    plain = "".join(char for char in text if char not in _TONES.values())
    return plain != text and any(one in known() and has_tones(one) for one in (plain, f"{plain}\ufe0f"))


def with_tone(emoji: str, tone: str) -> str:
    """An emoji with a skin tone, where it has one (Unicode Technical Standard #51 §2.4)."""
    first, rest = emoji[0], emoji[1:]
    return first + tone + rest.removeprefix("\ufe0f") if has_tones(emoji) else emoji


def has_tones(emoji: str) -> bool:
    """Whether an emoji comes in skin tones: its first character is an Emoji_Modifier_Base."""
    code = ord(emoji[0])
    return any(low <= code <= high for low, high in _MODIFIER_BASES)


_MODIFIER_BASES = (
    (0x261D, 0x261D), (0x26F9, 0x26F9), (0x270A, 0x270D), (0x1F385, 0x1F385), (0x1F3C2, 0x1F3C4), (0x1F3C7, 0x1F3C7), (0x1F3CA, 0x1F3CC),
    (0x1F442, 0x1F443), (0x1F446, 0x1F450), (0x1F466, 0x1F478), (0x1F47C, 0x1F47C), (0x1F481, 0x1F483), (0x1F485, 0x1F487), (0x1F48F, 0x1F48F),
    (0x1F491, 0x1F491), (0x1F4AA, 0x1F4AA), (0x1F574, 0x1F575), (0x1F57A, 0x1F57A), (0x1F590, 0x1F590), (0x1F595, 0x1F596), (0x1F645, 0x1F647),
    (0x1F64B, 0x1F64F), (0x1F6A3, 0x1F6A3), (0x1F6B4, 0x1F6B6), (0x1F6C0, 0x1F6C0), (0x1F6CC, 0x1F6CC), (0x1F90C, 0x1F90C), (0x1F90F, 0x1F90F),
    (0x1F918, 0x1F91F), (0x1F926, 0x1F926), (0x1F930, 0x1F939), (0x1F93C, 0x1F93E), (0x1F977, 0x1F977), (0x1F9B5, 0x1F9B6), (0x1F9B8, 0x1F9B9),
    (0x1F9BB, 0x1F9BB), (0x1F9CD, 0x1F9CF), (0x1F9D1, 0x1F9DD), (0x1FAC3, 0x1FAC5), (0x1FAF0, 0x1FAF8),
)
"""Emoji_Modifier_Base of Unicode 15.1's emoji-data.txt."""
