"""How long messages are kept, for an organisation and for single channels, and legal holds, which keep everything until they end."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import place_of
from app.models import audit
from app.models.base import NotFound, Refused
from app.models.chat.channel import DIRECT, Channel
from app.models.chat.files import KIND as FILES
from app.models.chat.looking_after import is_erasable
from app.models.chat.moderation.tables import LegalHold
from app.models.chat.rules import ChatRules
from app.models.command import Command, undoes
from app.models.files import release
from app.models.viewer import Viewer

SHORTEST, LONGEST = 1, 36_500
FOR_EVER = 0
_STEP = 500

_DUE = """
SELECT c.id, c.org_id, c.name, c.kind, COALESCE(c.retention_days, r.retention_days) AS days
  FROM channel c LEFT JOIN chat_rules r ON r.id = c.org_id
 WHERE COALESCE(c.retention_days, r.retention_days, 0) > 0 AND c.deleted_at IS NULL
"""
# A thread goes as a whole, when its last answer is old enough.
_OLD = """
SELECT id FROM message WHERE channel_id = $1 AND (id < $2 AND thread_id IS NULL AND COALESCE(last_reply_id, 0) < $3
   OR thread_id IN (SELECT t.id FROM message t WHERE t.channel_id = $1 AND t.id < $2 AND t.replies > 0 AND COALESCE(t.last_reply_id, 0) < $3))
 ORDER BY CASE WHEN thread_id IS NULL THEN 1 ELSE 0 END LIMIT $4
"""


async def keep_for(viewer: Viewer, days: int | None) -> Command:
    """Decide for the organisation; None: for ever. Raises `Refused`."""
    _check(days)
    async with Command.once(viewer, "chat.retention") as command:
        rules = await ChatRules.of(viewer.org_id)
        before = rules.retention_days
        await rules.put()  # so that there is a row
        await rules.change(retention_days=days)
        await audit.record("chat.retention_rule", viewer=viewer, before=before, days=days)
        command.done(what=_("How long messages are kept"), url="/manager/chat/moderation", inverse={"days": before})
    return command


async def keep_channel_for(viewer: Viewer, channel: Channel, days: int | None) -> None:
    """Decide for a channel: None as the organisation, 0 for ever. Raises `Refused`."""
    if not viewer.can_manage("chat"):
        raise Refused(_("Only those who manage Chat can do this."))
    if days != FOR_EVER:
        _check(days)
    async with Command.once(viewer, "channel.retention") as command:
        before = channel.retention_days
        await channel.change(retention_days=days)
        await audit.record("chat.retention_rule", f"#{channel.name}", viewer=viewer, before=before, days=days)
        command.done(channel.id, what=f"#{channel.name}", url=channel.url, inverse={"channel": channel.id, "days": before})


async def hold(viewer: Viewer, reason: str, channel_id: int | None = None) -> None:
    """Keep everything in a channel, or everywhere, until the hold ends. Raises `Refused`, `NotFound`."""
    if not viewer.can_manage("chat"):
        raise NotFound("legal hold")
    if channel_id is not None:
        known = await database.fetch_value("SELECT name FROM channel WHERE id = $1 AND org_id = $2 AND kind <> 'direct'", channel_id, viewer.org_id)
        if known is None:
            raise NotFound(f"channel {channel_id}")
    async with Command.once(viewer, "chat.hold") as command:
        made = await LegalHold.insert_new(org_id=viewer.org_id, channel_id=channel_id, reason=reason, created_by=viewer.account_id, created_at=clock.now())
        await audit.record("chat.hold", reason, viewer=viewer, channel=channel_id)
        command.done(made.id, what=reason, url="/manager/chat/moderation")


async def end_hold(viewer: Viewer, hold_id: int) -> None:
    """End a hold: what is due is erased by the next run. Raises `NotFound`."""
    one = await LegalHold.find_own(hold_id, org_id=viewer.org_id)
    if not viewer.can_manage("chat") or one.ended_at is not None:
        raise NotFound(f"hold {hold_id}")
    async with Command.once(viewer, "chat.hold_end") as command:
        await one.change(ended_at=clock.now(), ended_by=viewer.account_id)
        await audit.record("chat.hold_end", one.reason, viewer=viewer)
        command.done(one.id, what=one.reason, url="/manager/chat/moderation")


async def holds(viewer: Viewer) -> list[dict[str, Any]]:
    """The holds that keep something now."""
    return await database.fetch(
        "SELECT h.*, c.name AS channel FROM legal_hold h LEFT JOIN channel c ON c.id = h.channel_id WHERE h.org_id = $1 AND h.ended_at IS NULL ORDER BY h.id",
        viewer.org_id,
    )


async def erase_old() -> int:
    """Erase what is older than it is to be kept, except where a hold keeps it. Says how many messages; each channel is in the audit log."""
    total = 0
    for row in await database.fetch(_DUE):
        if not await is_erasable(row["id"]):
            continue
        count = await _erase(row["id"], clock.now() - row["days"] * clock.DAY)
        if count:
            total += count
            name = "" if row["kind"] == DIRECT else f"#{row['name']}"
            await audit.record("chat.retention", name, org_id=row["org_id"], erased=count, days=row["days"])
    return total


async def _erase(channel_id: int, before: int) -> int:
    """In steps, each one transaction that looks again whether a hold came meanwhile."""
    total, place = 0, place_of(before)
    while True:
        async with database.transaction():
            if not await is_erasable(channel_id):
                return total
            ids = [row["id"] for row in await database.fetch(_OLD, channel_id, place, place, _STEP)]
            if not ids:
                return total
            await erase_messages(ids)
        total += len(ids)


async def erase_messages(ids: list[int]) -> None:
    """Erase messages and all that hangs on them, in the transaction under way."""
    marks = database.marks(ids)
    files = await database.fetch(f"SELECT id FROM message_file WHERE message_id IN ({marks})", *ids)
    await release(FILES, [row["id"] for row in files])
    await database.execute(f"DELETE FROM search_entry WHERE kind = 'message' AND subject_id IN ({marks})", *ids)
    await database.execute(f"DELETE FROM message WHERE id IN ({marks})", *ids)


def _check(days: int | None) -> None:
    if days is not None and not SHORTEST <= days <= LONGEST:
        raise Refused(_("Say a number of days from %(low)s to %(high)s.") % {"low": SHORTEST, "high": LONGEST})


@undoes("chat.retention")
async def _keep_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    if not viewer.can_manage("chat"):
        raise Refused(_("This can’t be undone any more."))
    await (await ChatRules.of(viewer.org_id)).change(retention_days=inverse["days"])
    await audit.record("chat.retention_rule", viewer=viewer, days=inverse["days"])


@undoes("channel.retention")
async def _channel_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    channel = await Channel.seen_by(viewer, inverse["channel"])
    await channel.change(retention_days=inverse["days"])
    await audit.record("chat.retention_rule", f"#{channel.name}", viewer=viewer, days=inverse["days"])
