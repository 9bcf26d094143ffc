"""Slugs: the segments below somebody's home by which programs know their calendars and address books."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import chain, count

from app.lib.searching import fold

MOST = 80
_CHOSEN = re.compile(rf"[^/\x00-\x1f\x7f]{{1,{MOST}}}")  # by a program
_SHARED = re.compile(r"shared-([0-9]{1,16})")


def slug_like(wanted: str, taken: Collection[str], reserved: re.Pattern[str], otherwise: str) -> str:
    """A slug of ASCII letters, digits, `-`, `_` and `.` like `wanted` that isn't taken or reserved; `otherwise` where nothing of it can be used."""
    letters = re.sub(r"[^a-zA-Z0-9_.]+", "-", fold(wanted)).strip("-.")[: MOST - 12]
    base = letters.rstrip("-.") or otherwise
    if reserved.fullmatch(base):
        base = f"my-{base}"
    return next(slug for slug in chain((base,), (f"{base}-{number}" for number in count(2))) if slug not in taken)


def may_choose(slug: str, reserved: re.Pattern[str]) -> bool:
    """Whether a program may make something under this slug."""
    return bool(_CHOSEN.fullmatch(slug)) and not reserved.fullmatch(slug)


def shared_slug(id_: int) -> str:
    """The slug of what somebody else owns, which can't collide with one's own."""
    return f"shared-{id_}"


def shared_id(slug: str) -> int | None:
    """The ID in a slug that `shared_slug` gave."""
    found = _SHARED.fullmatch(slug)
    return int(found[1]) if found else None
