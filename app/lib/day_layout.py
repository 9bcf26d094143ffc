"""Where things stand beside each other on a calendar: columns for what overlaps within a day, lanes for what covers whole days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Column(NamedTuple):
    """A thing's place among those that overlap with it: column `at` of `of`, reaching over `wide` columns."""

    at: int
    of: int
    wide: int


def columns(spans: Sequence[tuple[int, int]]) -> list[Column]:
    """A column for each half-open span (start, end) of one day, so that no two that overlap share one; what has room beside it is wider.

    The result is in the order of `spans`. Those that start first stand left, of equal ones the longer.
    """
    placed: list[Column] = [Column(0, 1, 1)] * len(spans)
    group: list[int] = []
    group_end = 0
    for index in sorted(range(len(spans)), key=lambda each: (spans[each][0], -spans[each][1], each)):
        if group and spans[index][0] >= group_end:
            _settle(group, spans, placed)
            group = []
        group_end = max(group_end, spans[index][1]) if group else spans[index][1]
        group.append(index)
    _settle(group, spans, placed)
    return placed


def _settle(group: list[int], spans: Sequence[tuple[int, int]], placed: list[Column]) -> None:
    """Places those that hang together by overlaps, each in the first column that is free by then."""
    rows: list[list[int]] = []
    for index in group:
        free = next((row for row in rows if spans[row[-1]][1] <= spans[index][0]), None)
        if free is None:
            rows.append([index])
        else:
            free.append(index)
    for at, row in enumerate(rows):
        for index in row:
            wide = 1
            while at + wide < len(rows) and not any(_overlap(spans[index], spans[other]) for other in rows[at + wide]):
                wide += 1
            placed[index] = Column(at, len(rows), wide)


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def lanes(spans: Sequence[tuple[int, int]]) -> list[int]:
    """A lane for each span of days (first, last, both included): the topmost that is free for all of it. Longer ones come first on the same day."""
    taken: list[list[tuple[int, int]]] = []
    found = [0] * len(spans)
    for index in sorted(range(len(spans)), key=lambda each: (spans[each][0], spans[each][0] - spans[each][1], each)):
        first, last = spans[index]
        lane = next((number for number, row in enumerate(taken) if row[-1][1] < first), len(taken))
        if lane == len(taken):
            taken.append([])
        taken[lane].append((first, last))
        found[index] = lane
    return found
