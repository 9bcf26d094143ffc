"""CARDDAV:addressbook-query (RFC 6352 §8.6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from app.lib.dav.card_filter import CardFilter
from app.lib.dav.names import card, d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, text
from app.lib.dav.writing import MULTISTATUS, MULTISTATUS_END, elements, response
from app.lib.numbers import whole
from app.routes.dav.contacts.book import QUERY, Book
from app.routes.dav.contacts.directory import DirectoryNode
from app.routes.dav.nodes import Collection
from app.routes.dav.propfind import Writers
from app.routes.dav.reports import report
from app.routes.dav.requests import Answer, Request, multistatus
from app.routes.dav.wanted import Wanted

_LIMITS = elements(d("number-of-matches-within-limits"))
_NO_LIMIT = 10**9


@report(QUERY)
async def query(request: Request, collection: Collection, root: Element) -> Answer:
    """The cards that match, at most as many as asked for; 507 on the collection where there are more (§8.6.2)."""
    asked = CardFilter.read(root.find(card("filter")))
    wanted = Wanted.read(root, is_minimal=request.is_minimal, leaves_zones=request.leaves_zones)
    most = _limit(root)
    if isinstance(collection, DirectoryNode):
        writers = Writers(wanted, collection.item_properties)
        batch, is_more = await collection.matching(asked, most)
        more = response(collection.href.encode(), 507, _LIMITS) if is_more else b""
        return multistatus(MULTISTATUS + writers.write(batch) + more + MULTISTATUS_END)
    assert isinstance(collection, Book)
    return multistatus(_matching(collection, asked, wanted, Writers(wanted, collection.item_properties), most))


async def _matching(book: Book, asked: CardFilter, wanted: Wanted, writers: Writers, most: int) -> AsyncIterator[bytes]:
    """Piece by piece, letting others in between: a book may hold fifty thousand cards."""
    left = most
    yield MULTISTATUS
    async for batch in book.texts(wanted, asked.needles):
        found = [row for row in batch.subjects if asked.holds(row["vcard"])]
        yield writers.write(book.batch(found[:left]))
        if len(found) > left:
            yield response(book.href.encode(), 507, _LIMITS)
            break
        left -= len(found)
        await asyncio.sleep(0)
    yield MULTISTATUS_END


def _limit(root: Element) -> int:
    found = root.find(f"{card('limit')}/{card('nresults')}")
    if found is None:
        return _NO_LIMIT
    if (most := whole(text(found).strip()[:18])) is None:
        raise Problem(400, text="A limit is a number.")
    return most
