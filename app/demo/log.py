"""What Alpina's administrators changed in the last weeks, as the audit log has it."""

from __future__ import annotations

from typing import Any

from app import database
from app.demo.calendar import Calendar
from app.lib import clock
from app.models import audit
from app.models.account import Account
from app.models.farewell import as_viewer
from app.models.organisation import Membership, Organisation
from app.models.viewer import Viewer

ENTRIES: tuple[tuple[int, int, str, str, str, dict[str, Any]], ...] = (  # working days ago, hour, who, kind, whom, facts
    (38, 9, "anna", "member.role", "ines", {"before": "user", "after": "admin"}),
    (38, 9, "anna", "member.role", "katja", {"before": "user", "after": "admin"}),
    (31, 14, "katja", "member.title", "jonas", {"before": "Engineer", "after": "Materials Engineer"}),
    (24, 10, "beat", "two_factor.on", "beat", {}),
    (17, 11, "chiara", "guest.invite", "mira", {"channels": ["agency-nord"]}),
    (12, 16, "david", "passkey.add", "david", {"name": "Laptop"}),
    (9, 8, "ines", "member.grant", "luca", {"right": "contacts.manage"}),
    (4, 13, "katja", "member.export", "", {}),
)


async def fill(alpina: Organisation, cast: dict[str, Account], days: Calendar) -> None:
    """Record them, each by whoever did it."""
    for day, hour, actor, kind, whom, facts in ENTRIES:
        with clock.at(days.at(day, hour, 20)):
            subject = cast[whom] if whom else None
            await audit.record(
                kind, subject.name if subject else "", viewer=await _viewer(alpina, cast[actor]), concerns=subject.id if subject else None, **facts
            )


async def _viewer(alpina: Organisation, account: Account) -> Viewer:
    rows = await database.fetch("SELECT * FROM membership WHERE org_id = $1 AND account_id = $2", alpina.id, account.id)
    return await as_viewer(account, Membership.from_row(rows[0]))
