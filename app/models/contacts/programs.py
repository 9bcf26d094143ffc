"""What programs do with whole address books, at an address that they choose: make, describe, remove or leave one."""

from __future__ import annotations

from app import database
from app.lib import clock
from app.lib.dav.slugs import may_choose
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.announcements import announce
from app.models.contacts.book import MOST_DESCRIPTION, RESERVED, AddressBook, BookRefused, check_name


async def make_at(account_id: int, org_id: int, segment: str, name: str = "", description: str = "") -> AddressBook:
    """A book at just this address. Raises `BookRefused`, also where a book is there."""
    if not may_choose(segment, RESERVED):
        raise BookRefused(_("An address book can’t have this address."))
    async with database.transaction():
        # An address that a book had which was deleted is free again; the deleted one keeps its cards under another.
        await database.execute(
            "UPDATE address_book SET slug = $1 WHERE account_id = $2 AND slug = $3 AND deleted_at IS NOT NULL", f"deleted-{new_id()}", account_id, segment
        )
        if await database.fetch_value("SELECT 1 FROM address_book WHERE account_id = $1 AND slug = $2", account_id, segment):
            raise BookRefused(_("There is an address book at this address."))
        made = await AddressBook.make(account_id, org_id, name or segment, description=description)
        await made.change(slug=segment)
        announce("contacts.books", org_id, account_id)
    return made


async def describe(book: AddressBook, name: str | None = None, description: str | None = None) -> None:
    """Give a book another name or description. Raises `BookRefused`."""
    if not book.can_administer:
        raise BookRefused(_("You may read this address book, not change it."))
    changes = {} if name is None else {"name": check_name(name)}
    if description is not None:
        changes["description"] = description[:MOST_DESCRIPTION]
    if changes:
        async with database.transaction():
            await book.change(**changes)
            announce("contacts.books", book.org_id, book.account_id)


async def discard(book: AddressBook, account_id: int) -> None:
    """Delete one's own book, or leave one that is shared. Raises `BookRefused` for the default book."""
    async with database.transaction():
        if not book.is_own:
            await database.execute(
                "UPDATE address_book_answer SET accepted_at = NULL, declined_at = $1 WHERE book_id = $2 AND account_id = $3", clock.now(), book.id, account_id
            )
        elif book.is_default:
            raise BookRefused(_("This is where your new contacts go, so it stays."))
        else:
            await database.execute("UPDATE address_book SET deleted_at = $1 WHERE id = $2 AND deleted_at IS NULL", clock.now(), book.id)
        announce("contacts.books", book.org_id, account_id)
