"""Chat's part of a person's data: what they wrote, how they reacted, what they keep and haven't sent yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app import database
from app.lib.names import full_name
from app.models.my_data import Owner, exports, json_array
from app.models.my_data.registry import Files, moment

_PAGE = 500
_NAME = "CASE WHEN c.kind = 'direct' THEN '' ELSE c.name END AS channel"
_MESSAGES = f"""
SELECT m.id, m.channel_id, c.kind, {_NAME}, m.text, m.created_at, m.edited_at FROM message m JOIN channel c ON c.id = m.channel_id
 WHERE m.author_id = $1 AND m.org_id = $2 AND m.deleted_at IS NULL
"""
_REACTIONS = f"""
SELECT r.id, r.message_id, m.channel_id, c.kind, {_NAME}, r.emoji, r.created_at FROM reaction r
  JOIN message m ON m.id = r.message_id JOIN channel c ON c.id = m.channel_id
 WHERE r.account_id = $1 AND m.org_id = $2 AND r.id > $3 ORDER BY r.id LIMIT {_PAGE}
"""
_CHANNELS = f"""
SELECT DISTINCT c.id, c.kind, {_NAME} FROM message m JOIN channel c ON c.id = m.channel_id
 WHERE m.author_id = $1 AND m.org_id = $2 AND m.deleted_at IS NULL ORDER BY c.id
"""
_MORE = {
    "saved": """SELECT s.id, s.message_id, m.channel_id, s.created_at FROM saved_message s JOIN message m ON m.id = s.message_id
 WHERE s.account_id = $1 AND m.org_id = $2 AND s.id > $3""",
    "drafts": """SELECT d.id, d.channel_id, d.thread_id, d.text, d.changed_at FROM message_draft d JOIN channel c ON c.id = d.channel_id
 WHERE d.account_id = $1 AND c.org_id = $2 AND d.id > $3""",
    "sent-later": """SELECT id, channel_id, thread_id, text, send_at, created_at FROM scheduled_message
 WHERE account_id = $1 AND org_id = $2 AND id > $3""",
    "votes": """SELECT v.id, p.question, v.answer, v.created_at FROM poll_vote v JOIN poll p ON p.id = v.poll_id JOIN message m ON m.id = p.message_id
 WHERE v.account_id = $1 AND m.org_id = $2 AND v.id > $3""",
    "files": """SELECT f.id, f.message_id, f.channel_id, f.name, f.size, f.hash, f.created_at FROM message_file f JOIN message m ON m.id = f.message_id
 WHERE m.author_id = $1 AND m.org_id = $2 AND m.deleted_at IS NULL AND f.id > $3""",
}
_OTHERS = """
SELECT a.given_name, a.family_name FROM channel_member o JOIN account a ON a.id = o.account_id
 WHERE o.channel_id = $1 AND o.account_id <> $2 ORDER BY a.given_name, a.family_name LIMIT 9
"""


@exports("chat")
async def _chat(owner: Owner) -> Files:
    yield "chat/messages.json", json_array(_paged(f"{_MESSAGES} AND m.id > $3 ORDER BY m.id LIMIT {_PAGE}", owner))
    yield "chat/messages.md", _readable(owner)
    yield "chat/reactions.json", json_array(_paged(_REACTIONS, owner))
    for name, sql in _MORE.items():
        yield f"chat/{name}.json", json_array(_paged(f"{sql} ORDER BY 1 LIMIT {_PAGE}", owner))


async def _paged(sql: str, owner: Owner) -> AsyncIterator[dict[str, Any]]:
    last = 0
    while rows := await database.fetch(sql, owner.account_id, owner.org_id, last):
        for row in rows:
            yield {name: moment(value) if name.endswith("_at") else value for name, value in row.items()}
        last = rows[-1]["id"]


async def _readable(owner: Owner) -> AsyncIterator[bytes]:
    """The same for people: a chapter for each conversation."""
    zone = ZoneInfo(owner.timezone)
    for channel in await database.fetch(_CHANNELS, owner.account_id, owner.org_id):
        yield f"# {await _title(channel, owner)}\n\n".encode()
        last = 0
        sql = f"{_MESSAGES} AND m.channel_id = $3 AND m.id > $4 ORDER BY m.id LIMIT {_PAGE}"
        while rows := await database.fetch(sql, owner.account_id, owner.org_id, channel["id"], last):
            for row in rows:
                yield f"**{datetime.fromtimestamp(row['created_at'] / 1000, zone):%Y-%m-%d %H:%M}**\n\n{row['text']}\n\n".encode()
            last = rows[-1]["id"]


async def _title(channel: dict[str, Any], owner: Owner) -> str:
    if channel["kind"] != "direct":
        return f"#{channel['channel']}"
    others = await database.fetch(_OTHERS, channel["id"], owner.account_id)
    return ", ".join(full_name(row) for row in others) or "Notes to myself"
