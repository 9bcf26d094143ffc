"""Pinned messages: what everybody in a channel should find. Members pin, guests among them (GUEST-11)."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.models.announcements import announce
from app.models.base import Refused
from app.models.chat.log import shown_of
from app.models.chat.message import Message
from app.models.command import Command, undoes
from app.models.viewer import Viewer

MOST = 100


async def pin(viewer: Viewer, message: Message, on: bool, key: str | None = None) -> Command:
    """Pin a message to its channel, or take it off. Raises `Refused`."""
    if message.channel.member_id is None or message.deleted_at is not None or message.channel.archived_at is not None:
        raise Refused(_("You can’t pin this message."))
    async with Command.once(viewer, "message.pin", key) as command:
        if command.repeated or (message.pinned_at is not None) == on:
            return command
        if on and await count_in(message.channel_id) >= MOST:
            raise Refused(_("This channel has %(most)s pinned messages. Take one off first.") % {"most": MOST})
        await _put(message, viewer.account_id if on else None)
        command.done(message.id, what=message.text[:120], url=message.url, inverse={"message": message.id, "pinned": not on})
    return command


async def pinned_in(channel_id: int) -> list[dict[str, Any]]:
    """The pinned messages of a channel as templates show them, the latest pin first."""
    rows = await database.fetch(
        "SELECT id FROM message WHERE channel_id = $1 AND pinned_at IS NOT NULL AND deleted_at IS NULL ORDER BY pinned_at DESC LIMIT $2", channel_id, MOST
    )
    return await shown_of([row["id"] for row in rows])


async def count_in(channel_id: int) -> int:
    """How many messages are pinned."""
    return int(await database.fetch_value(
        "SELECT COUNT(*) FROM message WHERE channel_id = $1 AND pinned_at IS NOT NULL AND deleted_at IS NULL", channel_id
    ))


async def _put(message: Message, account_id: int | None) -> None:
    await message.touch(pinned_at=clock.now() if account_id else None, pinned_by=account_id)
    await message.index()
    await message.announce()
    announce("pins.changed", message.channel_id, await count_in(message.channel_id))


@undoes("message.pin")
async def _back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    message = await Message.found(viewer, inverse["message"])
    if message.channel.member_id is None or message.deleted_at is not None:
        raise Refused(_("This can’t be undone any more."))
    await _put(message, viewer.account_id if inverse["pinned"] else None)
