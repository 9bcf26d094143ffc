"""Lists of cards: a book, everything, a label, favourites, those seen last; a piece at a time, and while somebody types."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.lib.numbers import whole
from app.lib.searching import fold, words
from app.models.contacts.book import AddressBook
from app.models.contacts.contact import LISTED, Contact
from app.models.contacts.directory import Person, people_by_id

PIECE = 60
ALL, FAVOURITES, RECENT, BOOK, LABEL, GROUP = "all", "favourites", "recent", "book", "label", "group"
CARD, PERSON = "card", "person"
MOST_SEEN = 50
_PLAIN = "c.kind <> 'group'"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which list: a place and, for books, labels and groups, which one of them; and what was typed."""

    place: str = ALL
    which: str = ""
    search: str = ""

    @property
    def key(self) -> str:
        """The list as one word, without what was typed: `book:12`."""
        return f"{self.place}:{self.which}" if self.which else self.place

    @classmethod
    def of(cls, key: str, search: str = "") -> Wanted:
        """The list that `key` names; everything when it names none."""
        place, _colon, which = key.replace("\x00", "").partition(":")
        if place not in (FAVOURITES, RECENT, BOOK, LABEL, GROUP) or (place in (BOOK, GROUP) and whole(which) is None):
            return cls(search=search)
        return cls(place, which[:120], search)

    def typed(self, search: str) -> Wanted:
        """The same list with something else typed."""
        return replace(self, search=search)


After = tuple[str, int]


async def list_contacts(books: Sequence[AddressBook], wanted: Wanted, after: After | None = None, most: int = PIECE) -> tuple[list[Contact], After | None]:
    """A piece of a list of cards in these books, by name, and the place after which the next piece begins; None at the end."""
    ids = [book.id for book in books if wanted.place != BOOK or str(book.id) == wanted.which]
    if not ids:
        return [], None
    found = await _of_books(ids, wanted, after, most + 1)
    more = len(found) > most
    found = found[:most]
    return found, (found[-1].sort_name, found[-1].id) if more else None


async def _of_books(ids: list[int], wanted: Wanted, after: After | None, most: int) -> list[Contact]:
    arguments: list[Any] = [most]

    def mark(value: Any) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    conditions = [_PLAIN]
    conditions += [f"c.words LIKE {mark(f'% {word}%')}" for word in words(wanted.search)[:6]]
    if after:
        conditions.append(f"(c.sort_name, c.id) > ({mark(after[0])}, {mark(after[1])})")
    if wanted.place == LABEL:
        conditions.append(f"c.id IN (SELECT l.contact_id FROM contact_label l WHERE l.book_id = c.book_id AND l.name_key = {mark(fold(wanted.which))})")
    if wanted.place == GROUP:
        conditions.append(
            f"c.uid IN (SELECT g.uid FROM contact_member g WHERE g.contact_id = {mark(int(wanted.which))} AND g.book_id = c.book_id)"
        )
    where = " AND ".join(conditions)
    of_each = [
        f"SELECT * FROM (SELECT c.id, c.sort_name FROM contact c WHERE c.book_id = {mark(id_)} AND {where} ORDER BY c.sort_name, c.id LIMIT $1) b{number}"
        for number, id_ in enumerate(ids)
    ]
    rows = await database.fetch(
        f"SELECT {LISTED} FROM contact c WHERE c.id IN (SELECT id FROM ({' UNION ALL '.join(of_each)}) every ORDER BY sort_name, id LIMIT $1)"
        " ORDER BY c.sort_name, c.id", *arguments,
    )
    return [Contact.from_row(row) for row in rows]


async def letters(books: Sequence[AddressBook]) -> list[str]:
    """The letters under which there are cards, each found with a step in the index."""
    found: set[str] = set()
    for book in books:
        rows = await database.fetch(
            "WITH RECURSIVE l(letter) AS (SELECT MIN(letter) FROM contact WHERE book_id = $1 UNION ALL"
            " SELECT (SELECT MIN(c.letter) FROM contact c WHERE c.book_id = $1 AND c.letter > l.letter) FROM l WHERE l.letter IS NOT NULL)"
            " SELECT letter FROM l WHERE letter IS NOT NULL", book.id,
        )
        found |= {row["letter"] for row in rows if row["letter"]}
    return sorted(found, key=lambda letter: (letter != "#", letter))


async def counts(books: Sequence[AddressBook]) -> dict[int, int]:
    """How many cards are in each of these books."""
    if not books:
        return {}
    rows = await database.fetch(
        f"SELECT book_id, COUNT(*) AS n FROM contact WHERE book_id IN ({database.marks(books)}) GROUP BY book_id", *(book.id for book in books)
    )
    return {row["book_id"]: row["n"] for row in rows}


async def labels(books: Sequence[AddressBook]) -> list[dict[str, Any]]:
    """The labels of the cards in these books, by name: dicts with key, name and count."""
    if not books:
        return []
    rows = await database.fetch(
        f"SELECT name_key, MIN(name) AS name, COUNT(*) AS count FROM contact_label WHERE book_id IN ({database.marks(books)})"
        " GROUP BY name_key ORDER BY name_key LIMIT 200", *(book.id for book in books),
    )
    return [{"key": row["name_key"], "name": row["name"], "count": row["count"]} for row in rows]


async def groups(books: Sequence[AddressBook]) -> list[dict[str, Any]]:
    """Cards that are groups of others, as some clients make them: dicts with id, name and count."""
    if not books:
        return []
    return await database.fetch(
        "SELECT c.id, c.name, (SELECT COUNT(*) FROM contact_member m WHERE m.contact_id = c.id) AS count FROM contact c"
        f" WHERE c.book_id IN ({database.marks(books)}) AND c.kind = 'group' ORDER BY c.sort_name LIMIT 200", *(book.id for book in books),
    )


# -- favourites, and what was seen last


async def marked(account_id: int, books: Sequence[AddressBook], table: str) -> list[Contact | Person]:
    """Somebody's favourites by name (`contact_favourite`), or what they saw last (`contact_seen`), cards and people of directories."""
    order = "m.seen_at DESC" if table == "contact_seen" else "m.id"
    marks = await database.fetch(f"SELECT kind, subject_id FROM {table} m WHERE m.account_id = $1 ORDER BY {order} LIMIT 500", account_id)
    cards = await contacts_by_id(books, [row["subject_id"] for row in marks if row["kind"] == CARD])
    people = await people_by_id(account_id, [row["subject_id"] for row in marks if row["kind"] == PERSON])
    by_mark: dict[tuple[str, int], Contact | Person] = {(CARD, one.id): one for one in cards} | {(PERSON, one.id): one for one in people}
    found = [by_mark[(row["kind"], row["subject_id"])] for row in marks if (row["kind"], row["subject_id"]) in by_mark]
    return found if table == "contact_seen" else sorted(found, key=lambda one: (one.sort_name, one.id))


async def contacts_by_id(books: Sequence[AddressBook], ids: Collection[int]) -> list[Contact]:
    """Those of these cards that are in these books."""
    if not ids or not books:
        return []
    rows = await database.fetch(
        f"SELECT {LISTED} FROM contact c WHERE c.id IN ({database.marks(ids)}) AND c.book_id IN ({database.marks(books, len(ids) + 1)})",
        *ids, *(book.id for book in books),
    )
    return [Contact.from_row(row) for row in rows]


async def favourites(account_id: int, kind: str = CARD) -> set[int]:
    """Ids of somebody's favourites of a kind."""
    rows = await database.fetch("SELECT subject_id FROM contact_favourite WHERE account_id = $1 AND kind = $2", account_id, kind)
    return {row["subject_id"] for row in rows}


async def set_favourite(account_id: int, kind: str, subject_id: int, on: bool) -> None:
    """Keep a card or somebody of a directory at the top, or no longer."""
    if not on:
        await database.execute("DELETE FROM contact_favourite WHERE account_id = $1 AND kind = $2 AND subject_id = $3", account_id, kind, subject_id)
        return
    await database.execute(
        "INSERT INTO contact_favourite (id, account_id, kind, subject_id, created_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (account_id, kind, subject_id) DO NOTHING", new_id(), account_id, kind, subject_id, clock.now(),
    )


async def see(account_id: int, kind: str, subject_id: int) -> None:
    """Remember that somebody looked at this."""
    async with database.transaction():
        await database.execute(
            "INSERT INTO contact_seen (id, account_id, kind, subject_id, seen_at) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (account_id, kind, subject_id) DO UPDATE SET seen_at = excluded.seen_at", new_id(), account_id, kind, subject_id, clock.now(),
        )
        await database.execute(
            "DELETE FROM contact_seen WHERE account_id = $1 AND seen_at < (SELECT MIN(seen_at) FROM"
            " (SELECT seen_at FROM contact_seen WHERE account_id = $1 ORDER BY seen_at DESC LIMIT $2) newest)", account_id, MOST_SEEN,
        )
