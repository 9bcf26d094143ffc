"""Accounts behind cards, and people to choose from wherever somebody types a name: members first, then one's contacts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from app import database
from app.lib.numbers import whole
from app.lib.searching import words
from app.models.contacts.book import AddressBook
from app.models.contacts.contact import Contact
from app.models.contacts.directory import Directory
from app.models.contacts.listing import contacts_by_id
from app.models.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody whose name or address matches. Who has an account here has an `account_id`; others may have a card, `contact_id`."""

    name: str
    email: str
    account_id: int = 0
    contact_id: int = 0
    avatar: str = ""
    note: str = ""


async def people_and_contacts(viewer: Viewer, typed: str, most: int = 8) -> list[Found]:
    """People and contacts whose words begin as what was typed: members of the organisation first, then the viewer's cards, each address once.

    For guests of an event and addressees of a mail: a card is there once for each of its addresses.
    """
    if viewer.is_external or not words(typed):
        return []
    members = [
        Found(one.name, one.email, one.account_id, 0, one.avatar, one.title)
        for directory in await Directory.all_for(viewer.account_id) if directory.org_id == viewer.org_id
        for one in await directory.search(typed, most)
    ]
    seen, found = {one.email.lower() for one in members}, members[:most]
    for one in await _with_addresses(viewer, typed, most * 2):
        if len(found) < most and one.email.lower() not in seen:
            seen.add(one.email.lower())
            found.append(one)
    return found


async def _with_addresses(viewer: Viewer, typed: str, most: int) -> list[Found]:
    books = await AddressBook.all_for(viewer.account_id, viewer.org_id) if viewer.can_use("contacts") else []
    if not books:
        return []
    arguments: list[Any] = [most, *(book.id for book in books)]
    conditions = ""
    for word in words(typed)[:6]:
        arguments.append(f"% {word}%")
        conditions += f" AND c.words LIKE ${len(arguments)}"
    rows = await database.fetch(
        "SELECT c.id, c.name, c.organisation, e.address FROM contact c JOIN contact_email e ON e.contact_id = c.id"
        f" WHERE c.book_id IN ({database.marks(books, 2)}) AND c.kind <> 'group'{conditions} ORDER BY c.sort_name, c.id, e.id LIMIT $1", *arguments,
    )
    return [Found(row["name"], row["address"], 0, row["id"], "", row["organisation"]) for row in rows]


async def accounts_behind(org_id: int, contacts: Collection[Contact]) -> dict[int, dict[str, Any]]:
    """Members of the organisation whose address a card has, by the card's id: dicts with id (of the account) and uses_chat."""
    if not contacts:
        return {}
    rows = await database.fetch(
        "SELECT e.contact_id, a.id, EXISTS (SELECT 1 FROM product_right p WHERE p.membership_id = m.id AND p.product = 'chat' AND p.level = 'use') AS uses_chat"
        " FROM contact_email e JOIN account a ON a.email = e.address JOIN membership m ON m.account_id = a.id AND m.org_id = $1 AND m.ended_at IS NULL"
        f" WHERE e.contact_id IN ({database.marks(contacts, 2)}) AND a.disabled_at IS NULL AND m.role IN ('legal', 'admin', 'user')",
        org_id, *(one.id for one in contacts),
    )
    return {row["contact_id"]: row for row in rows}


async def cards_of(books: Sequence[AddressBook], address: str) -> list[Contact]:
    """The cards in these books that have an email address."""
    if not books or not address:
        return []
    rows = await database.fetch(
        f"SELECT contact_id FROM contact_email WHERE address = $1 AND book_id IN ({database.marks(books, 2)}) LIMIT 20",
        address.lower(), *(book.id for book in books),
    )
    return await contacts_by_id(books, [row["contact_id"] for row in rows])


@dataclass(frozen=True, slots=True)
class Birthday:
    """Somebody's birthday. `year` is None where only the day is known."""

    contact_id: int
    name: str
    month: int
    day: int
    year: int | None


async def birthdays(viewer: Viewer) -> list[Birthday]:
    """The birthdays on the cards that the viewer works with, by day of the year: for the calendar."""
    books = await AddressBook.all_for(viewer.account_id, viewer.org_id)
    if not books:
        return []
    rows = await database.fetch(
        f"SELECT id, name, birthday FROM contact WHERE birthday <> '' AND kind <> 'group' AND book_id IN ({database.marks(books)})",
        *(book.id for book in books),
    )
    return sorted((_birthday(row) for row in rows), key=lambda one: (one.month, one.day, one.name))


def _birthday(row: dict[str, Any]) -> Birthday:
    year, month, day = row["birthday"][:-6], row["birthday"][-5:-3], row["birthday"][-2:]
    return Birthday(row["id"], row["name"], int(month), int(day), whole(year))
