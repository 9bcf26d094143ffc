"""What somebody's side column, badge and home page list: their conversations and what is new in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app import database
from app.lib.i18n import _
from app.lib.markdown import words
from app.lib.names import full_name
from app.models.chat.categories import categories_of
from app.models.chat.channel import DIRECT, Channel
from app.models.viewer import Viewer

MOST_DIRECT = 40

_NEW = """
CASE WHEN c.last_message_id <= m.read_up_to THEN 0
     WHEN c.kind = 'direct' THEN (
          SELECT COUNT(*) FROM message x WHERE x.channel_id = c.id AND x.id > m.read_up_to AND x.deleted_at IS NULL AND x.thread_id IS NULL)
     ELSE (SELECT COUNT(*) FROM mention n
            WHERE n.account_id = m.account_id AND n.channel_id = c.id AND n.message_id > m.read_up_to AND n.thread_id IS NULL)
 END
"""
_MINE = f"""
SELECT c.id, c.kind, c.name, c.display_name, c.description, c.last_message_id, c.sole_key, m.read_up_to, m.favourite_at, m.muted_at, m.category_id,
       m.position, m.level,
       {_NEW} AS count
  FROM channel_member m JOIN channel c ON c.id = m.channel_id
 WHERE m.account_id = $1 AND c.org_id = $2 AND c.archived_at IS NULL AND m.hidden_at IS NULL
"""
_COUNT = f"""
SELECT COALESCE(SUM({_NEW}), 0) FROM channel_member m JOIN channel c ON c.id = m.channel_id
 WHERE m.account_id = $1 AND c.org_id = $2 AND c.archived_at IS NULL AND c.last_message_id > m.read_up_to AND m.muted_at IS NULL
"""
_OTHERS = """
SELECT o.channel_id, a.id, a.given_name, a.family_name, a.avatar, a.is_bot
  FROM channel_member m JOIN channel c ON c.id = m.channel_id AND c.kind = 'direct'
  JOIN channel_member o ON o.channel_id = c.id JOIN account a ON a.id = o.account_id
 WHERE m.account_id = $1 AND c.org_id = $2 AND m.hidden_at IS NULL ORDER BY a.given_name, a.family_name
"""
_LAST = """
SELECT x.channel_id, x.text, x.created_at, x.deleted_at, x.author_id, a.given_name, a.family_name, a.avatar
  FROM message x JOIN account a ON a.id = x.author_id WHERE x.id = $1
"""
_UNREAD = """
SELECT COUNT(*) FROM (SELECT 1 FROM message WHERE channel_id = $1 AND id > $2 AND deleted_at IS NULL AND thread_id IS NULL LIMIT 100) new_ones
"""
_DRAFTED = """
SELECT d.channel_id, COUNT(*) AS number FROM message_draft d JOIN channel c ON c.id = d.channel_id AND c.org_id = $2 WHERE d.account_id = $1
 GROUP BY d.channel_id
 UNION ALL SELECT 0, COUNT(*) FROM scheduled_message WHERE account_id = $1 AND org_id = $2
"""
_PUBLIC = """
SELECT c.id, c.name, c.display_name, c.description, c.kind, c.archived_at, m.id AS member_id,
       (SELECT COUNT(*) FROM channel_member x WHERE x.channel_id = c.id) AS members
  FROM channel c LEFT JOIN channel_member m ON m.channel_id = c.id AND m.account_id = $2
 WHERE c.org_id = $1 AND (c.kind = 'public' OR m.id IS NOT NULL) AND c.kind <> 'direct' AND c.deleted_at IS NULL
   AND (c.archived_at IS NOT NULL) = ($5 = 1) AND (c.name LIKE $3 OR lower(c.display_name) LIKE $3) ORDER BY c.name LIMIT $4
"""


@dataclass(slots=True)
class Places:
    """Somebody's conversations, as the side column groups them."""

    favourites: list[dict[str, Any]] = field(default_factory=list)
    categories: list[dict[str, Any]] = field(default_factory=list)
    channels: list[dict[str, Any]] = field(default_factory=list)
    direct: list[dict[str, Any]] = field(default_factory=list)
    threads: int = 0  # followed ones with something new
    waiting: int = 0  # drafts and messages that are sent later

    @property
    def everything(self) -> list[dict[str, Any]]:
        """All of them."""
        return [*self.favourites, *(row for category in self.categories for row in category["places"]), *self.channels, *self.direct]


async def places_of(viewer: Viewer) -> Places:
    """The conversations of a person: those they arranged in their order, other channels by name, direct ones by their last message."""
    rows = await database.fetch(_MINE, viewer.account_id, viewer.org_id)
    await _name_direct(viewer, rows)
    found = Places(categories=[{**row, "places": []} for row in await categories_of(viewer)])
    own = {row["id"]: row["places"] for row in found.categories}
    drafted = await _drafted(viewer)
    found.waiting, found.threads = sum(drafted.values()), await _new_threads(viewer)
    for row in rows:
        row["has_draft"] = row["id"] in drafted
        row["url"] = f"/chat/channels/{row['id']}"
        row["is_new"] = row["last_message_id"] > row["read_up_to"]
        group = found.favourites if row["favourite_at"] else own.get(row["category_id"] or 0)
        (found.direct if group is None and row["kind"] == DIRECT else found.channels if group is None else group).append(row)
    for arranged in (found.favourites, found.channels, *own.values()):
        arranged.sort(key=lambda row: (row["position"] == 0, row["position"], row["title"].casefold()))
    found.direct.sort(key=lambda row: (-row["last_message_id"], row["title"]))
    found.direct = [row for n, row in enumerate(found.direct) if n < MOST_DIRECT or row["is_new"]]
    return found


async def title_of(viewer: Viewer, channel_id: int) -> dict[str, Any]:
    """A direct conversation's `title` and `people`, as the viewer sees them."""
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.avatar, a.is_bot FROM channel_member m JOIN account a ON a.id = m.account_id"
        " WHERE m.channel_id = $1 ORDER BY a.given_name, a.family_name",
        channel_id,
    )
    row: dict[str, Any] = {"id": channel_id}
    _put_names(viewer, row, rows)
    return row


async def count_for(viewer: Viewer) -> int:
    """Mentions, direct messages and followed threads that are new, in all conversations that aren't muted."""
    said = int(await database.fetch_value(_COUNT, viewer.account_id, viewer.org_id) or 0)
    return said + await _new_threads(viewer)


async def unread_in(viewer: Viewer, channel_id: int) -> int:
    """Mentions, or in a direct conversation messages, that are new in one of them."""
    rows = await database.fetch(f"{_MINE} AND c.id = $3", viewer.account_id, viewer.org_id, channel_id)
    return int(rows[0]["count"]) if rows else 0


async def unread_for(viewer: Viewer, most: int = 6) -> list[dict[str, Any]]:
    """Conversations with something new, for the home page: those that name the viewer first.

    Each has id, kind, name, url, unread and mentions (counts), account_id, avatar and is_bot (of a direct conversation's other person), and of
    the last message snippet, author and at.
    """
    found = [row for row in (await places_of(viewer)).everything if row["is_new"] and not row["muted_at"]]
    found.sort(key=lambda row: (row["count"] == 0, -row["last_message_id"]))
    return [waiting for row in found[:most] if (waiting := await _waiting(row)) is not None]


async def _new_threads(viewer: Viewer) -> int:
    from app.models.chat import threads  # which reads messages, which read this

    return await threads.count_for(viewer)


async def _drafted(viewer: Viewer) -> dict[int, int]:
    """Conversations in which something isn't sent yet, with how many texts; 0 under a key that is no conversation for what is sent later."""
    rows = await database.fetch(_DRAFTED, viewer.account_id, viewer.org_id)
    return {row["channel_id"]: row["number"] for row in rows}


async def _waiting(row: dict[str, Any]) -> dict[str, Any] | None:
    last = await database.fetch_one(_LAST, row["last_message_id"])
    if last is None:
        return None
    unread = await database.fetch_value(_UNREAD, row["id"], row["read_up_to"])
    person = row["people"][0] if row["people"] else {"id": row["id"], "avatar": "", "is_bot": False}
    author = full_name(last)
    said = "" if last["deleted_at"] else words(last["text"], 160)
    return {
        "id": row["id"], "kind": row["kind"], "name": row["title"], "url": row["url"], "unread": unread,
        "mentions": row["count"] if row["kind"] != DIRECT else 0, "account_id": person["id"], "avatar": person["avatar"], "is_bot": person["is_bot"],
        "snippet": said if row["kind"] == DIRECT and len(row["people"]) == 1 else _("%(name)s: %(words)s") % {"name": author, "words": said},
        "author": author, "at": last["created_at"],
    }


async def public_channels(viewer: Viewer, typed: str = "", most: int = 200, *, archived: bool = False) -> list[dict[str, Any]]:
    """The channels that a member may find and join, and those they are in; or those of them that are archived. Guests find none (GUEST-18)."""
    if viewer.is_external:
        return []
    name = typed.strip().lstrip("#").lower().replace("%", "").replace("_", " ")[:80]
    return await database.fetch(_PUBLIC, viewer.org_id, viewer.account_id, f"%{name}%", most, int(archived))


async def seen_channels(viewer: Viewer, most: int = 1000) -> list[Channel]:
    """Every channel that somebody may see, also archived ones, by name; not direct conversations."""
    rows = await database.fetch(
        "SELECT c.*, m.id AS member_id FROM channel c LEFT JOIN channel_member m ON m.channel_id = c.id AND m.account_id = $2"
        " WHERE c.org_id = $1 AND c.kind <> 'direct' AND c.deleted_at IS NULL AND (m.id IS NOT NULL OR (c.kind = 'public' AND $3 = 0))"
        " ORDER BY c.name LIMIT $4",
        viewer.org_id, viewer.account_id, int(viewer.is_external), most,
    )
    return [Channel.from_row(row) for row in rows]


async def _name_direct(viewer: Viewer, rows: list[dict[str, Any]]) -> None:
    people: dict[int, list[dict[str, Any]]] = {}
    if any(row["kind"] == DIRECT for row in rows):
        for one in await database.fetch(_OTHERS, viewer.account_id, viewer.org_id):
            people.setdefault(one["channel_id"], []).append(one)
    for row in rows:
        row["title"], row["people"] = row["display_name"] or row["name"], []
        if row["kind"] == DIRECT:
            _put_names(viewer, row, people.get(row["id"], []))


def _put_names(viewer: Viewer, row: dict[str, Any], people: list[dict[str, Any]]) -> None:
    """The others' names, or one's own in the conversation with oneself; first names where they are several."""
    others = [person for person in people if person["id"] != viewer.account_id] or people
    for person in others:
        person["name"] = full_name(person)
    row["people"] = others
    row["title"] = ", ".join(person["given_name"] for person in others) if len(others) > 1 else others[0]["name"] if others else ""
    row["is_self"] = len(others) == 1 and others[0]["id"] == viewer.account_id
