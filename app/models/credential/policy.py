"""What an organisation asks of those who sign in."""

from __future__ import annotations

from piccolo.columns import BigInt, SmallInt, Varchar

from app.lib.passwords import LEAST
from app.models.base import Row

PASSWORD, PASSKEY, LINK, OPENID = "password", "passkey", "link", "openid"
METHODS = (PASSWORD, PASSKEY, LINK, OPENID)


class SignInPolicy(Row):
    """The rules of one organisation. The row's id is the organisation's; without a row, the defaults hold."""

    password_least = SmallInt(default=LEAST, help_text="Fewest characters of a new password.")
    two_factor = Varchar(length=12, default="", help_text="Who needs a second factor: nobody (empty), admins, members or everybody.")
    two_factor_from = BigInt(null=True, default=None)
    grace_days = SmallInt(default=7, help_text="How long newcomers, and those without one on that day, may put it off.")
    session_days = BigInt(default=30)
    idle_minutes = BigInt(null=True, default=None, help_text="Signed out after so long without a request; null: never.")
    member_methods = Varchar(length=60, default=f"{PASSWORD} {PASSKEY} {OPENID}", help_text="Separated by spaces.")
    guest_methods = Varchar(length=60, default=f"{PASSWORD} {PASSKEY} {LINK} {OPENID}")
