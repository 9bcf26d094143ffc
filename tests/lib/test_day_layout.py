from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.lib.day_layout import Column, columns, lanes

SPANS = st.lists(st.tuples(st.integers(0, 280), st.integers(1, 60)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=40)
DAYS = st.lists(st.tuples(st.integers(0, 41), st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=40)


def test_what_stands_alone_has_the_whole_width() -> None:
    assert columns([(0, 12), (12, 24)]) == [Column(0, 1, 1), Column(0, 1, 1)]


def test_two_at_once_share_and_a_third_beside_the_shorter_is_wide() -> None:
    assert columns([(0, 24), (0, 12), (12, 24)]) == [Column(0, 2, 1), Column(1, 2, 1), Column(1, 2, 1)]
    assert columns([(0, 10), (0, 10), (0, 30), (12, 20)]) == [Column(1, 3, 1), Column(2, 3, 1), Column(0, 3, 1), Column(1, 3, 2)]


@given(SPANS)
def test_no_two_that_overlap_share_a_place(spans: list[tuple[int, int]]) -> None:
    placed = columns(spans)
    for index, (one, here) in enumerate(zip(spans, placed, strict=True)):
        assert here.at >= 0 and here.at + here.wide <= here.of
        for other, there in zip(spans[:index], placed[:index], strict=True):
            if one[0] < other[1] and other[0] < one[1]:
                assert here.of == there.of
                assert here.at + here.wide <= there.at or there.at + there.wide <= here.at


@given(DAYS)
def test_no_two_days_share_a_lane(spans: list[tuple[int, int]]) -> None:
    found = lanes(spans)
    for index, (one, lane) in enumerate(zip(spans, found, strict=True)):
        assert not any(lane == there and one[0] <= other[1] and other[0] <= one[1] for other, there in zip(spans[:index], found[:index], strict=True))
    if spans:  # nothing stands lower than it must
        most = max(sum(first <= day <= last for first, last in spans) for day in range(60))
        assert max(found) + 1 <= most
