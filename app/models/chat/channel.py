"""Places to talk: public and private channels, and direct conversations."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.organisation import Organisation

PUBLIC, PRIVATE, DIRECT = "public", "private", "direct"


class Channel(Row):
    """A conversation of two or more people."""

    org_id = ForeignKey(Organisation)
    kind = Varchar(length=8, default=PUBLIC)
    name = Varchar(length=80, default="", help_text="Empty in direct conversations.")
    description = Varchar(length=500, default="")
    direct_key = Varchar(length=400, null=True, default=None, help_text="Sorted account ids of a direct conversation: there is one for each set of people.")
    created_by = ForeignKey(Account)
    created_at = BigInt(default=0)
    last_message_id = BigInt(default=0)
    archived_at = BigInt(null=True, default=None)


class ChannelMember(Row):
    """One person in a channel, and how far they have read."""

    channel_id = ForeignKey(Channel)
    account_id = ForeignKey(Account)
    joined_at = BigInt(default=0)
    read_up_to = BigInt(default=0, help_text="Id of the last message seen.")
    favourite_at = BigInt(null=True, default=None)
    muted_at = BigInt(null=True, default=None)
    hidden_at = BigInt(null=True, default=None, help_text="A direct conversation that was put away until someone writes again.")
