"""What Alpina's people say about themselves today."""

from __future__ import annotations

from datetime import timedelta

from app import database
from app.lib import clock
from app.lib.quiet import Span, local_day, local_instant
from app.models.account import Account
from app.models.job import Job
from app.models.organisation import Organisation
from app.models.presence import set_quiet_hours
from app.models.status import MemberStatus

ZONE = "Europe/Zurich"
SAYINGS = (  # who, emoji, words, until midnight after so many days (None: until it is changed)
    ("david", "🏡", "Working remotely", 0),
    ("elin", "🌴", "On holiday, Chiara covers", 5),
    ("greta", "🎧", "Support line today", 0),
    ("luca", "🚗", "On the road to Bern", 0),
    ("jonas", "🔬", "In the test lab", None),
    ("mira", "✈️", "In Zurich this week", 3),
)


async def fill(alpina: Organisation, cast: dict[str, Account]) -> None:
    """Statuses, and quiet hours for those who want their evenings."""
    today = local_day(clock.now(), ZONE)
    for name, emoji, text, days in SAYINGS:
        until = None if days is None else local_instant(today + timedelta(days=days), 24 * 60, ZONE)
        member = await _membership(alpina, cast[name])
        await MemberStatus.insert_new(
            membership_id=member, org_id=alpina.id, account_id=cast[name].id, emoji=emoji, text=text, created_at=clock.now(), expires_at=until
        )
        if until is not None:
            await Job.enqueue("turn_status", run_at=until, org_id=alpina.id, membership_id=member)
    await set_quiet_hours(cast["chiara"].id, [Span(0b0011111, 19 * 60, 7 * 60), Span(0b1100000, 0, 0)])


async def _membership(alpina: Organisation, account: Account) -> int:
    found = await database.fetch_value("SELECT id FROM membership WHERE org_id = $1 AND account_id = $2", alpina.id, account.id)
    return int(found)
