"""Later: messages that are sent at a time, and messages that somebody wants to be reminded of."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from piccolo.columns import BigInt, ForeignKey, Text, Varchar

from app import database
from app.lib import clock
from app.lib.i18n import _, speaking
from app.lib.ids import new_id
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused, Row
from app.models.chat import notices
from app.models.chat.channel import Channel
from app.models.chat.message import Message, checked
from app.models.chat.reminders import ChatReminder
from app.models.command import Command, undoes
from app.models.organisation import Organisation
from app.models.viewer import Viewer

SOONEST, LATEST = clock.MINUTE // 2, 366 * clock.DAY
MOST_WAITING = 100

_DUE = "SELECT * FROM chat_reminder WHERE due_at <= $1 AND done_at IS NULL AND message_id IS NOT NULL ORDER BY due_at LIMIT 500"


class ScheduledMessage(Row):
    """A message that is sent at a time. `refused` says why it wasn't, and it waits for its author then."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    channel_id = ForeignKey(Channel)
    thread_id = BigInt(default=0)
    text = Text(default="")
    named = Text(default="[]", help_text="JSON: accounts that its @names were chosen from.")
    send_at = BigInt(default=0)
    created_at = BigInt(default=0)
    refused = Varchar(length=300, default="")


async def schedule(
    viewer: Viewer, channel: Channel, text: str, send_at: int, thread_id: int = 0, named: Collection[int] = (), key: str | None = None
) -> Command:
    """Send a message at a time. Raises `Refused`."""
    text = checked(text)
    _check_time(send_at)
    if channel.member_id is None or channel.archived_at is not None:
        raise Refused(_("You can’t write in this conversation."))
    async with Command.once(viewer, "message.schedule", key) as command:
        if not command.repeated:
            await _check_number(viewer, "scheduled_message")
            made = await ScheduledMessage.insert_new(
                org_id=viewer.org_id, account_id=viewer.account_id, channel_id=channel.id, thread_id=thread_id, text=text,
                named=msgspec.json.encode(list(named)[:500]).decode(), send_at=send_at, created_at=clock.now(),
            )
            command.done(made.id, what=text[:120], url="/chat/drafts", inverse={"scheduled": made.id})
            announce("draft.changed", viewer.account_id, channel.id, thread_id)
    return command


async def reschedule(viewer: Viewer, waiting: ScheduledMessage, text: str, send_at: int) -> None:
    """Change what is sent, and when. Raises `Refused`."""
    text = checked(text)
    _check_time(send_at)
    async with Command.once(viewer, "message.reschedule") as command:
        changed = await database.execute(
            "UPDATE scheduled_message SET text = $1, send_at = $2, refused = '' WHERE id = $3 AND account_id = $4 RETURNING id",
            text, send_at, waiting.id, viewer.account_id,
        )
        if not changed:
            raise Refused(_("This message was sent meanwhile."))
        command.done(waiting.id, what=text[:120], url="/chat/drafts")
        announce("draft.changed", viewer.account_id, waiting.channel_id, waiting.thread_id)


async def cancel(viewer: Viewer, waiting: ScheduledMessage) -> Command:
    """Don't send it."""
    async with Command.once(viewer, "message.unschedule") as command:
        gone = await database.execute("DELETE FROM scheduled_message WHERE id = $1 AND account_id = $2 RETURNING *", waiting.id, viewer.account_id)
        if not gone:
            raise Refused(_("This message was sent meanwhile."))
        command.done(waiting.id, what=waiting.text[:120], url="/chat/drafts", inverse={"row": gone[0]})
        announce("draft.changed", viewer.account_id, waiting.channel_id, waiting.thread_id)
    return command


async def scheduled_of(viewer: Viewer) -> list[dict[str, Any]]:
    """What somebody has scheduled, the next first."""
    return await database.fetch(
        "SELECT id, channel_id, thread_id, text, send_at, refused FROM scheduled_message WHERE account_id = $1 AND org_id = $2 ORDER BY send_at LIMIT 200",
        viewer.account_id, viewer.org_id,
    )


async def remind(viewer: Viewer, at: int, message: Message | None = None, text: str = "", key: str | None = None) -> Command:
    """Tell the viewer of a message, or of words of theirs, at a time. Raises `Refused`."""
    _check_time(at)
    if message is None and not text.strip():
        raise Refused(_("Say what you want to be reminded of."))
    async with Command.once(viewer, "reminder.create", key) as command:
        if not command.repeated:
            await _check_number(viewer, "chat_reminder")
            made = await ChatReminder.insert_new(
                org_id=viewer.org_id, account_id=viewer.account_id, created_by=viewer.account_id, message_id=message.id if message else None,
                text=" ".join(text.split())[:500], due_at=at, timezone=viewer.timezone, created_at=clock.now(),
            )
            what, url = (text or message.text, message.url) if message else (text, "/chat")
            command.done(made.id, what=what[:120], url=url, inverse={"reminder": made.id})
    return command


async def send_due() -> None:
    """Send what is due, each in a transaction of its own; what is refused waits for its author with the reason."""
    rows = await database.fetch(
        "SELECT * FROM scheduled_message WHERE send_at <= $1 AND refused = '' ORDER BY send_at LIMIT 200", clock.now()
    )
    for row in rows:
        await _send(row)
    for row in await database.fetch(_DUE, clock.now()):
        await _remind(row)


async def _send(row: dict[str, Any]) -> None:
    try:
        async with database.transaction():
            if not await database.execute("DELETE FROM scheduled_message WHERE id = $1 AND send_at <= $2 RETURNING id", row["id"], clock.now()):
                return
            channel = await Channel.get(row["channel_id"])
            named = msgspec.json.decode(row["named"])
            await Message.write(channel, row["account_id"], row["text"], None, named, thread_id=row["thread_id"] or None)
            announce("draft.changed", row["account_id"], row["channel_id"], row["thread_id"])
    except (Refused, NotFound) as error:
        with speaking((await Account.get(row["account_id"])).locale):
            why = str(error) if isinstance(error, Refused) else _("You aren’t in this conversation any more.")
        await database.execute("UPDATE scheduled_message SET refused = $1 WHERE id = $2", why[:300], row["id"])


async def _remind(row: dict[str, Any]) -> None:
    async with database.transaction():
        if not await database.execute("UPDATE chat_reminder SET done_at = $1 WHERE id = $2 AND done_at IS NULL RETURNING id", clock.now(), row["id"]):
            return
        facts, url = {"text": row["text"]}, "/chat"
        if row["message_id"] is not None:
            said = await database.fetch_one(
                "SELECT m.id, m.text, m.channel_id, a.given_name, a.family_name FROM message m JOIN account a ON a.id = m.author_id"
                " JOIN channel c ON c.id = m.channel_id LEFT JOIN channel_member x ON x.channel_id = c.id AND x.account_id = $2"
                " JOIN membership w ON w.account_id = $2 AND w.org_id = c.org_id AND w.ended_at IS NULL"
                " WHERE m.id = $1 AND m.deleted_at IS NULL AND (x.id IS NOT NULL OR (c.kind = 'public' AND w.role <> 'external'))",
                row["message_id"], row["account_id"],
            )
            if said is None:
                return  # gone, or not theirs to read any more
            url = f"/chat/channels/{said['channel_id']}/messages/{said['id']}"
            facts = {"text": " ".join(said["text"].split())[:300], "actor": f"{said['given_name']} {said['family_name']}".strip(), "note": row["text"]}
        await notices.tell_reminder(row["org_id"], row["account_id"], row["id"], facts, url)


def _check_time(at: int) -> None:
    if not clock.now() + SOONEST <= at <= clock.now() + LATEST:
        raise Refused(_("Choose a time from now on, within a year."))


async def _check_number(viewer: Viewer, table: str) -> None:
    waiting = {"scheduled_message": "refused = ''", "chat_reminder": "done_at IS NULL"}[table]
    if int(await database.fetch_value(f"SELECT COUNT(*) FROM {table} WHERE account_id = $1 AND {waiting}", viewer.account_id)) >= MOST_WAITING:
        raise Refused(_("You have %(most)s of these waiting already.") % {"most": MOST_WAITING})


@undoes("message.schedule")
async def _unschedule(viewer: Viewer, inverse: dict[str, Any]) -> None:
    gone = await database.execute(
        "DELETE FROM scheduled_message WHERE id = $1 AND account_id = $2 RETURNING channel_id", inverse["scheduled"], viewer.account_id
    )
    if not gone:
        raise Refused(_("This message was sent meanwhile."))
    announce("draft.changed", viewer.account_id, gone[0]["channel_id"], 0)


@undoes("message.unschedule")
async def _schedule_again(viewer: Viewer, inverse: dict[str, Any]) -> None:
    row = inverse["row"]
    if row["send_at"] <= clock.now():
        raise Refused(_("Its time has passed meanwhile."))
    await ScheduledMessage.insert(ScheduledMessage(**{**row, "id": new_id()})).run()
    announce("draft.changed", viewer.account_id, row["channel_id"], row["thread_id"])


@undoes("reminder.create")
async def _forget(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await database.execute("DELETE FROM chat_reminder WHERE id = $1 AND account_id = $2", inverse["reminder"], viewer.account_id)
