"""The headers that DAV adds to HTTP."""

from __future__ import annotations

import re

from app.lib.dav.problems import Problem

INFINITY = -1


def depth(value: str, default: int) -> int:
    """0, 1 or `INFINITY` (RFC 4918 §10.2). Raises `Problem`."""
    known = {"": default, "0": 0, "1": 1, "infinity": INFINITY}
    found = known.get(value.strip().lower())
    if found is None:
        raise Problem(400, text="Depth is 0, 1 or infinity.")
    return found


def is_minimal(prefer: str, brief: str = "") -> bool:
    """Whether the client asks for no more than it needs: `Prefer: return=minimal` (RFC 8144), or the older `Brief: t`."""
    return brief.strip().lower() == "t" or any(part.strip().lower() in ("return=minimal", "return-minimal") for part in re.split("[,;]", prefer))


def may_overwrite(value: str) -> bool:
    """Overwrite: T, which is the default, or F (RFC 4918 §10.6). Raises `Problem`."""
    if value.strip().upper() not in ("", "T", "F"):
        raise Problem(400, text="Overwrite is T or F.")
    return value.strip().upper() != "F"


def seconds(timeout: str, most: int) -> int:
    """How long a lock is asked for, at most `most` (RFC 4918 §10.7): the first part of the header that can be read."""
    for part in timeout.split(","):
        found = re.fullmatch(r"second-(\d{1,10})", part.strip().lower())
        if found:
            return max(1, min(most, int(found[1])))
    return most
