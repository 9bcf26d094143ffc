"""What matters to the safety of an account, in the audit log of every organisation that the account belongs to."""

from __future__ import annotations

from typing import Any

from app import database
from app.models import audit
from app.models.account import Account
from app.models.viewer import Viewer


async def note(kind: str, account: Account, *, viewer: Viewer | None = None, **facts: Any) -> None:
    """Record that `kind` happened to an account: by `viewer`, where somebody is signed in. In the transaction of the change."""
    from app.models.notifications import security  # it knows of sessions, and these note things here

    subject = f"{account.name} <{account.email}>"
    async with database.transaction():
        places = await database.fetch("SELECT org_id FROM membership WHERE account_id = $1 AND ended_at IS NULL ORDER BY org_id", account.id)
        if viewer is not None:
            await audit.record(kind, subject, viewer=viewer, concerns=account.id, **facts)
        else:
            for place in places:
                await audit.record(kind, subject, org_id=place["org_id"], concerns=account.id, **facts)
        await security.tell(kind, account, [place["org_id"] for place in places], facts)
