"""Preconditions: If-Match and If-None-Match (RFC 9110 §13.1), and WebDAV's If with locks and ETags (RFC 4918 §10.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.lib.dav.problems import Problem

_TAG = re.compile(r'\s*(W/)?"([^"]*)"\s*')


@dataclass(frozen=True, slots=True)
class Match:
    """If-Match and If-None-Match of one request; ETags without their quotes, `("*",)` for any, None where the header is missing."""

    some: tuple[str, ...] | None = None
    none: tuple[str, ...] | None = None

    @classmethod
    def read(cls, some: str | None, none: str | None) -> Match:
        """From the two headers. A weak ETag in If-Match matches nothing (RFC 9110 §13.1.1)."""
        return cls(_tags(some, strong=True), _tags(none, strong=False))

    def holds(self, etag: str | None) -> bool:
        """Whether a change may go on, where what is there now has this ETag; None: there is nothing."""
        if self.some is not None and (etag is None or not (self.some == ("*",) or etag in self.some)):
            return False
        return self.none is None or etag is None or not (self.none == ("*",) or etag in self.none)

    def check(self, etag: str | None) -> None:
        """Raises `Problem` (412) where it doesn't hold."""
        if not self.holds(etag):
            raise Problem(412, text="It was changed in the meantime.")

    @property
    def is_needed(self) -> bool:
        """Whether there is a condition at all."""
        return self.some is not None or self.none is not None


def _tags(value: str | None, *, strong: bool) -> tuple[str, ...] | None:
    if value is None:
        return None
    if value.strip() == "*":
        return ("*",)
    found = tuple(tag for weak, tag in _TAG.findall(value) if not (strong and weak))
    # Some clients leave the quotes away.
    return found or (() if '"' in value else (value.strip(),))


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that If asks: a lock's token, or an ETag; or that it is not so."""

    is_not: bool
    token: str = ""
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Tagged:
    """The lists of conditions about one resource: one of them has to hold. `resource` is an address, empty for the request's own."""

    resource: str
    lists: tuple[tuple[Condition, ...], ...]


_LIST = r'\((?:\s*(?:Not\s*)?(?:<[^<>]*>|\[(?:W/)?"[^"]*"\]))+\s*\)'
_TAGGED = re.compile(rf"\s*(?:<([^<>]*)>\s*)?((?:{_LIST}\s*)+)", re.IGNORECASE)
_LISTS = re.compile(_LIST, re.IGNORECASE)
_CONDITION = re.compile(r'(Not\s*)?(?:<([^<>]*)>|\[(?:W/)?"([^"]*)"\])', re.IGNORECASE)


def read_if(value: str) -> tuple[Tagged, ...]:
    """The lists of an If header. Raises `Problem` (400)."""
    found: list[Tagged] = []
    position = 0
    while position < len(value):
        part = _TAGGED.match(value, position)
        if part is None:
            raise _unreadable()
        position = part.end()
        found.append(Tagged(part[1] or "", tuple(_conditions(one) for one in _LISTS.findall(part[2]))))
    if not found:
        raise _unreadable()
    return tuple(found)


def _conditions(one: str) -> tuple[Condition, ...]:
    return tuple(
        Condition(bool(found[1]), found[2] or "", found[3]) for found in _CONDITION.finditer(one)
    )


def _unreadable() -> Problem:
    return Problem(400, text="The If header can’t be read.")
