"""The emoji that can be picked and reacted with, from emoji.tsv (names after the Unicode Character Database)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FREQUENT = ("👍", "❤️", "😂", "🎉", "👀", "✅")
_FILE = Path(__file__).with_name("emoji.tsv")
_CHARACTER = "[\U0001f000-\U0001faff\u2190-\u2bff\u2600-\u27bf]"
_FEW = re.compile(rf"(?:{_CHARACTER}[\ufe0f\u200d\u20e3\U0001f3fb-\U0001f3ff]*\s*){{1,6}}")


@dataclass(frozen=True, slots=True)
class Emoji:
    """One emoji: its characters, its English name, and all words that find it."""

    text: str
    name: str
    words: str


@cache
def groups() -> dict[str, list[Emoji]]:
    """All emoji by the key of their group, in order."""
    found: dict[str, list[Emoji]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            group = found.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            text, name, words = (*line.split("\t"), "")[:3]
            group.append(Emoji(text, name, f"{name} {words}".strip()))
    return found


@cache
def known() -> dict[str, Emoji]:
    """All emoji by their characters."""
    return {emoji.text: emoji for group in groups().values() for emoji in group}


def is_only_emoji(text: str) -> bool:
    """Whether a text is nothing but a few emoji, to be shown large."""
    return len(text) <= 40 and _FEW.fullmatch(text.strip()) is not None
