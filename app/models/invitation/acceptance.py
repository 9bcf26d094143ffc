"""Answering an invitation: by registering, with an account that one has, or with no.

Looking at an invitation changes nothing. Of two tabs that accept at the same moment, one makes the member and the other finds it made.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.passwords import hash_password
from app.lib.tokens import hash_token
from app.models import audit
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import Refused
from app.models.chat.channel import Channel
from app.models.credential.emailed_link import request_new_email
from app.models.invitation.arrival import arrive
from app.models.invitation.pending import channels_of
from app.models.invitation.tables import Invitation
from app.models.notifications.notifying import notify
from app.models.organisation import EXTERNAL, MANAGE, USE, Membership, Organisation
from app.models.team import Team
from app.models.viewer import Viewer

UNKNOWN, EXPIRED, CANCELLED, ACCEPTED, DECLINED = "unknown", "expired", "cancelled", "accepted", "declined"


class InvitationOver(Refused):
    """The link leads nowhere (any more); `state` says why."""

    def __init__(self, state: str, invitation: Invitation | None = None) -> None:
        self.state = state
        self.invitation = invitation
        super().__init__(_("This invitation can’t be accepted any more."))


@dataclass(frozen=True, slots=True)
class Registration:
    """Who registers. `email` may differ from the invited address where that is allowed."""

    given_name: str
    family_name: str
    phone: str
    email: str
    password: str
    locale: str
    timezone: str


@dataclass(slots=True)
class Opened:
    """An invitation as its reader sees it."""

    invitation: Invitation
    organisation: Organisation
    inviter: Account
    channels: list[dict[str, Any]]
    account: Account | None

    @property
    def is_for_guest(self) -> bool:
        """Whether it is for a guest of some channels."""
        return self.invitation.role == EXTERNAL

    @property
    def first_page(self) -> str:
        """Where whoever accepts begins: a guest in the channel that was shared (GUEST-04)."""
        return f"/chat/channels/{self.channels[0]['id']}" if self.is_for_guest and self.channels else "/"

    async def is_for(self, account_id: int, email: str) -> bool:
        """Whether an account can accept it: any, unless the address is fixed (INV-05), or it belongs to the organisation already.

        So an administrator who looks at somebody else's invitation doesn't use it up.
        """
        if email == self.invitation.email:
            return True
        return not self.invitation.is_login_fixed and await _member(self.invitation.org_id, account_id) is None


async def open_invitation(token: str) -> Opened:
    """The invitation that a link leads to, without using it up. Raises `InvitationOver`."""
    row = await database.fetch_one(
        "SELECT i.* FROM invitation_link l JOIN invitation i ON i.id = l.invitation_id WHERE l.token_hash = $1", hash_token(token)
    )
    if row is None:
        raise InvitationOver(UNKNOWN)
    invitation = Invitation.from_row(row)
    _check_open(invitation)
    return Opened(
        invitation, await Organisation.get(invitation.org_id), await Account.get(invitation.invited_by), await channels_of(invitation),
        await Account.by_email(invitation.email),
    )


async def register(opened: Opened, newcomer: Registration, base: str) -> Account:
    """Make an account for the invited address, and accept with it. Another address that was typed becomes the login once it is confirmed.

    Raises `InvitationOver`, and `Refused` when the address has an account or the organisation is full.
    """
    invitation = opened.invitation
    hashed = await hash_password(newcomer.password)
    async with database.transaction():
        if await Account.by_email(invitation.email):
            raise Refused(_("%(email)s has an account already. Sign in with it to accept.") % {"email": invitation.email})
        account = await Account.open(
            invitation.email, newcomer.given_name, newcomer.family_name, locale=newcomer.locale, timezone=newcomer.timezone
        )
        await account.change(password_hash=hashed, phone=newcomer.phone)
        await accept(opened, account, base)
        if newcomer.email != invitation.email and not invitation.is_login_fixed:
            await request_new_email(account, newcomer.email, base)
    return account


async def accept(opened: Opened, account: Account, base: str) -> Membership:
    """Join with an account: the membership that comes of it. Doing it twice makes one. Raises `InvitationOver`, `Refused`."""
    invitation = opened.invitation
    async with database.transaction():
        await database.execute("UPDATE organisation SET name = name WHERE id = $1", invitation.org_id)  # others wait for their turn
        if not await _claim(invitation, account):
            return await _made_before(invitation, account)
        member, is_new = await _admit(opened.organisation, invitation, account)
        channels = await _enter_channels(opened, account)
        await _enter_teams(invitation, account)
        await audit.record(
            "guest.arrive" if opened.is_for_guest else "invitation.accept", account.name, org_id=invitation.org_id, concerns=account.id,
            invited_by=opened.inviter.name, address=invitation.email,
        )
        await notify(
            "invitation.accepted", [invitation.invited_by], invitation.org_id, facts={"name": account.name, "email": account.email},
            url="/manager/guests" if opened.is_for_guest else "/manager/people", source="invitations", actor_id=account.id,
        )
        await arrive(opened.organisation, member, account, opened.inviter, channels, base, is_new=is_new)
        announce("invitations.changed", invitation.org_id, [channel.id for channel in channels])
        announce("members.changed", invitation.org_id, [account.id])
    Viewer.forget()
    return member


async def accept_on_the_way(url: str, account: Account, base: str) -> str | None:
    """Accept for somebody who has just proved who they are and was on the way back to an invitation, but belongs nowhere else yet.

    Returns where they begin; None when `url` is no invitation of theirs.
    """
    prefix, _slash, token = url.rpartition("/")
    if prefix != "/invitation":
        return None
    try:
        opened = await open_invitation(unquote(token))
        if await opened.is_for(account.id, account.email):
            await accept(opened, account, base)
            return opened.first_page
    except InvitationOver:
        pass
    return None


async def decline(opened: Opened) -> None:
    """Say no: the link is over, and whoever invited sees it. Raises `InvitationOver`."""
    invitation = opened.invitation
    async with database.transaction():
        said = await database.execute(
            "UPDATE invitation SET declined_at = $1 WHERE id = $2 AND accepted_at IS NULL AND declined_at IS NULL AND cancelled_at IS NULL RETURNING id",
            clock.now(), invitation.id,
        )
        if not said:
            _check_open(await Invitation.get(invitation.id))
            return
        await audit.record("invitation.decline", invitation.email, org_id=invitation.org_id, invited_by=opened.inviter.name)
        await notify(
            "invitation.declined", [invitation.invited_by], invitation.org_id, facts={"email": invitation.email},
            url="/manager/guests" if opened.is_for_guest else "/manager/invitations", source="invitations",
        )
        announce("invitations.changed", invitation.org_id, [channel["id"] for channel in opened.channels])


def _check_open(invitation: Invitation) -> None:
    for state, at in ((ACCEPTED, invitation.accepted_at), (DECLINED, invitation.declined_at), (CANCELLED, invitation.cancelled_at)):
        if at is not None:
            raise InvitationOver(state, invitation)
    if invitation.expires_at <= clock.now():
        raise InvitationOver(EXPIRED, invitation)


async def _claim(invitation: Invitation, account: Account) -> bool:
    """Use it up. Of several at once, one does."""
    now = clock.now()
    return bool(await database.execute(
        "UPDATE invitation SET accepted_at = $1, account_id = $2 WHERE id = $3 AND accepted_at IS NULL AND declined_at IS NULL"
        " AND cancelled_at IS NULL AND expires_at > $4 RETURNING id",
        now, account.id, invitation.id, now,
    ))


async def _made_before(invitation: Invitation, account: Account) -> Membership:
    """What the same person's other tab made of it. Raises `InvitationOver`."""
    now = await Invitation.get(invitation.id)
    if now.account_id != account.id:
        _check_open(now)
    member = await _member(invitation.org_id, account.id)
    if member is None:
        raise InvitationOver(ACCEPTED, now)
    return member


async def _admit(organisation: Organisation, invitation: Invitation, account: Account) -> tuple[Membership, bool]:
    """The membership, and whether it is new. A guest who is invited as a member becomes one; a member who is invited as guest stays one."""
    await database.execute(
        "UPDATE membership SET ended_at = ends_at WHERE org_id = $1 AND account_id = $2 AND ended_at IS NULL AND ends_at <= $3",
        organisation.id, account.id, clock.now(),
    )
    member = await _member(organisation.id, account.id)
    is_promoted = member is not None and member.role == EXTERNAL and invitation.role != EXTERNAL
    if member is not None and not is_promoted:
        return member, False
    await (await Organisation.get(organisation.id)).check_room(invitation.role)
    if member is not None:
        await database.execute("UPDATE membership SET ended_at = $1 WHERE id = $2", clock.now(), member.id)
    rights = invitation.rights.split()
    products = tuple(right.removesuffix(f".{USE}") for right in rights if right.endswith(f".{USE}"))
    member = await organisation.admit(account, invitation.role, products)
    await _give_exactly(member, rights)
    await member.change(invited_by=invitation.invited_by, ends_at=invitation.ends_at, end_warned_at=None)
    return member, True


async def _give_exactly(member: Membership, rights: Collection[str]) -> None:
    """Managing a product is a right apart from using it (INV-13), for administrators too."""
    await database.execute("DELETE FROM product_right WHERE membership_id = $1 AND level = $2", member.id, MANAGE)
    for right in rights:
        product, _dot, level = right.partition(".")
        await member.grant(product, level)


async def _member(org_id: int, account_id: int) -> Membership | None:
    row = await database.fetch_one("SELECT * FROM membership WHERE org_id = $1 AND account_id = $2 AND ended_at IS NULL", org_id, account_id)
    return Membership.from_row(row) if row else None


async def _enter_channels(opened: Opened, account: Account) -> list[Channel]:
    if "chat.use" not in opened.invitation.rights.split():
        return []
    entered = [await Channel.get(channel["id"]) for channel in opened.channels]
    for channel in entered:
        await channel.take_in([account.id])
    return entered


async def _enter_teams(invitation: Invitation, account: Account) -> None:
    for id_ in msgspec.json.decode(invitation.teams):
        team = await Team.find(id_)
        if team and team.org_id == invitation.org_id and team.deleted_at is None:
            await team._take_in([account.id])
