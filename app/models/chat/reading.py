"""How far somebody has read, and what of it the other tabs of theirs have to know."""

from __future__ import annotations

from app import database
from app.models.announcements import announce
from app.models.chat import notices
from app.models.chat.channel import Channel
from app.models.chat.message import Message
from app.models.chat.places import count_for, unread_in
from app.models.command import Command
from app.models.viewer import Viewer


async def read(viewer: Viewer, channel: Channel, up_to: int) -> None:
    """Everything up to a message was seen. Never goes back."""
    await notices.read_up_to(viewer.account_id, channel.id, up_to)
    moved = await database.execute(
        "UPDATE channel_member SET read_up_to = $1 WHERE channel_id = $2 AND account_id = $3 AND read_up_to < $1 RETURNING read_up_to",
        min(up_to, channel.last_message_id), channel.id, viewer.account_id,
    )
    if moved:
        await _tell(viewer, channel, moved[0]["read_up_to"])


async def unread_from(viewer: Viewer, message: Message, key: str | None = None) -> None:
    """Count this message and what follows as new again; what comes again with the same `key` is nothing."""
    async with Command.once(viewer, "message.unread", key) as command:
        if command.repeated:
            return
        before = await database.fetch_value(
            "SELECT MAX(id) FROM message WHERE channel_id = $1 AND id < $2 AND thread_id IS NULL", message.channel_id, message.id
        )
        await database.execute(
            "UPDATE channel_member SET read_up_to = $1 WHERE channel_id = $2 AND account_id = $3", before or 0, message.channel_id, viewer.account_id
        )
        await _tell(viewer, message.channel, before or 0)


async def _tell(viewer: Viewer, channel: Channel, read_up_to: int) -> None:
    announce(
        "channel.read", viewer.account_id, channel=channel.id, read_up_to=read_up_to,
        count=await unread_in(viewer, channel.id), total=await count_for(viewer),
    )
