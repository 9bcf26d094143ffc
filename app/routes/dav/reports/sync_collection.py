"""DAV:sync-collection (RFC 6578): what changed since a token that is the number of a change, so that nothing is remembered for a client."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, text
from app.lib.dav.writing import MULTISTATUS, MULTISTATUS_END, elements, response
from app.lib.numbers import whole
from app.routes.dav.nodes import Changes, Collection
from app.routes.dav.propfind import Writers
from app.routes.dav.reports import report
from app.routes.dav.requests import Answer, Request, multistatus
from app.routes.dav.wanted import Wanted

SYNC = d("sync-collection")
_TOKEN = re.compile(r"urn:chalet:sync:([A-Za-z0-9-]+):(\d{1,15})")
_LIMITS = elements(d("number-of-matches-within-limits"))


def token(sync_id: str, number: int) -> bytes:
    """The sync token of a collection at one of its changes."""
    return f"urn:chalet:sync:{sync_id}:{number}".encode()


@report(SYNC)
async def sync(request: Request, collection: Collection, root: Element) -> Answer:
    """The changes, their members' properties, and the next token; 507 on the collection itself where more waits (§3.6)."""
    if request.depth(0) not in (0, 1):  # 0 by the RFC; python-caldav and others say 1, as its drafts did
        raise Problem(400, text="The Depth of a sync is 0; its level is in the body.")
    if text(root.find(d("sync-level"))).strip() not in ("1", "infinite", "infinity"):
        raise Problem(400, text="A sync needs a level.")
    since = _since(collection, text(root.find(d("sync-token"))).strip())
    wanted = Wanted.read(root, is_minimal=request.is_minimal, leaves_zones=request.leaves_zones)
    writers = Writers(wanted, collection.item_properties)
    changes = await collection.changes(since, limit(root), wanted)
    return multistatus(_written(collection, changes, writers))


def limit(root: Element) -> int | None:
    """How many results are asked for at most (RFC 5323 §5.17, and CardDAV's own element of the same shape)."""
    found = root.find(f"{d('limit')}/{d('nresults')}")
    if found is None:
        return None
    most = whole(text(found).strip()[:18])
    if not most:
        raise Problem(403, d("number-of-matches-within-limits"))
    return most


def _since(collection: Collection, asked: str) -> int | None:
    if not asked:
        return None
    found = _TOKEN.fullmatch(asked)
    if found is None or found[1] != collection.sync_id:
        raise invalid()
    return int(found[2])


def invalid() -> Problem:
    """A token that isn't of this collection, or so old that what was removed since is forgotten: the client begins anew."""
    return Problem(403, d("valid-sync-token"))


async def _written(collection: Collection, changes: Changes, writers: Writers) -> AsyncIterator[bytes]:
    yield MULTISTATUS + writers.write(changes.batch)
    gone = b"".join([response(collection.address(name), 404) for name in changes.gone])
    more = response(collection.href.encode(), 507, _LIMITS) if changes.is_truncated else b""
    yield gone + more + b"<d:sync-token>" + token(collection.sync_id, changes.token) + b"</d:sync-token>" + MULTISTATUS_END
