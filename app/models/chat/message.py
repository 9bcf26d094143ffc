"""What people write, and how others answer it."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey, Text, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.chat.channel import Channel
from app.models.organisation import Organisation


class Message(Row):
    """Something said in a channel. `html` is `text` rendered once, safe to show."""

    org_id = ForeignKey(Organisation)
    channel_id = ForeignKey(Channel)
    author_id = ForeignKey(Account)
    text = Text(default="")
    html = Text(default="")
    created_at = BigInt(default=0)
    changed = BigInt(default=0, help_text="An id made at the latest change of anything shown with it: what `since` compares.")
    edited_at = BigInt(null=True, default=None)
    deleted_at = BigInt(null=True, default=None)
    deleted_by = ForeignKey(Account, null=True, default=None)


class MessageVersion(Row):
    """What a message said before an edit."""

    message_id = ForeignKey(Message)
    text = Text(default="")
    created_at = BigInt(default=0)


class Reaction(Row):
    """One person's emoji on a message."""

    message_id = ForeignKey(Message)
    account_id = ForeignKey(Account)
    emoji = Varchar(length=40)
    created_at = BigInt(default=0)


class Mention(Row):
    """Somebody named in a message."""

    message_id = ForeignKey(Message)
    channel_id = ForeignKey(Channel)
    account_id = ForeignKey(Account)
