"""Who may hear that a book changed. `book:<id>` only says so; what changed is read by whoever looks."""

from __future__ import annotations

from app import live
from app.models.base import NotFound
from app.models.contacts.book import AddressBook
from app.models.viewer import Viewer


@live.topic("book")
async def _may_listen(viewer: Viewer, book_id: int) -> bool:
    if not viewer.can_use("contacts"):
        return False
    try:
        await AddressBook.seen_by(viewer, book_id)
    except NotFound:
        return False
    return True
