"""What those who look after a channel do with it: its settings, who else looks after it, archive, delete, bring back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app import database, live
from app.lib import clock, markdown
from app.lib.i18n import _
from app.models import audit
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.chat.channel import ADMIN, PRIVATE, PUBLIC, Channel, NameRefused, channel_name
from app.models.command import UNDO_FOR, Command, undoes
from app.models.viewer import Viewer

SLOW = (0, 5, 10, 30, 60, 300, 900, 3600)  # seconds between two messages of one member
KEPT = ("name", "display_name", "description", "header", "kind", "slow_seconds", "retention_days")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a channel's settings say. None: as it is."""

    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    header: str | None = None
    kind: str | None = None
    slow_seconds: int | None = None


def looks_after(viewer: Viewer, channel: Channel) -> bool:
    """Whether somebody may archive, close or moderate a channel: they are in it, and its founder, a channel admin, or manage Chat. Never a guest."""
    if viewer.is_external or channel.is_direct or channel.member_id is None:
        return False
    return viewer.can_manage("chat") or channel.created_by == viewer.account_id or channel.member_role == ADMIN


def may_make_private(viewer: Viewer, channel: Channel) -> bool:
    """Whether somebody may close a public channel."""
    return looks_after(viewer, channel) and channel.kind == PUBLIC and not channel.is_general


def may_make_public(viewer: Viewer, channel: Channel) -> bool:
    """Whether somebody may open a private channel to everybody: who manages Chat, for what was said there was meant for few."""
    return looks_after(viewer, channel) and channel.kind == PRIVATE and viewer.can_manage("chat")


async def arrange(viewer: Viewer, channel: Channel, settings: Settings) -> Command:
    """Change what is given. Members may change name, description and header (CHAT-11); guests nothing (CHAT-10). Raises `NameRefused`, `Refused`."""
    if viewer.is_external or channel.is_direct or channel.member_id is None:
        raise Refused(_("Only members of the organisation who are in the channel can change it."))
    if channel.archived_at is not None:
        raise Refused(_("This channel is archived. Restore it first."))
    changes = _changes(viewer, channel, settings)
    before = {name: getattr(channel, name) for name in changes if name in KEPT}
    try:
        async with Command.once(viewer, "channel.edit") as command:
            if changes:
                await channel.change(**changes)
                if "kind" in changes:
                    await _after_kind(channel)
                    await audit.record("chat.kind", f"#{channel.name}", viewer=viewer, finds=channel.kind)
                command.done(channel.id, what=f"#{channel.name}", url=channel.url, inverse={"channel": channel.id, **before})
                announce("channel.described", channel.id)
    except database.UniqueViolation:
        raise NameRefused(_("There is a channel of this name already.")) from None
    return command


async def archive(viewer: Viewer, channel: Channel) -> Command:
    """Close a channel for writing; everything stays readable. Raises `Refused`."""
    _check_looks_after(viewer, channel)
    if channel.is_general:
        raise Refused(_("The channel of all members can’t be archived."))
    async with Command.once(viewer, "channel.archive") as command:
        if channel.archived_at is None:
            await channel.change(archived_at=clock.now(), archived_by=viewer.account_id)
            await audit.record("chat.archived", f"#{channel.name}", viewer=viewer)
            command.done(channel.id, what=f"#{channel.name}", url=channel.url, inverse={"channel": channel.id})
            await _moved(channel)
    return command


async def restore(viewer: Viewer, channel: Channel) -> Command:
    """Open an archived channel again. Raises `Refused`."""
    _check_looks_after(viewer, channel)
    async with Command.once(viewer, "channel.restore") as command:
        if channel.archived_at is not None:
            await channel.change(archived_at=None, archived_by=None)
            await audit.record("chat.restored", f"#{channel.name}", viewer=viewer)
            command.done(channel.id, what=f"#{channel.name}", url=channel.url, inverse={"channel": channel.id})
            await _moved(channel)
    return command


async def delete(viewer: Viewer, channel: Channel, typed: str) -> Command:
    """Take a channel and everything in it away, for 30 days in which it can be undone. `typed` is its name, to be sure. Raises `Refused`."""
    _check_looks_after(viewer, channel)
    if channel.is_general:
        raise Refused(_("The channel of all members can’t be deleted."))
    if typed.strip().lstrip("#").lower() != channel.name:
        raise Refused(_("Please type the channel’s name as it is: %(name)s.") % {"name": channel.name})
    async with Command.once(viewer, "channel.delete") as command:
        name, archived_at, now = channel.name, channel.archived_at, clock.now()
        await channel.change(deleted_at=now, deleted_by=viewer.account_id, archived_at=archived_at or now, name=f"{name[:60]}~{channel.id}")
        await audit.record("chat.deleted", f"#{name}", viewer=viewer)
        command.done(channel.id, what=f"#{name}", url="/chat", inverse={"channel": channel.id, "name": name, "archived_at": archived_at})
        await _moved(channel, cut=True)
    return command


async def set_role(viewer: Viewer, channel: Channel, account_id: int, on: bool) -> None:
    """Let a member look after the channel, or no longer. Guests never do. Raises `Refused`, `NotFound`."""
    _check_looks_after(viewer, channel)
    async with Command.once(viewer, "channel.role") as command:
        role = await database.fetch_value(
            "SELECT w.role FROM channel_member m JOIN membership w ON w.account_id = m.account_id AND w.org_id = $3 AND w.ended_at IS NULL"
            " WHERE m.channel_id = $1 AND m.account_id = $2", channel.id, account_id, channel.org_id,
        )
        if role is None:
            raise NotFound(f"member {account_id}")
        if on and role in ("external", "bot"):
            raise Refused(_("Guests and bots can’t look after a channel."))
        await _write_role(channel.id, account_id, on)
        command.done(channel.id, what=f"#{channel.name}", url=channel.url, inverse={"channel": channel.id, "account": account_id, "on": not on})


async def is_erasable(channel_id: int) -> bool:
    """Whether no legal hold keeps what was said in a channel."""
    sql = (
        "SELECT 1 FROM legal_hold h JOIN channel c ON c.org_id = h.org_id"
        " WHERE c.id = $1 AND h.ended_at IS NULL AND (h.channel_id IS NULL OR h.channel_id = c.id)"
    )
    return await database.fetch_value(sql, channel_id) is None


async def erase_deleted() -> None:
    """Erase the channels whose deletion can't be undone any more, unless a legal hold keeps them."""
    for row in await database.fetch("SELECT id FROM channel WHERE deleted_at < $1", clock.now() - UNDO_FOR):
        if await is_erasable(row["id"]):
            await _erase(row["id"])


async def _erase(channel_id: int) -> None:
    """In steps, so that others write in between. What hangs on messages and channels goes with them (ON DELETE CASCADE)."""
    within = "SELECT id FROM message WHERE channel_id = $1 LIMIT 500"
    while await database.fetch_value("SELECT 1 FROM message WHERE channel_id = $1 LIMIT 1", channel_id):
        async with database.transaction():
            await database.execute(f"DELETE FROM search_entry WHERE kind = 'message' AND subject_id IN ({within})", channel_id)
            await database.execute(f"DELETE FROM message WHERE id IN ({within})", channel_id)
    async with database.transaction():
        await database.execute("DELETE FROM channel WHERE id = $1", channel_id)


def _changes(viewer: Viewer, channel: Channel, settings: Settings) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if settings.name is not None and settings.name.strip().lstrip("#") != channel.name:
        changes["name"] = channel_name(settings.name)
    for field in ("display_name", "description", "header"):
        value = getattr(settings, field)
        if value is not None and value.strip() != getattr(channel, field):
            changes[field] = value.strip()
    if "header" in changes:
        changes["header_html"] = markdown.render(changes["header"]).html if changes["header"] else ""
    if settings.kind is not None and settings.kind != channel.kind:
        if not (may_make_public(viewer, channel) if settings.kind == PUBLIC else may_make_private(viewer, channel)):
            raise Refused(_("You can’t change who finds this channel."))
        changes["kind"] = settings.kind
    if settings.slow_seconds is not None and settings.slow_seconds != channel.slow_seconds:
        _check_looks_after(viewer, channel)
        changes["slow_seconds"] = settings.slow_seconds
    return {name: value for name, value in changes.items() if value != getattr(channel, name)}


def _check_looks_after(viewer: Viewer, channel: Channel) -> None:
    if not looks_after(viewer, channel):
        raise Refused(_("Only its founder, its channel admins and those who manage Chat can do this."))


async def _after_kind(channel: Channel) -> None:
    """Whoever reads a channel that was closed without being in it, reads on no longer; in a default channel it stays as it is."""
    if channel.kind == PRIVATE:
        live.recheck_topic(f"channel:{channel.id}")


async def _moved(channel: Channel, *, cut: bool = False) -> None:
    """Members list their conversations anew; with `cut` they listen no longer."""
    rows = await database.fetch("SELECT account_id FROM channel_member WHERE channel_id = $1", channel.id)
    announce("channel.members", channel.id, [row["account_id"] for row in rows])
    if not cut:
        announce("channel.described", channel.id)
    else:
        live.recheck_topic(f"channel:{channel.id}")
        live.recheck_topic(f"activity:{channel.id}")


async def _write_role(channel_id: int, account_id: int, on: bool) -> None:
    await database.execute(
        "UPDATE channel_member SET role = $1 WHERE channel_id = $2 AND account_id = $3", ADMIN if on else "", channel_id, account_id
    )
    announce("channel.members", channel_id, [account_id])


async def _found(viewer: Viewer, channel_id: int) -> Channel:
    """The channel of an undo, also one that is deleted. Raises `Refused`."""
    row = await database.fetch_one(
        "SELECT c.*, m.id AS member_id, m.role AS member_role FROM channel c LEFT JOIN channel_member m ON m.channel_id = c.id AND m.account_id = $2"
        " WHERE c.id = $1 AND c.org_id = $3", channel_id, viewer.account_id, viewer.org_id,
    )
    if row is None or viewer.is_external:
        raise Refused(_("This can’t be undone any more."))
    return Channel.from_row(row)


@undoes("channel.edit")
async def _arrange_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    channel = await _found(viewer, inverse.pop("channel"))
    if "header" in inverse:
        inverse["header_html"] = markdown.render(inverse["header"]).html if inverse["header"] else ""
    try:
        async with database.savepoint():
            await channel.change(**inverse)
    except database.UniqueViolation:
        raise NameRefused(_("There is a channel of this name already.")) from None
    if "kind" in inverse:
        await _after_kind(channel)
        await audit.record("chat.kind", f"#{channel.name}", viewer=viewer, finds=channel.kind)
    announce("channel.described", channel.id)


@undoes("channel.archive")
async def _unarchive(viewer: Viewer, inverse: dict[str, Any]) -> None:
    channel = await _found(viewer, inverse["channel"])
    await channel.change(archived_at=None, archived_by=None)
    await _moved(channel)


@undoes("channel.restore")
async def _archive_again(viewer: Viewer, inverse: dict[str, Any]) -> None:
    channel = await _found(viewer, inverse["channel"])
    await channel.change(archived_at=clock.now(), archived_by=viewer.account_id)
    await _moved(channel)


@undoes("channel.delete")
async def _undelete(viewer: Viewer, inverse: dict[str, Any]) -> None:
    channel = await _found(viewer, inverse["channel"])
    taken = await database.fetch_value("SELECT 1 FROM channel WHERE org_id = $1 AND name = $2 AND kind <> 'direct'", viewer.org_id, inverse["name"])
    if taken:
        raise NameRefused(_("There is a channel of this name already.") + " " + _("Rename that one first."))
    await channel.change(deleted_at=None, deleted_by=None, archived_at=inverse["archived_at"], name=inverse["name"])
    await audit.record("chat.undeleted", f"#{channel.name}", viewer=viewer)
    await _moved(channel)


@undoes("channel.role")
async def _role_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    channel = await _found(viewer, inverse["channel"])
    await _write_role(channel.id, inverse["account"], inverse["on"])
