"""What a User-Agent header says about a device, in a few words that its owner recognises."""

from __future__ import annotations

import re
from typing import NamedTuple

_BROWSERS = (  # the first that matches: most pretend to be the ones below them
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Vivaldi", r"Vivaldi/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Version/.*Safari/"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("ChromeOS", r"CrOS"),
    ("Windows", r"Windows"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("Linux", r"Linux|X11"),
)


class Device(NamedTuple):
    """Names of browser and system, empty where unknown."""

    browser: str
    system: str

    @property
    def is_mobile(self) -> bool:
        """Whether it is a phone or a tablet."""
        return self.system in ("iPhone", "iPad", "Android")


def device(user_agent: str) -> Device:
    """Browser and system of a User-Agent header."""
    return Device(_first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent))


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in names if re.search(pattern, text)), "")
