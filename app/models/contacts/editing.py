"""What people do with cards: make, edit, move, copy, label, delete, and take all of it back (BEY-03).

Every change keeps what the card was. Undoing puts that back where nobody changed the card since.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Collection
from typing import Any

from app import database
from app.lib.i18n import _, ngettext
from app.lib.searching import fold
from app.lib.vcard import V21, Card, as_30, escape, read_card, write_line
from app.lib.vcard.details import Details, read_details, set_labels, write_details
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.contacts.book import AddressBook
from app.models.contacts.contact import Contact
from app.models.contacts.writing import LostRace, advance, check_uid, drop, keep_version, read, store
from app.models.viewer import Viewer

MOST_CHOSEN, MOST_LABELLED = 1000, 3000
EDIT, CREATE, DELETE, MOVE, COPY, LABEL, MERGE, IMPORT = (
    "contact.edit", "contact.create", "contact.delete", "contact.move", "contact.copy", "contact.label", "contact.merge", "contact.import"
)


class Done:
    """What a command did to cards, for its undo: cards that it made, and the versions of those that it changed or removed."""

    def __init__(self) -> None:
        self.made: list[list[Any]] = []  # [id, ETag]
        self.versions: list[list[Any]] = []  # [id of the version, ETag of the card afterwards; "" when it was removed]
        self.touched: dict[int, tuple[AddressBook, list[int]]] = {}

    def touch(self, book: AddressBook, contact_id: int) -> None:
        """Remember whom to tell."""
        self.touched.setdefault(book.id, (book, []))[1].append(contact_id)

    def tell(self) -> None:
        """Tell everybody who looks at the books."""
        for book, ids in self.touched.values():
            announce("contacts.changed", book.org_id, book.id, ids)

    @property
    def inverse(self) -> dict[str, Any]:
        """What undoing needs."""
        return {"made": self.made, "versions": self.versions}


# -- finding what somebody chose


async def find(viewer: Viewer, contact_id: int) -> tuple[Contact, AddressBook]:
    """A card in a book that the viewer sees, with its text. Raises `NotFound`."""
    contact = await Contact.get(contact_id)
    return contact, await AddressBook.seen_by(viewer, contact.book_id)


async def chosen(viewer: Viewer, ids: Collection[int]) -> list[tuple[Contact, AddressBook]]:
    """Those of these cards that the viewer sees, with their texts, in the order of their names."""
    books: dict[int, AddressBook] = {book.id: book for book in await AddressBook.all_for(viewer.account_id, viewer.org_id)}
    some = list(dict.fromkeys(ids))[:MOST_CHOSEN]
    if not some or not books:
        return []
    rows = await database.fetch(f"SELECT * FROM contact WHERE id IN ({database.marks(some)}) ORDER BY sort_name, id", *some)
    return [(Contact.from_row(row), books[row["book_id"]]) for row in rows if row["book_id"] in books]


# -- changes


async def create(viewer: Viewer, book: AddressBook, wanted: Details, key: str | None = None) -> Contact:
    """A new card in a book. Raises `CardRefused`."""
    async with Command.once(viewer, CREATE, key) as command:
        if command.repeated:
            return await Contact.get(command.result or 0)
        card = blank()
        write_details(card, wanted)
        done = Done()
        contact = await add(viewer, book, card.text, done)
        finish(command, done, contact.name, contact.url, contact.id)
    return contact


async def edit(viewer: Viewer, contact: Contact, book: AddressBook, etag: str, change: Callable[[Card], None], key: str | None = None) -> Command | None:
    """Change a card that is still what `etag` says; None when that changed nothing. Raises `LostRace`, `CardRefused`."""
    async with Command.once(viewer, EDIT, key) as command:
        if command.repeated:
            return command
        now = await Contact.get(contact.id)
        if now.etag != etag:
            raise LostRace(now.etag)
        done = Done()
        await rewrite(viewer, now, book, changed_text(now.vcard, change), done)
        finish(command, done, now.name, now.url, now.id)
    return command if done.versions else None


async def delete_many(viewer: Viewer, ids: Collection[int]) -> Command:
    """Delete cards."""
    async with Command.once(viewer, DELETE) as command:
        done, names = Done(), []
        for contact, book in await _writable(viewer, ids):
            await remove(viewer, contact, book, done)
            names.append(contact.name)
        finish(command, done, many(names), "/contacts")
    return command


async def move(viewer: Viewer, ids: Collection[int], target: AddressBook) -> Command:
    """Put cards into another book. Raises `UidTaken` where a card of the same UID is there already."""
    async with Command.once(viewer, MOVE) as command:
        done, names = Done(), []
        for contact, book in await _writable(viewer, ids):
            if book.id != target.id:
                version = await remove(viewer, contact, book, done)
                moved = await add(viewer, target, contact.vcard, done, as_before=contact)
                done.versions[-1] = [version, moved.etag]
                done.made.pop()
                names.append(contact.name)
        finish(command, done, many(names), target.url)
    return command


async def copy(viewer: Viewer, ids: Collection[int], target: AddressBook) -> Command:
    """Put copies of cards into a book. A copy has a UID of its own."""
    async with Command.once(viewer, COPY) as command:
        done, names = Done(), []
        for contact, _book in await chosen(viewer, ids):
            await add(viewer, target, with_new_uid(contact.vcard), done)
            names.append(contact.name)
        if not names:
            raise Refused(_("Choose somebody first."))
        finish(command, done, many(names), target.url)
    return command


async def copy_text(viewer: Viewer, text: str, target: AddressBook) -> tuple[Command, Contact]:
    """Put a card that isn't in any book (somebody of a directory) into one."""
    async with Command.once(viewer, COPY) as command:
        done = Done()
        made = await add(viewer, target, with_new_uid(text), done)
        finish(command, done, made.name, made.url, made.id)
    return command, made


async def label(viewer: Viewer, ids: Collection[int], name: str, on: bool) -> Command:
    """Give cards a label, or take it away."""
    name = " ".join(name.split())[:120]
    if not name:
        raise Refused(_("Please give the label a name."))
    async with Command.once(viewer, LABEL) as command:
        done, names = Done(), []
        for contact, book in await _writable(viewer, ids):
            if await rewrite(viewer, contact, book, changed_text(contact.vcard, lambda card: _label(card, name, on)), done):
                names.append(contact.name)
        finish(command, done, f"{name}: {many(names)}" if names else "", "/contacts")
    return command


async def relabel(viewer: Viewer, old: str, name: str = "") -> Command:
    """Call a label otherwise on every card that has it in the books that the viewer may change; without a name, take it away. Raises `Refused`."""
    key, name = fold(old), " ".join(name.split())[:120]
    books = {book.id: book for book in await AddressBook.all_for(viewer.account_id, viewer.org_id) if book.can_write}
    ids = [] if not books else await database.fetch(
        f"SELECT DISTINCT contact_id FROM contact_label WHERE book_id IN ({database.marks(books, 3)}) AND name_key = $1 LIMIT $2",
        key, MOST_LABELLED + 1, *books,
    )
    if len(ids) > MOST_LABELLED:
        raise Refused(_("More than %(most)s contacts have this label.") % {"most": MOST_LABELLED})
    async with Command.once(viewer, LABEL) as command:
        done = Done()
        for start in range(0, len(ids), MOST_CHOSEN):
            for contact, book in await chosen(viewer, [row["contact_id"] for row in ids[start : start + MOST_CHOSEN]]):
                await rewrite(viewer, contact, book, changed_text(contact.vcard, lambda card: _relabel(card, key, name)), done)
                await asyncio.sleep(0)  # thousands take a second or two: others read meanwhile
        finish(command, done, f"{old} → {name}" if name else old, "/contacts")
    if not done.versions:
        raise NotFound(f"label {old}")
    return command


def _relabel(card: Card, key: str, name: str) -> None:
    set_labels(card, list(dict.fromkeys(one for one in (name if fold(label) == key else label for label in read_details(card).labels) if one)))


def _label(card: Card, name: str, on: bool) -> None:
    labels = read_details(card).labels
    rest = [one for one in labels if one.casefold() != name.casefold()]
    wanted = [*rest, name] if on else rest
    if (name in labels) != on or len(rest) != len(labels) - on:
        set_labels(card, wanted)


# -- the pieces, inside of an open command


async def add(viewer: Viewer, book: AddressBook, text: str, done: Done, as_before: Contact | None = None, href: str = "") -> Contact:
    """Write a card into a book; `as_before` keeps its id, and its address where that is free."""
    check_may_write(book)
    new = read(text)
    modseq, region = await advance(book)
    href = await _free_href(book, href or (as_before.href if as_before else ""))
    await check_uid(book, href, new.index.uid)
    old = {"id": as_before.id, "created_at": as_before.created_at, "created_by": as_before.created_by} if as_before else None
    contact = await store(book, viewer.account_id, href, new, modseq, region, old)
    done.made.append([contact.id, contact.etag])
    done.touch(book, contact.id)
    return contact


async def rewrite(viewer: Viewer, contact: Contact, book: AddressBook, text: str, done: Done) -> bool:
    """Write another text in the place of a card's; whether that changed anything."""
    if text == contact.vcard:
        return False
    check_may_write(book)
    new = read(text)
    await check_uid(book, contact.href, new.index.uid)
    version = await keep_version(viewer.account_id, contact.id)
    modseq, region = await advance(book)
    old = {"id": contact.id, "created_at": contact.created_at, "created_by": contact.created_by}
    after = await store(book, viewer.account_id, contact.href, new, modseq, region, old)
    done.versions.append([version, after.etag])
    done.touch(book, contact.id)
    return True


async def remove(viewer: Viewer, contact: Contact, book: AddressBook, done: Done) -> int:
    """Take a card out of its book; the id of the version that is kept."""
    check_may_write(book)
    version = await keep_version(viewer.account_id, contact.id, removed=True)
    await drop(book, contact.id, contact.href)
    done.versions.append([version, ""])
    done.touch(book, contact.id)
    return version


def finish(command: Command, done: Done, what: str, url: str, result: int | None = None) -> None:
    """Close a command: nothing happened when nothing was touched."""
    if done.made or done.versions:
        command.done(result, what=what, url=url, inverse=done.inverse)
        done.tell()


def blank() -> Card:
    """A card with nothing but a UID, vCard 3.0: every client reads that."""
    lines = [write_line("BEGIN", "VCARD"), write_line("VERSION", "3.0"), write_line("UID", str(uuid.uuid4())), write_line("END", "VCARD")]
    return Card(lines)


def with_new_uid(text: str) -> str:
    """The same card as another one."""
    card = read_card(text)
    for line in card.all("UID"):
        card.remove(line)
    card.add("UID", escape(str(uuid.uuid4())), after=card.first("VERSION") or card.first("BEGIN"))
    return card.text


def changed_text(text: str, change: Callable[[Card], None]) -> str:
    """The text of a card after a change; as it was when nothing changed."""
    card = editable(text)
    before = card.text
    change(card)
    return card.text if card.text != before else text


def editable(text: str) -> Card:
    """A card as it is changed: one of vCard 2.1 becomes 3.0 first."""
    card = read_card(text)
    return read_card(as_30(text)) if card.version == V21 else card


def many(names: list[str]) -> str:
    """One name, or how many contacts it is about."""
    return names[0] if len(names) == 1 else ngettext("%(count)s contact", "%(count)s contacts", len(names)) % {"count": len(names)}


def check_may_write(book: AddressBook) -> None:
    """Raises `Refused` for a book that the viewer only reads."""
    if not book.can_write:
        raise Refused(_("You may read this address book, not change it."))


async def _writable(viewer: Viewer, ids: Collection[int]) -> list[tuple[Contact, AddressBook]]:
    found = await chosen(viewer, ids)
    if not found:
        raise Refused(_("Choose somebody first."))
    for _contact, book in found:
        check_may_write(book)
    return found


async def _free_href(book: AddressBook, wanted: str) -> str:
    taken = wanted and await database.fetch_value("SELECT 1 FROM contact WHERE book_id = $1 AND href = $2", book.id, wanted)
    return wanted if wanted and not taken else f"{uuid.uuid4()}.vcf"


# -- taking it back


async def take_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    """Undo what `Done` tells. Raises `Refused` where a card was changed since."""
    done = Done()
    for contact_id, etag in reversed(inverse["made"]):
        row = await database.fetch_one("SELECT * FROM contact WHERE id = $1", contact_id)
        if row is not None:
            _check_unchanged(row["etag"], etag)
            await remove(viewer, Contact.from_row(row), await AddressBook.seen_by(viewer, row["book_id"]), done)
    for version_id, etag in reversed(inverse["versions"]):
        await _bring_back(viewer, version_id, etag, done)
    done.tell()


async def _bring_back(viewer: Viewer, version_id: int, etag: str, done: Done) -> None:
    version = await database.fetch_one("SELECT * FROM contact_version WHERE id = $1", version_id)
    if version is None:
        raise Refused(_("This can’t be undone any more."))
    row = await database.fetch_one("SELECT * FROM contact WHERE id = $1", version["contact_id"])
    _check_unchanged(row["etag"] if row else "", etag)
    book = await AddressBook.seen_by(viewer, version["book_id"])
    if row is not None and row["book_id"] == book.id:
        await rewrite(viewer, Contact.from_row(row), book, version["vcard"], done)
        return
    if row is not None:
        await remove(viewer, Contact.from_row(row), await AddressBook.seen_by(viewer, row["book_id"]), done)
    before = Contact(
        id=version["contact_id"], href=version["href"], created_by=version["created_by"], created_at=version["created_at"], book_id=book.id, etag="",
    )
    await add(viewer, book, version["vcard"], done, as_before=before)


def _check_unchanged(now: str, then: str) -> None:
    if now != then:
        raise Refused(_("Somebody changed this contact since; undoing would lose that."))


for _kind in (EDIT, CREATE, DELETE, MOVE, COPY, LABEL, MERGE):
    undoes(_kind)(take_back)
