"""Taking somebody out of an organisation, with a colleague who takes over what they own."""

from __future__ import annotations

from typing import Any

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.models import audit
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.departure import hand_over_all, take_all_back
from app.models.member.listing import Member, find_member
from app.models.member.rights import check_may_end, own_role
from app.models.organisation import EXTERNAL, Membership, Organisation
from app.models.search_people import index_person
from app.models.viewer import Viewer


async def end_membership(viewer: Viewer, account_id: int, heir_id: int | None = None) -> Command:
    """Take somebody out: they are signed out here at once; what they wrote stays, what they own goes to the heir. Can be undone.

    Raises `Refused` for oneself, the last legal representative, and an heir who is no active member; `NotFound`.
    """
    async with Command.once(viewer, "member.end") as command:
        own = await own_role(viewer)
        member = await find_member(viewer, account_id)
        if account_id == viewer.account_id:
            raise Refused(_("Nobody removes themselves. Ask another administrator."))
        await check_may_end(member, own)
        heir = await _heir(viewer, member, heir_id) if heir_id is not None else None
        inverse = await _end(viewer, member, heir)
        await audit.record("member.remove", member.name, viewer=viewer, concerns=member.id, heir=heir.name if heir else "", role=member.role)
        command.done(what=member.name, url="/manager/people", inverse=inverse)
    return command


async def _heir(viewer: Viewer, member: Member, heir_id: int) -> Member:
    try:
        heir = await find_member(viewer, heir_id)
    except NotFound:
        raise Refused(_("Who takes over must be a member of the organisation.")) from None
    if heir.role == EXTERNAL or heir.is_disabled:
        raise Refused(_("%(name)s can’t take over: guests and people who are disabled own nothing.") % {"name": heir.name})
    if heir.id == member.id:
        raise Refused(_("Somebody else has to take over."))
    return heir


async def _end(viewer: Viewer, member: Member, heir: Member | None) -> dict[str, Any]:
    membership = await Membership.get(member.membership_id)
    inverse = {
        "membership": membership.id, "account": member.id, "disabled_at": membership.disabled_at,
        "departures": await hand_over_all(viewer, membership, heir.id if heir else None),
    }
    await membership.change(ended_at=clock.now(), disabled_at=None)
    await database.execute("DELETE FROM session WHERE membership_id = $1", membership.id)
    await index_person(member.id)
    _tell(viewer, member.id)
    return inverse


@undoes("member.end")
async def _readmit(viewer: Viewer, inverse: dict[str, Any]) -> None:
    own = await own_role(viewer)
    membership = await Membership.get(inverse["membership"])
    if membership.org_id != viewer.org_id or membership.ended_at is None or membership.disabled_at is not None:
        raise Refused(_("They are back in the organisation already, so this can’t be undone any more."))
    if membership.role == "legal" and own != "legal":
        raise Refused(_("Only a legal representative can bring a legal representative back."))
    if inverse["disabled_at"] is None:
        await (await Organisation.get(viewer.org_id)).check_room(membership.role)
        await membership.change(ended_at=None)
    else:
        await membership.change(disabled_at=inverse["disabled_at"])
    await take_all_back(viewer, inverse["departures"])
    await index_person(inverse["account"])
    member = await find_member(viewer, inverse["account"])
    await audit.record("member.return", member.name, viewer=viewer, concerns=member.id)
    _tell(viewer, inverse["account"])


def _tell(viewer: Viewer, account_id: int) -> None:
    live.cut_account(account_id)
    Viewer.forget()
    announce("members.changed", viewer.org_id, [account_id])
