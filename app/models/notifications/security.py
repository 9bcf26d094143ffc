"""What people are told of the safety of their account, from what `app.models.security_log` records."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app.lib.devices import device
from app.models.account import Account
from app.models.notifications.notifying import notify

NEW_DEVICE = "session.new_device"
CHANGES = (
    "password.change", "password.reset", "two_factor.on", "two_factor.off", "two_factor.codes", "passkey.add", "passkey.remove", "identity.connect",
    "identity.disconnect", "account.email", "application_password.make", "sign_in.guessed",
)


async def tell(kind: str, account: Account, org_ids: Collection[int], facts: dict[str, Any]) -> None:
    """Tell somebody, in each organisation that they belong to, of what was recorded; not of what only ends access."""
    for org_id in org_ids:
        if kind == NEW_DEVICE:
            found = device(str(facts.get("device", "")))
            name = " · ".join(part for part in (found.browser, found.system) if part)
            await notify("security.sign_in", [account.id], org_id, facts={"device": name}, url="/account/security", source="security")
        elif kind in CHANGES:
            await notify("security.password", [account.id], org_id, facts={"what": kind}, url="/account/security", source="security")
