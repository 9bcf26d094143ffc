"""Everything of one's own as one zip of open formats: who asked for it, how far it is, and where it lies."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey, Integer, Text, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.organisation import Organisation


class DataExport(Row):
    """A copy of everything of an account, in one organisation."""

    account_id = ForeignKey(Account)
    org_id = ForeignKey(Organisation)
    created_at = BigInt(default=0)
    done = Integer(default=0, help_text="Files written so far.")
    note = Varchar(length=200, default="", help_text="What is being written.")
    file = Varchar(length=200, default="", help_text="Name of the zip in the data folder, once it is whole.")
    size = BigInt(default=0)
    ready_at = BigInt(null=True, default=None)
    expires_at = BigInt(null=True, default=None)
    cancelled_at = BigInt(null=True, default=None)
    error = Text(default="")
