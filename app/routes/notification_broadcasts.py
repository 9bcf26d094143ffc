"""What browsers are told about notices."""

from __future__ import annotations

from collections.abc import Collection

from app import live
from app.models.announcements import announced


@announced("notices")
def _count(account_id: int, *, org_id: int, unread: int) -> None:
    """The bells count anew, and lists that are open are asked for again."""
    live.publish(f"account:{account_id}", "notices", data={"org": org_id, "unread": unread})


@announced("push.closed")
def _closed(account_id: int, notification_ids: Collection[int]) -> None:
    """Pages that are open close what their device shows; devices without one get a message of their own."""
    live.publish(f"account:{account_id}", "pushclosed", data={"ids": list(notification_ids)})


@announced("push.log")
def _log(account_id: int) -> None:
    """The list of devices shows how far messages came."""
    live.publish(f"account:{account_id}", "pushlog")
