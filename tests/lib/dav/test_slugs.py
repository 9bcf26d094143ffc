"""Slugs: readable, never the same twice, never one that means something else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.dav import slugs

RESERVED = re.compile("shared-.*|inbox")


@pytest.mark.parametrize(
    ("wanted", "slug"),
    [("Café du Lac", "cafe-du-lac"), ("  a -- b! ", "a-b"), ("客户", "book"), ("..", "book"), ("Shared-7", "my-shared-7"), ("Inbox", "my-inbox"), ("Work", "work-3")],
)
def test_a_name_becomes_a_slug(wanted: str, slug: str) -> None:
    assert slugs.slug_like(wanted, {"work", "work-2"}, RESERVED, "book") == slug


@given(st.text(max_size=300))
def test_any_name_gives_a_slug_that_a_program_could_have_chosen(wanted: str) -> None:
    slug = slugs.slug_like(wanted, set(), RESERVED, "book")
    assert slugs.may_choose(slug, RESERVED) and slug.isascii() and slugs.shared_id(slug) is None


def test_what_is_shared_is_known_by_its_id() -> None:
    assert slugs.shared_id(slugs.shared_slug(42)) == 42
    assert [slugs.shared_id(slug) for slug in ("shared-", "shared-x", "shared-²", f"shared-{10**17}", "work")] == [None] * 5
