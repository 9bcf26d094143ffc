"""The tables of moderation."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey, Text, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.chat.channel import Channel
from app.models.chat.message import Message
from app.models.organisation import Organisation


class MessageReport(Row):
    """Somebody finds that a message shouldn't stand. What it said then is kept with it."""

    org_id = ForeignKey(Organisation)
    channel_id = ForeignKey(Channel)
    message_id = ForeignKey(Message)
    reporter_id = ForeignKey(Account)
    reason = Varchar(length=20)
    note = Varchar(length=1000, default="")
    said = Text(default="")
    created_at = BigInt(default=0)
    settled_at = BigInt(null=True, default=None)
    settled_by = BigInt(null=True, default=None)
    outcome = Varchar(length=12, default="", help_text="dismissed, removed or warned.")


class ForbiddenWord(Row):
    """A word that messages of an organisation don't contain: they are refused, or the word is masked."""

    org_id = ForeignKey(Organisation)
    word = Varchar(length=80)
    action = Varchar(length=8)
    created_by = BigInt(default=0)
    created_at = BigInt(default=0)


class LegalHold(Row):
    """Nothing is erased in a channel, or in all of them, until it ends."""

    org_id = ForeignKey(Organisation)
    channel_id = BigInt(null=True, default=None, help_text="Null: the whole organisation.")
    reason = Varchar(length=300, default="")
    created_by = BigInt(default=0)
    created_at = BigInt(default=0)
    ended_at = BigInt(null=True, default=None)
    ended_by = BigInt(null=True, default=None)
