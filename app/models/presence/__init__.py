"""Who is there, and who isn't to be disturbed (STAT-01, -02, -16, -20)."""

from __future__ import annotations

from app.models.presence.audience import sharers
from app.models.presence.availability import (
    AUTOMATIC,
    AWAY,
    AWAY_AFTER,
    CHOICES,
    DND,
    FOREVER,
    MOST_SPANS,
    OFFLINE,
    ONLINE,
    Availability,
    Choice,
    QuietHours,
    choice_of,
    choices_of,
    choose,
    quiet_until,
    quiet_until_of,
    set_away_minutes,
    set_quiet_hours,
)
from app.models.presence.roster import accounts_looking, active_accounts, states_in, visible_states

__all__ = [
    "AUTOMATIC",
    "AWAY",
    "AWAY_AFTER",
    "CHOICES",
    "DND",
    "FOREVER",
    "MOST_SPANS",
    "OFFLINE",
    "ONLINE",
    "Availability",
    "Choice",
    "QuietHours",
    "accounts_looking",
    "active_accounts",
    "choice_of",
    "choices_of",
    "choose",
    "quiet_until",
    "quiet_until_of",
    "set_away_minutes",
    "set_quiet_hours",
    "sharers",
    "states_in",
    "visible_states",
]
