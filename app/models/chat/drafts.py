"""Drafts: what somebody began to write, on whatever device they go on."""

from __future__ import annotations

from typing import Any

from piccolo.columns import BigInt, ForeignKey, Text

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import Row
from app.models.chat.channel import Channel
from app.models.viewer import Viewer

MOST_CHARACTERS = 100_000

_PUT = """
INSERT INTO message_draft (id, account_id, channel_id, thread_id, text, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
 ON CONFLICT (account_id, channel_id, thread_id) DO UPDATE SET text = excluded.text, changed_at = excluded.changed_at
 WHERE message_draft.changed_at < excluded.changed_at
"""


class MessageDraft(Row):
    """A text that isn't sent yet; `thread_id` is 0 for the channel itself."""

    account_id = ForeignKey(Account)
    channel_id = ForeignKey(Channel)
    thread_id = BigInt(default=0)
    text = Text(default="")
    changed_at = BigInt(default=0)


async def keep(viewer: Viewer, channel: Channel, thread_id: int, text: str) -> None:
    """What somebody has typed by now; nothing: there is no draft any more. What is longer than any message is kept up to a bound."""
    text = text.replace("\x00", "")[:MOST_CHARACTERS]
    async with database.transaction():
        if text.strip():
            await database.execute(_PUT, new_id(), viewer.account_id, channel.id, thread_id, text, clock.now())
        else:
            await database.execute(
                "DELETE FROM message_draft WHERE account_id = $1 AND channel_id = $2 AND thread_id = $3", viewer.account_id, channel.id, thread_id
            )
        announce("draft.changed", viewer.account_id, channel.id, thread_id, bool(text.strip()))


async def draft_in(viewer: Viewer, channel_id: int, thread_id: int = 0) -> str:
    """What somebody has begun to write there."""
    return await database.fetch_value(
        "SELECT text FROM message_draft WHERE account_id = $1 AND channel_id = $2 AND thread_id = $3", viewer.account_id, channel_id, thread_id
    ) or ""


async def drafts_of(viewer: Viewer) -> list[dict[str, Any]]:
    """All drafts of somebody in conversations that they are in, the latest first: channel_id, thread_id, text, changed_at."""
    return await database.fetch(
        "SELECT d.channel_id, d.thread_id, d.text, d.changed_at FROM message_draft d JOIN channel c ON c.id = d.channel_id AND c.org_id = $2"
        " JOIN channel_member m ON m.channel_id = c.id AND m.account_id = d.account_id WHERE d.account_id = $1 AND c.archived_at IS NULL"
        " ORDER BY d.changed_at DESC LIMIT 200",
        viewer.account_id, viewer.org_id,
    )


async def count_for(viewer: Viewer) -> int:
    """How many drafts there are."""
    return len(await drafts_of(viewer))
