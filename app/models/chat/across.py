"""Messages across conversations: what is new, and where somebody is named."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app import database
from app.models.announcements import announce
from app.models.chat import log, threads
from app.models.chat.log import shown_of
from app.models.chat.places import Places
from app.models.notifications import notices_read
from app.models.viewer import Viewer

MOST_CHANNELS, MOST_EACH, MOST_MENTIONS = 25, 12, 30

_MENTIONS = """
SELECT n.message_id FROM mention n JOIN message x ON x.id = n.message_id AND x.org_id = $2 AND x.deleted_at IS NULL
  JOIN channel_member m ON m.channel_id = n.channel_id AND m.account_id = n.account_id
 WHERE n.account_id = $1 AND n.message_id < $3 AND x.author_id <> $1 ORDER BY n.message_id DESC LIMIT $4
"""


async def unread_in(viewer: Viewer, places: Places) -> list[dict[str, Any]]:
    """Conversations with something new that aren't muted, those first that name the viewer: the place, its first new messages, whether there are more."""
    new = [one for one in places.everything if one["is_new"] and not one["muted_at"]]
    new.sort(key=lambda one: (not one["count"], one["kind"] != "direct", -one["last_message_id"]))
    found = []
    for one in new[:MOST_CHANNELS]:
        piece = await log.after(one["id"], one["read_up_to"], MOST_EACH)
        if piece.messages:
            found.append({"place": one, "messages": piece.messages, "has_more": piece.has_after})
    return found


async def read_everything(viewer: Viewer) -> None:
    """All that was said so far in the viewer's conversations was seen."""
    async with database.transaction():
        rows = await database.fetch(
            "SELECT m.id, c.id AS channel_id, c.last_message_id FROM channel_member m JOIN channel c ON c.id = m.channel_id"
            " WHERE m.account_id = $1 AND c.org_id = $2 AND c.last_message_id > m.read_up_to AND m.muted_at IS NULL", viewer.account_id, viewer.org_id,
        )
        for row in rows:
            await database.execute("UPDATE channel_member SET read_up_to = $1 WHERE id = $2", row["last_message_id"], row["id"])
            await notices_read(viewer.account_id, source=f"channel:{row['channel_id']}")
            announce("channel.marked", row["channel_id"], viewer.account_id)
        await threads.read_all(viewer)


async def mentions_of(viewer: Viewer, before: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Messages that name the viewer, the latest first, and where the next page begins, or 0."""
    rows = await database.fetch(_MENTIONS, viewer.account_id, viewer.org_id, before or 2**53, MOST_MENTIONS + 1)
    messages = await shown_of([row["message_id"] for row in rows[:MOST_MENTIONS]])
    return messages, rows[MOST_MENTIONS - 1]["message_id"] if len(rows) > MOST_MENTIONS else 0


async def titles_of(viewer: Viewer, places: Places, channel_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Of conversations: kind, title and people, also of public ones that the viewer isn't in."""
    found = {one["id"]: one for one in places.everything}
    missing = set(channel_ids) - set(found)
    if missing:
        rows = await database.fetch(
            f"SELECT id, kind, name AS title FROM channel WHERE org_id = $1 AND id IN ({database.marks(missing, 2)})", viewer.org_id, *missing
        )
        found |= {row["id"]: {**row, "people": []} for row in rows}
    return found
