"""Incoming webhooks: a program POSTs a payload as Slack's take it, and it stands in the channel."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib.i18n import _
from app.lib.rates import Buckets
from app.lib.slack_text import markdown_of
from app.models.base import Refused
from app.models.chat.channel import Channel
from app.models.chat.integrations.integration import INCOMING, by_token, note
from app.models.chat.integrations.tables import Integration
from app.models.chat.message import Message, checked

MOST_NAME = 80
_floods = Buckets(rate=2, burst=40)  # messages of one webhook; a build that fails a hundred times doesn't bury a channel


class Rejected(Exception):
    """A payload that isn't taken: the HTTP status and Slack's word for it."""

    def __init__(self, status: int, word: str) -> None:
        super().__init__(word)
        self.status = status
        self.word = word


async def take(token: str, payload: dict[str, Any]) -> int:
    """Post what a program sent. Returns the message's id. Raises `Rejected`."""
    one = await by_token(token, INCOMING)
    if one is None:
        raise Rejected(404, "no_service")
    if not _floods.take(str(one.id)):
        raise Rejected(429, "rate_limited")
    return await deliver(one, payload)


async def deliver(one: Integration, payload: dict[str, Any], channel_id: int | None = None) -> int:
    """Post a payload in the integration's channel, or another one, as the integration. Raises `Rejected`."""
    channel = await Channel.find(channel_id or one.channel_id or 0)
    if channel is None or channel.org_id != one.org_id or channel.deleted_at is not None:
        await note(one, "in", 404, "channel_not_found")
        raise Rejected(404, "channel_not_found")
    try:
        text = checked(markdown_of(payload))
    except Refused:
        await note(one, "in", 400, "no_text")
        raise Rejected(400, "no_text") from None
    try:
        async with database.transaction():
            id_ = await Message.write(channel, one.account_id, text, must_be_member=False, spoken_as=_name(payload))
            await note(one, "in", 200, text)
    except Refused as refused:
        await note(one, "in", 410 if channel.archived_at else 422, str(refused))
        raise Rejected(*((410, "channel_is_archived") if "archived" in str(refused) or channel.archived_at else (422, "invalid_payload"))) from None
    return id_


def test_payload() -> dict[str, Any]:
    """What the test button sends."""
    return {"text": _("This is a test of the integration. It works.")}


def _name(payload: dict[str, Any]) -> str:
    name = payload.get("username")
    return " ".join(name.split())[:MOST_NAME] if isinstance(name, str) else ""
