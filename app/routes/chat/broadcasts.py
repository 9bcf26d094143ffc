"""What browsers are told about chat. Each fragment is rendered once for all its readers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app import live
from app.models.announcements import announced
from app.routes.chat.articles import article


@announced("message.posted")
def _posted(message: dict[str, Any], *, members: Collection[int] | None, named: Collection[int], key: str) -> None:
    """The message to those who have the channel open; to the others only that there is one."""
    channel_id = message["channel_id"]
    live.publish(f"channel:{channel_id}", "message", html=str(article(message)), data={"id": message["id"], "key": key})
    news = {"channel": channel_id, "message": message["id"], "author": message["author_id"]}
    if members is not None:
        for account_id in members:
            live.publish(f"account:{account_id}", "chat.direct", data=news)
        return
    live.publish(f"activity:{channel_id}", "chat.activity", data=news)
    for account_id in named:
        live.publish(f"account:{account_id}", "chat.mention", data=news)


@announced("message.answered")
def _answered(message: dict[str, Any], *, named: Collection[int], key: str) -> None:
    """An answer, to those who have its thread open."""
    facts = {"id": message["id"], "thread": message["thread_id"], "key": key}
    live.publish(f"channel:{message['channel_id']}", "answer", html=str(article(message)), data=facts)
    for account_id in named:
        live.publish(f"account:{account_id}", "chat.threads", data={"thread": message["thread_id"]})


@announced("thread.news")
def _thread_news(root_id: int, _channel_id: int, account_ids: Collection[int]) -> None:
    """Those who follow a thread have something new there."""
    for account_id in account_ids:
        live.publish(f"account:{account_id}", "chat.threads", data={"thread": root_id})


@announced("threads.changed")
def _threads(account_id: int) -> None:
    live.publish(f"account:{account_id}", "chat.threads", data={})


@announced("pins.changed")
def _pins(channel_id: int, count: int) -> None:
    live.publish(f"channel:{channel_id}", "chat.pins", data={"count": count})


@announced("saved.changed")
def _saved(account_id: int, message_id: int, on: bool) -> None:
    live.publish(f"account:{account_id}", "chat.saved", data={"message": message_id, "on": on})


@announced("draft.changed")
def _draft(account_id: int, channel_id: int, thread_id: int, is_there: bool | None = None) -> None:
    """A draft, which is there or not any more; None: what is sent later has changed."""
    live.publish(f"account:{account_id}", "chat.drafts", data={"channel": channel_id, "thread": thread_id, "there": is_there})


@announced("message.changed")
def _changed(message: dict[str, Any]) -> None:
    if message["thread_id"]:
        facts = {"id": message["id"], "thread": message["thread_id"], "key": ""}
        live.publish(f"channel:{message['channel_id']}", "answer", html=str(article(message)), data=facts)
        return
    live.publish(f"channel:{message['channel_id']}", "message", html=str(article(message)), data={"id": message["id"], "key": ""})


@announced("channel.read")
def _read(account_id: int, **facts: int) -> None:
    live.publish(f"account:{account_id}", "chat.read", data=facts)


@announced("channel.members")
def _members(channel_id: int, account_ids: Collection[int]) -> None:
    """Those who came or went list their conversations anew; who looks at the members sees them."""
    live.publish(f"channel:{channel_id}", "people")
    for account_id in account_ids:
        live.publish(f"account:{account_id}", "chat.places", data={"channel": channel_id})


@announced("channel.marked")
def _marked(channel_id: int, account_id: int) -> None:
    """Somebody's own tabs list their conversations anew."""
    live.publish(f"account:{account_id}", "chat.places", data={"channel": channel_id})


@announced("invitations.changed")
def _invited(_org_id: int, channel_ids: Collection[int] = ()) -> None:
    """Who looks at the members sees who is invited."""
    for channel_id in channel_ids:
        live.publish(f"channel:{channel_id}", "people")


@announced("channel.described")
def _described(channel_id: int) -> None:
    live.publish(f"activity:{channel_id}", "chat.places", data={"channel": channel_id})
    live.publish(f"channel:{channel_id}", "chat.described", data={"channel": channel_id})
