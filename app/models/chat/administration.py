"""Chat as those who manage it see it: all channels but direct ones, which are joined by default, and the rules. What is said isn't shown."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.models import audit
from app.models.base import NotFound, Refused
from app.models.chat.channel import Channel
from app.models.chat.rules import WHO, ChatRules, is_meeting_address
from app.models.command import Command, undoes
from app.models.viewer import Viewer

_LIST = """
SELECT c.id, c.name, c.description, c.kind, c.sole_key, c.default_since, c.created_at, c.last_message_id,
       COUNT(x.id) AS members, SUM(CASE WHEN m.role = 'external' THEN 1 ELSE 0 END) AS guests
  FROM channel c LEFT JOIN channel_member x ON x.channel_id = c.id
  LEFT JOIN membership m ON m.account_id = x.account_id AND m.org_id = c.org_id AND m.ended_at IS NULL
 WHERE c.org_id = $1 AND c.kind <> 'direct' AND c.archived_at IS NULL AND c.name LIKE $2
 GROUP BY c.id, c.name, c.description, c.kind, c.sole_key, c.default_since, c.created_at, c.last_message_id ORDER BY c.name LIMIT 1000
"""


async def channels(viewer: Viewer, typed: str = "") -> list[dict[str, Any]]:
    """The channels by name, with how many members and guests are in each."""
    name = typed.strip().lstrip("#").lower().replace("%", "").replace("_", " ")[:80]
    return [{**row, "guests": row["guests"] or 0} for row in await database.fetch(_LIST, viewer.org_id, f"%{name}%")]


async def find_default(viewer: Viewer, id_: int) -> Channel:
    """A channel that can be joined by default: public or private, not direct, of this organisation. Raises `NotFound`."""
    row = await database.fetch_one(
        "SELECT * FROM channel WHERE id = $1 AND org_id = $2 AND kind <> 'direct' AND archived_at IS NULL", id_, viewer.org_id
    )
    if row is None or not viewer.can_manage("chat"):
        raise NotFound(f"channel {id_}")
    return Channel.from_row(row)


async def set_default(viewer: Viewer, channel: Channel, on: bool, *, also_everybody: bool = False) -> Command:
    """Let new members come into a channel by themselves, or no longer (CHAT-12); if asked for, also everybody who is here now.

    Raises `Refused` for the channel of all members, and for a private one that the viewer isn't in.
    """
    if channel.is_general:
        raise Refused(_("Everybody is in this channel anyway."))
    if on and channel.kind != "public" and not await _is_in(viewer, channel):
        raise Refused(_("This channel is private, and you aren’t in it. Ask somebody who is."))
    async with Command.once(viewer, "channel.default") as command:
        await channel.change(default_since=clock.now() if on else None)
        added = await channel.take_in(await _everybody(viewer.org_id)) if on and also_everybody else []
        await audit.record("chat.default", f"#{channel.name}", viewer=viewer, default=on, added=len(added))
        command.done(channel.id, what=f"#{channel.name}", url="/manager/chat", inverse={"channel": channel.id, "default": not on, "people": added})
    return command


async def decide(viewer: Viewer, channel_makers: str, guest_hosts: str, meetings: str) -> Command:
    """Say who may start channels, who may invite guests, and where calls are held. Raises `Refused`."""
    assert channel_makers in WHO and guest_hosts in WHO
    if meetings and not is_meeting_address(meetings):
        raise Refused(_("This is no address of a web page. Write it like https://meet.example.org."))
    decided: dict[str, Any] = {"channel_makers": channel_makers, "guest_hosts": guest_hosts, "meetings": meetings}
    async with Command.once(viewer, "chat.rules") as command:
        rules = await ChatRules.of(viewer.org_id)
        before = {name: getattr(rules, name) for name in decided}
        await rules.put(**decided)
        await audit.record("chat.rules", viewer=viewer, before=before, **decided)
        command.done(what=_("Rules of Chat"), url="/manager/chat", inverse=before)
    return command


async def _is_in(viewer: Viewer, channel: Channel) -> bool:
    sql = "SELECT 1 FROM channel_member WHERE channel_id = $1 AND account_id = $2"
    return await database.fetch_value(sql, channel.id, viewer.account_id) is not None


async def _everybody(org_id: int) -> list[int]:
    rows = await database.fetch(
        "SELECT m.account_id FROM membership m JOIN product_right r ON r.membership_id = m.id AND r.product = 'chat' AND r.level = 'use'"
        " WHERE m.org_id = $1 AND m.ended_at IS NULL AND m.role IN ('legal', 'admin', 'user')", org_id,
    )
    return [row["account_id"] for row in rows]


@undoes("channel.default")
async def _default_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    channel = await find_default(viewer, inverse["channel"])
    await channel.change(default_since=clock.now() if inverse["default"] else None)
    for account_id in inverse["people"]:
        await channel.let_go(account_id)
    await audit.record("chat.default", f"#{channel.name}", viewer=viewer, default=inverse["default"], removed=len(inverse["people"]))


@undoes("chat.rules")
async def _decide_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    if not viewer.can_manage("chat"):
        raise Refused(_("This can’t be undone any more."))
    await (await ChatRules.of(viewer.org_id)).put(**inverse)
    await audit.record("chat.rules", viewer=viewer, **inverse)
