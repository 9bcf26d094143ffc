"""Numbers in what others send."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"[0-9]{1,19}")


def whole(text: str) -> int | None:
    """The whole number that a text is: plain digits, and small enough for a column of eight bytes. None for any other text."""
    number = int(text) if _WHOLE.fullmatch(text) else None
    return number if number is not None and number < 1 << 63 else None
