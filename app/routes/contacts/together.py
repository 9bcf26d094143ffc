"""What one had to do with the person of a card: events with them, and what was said (DIR-08)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.models.calendar.together import meetings_with
from app.models.chat.exchanges import last_said
from app.models.viewer import Viewer
from app.routes.calendar.shown import shown_to


async def together(viewer: Viewer, emails: Sequence[str], account_id: int = 0) -> dict[str, Any]:
    """What a card's panel shows of it; `account_id` of who has one in this organisation."""
    meetings = await meetings_with(viewer, [email for email in emails if email.lower() != viewer.email])
    return {
        "coming": shown_to(viewer, meetings.coming, meetings.calendars), "before": shown_to(viewer, meetings.before, meetings.calendars),
        "exchanges": await last_said(viewer, account_id) if account_id else [],
    }
