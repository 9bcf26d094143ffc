"""Address books: whose they are, who sees them, and with which level."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from piccolo.columns import BigInt, ForeignKey, SmallInt, Varchar

from app import database
from app.lib import clock
from app.lib.dav import slugs
from app.lib.i18n import _, speaking
from app.lib.ids import new_id
from app.models.account import Account
from app.models.base import NotFound, Refused, Row
from app.models.organisation import Organisation
from app.models.viewer import Viewer

if TYPE_CHECKING:
    from app.models.contacts.contact import Contact
    from app.models.contacts.reading import Changes

READ, WRITE, ADMINISTER, OWN = 1, 2, 3, 4
MOST_NAME, MOST_DESCRIPTION = 120, 500
MOST_BOOKS = 100  # of one person in one organisation
MOST_CARDS = 50_000  # in one book
DEFAULT = "default"
RESERVED = re.compile("(shared|directory)-.*")

_MEMBER = """
  JOIN membership w ON w.org_id = b.org_id AND w.account_id = $1 AND w.ended_at IS NULL AND w.role IN ('legal', 'admin', 'user')
   AND EXISTS (SELECT 1 FROM product_right p WHERE p.membership_id = w.id AND p.product = 'contacts' AND p.level = 'use')
"""
SHARED_LEVEL = """
(SELECT MAX(s.level) FROM address_book_share s WHERE s.book_id = b.id AND (
   s.account_id = $1 OR (s.account_id IS NULL AND s.team_id IS NULL)
   OR s.team_id IN (SELECT tm.team_id FROM team_member tm JOIN team t ON t.id = tm.team_id WHERE tm.account_id = $1 AND t.deleted_at IS NULL)))
"""
_SELECT = f"""
SELECT b.*, CASE WHEN b.account_id = $1 THEN {OWN} ELSE {SHARED_LEVEL} END AS seen_level,
       trim(a.given_name || ' ' || a.family_name) AS owner_name, o.name AS org_name
  FROM address_book b JOIN account a ON a.id = b.account_id JOIN organisation o ON o.id = b.org_id {_MEMBER}
 WHERE b.deleted_at IS NULL
"""
_TAKEN = "SELECT book_id FROM address_book_answer WHERE account_id = $1 AND accepted_at IS NOT NULL"


class BookRefused(Refused):
    """An address book can't be made or changed so; the text says why."""


class AddressBook(Row):
    """Some contacts under one name. Its `modseq` grows with every change of a card in it (what CardDAV calls ctag)."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account, help_text="Whose it is.")
    name = Varchar(length=MOST_NAME)
    slug = Varchar(length=slugs.MOST, help_text="Segment of its address for DAV clients, unique among the owner's books.")
    hue = SmallInt(default=14)
    description = Varchar(length=MOST_DESCRIPTION, default="")
    sole_key = Varchar(length=12, null=True, default=None, help_text="`default` for the book that new contacts go into.")
    modseq = BigInt(default=0)
    forgotten_modseq = BigInt(default=0, help_text="Up to here it was forgotten what was removed; who knows less reads everything anew.")
    created_at = BigInt(default=0)
    deleted_at = BigInt(null=True, default=None)

    # Of whoever it was found for.
    level: int = 0
    owner_name: str = ""
    org_name: str = ""

    @property
    def url(self) -> str:
        """Its address."""
        return f"/contacts/books/{self.id}"

    @property
    def is_own(self) -> bool:
        """Whether it belongs to whoever it was found for."""
        return self.level == OWN

    @property
    def is_default(self) -> bool:
        """Whether it is the owner's default book, which can't be deleted."""
        return self.sole_key == DEFAULT

    @property
    def can_write(self) -> bool:
        """Whether they may change the cards in it."""
        return self.level >= WRITE

    @property
    def can_administer(self) -> bool:
        """Whether they may rename it and share it."""
        return self.level >= ADMINISTER

    @property
    def segment(self) -> str:
        """The segment of its address below the home of whoever it was found for: the slug of their own, else one that can't collide."""
        return self.slug if self.is_own else slugs.shared_slug(self.id)

    # -- finding

    @classmethod
    async def seen_by(cls, viewer: Viewer, id_: int) -> Self:
        """A book of the viewer's, or one that is shared with them and that they accepted, in the organisation they look at. Raises `NotFound`."""
        found = await cls._seen(f"b.org_id = $2 AND b.id = $3 AND (b.account_id = $1 OR b.id IN ({_TAKEN}))", viewer.account_id, viewer.org_id, id_)
        if not found or viewer.is_external:
            raise NotFound(f"book {id_}")
        return found[0]

    @classmethod
    async def all_for(cls, account_id: int, org_id: int | None = None) -> list[Self]:
        """The books that somebody works with: their own, the default one first, then those shared with them that they accepted.

        In one organisation, or in all that they belong to and use Contacts in. A default book is made where there is none.
        """
        await cls._make_defaults(account_id, org_id)
        return await cls._seen(
            f"b.id IN (SELECT id FROM address_book WHERE account_id = $1 UNION {_TAKEN}) AND (CAST($2 AS bigint) = 0 OR b.org_id = $2)", account_id, org_id or 0
        )

    @classmethod
    async def by_segment(cls, account_id: int, segment: str) -> Self:
        """The book at an address below somebody's home. Raises `NotFound`."""
        found = await cls._seen("b.account_id = $1 AND b.slug = $2", account_id, segment)
        if not found and (shared := slugs.shared_id(segment)):
            found = await cls._seen(f"b.account_id <> $1 AND b.id = $2 AND b.id IN ({_TAKEN})", account_id, shared)
        if not found:
            raise NotFound(f"book {segment}")
        return found[0]

    @classmethod
    async def default_for(cls, account_id: int, org_id: int) -> Self:
        """The book that somebody's new contacts go into, made at the first call."""
        await cls._make_default(account_id, org_id)
        found = await cls._seen("b.org_id = $2 AND b.account_id = $1 AND b.sole_key = 'default'", account_id, org_id)
        if not found:
            raise NotFound(f"books of {account_id}")
        return found[0]

    @classmethod
    async def _seen(cls, condition: str, *arguments: int | str) -> list[Self]:
        rows = await database.fetch(f"{_SELECT} AND {condition} ORDER BY b.created_at, b.id", *arguments)
        books = []
        for row in rows:
            level, owner_name, org_name = row.pop("seen_level"), row.pop("owner_name"), row.pop("org_name")
            if level:
                book = cls.from_row(row)
                book.level, book.owner_name, book.org_name = level, owner_name, org_name
                books.append(book)
        return sorted(books, key=lambda book: (not book.is_own, not book.is_default))

    @classmethod
    async def _make_defaults(cls, account_id: int, org_id: int | None) -> None:
        for row in await database.fetch(
            "SELECT w.org_id FROM membership w JOIN product_right p ON p.membership_id = w.id AND p.product = 'contacts' AND p.level = 'use'"
            " WHERE w.account_id = $1 AND w.ended_at IS NULL AND w.role IN ('legal', 'admin', 'user') AND (CAST($2 AS bigint) = 0 OR w.org_id = $2)"
            " AND NOT EXISTS (SELECT 1 FROM address_book b WHERE b.org_id = w.org_id AND b.account_id = $1 AND b.sole_key = 'default')",
            account_id, org_id or 0,
        ):
            await cls._make_default(account_id, row["org_id"])

    @classmethod
    async def _make_default(cls, account_id: int, org_id: int) -> None:
        known = "SELECT 1 FROM address_book WHERE org_id = $1 AND account_id = $2 AND sole_key = 'default'"
        if await database.fetch_value(known, org_id, account_id):
            return
        account = await Account.get(account_id)
        with speaking(account.locale):
            name = _("Contacts")
        async with database.transaction():
            await database.execute(
                "INSERT INTO address_book (id, org_id, account_id, name, slug, hue, description, sole_key, modseq, forgotten_modseq, created_at)"
                " VALUES ($1, $2, $3, $4, $5, 14, '', 'default', 0, 0, $6) ON CONFLICT (org_id, account_id, sole_key) DO NOTHING",
                new_id(), org_id, account_id, name, await free_slug(account_id, "contacts"), clock.now(),
            )

    # -- cards: what pages and DAV clients share; see writing.py and reading.py

    async def put(self, account_id: int, href: str, text: str, if_match: str | None = None, if_none_match: bool = False) -> Contact:
        """Write a card as a program sent it. `if_match` is an ETag without quotes, or `*` for any card that is there.

        Raises `CardRefused`, `UidTaken`, `LostRace`, and `NotFound` when the book was deleted meanwhile.
        """
        from app.models.contacts.writing import put

        return await put(self, account_id, href, text, if_match, if_none_match)

    async def remove_card(self, account_id: int, href: str, if_match: str | None = None) -> None:
        """Remove a card. Raises `NotFound`, `LostRace`, `CardRefused`. Its text is kept for 30 days."""
        from app.models.contacts.writing import remove

        await remove(self, account_id, href, if_match)

    async def contact(self, href: str) -> Contact:
        """The card at an address, with its text. Raises `NotFound`."""
        from app.models.contacts.reading import by_href

        return await by_href(self, href)

    async def contacts(self, hrefs: list[str] | None = None) -> list[Contact]:
        """All cards with their texts, or those at these addresses that exist."""
        from app.models.contacts.reading import cards

        return await cards(self, hrefs)

    async def etags(self) -> list[tuple[str, str, int]]:
        """href, ETag and octets of every card: an index alone answers it."""
        from app.models.contacts.reading import etags

        return await etags(self)

    async def changes_since(self, modseq: int, most: int | None = None) -> Changes:
        """What changed after `modseq`, oldest first, at most so much. Raises `TooOld` when that was forgotten: then read everything."""
        from app.models.contacts.reading import changes_since

        return await changes_since(self, modseq, most)

    async def current_modseq(self) -> int:
        """How far the book has come by now."""
        return int(await database.fetch_value("SELECT modseq FROM address_book WHERE id = $1", self.id) or 0)

    # -- making and changing

    @classmethod
    async def make(cls, account_id: int, org_id: int, name: str, slug: str = "", hue: int = 14, description: str = "") -> Self:
        """Another book of somebody's, without a command: for DAV clients, and inside of commands. Raises `BookRefused`."""
        name = check_name(name)
        count = await database.fetch_value(
            "SELECT COUNT(*) FROM address_book WHERE org_id = $1 AND account_id = $2 AND deleted_at IS NULL", org_id, account_id
        )
        if count >= MOST_BOOKS:
            raise BookRefused(_("These are as many address books as there can be: %(most)s.") % {"most": MOST_BOOKS})
        async with database.transaction():
            made = await cls.insert_new(
                org_id=org_id, account_id=account_id, name=name, slug=await free_slug(account_id, slug or name), hue=hue % 24,
                description=description[:MOST_DESCRIPTION], created_at=clock.now(),
            )
        made.level = OWN
        return made


def check_name(name: str) -> str:
    """A book's name without what can't be seen. Raises `BookRefused`."""
    name = " ".join(name.split())
    if not name:
        raise BookRefused(_("Please give the address book a name."))
    if len(name) > MOST_NAME:
        raise BookRefused(_("This name is too long: at most %(most)s characters.") % {"most": MOST_NAME})
    return name


async def free_slug(account_id: int, wanted: str) -> str:
    """A segment like `wanted` that none of somebody's books has, deleted ones among them: an address isn't used for another book."""
    taken = {row["slug"] for row in await database.fetch("SELECT slug FROM address_book WHERE account_id = $1", account_id)}
    return slugs.slug_like(wanted, taken, RESERVED, "book")
