"""Alpina's own addresses. Browsers take every name of .localhost for this machine, so login.alpina.localhost works without any DNS."""

from __future__ import annotations

from app.demo.calendar import Calendar
from app.lib import clock
from app.lib.tokens import new_token
from app.models.account import Account
from app.models.brand.site import ACTIVE, BrandSite
from app.models.organisation import Organisation

DOMAIN = "alpina.localhost"


async def fill(alpina: Organisation, cast: dict[str, Account], days: Calendar) -> None:
    """Switched on three weeks ago; links in mails lead there."""
    with clock.at(days.at(21, 10, 0)):
        now = clock.now()
        await BrandSite.insert_new(
            org_id=alpina.id, domain=DOMAIN, state=ACTIVE, proof_token=new_token(18), owner_id=cast["anna"].id, created_at=now, verified_at=now,
            activated_at=now, checked_at=now, findings="[]", is_default_for_org=True,
        )
