"""Who is told in person of what is said: everybody in a direct conversation, who is named elsewhere, the author of what got a reaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from app import database
from app.lib.markdown import words
from app.lib.numbers import whole
from app.models.account import Account
from app.models.chat import levels
from app.models.chat.channel import DIRECT, Channel
from app.models.notifications import notices_changed, notices_read, notices_withdrawn, notify
from app.models.notifications.notifying import told_of
from app.models.viewer import Viewer

MOST_TEXT = 600
_READ_UP_TO = "SELECT id, subject, facts FROM notification WHERE account_id = $1 AND source = $2 AND read_at IS NULL"


async def tell(channel: Channel, author_id: int, message_id: int, text: str, named: Collection[int], thread_id: int | None = None) -> None:
    """Tell of a new message, in its transaction. Each is told once: that they were named, written to, answered, or of all that is said."""
    hearing = set(await levels.who_hears_words(channel, text))
    followers = set(await _followers(thread_id)) if thread_id else set()
    members = await database.fetch(
        "SELECT m.account_id, m.muted_at, m.level, a.given_name FROM channel_member m JOIN account a ON a.id = m.account_id"
        " WHERE m.channel_id = $1" + ("" if channel.kind == DIRECT else _among({*named, *hearing, *followers})), channel.id,
    )
    if not members:
        return
    author = (await Account.get(author_id)).name
    is_group = channel.kind == DIRECT and len(members) > 2
    told: dict[str, list[int]] = {}
    for row in members:
        kind = _kind(row, channel, row["account_id"] in named, row["account_id"] in followers, row["account_id"] in hearing, thread_id)
        told.setdefault(kind, []).append(row["account_id"])
    told.pop("", None)
    for kind, people in told.items():
        await notify(
            kind, people, channel.org_id,
            facts={
                "actor": author, "text": _short(text), "channel_id": channel.id, "channel": channel.name, "is_group": is_group,
                **({"thread_id": thread_id} if thread_id else {}),
            },
            url=_url(channel, message_id), source=source_of(channel.id), source_name=_name(channel, author, [row["given_name"] for row in members]),
            actor_id=author_id, group=subject_of(message_id), muted=[row["account_id"] for row in members if row["muted_at"]],
        )


def _kind(row: dict[str, Any], channel: Channel, is_named: bool, follows: bool, hears: bool, thread_id: int | None) -> str:
    """Which kind of notice a member gets, or nothing."""
    level = row["level"]
    if level == levels.NOTHING:
        return ""
    if channel.kind == DIRECT and level != levels.MENTIONS:
        return "chat.direct"
    if is_named:
        return "chat.mention"
    if thread_id:
        return "chat.thread" if follows else ""
    return "chat.channel" if level == levels.ALL else "chat.keyword" if hears else ""


def _among(people: Collection[int]) -> str:
    """A condition for those members of a channel who may be told something at all."""
    listed = f" OR m.account_id IN ({', '.join(map(str, sorted(people)))})" if people else ""
    return f" AND (m.level = 'all'{listed})"


async def _followers(thread_id: int) -> list[int]:
    rows = await database.fetch("SELECT account_id FROM thread_follow WHERE root_id = $1 AND unfollowed_at IS NULL", thread_id)
    return [row["account_id"] for row in rows]


async def tell_again(
    channel: Channel, author_id: int, message_id: int, text: str, named: Collection[int], thread_id: int | None = None
) -> None:
    """The message says something else now: notices show it, who is newly named is told, who isn't named any more was never."""
    subject = subject_of(message_id)
    await notices_changed(channel.org_id, subject, text=_short(text))
    if channel.kind == DIRECT:
        return
    told = await told_of(channel.org_id, subject, "chat.mention")
    await notices_withdrawn(channel.org_id, subject, kinds=["chat.mention"], people=told - set(named))
    newly = sorted(set(named) - told)
    muted = await database.fetch(
        "SELECT account_id FROM channel_member WHERE channel_id = $1 AND (muted_at IS NOT NULL OR level = 'nothing')", channel.id
    )
    author = (await Account.get(author_id)).name
    await notify(
        "chat.mention", newly, channel.org_id,
        facts={"actor": author, "text": _short(text), "channel_id": channel.id, "channel": channel.name, **({"thread_id": thread_id} if thread_id else {})},
        url=_url(channel, message_id), source=source_of(channel.id), source_name=f"#{channel.name}",
        actor_id=author_id, group=subject, muted=[row["account_id"] for row in muted],
    )


async def tell_reminder(org_id: int, account_id: int, reminder_id: int, facts: dict[str, Any], url: str) -> None:
    """It is time for something that somebody wanted to be reminded of."""
    await notify("chat.reminder", [account_id], org_id, facts=facts, url=url, source="chat.reminder", group=f"reminder:{reminder_id}")


async def thread_read(account_id: int, channel_id: int, root_id: int) -> None:
    """Somebody has read a thread, so notices of its answers are read, too."""
    rows = await database.fetch(_READ_UP_TO, account_id, source_of(channel_id))
    seen = [row["id"] for row in rows if msgspec.json.decode(row["facts"]).get("thread_id") == root_id]
    if seen:
        await notices_read(account_id, ids=seen)


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
    seen = [row["id"] for row in rows if _message_of(row["subject"]) <= up_to and '"thread_id"' not in row["facts"]]
    if seen:
        await notices_read(account_id, ids=seen)


def source_of(channel_id: int) -> str:
    """A channel as a source of notices: also the topic to which its page listens."""
    return f"channel:{channel_id}"


def channel_of(source: str) -> int:
    """The channel that a source of notices is; 0 for another source."""
    return whole(source.removeprefix("channel:")) or 0


def subject_of(message_id: int) -> str:
    """A message as what a notice is about."""
    return f"message:{message_id}"


def _message_of(subject: str) -> int:
    return whole(subject.removeprefix("message:")) or 0


def _url(channel: Channel, message_id: int) -> str:
    return f"{channel.url}/messages/{message_id}"


def _name(channel: Channel, author: str, given_names: Sequence[str]) -> str:
    if channel.kind != DIRECT:
        return f"#{channel.name}"
    return author if len(given_names) <= 2 else ", ".join(given_names)


def _short(text: str) -> str:
    return words(text, MOST_TEXT)
