"""What a message has beside its words, as bits of `message.holds`: so that a log asks only for what is there."""

from __future__ import annotations

FILES, POLL, CARDS = 1, 2, 4
LINK, PICTURE, VIDEO, AUDIO = 8, 16, 32, 64

_WORDS = {LINK: "link", POLL: "poll", FILES: "file", PICTURE: "picture", VIDEO: "video", AUDIO: "audio"}


def marks(holds: int, pinned_at: int | None) -> list[str]:
    """What the search for `has:` and `is:` finds it by."""
    return [*(f"has{word}" for bit, word in _WORDS.items() if holds & bit), *(["ispinned"] if pinned_at else [])]
