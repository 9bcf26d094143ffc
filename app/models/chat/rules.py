"""What an organisation has decided about its chat: who may start channels, who may bring in guests, and where calls are held."""

from __future__ import annotations

import re
from typing import Self

from piccolo.columns import Boolean, Integer, Varchar

from app import database
from app.lib.tokens import new_token
from app.models.base import Row
from app.models.viewer import Viewer

MEMBERS, MANAGERS = "members", "managers"
WHO = (MEMBERS, MANAGERS)
ROOM = "{room}"
_MEETINGS = re.compile(r"https?://[^\s<>\"()\[\]]{3,1000}")


def is_meeting_address(text: str) -> bool:
    """Whether it is the address of a web page that people can join a call at."""
    return _MEETINGS.fullmatch(text) is not None


class ChatRules(Row):
    """The rules of one organisation. The row's id is the organisation's; without a row the defaults hold."""

    channel_makers = Varchar(length=10, default=MEMBERS, help_text="Who may start channels: members, or managers of chat only.")
    guest_hosts = Varchar(length=10, default=MANAGERS, help_text="Who may invite guests: managers of chat, or all members.")
    meetings = Varchar(length=200, default="", help_text="Where calls are held: an address that rooms are put behind, or one with {room}.")
    retention_days = Integer(null=True, default=None, help_text="How long messages are kept; null: for ever.")
    export_direct = Boolean(default=False, help_text="Whether an export of everything has direct conversations, too.")

    @classmethod
    async def of(cls, org_id: int) -> Self:
        """The rules that hold in an organisation."""
        row = await database.fetch_one("SELECT * FROM chat_rules WHERE id = $1", org_id)
        return cls.from_row(row) if row else cls(id=org_id)

    async def put(self, **decided: str) -> None:
        """Decide these anew; what isn't named stays as it is. Afterwards there is a row."""
        for name, value in decided.items():
            setattr(self, name, value)
        await database.execute(
            "INSERT INTO chat_rules (id, channel_makers, guest_hosts, meetings) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE"
            " SET channel_makers = excluded.channel_makers, guest_hosts = excluded.guest_hosts, meetings = excluded.meetings",
            self.id, self.channel_makers, self.guest_hosts, self.meetings,
        )

    def new_meeting(self) -> str:
        """The address of a new room of the organisation's meeting service, which nobody can guess; empty where none is set."""
        if not self.meetings:
            return ""
        room = new_token(12)
        return self.meetings.replace(ROOM, room) if ROOM in self.meetings else f"{self.meetings.rstrip('/')}/{room}"


async def may_start_channels(viewer: Viewer) -> bool:
    """Whether somebody may start channels: who manages Chat, and every member unless the organisation decided otherwise."""
    if viewer.is_external or not viewer.can_use("chat"):
        return False
    return viewer.can_manage("chat") or (await ChatRules.of(viewer.org_id)).channel_makers == MEMBERS


async def may_invite_guests(viewer: Viewer) -> bool:
    """Whether somebody may bring in guests: who manages Chat, or every member where the organisation decided so. Never a guest (GUEST-21)."""
    if viewer.is_external or not viewer.can_use("chat"):
        return False
    return viewer.can_manage("chat") or (await ChatRules.of(viewer.org_id)).guest_hosts == MEMBERS
