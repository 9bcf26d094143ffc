"""Invitations that wait for an answer: listed, sent again, cancelled, copied."""

from __future__ import annotations

from typing import Any

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.lib.names import full_name
from app.lib.tokens import hash_token, new_token
from app.models import audit
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.chat.rules import may_invite_guests
from app.models.command import Command, undoes
from app.models.credential.attempt import FailedAttempt as Attempt
from app.models.credential.attempt import Limit
from app.models.invitation.tables import COPIED, KEPT, MAILED, QUEUED, REFUSED, SENT, Invitation, InvitationLink
from app.models.job import Job
from app.models.organisation import EXTERNAL
from app.models.viewer import Viewer

PIECE = 50
AGAIN = Limit(free=4, first=clock.MINUTE, longest=clock.HOUR)
_OPEN = "i.accepted_at IS NULL AND i.declined_at IS NULL AND i.cancelled_at IS NULL"
_LIST = f"""
SELECT i.*, a.given_name AS inviter_given_name, a.family_name AS inviter_family_name
  FROM invitation i JOIN account a ON a.id = i.invited_by
 WHERE i.org_id = $1 AND {_OPEN} AND i.role {{}} AND i.id < $2 AND (i.email LIKE $3 OR lower(i.given_name || ' ' || i.family_name) LIKE $3)
 ORDER BY i.id DESC LIMIT $4
"""


async def pending(org_id: int, *, guests: bool = False, typed: str = "", before: int = 0, most: int = PIECE) -> list[dict[str, Any]]:
    """Invitations without an answer, newest first, those before the one with id `before`.

    Guests are listed apart (GUEST-07). Each row has the invitation's columns, name, inviter, is_expired and channels (id and name).
    """
    like = f"%{typed.strip().lower()[:100].replace('%', '').replace('_', '')}%"
    rows = await database.fetch(_LIST.format("= 'external'" if guests else "<> 'external'"), org_id, before or 2**53, like, most)
    channels = await _channels_of([row["id"] for row in rows])
    for row in rows:
        row["name"] = full_name(row)
        row["inviter"] = full_name(row, "inviter_")
        row["is_expired"] = row["expires_at"] <= clock.now()
        row["channels"] = channels.get(row["id"], [])
    return rows


async def count_pending(org_id: int, *, guests: bool = False) -> int:
    """How many invitations have no answer."""
    role = "= 'external'" if guests else "<> 'external'"
    return int(await database.fetch_value(f"SELECT COUNT(*) FROM invitation i WHERE i.org_id = $1 AND {_OPEN} AND i.role {role}", org_id))


async def invited_to(channel_id: int) -> list[dict[str, Any]]:
    """Guests who are invited to a channel and haven't registered yet (GUEST-06): email, name."""
    rows = await database.fetch(
        "SELECT i.id, i.email, i.given_name, i.family_name FROM invitation_channel c JOIN invitation i ON i.id = c.invitation_id"
        f" WHERE c.channel_id = $1 AND i.role = 'external' AND {_OPEN} AND i.expires_at > $2 ORDER BY i.email",
        channel_id, clock.now(),
    )
    return [{**row, "name": full_name(row) or row["email"]} for row in rows]


async def find_pending(viewer: Viewer, id_: int) -> Invitation:
    """An invitation without an answer that this person may send again or cancel. Raises `NotFound`."""
    row = await database.fetch_one(f"SELECT i.* FROM invitation i WHERE i.id = $1 AND i.org_id = $2 AND {_OPEN}", id_, viewer.org_id)
    if row is None or not await _may_handle(viewer, row):
        raise NotFound(f"invitation {id_}")
    return Invitation.from_row(row)


async def send_again(viewer: Viewer, invitation: Invitation, origin: str) -> None:
    """Mail it once more, with a new link; the earlier ones don't work any more. Raises `Throttled`."""
    await Attempt.take(f"invitation:{invitation.id}", AGAIN)
    async with Command.once(viewer, "invitation.resend") as command:
        await database.execute("DELETE FROM invitation_link WHERE invitation_id = $1", invitation.id)
        await invitation.change(delivery=QUEUED, delivery_error="")
        await Job.enqueue("mail_invitation", key=f"invitation:{invitation.id}", org_id=viewer.org_id, invitation_id=invitation.id, origin=origin)
        await audit.record("invitation.resend", invitation.email, viewer=viewer)
        command.done(invitation.id, what=invitation.email, url=_list_of(invitation))
        announce("invitations.changed", viewer.org_id, [])


async def cancel(viewer: Viewer, invitation: Invitation) -> Command:
    """Take it back: its links lead nowhere. Can be undone."""
    async with Command.once(viewer, "invitation.cancel") as command:
        await database.execute("UPDATE invitation SET cancelled_at = $1 WHERE id = $2 AND accepted_at IS NULL", clock.now(), invitation.id)
        await audit.record("invitation.cancel", invitation.email, viewer=viewer)
        command.done(invitation.id, what=invitation.email, url=_list_of(invitation), inverse={"invitation": invitation.id})
        announce("invitations.changed", viewer.org_id, await _channel_ids(invitation.id))
    return command


async def copy_link(viewer: Viewer, invitation: Invitation, days: int) -> str:
    """The token of a link to hand over by oneself; the mailed one goes on working, an earlier copied one doesn't."""
    async with database.transaction():
        await audit.record("invitation.link", invitation.email, viewer=viewer)
        return await issue_link(invitation, COPIED, days)


async def issue_link(invitation: Invitation, kind: str, days: int) -> str:
    """A new link, good for so many days from now; it replaces the earlier one of its kind. Only its hash is kept."""
    token, now = new_token(), clock.now()
    async with database.transaction():
        await database.execute("DELETE FROM invitation_link WHERE invitation_id = $1 AND kind = $2", invitation.id, kind)
        await InvitationLink.insert_new(invitation_id=invitation.id, kind=kind, token_hash=hash_token(token), created_at=now)
        await invitation.change(expires_at=now + days * clock.DAY)
    return token


async def note_delivery(invitation: Invitation, state: str, error: str = "") -> None:
    """What became of the mail: SENT, KEPT in the outbox folder, or REFUSED by the mail server, in its own words."""
    assert state in (SENT, KEPT, REFUSED, QUEUED)
    async with database.transaction():
        await invitation.change(
            delivery=state, delivery_error=error[:1000], delivered_at=clock.now() if state in (SENT, KEPT) else invitation.delivered_at,
            deliveries=invitation.deliveries + (state in (SENT, KEPT)),
        )
        announce("invitations.changed", invitation.org_id, [])


async def to_mail(invitation_id: int, days: int) -> tuple[Invitation, str] | None:
    """An invitation that is still to be mailed, with a new link's token; None when it has been answered or cancelled meanwhile."""
    row = await database.fetch_one(f"SELECT i.* FROM invitation i WHERE i.id = $1 AND {_OPEN}", invitation_id)
    if row is None:
        return None
    invitation = Invitation.from_row(row)
    return invitation, await issue_link(invitation, MAILED, days)


async def channels_of(invitation: Invitation) -> list[dict[str, Any]]:
    """The channels that it leads into, as far as they are there: id and name."""
    return (await _channels_of([invitation.id])).get(invitation.id, [])


def _list_of(invitation: Invitation) -> str:
    return "/manager/guests" if invitation.role == EXTERNAL else "/manager/invitations"


async def _may_handle(viewer: Viewer, row: dict[str, Any]) -> bool:
    if row["role"] != EXTERNAL:
        return viewer.is_admin
    return viewer.can_manage("chat") or (row["invited_by"] == viewer.account_id and await may_invite_guests(viewer))


async def _channels_of(ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    if ids:
        marks = database.marks(ids)
        for row in await database.fetch(
            "SELECT x.invitation_id, c.id, c.name FROM invitation_channel x JOIN channel c ON c.id = x.channel_id"
            f" WHERE c.archived_at IS NULL AND x.invitation_id IN ({marks}) ORDER BY c.name", *ids,
        ):
            found.setdefault(row["invitation_id"], []).append({"id": row["id"], "name": row["name"]})
    return found


async def _channel_ids(invitation_id: int) -> list[int]:
    return [row["channel_id"] for row in await database.fetch("SELECT channel_id FROM invitation_channel WHERE invitation_id = $1", invitation_id)]


@undoes("invitation.cancel")
async def _uncancel(viewer: Viewer, inverse: dict[str, Any]) -> None:
    invitation = await Invitation.get(inverse["invitation"])
    if not await _may_handle(viewer, invitation.__dict__) or invitation.org_id != viewer.org_id:
        raise Refused(_("This can’t be undone any more."))
    try:
        async with database.savepoint():
            await invitation.change(cancelled_at=None)
    except database.UniqueViolation:
        raise Refused(_("%(email)s was invited anew meanwhile.") % {"email": invitation.email}) from None
    await audit.record("invitation.restore", invitation.email, viewer=viewer)
    announce("invitations.changed", viewer.org_id, await _channel_ids(invitation.id))


@live.topic("invitations")
async def _may_listen(viewer: Viewer, org_id: int) -> bool:
    return viewer.org_id == org_id and (viewer.is_admin or viewer.can_manage("chat"))
