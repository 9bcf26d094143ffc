"""An address book: one query for its cards, whatever their number."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from app import database
from app.lib.dav.conditions import Match
from app.lib.dav.hrefs import quoted
from app.lib.dav.names import card, cs, d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import text
from app.lib.dav.writing import elements, escape, href
from app.lib.vcard import V21
from app.models.base import NotFound
from app.models.contacts import MOST_CARD, AddressBook, CardRefused, LostRace, TooOld, UidTaken
from app.models.contacts.programs import describe, discard
from app.models.dav import Caller, DeadProperty
from app.routes.dav.contacts.data import ADDRESS_DATA, KIND, SUPPORTED, accepted, in_version, version_of
from app.routes.dav.nodes import Batch, Changes, Collection, Content, Node, RowNode, Stored
from app.routes.dav.properties import (
    READ,
    WRITE,
    Properties,
    Property,
    Setter,
    column,
    etag,
    fixed,
    for_everyone,
    http_date,
    iso_date,
    supported_reports,
)
from app.routes.dav.reports.multiget import ADDRESSBOOK as MULTIGET
from app.routes.dav.reports.sync_collection import SYNC, invalid, token
from app.routes.dav.requests import Request
from app.routes.dav.texts import Expected, text_of
from app.routes.dav.wanted import Wanted

QUERY = card("addressbook-query")
BOOK_SETTERS = {
    d("displayname"): Setter("name", lambda given: text(given).strip(), None),
    card("addressbook-description"): Setter("description", lambda given: text(given).strip()),
}
ITEM: dict[str, Property] = {
    d("resourcetype"): fixed(b"", in_allprop=True),
    d("getetag"): Property(etag, True, ("etag",), template='"%s"'),
    d("getcontenttype"): fixed(KIND.encode(), in_allprop=True),
    d("getcontentlength"): Property(lambda row: b"%d" % row["size"], True, ("size",), template="%s"),
    d("getlastmodified"): column("updated_at", http_date, in_allprop=True),
    d("creationdate"): column("created_at", iso_date, in_allprop=True),
    d("displayname"): column("name", in_allprop=True),
    d("supported-report-set"): fixed(b""),
    card("address-data"): ADDRESS_DATA,
}
_WHOLE = ("etag", "size", "updated_at", "created_at", "name", "vcard")
_AT_ONCE = 500
_EXPECTED = Expected(
    ("", "text/vcard", "text/x-vcard", "text/directory", "application/octet-stream"), MOST_CARD, card("supported-address-data"),
    card("valid-address-data"), card("max-resource-size"),
)
_COLLATIONS = b"".join(b"<card:supported-collation>" + name + b"</card:supported-collation>" for name in (b"i;ascii-casemap", b"i;unicode-casemap", b"i;octet"))


class Book(Collection):
    """A book of the caller's, or one that is shared with them."""

    reports = (QUERY, MULTIGET, SYNC)
    setters = BOOK_SETTERS
    dead_kind = "book"
    has_items = True

    def __init__(self, caller: Caller, book: AddressBook) -> None:
        super().__init__(caller, f"/dav/contacts/{caller.sync_name}/{quoted(book.segment)}/")
        self.book = book
        self.sync_id = f"b{book.id}"

    @property
    def id(self) -> int:
        return self.book.id

    @property
    def privileges(self) -> tuple[str, ...]:
        return (*READ, *WRITE) if self.book.can_write else READ

    @cached_property
    def _owner(self) -> str:
        return self.caller.principal_of(self.book.account_id)

    @cached_property
    def properties(self) -> Properties:
        book = self.book
        return {
            d("resourcetype"): fixed(elements(d("collection"), card("addressbook")), in_allprop=True),
            d("displayname"): fixed(escape(book.name if book.is_own else f"{book.name} ({book.owner_name})"), in_allprop=True),
            d("getcontenttype"): fixed(b"httpd/unix-directory", in_allprop=True),
            d("creationdate"): fixed(iso_date(book.created_at), in_allprop=True),
            card("addressbook-description"): fixed(escape(book.description)),
            card("supported-address-data"): fixed(SUPPORTED),
            card("supported-collation-set"): fixed(_COLLATIONS),
            card("max-resource-size"): fixed(b"%d" % MOST_CARD),
            cs("getctag"): fixed(b'"%d"' % book.modseq),
            d("sync-token"): fixed(token(self.sync_id, book.modseq)),
            d("supported-report-set"): fixed(supported_reports(self.reports)),
            **for_everyone(self.caller, self._owner, self.privileges),
        }

    @cached_property
    def item_properties(self) -> Properties:
        return {**ITEM, **for_everyone(self.caller, self._owner, self.privileges)}

    # -- finding

    async def find(self, name: str) -> Node | None:
        row = await database.fetch_one(f"SELECT href, {', '.join(_WHOLE)} FROM contact WHERE book_id = $1 AND href = $2", self.book.id, name)
        return CardNode(self, row) if row else None

    async def members(self, wanted: Wanted) -> AsyncIterator[Batch]:
        columns = wanted.columns(self.item_properties)
        if "vcard" in columns:
            async for batch in self.texts(wanted):
                yield batch
        else:
            yield self.batch(await self._rows(columns))

    async def texts(self, wanted: Wanted, needles: Sequence[str] | None = None) -> AsyncIterator[Batch]:
        """All cards with their texts, and what `wanted` names, in pieces. With `needles`, those that may have one of them, in letters of any case."""
        columns = sorted({*wanted.columns(self.item_properties), "vcard"})
        last = ""
        condition, patterns = _having(needles)
        while rows := await self._rows(columns, last, condition, patterns):
            yield self.batch(rows)
            if len(rows) < _AT_ONCE:
                break
            last = rows[-1]["href"]

    async def _rows(self, columns: Sequence[str], after: str | None = None, condition: str = "", patterns: Sequence[str] = ()) -> list[dict[str, Any]]:
        """All cards, or a piece of them in the order of their addresses: texts with photos aren't held all at once."""
        select = f"SELECT {', '.join(('href', *columns))} FROM contact WHERE book_id = $1"
        if after is None:
            return await database.fetch(select, self.book.id)
        return await database.fetch(f"{select} AND href > $2 {condition} ORDER BY href LIMIT {_AT_ONCE}", self.book.id, after, *patterns)

    def batch(self, rows: Sequence[dict[str, Any]]) -> Batch:
        """Rows of cards as a batch."""
        base = self.href.encode()
        return Batch(self.item_properties, rows, lambda row: base + quoted(row["href"]).encode(), names="href", base=self.href)

    async def named(self, names: Sequence[str], wanted: Wanted) -> Batch:
        columns = ", ".join(("href", *wanted.columns(self.item_properties)))
        if not names:
            return self.batch([])
        return self.batch(await database.fetch(
            f"SELECT {columns} FROM contact WHERE book_id = $1 AND href IN ({database.marks(names, 2)})", self.book.id, *names
        ))

    async def sync_token(self) -> int:
        return await self.book.current_modseq()

    async def changes(self, since: int | None, most: int | None, wanted: Wanted) -> Changes:
        try:
            found = await self.book.changes_since(since or 0, most)
        except TooOld:
            raise invalid() from None
        rows: list[dict[str, Any]] = [{"href": name, "etag": tag} for name, tag in found.changed]
        if set(wanted.columns(self.item_properties)) - {"etag"}:
            names = [row["href"] for row in rows]
            rows = []
            for start in range(0, len(names), _AT_ONCE):
                rows += (await self.named(names[start : start + _AT_ONCE], wanted)).subjects
        return Changes(self.batch(rows), found.gone, found.modseq, not found.is_complete)

    # -- changing

    async def create(self, name: str, request: Request, match: Match) -> Stored:
        return await self.store(name, await vcard_of(request), match)

    async def store(self, name: str, vcard: str, match: Match, *, current: str | None = None) -> Stored:
        """Write a card whose ETag is `current` as far as was seen."""
        with refusals(self):
            stored = await self.book.put(self.caller.account_id, name, vcard, if_match(match, current), match.none == ("*",))
        return Stored(current is None, stored.etag)

    async def change(self, **fields: Any) -> None:
        await describe(self.book, **fields)

    async def delete(self, request: Request) -> None:
        await discard(self.book, self.caller.account_id)
        if self.book.is_own:
            await DeadProperty.forget(self.dead_kind, [self.book.id])

    async def copy(self, source: Node, name: str, *, depth: int, over: Node | None) -> None:
        if not isinstance(source, CardNode) or isinstance(over, Collection):
            raise Problem(403, text="Only cards can be copied into an address book.")
        await self.store(name, source.row["vcard"], Match(), current=None)

    async def move(self, source: Node, name: str, *, over: Node | None) -> None:
        if not isinstance(source, CardNode) or isinstance(over, Collection):
            raise Problem(403, text="Only cards can be moved into an address book.")
        async with database.transaction():  # the card goes first, because its UID is in a book only once
            await source.remove(Match())
            await self.store(name, source.row["vcard"], Match(), current=None)

    @property
    def may_write(self) -> bool:
        return self.book.can_write or not self.book.is_own  # whoever a book is shared with may leave it


class CardNode(RowNode):
    """A card."""

    parent: Book

    async def read(self, request: Request) -> Content:
        return content_of(self.row, request)

    async def put(self, request: Request, match: Match) -> Stored:
        return await self.parent.store(self.row["href"], await vcard_of(request), match, current=self.row["etag"])

    async def delete(self, request: Request) -> None:
        await self.remove(request.match)

    async def remove(self, match: Match) -> None:
        """Delete it if that holds."""
        with refusals(self.parent):
            await self.parent.book.remove_card(self.caller.account_id, self.row["href"], if_match(match, self.row["etag"]))


def _having(needles: Sequence[str] | None) -> tuple[str, list[str]]:
    """SQL for cards whose text has one of these, and its arguments from $3. Where lines are folded, a word may be in two of them."""
    if not needles:
        return "", []
    is_sqlite = database.dialect() == "sqlite"
    other = "vcard GLOB '*\n[ \t]*' OR vcard GLOB '*QUOTED-P*'" if is_sqlite else "vcard LIKE '%\n %' OR vcard LIKE '%\n\t%' OR vcard LIKE '%QUOTED-P%'"
    alike = "".join(f"vcard {'LIKE' if is_sqlite else 'ILIKE'} ${number} OR " for number in range(3, 3 + len(needles)))
    return f"AND ({alike}{other})", [f"%{needle}%" for needle in needles]


def content_of(row: dict[str, Any], request: Request) -> Content:
    """What GET gives of a card: as it was stored, or in the version that Accept asks for."""
    version = accepted(request.header("accept"))
    vcard = in_version(row["vcard"], version) if version else row["vcard"]
    headers = ((b"content-disposition", b"attachment"), (b"vary", b"Accept"))
    return Content(vcard.encode(), KIND, row["etag"], row.get("updated_at"), headers=headers)


def if_match(match: Match, current: str | None) -> str | None:
    """The one ETag that the model compares in its transaction. Of several, that of what was seen, or one that nothing has."""
    if match.none is not None and match.none != ("*",):
        match.check(current)
    if match.some is None:
        return None
    if match.some == ("*",):
        return "*"
    return current if current in match.some else "-"


async def vcard_of(request: Request) -> str:
    """The card in a PUT's body. Raises `Problem`, also for another version."""
    vcard = await text_of(request, _EXPECTED)
    if version_of(vcard) == V21:
        raise Problem(403, card("supported-address-data"))
    return vcard


@contextmanager
def refusals(book: Book) -> Iterator[None]:
    """What the model refuses, as the preconditions of RFC 6352 §6.3.2.1."""
    try:
        yield
    except UidTaken as taken:
        raise Problem(409, card("no-uid-conflict"), inner=href(book.address(taken.href))) from None
    except CardRefused as refused:
        if refused.condition == "need-privileges":
            raise Problem(403, d("need-privileges")) from None
        raise Problem(413 if refused.condition == "max-resource-size" else 403, card(refused.condition), inner=escape(str(refused))) from None
    except LostRace:
        raise Problem(412, text="It was changed in the meantime.") from None
    except NotFound:
        raise Problem(404, text="The address book is gone.") from None
