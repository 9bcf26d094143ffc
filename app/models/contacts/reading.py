"""Look-ups of cards, and what changed in a book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import database
from app.models.base import NotFound
from app.models.contacts.contact import Contact

if TYPE_CHECKING:
    from app.models.contacts.book import AddressBook

_AT_ONCE = 500


class TooOld(Exception):
    """What was removed since then is forgotten; the client has to read the whole book (RFC 6578 §3.8)."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed after a modseq: (href, ETag) of what was written, hrefs of what was removed, and how far this goes."""

    changed: list[tuple[str, str]]
    gone: list[str]
    modseq: int
    is_complete: bool


async def by_href(book: AddressBook, href: str) -> Contact:
    """The card at an address, with its text. Raises `NotFound`."""
    row = await database.fetch_one("SELECT * FROM contact WHERE book_id = $1 AND href = $2", book.id, href)
    if row is None:
        raise NotFound(f"card {href}")
    return Contact.from_row(row)


async def cards(book: AddressBook, hrefs: list[str] | None = None) -> list[Contact]:
    """All cards of a book, or those at these addresses that exist, with their texts."""
    if hrefs is None:
        return [Contact.from_row(row) for row in await database.fetch("SELECT * FROM contact WHERE book_id = $1 ORDER BY id", book.id)]
    found: list[Contact] = []
    for at in range(0, len(hrefs), _AT_ONCE):
        some = hrefs[at:at + _AT_ONCE]
        rows = await database.fetch(f"SELECT * FROM contact WHERE book_id = $1 AND href IN ({database.marks(some, 2)})", book.id, *some)
        found += [Contact.from_row(row) for row in rows]
    return found


async def etags(book: AddressBook) -> list[tuple[str, str, int]]:
    """href, ETag and octets of every card."""
    rows = await database.fetch("SELECT href, etag, size FROM contact WHERE book_id = $1", book.id)
    return [(row["href"], row["etag"], row["size"]) for row in rows]


async def changes_since(book: AddressBook, modseq: int, most: int | None = None) -> Changes:
    """What changed after `modseq`; see `AddressBook.changes_since`."""
    async with database.snapshot():
        state = await database.fetch_one("SELECT modseq, forgotten_modseq FROM address_book WHERE id = $1 AND deleted_at IS NULL", book.id)
        if state is None:
            raise NotFound(f"book {book.id}")
        if modseq > state["modseq"] or (modseq and modseq < state["forgotten_modseq"]):
            raise TooOld
        limit = (most or 10**9) + 1
        rows = await database.fetch(
            "SELECT href, etag, modseq FROM contact WHERE book_id = $1 AND modseq > $2 ORDER BY modseq LIMIT $3", book.id, modseq, limit
        )
        gone = [] if not modseq else await database.fetch(
            "SELECT href, NULL AS etag, modseq FROM contact_gone WHERE book_id = $1 AND modseq > $2 ORDER BY modseq LIMIT $3",
            book.id, modseq, limit,
        )
    in_order = sorted([*rows, *gone], key=lambda row: row["modseq"]) if gone else rows
    told = in_order[: limit - 1]
    is_complete = len(told) == len(in_order)
    return Changes(
        [(row["href"], row["etag"]) for row in told if row["etag"]], [row["href"] for row in told if not row["etag"]],
        state["modseq"] if is_complete else told[-1]["modseq"], is_complete,
    )
