"""addressbook-multiget (RFC 6352 §8.7) and calendar-multiget (RFC 4791 §7.9): some items by their addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from app.lib.dav.names import cal, card, d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, children, text
from app.lib.dav.writing import MULTISTATUS, MULTISTATUS_END, escape, response
from app.routes.dav.nodes import Collection
from app.routes.dav.propfind import Writers
from app.routes.dav.reports import report
from app.routes.dav.requests import Answer, Request, multistatus
from app.routes.dav.wanted import Wanted

AT_ONCE = 250
ADDRESSBOOK, CALENDAR = card("addressbook-multiget"), cal("calendar-multiget")


@report(ADDRESSBOOK)
@report(CALENDAR)
async def multiget(request: Request, collection: Collection, root: Element) -> Answer:
    """One response for each address, a 404 for those where nothing is."""
    addresses = list(dict.fromkeys(text(one).strip() for one in children(root) if one.tag == d("href")))
    if not addresses:
        raise Problem(400, text="A multiget needs addresses.")
    wanted = Wanted.read(root, is_minimal=request.is_minimal, leaves_zones=request.leaves_zones)
    return multistatus(_written(request, collection, addresses, wanted, Writers(wanted, collection.item_properties)))


async def _written(
    request: Request, collection: Collection, addresses: Sequence[str], wanted: Wanted, writers: Writers
) -> AsyncIterator[bytes]:
    yield MULTISTATUS
    for start in range(0, len(addresses), AT_ONCE):
        some = {address: _name(request, address) for address in addresses[start : start + AT_ONCE]}
        names = [name for name in some.values() if name is not None]
        batch = await collection.named(names, wanted)
        there = {batch.href(subject) for subject in batch.subjects}
        yield writers.write(batch)
        yield b"".join(
            [response(escape(address), 404) for address, name in some.items() if name is None or collection.address(name) not in there]
        )
    yield MULTISTATUS_END


def _name(request: Request, address: str) -> str | None:
    """The name of an item of the request's collection; None for an address that isn't one."""
    try:
        segments, _slash = request.segments_of(address)
    except Problem:
        return None
    return segments[-1] if segments[:-1] == request.segments else None
