"""Waiting for a state that no locator sees: it may take its time, since how fast the machine is isn't asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

SECONDS = 40
PAUSE = 50  # milliseconds


def eventually(wanted: Callable[[], Any], page: Page) -> None:
    """Come back once `wanted()` is so, while the page's events are heard."""
    for _ in range(SECONDS * 1000 // PAUSE):
        if wanted():
            return
        page.wait_for_timeout(PAUSE)
    raise AssertionError(f"it didn’t happen within {SECONDS} s")


def settled(page: Page) -> None:
    """Come back once nothing moves any more: transitions and animations are at their end."""
    page.evaluate("Promise.allSettled(document.getAnimations().filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime)).map((one) => one.finished)).then(() => true)")
