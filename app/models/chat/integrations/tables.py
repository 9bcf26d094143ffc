"""The tables of integrations."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey, Integer, SmallInt, Text, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.organisation import Organisation


class Integration(Row):
    """A program outside that may write here, or that hears what is written. It speaks with an account of its own."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    kind = Varchar(length=10, help_text="incoming, outgoing, command or bot.")
    name = Varchar(length=80)
    description = Varchar(length=300, default="")
    channel_id = BigInt(null=True, default=None, help_text="Where it writes or listens.")
    word = Varchar(length=40, default="", help_text="The command, or the word at which an outgoing webhook calls.")
    url = Varchar(length=2000, default="", help_text="What is called.")
    scopes = Varchar(length=200, default="", help_text="What a bot’s token may do, with spaces between.")
    token_hash = Varchar(length=64, null=True, default=None)
    token_hint = Varchar(length=8, default="", help_text="The last letters of the token, to tell it from others.")
    secret = Text(default="", help_text="Sealed: what requests to the outside are signed with.")
    created_by = BigInt(default=0)
    created_at = BigInt(default=0)
    used_at = BigInt(null=True, default=None)
    disabled_at = BigInt(null=True, default=None)
    deleted_at = BigInt(null=True, default=None)


class IntegrationDelivery(Row):
    """One call, in or out, as the log shows it."""

    integration_id = ForeignKey(Integration)
    direction = Varchar(length=3, help_text="in or out.")
    status = SmallInt(default=0, help_text="HTTP status; 0: there was no answer.")
    milliseconds = Integer(default=0)
    attempt = SmallInt(default=1)
    said = Varchar(length=300, default="", help_text="What it was about, or what went wrong.")
    created_at = BigInt(default=0)


class ResponseUrl(Row):
    """Where the answer to a command may be sent later: five times within half an hour."""

    integration_id = ForeignKey(Integration)
    token_hash = Varchar(length=64)
    channel_id = BigInt()
    account_id = BigInt(help_text="Who gave the command.")
    uses = SmallInt(default=0)
    expires_at = BigInt(default=0)
