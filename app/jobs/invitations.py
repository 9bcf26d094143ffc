"""Mails of invitations, lists that are sent, and guests whose time is over."""

from __future__ import annotations

from app.jobs import GiveUp, context, job
from app.lib.locales import long_day
from app.lib.mime import AddressError, Party
from app.mail import Letter, MailRefused, link_base, send, write
from app.models.account import Account
from app.models.brand.known import brand_of
from app.models.invitation import batches, guests, pending
from app.models.invitation.tables import KEPT, QUEUED, REFUSED, SENT, Invitation
from app.models.organisation import EXTERNAL, Organisation


@job("mail_invitation")
async def mail_invitation(invitation_id: int, origin: str) -> None:
    """Mail somebody their invitation. The link is made here, so that the outbox table never holds it."""
    settings = context.settings()
    found = await pending.to_mail(invitation_id, settings.invitation_days)
    if found is None:
        return
    invitation, token = found
    try:
        brand = await brand_of(invitation.org_id)
        message = await write(await _letter(invitation, token, brand.origin or link_base(settings, origin)), brand, settings)
        await send(message, settings)
    except (AddressError, MailRefused) as error:
        await pending.note_delivery(invitation, REFUSED, str(error))
        raise GiveUp(str(error)) from error
    except Exception as error:
        await pending.note_delivery(invitation, QUEUED, str(error))
        raise
    await pending.note_delivery(invitation, SENT if settings.smtp_url else KEPT)


@job("send_invitations")
async def send_invitations(batch_id: int) -> None:
    """Invite everybody on a list. Each piece is a transaction with its count, so a crash repeats nothing."""
    while await batches.send_piece(batch_id):
        pass


@job("prune_invitations")
async def prune_invitations() -> None:
    """Forget lists of people that aren't needed any more."""
    await batches.prune()


@job("end_guests")
async def end_guests() -> None:
    """Take out guests whose time is over, and warn a week before."""
    await guests.end_overdue()
    await guests.warn_of_ends()


async def _letter(invitation: Invitation, token: str, base: str) -> Letter:
    organisation, inviter = await Organisation.get(invitation.org_id), await Account.get(invitation.invited_by)
    facts = {
        "organisation": organisation.name, "inviter": inviter.name, "note": invitation.note, "url": f"{base}/invitation/{token}", "base": base,
        "expires": long_day(invitation.expires_at, organisation.timezone, invitation.locale),
        "ends": long_day(invitation.ends_at - 1, organisation.timezone, invitation.locale) if invitation.ends_at else "",
        "channels": await pending.channels_of(invitation), "email": invitation.email,
    }
    name = f"{invitation.given_name} {invitation.family_name}".strip()
    template = "guest-invitation" if invitation.role == EXTERNAL else "invitation"
    return Letter(template, Party(invitation.email, name), invitation.locale, facts)
