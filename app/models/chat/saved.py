"""Messages that somebody keeps for later, for themselves alone."""

from __future__ import annotations

from typing import Any

from piccolo.columns import BigInt, ForeignKey

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import Refused, Row
from app.models.chat.log import shown_of
from app.models.chat.message import Message
from app.models.command import Command
from app.models.viewer import Viewer

_READABLE = """
 FROM saved_message s JOIN message m ON m.id = s.message_id AND m.org_id = $2 JOIN channel c ON c.id = m.channel_id
  LEFT JOIN channel_member x ON x.channel_id = c.id AND x.account_id = s.account_id
 WHERE s.account_id = $1 AND (x.id IS NOT NULL OR (c.kind = 'public' AND CAST($3 AS INTEGER) = 0)) AND m.deleted_at IS NULL
"""


class SavedMessage(Row):
    """One message that somebody keeps."""

    account_id = ForeignKey(Account)
    message_id = ForeignKey(Message)
    created_at = BigInt(default=0)


async def save(viewer: Viewer, message: Message, on: bool, key: str | None = None) -> None:
    """Keep a message for later, or no longer. Raises `Refused`."""
    if on and message.deleted_at is not None:
        raise Refused(_("This message was deleted meanwhile."))
    async with Command.once(viewer, "message.save", key) as command:
        if command.repeated:
            return
        if on:
            await database.execute(
                "INSERT INTO saved_message (id, account_id, message_id, created_at) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (account_id, message_id) DO NOTHING", new_id(), viewer.account_id, message.id, clock.now(),
            )
        else:
            await database.execute("DELETE FROM saved_message WHERE account_id = $1 AND message_id = $2", viewer.account_id, message.id)
        announce("saved.changed", viewer.account_id, message.id, on)


async def saved_by(viewer: Viewer, before: int = 0, most: int = 30) -> tuple[list[dict[str, Any]], int]:
    """What somebody keeps and may still read, the latest first, as templates show it; and where the next page begins, or 0."""
    rows = await database.fetch(
        f"SELECT s.id, s.message_id {_READABLE} AND s.id < $4 ORDER BY s.id DESC LIMIT $5",
        viewer.account_id, viewer.org_id, int(viewer.is_external), before or 2**53, most + 1,
    )
    messages = await shown_of([row["message_id"] for row in rows[:most]])
    return messages, rows[most - 1]["id"] if len(rows) > most else 0


async def saved_in(viewer: Viewer, channel_id: int) -> list[int]:
    """Ids of the latest messages of a channel that somebody keeps: the browser marks them."""
    rows = await database.fetch(
        "SELECT s.message_id FROM saved_message s JOIN message m ON m.id = s.message_id WHERE s.account_id = $1 AND m.channel_id = $2"
        " ORDER BY s.id DESC LIMIT 300", viewer.account_id, channel_id,
    )
    return [row["message_id"] for row in rows]
