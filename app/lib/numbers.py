"""Numbers in what others send."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"[0-9]{1,18}")


def whole(text: str) -> int | None:
    """The whole number that a text is: plain digits, and small enough for a column of eight bytes. None for any other text."""
    return int(text) if _WHOLE.fullmatch(text) else None
