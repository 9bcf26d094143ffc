"""Other ways to prove who one is: passkeys, one-time codes, application passwords, emailed links."""

from __future__ import annotations

from piccolo.columns import BigInt, Boolean, ForeignKey, Integer, Text, Varchar

from app.models.account import Account
from app.models.base import Row


class Passkey(Row):
    """A WebAuthn credential, bound to the host it was made on."""

    account_id = ForeignKey(Account)
    credential_id = Varchar(length=512, help_text="base64url")
    public_key = Text(help_text="COSE key, base64url")
    sign_count = BigInt(default=0)
    rp_id = Varchar(length=253)
    name = Varchar(length=80)
    transports = Varchar(length=80, default="", help_text="Separated by spaces.")
    is_synced = Boolean(default=False)
    created_at = BigInt(default=0)
    used_at = BigInt(null=True, default=None)


class OneTimeSecret(Row):
    """The secret of an authenticator app (RFC 6238). It counts once it was confirmed with a code."""

    account_id = ForeignKey(Account)
    secret = Varchar(length=64)
    last_step = Integer(default=0, help_text="Newest time step that was used: a code works once.")
    created_at = BigInt(default=0)
    confirmed_at = BigInt(null=True, default=None)


class RecoveryCode(Row):
    """A code that replaces the second factor once."""

    account_id = ForeignKey(Account)
    code_hash = Varchar(length=64)
    used_at = BigInt(null=True, default=None)


class ApplicationPassword(Row):
    """A password for one program, such as a calendar client (DAV-05, DAV-09)."""

    account_id = ForeignKey(Account)
    name = Varchar(length=80)
    secret_hash = Varchar(length=64)
    created_at = BigInt(default=0)
    used_at = BigInt(null=True, default=None)
    used_from = Varchar(length=64, default="")


class EmailedLink(Row):
    """A single-use right that was sent to an address: reset a password, confirm a new address."""

    kind = Varchar(length=20)
    account_id = ForeignKey(Account)
    token_hash = Varchar(length=64)
    email = Varchar(length=254, help_text="Where it was sent.")
    created_at = BigInt(default=0)
    expires_at = BigInt(default=0)
    used_at = BigInt(null=True, default=None)


class FailedAttempt(Row):
    """How often signing in failed lately, by account or by address: what slows a guesser down."""

    subject = Varchar(length=160, help_text="account:<id or hash of the unknown email> or address:<ip>")
    failures = Integer(default=0)
    last_at = BigInt(default=0)
    blocked_until = BigInt(default=0)
