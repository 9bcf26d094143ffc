"""Invitations as they are kept: who was invited to what, the links to it, and many at once."""

from __future__ import annotations

from piccolo.columns import BigInt, Boolean, ForeignKey, Integer, OnDelete, SmallInt, Text, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.chat.channel import Channel
from app.models.organisation import USER, Organisation

QUEUED, SENT, KEPT, REFUSED = "queued", "sent", "kept", "refused"
MAILED, COPIED = "mailed", "copied"


class Batch(Row, tablename="invitation_batch"):
    """Many invitations from one list: read first, looked at, then sent line by line."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account, help_text="Who sends it.")
    offer = Text(default="{}", help_text="JSON: what all of them are invited to.")
    lines = Text(default="[]", help_text="JSON: [number in the file, address, given name, family name] for each line that could be read.")
    bad_lines = Text(default="[]", help_text="JSON: [number in the file, the text, why it can’t be read].")
    origin = Varchar(length=300, default="", help_text="Where links lead while no base address is set.")
    total = Integer(default=0)
    done = Integer(default=0, help_text="How many lines were gone through.")
    outcomes = Text(default="{}", help_text="JSON: how often each outcome came.")
    refusals = Text(default="[]", help_text="JSON: [number in the file, address, why] of lines that came to nothing.")
    created_at = BigInt(default=0)
    started_at = BigInt(null=True, default=None)
    finished_at = BigInt(null=True, default=None)
    cancelled_at = BigInt(null=True, default=None)


class Invitation(Row):
    """An offer to join an organisation, or as a guest some of its channels."""

    org_id = ForeignKey(Organisation)
    email = Varchar(length=254)
    given_name = Varchar(length=80, default="")
    family_name = Varchar(length=80, default="")
    role = Varchar(length=12, default=USER)
    rights = Varchar(length=400, default="", help_text="Such as `chat.use chat.manage`, by spaces.")
    teams = Text(default="[]", help_text="JSON: ids of teams.")
    is_login_fixed = Boolean(default=False, help_text="Whether the address must be the login (INV-05).")
    note = Text(default="", help_text="A personal word in the mail.")
    locale = Varchar(length=8, default="en")
    ends_at = BigInt(null=True, default=None, help_text="When a guest’s time is over.")
    batch_id = ForeignKey(Batch, null=True, default=None)
    invited_by = ForeignKey(Account)
    created_at = BigInt(default=0)
    expires_at = BigInt(default=0)
    delivery = Varchar(length=8, default=QUEUED)
    delivered_at = BigInt(null=True, default=None)
    delivery_error = Text(default="", help_text="The mail server’s own words.")
    deliveries = SmallInt(default=0)
    accepted_at = BigInt(null=True, default=None)
    account_id = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.set_null, help_text="Who accepted.")
    declined_at = BigInt(null=True, default=None)
    cancelled_at = BigInt(null=True, default=None)


class InvitationChannel(Row):
    """A channel that an invitation leads into."""

    invitation_id = ForeignKey(Invitation)
    channel_id = ForeignKey(Channel)


class InvitationLink(Row):
    """A link to an invitation; its token is only known to who got it. The mailed one and a copied one live side by side."""

    invitation_id = ForeignKey(Invitation)
    kind = Varchar(length=8, default=MAILED)
    token_hash = Varchar(length=64)
    created_at = BigInt(default=0)
