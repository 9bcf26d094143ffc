"""What somebody is invited to, and whether this person may offer it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Self

import msgspec

from app import database
from app.lib.i18n import _
from app.models.base import NotFound, Refused
from app.models.chat.rules import may_invite_guests
from app.models.organisation import ADMIN, EXTERNAL, MANAGE, PRODUCTS, USE, USER
from app.models.viewer import Viewer

INVITABLE = (USER, ADMIN)
GUEST_RIGHTS = ("chat.use",)
_CHANNELS = """
SELECT c.id, c.name, c.kind, c.sole_key, m.id AS member_id FROM channel c
  LEFT JOIN channel_member m ON m.channel_id = c.id AND m.account_id = $2
 WHERE c.org_id = $1 AND c.kind <> 'direct' AND c.archived_at IS NULL AND (c.kind = 'public' OR m.id IS NOT NULL) ORDER BY c.name
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """A role, rights such as chat.use, ids of teams and channels, and how the mail is written. `ends_at` is a guest's last moment."""

    role: str = USER
    rights: tuple[str, ...] = ()
    teams: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    note: str = ""
    locale: str = "en"
    is_login_fixed: bool = False
    ends_at: int | None = None

    def as_json(self) -> str:
        """As it is kept with a list."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Back from `as_json`."""
        return msgspec.json.decode(text, type=cls)


async def permitted(viewer: Viewer, offer: Offer) -> Offer:
    """The offer, if this person may make it to members: nobody gives what they don't hold, and nobody is made legal representative.

    Raises `NotFound` for who doesn't administer the organisation, `Refused` for who asks for more than they may.
    """
    if not viewer.is_admin:
        raise NotFound("administration")
    known = {f"{product}.{level}" for product in PRODUCTS for level in (USE, MANAGE)}
    if offer.role not in INVITABLE or not set(offer.rights) <= known:
        raise Refused(_("Nobody can be invited with this role or these rights."))
    if any(right.startswith("chat.") for right in offer.rights) and not viewer.can_manage("chat"):
        raise Refused(_("Only administrators with full rights for Chat invite people to Chat."))
    if any(right.endswith(f".{MANAGE}") and right not in viewer.rights for right in offer.rights):
        raise Refused(_("You can’t give the right to manage an app that you don’t manage yourself."))
    channels = await channels_for(viewer)
    return replace(
        offer, channels=_among(offer.channels, channels, _("One of these channels isn’t there any more.")), ends_at=None,
        teams=_among(offer.teams, await _teams(viewer), _("One of these teams isn’t there any more.")),
    )


async def permitted_to_guests(viewer: Viewer, offer: Offer) -> Offer:
    """The offer, if this person may make it to guests: some channels, and nothing else of the organisation (GUEST-01, GUEST-21, GUEST-22)."""
    if not await may_invite_guests(viewer):
        raise NotFound("guests")
    channels = _among(offer.channels, await channels_for(viewer, guests=True), _("Guests can’t be invited to one of these channels."))
    if not channels:
        raise Refused(_("Choose at least one channel for the guests."))
    return replace(offer, role=EXTERNAL, rights=GUEST_RIGHTS, teams=(), channels=channels)


async def channels_for(viewer: Viewer, *, guests: bool = False) -> list[dict[str, Any]]:
    """The channels that somebody may invite to, by name: those that they see. For guests not the channel of all members.

    Who invites guests without managing Chat invites only to channels that they are in.
    """
    rows = await database.fetch(_CHANNELS, viewer.org_id, viewer.account_id)
    if guests:
        rows = [row for row in rows if row["sole_key"] is None and (row["member_id"] or viewer.can_manage("chat"))]
    return rows


async def _teams(viewer: Viewer) -> list[dict[str, Any]]:
    return await database.fetch("SELECT id FROM team WHERE org_id = $1 AND deleted_at IS NULL", viewer.org_id)


def _among(ids: Collection[int], rows: Collection[dict[str, Any]], otherwise: str) -> tuple[int, ...]:
    if not set(ids) <= {row["id"] for row in rows}:
        raise Refused(otherwise)
    return tuple(dict.fromkeys(ids))
