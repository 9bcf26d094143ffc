"""Sign-in at another house: the organisation's OpenID Connect provider, and who is who there."""

from __future__ import annotations

from piccolo.columns import BigInt, Boolean, ForeignKey, Text, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.organisation import Organisation


class SignInProvider(Row):
    """The OpenID Connect provider of an organisation, which has at most one."""

    org_id = ForeignKey(Organisation)
    name = Varchar(length=60)
    issuer = Varchar(length=500)
    client_id = Varchar(length=300)
    client_secret = Text(help_text="Sealed (app.lib.seals).")
    domains = Text(default="", help_text="Whose addresses may sign in, separated by spaces; empty: any.")
    newcomers = Varchar(length=12, default="", help_text="What people without an account become: nothing (empty) or user.")
    products = Varchar(length=120, default="", help_text="What newcomers may use, separated by spaces.")
    is_two_factor = Boolean(default=False, help_text="Whether it asks for a second factor itself.")
    created_at = BigInt(default=0)


class LinkedIdentity(Row):
    """Somebody at a provider who is an account here: found by issuer and subject from then on."""

    provider_id = ForeignKey(SignInProvider)
    account_id = ForeignKey(Account)
    issuer = Varchar(length=500)
    subject = Varchar(length=255)
    email = Varchar(length=254, default="", help_text="As the provider said when they were linked.")
    created_at = BigInt(default=0)
    used_at = BigInt(null=True, default=None)
