"""Cards in the search over everything: whoever sees a book finds what is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection

from app import database
from app.models.contacts.book import AddressBook
from app.models.contacts.writing import CONTACT, indexed, read
from app.models.search import Indexed, scopes_of, texts_of
from app.models.viewer import Viewer

_PIECE = 500


@scopes_of(CONTACT)
async def _scopes(viewer: Viewer) -> Collection[int]:
    if viewer.is_external or not viewer.can_use("contacts"):
        return ()
    return [book.id for book in await AddressBook.all_for(viewer.account_id, viewer.org_id)]


@texts_of(CONTACT, "SELECT c.id FROM contact c JOIN address_book b ON b.id = c.book_id WHERE b.deleted_at IS NULL")
async def _texts() -> AsyncIterator[Indexed]:
    last = 0
    while rows := await database.fetch(
        "SELECT c.id, c.book_id, c.created_at, c.vcard, b.org_id FROM contact c JOIN address_book b ON b.id = c.book_id"
        " WHERE c.id > $1 AND b.deleted_at IS NULL ORDER BY c.id LIMIT $2", last, _PIECE,
    ):
        for row in rows:
            yield indexed(row["id"], row["org_id"], row["book_id"], read(row["vcard"]).index, row["created_at"])
        last = rows[-1]["id"]
