"""Slash commands that a program outside answers: the line is POSTed to it, and its answer stands in the channel or is seen by who asked alone.

The form fields and answers are those of Slack's slash commands (docs.slack.dev/interactivity/implementing-slash-commands): `response_type`
is `ephemeral` (as without one) or `in_channel`, and `response_url` takes up to five further answers within half an hour.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec

from app import database
from app.lib import clock, markdown
from app.lib.i18n import _
from app.lib.slack_text import markdown_of
from app.lib.tokens import hash_token, new_token
from app.models.announcements import announce
from app.models.base import Refused
from app.models.chat.channel import Channel
from app.models.chat.integrations import calling, incoming
from app.models.chat.integrations.integration import note
from app.models.chat.integrations.tables import Integration, ResponseUrl
from app.models.chat.slash.registry import Answer, Given, Offered, elsewhere
from app.models.viewer import Viewer

FORM = "application/x-www-form-urlencoded"
IN_CHANNEL = "in_channel"
_LASTS, _MOST_USES = 30 * clock.MINUTE, 5
_base = ""


def answer_at(base: str) -> None:
    """Where this server is reached from outside, for the addresses that answers go to."""
    global _base
    _base = base.rstrip("/")


async def _offers(viewer: Viewer, channel: Channel) -> list[Offered]:
    rows = await database.fetch(
        "SELECT word, description FROM integration WHERE org_id = $1 AND kind = 'command' AND disabled_at IS NULL AND deleted_at IS NULL", viewer.org_id
    )
    return [Offered(row["word"], _("[text]"), row["description"]) for row in rows]


async def _run(word: str, given: Given) -> Answer | None:
    row = await database.fetch_one(
        "SELECT * FROM integration WHERE org_id = $1 AND kind = 'command' AND word = $2 AND disabled_at IS NULL AND deleted_at IS NULL",
        given.viewer.org_id, word,
    )
    return await _ask(Integration.from_row(row), given) if row else None


async def _ask(one: Integration, given: Given) -> Answer:
    body = urlencode(await _fields(one, given)).encode()
    try:
        answer = await calling.call(one, body, FORM)
    except Exception as error:
        await note(one, "out", 0, f"{type(error).__name__}: {error}")
        raise Refused(_("/%(word)s doesn’t answer at the moment. Your text is kept; try again in a while.") % {"word": one.word}) from None
    await note(one, "out", answer.status, f"/{one.word} {given.text}", answer.milliseconds)
    if answer.status >= 300:
        raise Refused(_("/%(word)s answered with an error (%(status)s). Your text is kept.") % {"word": one.word, "status": answer.status})
    said = _read(answer.body)
    if not said:
        return Answer()
    if said.get("response_type") == IN_CHANNEL:
        return Answer(message_id=await _post(one, said, given.channel.id))
    return Answer(markdown_of(said))


async def respond(token: str, payload: dict[str, Any]) -> None:
    """A later answer to a command. Raises `incoming.Rejected`."""
    rows = await database.execute(
        "UPDATE response_url SET uses = uses + 1 WHERE token_hash = $1 AND uses < $2 AND expires_at > $3 RETURNING integration_id, channel_id, account_id",
        hash_token(token), _MOST_USES, clock.now(),
    )
    one = await Integration.find(rows[0]["integration_id"]) if rows else None
    if one is None or one.disabled_at is not None or one.deleted_at is not None:
        raise incoming.Rejected(404, "used_url")
    if payload.get("response_type") == IN_CHANNEL:
        await incoming.deliver(one, payload, rows[0]["channel_id"])
        return
    text = markdown_of(payload)
    if not text.strip():
        raise incoming.Rejected(400, "no_text")
    await note(one, "in", 200, text)
    announce("command.answered", rows[0]["account_id"], rows[0]["channel_id"], markdown.render(text[: markdown.MOST_CHARACTERS]).html)


async def _fields(one: Integration, given: Given) -> dict[str, str]:
    token = new_token()
    await ResponseUrl.insert_new(
        integration_id=one.id, token_hash=hash_token(token), channel_id=given.channel.id, account_id=given.viewer.account_id,
        expires_at=clock.now() + _LASTS,
    )
    viewer, channel = given.viewer, given.channel
    return {
        "command": f"/{one.word}", "text": given.text, "team_id": str(viewer.org_id), "team_domain": viewer.org_name, "channel_id": str(channel.id),
        "channel_name": channel.name or "directmessage", "user_id": str(viewer.account_id), "user_name": viewer.name,
        "response_url": f"{_base}/hooks/answers/{token}",
    }


async def _post(one: Integration, said: dict[str, Any], channel_id: int) -> int:
    try:
        return await incoming.deliver(one, said, channel_id)
    except incoming.Rejected as rejected:
        raise Refused(_("The answer of /%(word)s can’t be shown: %(why)s.") % {"word": one.word, "why": rejected.word}) from None


def _read(body: bytes) -> dict[str, Any]:
    """JSON, or a plain text."""
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:
        said = None
    if isinstance(said, dict):
        return said
    text = body.decode("utf-8", "replace").strip()
    return {"text": text} if text else {}


elsewhere(_offers, _run)
