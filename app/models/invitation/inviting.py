"""Inviting people: one at a time or line by line, to become members, or as guests of some channels."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import msgspec

from app import database
from app.lib import clock
from app.lib.address_lists import Line
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models import audit
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import Refused
from app.models.chat.channel import Channel
from app.models.command import Command, undoes
from app.models.invitation.arrival import tell_of_channels
from app.models.invitation.offer import Offer, permitted, permitted_to_guests
from app.models.invitation.places import Places
from app.models.invitation.tables import QUEUED, Invitation
from app.models.job import Job
from app.models.organisation import EXTERNAL, Organisation
from app.models.viewer import Viewer

INVITED, ADDED, MEMBER, PENDING, FULL = "invited", "added", "member", "pending", "full"
LIFETIME = 14 * clock.DAY  # until the mail is written, which follows CHALET_INVITATION_DAYS
MOST_GUESTS = 100


@dataclass(slots=True)
class Outcome:
    """What came of inviting an address: INVITED, ADDED to the channels (somebody who belongs already), MEMBER, PENDING or FULL."""

    email: str
    kind: str
    invitation: Invitation | None = None
    account: Account | None = None
    channels: list[int] = field(default_factory=list)


async def invite(viewer: Viewer, person: Line, offer: Offer, origin: str, key: str | None = None) -> Invitation:
    """Invite somebody to become a member. Raises `Refused` with the reason where it comes to nothing."""
    offer = await permitted(viewer, offer)
    async with Command.once(viewer, "invitation.create", key) as command:
        if command.repeated:
            return await Invitation.get(command.result or 0)
        outcome = await invite_one(viewer, person, offer, origin, await Places.taking_turns(viewer.org_id))
        if outcome.invitation is None:
            raise Refused(await _why_not(viewer, outcome))
        command.done(
            outcome.invitation.id, what=person.email, url="/manager/invitations", inverse={"invitations": [outcome.invitation.id], "added": []}
        )
    return outcome.invitation


async def invite_one(viewer: Viewer, person: Line, offer: Offer, origin: str, places: Places, batch_id: int | None = None) -> Outcome:
    """Invite one address under an offer that was `permitted`, in the transaction under way."""
    account = await Account.by_email(person.email)
    if account and await _role_of(viewer.org_id, account.id) not in (None, EXTERNAL):
        return Outcome(person.email, MEMBER, account=account)
    if await open_invitation(viewer.org_id, person.email):
        return Outcome(person.email, PENDING, account=account)
    if not places.take_member():
        return Outcome(person.email, FULL, account=account)
    return Outcome(person.email, INVITED, await _write(viewer, person, offer, origin, batch_id), account)


async def invite_guests(viewer: Viewer, people: Collection[Line], offer: Offer, origin: str, key: str | None = None) -> tuple[Command, list[Outcome]]:
    """Invite people from outside to some channels. Who belongs to the organisation already is added to the channels at once.

    Raises `Refused` for too many addresses, `NotFound` for who may not invite guests.
    """
    offer = await permitted_to_guests(viewer, offer)
    if len(people) > MOST_GUESTS:
        raise Refused(_("Invite at most %(most)s guests at once.") % {"most": MOST_GUESTS})
    outcomes: list[Outcome] = []
    async with Command.once(viewer, "guest.invite", key) as command:
        if command.repeated:
            return command, outcomes
        places = await Places.taking_turns(viewer.org_id)
        for person in people:
            outcomes.append(await _invite_guest(viewer, person, offer, origin, places))
        made = [outcome.invitation.id for outcome in outcomes if outcome.kind == INVITED and outcome.invitation]
        added = [[channel, outcome.account.id] for outcome in outcomes if outcome.account for channel in outcome.channels]
        command.done(
            len(outcomes), what=", ".join(person.email for person in people), url="/manager/guests", inverse={"invitations": made, "added": added}
        )
    return command, outcomes


async def open_invitation(org_id: int, email: str) -> Invitation | None:
    """The invitation of an address that is neither accepted, declined nor cancelled; it may have expired."""
    row = await database.fetch_one(
        "SELECT * FROM invitation WHERE org_id = $1 AND email = $2 AND accepted_at IS NULL AND declined_at IS NULL AND cancelled_at IS NULL",
        org_id, email,
    )
    return Invitation.from_row(row) if row else None


async def _invite_guest(viewer: Viewer, person: Line, offer: Offer, origin: str, places: Places) -> Outcome:
    account = await Account.by_email(person.email)
    if account and await _role_of(viewer.org_id, account.id):
        return Outcome(person.email, ADDED, account=account, channels=await _add_to_channels(viewer, account, offer))
    if earlier := await open_invitation(viewer.org_id, person.email):
        await _add_channels(earlier, offer.channels)
        return Outcome(person.email, PENDING, earlier, account)
    if not places.take_guest():
        return Outcome(person.email, FULL, account=account)
    return Outcome(person.email, INVITED, await _write(viewer, person, offer, origin, None), account)


async def _write(viewer: Viewer, person: Line, offer: Offer, origin: str, batch_id: int | None) -> Invitation:
    now = clock.now()
    invitation = await Invitation.insert_new(
        org_id=viewer.org_id, email=person.email, given_name=person.given_name, family_name=person.family_name, role=offer.role,
        rights=" ".join(offer.rights), teams=msgspec.json.encode(offer.teams).decode(), is_login_fixed=offer.is_login_fixed, note=offer.note,
        locale=offer.locale, ends_at=offer.ends_at, batch_id=batch_id, invited_by=viewer.account_id, created_at=now, expires_at=now + LIFETIME,
        delivery=QUEUED,
    )
    await _add_channels(invitation, offer.channels)
    await Job.enqueue("mail_invitation", key=f"invitation:{invitation.id}", org_id=viewer.org_id, invitation_id=invitation.id, origin=origin)
    kind = "guest.invite" if offer.role == EXTERNAL else "invitation.create"
    await audit.record(kind, person.email, viewer=viewer, role=offer.role, rights=list(offer.rights))
    announce("invitations.changed", viewer.org_id, list(offer.channels))
    return invitation


async def _add_channels(invitation: Invitation, channels: Collection[int]) -> None:
    for channel_id in channels:
        await database.execute(
            "INSERT INTO invitation_channel (id, invitation_id, channel_id) VALUES ($1, $2, $3) ON CONFLICT (invitation_id, channel_id) DO NOTHING",
            new_id(), invitation.id, channel_id,
        )
    announce("invitations.changed", invitation.org_id, list(channels))


async def _add_to_channels(viewer: Viewer, account: Account, offer: Offer) -> list[int]:
    """Take somebody who belongs already into the channels. Returns those that are new for them."""
    new = []
    for channel_id in offer.channels:
        channel = await Channel.get(channel_id)
        if await channel.take_in([account.id]):
            new.append(channel)
    if new:
        await audit.record("guest.channels", account.name, viewer=viewer, concerns=account.id, added=[channel.name for channel in new])
        await tell_of_channels(viewer, account, new)
    return [channel.id for channel in new]


async def _role_of(org_id: int, account_id: int) -> str | None:
    """The role of somebody who belongs to the organisation now."""
    return await database.fetch_value(
        "SELECT role FROM membership WHERE org_id = $1 AND account_id = $2 AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > $3)",
        org_id, account_id, clock.now(),
    )


async def _why_not(viewer: Viewer, outcome: Outcome) -> str:
    if outcome.kind == MEMBER and outcome.account:
        return _("%(name)s is a member already.") % {"name": outcome.account.name}
    if outcome.kind == PENDING:
        return _("%(email)s has been invited already. You can send the invitation again from the list.") % {"email": outcome.email}
    limit = (await Organisation.get(viewer.org_id)).user_limit
    return _("The organisation has all the %(limit)s members that its plan allows, with those who are invited.") % {"limit": limit}


@undoes("invitation.create")
@undoes("guest.invite")
async def _uninvite(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for id_ in inverse["invitations"]:
        row = await database.execute(
            "UPDATE invitation SET cancelled_at = $1 WHERE id = $2 AND org_id = $3 AND accepted_at IS NULL AND cancelled_at IS NULL RETURNING email",
            clock.now(), id_, viewer.org_id,
        )
        if row:
            await audit.record("invitation.cancel", row[0]["email"], viewer=viewer)
    for channel_id, account_id in inverse["added"]:
        channel = await Channel.get(channel_id)
        if channel.org_id == viewer.org_id:
            await channel.let_go(account_id)
    announce("invitations.changed", viewer.org_id, [])
