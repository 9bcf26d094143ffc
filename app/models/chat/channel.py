"""Places to talk: public and private channels, and direct conversations."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Self

from piccolo.columns import BigInt, ForeignKey, Integer, Text, Varchar

from app import database, live
from app.lib import clock
from app.lib.i18n import _, speaking
from app.lib.ids import new_id
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused, Row
from app.models.chat.rules import may_start_channels
from app.models.command import Command
from app.models.organisation import EXTERNAL, Membership, Organisation, on_admission
from app.models.viewer import Viewer

PUBLIC, PRIVATE, DIRECT = "public", "private", "direct"
GENERAL = "general"
MOST_NAME, MOST_DESCRIPTION, MOST_HEADER = 80, 500, 2_000
ADMIN = "admin"  # the role of a member who looks after a channel
_NAME = re.compile(r"[\w][\w.\-]*")

_SEEN_BY = """
SELECT c.*, m.id AS member_id, m.read_up_to, m.favourite_at, m.muted_at, m.role AS member_role, m.category_id, m.level
  FROM channel c LEFT JOIN channel_member m ON m.channel_id = c.id AND m.account_id = $2
 WHERE c.id = $1 AND c.org_id = $3 AND c.deleted_at IS NULL
"""


class NameRefused(Refused):
    """A channel can't have this name; the text says why."""


class Channel(Row):
    """A conversation of some people."""

    org_id = ForeignKey(Organisation)
    kind = Varchar(length=8, default=PUBLIC)
    name = Varchar(length=80, default="", help_text="Its address in words, such as launch-2027. Empty in direct conversations.")
    display_name = Varchar(length=80, default="", help_text="What it is called where there is room; empty: as its address.")
    header = Text(default="", help_text="Markdown, shown under the title.")
    header_html = Text(default="")
    description = Varchar(length=500, default="")
    sole_key = Varchar(
        length=400, null=True, default=None,
        help_text="What there is one of in an organisation: sorted account ids of a direct conversation, `general` for the channel of all members.",
    )
    created_by = ForeignKey(Account)
    created_at = BigInt(default=0)
    last_message_id = BigInt(default=0)
    archived_at = BigInt(null=True, default=None)
    archived_by = BigInt(null=True, default=None)
    deleted_at = BigInt(null=True, default=None, help_text="Nobody finds it any more; it is erased when that can't be undone any more.")
    deleted_by = BigInt(null=True, default=None)
    slow_seconds = Integer(default=0, help_text="How long members wait between two messages; 0: they don't.")
    retention_days = Integer(null=True, default=None, help_text="How long messages are kept; 0: for ever, null: as the organisation decided.")
    default_since = BigInt(null=True, default=None, help_text="Since when new members come into it by themselves (CHAT-12).")

    # Of whoever it was found for with `seen_by`.
    member_id: int | None = None
    read_up_to: int | None = None
    favourite_at: int | None = None
    muted_at: int | None = None
    member_role: str | None = None
    category_id: int | None = None
    level: str | None = None

    @property
    def title(self) -> str:
        """What it is called: its display name, or its address."""
        return self.display_name or self.name

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct conversation."""
        return self.kind == DIRECT

    @property
    def is_general(self) -> bool:
        """Whether it is the channel of all members, which can't be left."""
        return self.sole_key == GENERAL

    @property
    def url(self) -> str:
        """Its address."""
        return f"/chat/channels/{self.id}"

    @classmethod
    async def seen_by(cls, viewer: Viewer, id_: int) -> Self:
        """The channel with this id as this person sees it: they are in it, or it is public and they are no guest. Raises `NotFound`."""
        row = await database.fetch_one(_SEEN_BY, id_, viewer.account_id, viewer.org_id)
        if row is None or not viewer.can_use("chat") or (row["member_id"] is None and (row["kind"] != PUBLIC or viewer.is_external)):
            raise NotFound(f"channel {id_}")
        return cls.from_row(row)

    @classmethod
    async def start(
        cls, viewer: Viewer, kind: str, name: str, description: str = "", people: Collection[int] = (), key: str | None = None, display_name: str = "",
    ) -> Self:
        """A new channel with its founder and `people` in it. Raises `NameRefused`, `Refused`."""
        await check_may_start(viewer)
        name = channel_name(name)
        try:
            async with Command.once(viewer, "channel.create", key) as command:
                if command.repeated:
                    return await cls.seen_by(viewer, command.result or 0)
                channel = await cls.insert_new(
                    org_id=viewer.org_id, kind=kind, name=name, display_name=display_name, description=description, created_by=viewer.account_id,
                    created_at=clock.now(),
                )
                await channel.take_in([viewer.account_id, *await _colleagues(viewer, people)])
                command.done(channel.id, what=f"#{name}", url=channel.url)
        except database.UniqueViolation:
            raise NameRefused(_("There is a channel of this name already.")) from None
        return await cls.seen_by(viewer, channel.id)

    async def take_in(self, account_ids: Collection[int]) -> list[int]:
        """Make accounts members, having read everything so far. Returns those who weren't before."""
        now, added = clock.now(), []
        for account_id in dict.fromkeys(account_ids):
            added += await database.execute(
                "INSERT INTO channel_member (id, channel_id, account_id, joined_at, read_up_to)"
                " SELECT $1, c.id, $2, $3, c.last_message_id FROM channel c WHERE c.id = $4"
                " ON CONFLICT (channel_id, account_id) DO NOTHING RETURNING account_id",
                new_id(), account_id, now, self.id,
            )
        joined = [row["account_id"] for row in added]
        announce("channel.members", self.id, joined)
        return joined

    async def let_go(self, account_id: int) -> None:
        """End a membership, and what its browsers listen to."""
        await database.execute("DELETE FROM channel_member WHERE channel_id = $1 AND account_id = $2", self.id, account_id)
        live.cut(account_id, f"activity:{self.id}")
        live.cut(account_id, f"channel:{self.id}")  # whoever may still read it subscribes anew
        announce("channel.members", self.id, [account_id])

    @classmethod
    async def general(cls, organisation: Organisation, founder_id: int) -> Self:
        """The channel of all members, made at the first call."""
        with speaking(organisation.locale):
            name, description = channel_name(_("General")), _("For everyone: news and what concerns us all")
        await database.execute(
            "INSERT INTO channel (id, org_id, kind, name, description, sole_key, created_by, created_at, last_message_id)"
            " VALUES ($1, $2, 'public', $3, $4, 'general', $5, $6, 0) ON CONFLICT (org_id, sole_key) DO NOTHING",
            new_id(), organisation.id, name, description, founder_id, clock.now(),
        )
        row = await database.fetch_one("SELECT * FROM channel WHERE org_id = $1 AND sole_key = 'general'", organisation.id)
        assert row is not None
        return cls.from_row(row)


    @staticmethod
    async def unread_for(viewer: Viewer, most: int = 6) -> list[dict[str, Any]]:
        """Conversations with something new, for the home page: see `places.unread_for`."""
        from app.models.chat.places import unread_for

        return await unread_for(viewer, most)


class ChannelMember(Row):
    """One person in a channel, and how far they have read."""

    channel_id = ForeignKey(Channel)
    account_id = ForeignKey(Account)
    joined_at = BigInt(default=0)
    read_up_to = BigInt(default=0, help_text="Id of the last message seen.")
    favourite_at = BigInt(null=True, default=None)
    muted_at = BigInt(null=True, default=None)
    role = Varchar(length=8, default="", help_text="`admin` for who looks after the channel beside its founder.")
    category_id = BigInt(null=True, default=None, help_text="The category of one's own that lists it.")
    position = Integer(default=0, help_text="Where it stands in its group of the side column; 0: by its name.")
    level = Varchar(length=8, default="", help_text="Of what to tell: all, mentions, nothing; empty as the kind of conversation has it.")
    hidden_at = BigInt(null=True, default=None, help_text="A direct conversation that was put away until someone writes again.")


def channel_name(typed: str) -> str:
    """A name as channels have it: small letters, digits, `.`, `_` and `-` for spaces. Raises `NameRefused`."""
    name = re.sub(r"[\s\-]+", "-", typed.strip().lstrip("#").strip().lower()).strip("-")
    if not name:
        raise NameRefused(_("Please give the channel a name."))
    if len(name) > MOST_NAME:
        raise NameRefused(_("This name is too long: at most %(most)s characters.") % {"most": MOST_NAME})
    if not _NAME.fullmatch(name):
        raise NameRefused(_("A channel’s name has letters, digits, hyphens, dots and underscores only."))
    return name


async def check_may_start(viewer: Viewer) -> None:
    """Raises `Refused` for guests, and where only those who manage Chat start channels."""
    if viewer.is_external:
        raise Refused(_("Guests can’t start channels."))
    if not await may_start_channels(viewer):
        raise Refused(_("In this organisation, channels are started by those who manage Chat. Ask one of them."))


async def _colleagues(viewer: Viewer, account_ids: Collection[int]) -> list[int]:
    """Those of these accounts who are in the viewer's organisation and use chat."""
    found = []
    for account_id in list(dict.fromkeys(account_ids))[:500]:
        found += await database.fetch(
            "SELECT m.account_id FROM membership m JOIN product_right r ON r.membership_id = m.id AND r.product = 'chat' AND r.level = 'use'"
            " WHERE m.org_id = $1 AND m.account_id = $2 AND m.ended_at IS NULL",
            viewer.org_id, account_id,
        )
    return [row["account_id"] for row in found]


@on_admission
async def _welcome(organisation: Organisation, member: Membership) -> None:
    """Members who use Chat come into the general channel and the default ones (CHAT-12); guests only where they are taken."""
    uses = await database.fetch_value(
        "SELECT 1 FROM product_right WHERE membership_id = $1 AND product = 'chat' AND level = 'use'", member.id
    )
    if member.role == EXTERNAL or not uses:
        return
    await (await Channel.general(organisation, member.account_id)).take_in([member.account_id])
    for row in await database.fetch(
        "SELECT * FROM channel WHERE org_id = $1 AND default_since IS NOT NULL AND archived_at IS NULL", organisation.id
    ):
        await Channel.from_row(row).take_in([member.account_id])
