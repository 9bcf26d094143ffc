"""The tables of moving in and out."""

from __future__ import annotations

from piccolo.columns import BigInt, Boolean, ForeignKey, Integer, Text, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.organisation import Organisation


class ChatImport(Row):
    """One history of another chat that is brought in. What a process had written before it died is known, so the next goes on from there."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    kind = Varchar(length=10, help_text="slack or mattermost.")
    file_name = Varchar(length=200, default="")
    file = Varchar(length=64, default="", help_text="The name of the upload in the data folder.")
    state = Varchar(length=10, default="uploaded", help_text="uploaded, checking, checked, running, done, cancelled, failed, undoing, undone.")
    options = Text(default="{}", help_text="JSON: what becomes of users and channels.")
    report = Text(default="{}", help_text="JSON: what is in the file.")
    problems = Text(default="[]", help_text="JSON: lines that were left out, with reasons.")
    progress = Text(default="{}", help_text="JSON: up to where the file was read, committed with what was written.")
    done = Integer(default=0)
    total = Integer(default=0)
    error = Varchar(length=500, default="")
    created_at = BigInt(default=0)
    started_at = BigInt(null=True, default=None)
    finished_at = BigInt(null=True, default=None)


class ImportedThing(Row):
    """What became of something of the other chat, for what refers to it later and for the undo."""

    import_id = ForeignKey(ChatImport)
    kind = Varchar(length=8, help_text="user, channel, member, root or emoji.")
    key = Varchar(length=120, help_text="Its id over there.")
    target_id = BigInt(default=0)
    is_new = Boolean(default=False, help_text="Whether the import made it.")


class ChatExport(Row):
    """A zip of one channel or of all of them."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    channel_id = BigInt(null=True, default=None)
    has_direct = Boolean(default=False)
    state = Varchar(length=10, default="waiting", help_text="waiting, running, done, failed or cancelled.")
    file = Varchar(length=64, default="")
    bytes = BigInt(default=0)
    done = Integer(default=0)
    total = Integer(default=0)
    error = Varchar(length=500, default="")
    created_at = BigInt(default=0)
    finished_at = BigInt(null=True, default=None)
