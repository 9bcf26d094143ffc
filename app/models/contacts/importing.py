"""Bringing contacts in from a file: looked at first, then written in the background, and taken back as a whole if wanted.

A file is read anew at each step, so that nothing is between what was shown and what is written. Cards are recognised by their UID; one
without gets a UID made of what it says, so that the same file twice brings nothing new.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from piccolo.columns import BigInt, ForeignKey, Integer, Text, Varchar

from app import database
from app.lib import clock
from app.lib.contact_tables import guess_targets, is_day_first, is_target, read_row, read_table, text_of
from app.lib.i18n import _
from app.lib.ids import new_id
from app.lib.pictures import PictureError, portrait
from app.lib.vcard import V21, BadCard, Card, as_version, decode, escape, photo, read_card, read_cards, write_line
from app.lib.vcard.details import set_photo, write_details
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused, Row
from app.models.command import Command, undoes
from app.models.contacts.book import MOST_CARDS, AddressBook
from app.models.contacts.contact import Contact
from app.models.contacts.editing import IMPORT, Done, add, check_may_write, rewrite, take_back
from app.models.contacts.writing import MOST_CARD, CardRefused, Read, read
from app.models.job import Job
from app.models.organisation import Organisation
from app.models.viewer import Viewer

MOST_FILE = 60_000_000  # bytes
PIECE = 100
KEPT = 7 * clock.DAY
VCF, CSV = "vcf", "csv"
NEW, CHANGED, SAME, BAD = "new", "changed", "same", "bad"
_SPACE = uuid.UUID("6f1d7f0e-33a4-4a41-9d35-0a8f3c1e9b77")
_FOLD = re.compile(r"(?:\r\n|\n|\r)[ \t]")


class ContactImport(Row):
    """A file of contacts on its way into a book."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    book_id = ForeignKey(AddressBook)
    name = Varchar(length=200, help_text="What the file is called.")
    kind = Varchar(length=3, default=VCF)
    content = Text(default="", help_text="The file; empty once it is written.")
    mapping = Text(default="[]", help_text="JSON: the target of each column of a table.")
    total = Integer(default=0)
    done = Integer(default=0)
    outcome = Text(default="{}", help_text="JSON: how many were new, changed, same and bad.")
    refused = Text(default="[]", help_text="JSON: line and reason of what could not be read.")
    created_at = BigInt(default=0)
    started_at = BigInt(null=True, default=None)
    finished_at = BigInt(null=True, default=None)
    cancelled_at = BigInt(null=True, default=None)
    command_id = BigInt(null=True, default=None)

    @property
    def url(self) -> str:
        """Its address."""
        return f"/contacts/imports/{self.id}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.finished_at is not None or self.cancelled_at is not None

    @property
    def targets(self) -> list[str]:
        """The target of each column."""
        return msgspec.json.decode(self.mapping, type=list[str])

    @property
    def counts(self) -> dict[str, int]:
        """How many were new, changed, same and bad so far."""
        return msgspec.json.decode(self.outcome, type=dict[str, int])

    @property
    def bad_lines(self) -> list[tuple[int, str]]:
        """Line and reason of what could not be read."""
        return msgspec.json.decode(self.refused, type=list[tuple[int, str]])


class ContactImported(Row):
    """A card that an import made or changed, for taking it back."""

    import_id = ForeignKey(ContactImport)
    contact_id = BigInt()
    version_id = BigInt(default=0, help_text="What the card was before; 0: it is new.")
    etag = Varchar(length=64)


@dataclass(frozen=True, slots=True)
class Entry:
    """One card of a file. `kind` is what will become of it, once that is known; `why` the reason of a bad one; `note` what is done to it."""

    line: int
    name: str = ""
    text: str = ""
    kind: str = NEW
    why: str = ""
    email: str = ""
    has_large_photo: bool = False


# -- the way of an import


async def keep(viewer: Viewer, book: AddressBook, name: str, content: bytes) -> ContactImport:
    """Keep a file to look at. Nothing is written into the book yet. Raises `Refused`."""
    check_may_write(book)
    if len(content) > MOST_FILE:
        raise Refused(_("This file is too large: at most %(most)s MB.") % {"most": MOST_FILE // 1_000_000})
    text = decode(content).replace("\x00", "")
    kind = VCF if re.search(r"^\s*(?:[\w-]+\.)?BEGIN\s*:\s*VCARD", text, re.IGNORECASE | re.MULTILINE) else CSV
    text = text_of(content).replace("\x00", "") if kind == CSV else text
    table = read_table(text) if kind == CSV else None
    if table is not None and (len(table.columns) < 2 or not table.rows):
        raise Refused(_("This file is neither a vCard nor a table with headings. Export your contacts as vCard (.vcf) or CSV and try again."))
    mapping = guess_targets(table) if table else []
    return await ContactImport.insert_new(
        org_id=viewer.org_id, account_id=viewer.account_id, book_id=book.id, name=name[:200], kind=kind, content=text,
        mapping=msgspec.json.encode(mapping).decode(), created_at=clock.now(),
    )


async def find(viewer: Viewer, id_: int) -> ContactImport:
    """An import of the viewer's. Raises `NotFound`."""
    return await ContactImport.find_own(id_, account_id=viewer.account_id, org_id=viewer.org_id)


async def map_columns(one: ContactImport, targets: list[str]) -> None:
    """Say what the columns of a table are."""
    if one.kind != CSV or one.started_at is not None or len(targets) != len(one.targets) or not all(is_target(target) for target in targets):
        raise Refused(_("Please choose one of the offered values."))
    await one.change(mapping=msgspec.json.encode(targets).decode())


async def foresee(one: ContactImport) -> list[Entry]:
    """What would become of each card of the file: new, changed, same, or bad with its line and reason."""
    book = await AddressBook.get(one.book_id)
    entries = await _read_all(one)
    known = await _known(book)
    return [_foreseen(entry, known) for entry in entries]


async def start(viewer: Viewer, one: ContactImport) -> Command:
    """Write it into the book, in the background. The command that it is can be taken back from now on."""
    book = await AddressBook.seen_by(viewer, one.book_id)
    check_may_write(book)
    if one.started_at is not None or one.is_over:
        raise Refused(_("This import was started already."))
    total = len(await _read_all(one))
    there = await database.fetch_value("SELECT COUNT(*) FROM contact WHERE book_id = $1", book.id)
    if there + total > MOST_CARDS:
        raise Refused(_("An address book has at most %(most)s contacts.") % {"most": MOST_CARDS})
    async with Command.once(viewer, IMPORT) as command:
        await one.change(started_at=clock.now(), total=total, command_id=command.id)
        command.done(one.id, what=one.name, url=one.url, inverse={"import": one.id})
        await Job.enqueue("import_contacts", org_id=one.org_id, import_id=one.id)
    return command


async def stop(one: ContactImport) -> None:
    """Write no more of it; what is written stays, and can be taken back."""
    await database.execute(
        "UPDATE contact_import SET cancelled_at = $1, content = '' WHERE id = $2 AND finished_at IS NULL AND cancelled_at IS NULL", clock.now(), one.id
    )


async def carry_out(import_id: int) -> None:
    """Write the cards, a piece at a time; goes on where it stopped when the process died."""
    one = await ContactImport.get(import_id)
    viewer, every = await _acting(one), await _read_all(one)
    for start_at in range(one.done, one.total, PIECE):
        entries = every[start_at:start_at + PIECE]
        async with database.transaction():
            state = await database.fetch_one("SELECT cancelled_at, done FROM contact_import WHERE id = $1", one.id)
            if state is None or state["cancelled_at"] is not None or state["done"] != start_at:
                return
            await _write_piece(viewer, one, [await _with_small_photo(entry) for entry in entries], start_at)
        announce("contacts.imported", one.account_id, one.id)
    await database.execute(
        "UPDATE contact_import SET finished_at = $1, content = '' WHERE id = $2 AND cancelled_at IS NULL", clock.now(), one.id
    )
    announce("contacts.imported", one.account_id, one.id)


async def prune() -> None:
    """Forget files that nobody went on with, and what can't be taken back any more."""
    await database.execute("DELETE FROM contact_import WHERE started_at IS NULL AND created_at < $1", clock.now() - KEPT)
    await database.execute("DELETE FROM contact_import WHERE created_at < $1", clock.now() - 35 * clock.DAY)


@undoes(IMPORT)
async def _take_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    one = await find(viewer, inverse["import"])
    await stop(one)
    rows = await database.fetch("SELECT contact_id, version_id, etag FROM contact_imported WHERE import_id = $1 ORDER BY id", one.id)
    await take_back(viewer, {
        "made": [[row["contact_id"], row["etag"]] for row in rows if not row["version_id"]],
        "versions": [[row["version_id"], row["etag"]] for row in rows if row["version_id"]],
    })


# -- reading a file


def entries_of(one: ContactImport) -> Iterator[Entry]:
    """The cards of a file, each as it would be written, or bad."""
    return _of_table(one) if one.kind == CSV else _of_cards(one.content)


async def _read_all(one: ContactImport) -> list[Entry]:
    """The same, all at once and beside other requests: a large file takes seconds."""
    return await asyncio.to_thread(lambda: list(entries_of(one)))


def _of_cards(text: str) -> Iterator[Entry]:
    for card in read_cards(text):
        if isinstance(card, BadCard):
            yield Entry(card.line, kind=BAD, why=_why(card))
            continue
        try:
            yield _entry(card.number, kept_text(card))
        except CardRefused as refused:
            yield Entry(card.number, name=card.value("FN"), kind=BAD, why=str(refused))


def _of_table(one: ContactImport) -> Iterator[Entry]:
    table, targets = read_table(one.content), one.targets
    day_first = is_day_first(table, targets)
    for line, cells in table.rows:
        details = read_row(cells, targets, table.columns, day_first=day_first)
        if not details.shown:
            yield Entry(line, kind=BAD, why=_("There is neither a name nor an address nor a number in this line."))
            continue
        card = Card([write_line("BEGIN", "VCARD"), write_line("VERSION", "3.0"), write_line("END", "VCARD")])
        write_details(card, details)
        try:
            yield _entry(line, kept_text(card))
        except CardRefused as refused:
            yield Entry(line, name=details.shown, kind=BAD, why=str(refused))


def _why(bad: BadCard) -> str:
    return {
        BadCard.STRAY: _("This line belongs to no card."), BadCard.OPEN: _("The card that begins here has no end (END:VCARD)."),
    }.get(bad.reason, _("This is no card."))


def _entry(line: int, text: str) -> Entry:
    if len(text) > MOST_CARD:
        card = read_card(text)
        if photo(card) is not None:
            return Entry(line, card.value("FN"), text, has_large_photo=True)
    new = read(text)
    return Entry(line, new.index.name, text, email=(new.index.emails or ("",))[0])


def kept_text(card: Card) -> str:
    """A card of a file as it is kept: lines that end as the standard wants, 2.1 as 3.0, a UID, a name. Nothing else of it changes."""
    found = as_version(card, "3.0") if card.version == V21 else card
    if any(not line.raw.endswith("\r\n") for line in found.lines):
        found = read_card("".join(_ended(line.raw) for line in found.lines))
    if not found.value("UID"):
        for line in found.all("UID"):
            found.remove(line)
        said = "\n".join(sorted(_FOLD.sub("", line.raw).strip() for line in found.lines))
        found.add("UID", str(uuid.uuid5(_SPACE, said)), after=found.first("VERSION") or found.first("BEGIN"))
    if not found.value("FN"):
        name = read(found.text).index.name
        for line in found.all("FN"):
            found.remove(line)
        found.add("FN", escape(name), after=found.first("UID"))
    return found.text


def _ended(raw: str) -> str:
    return re.sub(r"\r\n|\n|\r", "\r\n", raw if raw.endswith(("\n", "\r")) else f"{raw}\n")


async def _with_small_photo(entry: Entry) -> Entry:
    """A card whose photo is too large gets a smaller one of the same picture, or a reason."""
    if not entry.has_large_photo:
        return entry
    card = read_card(entry.text)
    found = photo(card)
    try:
        set_photo(card, b64encode(await portrait(found[0] if found else b"")).decode())
        return _entry(entry.line, card.text)
    except (PictureError, CardRefused):
        return Entry(entry.line, entry.name, kind=BAD, why=_("The photo of this contact is too large and can’t be made smaller."))


# -- writing


async def _known(book: AddressBook) -> dict[str, str]:
    """The texts of a book's cards by UID."""
    rows = await database.fetch("SELECT uid, vcard FROM contact WHERE book_id = $1 AND uid IS NOT NULL", book.id)
    return {row["uid"]: row["vcard"] for row in rows}


def _foreseen(entry: Entry, known: dict[str, str]) -> Entry:
    if entry.kind == BAD:
        return entry
    uid = read_card(entry.text).value("UID")
    before = known.get(uid)
    kind = NEW if before is None else SAME if before == entry.text else CHANGED
    known[uid] = entry.text
    return Entry(entry.line, entry.name, entry.text, kind, email=entry.email, has_large_photo=entry.has_large_photo)


async def _write_piece(viewer: Viewer, one: ContactImport, entries: list[Entry], start_at: int) -> None:
    book = await AddressBook.seen_by(viewer, one.book_id)
    counts, bad = Counter(one.counts), one.bad_lines
    done = Done()
    for entry in entries:
        kind, why = (BAD, entry.why) if entry.kind == BAD else await _write(viewer, one, book, entry, done)
        counts[kind] += 1
        if kind == BAD:
            bad.append((entry.line, why))
    one.outcome, one.refused = msgspec.json.encode(dict(counts)).decode(), msgspec.json.encode(bad[:1000]).decode()
    await database.execute(
        "UPDATE contact_import SET done = $1, outcome = $2, refused = $3 WHERE id = $4", start_at + len(entries), one.outcome, one.refused, one.id
    )
    done.tell()


async def _write(viewer: Viewer, one: ContactImport, book: AddressBook, entry: Entry, done: Done) -> tuple[str, str]:
    new = read(entry.text)
    row = await database.fetch_one("SELECT * FROM contact WHERE book_id = $1 AND uid = $2", book.id, new.index.uid)
    try:
        async with database.savepoint():
            if row is None:
                made = await add(viewer, book, entry.text, done, href=_href(new))
                await _remember(one, made.id, 0, made.etag)
                return NEW, ""
            if not await rewrite(viewer, Contact.from_row(row), book, entry.text, done):
                return SAME, ""
            version, etag = done.versions[-1]
            await _remember(one, row["id"], version, etag)
            return CHANGED, ""
    except Refused as refused:
        return BAD, str(refused)


def _href(new: Read) -> str:
    plain = re.sub(r"[^A-Za-z0-9._-]", "", new.index.uid)
    return f"{plain}.vcf" if plain == new.index.uid and 4 < len(plain) < 120 else ""


async def _remember(one: ContactImport, contact_id: int, version_id: int, etag: str) -> None:
    await database.execute(
        "INSERT INTO contact_imported (id, import_id, contact_id, version_id, etag) VALUES ($1, $2, $3, $4, $5)",
        new_id(), one.id, contact_id, version_id, etag,
    )


async def _acting(one: ContactImport) -> Viewer:
    """Whoever started it, as they are now: without their rights nothing more is written."""
    row = await database.fetch_one(
        "SELECT m.id AS membership_id, m.role, o.name AS org_name, a.email, a.given_name, a.family_name, a.avatar, a.locale, a.timezone, a.week_start, a.theme"
        " FROM membership m JOIN account a ON a.id = m.account_id JOIN organisation o ON o.id = m.org_id"
        " WHERE m.org_id = $1 AND m.account_id = $2 AND m.ended_at IS NULL AND a.disabled_at IS NULL", one.org_id, one.account_id,
    )
    if row is None:
        raise NotFound(f"member {one.account_id}")
    return Viewer(
        session_id=0, account_id=one.account_id, org_id=one.org_id, rights=frozenset(("contacts.use",)), organisations=(), expires_at=0, seen_at=0, **row
    )
