"""Emoji on messages. Twenty people may react at once: the message is locked, so what is announced last has them all."""

from __future__ import annotations

from app import database
from app.lib import clock, shortcodes
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.base import Refused
from app.models.chat import custom_emoji, notices
from app.models.chat.message import Message
from app.models.command import Command
from app.models.viewer import Viewer

MOST_KINDS = 24


async def react(viewer: Viewer, message: Message, emoji: str, key: str | None = None) -> None:
    """Put an emoji on a message; twice is once, and what comes again with the same `key` is nothing. Raises `Refused`."""
    if message.channel.member_id is None or message.deleted_at is not None or not await _may_react_with(viewer, emoji):
        raise Refused(_("You can’t react to this message."))
    async with Command.once(viewer, "reaction.add", key) as command:
        if command.repeated:
            return
        await message.touch()
        kinds = await database.fetch("SELECT DISTINCT emoji FROM reaction WHERE message_id = $1", message.id)
        if len(kinds) >= MOST_KINDS and emoji not in {row["emoji"] for row in kinds}:
            raise Refused(_("This message has as many different reactions as it can show."))
        added = await database.execute(
            "INSERT INTO reaction (id, message_id, account_id, emoji, created_at) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (message_id, account_id, emoji) DO NOTHING RETURNING id",
            new_id(), message.id, viewer.account_id, emoji, clock.now(),
        )
        if added:
            await notices.tell_reaction(viewer, message.channel, message.author_id, message.id, message.text, emoji)
        await message.announce()


async def unreact(viewer: Viewer, message: Message, emoji: str, key: str | None = None) -> None:
    """Take one's emoji back."""
    async with Command.once(viewer, "reaction.remove", key) as command:
        if command.repeated:
            return
        await message.touch()
        await database.execute("DELETE FROM reaction WHERE message_id = $1 AND account_id = $2 AND emoji = $3", message.id, viewer.account_id, emoji)
        await notices.withdraw_reaction(viewer, message.channel, message.id)
        await message.announce()


async def _may_react_with(viewer: Viewer, emoji: str) -> bool:
    """An emoji that everybody has, or `:name:` of one of the organisation's own."""
    if emoji.startswith(":") and emoji.endswith(":"):
        name = emoji.strip(":")
        return name in await custom_emoji.pictures_of(viewer.org_id, {name})
    return shortcodes.is_emoji(emoji)
