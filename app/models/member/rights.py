"""What members may do: roles, product rights, and being shut out for now. Everything here is for administrators and can be undone.

Whoever asks may have lost that right a moment ago, in another request: each change takes its turn in the organisation and reads
anew what the person is. So of two administrators who demote or remove each other at once, one wins and the other is told so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.models import audit
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.member.listing import Member, find_member
from app.models.organisation import ADMIN, EXTERNAL, LEGAL, MANAGE, PRODUCTS, USE, USER, Membership, Organisation, enter_apps
from app.models.search_people import index_person
from app.models.viewer import Viewer

GIVEN = (LEGAL, ADMIN, USER)  # roles that an administrator can give, LEGAL only if they have it themselves
MOST_TITLE = 120
Change = Callable[[Member, str], Awaitable[dict[str, Any]]]


@dataclass(slots=True)
class Changed:
    """What a change of several people came to: who was changed, and for whom it didn't go, with a sentence each."""

    command: Command
    people: list[Member] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


async def change_role(viewer: Viewer, account_ids: Collection[int], role: str) -> Changed:
    """Give members another role. Administrators get the right to manage every product with it, users lose it (MGR-02, MGR-03).

    Raises `Refused` when nobody's could be changed: guests have no role to change, only legal representatives appoint another
    one or change one, and the last one stays.
    """
    if role not in GIVEN:
        raise Refused(_("Nobody can be given this role here."))

    async def change(member: Member, own: str) -> dict[str, Any]:
        _check_may_change(member, own)
        if role == LEGAL and own != LEGAL:
            raise Refused(_("Only a legal representative can appoint another one."))
        if member.is_disabled:
            raise Refused(_("%(name)s is disabled. Enable them first.") % {"name": member.name})
        if member.role == LEGAL and role != LEGAL:
            await _check_not_last(member)
        before = {"role": member.role, "rights": await _rights(member.membership_id)}
        await _set_role(member.membership_id, role)
        await audit.record("member.role", member.name, viewer=viewer, concerns=member.id, before=member.role, after=role)
        return before

    return await _change_each(viewer, "member.role", account_ids, change)


async def set_right(viewer: Viewer, account_ids: Collection[int], product: str, level: str, granted: bool) -> Changed:
    """Let members use or manage a product, or no longer. The one doesn't imply the other (INV-13). Raises `Refused`."""
    if product not in PRODUCTS or level not in (USE, MANAGE):
        raise Refused(_("There is no such right."))

    async def change(member: Member, own: str) -> dict[str, Any]:
        _check_may_change(member, own)
        before = {"rights": await _rights(member.membership_id)}
        membership = await Membership.get(member.membership_id)
        await (membership.grant if granted else membership.revoke)(product, level)
        if granted and level == USE:
            await enter_apps(await Organisation.get(viewer.org_id), membership)
        await audit.record(
            "member.grant" if granted else "member.revoke", member.name, viewer=viewer, concerns=member.id, product=product, level=level
        )
        return before

    return await _change_each(viewer, "member.rights", account_ids, change)


async def disable(viewer: Viewer, account_ids: Collection[int]) -> Changed:
    """Shut members or guests out for now: they are signed out here at once, and take none of the plan's places. Raises `Refused`."""

    async def change(member: Member, own: str) -> dict[str, Any]:
        _check_may_change(member, own, is_guest_fine=True)
        if member.id == viewer.account_id:
            raise Refused(_("You can’t disable yourself."))
        if member.is_disabled:
            raise Refused(_("%(name)s is disabled already.") % {"name": member.name})
        if member.role == LEGAL:
            await _check_not_last(member)
        await _shut_out(member.membership_id)
        await audit.record("member.disable", member.name, viewer=viewer, concerns=member.id)
        return {}

    return await _change_each(viewer, "member.disable", account_ids, change)


async def enable(viewer: Viewer, account_ids: Collection[int]) -> Changed:
    """Let disabled people in again, with what they had. Raises `Refused` when the plan has no place for them."""

    async def change(member: Member, own: str) -> dict[str, Any]:
        _check_may_change(member, own, is_guest_fine=True)
        if not member.is_disabled:
            raise Refused(_("%(name)s isn’t disabled.") % {"name": member.name})
        if member.is_account_disabled:
            raise Refused(_("The account of %(name)s was disabled by whoever runs this server, who can enable it again.") % {"name": member.name})
        await let_in(viewer.org_id, member)
        await audit.record("member.enable", member.name, viewer=viewer, concerns=member.id)
        return {}

    return await _change_each(viewer, "member.enable", account_ids, change)


async def set_title(viewer: Viewer, account_id: int, title: str) -> Command:
    """Give a member another job title; an empty one for none. Raises `Refused`, `NotFound`."""
    async with Command.once(viewer, "member.title") as command:
        own = await own_role(viewer)
        member = await find_member(viewer, account_id)
        _check_may_change(member, own, is_guest_fine=True)
        await _set_title(member.membership_id, title)
        await audit.record("member.title", member.name, viewer=viewer, concerns=member.id, before=member.title, after=title)
        command.done(what=member.name, url=member.url, inverse={"membership": member.membership_id, "account": member.id, "title": member.title})
        announce("members.changed", viewer.org_id, [member.id])
    return command


async def own_role(viewer: Viewer) -> str:
    """The role that the viewer has now, once it is their turn to change members: nobody else does until the transaction ends.

    Raises `Refused` when they are no administrator (any more).
    """
    await database.execute("UPDATE organisation SET name = name WHERE id = $1", viewer.org_id)
    role = await database.fetch_value("SELECT role FROM membership WHERE id = $1 AND ended_at IS NULL", viewer.membership_id)
    if role not in (LEGAL, ADMIN):
        raise Refused(_("You are no longer an administrator here, so nothing was changed."))
    return str(role)


async def check_may_end(member: Member, own: str) -> None:
    """Whether somebody with the role `own` may take this member out. Raises `Refused`."""
    _check_may_change(member, own, is_guest_fine=True)
    if member.role == LEGAL:
        await _check_not_last(member)


async def let_in(org_id: int, member: Member) -> None:
    """Make a membership count again. Raises `Refused` when the plan has no place for it."""
    organisation = await Organisation.get(org_id)
    await organisation.check_room(member.role)
    await database.execute("UPDATE membership SET ended_at = NULL, disabled_at = NULL WHERE id = $1", member.membership_id)
    await index_person(member.id)


# -- inside


async def _change_each(viewer: Viewer, kind: str, account_ids: Collection[int], change: Change) -> Changed:
    """Do it for each of these people that it can be done for, as one command."""
    async with Command.once(viewer, kind) as command:
        own = await own_role(viewer)
        changed, inverses = Changed(command), []
        for account_id in dict.fromkeys(account_ids):
            member = await find_member(viewer, account_id)
            try:
                before = await change(member, own)
            except Refused as refused:
                changed.left.append(str(refused))
                continue
            changed.people.append(member)
            inverses.append({"membership": member.membership_id, "account": member.id, **before})
        if not changed.people:
            raise Refused(changed.left[0] if changed.left else _("Nobody was chosen."))
        what = ", ".join(member.name for member in changed.people[:3]) + (" …" if len(changed.people) > 3 else "")
        command.done(what=what, url=changed.people[0].url if len(changed.people) == 1 else "/manager/people", inverse={"people": inverses})
        _tell(viewer, [member.id for member in changed.people])
    return changed


def _tell(viewer: Viewer, account_ids: list[int]) -> None:
    """Whoever was changed feels it at once, and administrators see it."""
    for account_id in account_ids:
        live.cut_account(account_id)
    Viewer.forget()
    announce("members.changed", viewer.org_id, account_ids)


def _check_may_change(member: Member, own: str, *, is_guest_fine: bool = False) -> None:
    if member.role == EXTERNAL and not is_guest_fine:
        raise Refused(_("%(name)s is a guest, who has the channels they were invited to and nothing else.") % {"name": member.name})
    if member.role == LEGAL and own != LEGAL:
        raise Refused(_("%(name)s is a legal representative, whom only a legal representative can change.") % {"name": member.name})


async def _check_not_last(member: Member) -> None:
    others = await database.fetch_value(
        "SELECT COUNT(*) FROM membership m JOIN account a ON a.id = m.account_id"
        " WHERE m.org_id = $1 AND m.role = 'legal' AND m.ended_at IS NULL AND a.disabled_at IS NULL AND m.id <> $2",
        member.org_id, member.membership_id,
    )
    if not others:
        raise Refused(_("%(name)s is the last legal representative. Appoint another one first.") % {"name": member.name})


async def _rights(membership_id: int) -> list[list[str]]:
    rows = await database.fetch("SELECT product, level FROM product_right WHERE membership_id = $1 ORDER BY product, level", membership_id)
    return [[row["product"], row["level"]] for row in rows]


async def _set_role(membership_id: int, role: str) -> None:
    member = await Membership.get(membership_id)
    was_admin = member.role in (LEGAL, ADMIN)
    await member.change(role=role)
    if was_admin != (role in (LEGAL, ADMIN)):
        for product in PRODUCTS:
            await (member.revoke if was_admin else member.grant)(product, MANAGE)
    await index_person(member.account_id)


async def _set_title(membership_id: int, title: str) -> None:
    member = await Membership.get(membership_id)
    await member.change(title=title[:MOST_TITLE])
    await index_person(member.account_id)


async def _shut_out(membership_id: int) -> None:
    now = clock.now()
    member = await Membership.get(membership_id)
    await member.change(ended_at=now, disabled_at=now)
    await database.execute("DELETE FROM session WHERE membership_id = $1", membership_id)
    await index_person(member.account_id)


async def _restore_rights(membership_id: int, rights: list[list[str]]) -> None:
    member = await Membership.get(membership_id)
    await database.execute("DELETE FROM product_right WHERE membership_id = $1", membership_id)
    for product, level in rights:
        await member.grant(product, level)


# -- taking back


async def again(viewer: Viewer, account_id: int) -> tuple[Member, str]:
    """The member of an inverse and the viewer's role, if the viewer may still change them. Raises `Refused`."""
    own = await own_role(viewer)
    try:
        member = await find_member(viewer, account_id)
    except NotFound:
        raise Refused(_("They have left the organisation, so this can’t be undone any more.")) from None
    _check_may_change(member, own, is_guest_fine=True)
    return member, own


@undoes("member.role")
async def _restore_roles(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for one in inverse["people"]:
        member, own = await again(viewer, one["account"])
        if one["role"] == LEGAL and own != LEGAL and one["account"] != viewer.account_id:
            raise Refused(_("Only a legal representative can appoint another one."))
        if member.role == LEGAL and one["role"] != LEGAL:
            await _check_not_last(member)
        await (await Membership.get(one["membership"])).change(role=one["role"])
        await _restore_rights(one["membership"], one["rights"])
        await index_person(one["account"])
        await audit.record("member.role", member.name, viewer=viewer, concerns=member.id, before=member.role, after=one["role"])
    _tell(viewer, [one["account"] for one in inverse["people"]])


@undoes("member.rights")
async def _restore_each_right(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for one in inverse["people"]:
        member, _own = await again(viewer, one["account"])
        await _restore_rights(one["membership"], one["rights"])
        await audit.record("member.rights", member.name, viewer=viewer, concerns=member.id, rights=[".".join(right) for right in one["rights"]])
    _tell(viewer, [one["account"] for one in inverse["people"]])


@undoes("member.disable")
async def _let_in_again(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for one in inverse["people"]:
        member, _own = await again(viewer, one["account"])
        if member.is_disabled:
            await let_in(viewer.org_id, member)
            await audit.record("member.enable", member.name, viewer=viewer, concerns=member.id)
    _tell(viewer, [one["account"] for one in inverse["people"]])


@undoes("member.enable")
async def _shut_out_again(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for one in inverse["people"]:
        member, own = await again(viewer, one["account"])
        if not member.is_disabled and member.id != viewer.account_id:
            await check_may_end(member, own)
            await _shut_out(one["membership"])
            await audit.record("member.disable", member.name, viewer=viewer, concerns=member.id)
    _tell(viewer, [one["account"] for one in inverse["people"]])


@undoes("member.title")
async def _restore_title(viewer: Viewer, inverse: dict[str, Any]) -> None:
    member, _own = await again(viewer, inverse["account"])
    await _set_title(inverse["membership"], inverse["title"])
    await audit.record("member.title", member.name, viewer=viewer, concerns=member.id, before=member.title, after=inverse["title"])
    announce("members.changed", viewer.org_id, [member.id])
