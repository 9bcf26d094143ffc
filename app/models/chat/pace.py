"""Slow mode: how long a member of a channel waits between two messages."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import ngettext
from app.lib.ids import first_at
from app.models.base import Refused
from app.models.chat.channel import ADMIN, Channel

_LAST = "SELECT MAX(created_at) FROM message WHERE channel_id = $1 AND author_id = $2 AND id > $3"
_MANAGES = """
SELECT 1 FROM product_right r JOIN membership w ON w.id = r.membership_id
 WHERE w.account_id = $1 AND w.org_id = $2 AND w.ended_at IS NULL AND r.product = 'chat' AND r.level = 'manage'
"""


class TooSoon(Refused):
    """Slow mode makes somebody wait; the text says for how long."""


async def check_pace(channel: Channel, author_id: int, now: dict[str, Any]) -> None:
    """Raises `TooSoon`. `now` is the channel's row with the author's `member_role`. Those who look after the channel write at any time."""
    if now["created_by"] == author_id or now["member_role"] == ADMIN:
        return
    pause = now["slow_seconds"] * clock.SECOND
    last = await database.fetch_value(_LAST, channel.id, author_id, first_at(clock.now() - pause - clock.MINUTE))
    left = (last or 0) + pause - clock.now()
    if left <= 0 or await database.fetch_value(_MANAGES, author_id, channel.org_id):
        return
    seconds = -(-left // clock.SECOND)
    said = ngettext(
        "This channel is in slow mode: you can write again in %(count)s second. Your text is kept.",
        "This channel is in slow mode: you can write again in %(count)s seconds. Your text is kept.", seconds,
    )
    raise TooSoon(said % {"count": seconds})

