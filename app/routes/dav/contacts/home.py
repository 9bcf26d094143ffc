"""`/dav/contacts/AB12345/`: a person's books, those that are shared with them, and the directories of their organisations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.lib.dav.names import card
from app.lib.dav.writing import href
from app.lib.numbers import whole
from app.models.base import NotFound
from app.models.contacts import AddressBook, Directory
from app.models.contacts.programs import make_at
from app.routes.dav import homes
from app.routes.dav.contacts.book import BOOK_SETTERS, Book
from app.routes.dav.contacts.directory import DirectoryNode, gateways
from app.routes.dav.nodes import Node
from app.routes.dav.properties import Properties, fixed


class Home(homes.Home):
    """The books of one person."""

    folder, product = "contacts", "contacts"
    kinds = frozenset((card("addressbook"),))
    made_setters = BOOK_SETTERS
    dead_kind = "book-home"
    made_kind = Book.dead_kind

    @property
    def more(self) -> Properties:
        return {card("addressbook-home-set"): fixed(href(self.href)), card("directory-gateway"): fixed(gateways(self.caller))}

    async def find(self, name: str) -> Node | None:
        if name.startswith("directory-"):
            org_id = whole(name.removeprefix("directory-"))
            if org_id is None or org_id not in self.org_ids:
                return None
            return DirectoryNode(self.caller, await Directory.seen_by(self.caller.account_id, org_id))
        try:
            book = await AddressBook.by_segment(self.caller.account_id, name)
        except NotFound:  # the default book is made when the books are first listed
            await AddressBook.all_for(self.caller.account_id)
            book = await AddressBook.by_segment(self.caller.account_id, name)
        return Book(self.caller, book) if book.org_id in self.org_ids else None

    async def nodes(self) -> Sequence[Node]:
        books = await AddressBook.all_for(self.caller.account_id)
        return [Book(self.caller, book) for book in books if book.org_id in self.org_ids]

    async def make_at(self, org_id: int, segment: str, fields: Mapping[str, Any]) -> int:
        return (await make_at(self.caller.account_id, org_id, segment, **fields)).id


class Homes(homes.Homes):
    """`/dav/contacts/`."""

    home, title = Home, b"Contacts"
