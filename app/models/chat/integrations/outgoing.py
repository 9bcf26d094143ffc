"""Outgoing webhooks: what is said in a channel, or begins with a word, is told to a program, and told again until it was heard."""

from __future__ import annotations

from typing import Any

import msgspec

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.safe_http import NotAllowed
from app.models.account import Account
from app.models.chat.channel import DIRECT, PUBLIC, Channel
from app.models.chat.integrations import calling, incoming
from app.models.chat.integrations.integration import note
from app.models.chat.integrations.tables import Integration
from app.models.chat.message import Message, on_post
from app.models.job import Job

JSON = "application/json"
_HEARING = """
SELECT i.id, i.word, i.channel_id FROM integration i JOIN account a ON a.id = $2
 WHERE i.org_id = $1 AND i.kind = 'outgoing' AND i.disabled_at IS NULL AND i.deleted_at IS NULL AND a.is_bot = FALSE
"""


class Unheard(Exception):
    """The program didn't take it; the job tries again."""


@on_post
async def _heard(channel: Channel, author_id: int, message_id: int, text: str) -> None:
    """In the transaction of the message: promise the calls. What programs write themselves is told to nobody, so there are no circles."""
    if channel.kind == DIRECT:
        return
    for row in await database.fetch(_HEARING, channel.org_id, author_id):
        if row["channel_id"] not in (None, channel.id) or (row["channel_id"] is None and channel.kind != PUBLIC):
            continue
        if row["word"] and (text.split(maxsplit=1) or [""])[0].casefold() != row["word"].casefold():
            continue
        await Job.enqueue("call_webhook", org_id=channel.org_id, integration_id=row["id"], message_id=message_id)


async def tell(integration_id: int, message_id: int, base: str = "") -> None:
    """Tell a program of a message. Raises `Unheard` when it is to be tried again."""
    one, message = await Integration.find(integration_id), await Message.find(message_id)
    if one is None or one.disabled_at is not None or message is None or message.deleted_at is not None:
        return
    await send(one, await _payload(one, message, base), message.channel_id)


async def send(one: Integration, payload: dict[str, Any], channel_id: int) -> int:
    """POST a payload and post its answer, if it has a text. Returns the status. Raises `Unheard` when trying again may help."""
    body = msgspec.json.encode(payload)
    try:
        answer = await calling.call(one, body, JSON)
    except NotAllowed as refused:
        await note(one, "out", 0, str(refused))
        return 0
    except Exception as error:  # whatever can be wrong with a network
        await note(one, "out", 0, f"{type(error).__name__}: {error}")
        raise Unheard(str(error)) from error
    await note(one, "out", answer.status, payload.get("text", ""), answer.milliseconds)
    if answer.status == 410:
        await one.change(disabled_at=clock.now())  # it says that it is gone for good (RFC 9110 §15.5.11)
    elif answer.status in (408, 429) or answer.status >= 500:
        raise Unheard(f"HTTP {answer.status}")
    elif answer.status < 300:
        await _answer(one, answer.body, channel_id)
    return answer.status


async def _answer(one: Integration, body: bytes, channel_id: int) -> None:
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return
    if isinstance(said, dict) and (said.get("text") or said.get("attachments") or said.get("blocks")):
        try:
            await incoming.deliver(one, said, channel_id)
        except incoming.Rejected:
            return


async def _payload(one: Integration, message: Message, base: str) -> dict[str, Any]:
    channel, author = await Channel.get(message.channel_id), await Account.get(message.author_id)
    return {
        "event": "message.posted", "integration": one.name, "message_id": str(message.id), "channel_id": str(channel.id), "channel_name": channel.name,
        "user_id": str(author.id), "user_name": author.name, "text": message.text, "trigger_word": one.word,
        "timestamp": message.created_at // 1000, "url": f"{base}{message.url}",
    }


def test_of(one: Integration) -> dict[str, Any]:
    """What the test button sends."""
    return {"event": "test", "integration": one.name, "text": _("This is a test of the integration. It works."), "timestamp": clock.now() // 1000}
