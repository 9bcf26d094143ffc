"""Chromium as every story starts it, and what axe finds wrong on a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.waiting import settled

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
_AXE = (Path(__file__).parent.parent / "vendor" / "axe.min.js").read_text()


@contextmanager
def started(*options: str) -> Iterator[Browser]:
    """A Chromium that runs as long as the block."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS, *options])
        yield running
        running.close()


def violations(page: Page, place: str = "html", rules: list[str] | None = None) -> list[str]:
    """What axe finds wrong in a part of a page, one line for each element."""
    settled(page)  # what is fading in has no contrast yet
    page.evaluate(_AXE)
    options: dict[str, Any] = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = page.evaluate("([place, options]) => axe.run(place, options).then(({ violations }) => violations)", [place, options])
    return [f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:240]}" for rule in found for node in rule["nodes"]]


def has_no_violations(page: Page, place: str = "html") -> None:
    """Fail with what axe finds wrong."""
    page.mouse.move(0, 0)  # a tip may lie over something
    found = violations(page, place)
    assert not found, "\n".join(found)
