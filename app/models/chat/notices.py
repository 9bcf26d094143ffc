"""Who is told in person of what is said: everybody in a direct conversation, who is named elsewhere, the author of what got a reaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app import database
from app.models.account import Account
from app.models.chat.channel import DIRECT, Channel
from app.models.notifications import notices_changed, notices_read, notices_withdrawn, notify
from app.models.notifications.notifying import told_of
from app.models.viewer import Viewer

MOST_TEXT = 600
_READ_UP_TO = "SELECT id, subject FROM notification WHERE account_id = $1 AND source = $2 AND read_at IS NULL"


async def tell(channel: Channel, author_id: int, message_id: int, text: str, named: Collection[int]) -> None:
    """Tell of a new message, in its transaction."""
    if channel.kind != DIRECT and not named:
        return
    members = await database.fetch(
        "SELECT m.account_id, m.muted_at, a.given_name, a.family_name FROM channel_member m JOIN account a ON a.id = m.account_id"
        " WHERE m.channel_id = $1" + ("" if channel.kind == DIRECT else f" AND m.account_id IN ({database.marks(named, 2)})"),
        channel.id, *(() if channel.kind == DIRECT else named),
    )
    author = (await Account.get(author_id)).name
    people = [row["account_id"] for row in members if channel.kind == DIRECT or row["account_id"] in named]
    is_group = channel.kind == DIRECT and len(members) > 2
    await notify(
        "chat.direct" if channel.kind == DIRECT else "chat.mention", people, channel.org_id,
        facts={"actor": author, "text": _short(text), "channel_id": channel.id, "channel": channel.name, "is_group": is_group},
        url=_url(channel, message_id), source=source_of(channel.id), source_name=_name(channel, author, [row["given_name"] for row in members]),
        actor_id=author_id, group=subject_of(message_id), muted=[row["account_id"] for row in members if row["muted_at"]],
    )


async def tell_again(channel: Channel, author_id: int, message_id: int, text: str, named: Collection[int]) -> None:
    """The message says something else now: notices show it, who is newly named is told, who isn't named any more was never."""
    subject = subject_of(message_id)
    await notices_changed(channel.org_id, subject, text=_short(text))
    if channel.kind == DIRECT:
        return
    told = await told_of(channel.org_id, subject, "chat.mention")
    await notices_withdrawn(channel.org_id, subject, kinds=["chat.mention"], people=told - set(named))
    await tell(channel, author_id, message_id, text, set(named) - told)


async def tell_reaction(viewer: Viewer, channel: Channel, author_id: int, message_id: int, text: str, emoji: str) -> None:
    """Somebody put an emoji on a message: its author is told."""
    muted = await database.fetch(
        "SELECT account_id FROM channel_member WHERE channel_id = $1 AND account_id = $2 AND muted_at IS NOT NULL", channel.id, author_id
    )
    await notify(
        "chat.reaction", [author_id], channel.org_id, facts={"actor": viewer.name, "emoji": emoji, "text": _short(text)[:120], "channel_id": channel.id},
        url=_url(channel, message_id), source=source_of(channel.id), source_name=_name(channel, viewer.name, [viewer.given_name]),
        actor_id=viewer.account_id, group=subject_of(message_id), muted=[row["account_id"] for row in muted],
    )


async def withdraw_reaction(viewer: Viewer, channel: Channel, message_id: int) -> None:
    """An emoji was taken back."""
    await notices_withdrawn(channel.org_id, subject_of(message_id), kinds=["chat.reaction"], actor_id=viewer.account_id)


async def withdraw(channel: Channel, message_id: int) -> None:
    """The message was taken back."""
    await notices_withdrawn(channel.org_id, subject_of(message_id))


async def read_up_to(account_id: int, channel_id: int, up_to: int) -> None:
    """Somebody has seen a channel up to a message, so notices of these are read, too."""
    rows = await database.fetch(_READ_UP_TO, account_id, source_of(channel_id))
    seen = [row["id"] for row in rows if _message_of(row["subject"]) <= up_to]
    if seen:
        await notices_read(account_id, ids=seen)


def source_of(channel_id: int) -> str:
    """A channel as a source of notices: also the topic to which its page listens."""
    return f"channel:{channel_id}"


def channel_of(source: str) -> int:
    """The channel that a source of notices is; 0 for another source."""
    number = source.removeprefix("channel:")
    return int(number) if number.isdigit() else 0


def subject_of(message_id: int) -> str:
    """A message as what a notice is about."""
    return f"message:{message_id}"


def _message_of(subject: str) -> int:
    number = subject.removeprefix("message:")
    return int(number) if number.isdigit() else 0


def _url(channel: Channel, message_id: int) -> str:
    return f"{channel.url}/messages/{message_id}"


def _name(channel: Channel, author: str, given_names: Sequence[str]) -> str:
    if channel.kind != DIRECT:
        return f"#{channel.name}"
    return author if len(given_names) <= 2 else ", ".join(given_names)


def _short(text: str) -> str:
    return " ".join(text[: 2 * MOST_TEXT].split())[:MOST_TEXT]
