"""The one way in for every card: its text, its index, its search entry, the book's modseq and what is told, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.lib.phones import comparable, region_of
from app.lib.searching import fold, words
from app.lib.vcard import BadCard, Card, Digest, digest, read_card
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.contacts.contact import MOST_HREF, MOST_TEXT, MOST_UID, Contact
from app.models.search import Indexed, SearchEntry

if TYPE_CHECKING:
    from app.models.contacts.book import AddressBook

MOST_CARD = 10 * 1024 * 1024  # octets of one card, its photo included
MOST_WORDS = 4_000  # characters of the words that lists are searched in
MOST_OF_A_KIND = 100  # addresses, numbers, labels that are looked up by
CONTACT = "contact"


class CardRefused(Refused):
    """A card can't be kept; the text says why. `condition` names it as RFC 6352 §6.3.2.1 does, `line` where it shows."""

    def __init__(self, message: str, condition: str = "valid-address-data", line: int = 0) -> None:
        super().__init__(message)
        self.condition, self.line = condition, line


class UidTaken(CardRefused):
    """Another card of the book, at `href`, has the UID."""

    def __init__(self, href: str) -> None:
        super().__init__(_("Another card of this address book has the same UID."), "no-uid-conflict")
        self.href = href


class LostRace(Refused):
    """The card is no longer what the sender believes (If-Match, If-None-Match). `etag` is what it is now; None: it isn't there."""

    def __init__(self, etag: str | None) -> None:
        super().__init__(_("Somebody else changed this contact meanwhile."))
        self.etag = etag


@dataclass(frozen=True, slots=True)
class Read:
    """A card that may be kept: its text, what it means, and its index."""

    text: str
    card: Card
    index: Digest


def read(text: str) -> Read:
    """Look at a card before it is kept. Raises `CardRefused`."""
    if len(text) > MOST_CARD or (len(text) * 4 > MOST_CARD and len(text.encode()) > MOST_CARD):
        raise CardRefused(
            _("This contact is too large: with its photo, at most %(most)s MB.") % {"most": MOST_CARD // 1024 // 1024}, "max-resource-size"
        )
    try:
        card = read_card(text)
    except BadCard as bad:
        raise CardRefused(_WHY[bad.reason]() % {"line": bad.line}, line=bad.line) from None
    index = digest(card)
    if not index.name:
        raise CardRefused(_("This card has neither a name nor an address nor a number."))
    if len(index.uid) > MOST_UID:
        raise CardRefused(_("The UID of this card is too long."))
    return Read(text, card, index)


_WHY = {
    BadCard.EMPTY: lambda: _("This is not a vCard: there is no BEGIN:VCARD."),
    BadCard.STRAY: lambda: _("Line %(line)s belongs to no card."),
    BadCard.OPEN: lambda: _("The card that begins in line %(line)s has no END:VCARD."),
    BadCard.SEVERAL: lambda: _("There is more than one card: another one begins in line %(line)s."),
    BadCard.NUL: lambda: _("Line %(line)s has a character that no card may have."),
}


async def put(book: AddressBook, account_id: int, href: str, text: str, if_match: str | None = None, if_none_match: bool = False) -> Contact:
    """Write a card at an address of a book; see `AddressBook.put`."""
    _check_may_write(book)
    if not 0 < len(href) <= MOST_HREF or "/" in href or "\x00" in href:
        raise CardRefused(_("A card can’t have this address."))
    new = read(text)
    async with database.transaction():
        modseq, region = await advance(book)
        old = await database.fetch_one("SELECT id, etag, created_at, created_by FROM contact WHERE book_id = $1 AND href = $2", book.id, href)
        _check_matches(old["etag"] if old else None, if_match, if_none_match)
        await check_uid(book, href, new.index.uid)
        contact = await store(book, account_id, href, new, modseq, region, old)
        announce("contacts.changed", book.org_id, book.id, [contact.id])
    return contact


async def remove(book: AddressBook, account_id: int, href: str, if_match: str | None = None) -> int:
    """Remove a card, of which a version is kept; the version's id. See `AddressBook.remove_card`."""
    _check_may_write(book)
    async with database.transaction():
        modseq, _region = await advance(book)
        old = await database.fetch_one("SELECT id, etag FROM contact WHERE book_id = $1 AND href = $2", book.id, href)
        if old is None:
            raise NotFound(f"card {href}")
        _check_matches(old["etag"], if_match, False)
        version = await keep_version(account_id, old["id"], removed=True)
        await drop(book, old["id"], href, modseq)
        announce("contacts.changed", book.org_id, book.id, [old["id"]])
    return version


async def drop(book: AddressBook, contact_id: int, href: str, modseq: int = 0) -> None:
    """Take a card out of its book and leave a mark for clients, in the open transaction."""
    modseq = modseq or (await advance(book))[0]
    await database.execute("DELETE FROM contact WHERE id = $1", contact_id)
    await database.execute(
        "INSERT INTO contact_gone (id, book_id, href, modseq, gone_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (book_id, href) DO UPDATE SET modseq = excluded.modseq, gone_at = excluded.gone_at",
        new_id(), book.id, href, modseq, clock.now(),
    )
    await SearchEntry.remove(CONTACT, contact_id)


async def advance(book: AddressBook, by: int = 1) -> tuple[int, str]:
    """Count so many changes of a book and lock it until the transaction's end: the last one's modseq, and the region of its numbers."""
    rows = await database.execute(
        "UPDATE address_book SET modseq = modseq + $1 WHERE id = $2 AND deleted_at IS NULL"
        " RETURNING modseq, (SELECT timezone FROM account WHERE account.id = address_book.account_id) AS timezone",
        by, book.id,
    )
    if not rows:
        raise NotFound(f"book {book.id}")
    book.modseq = rows[0]["modseq"]
    return rows[0]["modseq"], region_of(rows[0]["timezone"])


async def check_uid(book: AddressBook, href: str, uid: str) -> None:
    """Raises `UidTaken` when another card of the book has this UID (RFC 6352 §6.3.2.1)."""
    if uid:
        taken = await database.fetch_value("SELECT href FROM contact WHERE book_id = $1 AND uid = $2 AND href <> $3", book.id, uid, href)
        if taken is not None:
            raise UidTaken(taken)


async def keep_version(account_id: int, contact_id: int, *, removed: bool = False) -> int:
    """Keep what a card is now, before it changes; the version's id."""
    version = new_id()
    await database.execute(
        "INSERT INTO contact_version (id, book_id, contact_id, href, replaced_by, replaced_at, was_removed, created_by, created_at, vcard)"
        " SELECT $1, book_id, id, href, $2, $3, $4, created_by, created_at, vcard FROM contact WHERE id = $5",
        version, account_id, clock.now(), int(removed), contact_id,
    )
    return version


_COLUMNS = (
    "id", "book_id", "href", "uid", "etag", "modseq", "size", "kind", "name", "sort_name", "letter", "organisation", "title", "email", "phone",
    "birthday", "has_photo", "words", "created_by", "created_at", "updated_at", "vcard",
)
_UPSERT = (
    f"INSERT INTO contact ({', '.join(_COLUMNS)}) VALUES ({database.marks(_COLUMNS)}) ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in ("id", "created_by", "created_at"))
)


async def store(book: AddressBook, account_id: int, href: str, new: Read, modseq: int, region: str, old: dict[str, Any] | None = None) -> Contact:
    """Write a card and everything beside it, in the open transaction. `old` has id, created_at and created_by of what it replaces or brings back."""
    row = _row(book, href, new, modseq)
    row["id"] = old["id"] if old else new_id()
    row["created_by"], row["created_at"] = (old["created_by"], old["created_at"]) if old else (account_id, row["updated_at"])
    await database.execute(_UPSERT, *(row[name] for name in _COLUMNS))
    if old:
        for table in ("contact_email", "contact_phone", "contact_label", "contact_member"):
            await database.execute(f"DELETE FROM {table} WHERE contact_id = $1", row["id"])
    await database.execute("DELETE FROM contact_gone WHERE book_id = $1 AND href = $2", book.id, href)
    await _look_ups(book.id, row["id"], new.index, region)
    found = indexed(row["id"], book.org_id, book.id, new.index, row["created_at"])
    await SearchEntry.put(CONTACT, found.subject_id, found.org_id, found.scope, found.title, found.body, found.at)
    return Contact.from_row(row)


def indexed(contact_id: int, org_id: int, book_id: int, index: Digest, created_at: int) -> Indexed:
    """What the search over everything knows of a card."""
    about = " · ".join(part for part in (index.organisation, index.title, *index.emails, *index.phones) if part)
    return Indexed(contact_id, org_id, book_id, index.name[:MOST_TEXT], f"{about}\n{index.words}"[:MOST_WORDS], created_at)


def _row(book: AddressBook, href: str, new: Read, modseq: int) -> dict[str, Any]:
    index, octets = new.index, new.text.encode()
    sort_name = " ".join(fold(index.sort_as or index.name).split())[:MOST_TEXT]
    return {
        "book_id": book.id, "href": href, "uid": index.uid or None, "etag": hashlib.sha256(octets).hexdigest()[:32], "modseq": modseq,
        "size": len(octets), "kind": index.kind[:24], "name": index.name[:MOST_TEXT], "sort_name": sort_name, "letter": letter_of(sort_name),
        "organisation": index.organisation[:MOST_TEXT], "title": index.title[:MOST_TEXT], "email": (index.emails or ("",))[0][:MOST_TEXT],
        "phone": (index.phones or ("",))[0][:MOST_TEXT], "birthday": index.birthday, "has_photo": index.has_photo,
        "words": searched(index.words), "updated_at": clock.now(), "vcard": new.text,
    }


def letter_of(sort_name: str) -> str:
    """The letter under which a name stands; # for what begins with none."""
    first = sort_name[:1]
    return first.upper()[:2] if first.isalpha() else "#"


def searched(text: str) -> str:
    """The folded words of a text, each once with a blank before it, so that ` ann` finds what begins so."""
    return "".join(f" {word}" for word in dict.fromkeys(words(text)))[:MOST_WORDS]


async def _look_ups(book_id: int, contact_id: int, index: Digest, region: str) -> None:
    emails = dict.fromkeys(address.lower()[:MOST_TEXT] for address in index.emails)
    phones = dict.fromkeys(number for written in index.phones if (number := comparable(written, region)))
    labels = {fold(name)[:120]: name[:120] for name in index.labels}
    await _insert("contact_email", "address", contact_id, book_id, [(value,) for value in emails])
    await _insert("contact_phone", "number", contact_id, book_id, [(value,) for value in phones])
    await _insert("contact_label", "name_key, name", contact_id, book_id, list(labels.items()))
    await _insert("contact_member", "uid", contact_id, book_id, [(uid,) for uid in index.members if len(uid) <= MOST_UID], most=10_000)


async def _insert(table: str, columns: str, contact_id: int, book_id: int, rows: Sequence[tuple[str, ...]], most: int = MOST_OF_A_KIND) -> None:
    if rows:
        marks = database.marks(rows[0], 4)
        await database.execute_many(
            f"INSERT INTO {table} (id, contact_id, book_id, {columns}) VALUES ($1, $2, $3, {marks})",
            [(new_id(), contact_id, book_id, *row) for row in rows[:most]],
        )


def _check_may_write(book: AddressBook) -> None:
    if not book.can_write:
        raise CardRefused(_("You may read this address book, not change it."), "need-privileges")


def _check_matches(etag: str | None, if_match: str | None, if_none_match: bool) -> None:
    if if_none_match and etag is not None:
        raise LostRace(etag)
    if if_match is not None and (etag is None or if_match not in ("*", etag)):
        raise LostRace(etag)
