"""The domains that organisations use for their brand, as they are kept."""

from __future__ import annotations

from typing import Any

import msgspec
from piccolo.columns import BigInt, Boolean, ForeignKey, OnDelete, Text, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.organisation import Organisation
from app.models.session import Session

DRAFT, WAITING, PREPARING, ACTIVE, DISABLED = "draft", "waiting", "preparing", "active", "disabled"


class BrandSite(Row, tablename="brand_site"):
    """A domain of an organisation: chosen, proven by records in the DNS, prepared, then in use until it is switched off."""

    org_id = ForeignKey(Organisation)
    domain = Varchar(length=253, help_text="In lower case, as an A-label; of one organisation once it is verified.")
    state = Varchar(length=12, default=DRAFT)
    proof_token = Varchar(length=64, default="", help_text="What the TXT record holds.")
    owner_id = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.set_null, help_text="Who gets the mails.")
    verified_at = BigInt(null=True, default=None)
    activated_at = BigInt(null=True, default=None)
    disabled_at = BigInt(null=True, default=None)
    withdrawn_at = BigInt(null=True, default=None)
    proof_lost_at = BigInt(null=True, default=None, help_text="Since when the name servers say that the proof is gone.")
    checked_at = BigInt(null=True, default=None)
    findings = Text(default="[]", help_text="JSON: what the last look into the DNS found, record by record.")
    created_at = BigInt(default=0)
    is_default_for_org = Boolean(default=False, help_text="Whether links in the organisation’s mails lead here.")

    @property
    def is_active(self) -> bool:
        """Whether its addresses work."""
        return self.state == ACTIVE

    @property
    def found(self) -> list[dict[str, Any]]:
        """The findings as they were kept."""
        read: list[dict[str, Any]] = msgspec.json.decode(self.findings or "[]")
        return read


class BrandLook(Row, tablename="brand_look"):
    """How a domain looks: what everybody sees, and what an administrator is still trying out."""

    site_id = ForeignKey(BrandSite)
    published = Text(null=True, default=None, help_text="JSON: name, short_name, colours, logos, slides, sender_name.")
    draft = Text(null=True, default=None)
    published_at = BigInt(null=True, default=None)
    published_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.set_null)


class BrandTrial(Row, tablename="brand_trial"):
    """An organisation whose plan has no brand tries it for a while."""

    org_id = ForeignKey(Organisation)
    started_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.set_null)
    started_at = BigInt(default=0)
    ends_at = BigInt(default=0)


class HandOver(Row, tablename="hand_over"):
    """A browser that is signed in at one host of a brand is about to be at another: good for once, for seconds."""

    session_id = ForeignKey(Session)
    host = Varchar(length=253, help_text="Where it may be used.")
    token_hash = Varchar(length=64)
    challenge = Varchar(length=64, help_text="Hash of the secret that the browser holds at that host.")
    expires_at = BigInt(default=0)


class SessionTie(Row, tablename="session_tie"):
    """Sessions of one browser at several hosts: signing out ends them together."""

    session_id = ForeignKey(Session)
    journey = BigInt(default=0, help_text="The same for all of them: the id of the first.")
