"""Words of a search that narrow it: from:anna, in:#product, before:2026-12-01, after:, on:, has:link, is:pinned; the rest are words to find.

A name with spaces stands in quotes: from:"Anna Alpha". `from:me` is the viewer. Who or what doesn't exist finds nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from app import database
from app.lib.searching import MARK, Query, Term, fold, parse
from app.models.chat.places import places_of, public_channels
from app.models.viewer import Viewer

_OPERATOR = re.compile(r'(?:^|(?<=\s))(from|in|before|after|on|has|is):(?:"([^"]*)"|(\S+))', re.IGNORECASE)
_HAS = {
    "link": "haslink", "file": "hasfile", "picture": "haspicture", "image": "haspicture", "video": "hasvideo", "audio": "hasaudio", "voice": "hasaudio",
    "poll": "haspoll",
}
_IS = {"pinned": "ispinned"}
NOBODY = -1


@dataclass(slots=True)
class Asked:
    """What a search asks for besides its words. Days are ISO dates, `until` exclusive; an author or place that isn't there is `NOBODY`."""

    query: Query
    author: int | None = None
    place: int | None = None
    since: str = ""
    until: str = ""
    is_of_messages: bool = False


async def read(viewer: Viewer, typed: str) -> Asked:
    """Split what was typed."""
    found = [(match[1].lower(), (match[2] if match[2] is not None else match[3]).strip()) for match in _OPERATOR.finditer(typed)]
    asked = Asked(parse(_OPERATOR.sub(" ", typed)))
    marks: list[str] = []
    for name, value in found:
        if name == "from":
            asked.author = await _author(viewer, value)
        elif name == "in":
            asked.place = await _place(viewer, value)
        elif name in ("has", "is"):
            marks.append({"has": _HAS, "is": _IS}[name].get(value.lower(), "nothing"))
        else:
            _narrow(asked, name, value)
    asked.is_of_messages = bool(found)
    if marks:
        asked.query = Query((*asked.query.terms, *(Term((f"{MARK}{mark}",)) for mark in marks)))
    return asked


def _narrow(asked: Asked, name: str, value: str) -> None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return
    if name in ("after", "on"):
        asked.since = (day + timedelta(days=1) if name == "after" else day).isoformat()
    if name in ("before", "on"):
        asked.until = (day if name == "before" else day + timedelta(days=1)).isoformat()


async def _author(viewer: Viewer, value: str) -> int:
    wanted = fold(value.lstrip("@")).strip()
    if wanted in ("me", "moi"):
        return viewer.account_id
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.email FROM membership w JOIN account a ON a.id = w.account_id WHERE w.org_id = $1", viewer.org_id
    )
    for row in sorted(rows, key=lambda row: row["id"]):
        names = (f"{row['given_name']} {row['family_name']}", row["given_name"], row["family_name"], row["email"].partition("@")[0], row["email"])
        if wanted in map(fold, names):
            return int(row["id"])
    return NOBODY


async def _place(viewer: Viewer, value: str) -> int:
    wanted = fold(value.lstrip("#@")).strip()
    everything = (await places_of(viewer)).everything
    for one in everything:
        if wanted in (fold(one["name"]), fold(one["title"]), *(fold(person["given_name"]) for person in one["people"])):
            return int(one["id"])
    return next((int(row["id"]) for row in await public_channels(viewer, wanted) if fold(row["name"]) == wanted), NOBODY)
