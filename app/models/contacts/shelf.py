"""What people do with whole address books: make, rename, delete, and take that back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.command import UNDO_FOR, Command, undoes
from app.models.contacts.book import MOST_DESCRIPTION, AddressBook, check_name
from app.models.viewer import Viewer

_PIECE = 200


async def create_book(viewer: Viewer, name: str, hue: int, description: str = "", key: str | None = None) -> AddressBook:
    """Another book of the viewer's. Raises `BookRefused`."""
    async with Command.once(viewer, "book.create", key) as command:
        if command.repeated:
            return await AddressBook.seen_by(viewer, command.result or 0)
        book = await AddressBook.make(viewer.account_id, viewer.org_id, name, hue=hue, description=description)
        command.done(book.id, what=book.name, url=book.url, inverse={"book": book.id, "deleted_at": clock.now()})
        announce("books.changed", [viewer.account_id])
    return book


async def describe_book(viewer: Viewer, book: AddressBook, name: str, hue: int, description: str = "") -> Command:
    """Give a book another name, colour or description. Raises `BookRefused`."""
    if not book.can_administer:
        raise NotFound(f"book {book.id}")
    before = {"book": book.id, "name": book.name, "hue": book.hue, "description": book.description}
    async with Command.once(viewer, "book.edit") as command:
        await book.change(name=check_name(name), hue=hue % 24, description=description[:MOST_DESCRIPTION])
        command.done(book.id, what=book.name, url=book.url, inverse=before)
        announce("books.changed", await everybody_of(book))
    return command


async def delete_book(viewer: Viewer, book: AddressBook) -> Command:
    """Delete a book with everything in it. It can be taken back for 30 days."""
    if not book.is_own:
        raise NotFound(f"book {book.id}")
    if book.is_default:
        raise Refused(_("New contacts go into this address book, so it can’t be deleted."))
    async with Command.once(viewer, "book.delete") as command:
        await book.change(deleted_at=clock.now())
        command.done(book.id, what=book.name, url="/contacts", inverse={"book": book.id, "deleted_at": None})
        announce("books.changed", await everybody_of(book))
    return command


async def everybody_of(book: AddressBook) -> list[int]:
    """Accounts who have a book among theirs: its owner, and whoever accepted it."""
    rows = await database.fetch("SELECT account_id FROM address_book_answer WHERE book_id = $1 AND accepted_at IS NOT NULL", book.id)
    return [book.account_id, *(row["account_id"] for row in rows)]


@undoes("book.create")
@undoes("book.delete")
async def _restore(viewer: Viewer, inverse: dict[str, Any]) -> None:
    book = await AddressBook.find_own(inverse["book"], account_id=viewer.account_id, org_id=viewer.org_id)
    if inverse["deleted_at"] and await database.fetch_value("SELECT 1 FROM contact WHERE book_id = $1 LIMIT 1", book.id):
        raise Refused(_("There are contacts in this address book now. Delete it instead."))
    await book.change(deleted_at=inverse["deleted_at"])
    announce("books.changed", await everybody_of(book))


@undoes("book.edit")
async def _describe_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    book = await AddressBook.seen_by(viewer, inverse["book"])
    if not book.can_administer:
        raise NotFound(f"book {book.id}")
    await book.change(name=inverse["name"], hue=inverse["hue"], description=inverse["description"])
    announce("books.changed", await everybody_of(book))


async def texts(book: AddressBook) -> AsyncIterator[str]:
    """The cards of a book, one after the other, for a file."""
    last = 0
    while rows := await database.fetch("SELECT id, vcard FROM contact WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3", book.id, last, _PIECE):
        for row in rows:
            yield row["vcard"]
        last = rows[-1]["id"]


async def prune() -> None:
    """Forget what can't be taken back any more: deleted books, earlier versions, and marks of removed cards that are half a year old."""
    before = clock.now() - UNDO_FOR
    await database.execute("DELETE FROM contact_version WHERE replaced_at < $1", before)
    for row in await database.fetch("SELECT id FROM address_book WHERE deleted_at < $1 LIMIT 20", before):
        await database.execute("DELETE FROM search_entry WHERE kind = 'contact' AND subject_id IN (SELECT id FROM contact WHERE book_id = $1)", row["id"])
        await database.execute("DELETE FROM dead_property WHERE kind = 'book' AND subject_id = $1", row["id"])  # of CardDAV clients, app/models/dav
        await database.execute("DELETE FROM address_book WHERE id = $1", row["id"])
    old = clock.now() - 6 * UNDO_FOR
    async with database.transaction():
        await database.execute(
            "UPDATE address_book SET forgotten_modseq = (SELECT MAX(g.modseq) FROM contact_gone g WHERE g.book_id = address_book.id AND g.gone_at < $1)"
            " WHERE id IN (SELECT g.book_id FROM contact_gone g WHERE g.gone_at < $1)", old,
        )
        await database.execute("DELETE FROM contact_gone WHERE gone_at < $1", old)
