"""Confirmations: the author of a message may ask its readers to say that they have read it."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.chat.message import Message
from app.models.command import Command
from app.models.viewer import Viewer


class ReadReceipt(Row):
    """Somebody has read a message, and says so."""

    message_id = ForeignKey(Message)
    account_id = ForeignKey(Account)
    created_at = BigInt(default=0)


async def ask(viewer: Viewer, message: Message, on: bool, key: str | None = None) -> None:
    """Ask the readers of one's own message to confirm, or no longer. Raises `Refused`."""
    if message.author_id != viewer.account_id or message.deleted_at is not None or message.channel.member_id is None:
        raise Refused(_("Only your own messages can ask for that."))
    async with Command.once(viewer, "message.ask", key) as command:
        if not command.repeated:
            await message.touch(asked_at=clock.now() if on else None)
            await message.announce()


async def confirm(viewer: Viewer, message: Message, key: str | None = None) -> None:
    """Say that one has read it. Raises `Refused`."""
    if message.asked_at is None or message.deleted_at is not None or message.channel.member_id is None:
        raise Refused(_("Nobody asks for that any more."))
    async with Command.once(viewer, "message.confirm", key) as command:
        if command.repeated or message.author_id == viewer.account_id:
            return
        await message.touch()
        await database.execute(
            "INSERT INTO read_receipt (id, message_id, account_id, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (message_id, account_id) DO NOTHING",
            new_id(), message.id, viewer.account_id, clock.now(),
        )
        await message.announce()
