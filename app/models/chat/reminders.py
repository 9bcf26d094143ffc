"""Reminders: the suite's bot writes to somebody at a time, once or again and again."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.organisation import Organisation


class ChatReminder(Row):
    """Something to be reminded of."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account, help_text="Who is reminded.")
    created_by = BigInt(default=0)
    channel_id = BigInt(null=True, default=None, help_text="The channel that is reminded instead of a person.")
    message_id = BigInt(null=True, default=None, help_text="The message that it is about.")
    text = Varchar(length=1000, default="")
    due_at = BigInt(default=0)
    rule = Varchar(length=200, default="", help_text="RRULE of RFC 5545 §3.3.10 for what comes again; empty: once.")
    timezone = Varchar(length=64, default="UTC")
    created_at = BigInt(default=0)
    done_at = BigInt(null=True, default=None)
