"""Somebody who leaves hands over the address books that others use. What was only theirs stays theirs, and nobody else reads it."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib.i18n import ngettext
from app.models.announcements import announce
from app.models.contacts.book import AddressBook, free_slug
from app.models.contacts.shelf import everybody_of
from app.models.departure import on_departure
from app.models.organisation import Membership
from app.models.viewer import Viewer

_SHARED = """
SELECT b.* FROM address_book b WHERE b.org_id = $1 AND b.account_id = $2 AND b.deleted_at IS NULL
   AND EXISTS (SELECT 1 FROM address_book_share s WHERE s.book_id = b.id) ORDER BY b.id
"""


@on_departure
async def address_books(viewer: Viewer, member: Membership, heir_id: int | None) -> dict[str, Any]:
    """Shared books become the heir's; without one they go on as they are."""
    handed: list[dict[str, Any]] = []
    for row in await database.fetch(_SHARED, member.org_id, member.account_id) if heir_id is not None else []:
        book = AddressBook.from_row(row)
        handed.append({"book": book.id, "slug": book.slug, "sole_key": book.sole_key, "name": book.name})
        await book.change(account_id=heir_id, slug=await free_slug(heir_id or 0, book.slug), sole_key=None)
        announce("books.changed", await everybody_of(book))
    return {"account": member.account_id, "heir": heir_id, "books": handed}


@address_books.undo
async def _back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for one in inverse["books"]:
        book = await AddressBook.find(one["book"])
        if book is not None and book.account_id == inverse["heir"] and book.org_id == viewer.org_id:
            again = await database.fetch_value(
                "SELECT 1 FROM address_book WHERE org_id = $1 AND account_id = $2 AND sole_key = 'default'", book.org_id, inverse["account"]
            )
            await book.change(
                account_id=inverse["account"], slug=await free_slug(inverse["account"], one["slug"]), sole_key=None if again else one["sole_key"]
            )
            announce("books.changed", await everybody_of(book))


@address_books.owned
async def _owned(member: Membership) -> list[str]:
    rows = await database.fetch(_SHARED, member.org_id, member.account_id)
    if not rows:
        return []
    said = ngettext("%(count)s shared address book: %(names)s", "%(count)s shared address books: %(names)s", len(rows))
    return [said % {"count": len(rows), "names": ", ".join(row["name"] for row in rows[:5]) + (" …" if len(rows) > 5 else "")}]
