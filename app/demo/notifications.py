"""What the last days of talk put under everybody's bell."""

from __future__ import annotations

from app import database
from app.demo.calendar import Calendar
from app.lib import clock
from app.models.chat import notices
from app.models.chat.channel import DIRECT, Channel
from app.models.organisation import Organisation

DAYS = 4

_TOLD = """
SELECT x.id, x.channel_id, x.author_id, x.text, x.created_at FROM message x JOIN channel c ON c.id = x.channel_id
 WHERE x.org_id = $1 AND x.created_at > $2 AND (c.kind = 'direct' OR EXISTS (SELECT 1 FROM mention n WHERE n.message_id = x.id)) ORDER BY x.id
"""
_READ = "SELECT account_id, channel_id, read_up_to FROM channel_member WHERE channel_id IN (SELECT id FROM channel WHERE org_id = $1)"


async def fill(alpina: Organisation, days: Calendar) -> None:
    """Tell people of what was written to them, at the time when it was; what they have read is read."""
    for row in await database.fetch(_TOLD, alpina.id, days.at(DAYS, 0, 0)):
        channel = await Channel.get(row["channel_id"])
        named = await database.fetch("SELECT account_id FROM mention WHERE message_id = $1", row["id"])
        with clock.at(row["created_at"]):
            people = [] if channel.kind == DIRECT else [one["account_id"] for one in named]
            await notices.tell(channel, row["author_id"], row["id"], row["text"], people)
    for row in await database.fetch(_READ, alpina.id):
        await notices.read_up_to(row["account_id"], row["channel_id"], row["read_up_to"])
    await database.execute("UPDATE notification SET wants_mail = FALSE WHERE org_id = $1", alpina.id)  # nobody wants mails of the past
