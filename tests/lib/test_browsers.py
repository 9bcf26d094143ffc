"""Which browsers are told to update (HOME-12)."""

from __future__ import annotations

import pytest

from app.lib.browsers import is_outdated

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    "agent",
    [
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/134.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
        f"Mozilla/5.0 (Linux; Android 10; K) {BLINK} Chrome/140.0.0.0 Mobile Safari/537.36",
        f"Mozilla/5.0 (X11; Linux x86_64) {BLINK} HeadlessChrome/150.0.0.0 Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/17.4.1 Safari/605.1.15",
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) {WEBKIT} Version/17.4 Mobile/15E148 Safari/604.1",
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {WEBKIT} Version/26.1 Mobile/15E148 Safari/604.1",
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {WEBKIT} CriOS/130.0.6723.90 Mobile/15E148 Safari/604.1",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} CriOS/142 Safari/605.1.15",
        "",
        "curl/8.5.0",
    ],
)
def test_recent_and_unknown_browsers_are_left_alone(agent: str) -> None:
    assert not is_outdated(agent)


@pytest.mark.parametrize(
    "agent",
    [
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/133.0.0.0 Safari/537.36",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763",
        f"Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) {BLINK} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/16.6 Safari/605.1.15",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/17.3 Safari/605.1.15",
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 16_7_8 like Mac OS X) {WEBKIT} CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1",
        f"Mozilla/5.0 (iPad; CPU OS 15_8 like Mac OS X) {WEBKIT} Version/15.6 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
    ],
)
def test_old_browsers_are_told(agent: str) -> None:
    assert is_outdated(agent)
