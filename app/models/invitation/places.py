"""How many people an organisation's plan has room for, counting those who are invited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from app import database
from app.lib import clock
from app.models.organisation import Organisation

_INVITED = """
SELECT SUM(CASE WHEN role <> 'external' THEN 1 ELSE 0 END) AS members, SUM(CASE WHEN role = 'external' THEN 1 ELSE 0 END) AS guests
  FROM invitation WHERE org_id = $1 AND accepted_at IS NULL AND declined_at IS NULL AND cancelled_at IS NULL AND expires_at > $2
"""


@dataclass(slots=True)
class Places:
    """Members and guests who are there, those who are invited, and the limits; None is no limit."""

    members: int
    guests: int
    invited_members: int
    invited_guests: int
    member_limit: int | None
    guest_limit: int

    @classmethod
    async def of(cls, org_id: int) -> Self:
        """Of an organisation now."""
        organisation = await Organisation.get(org_id)
        invited = await database.fetch_one(_INVITED, org_id, clock.now()) or {}
        return cls(
            await organisation.count_places(), await organisation.count_places(guests=True), invited["members"] or 0, invited["guests"] or 0,
            organisation.user_limit, organisation.guest_limit,
        )

    @classmethod
    async def taking_turns(cls, org_id: int) -> Self:
        """The same in a transaction that invites or lets somebody in: others wait, so two can't take the last place."""
        await database.execute("UPDATE organisation SET name = name WHERE id = $1", org_id)
        return await cls.of(org_id)

    def take_member(self) -> bool:
        """Keep a place for a member, if there is one left."""
        if self.member_limit is not None and self.members + self.invited_members >= self.member_limit:
            return False
        self.invited_members += 1
        return True

    def take_guest(self) -> bool:
        """Keep a place for a guest, if there is one left."""
        if self.guests + self.invited_guests >= self.guest_limit:
            return False
        self.invited_guests += 1
        return True
