"""Direct conversations: one for each set of people, whoever starts it and however often."""

from __future__ import annotations

from collections.abc import Collection

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.base import NotFound, Refused
from app.models.chat.channel import Channel, _colleagues
from app.models.viewer import Viewer

MOST_PEOPLE = 9

_SHARES = """
SELECT 1 FROM channel_member x JOIN channel_member y ON y.channel_id = x.channel_id JOIN channel c ON c.id = x.channel_id
 WHERE x.account_id = $1 AND y.account_id = $2 AND c.org_id = $3 LIMIT 1
"""


async def between(viewer: Viewer, account_ids: Collection[int]) -> Channel:
    """The conversation of the viewer with these people, alone with themselves if there are none; made at the first call.

    Raises `Refused` for too many people, `NotFound` for people who aren't in the organisation, or whom a guest shares no channel with
    (GUEST-20).
    """
    people = sorted({viewer.account_id, *account_ids})
    if len(people) > MOST_PEOPLE:
        raise Refused(_("A group has at most %(most)s people. For more, start a channel.") % {"most": MOST_PEOPLE})
    others = [id_ for id_ in people if id_ != viewer.account_id]
    if len(await _colleagues(viewer, others)) != len(others) or not await _may_reach(viewer, others):
        raise NotFound("people")
    async with database.transaction():
        channel = await conversation(viewer.org_id, viewer.account_id, people)
        await database.execute("UPDATE channel_member SET hidden_at = NULL WHERE channel_id = $1 AND account_id = $2", channel.id, viewer.account_id)
    return await Channel.seen_by(viewer, channel.id)


async def conversation(org_id: int, founder_id: int, people: Collection[int]) -> Channel:
    """The conversation of exactly these people, made by the founder at the first call. Nobody is asked whether they may: see `between`."""
    key = ",".join(map(str, sorted(people)))
    await database.execute(
        "INSERT INTO channel (id, org_id, kind, name, description, sole_key, created_by, created_at, last_message_id)"
        " VALUES ($1, $2, 'direct', '', '', $3, $4, $5, 0) ON CONFLICT (org_id, sole_key) DO NOTHING",
        new_id(), org_id, key, founder_id, clock.now(),
    )
    row = await database.fetch_one("SELECT * FROM channel WHERE org_id = $1 AND sole_key = $2", org_id, key)
    assert row is not None
    channel = Channel.from_row(row)
    await channel.take_in(people)
    return channel


async def _may_reach(viewer: Viewer, others: Collection[int]) -> bool:
    if not viewer.is_external:
        return True
    for account_id in others:
        if not await database.fetch(_SHARES, viewer.account_id, account_id, viewer.org_id):
            return False
    return True
