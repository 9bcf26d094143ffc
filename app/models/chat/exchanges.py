"""What two people said to each other last."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib.markdown import words
from app.lib.names import full_name
from app.models.chat.channel import DIRECT
from app.models.viewer import Viewer

MOST, MOST_WORDS = 3, 160

_LAST = f"""
SELECT x.id, x.channel_id, x.text, x.author_id, x.created_at, a.given_name, a.family_name FROM message x JOIN account a ON a.id = x.author_id
 WHERE x.channel_id = (
       SELECT c.id FROM channel c WHERE c.org_id = $2 AND c.sole_key = $3 AND c.kind = '{DIRECT}'
          AND EXISTS (SELECT 1 FROM channel_member m WHERE m.channel_id = c.id AND m.account_id = $1))
   AND x.thread_id IS NULL AND x.deleted_at IS NULL ORDER BY x.id DESC LIMIT $4
"""


async def last_said(viewer: Viewer, account_id: int, most: int = MOST) -> list[dict[str, Any]]:
    """The last messages of the viewer's conversation with somebody, the latest first: dicts with id, channel_id, name, words, at, is_own, url.

    Nothing where they have none; it isn't made.
    """
    if account_id == viewer.account_id or not viewer.can_use("chat"):
        return []
    people = ",".join(map(str, sorted((viewer.account_id, account_id))))
    return [
        {
            "id": row["id"], "channel_id": row["channel_id"], "name": full_name(row), "words": words(row["text"], MOST_WORDS), "at": row["created_at"],
            "is_own": row["author_id"] == viewer.account_id, "url": f"/chat/channels/{row['channel_id']}/messages/{row['id']}",
        }
        for row in await database.fetch(_LAST, viewer.account_id, viewer.org_id, people, most)
    ]
