"""The card of an event in a conversation: each reader's own copy of it, at their time."""

from __future__ import annotations

from app import access
from app.cards import Card, card_of
from app.lib.i18n import _
from app.models.viewer import Viewer
from app.routes.calendar.details import details_of


@card_of(r"/calendar/events/(\d{1,18})(?:\?at=(\w{0,40}))?")
async def _event(viewer: Viewer, event_id: str, key: str) -> Card | None:
    shown = await details_of(viewer, await access.find_event_or_copy(viewer, int(event_id)), key)
    text = " · ".join(filter(None, (shown.when, shown.place)))
    return Card(_("Event"), shown.title, shown.address, "calendar", text, shown.repetition, meeting=shown.meeting_url)
