"""A Slack export: a zip with users.json, channels.json, groups.json, dms.json, mpims.json and for each conversation a folder of days.

After slack.com/help/articles/220556107 ("How to read Slack data exports") for the files, and docs.slack.dev/reference/objects (user, channel)
and docs.slack.dev/reference/events/message for what is in them. Folders of channels have their names, those of direct messages their ids.
Files aren't in the zip: messages link to them (`url_private`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.lib.chat_archives.items import DIRECT, PRIVATE, PUBLIC, Archive, BadArchive, FileRef, Person, Place, Position, Problem, Put, Said
from app.lib.chat_archives.zips import SafeZip
from app.lib.slack_text import MOST, markdown_of

_LISTS = (("channels.json", PUBLIC), ("groups.json", PRIVATE), ("mpims.json", DIRECT), ("dms.json", DIRECT))
_NOTICES = frozenset((  # what Slack itself writes into channels
    "channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name", "channel_archive", "channel_unarchive", "group_join", "group_leave",
    "group_topic", "group_purpose", "group_name", "group_archive", "group_unarchive", "pinned_item", "unpinned_item", "reminder_add", "bot_add", "bot_remove",
    "channel_convert_to_private", "channel_posting_permissions", "tombstone", "huddle_thread", "sh_room_created", "file_comment", "ekm_access_denied",
))


class Slack(Archive):
    """The zip of an export."""

    kind = "slack"

    def __init__(self, content: SafeZip) -> None:
        self._zip = content
        self._people: list[Person] | None = None
        self._places: list[Place] | None = None
        self._days: dict[str, list[str]] = {}
        for name in content.names:
            folder, _slash, day = name.rpartition("/")
            if folder and "/" not in folder and day.endswith(".json"):
                self._days.setdefault(folder, []).append(name)

    def people(self) -> list[Person]:
        if self._people is None:
            listed = self._list("users.json") or self._list("org_users.json")
            self._people = [person for one in listed if (person := _person(one)) is not None]
        return self._people

    def places(self) -> list[Place]:
        if self._places is None:
            self._places = [place for name, kind in _LISTS for one in self._list(name) if (place := _place(one, kind)) is not None]
        return self._places

    def said(self, start: Position) -> Iterator[tuple[Position, list[Said | Problem]]]:
        """A position is [place, day]: the index of the place, and of the day's file in it."""
        first_place, first_day = [*start, 0, 0][:2]
        names = {person.key: person.name for person in self.people()} | {place.key: place.name for place in self.places()}
        for n, place in enumerate(self.places()):
            if n < first_place:
                continue
            days = sorted(self._days.get(place.name, []) or self._days.get(place.key, []))
            for day, name in enumerate(days):
                if n == first_place and day < first_day:
                    continue
                yield [n, day + 1], self._day(place, name, names)
            yield [n + 1, 0], []

    def close(self) -> None:
        self._zip.close()

    def _list(self, name: str) -> list[dict[str, Any]]:
        found = self._zip.json(name)
        if found is not None and not isinstance(found, list):
            raise BadArchive("broken_json")
        return [one for one in found or [] if isinstance(one, dict)]

    def _day(self, place: Place, name: str, names: dict[str, str]) -> list[Said | Problem]:
        try:
            found = self._zip.json(name)
        except BadArchive as error:
            return [Problem(name, str(error))]
        if not isinstance(found, list):
            return [Problem(name, "broken_json")]
        made: list[Said | Problem] = []
        for number, one in enumerate(found, 1):
            if not isinstance(one, dict):
                made.append(Problem(f"{name} #{number}", "no_message"))
            elif (item := _message(place, one, names, f"{name} #{number}")) is not None:
                made.append(item)
        return sorted(made, key=lambda item: item.at if isinstance(item, Said) else 0)


def _person(one: dict[str, Any]) -> Person | None:
    key = _text(one.get("id"))
    profile = _dict(one.get("profile"))
    name = _text(profile.get("real_name")) or _text(one.get("real_name")) or _text(profile.get("display_name")) or _text(one.get("name")) or key
    return Person(key, name[:80], _text(profile.get("email")).strip().lower()[:254], bool(one.get("is_bot")), bool(one.get("deleted"))) if key else None


def _place(one: dict[str, Any], kind: str) -> Place | None:
    key = _text(one.get("id"))
    if not key:
        return None
    return Place(
        key, kind, _text(one.get("name")), "", _text(_dict(one.get("purpose")).get("value"))[:500], _text(_dict(one.get("topic")).get("value"))[:2000],
        _names(one.get("members"))[:10_000], bool(one.get("is_archived")), bool(one.get("is_general")), _instant(one.get("created")) or 0,
    )


def _message(place: Place, one: dict[str, Any], names: dict[str, str], where: str) -> Said | Problem | None:
    if one.get("type", "message") != "message" or one.get("subtype") in _NOTICES or one.get("hidden"):
        return None
    key, at = _text(one.get("ts")), _instant(one.get("ts"))
    if at is None:
        return Problem(where, "no_time")
    author = _text(one.get("user")) or _text(one.get("bot_id"))
    bot = _text(one.get("username")) or _text(_dict(one.get("bot_profile")).get("name"))
    if not author and not bot:
        return Problem(where, "no_author")
    files = tuple(_files(one.get("files")))
    text = markdown_of(one if one.get("subtype") == "bot_message" or not _text(one.get("text")) else {**one, "blocks": None}, names.get)
    if one.get("subtype") == "me_message":
        text = f"*{text}*"
    if not text.strip() and not files:
        return Problem(where, "no_text")
    thread = _text(one.get("thread_ts"))
    edited = _instant(_dict(one.get("edited")).get("ts"))
    return Said(
        place.key, key, author, at, text[:MOST], bot, thread if thread != key else "", bool(thread) and thread == key, edited, bool(one.get("pinned_to")),
        tuple(_reactions(one.get("reactions"))), files,
    )


def _instant(value: Any) -> int | None:
    """`1482960137.003543`, seconds since the epoch, in milliseconds; None for what is no time between 1990 and 2100."""
    try:
        milliseconds = int(float(value) * 1000)
    except (TypeError, ValueError, OverflowError):
        return None
    return milliseconds if 631_152_000_000 < milliseconds < 4_102_444_800_000 else None


def _files(value: Any) -> Iterator[FileRef]:
    for one in value[:20] if isinstance(value, list) else []:
        if isinstance(one, dict) and one.get("mode") != "tombstone":
            url = _text(one.get("url_private_download")) or _text(one.get("url_private"))
            yield FileRef((_text(one.get("name")) or _text(one.get("title")) or "file")[:300], "", url if url.startswith("https://") else "")


def _reactions(value: Any) -> Iterator[Put]:
    for one in value[:50] if isinstance(value, list) else []:
        if isinstance(one, dict) and _text(one.get("name")):
            yield Put(_text(one["name"])[:60], _names(one.get("users"))[:500])


def _names(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
