"""What a program that speaks DAV calls itself, as people know it."""

from __future__ import annotations

import re
from functools import lru_cache

_KNOWN = (
    (r"DAVx5/([\d.]+)", "DAVx⁵ {}"), (r"Thunderbird/([\d.]+)", "Thunderbird {}"), (r"eM ?Client/([\d.]+)", "eM Client {}"),
    (r"(?:iOS|iPhone OS|iPadOS)/([\d.]+)", "iPhone or iPad, iOS {}"), (r"(?:macOS|Mac OS X|Mac_OS_X)/([\d.]+)", "Mac, macOS {}"),
    (r"evolution/([\d.]+)", "GNOME Evolution {}"), (r"gvfs/([\d.]+)", "GNOME Files {}"), (r"gnome-online-accounts", "GNOME"),
    (r"vdirsyncer/([\d.]+)", "vdirsyncer {}"), (r"rclone/v?([\d.]+)", "rclone {}"), (r"WebDAVFS/([\d.]+)", "Finder"),
    (r"Microsoft-WebDAV-MiniRedir", "Windows Explorer"), (r"davfs2/([\d.]+)", "davfs2 {}"), (r"cadaver/([\d.]+)", "cadaver {}"), (r"Outlook", "Outlook"),
    (r"CalDavSynchronizer/([\d.]+)", "Outlook CalDav Synchronizer {}"), (r"khal|todoman", "khal"),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), name) for pattern, name in _KNOWN)


@lru_cache(maxsize=200)
def program_of(user_agent: str) -> str:
    """A name of at most 60 characters, by which a program is known again after each small update: major versions alone."""
    for pattern, name in _PATTERNS:
        found = pattern.search(user_agent)
        if found:
            return name.format(found[1].split(".")[0]) if "{}" in name else name
    return re.sub(r"[^\w .+-]", "", user_agent.split("/")[0].split("(")[0])[:60].strip() or "?"
