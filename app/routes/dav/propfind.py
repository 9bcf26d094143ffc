"""PROPFIND: the properties of a node, and of its members (RFC 4918 §9.1)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from app.lib.dav.headers import INFINITY
from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.lib.dav.writing import MULTISTATUS, MULTISTATUS_END
from app.routes.dav import trees
from app.routes.dav.nodes import NO_DEAD, Batch, Collection, Node
from app.routes.dav.properties import Properties
from app.routes.dav.requests import Answer, Request, multistatus
from app.routes.dav.wanted import Wanted, Writer

PREFERENCE = (b"preference-applied", b"return=minimal")


async def answer(request: Request) -> Answer:
    """A 207 that is written while the members are read."""
    depth = request.depth(INFINITY)
    root = await request.xml()
    if root is not None and root.tag != d("propfind"):
        raise Problem(400, text="The body isn’t a propfind.")
    wanted = Wanted.read(root, is_minimal=request.is_minimal, leaves_zones=request.leaves_zones)
    node = await trees.find(request)
    if depth == INFINITY and isinstance(node, Collection):
        raise Problem(403, d("propfind-finite-depth"))
    if depth and isinstance(node, Collection) and not node.is_listed:
        raise Problem(403, d("number-of-matches-within-limits"))
    own = await own_response(node, wanted)
    expected = node.item_properties if depth and isinstance(node, Collection) and node.has_items else None
    return multistatus(_written(node, own, wanted, depth, Writers(wanted, expected)), *([PREFERENCE] if wanted.is_minimal else []))


async def own_response(node: Node, wanted: Wanted) -> bytes:
    """The response element of one node."""
    await node.prepare(wanted.names_of(node.properties))
    dead = await node.dead() if wanted.needs_dead(node.properties) else NO_DEAD
    return wanted.writer(node.properties)(node.href.encode(), node.subject, dead)


async def _written(node: Node, own: bytes, wanted: Wanted, depth: int, writers: Writers) -> AsyncIterator[bytes]:
    yield MULTISTATUS + own
    if depth and isinstance(node, Collection):
        async for batch in node.members(wanted):
            yield writers.write(batch)
    yield MULTISTATUS_END


_FEW = 50
_NAMES = re.compile(r"[A-Za-z0-9._~\n-]*")


def _from_template(batch: Batch, template: str, columns: tuple[str, ...]) -> bytes | None:
    """Ten thousand ETags are written by one format string each; None where a name needs quoting."""
    names = [row[batch.names] for row in batch.subjects]
    if not _NAMES.fullmatch("\n".join(names)):
        return None
    whole = f"<d:response><d:href>{batch.base.replace('%', '%%')}{template}"
    if len(columns) == 1:
        column = columns[0]
        return "".join([whole % (name, row[column]) for name, row in zip(names, batch.subjects, strict=True)]).encode()
    return "".join([whole % (name, *(row[column] for column in columns)) for name, row in zip(names, batch.subjects, strict=True)]).encode()


class Writers:
    """Writes batches, with one writer for those that share their properties.

    `expected` are properties that will come: what is asked of them that can't be answered is refused before anything is sent.
    """

    def __init__(self, wanted: Wanted, expected: Properties | None = None) -> None:
        self._wanted = wanted
        self._made: dict[int, tuple[object, Writer]] = {}
        if expected is not None:
            self._writer(expected)

    def _writer(self, properties: Properties) -> Writer:
        kept = self._made.get(id(properties))
        if kept is None:
            kept = self._made[id(properties)] = (properties, self._wanted.writer(properties))
        return kept[1]

    def write(self, batch: Batch) -> bytes:
        """The response elements of a batch."""
        simple = self._wanted.template(batch.properties) if batch.names and len(batch.subjects) > _FEW else None
        if simple is not None and (written := _from_template(batch, *simple)) is not None:
            return written
        write, href, dead = self._writer(batch.properties), batch.href, batch.dead
        return b"".join([write(href(subject), subject, dead(subject)) for subject in batch.subjects])
