"""Which browsers are too old (HOME-12): below Chrome or Edge 134, Firefox 128, Safari 17.4.

Read from the User-Agent header: unlike Sec-CH-UA every browser sends it, and its major version is true in all of them.
"""

from __future__ import annotations

import re

CHROMIUM, FIREFOX, SAFARI = (134, 0), (128, 0), (17, 4)

_ANCIENT = re.compile(r"MSIE |Trident/|Edge/\d|Presto/")
_IOS = re.compile(r"(?:iPhone|iPad|iPod).*? OS (\d+)[_.](\d+)")
_CHROMIUM = re.compile(r"Chrom(?:e|ium)/(\d+)()")
_FIREFOX = re.compile(r"Firefox/(\d+)()")
_SAFARI = re.compile(r"Version/(\d+)(?:\.(\d+))?.*Safari/")


def is_outdated(user_agent: str) -> bool:
    """Whether a browser is known to be below what the suite needs. One that can't be told gets the benefit of the doubt.

    On iOS and iPadOS every browser is the system's WebKit, so its version is the system's.
    """
    if _ANCIENT.search(user_agent):
        return True
    for pattern, needed in ((_IOS, SAFARI), (_CHROMIUM, CHROMIUM), (_FIREFOX, FIREFOX), (_SAFARI, SAFARI)):
        if found := pattern.search(user_agent):
            return (int(found[1]), int(found[2] or 0)) < needed
    return False


DEVICES = ("chromium", "ios", "android", "android-firefox", "mac-safari", "firefox")
"""Browsers that install apps each in a way of its own."""


def device_of(user_agent: str) -> str:
    """Which of `DEVICES` a browser is, "chromium" also where it can't be told. An iPad may say that it is a Mac."""
    if _IOS.search(user_agent):
        return "ios"
    if "Android" in user_agent:
        return "android-firefox" if "Firefox/" in user_agent else "android"
    if "Firefox/" in user_agent:
        return "firefox"
    return "mac-safari" if _SAFARI.search(user_agent) and "Chrom" not in user_agent else "chromium"
