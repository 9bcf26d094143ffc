"""What browsers are told about calendars: that something changed; the page that shows it asks what."""

from __future__ import annotations

from collections.abc import Collection

from app import live
from app.models.announcements import announced


@announced("calendar.changed")
def _changed(_org_id: int, calendar_id: int, _object_ids: Collection[int]) -> None:
    live.publish(f"calendar:{calendar_id}", "changed")


@announced("calendar.shared")
def _shared(_org_id: int, calendar_id: int) -> None:
    live.publish(f"calendar:{calendar_id}", "changed")


@announced("calendar.looked")
def _looked(account_id: int, _org_id: int) -> None:
    live.publish(f"calendars:{account_id}", "changed")
