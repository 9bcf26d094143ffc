"""An organisation's directory: cards are found by what is looked for and read one at a time; no request lists them (CONT-04).

A client finds it by CARDDAV:directory-gateway (draft-daboo-carddav-directory-gateway), which tells it not to synchronise but to ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from app.lib.dav.card_filter import CardFilter
from app.lib.dav.names import card, d
from app.lib.dav.problems import Problem
from app.lib.dav.writing import elements, escape, href
from app.models.base import NotFound
from app.models.contacts import Directory
from app.models.contacts.directory import MOST_ANSWERS, Person
from app.models.dav import Caller
from app.routes.dav.contacts.book import ITEM, QUERY, content_of
from app.routes.dav.contacts.data import SUPPORTED
from app.routes.dav.nodes import Batch, Collection, Content, Node, RowNode
from app.routes.dav.properties import READ, Properties, fixed, for_everyone, supported_reports
from app.routes.dav.reports.multiget import ADDRESSBOOK as MULTIGET
from app.routes.dav.requests import Request
from app.routes.dav.wanted import Wanted


def gateways(caller: Caller) -> bytes:
    """Where the directories of the caller's organisations are asked."""
    return b"".join(href(f"/dav/contacts/{caller.sync_name}/directory-{viewer.org_id}/") for viewer in caller.using("contacts"))


class DirectoryNode(Collection):
    """One directory. A PROPFIND of its members says that there are too many, however few they are."""

    reports = (QUERY, MULTIGET)
    is_listed = False

    def __init__(self, caller: Caller, directory: Directory) -> None:
        super().__init__(caller, f"/dav/contacts/{caller.sync_name}/{directory.segment}/")
        self.directory = directory

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection"), card("addressbook"), card("directory")), in_allprop=True),
            d("displayname"): fixed(escape(self.directory.name), in_allprop=True),
            card("addressbook-description"): fixed(b""),
            card("supported-address-data"): fixed(SUPPORTED),
            d("supported-report-set"): fixed(supported_reports(self.reports)),
            **for_everyone(self.caller, "/dav/principals/", READ),
        }

    @cached_property
    def item_properties(self) -> Properties:
        return {**ITEM, **for_everyone(self.caller, "/dav/principals/", READ)}

    async def find(self, name: str) -> Node | None:
        try:
            return PersonNode(self, await self.directory.contact(name))
        except NotFound:
            return None

    async def named(self, names: Sequence[str], wanted: Wanted) -> Batch:
        if len(names) > MOST_ANSWERS:
            raise Problem(403, d("number-of-matches-within-limits"))
        found = [await self.find(name) for name in names]
        return self._batch([node.person for node in found if isinstance(node, PersonNode)])

    async def matching(self, asked: CardFilter, most: int) -> tuple[Batch, bool]:
        """Who matches a filter that looks for words, and whether there are more. Without words, nobody."""
        found: dict[int, Person] = {}
        is_more = not asked.words
        for words in asked.words[:10]:
            people = await self.directory.search(words, MOST_ANSWERS)
            is_more = is_more or len(people) >= MOST_ANSWERS
            found |= {one.id: one for one in people if asked.holds(one.vcard)}
        people = list(found.values())[: min(most, MOST_ANSWERS)]
        return self._batch(people), is_more or len(found) > len(people)

    def _batch(self, people: Sequence[Person]) -> Batch:
        return Batch(self.item_properties, [row_of(person) for person in people], lambda row: self.address(row["href"]))


class PersonNode(RowNode):
    """A member's card."""

    def __init__(self, parent: DirectoryNode, person: Person) -> None:
        super().__init__(parent, row_of(person))
        self.person = person

    async def read(self, request: Request) -> Content:
        return content_of(self.row, request)


def row_of(person: Person) -> dict[str, Any]:
    """A member as the row of a card."""
    vcard = person.vcard
    return {
        "href": person.href, "etag": person.etag, "size": len(vcard.encode()), "updated_at": None, "created_at": person.created_at, "name": person.name,
        "vcard": vcard,
    }
