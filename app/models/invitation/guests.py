"""The guests of an organisation: listed, prolonged, moved between channels, taken out, made members and guests again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.lib.names import full_name
from app.lib.timezones import last_day
from app.models import audit
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.chat.channel import Channel
from app.models.command import Command, undoes
from app.models.invitation.arrival import tell_of_channels
from app.models.invitation.offer import GUEST_RIGHTS, channels_for
from app.models.notifications.notifying import notify
from app.models.organisation import EXTERNAL, PRODUCTS, USE, USER, Membership, Organisation, enter_apps
from app.models.search_people import index_person
from app.models.team import Team
from app.models.viewer import Viewer

WARNED_BEFORE = 7 * clock.DAY
_LIST = """
SELECT m.id AS membership_id, m.created_at, m.ends_at, a.id, a.email, a.given_name, a.family_name, a.avatar,
       i.given_name AS inviter_given_name, i.family_name AS inviter_family_name, m.seen_at AS last_seen, o.timezone
  FROM membership m JOIN account a ON a.id = m.account_id JOIN organisation o ON o.id = m.org_id LEFT JOIN account i ON i.id = m.invited_by
 WHERE m.org_id = $1 AND m.role = 'external' AND m.ended_at IS NULL
"""
_THEIR_CHANNELS = """
SELECT x.account_id, c.id, c.name, c.kind FROM channel_member x JOIN channel c ON c.id = x.channel_id
  JOIN membership m ON m.account_id = x.account_id AND m.org_id = c.org_id AND m.role = 'external' AND m.ended_at IS NULL
 WHERE c.org_id = $1 AND c.kind <> 'direct' AND c.archived_at IS NULL ORDER BY c.name
"""


async def list_guests(org_id: int, typed: str = "", most: int = 1000) -> list[dict[str, Any]]:
    """The guests by name, each with name, inviter, channels (id, name, kind), ends_at, is_over and last_seen."""
    like = f"%{typed.strip().lower()[:100].replace('%', '').replace('_', '')}%"
    rows = await database.fetch(
        f"{_LIST} AND (a.email LIKE $2 OR lower(a.given_name || ' ' || a.family_name) LIKE $2) ORDER BY a.given_name, a.family_name LIMIT $3",
        org_id, like, most,
    )
    channels: dict[int, list[dict[str, Any]]] = {}
    for row in await database.fetch(_THEIR_CHANNELS, org_id):
        channels.setdefault(row["account_id"], []).append(row)
    return [_shown(row, channels.get(row["id"], [])) for row in rows]


async def find_guest(viewer: Viewer, account_id: int) -> dict[str, Any]:
    """A guest of the viewer's organisation, as `list_guests` has them. Raises `NotFound`."""
    row = await database.fetch_one(f"{_LIST} AND a.id = $2", viewer.org_id, account_id)
    if row is None:
        raise NotFound(f"guest {account_id}")
    channels = await database.fetch(f"SELECT * FROM ({_THEIR_CHANNELS}) found WHERE account_id = $2", viewer.org_id, account_id)
    return _shown(row, channels)


async def set_end(viewer: Viewer, account_id: int, ends_at: int | None) -> Command:
    """Let a guest stay until then, or without an end. Raises `Refused` for a time that is over."""
    if ends_at is not None and ends_at <= clock.now():
        raise Refused(_("This day is over already."))
    async with Command.once(viewer, "guest.end") as command:
        guest = await find_guest(viewer, account_id)
        await _set_end(guest["membership_id"], ends_at)
        await audit.record("guest.end", guest["name"], viewer=viewer, concerns=account_id, before=guest["ends_at"], after=ends_at)
        command.done(what=guest["name"], url="/manager/guests", inverse={"membership": guest["membership_id"], "ends_at": guest["ends_at"]})
        announce("invitations.changed", viewer.org_id, [])
    return command


async def set_channels(viewer: Viewer, account_id: int, channel_ids: Collection[int]) -> Command:
    """Let a guest be in these channels, of those that the viewer may invite guests to; others of theirs stay. Raises `Refused`."""
    offered = {row["id"] for row in await channels_for(viewer, guests=True)}
    if not set(channel_ids) <= offered:
        raise Refused(_("Guests can’t be invited to one of these channels."))
    async with Command.once(viewer, "guest.channels") as command:
        guest = await find_guest(viewer, account_id)
        now = {row["id"] for row in guest["channels"]} & offered
        added, gone = sorted(set(channel_ids) - now), sorted(now - set(channel_ids))
        await _move(viewer.org_id, account_id, added, gone)
        await audit.record(
            "guest.channels", guest["name"], viewer=viewer, concerns=account_id, added=await _names(added), removed=await _names(gone)
        )
        if added:
            await tell_of_channels(viewer, await Account.get(account_id), [await Channel.get(id_) for id_ in added])
        command.done(what=guest["name"], url="/manager/guests", inverse={"account": account_id, "added": added, "gone": gone})
        announce("invitations.changed", viewer.org_id, [*added, *gone])
    return command


async def remove_guest(viewer: Viewer, account_id: int) -> Command:
    """Take a guest out: they are signed out here at once; what they wrote stays. Can be undone."""
    async with Command.once(viewer, "guest.remove") as command:
        guest = await find_guest(viewer, account_id)
        await _end([guest["membership_id"]], clock.now())
        await audit.record("guest.remove", guest["name"], viewer=viewer, concerns=account_id)
        command.done(what=guest["name"], url="/manager/guests", inverse={"membership": guest["membership_id"]})
        announce("members.changed", viewer.org_id, [account_id])
        announce("invitations.changed", viewer.org_id, [])
    Viewer.forget()
    return command


async def promote(viewer: Viewer, account_id: int) -> Command:
    """Make a guest a member who uses every app, if the plan has room. Can be undone. Raises `Refused`."""
    if not viewer.is_admin:
        raise NotFound("administration")
    async with Command.once(viewer, "guest.promote") as command:
        guest = await find_guest(viewer, account_id)
        organisation = await _turn(viewer.org_id)
        await organisation.check_room(USER)
        member = await Membership.get(guest["membership_id"])
        await _become(member, USER, [f"{product}.{USE}" for product in PRODUCTS])
        await enter_apps(organisation, member)
        await audit.record("guest.promote", guest["name"], viewer=viewer, concerns=account_id)
        command.done(
            what=guest["name"], url="/manager/people",
            inverse={"membership": member.id, "role": EXTERNAL, "rights": list(GUEST_RIGHTS), "ends_at": guest["ends_at"]},
        )
        announce("invitations.changed", viewer.org_id, [])
    Viewer.forget()
    return command


async def demote(viewer: Viewer, account_id: int) -> Command:
    """Make a user a guest: they keep the channels that they were added to, and lose all else of the organisation. Raises `Refused`."""
    if not viewer.is_admin:
        raise NotFound("administration")
    async with Command.once(viewer, "guest.demote") as command:
        organisation = await _turn(viewer.org_id)
        row = await database.fetch_one(
            "SELECT * FROM membership WHERE org_id = $1 AND account_id = $2 AND ended_at IS NULL AND role = 'user'", viewer.org_id, account_id
        )
        if row is None or account_id == viewer.account_id:
            raise Refused(_("Only users can be made guests. Change an administrator’s role first."))
        await organisation.check_room(EXTERNAL)
        member, account = Membership.from_row(row), await Account.get(account_id)
        given = await database.fetch("SELECT product, level FROM product_right WHERE membership_id = $1", member.id)
        rights = [f"{right['product']}.{right['level']}" for right in given]
        left = await _leave_what_is_for_members(member)
        await _become(member, EXTERNAL, GUEST_RIGHTS)
        await audit.record("guest.demote", account.name, viewer=viewer, concerns=account_id)
        command.done(
            what=account.name, url="/manager/guests",
            inverse={"membership": member.id, "role": USER, "rights": rights, "ends_at": None, **left},
        )
        announce("invitations.changed", viewer.org_id, [])
    Viewer.forget()
    return command


async def end_overdue() -> None:
    """Take out whose time is over, and cut their connections. Nobody got in since then anyway."""
    rows = await database.fetch(
        "SELECT m.id, m.org_id, m.account_id, m.ends_at, a.given_name, a.family_name FROM membership m JOIN account a ON a.id = m.account_id"
        " WHERE m.ends_at <= $1 AND m.ended_at IS NULL LIMIT 500", clock.now(),
    )
    for row in rows:
        async with database.transaction():
            await _end([row["id"]], row["ends_at"])
            await audit.record("guest.over", full_name(row), org_id=row["org_id"], concerns=row["account_id"])
            announce("members.changed", row["org_id"], [row["account_id"]])
            announce("invitations.changed", row["org_id"], [])
    if rows:
        Viewer.forget()


async def warn_of_ends() -> None:
    """Tell who invited a guest, and those who manage Chat, a week before the guest's time is over; once."""
    rows = await database.fetch(
        "SELECT m.id, m.org_id, m.account_id, m.ends_at, m.invited_by, a.given_name, a.family_name, o.timezone"
        " FROM membership m JOIN account a ON a.id = m.account_id JOIN organisation o ON o.id = m.org_id"
        " WHERE m.ends_at > $1 AND m.ends_at <= $2 AND m.end_warned_at IS NULL AND m.ended_at IS NULL", clock.now(), clock.now() + WARNED_BEFORE,
    )
    for row in rows:
        async with database.transaction():
            claimed = await database.execute(
                "UPDATE membership SET end_warned_at = $1 WHERE id = $2 AND end_warned_at IS NULL RETURNING id", clock.now(), row["id"]
            )
            if claimed:
                name = full_name(row)
                await notify(
                    "guest.ending", await _to_warn(row["org_id"], row["invited_by"]), row["org_id"], url="/manager/guests", source="guests",
                    facts={"name": name, "at": row["ends_at"], "date": last_day(row["ends_at"], row["timezone"]).isoformat()},
                    group=f"guest:{row['account_id']}",
                )


def _shown(row: dict[str, Any], channels: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        **row, "name": full_name(row), "channels": channels,
        "inviter": full_name(row, "inviter_"),
        "last_day": last_day(row["ends_at"], row["timezone"]).isoformat() if row["ends_at"] is not None else "",
        "is_over": row["ends_at"] is not None and row["ends_at"] <= clock.now(),
        "is_ending": row["ends_at"] is not None and clock.now() < row["ends_at"] <= clock.now() + WARNED_BEFORE,
    }


async def _turn(org_id: int) -> Organisation:
    await database.execute("UPDATE organisation SET name = name WHERE id = $1", org_id)
    return await Organisation.get(org_id)


async def _set_end(membership_id: int, ends_at: int | None) -> None:
    await database.execute("UPDATE membership SET ends_at = $1, end_warned_at = NULL WHERE id = $2", ends_at, membership_id)
    Viewer.forget()


async def _end(membership_ids: Collection[int], at: int) -> None:
    for id_ in membership_ids:
        member = await Membership.get(id_)
        await member.change(ended_at=at)
        await database.execute("DELETE FROM session WHERE membership_id = $1", id_)
        await index_person(member.account_id)
        live.cut_account(member.account_id)


async def _become(member: Membership, role: str, rights: Collection[str]) -> None:
    await member.change(role=role, ends_at=None, end_warned_at=None)
    await database.execute("DELETE FROM product_right WHERE membership_id = $1", member.id)
    for right in rights:
        product, _dot, level = right.partition(".")
        await member.grant(product, level)
    await index_person(member.account_id)
    live.cut_account(member.account_id)
    announce("members.changed", member.org_id, [member.account_id])


async def _leave_what_is_for_members(member: Membership) -> dict[str, Any]:
    """The channel of all members, and teams (GUEST-19, GUEST-22); returns what is needed to come back."""
    general = await database.fetch(
        "SELECT x.channel_id FROM channel_member x JOIN channel c ON c.id = x.channel_id WHERE c.org_id = $1 AND c.sole_key = 'general' AND x.account_id = $2",
        member.org_id, member.account_id,
    )
    for row in general:
        await (await Channel.get(row["channel_id"])).let_go(member.account_id)
    teams = await database.execute(
        "DELETE FROM team_member WHERE account_id = $1 AND team_id IN (SELECT id FROM team WHERE org_id = $2) RETURNING team_id",
        member.account_id, member.org_id,
    )
    return {"channels": [row["channel_id"] for row in general], "teams": [row["team_id"] for row in teams]}


async def _move(org_id: int, account_id: int, added: Collection[int], gone: Collection[int]) -> None:
    for id_ in [*added, *gone]:
        channel = await Channel.get(id_)
        if channel.org_id != org_id:
            raise NotFound(f"channel {id_}")
        if id_ in added:
            await channel.take_in([account_id])
        else:
            await channel.let_go(account_id)


async def _names(channel_ids: Collection[int]) -> list[str]:
    return [f"#{(await Channel.get(id_)).name}" for id_ in channel_ids]


async def _to_warn(org_id: int, inviter: int | None) -> list[int]:
    rows = await database.fetch(
        "SELECT DISTINCT m.account_id FROM membership m LEFT JOIN product_right r ON r.membership_id = m.id AND r.product = 'chat' AND r.level = 'manage'"
        " WHERE m.org_id = $1 AND m.ended_at IS NULL AND (r.id IS NOT NULL OR m.account_id = $2)", org_id, inviter or 0,
    )
    return [row["account_id"] for row in rows]


@undoes("guest.end")
async def _end_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    member = await _still(viewer, inverse)
    await _set_end(member.id, inverse["ends_at"])
    await audit.record("guest.end", (await Account.get(member.account_id)).name, viewer=viewer, concerns=member.account_id, after=inverse["ends_at"])
    announce("invitations.changed", viewer.org_id, [])


@undoes("guest.channels")
async def _channels_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    guest = await find_guest(viewer, inverse["account"])
    await _move(viewer.org_id, inverse["account"], inverse["gone"], inverse["added"])
    await audit.record(
        "guest.channels", guest["name"], viewer=viewer, concerns=guest["id"], added=await _names(inverse["gone"]), removed=await _names(inverse["added"])
    )
    announce("invitations.changed", viewer.org_id, [*inverse["added"], *inverse["gone"]])


@undoes("guest.remove")
async def _bring_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    member = await _still(viewer, inverse)
    await (await _turn(viewer.org_id)).check_room(EXTERNAL)
    if member.ends_at is not None and member.ends_at <= clock.now():
        raise Refused(_("The guest’s time is over. Invite them again."))
    await member.change(ended_at=None)
    await index_person(member.account_id)
    await audit.record("guest.restore", (await Account.get(member.account_id)).name, viewer=viewer, concerns=member.account_id)
    announce("members.changed", viewer.org_id, [member.account_id])
    announce("invitations.changed", viewer.org_id, [])
    Viewer.forget()


@undoes("guest.promote")
@undoes("guest.demote")
async def _become_again(viewer: Viewer, inverse: dict[str, Any]) -> None:
    member = await _still(viewer, inverse)
    if not viewer.is_admin or member.role not in (USER, EXTERNAL) or member.role == inverse["role"]:
        raise Refused(_("This can’t be undone any more."))
    organisation = await _turn(viewer.org_id)
    await organisation.check_room(inverse["role"])
    if inverse["role"] == EXTERNAL:
        await _leave_what_is_for_members(member)
    await _become(member, inverse["role"], inverse["rights"])
    await member.change(ends_at=inverse["ends_at"])
    for channel_id in inverse.get("channels", []):
        await (await Channel.get(channel_id)).take_in([member.account_id])
    for team_id in inverse.get("teams", []):
        await (await Team.get(team_id))._take_in([member.account_id])
    kind = "guest.demote" if inverse["role"] == EXTERNAL else "guest.promote"
    await audit.record(kind, (await Account.get(member.account_id)).name, viewer=viewer, concerns=member.account_id)
    announce("invitations.changed", viewer.org_id, [])
    Viewer.forget()


async def _still(viewer: Viewer, inverse: dict[str, Any]) -> Membership:
    member = await Membership.find(inverse["membership"])
    if member is None or member.org_id != viewer.org_id or not (viewer.is_admin or viewer.can_manage("chat")):
        raise Refused(_("This can’t be undone any more."))
    return member
