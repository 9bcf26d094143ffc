"""Histories that other chats give out: `slack` (a zip of JSON), `mattermost` (JSON lines, alone or in a zip), `zips` opened with suspicion.

All of them give the same plain items (`items.py`), in an order in which what is referred to comes first, each with a place in the file from
which reading goes on after an interruption. Nothing is held in memory beyond the lists of people and places.
"""

from __future__ import annotations

from pathlib import Path

from app.lib.chat_archives import mattermost, slack
from app.lib.chat_archives.items import Archive, BadArchive, FileRef, Person, Place, Problem, Put, Said
from app.lib.chat_archives.zips import SafeZip

__all__ = ["Archive", "BadArchive", "FileRef", "Person", "Place", "Problem", "Put", "Said", "open_archive"]


def open_archive(path: Path) -> Archive:
    """The history in a file, whichever chat it is of. Raises `BadArchive`."""
    with path.open("rb") as file:
        begin = file.read(512)
    if begin[:2] == b"PK":
        content = SafeZip(path)
        if any(name.endswith(".jsonl") and "/" not in name for name in content.names):
            return mattermost.Mattermost(path, content)
        if "users.json" in content.names or "org_users.json" in content.names:
            return slack.Slack(content)
        raise BadArchive("no_history")
    if begin.lstrip()[:1] == b"{":
        return mattermost.Mattermost(path)
    raise BadArchive("no_history")
