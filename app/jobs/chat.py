"""What happens to messages later: sent, reminded of, forgotten."""

from __future__ import annotations

from app.jobs import job
from app.models.chat import Message, cards, files, later, looking_after, reminders
from app.models.chat.moderation import retention


@job("erase_messages")
async def erase_messages() -> None:
    """Erase the words of messages, and the channels, whose deletion can't be undone any more."""
    await Message.erase_deleted()
    await looking_after.erase_deleted()
    await files.sweep()


@job("erase_old_messages")
async def erase_old_messages() -> None:
    """Erase what is older than it is to be kept."""
    await retention.erase_old()


@job("chat_remind")
async def chat_remind(reminder_id: int) -> None:
    """Say what somebody wanted to be reminded of."""
    await reminders.remind(reminder_id)


@job("send_later")
async def send_later() -> None:
    """Send the messages, and remind of those, whose time has come."""
    await later.send_due()


@job("thumb_message_file")
async def thumb_message_file(file_id: int) -> None:
    """Make the small picture of a picture in a message."""
    await files.make_thumb(file_id)


@job("fetch_cards")
async def fetch_cards(message_id: int, urls: list[str], edited_at: int | None = None) -> None:
    """Ask the pages that a message links to what they are."""
    await cards.fetch(message_id, urls, edited_at)
