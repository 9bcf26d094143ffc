"""Reported messages: members say that something shouldn't stand, those who manage Chat see it with what was said around it and decide."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _, speaking
from app.lib.ids import new_id
from app.lib.names import full_name
from app.models import audit
from app.models.account import Account
from app.models.base import NotFound, Refused
from app.models.bot import bot_says
from app.models.chat.channel import Channel
from app.models.chat.message import Message
from app.models.chat.moderation.tables import MessageReport
from app.models.command import Command
from app.models.viewer import Viewer

REASONS = ("abuse", "spam", "secret", "illegal", "other")
DISMISSED, REMOVED, WARNED = "dismissed", "removed", "warned"
OUTCOMES = (DISMISSED, REMOVED, WARNED)
_AROUND = 3

_OPEN = """
SELECT r.*, c.name AS channel, c.kind, a.given_name, a.family_name, w.given_name AS author_given, w.family_name AS author_family, m.author_id,
       m.deleted_at
  FROM message_report r JOIN channel c ON c.id = r.channel_id JOIN account a ON a.id = r.reporter_id
  JOIN message m ON m.id = r.message_id JOIN account w ON w.id = m.author_id
 WHERE r.org_id = $1 AND r.settled_at IS NULL ORDER BY r.id LIMIT 100
"""
_CONTEXT = """
SELECT m.id, m.text, m.deleted_at, a.given_name, a.family_name FROM message m JOIN account a ON a.id = m.author_id
 WHERE m.channel_id = $1 AND m.id {} $2 ORDER BY m.id {} LIMIT $3
"""
_MANAGERS = """
SELECT m.account_id, a.locale FROM membership m JOIN product_right r ON r.membership_id = m.id AND r.product = 'chat' AND r.level = 'manage'
  JOIN account a ON a.id = m.account_id WHERE m.org_id = $1 AND m.ended_at IS NULL
"""


async def report(viewer: Viewer, message: Message, reason: str, note: str = "") -> None:
    """Report a message that the viewer may read; twice is once. Those who manage Chat are told by the suite's bot. Raises `Refused`."""
    assert reason in REASONS
    if message.deleted_at is not None:
        raise Refused(_("This message was deleted meanwhile."))
    if message.author_id == viewer.account_id:
        raise Refused(_("This message is your own: delete it instead."))
    async with Command.once(viewer, "message.report") as command:
        added = await database.execute(
            "INSERT INTO message_report (id, org_id, channel_id, message_id, reporter_id, reason, note, said, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (message_id, reporter_id) DO NOTHING RETURNING id",
            new_id(), viewer.org_id, message.channel_id, message.id, viewer.account_id, reason, note[:1000], message.text, clock.now(),
        )
        if added:
            command.done(added[0]["id"])
            await audit.record("chat.reported", _place(message.channel), viewer=viewer, reason=reason, message=message.id)
            await _tell_managers(viewer, message)


async def waiting(viewer: Viewer) -> list[dict[str, Any]]:
    """The open reports of the organisation, the oldest first, each with what was said around its message."""
    rows = await database.fetch(_OPEN, viewer.org_id)
    for row in rows:
        row["reporter"] = full_name(row)
        row["author"] = f"{row['author_given']} {row['author_family']}".strip()
        before = await database.fetch(_CONTEXT.format("<", "DESC"), row["channel_id"], row["message_id"], _AROUND)
        after = await database.fetch(_CONTEXT.format(">", "ASC"), row["channel_id"], row["message_id"], _AROUND)
        row["before"], row["after"] = ([_line(one) for one in part] for part in (before[::-1], after))
    return rows


async def count_waiting(viewer: Viewer) -> int:
    """How many wait, for those who manage Chat."""
    if not viewer.can_manage("chat"):
        return 0
    return int(await database.fetch_value("SELECT COUNT(*) FROM message_report WHERE org_id = $1 AND settled_at IS NULL", viewer.org_id))


async def settle(viewer: Viewer, report_id: int, outcome: str) -> None:
    """Decide: leave it, take the message away, or take it away and have its author told. All reports of the message are settled. Raises `NotFound`."""
    assert outcome in OUTCOMES
    if not viewer.can_manage("chat"):
        raise NotFound(f"report {report_id}")
    async with Command.once(viewer, "message.settle") as command:
        found = await MessageReport.find_own(report_id, org_id=viewer.org_id)
        message = await Message.get(found.message_id)
        message.channel = await Channel.get(message.channel_id)
        await database.execute(
            "UPDATE message_report SET settled_at = $1, settled_by = $2, outcome = $3 WHERE message_id = $4 AND settled_at IS NULL",
            clock.now(), viewer.account_id, outcome, message.id,
        )
        if outcome != DISMISSED and message.deleted_at is None:
            await message.withdraw(viewer.account_id)
        if outcome == WARNED:
            await _warn(message)
        await audit.record("chat.settled", _place(message.channel), viewer=viewer, concerns=message.author_id, outcome=outcome, message=message.id)
        command.done(found.id)


async def _tell_managers(viewer: Viewer, message: Message) -> None:
    for row in await database.fetch(_MANAGERS, viewer.org_id):
        if row["account_id"] != viewer.account_id:
            with speaking(row["locale"]):
                said = _("A message in %(place)s was reported. It waits for you in Manager › Moderation.")
                await bot_says(viewer.org_id, row["account_id"], said % {"place": _place(message.channel)})


async def _warn(message: Message) -> None:
    author = await Account.get(message.author_id)
    if author.is_bot or author.disabled_at is not None:
        return
    with speaking(author.locale):
        said = _("A message of yours in %(place)s was removed by those who look after Chat: “%(words)s”. Please keep to the rules of your organisation.")
        await bot_says(message.org_id, author.id, said % {"place": _place(message.channel), "words": " ".join(message.text.split())[:300]})


def _place(channel: Channel) -> str:
    return _("a direct conversation") if channel.is_direct else f"#{channel.name}"


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return {"name": full_name(row), "text": "" if row["deleted_at"] else row["text"][:400]}
