"""A Mattermost bulk export: JSON lines, alone or as the .jsonl of a zip with the attachments in its folder `data`.

After docs.mattermost.com/onboard/bulk-loading-data-format ("Bulk loading data format"): one object on a line with a `type`: version, team,
channel, user, post, direct_channel, direct_post. Replies stand inside their posts. People are known by their usernames.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from app.lib.chat_archives.items import DIRECT, PRIVATE, PUBLIC, Archive, BadArchive, FileRef, Person, Place, Position, Problem, Put, Said
from app.lib.chat_archives.zips import SafeZip

LONGEST = 16 * 1024 * 1024  # bytes of a line: a post with all its replies
MOST = 20_000
PIECE = 200  # lines that are given at once


class Mattermost(Archive):
    """The lines, and the attachments where there are any."""

    kind = "mattermost"

    def __init__(self, path: Path, content: SafeZip | None = None) -> None:
        self._path, self._zip = path, content
        self._people: dict[str, Person] = {}
        self._places: dict[str, Place] = {}
        self._is_read = False

    def people(self) -> list[Person]:
        self._read_lists()
        return list(self._people.values())

    def places(self) -> list[Place]:
        self._read_lists()
        return list(self._places.values())

    def said(self, start: Position) -> Iterator[tuple[Position, list[Said | Problem]]]:
        """A position is [line]: how many lines were read."""
        self._read_lists()
        first, piece = [*start, 0][0], list[Said | Problem]()
        number = 0
        for number, line in self._lines():
            if number <= first:
                continue
            piece += self._items(number, line)
            if number % PIECE == 0:
                yield [number], piece
                piece = []
        yield [number], piece

    def open_file(self, path: str) -> IO[bytes] | None:
        if self._zip is None:
            return None
        name = next((name for name in (path, f"data/{path}") if name in self._zip.names), None)
        return self._zip.open(name) if name else None

    def close(self) -> None:
        if self._zip is not None:
            self._zip.close()

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        with self._open() as file:
            number = 0
            while line := file.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST and not line.endswith(b"\n"):
                    while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
                        pass
                    line = b"!"
                if line.strip():
                    yield number, line

    def _open(self) -> IO[bytes]:
        if self._zip is None:
            return self._path.open("rb")
        name = next(name for name in self._zip.names if name.endswith(".jsonl") and "/" not in name)
        return self._zip.open(name)

    def _read_lists(self) -> None:
        """People and places: they come before what was said, but for direct conversations."""
        if self._is_read:
            return
        self._is_read = True
        members: dict[str, list[str]] = {}
        for number, line in self._lines():
            if number > 1 and line.startswith((b'{"type":"post"', b'{"type": "post"', b'{"type":"direct_post"', b'{"type": "direct_post"')):
                continue
            found = _decoded(line)
            kind = found.get("type") if found else None
            if number == 1 and kind != "version":
                raise BadArchive("no_history")
            if kind == "channel":
                self._take_channel(_dict(found, "channel"))
            elif kind == "user":
                self._take_user(_dict(found, "user"), members)
            elif kind == "direct_channel":
                self._take_direct(_dict(found, "direct_channel"))
        for key, place in self._places.items():
            if place.kind != DIRECT:
                self._places[key] = Place(place.key, place.kind, place.name, place.display_name, place.description, place.header, tuple(members.get(key, ())),
                                          place.is_archived, place.is_general)

    def _take_channel(self, one: dict[str, Any]) -> None:
        team, name = _text(one.get("team")), _text(one.get("name"))
        if name:
            key = f"{team}/{name}"
            kind = PRIVATE if one.get("type") == "P" else PUBLIC
            self._places[key] = Place(
                key, kind, name[:80], _text(one.get("display_name"))[:80], _text(one.get("purpose"))[:500], _text(one.get("header"))[:2000], (),
                bool(one.get("deleted_at") or one.get("delete_at")), name == "town-square",
            )

    def _take_user(self, one: dict[str, Any], members: dict[str, list[str]]) -> None:
        key = _text(one.get("username"))
        if not key:
            return
        name = f"{_text(one.get('first_name'))} {_text(one.get('last_name'))}".strip() or _text(one.get("nickname")) or key
        is_gone = bool(one.get("delete_at"))
        self._people[key] = Person(key, name[:80], _text(one.get("email")).strip().lower()[:254], bool(one.get("is_bot")), is_gone)
        for team in _dicts(one.get("teams")):
            for channel in _dicts(team.get("channels")):
                members.setdefault(f"{_text(team.get('name'))}/{_text(channel.get('name'))}", []).append(key)

    def _take_direct(self, one: dict[str, Any]) -> str:
        """Members are names, or since version 9.5 objects with a `username`."""
        raw = one.get("members") or one.get("participants") or one.get("channel_members") or []
        people = [_text(member) or (_text(member.get("username")) if isinstance(member, dict) else "") for member in raw if isinstance(raw, list)]
        names = tuple(sorted({name for name in people if name}))[:50]
        key = "@" + ",".join(names)
        if names and key not in self._places:
            self._places[key] = Place(key, DIRECT, members=names, header=_text(one.get("header"))[:2000])
        return key if names else ""

    def _items(self, number: int, line: bytes) -> Iterator[Said | Problem]:
        found = _decoded(line)
        if found is None:
            yield Problem(f"line {number}", "broken_json" if line != b"!" else "too_long")
            return
        if found.get("type") == "post":
            one = _dict(found, "post")
            yield from self._thread(number, one, f"{_text(one.get('team'))}/{_text(one.get('channel'))}")
        elif found.get("type") == "direct_post":
            one = _dict(found, "direct_post")
            yield from self._thread(number, one, self._take_direct({"members": one.get("channel_members")}))

    def _thread(self, number: int, one: dict[str, Any], place: str) -> Iterator[Said | Problem]:
        replies = _dicts(one.get("replies"))
        root = _message(one, place, f"line {number}", f"{number}", has_thread=bool(replies)) if place in self._places else Problem(f"line {number}", "no_place")
        if root is None:
            return
        yield root
        if isinstance(root, Said):
            for n, reply in enumerate(replies, 1):
                made = _message(reply, place, f"line {number}, reply {n}", f"{number}.{n}", thread=root.key)
                if made is not None:
                    yield made


def _message(one: dict[str, Any], place: str, where: str, key: str, *, thread: str = "", has_thread: bool = False) -> Said | Problem | None:
    if _text(one.get("type")).startswith("system_") or one.get("delete_at") or one.get("deleted_at"):
        return None
    at, author, text = one.get("create_at"), _text(one.get("user")), _text(one.get("message"))
    if not isinstance(at, int) or not 631_152_000_000 < at < 4_102_444_800_000:
        return Problem(where, "no_time")
    if not author:
        return Problem(where, "no_author")
    files = tuple(FileRef(Path(_text(file.get("path"))).name[:300] or "file", _text(file.get("path"))) for file in _dicts(one.get("attachments"))[:20])
    if not text.strip() and not files:
        return Problem(where, "no_text")
    edited = one.get("edit_at")
    return Said(
        place, key, author, at, text[:MOST], "", thread, has_thread, edited if isinstance(edited, int) and edited > at else None,
        bool(one.get("is_pinned")), tuple(_reactions(one.get("reactions"))), files,
    )


def _reactions(value: Any) -> Iterator[Put]:
    found: dict[str, list[str]] = {}
    for one in _dicts(value)[:1000]:
        if _text(one.get("emoji_name")) and _text(one.get("user")):
            found.setdefault(_text(one["emoji_name"])[:60], []).append(_text(one["user"]))
    return (Put(name, tuple(people)) for name, people in found.items())


def _decoded(line: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _dict(found: dict[str, Any] | None, name: str) -> dict[str, Any]:
    value = (found or {}).get(name)
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
