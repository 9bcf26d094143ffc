"""Reminders: the suite's bot writes to somebody at a time, once or again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from piccolo.columns import BigInt, ForeignKey, Varchar

from app import database
from app.lib import clock
from app.lib.i18n import _, language, speaking
from app.lib.locales import long_day, short_time
from app.lib.when import Passed, When, following, parse
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.chat.channel import Channel
from app.models.chat.members import people_for
from app.models.command import Command, undoes
from app.models.job import Job
from app.models.organisation import Organisation
from app.models.viewer import Viewer

MOST = 200


class ChatReminder(Row):
    """Something to be reminded of."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account, help_text="Who is reminded.")
    created_by = BigInt(default=0)
    channel_id = BigInt(null=True, default=None, help_text="The channel that is reminded instead of a person.")
    message_id = BigInt(null=True, default=None, help_text="The message that it is about.")
    text = Varchar(length=1000, default="")
    due_at = BigInt(default=0)
    rule = Varchar(length=200, default="", help_text="RRULE of RFC 5545 §3.3.10 for what comes again; empty: once.")
    timezone = Varchar(length=64, default="UTC")
    created_at = BigInt(default=0)
    done_at = BigInt(null=True, default=None)


async def set_for(viewer: Viewer, account_id: int, text: str) -> str:
    """Remind somebody of what a text says, at the time that it says. Returns the words that confirm it. Raises `Refused`."""
    when, what = _read(viewer, text)
    if account_id != viewer.account_id and not await _reaches(viewer, account_id):
        raise Refused(_("You can’t remind this person."))
    return await _make(viewer, when, account_id=account_id, text=what)


async def set_for_channel(viewer: Viewer, channel: Channel, text: str) -> str:
    """The same for everybody in a channel. Guests remind no channels. Raises `Refused`."""
    if viewer.is_external or channel.archived_at is not None:
        raise Refused(_("You can’t remind this channel."))
    when, what = _read(viewer, text)
    return await _make(viewer, when, account_id=viewer.account_id, text=what, channel_id=channel.id)


async def waiting(viewer: Viewer) -> list[dict[str, Any]]:
    """The reminders that the viewer set, the next one first."""
    return await database.fetch(
        "SELECT r.*, c.name AS channel FROM chat_reminder r LEFT JOIN channel c ON c.id = r.channel_id"
        " WHERE r.created_by = $1 AND r.org_id = $2 AND r.done_at IS NULL ORDER BY r.due_at LIMIT 100", viewer.account_id, viewer.org_id,
    )


async def listed(viewer: Viewer) -> str:
    """The same as Markdown."""
    rows = await waiting(viewer)
    if not rows:
        return _("You have set no reminders. Try: /remind me to call Anna tomorrow at 9")
    return "\n".join(f"- {moment(row['due_at'], viewer.timezone)}{' · ' + _('comes again') if row['rule'] else ''} – {row['text']}" for row in rows)


async def cancel(viewer: Viewer, reminder_id: int) -> Command:
    """Take one's reminder back. Raises `NotFound`."""
    reminder = await ChatReminder.find_own(reminder_id, created_by=viewer.account_id, org_id=viewer.org_id)
    async with Command.once(viewer, "reminder.cancel") as command:
        await reminder.change(done_at=clock.now())
        command.done(reminder.id, what=reminder.text, url="/chat", inverse={"reminder": reminder.id})
    return command


async def remind(reminder_id: int) -> None:
    """Say it, if it is still to be said, and set it anew where it comes again. Whoever has lost access isn't reminded any more."""
    async with database.transaction():
        row = await database.fetch_one("SELECT * FROM chat_reminder WHERE id = $1 AND done_at IS NULL", reminder_id)
        if row is None or row["due_at"] > clock.now() + clock.SECOND:
            return
        reminder = ChatReminder.from_row(row)
        if not await _is_here(reminder.org_id, reminder.created_by) or not await _is_here(reminder.org_id, reminder.account_id):
            await reminder.change(done_at=clock.now())
            return
        await _say(reminder)
        at = following(reminder.rule, reminder.due_at, clock.now(), reminder.timezone) if reminder.rule else None
        await reminder.change(**({"done_at": clock.now()} if at is None else {"due_at": at}))
        if at is not None:
            await Job.enqueue("chat_remind", run_at=at, org_id=reminder.org_id, reminder_id=reminder.id)


def moment(at: int, timezone: str) -> str:
    """A day and a time as people read it."""
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(timezone))
    return _("%(day)s at %(time)s") % {"day": long_day(at, timezone, language()), "time": short_time(local)}


async def _say(reminder: ChatReminder) -> None:
    from app.models.bot import bot_says, bot_tells  # it writes messages, which are below

    author = await Account.get(reminder.created_by)
    reader = author if reminder.channel_id else await Account.get(reminder.account_id)
    with speaking(reader.locale, reader.timezone):
        if reminder.channel_id is not None:
            channel = await Channel.find(reminder.channel_id)
            if channel is not None and channel.archived_at is None and channel.deleted_at is None and await _is_in(channel.id, reminder.created_by):
                await bot_tells(channel, _("⏰ Reminder by %(name)s: %(what)s") % {"name": author.name, "what": reminder.text})
        elif reminder.created_by != reminder.account_id:
            await bot_says(reminder.org_id, reminder.account_id, _("⏰ Reminder by %(name)s: %(what)s") % {"name": author.name, "what": reminder.text})
        else:
            await bot_says(reminder.org_id, reminder.account_id, _("⏰ Reminder: %(what)s") % {"what": reminder.text})


def _read(viewer: Viewer, text: str) -> tuple[When, str]:
    try:
        when = parse(text, clock.now(), viewer.timezone)
    except Passed:
        raise Refused(_("This time has passed already.")) from None
    if when is None:
        raise Refused(_("Say when, such as: in 20 minutes, tomorrow at 9, every Monday at 10."))
    if not when.rest:
        raise Refused(_("Say what to remind of, such as: to call Anna tomorrow at 9."))
    return when, when.rest[:1000]


async def _make(viewer: Viewer, when: When, **what: Any) -> str:
    count = await database.fetch_value("SELECT COUNT(*) FROM chat_reminder WHERE created_by = $1 AND done_at IS NULL", viewer.account_id)
    if count >= MOST:
        raise Refused(_("You have set as many reminders as there can be: %(most)s.") % {"most": MOST})
    async with Command.once(viewer, "reminder.set") as command:
        made = await ChatReminder.insert_new(
            org_id=viewer.org_id, created_by=viewer.account_id, due_at=when.at, rule=when.rule, timezone=viewer.timezone, created_at=clock.now(), **what
        )
        await Job.enqueue("chat_remind", run_at=when.at, org_id=viewer.org_id, reminder_id=made.id)
        command.done(made.id, what=made.text, url="/chat", inverse={"reminder": made.id})
    said = _("I’ll remind again and again, first on %(when)s: %(what)s") if when.rule else _("I’ll remind on %(when)s: %(what)s")
    return said % {"when": moment(when.at, viewer.timezone), "what": made.text}


async def _reaches(viewer: Viewer, account_id: int) -> bool:
    return any(one["id"] == account_id for one in await people_for(viewer, most=5000))


async def _is_here(org_id: int, account_id: int) -> bool:
    sql = "SELECT 1 FROM membership WHERE org_id = $1 AND account_id = $2 AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > $3)"
    return await database.fetch_value(sql, org_id, account_id, clock.now()) is not None


async def _is_in(channel_id: int, account_id: int) -> bool:
    return await database.fetch_value("SELECT 1 FROM channel_member WHERE channel_id = $1 AND account_id = $2", channel_id, account_id) is not None


@undoes("reminder.set")
async def _unset(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await (await ChatReminder.find_own(inverse["reminder"], created_by=viewer.account_id)).change(done_at=clock.now())


@undoes("reminder.cancel")
async def _set_again(viewer: Viewer, inverse: dict[str, Any]) -> None:
    reminder = await ChatReminder.find_own(inverse["reminder"], created_by=viewer.account_id)
    if reminder.due_at <= clock.now():
        raise Refused(_("This can’t be undone any more."))
    await reminder.change(done_at=None)
    await Job.enqueue("chat_remind", run_at=reminder.due_at, org_id=reminder.org_id, reminder_id=reminder.id)
