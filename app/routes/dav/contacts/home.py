"""`/dav/contacts/AB12345/`: a person's books, those that are shared with them, and the directories of their organisations."""

from __future__ import annotations

from collections.abc import Sequence

from app.lib.dav.names import card, d
from app.lib.dav.problems import Problem
from app.lib.dav.writing import elements, escape, href
from app.models.base import NotFound
from app.models.contacts import AddressBook, Directory
from app.models.contacts.book import BookRefused
from app.models.contacts.programs import make_at
from app.models.dav import Caller, DeadProperty
from app.routes.dav.contacts.book import BOOK_SETTERS, Book
from app.routes.dav.contacts.directory import DirectoryNode, gateways
from app.routes.dav.nodes import Collection, Made, Node
from app.routes.dav.properties import READ, WRITE, Properties, fixed, for_everyone, supported_reports

ADDRESSBOOK = card("addressbook")


def home_of(caller: Caller) -> str:
    """The address of somebody's address-book home."""
    return f"/dav/contacts/{caller.sync_name}/"


class Homes(Collection):
    """`/dav/contacts/`: the caller's home alone."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, "/dav/contacts/")

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection")), in_allprop=True), d("displayname"): fixed(b"Contacts", in_allprop=True),
            d("supported-report-set"): fixed(b""), **for_everyone(self.caller, self.caller.principal, READ),
        }

    async def find(self, name: str) -> Node | None:
        return Home(self.caller) if name.upper() == self.caller.sync_name and self.caller.using("contacts") else None

    async def nodes(self) -> Sequence[Node]:
        return [Home(self.caller)] if self.caller.using("contacts") else []


class Home(Collection):
    """The books of one person. New ones are made in the organisation that they joined first."""

    kinds = frozenset((ADDRESSBOOK,))
    made_setters = BOOK_SETTERS
    dead_kind = "book-home"

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, home_of(caller))
        self.org_ids = [viewer.org_id for viewer in caller.using("contacts")]

    @property
    def id(self) -> int:
        return self.caller.account_id

    @property
    def privileges(self) -> tuple[str, ...]:
        return (*READ, *WRITE)

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection")), in_allprop=True),
            d("displayname"): fixed(escape(self.caller.name), in_allprop=True),
            d("supported-report-set"): fixed(supported_reports(self.reports)),
            card("addressbook-home-set"): fixed(href(self.href)),
            card("directory-gateway"): fixed(gateways(self.caller)),
            **for_everyone(self.caller, self.caller.principal, self.privileges),
        }

    async def find(self, name: str) -> Node | None:
        if name.startswith("directory-"):
            org_id = name.removeprefix("directory-")
            if not org_id.isascii() or not org_id.isdigit() or int(org_id[:17]) not in self.org_ids:
                return None
            return DirectoryNode(self.caller, await Directory.seen_by(self.caller.account_id, int(org_id)))
        try:
            book = await AddressBook.by_segment(self.caller.account_id, name)
        except NotFound:  # the default book is made when the books are first listed
            await AddressBook.all_for(self.caller.account_id)
            book = await AddressBook.by_segment(self.caller.account_id, name)
        return Book(self.caller, book) if book.org_id in self.org_ids else None

    async def nodes(self) -> Sequence[Node]:
        books = await AddressBook.all_for(self.caller.account_id)
        return [Book(self.caller, book) for book in books if book.org_id in self.org_ids]

    async def make(self, name: str, made: Made) -> None:
        try:
            book = await make_at(self.caller.account_id, self.org_ids[0], name, made.fields.get("name") or "", made.fields.get("description") or "")
        except BookRefused as refused:
            raise Problem(403, text=str(refused)) from None
        if made.dead:
            await DeadProperty.write(Book.dead_kind, book.id, self.caller.account_id, made.dead)

    async def delete(self, request: object) -> None:
        raise Problem(403, d("need-privileges"), text="A home can’t be deleted.")


