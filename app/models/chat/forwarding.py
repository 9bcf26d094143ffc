"""Handing a message on: a copy of what it says, with who said it and where, and words of one's own above it."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from app.lib.i18n import _
from app.models.account import Account
from app.models.base import Refused
from app.models.chat.channel import Channel
from app.models.chat.message import Message
from app.models.viewer import Viewer

MOST_PLACES = 10


async def forward(viewer: Viewer, message: Message, channels: Collection[Channel], words: str = "", key: str | None = None) -> list[int]:
    """Say in other channels what a message says. Returns the ids of the new messages. Raises `Refused`."""
    if message.deleted_at is not None:
        raise Refused(_("This message was deleted meanwhile."))
    if not channels or len(channels) > MOST_PLACES:
        raise Refused(_("Choose one to %(most)s conversations.") % {"most": MOST_PLACES})
    copy = await _copy(message)
    return [
        await Message.post(channel, viewer, words, f"{key}:{channel.id}" if key else None, forwarded=copy) for channel in channels
    ]


async def _copy(message: Message) -> str:
    if message.forwarded and not message.text:
        return str(message.forwarded)
    author = await Account.get(message.author_id)
    facts = {
        "id": message.id, "channel_id": message.channel_id, "author_id": message.author_id, "name": author.name, "html": message.html,
        "text": message.text, "at": message.created_at,
    }
    return msgspec.json.encode(facts).decode()
