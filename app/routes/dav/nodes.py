"""What stands at an address: what each verb asks of it. Apps derive their own from these; a method that isn't overridden refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from app.lib.dav.conditions import Match
from app.lib.dav.hrefs import quoted
from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.models.base import NotFound
from app.models.dav import Caller, DeadProperty
from app.routes.dav.properties import READ, WRITE, Properties, Setter

if TYPE_CHECKING:
    from app.routes.dav.requests import Answer, Request
    from app.routes.dav.wanted import Wanted

T = TypeVar("T")
NO_DEAD: Mapping[str, bytes] = {}


def _same(value: T, _subject: Any) -> T:
    return value


@dataclass(frozen=True, slots=True)
class Batch:
    """Some members of a collection: what their properties are read from, and the address of each."""

    properties: Properties
    subjects: Sequence[Any]
    href: Callable[[Any], bytes]
    dead: Callable[[Any], Mapping[str, bytes]] = lambda _subject: NO_DEAD
    names: str = ""
    """Where subjects are rows whose address is `base` and the name in this column, quoted, and which have no dead properties: that column."""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What GET answers with. `body` is whole, or comes in pieces; `size` is needed with pieces."""

    body: bytes | AsyncIterator[bytes]
    kind: str
    etag: str | None = None
    modified_at: int | None = None
    size: int | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """What PUT came to. The ETag is told only where the very bytes were kept (RFC 4791 §5.3.4); None otherwise."""

    is_new: bool
    etag: str | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in a collection since a token: its changed members, the names of those that went, where that leads, and whether more waits."""

    batch: Batch
    gone: Sequence[str]
    token: int
    is_truncated: bool = False


@dataclass(slots=True)
class Made:
    """What a MKCOL or MKCALENDAR asks for: the kinds in its resourcetype, the fields it sets, and properties nobody knows."""

    kinds: frozenset[str]
    fields: dict[str, Any] = field(default_factory=dict)
    dead: dict[str, bytes] = field(default_factory=dict)


class Node:
    """One thing. `href` is its address, percent-encoded, with a slash at the end of collections."""

    is_collection: ClassVar[bool] = False
    setters: ClassVar[Mapping[str, Setter]] = {}
    dead_kind: ClassVar[str] = ""
    """Under which kind `DeadProperty` keeps properties of clients; empty: there are none."""
    is_dead_shared: ClassVar[bool] = False
    """Whether those are seen by everybody who sees the node, or by each person apart."""

    def __init__(self, caller: Caller, href: str) -> None:
        self.caller, self.href = caller, href

    # -- properties

    @property
    def properties(self) -> Properties:
        """The live properties, read from `subject`."""
        raise NotImplementedError

    @property
    def subject(self) -> Any:
        """What the readers of `properties` read: the node itself, or its row."""
        return self

    @property
    def privileges(self) -> tuple[str, ...]:
        """What the caller may do: `READ`, or with `WRITE`."""
        return READ

    @property
    def etag(self) -> str | None:
        """The strong ETag without quotes; None where there is none."""
        return None

    @property
    def id(self) -> int:
        """The row's id, under which properties of clients are kept."""
        return 0

    async def prepare(self, names: frozenset[str]) -> None:
        """Read what the readers of these properties need that takes a query (a quota)."""

    async def dead(self) -> Mapping[str, bytes]:
        """The properties that clients made up, as whole elements."""
        if not self.dead_kind:
            return NO_DEAD
        return (await DeadProperty.of(self.dead_kind, [self.id], self._dead_holder)).get(self.id, NO_DEAD)

    async def set_dead(self, changes: Mapping[str, bytes | None]) -> None:
        """Keep or remove such properties."""
        if not self.dead_kind:
            raise Problem(403, d("cannot-modify-protected-property"))
        await DeadProperty.write(self.dead_kind, self.id, self._dead_holder, changes)

    @property
    def _dead_holder(self) -> int | None:
        return None if self.is_dead_shared else self.caller.account_id

    async def change(self, **fields: Any) -> None:
        """Set what `setters` name: one call on the model."""
        raise Problem(403, d("cannot-modify-protected-property"))

    # -- locks

    @property
    def lock_line(self) -> Sequence[int] | None:
        """The ids from the root of its drive down to it, where locks are; None: there are none here."""
        return None

    @property
    def lock_drive(self) -> int:
        """The drive of these ids."""
        return 0

    async def real(self) -> Node | None:
        """The node itself, where finding that out takes a query."""
        return self

    # -- verbs

    async def read(self, request: Request) -> Content:
        """GET."""
        raise Problem(405, text="There is nothing to download here.")

    async def put(self, request: Request, match: Match) -> Stored:
        """PUT over what is there."""
        raise Problem(405, text="This can’t be replaced.")

    async def post(self, request: Request) -> Answer:
        """POST."""
        raise Problem(405, text="Nothing is asked like this here.")

    async def delete(self, request: Request) -> None:
        """DELETE. `request.match` holds if it is checked in the transaction that deletes."""
        raise Problem(403, d("need-privileges"), text="This can’t be deleted.")

    @property
    def may_write(self) -> bool:
        """Whether the caller may change what is in it."""
        return any(name in self.privileges for name in WRITE)


class Collection(Node):
    """Something with members."""

    is_collection = True
    reports: ClassVar[tuple[str, ...]] = ()
    """The reports that it answers, in Clark notation; `report.py` knows how."""
    kinds: ClassVar[frozenset[str]] = frozenset()
    """Which kinds of collections MKCOL makes in it, in Clark notation, without {DAV:}collection. Plain ones: the empty set, with `makes_plain`."""
    makes_plain: ClassVar[bool] = False
    made_setters: ClassVar[Mapping[str, Setter]] = {}
    """The properties that MKCOL may set on what it makes here."""
    has_items: ClassVar[bool] = False
    """Whether it has `item_properties`."""
    is_listed: ClassVar[bool] = True
    """Whether a PROPFIND shows its members."""
    sync_id: str = ""
    """What sync tokens are bound to (RFC 6578): the collection's id, empty where there is no sync-collection."""

    async def find(self, name: str) -> Node | None:
        """The member of this name that the caller may see."""
        raise NotImplementedError

    async def along(self, names: Sequence[str]) -> tuple[Node | None, Node | None]:
        """What the last of some names, one below the other, is in, and itself; None for each where there is none that the caller may see."""
        if not names:
            return None, await self.real()
        try:
            found = await self.find(names[0])
        except NotFound:
            found = None
        if len(names) == 1:
            return self, await found.real() if found is not None else None
        return await found.along(names[1:]) if isinstance(found, Collection) else (None, None)

    async def nodes(self) -> Sequence[Node]:
        """The members, where they are few."""
        return ()

    async def members(self, wanted: Wanted) -> AsyncIterator[Batch]:
        """The members, with what `wanted` names. A collection of many items overrides this with one query over the columns that are wanted."""
        for node in await self.nodes():
            await node.prepare(wanted.names_of(node.properties))
            dead = await node.dead() if wanted.needs_dead(node.properties) else NO_DEAD
            yield Batch(node.properties, (node.subject,), partial(_same, node.href.encode()), partial(_same, dead))

    async def create(self, name: str, request: Request, match: Match) -> Stored:
        """PUT of a member that isn't there. Raises `Problem`, 412 where it is there by now and `match` says so."""
        raise Problem(403, d("need-privileges"), text="Nothing can be stored here.")

    async def make(self, name: str, made: Made) -> None:
        """MKCOL, MKCALENDAR: a collection of this name."""
        raise Problem(403, d("need-privileges"), text="No collection can be made here.")

    async def copy(self, source: Node, name: str, *, depth: int, over: Node | None) -> None:
        """COPY of a node of the same tree to this name here, over what is there."""
        raise Problem(403, text="Nothing can be copied to here.")

    async def move(self, source: Node, name: str, *, over: Node | None) -> None:
        """MOVE of a node of the same tree to this name here, over what is there."""
        raise Problem(403, text="Nothing can be moved to here.")

    # -- what the reports ask

    @property
    def item_properties(self) -> Properties:
        """The live properties of its items, read from rows."""
        raise NotImplementedError

    async def named(self, names: Sequence[str], wanted: Wanted) -> Batch:
        """The items with these names; who isn't there is left out (multiget)."""
        raise NotImplementedError

    async def sync_token(self) -> int:
        """The number of its last change."""
        raise NotImplementedError

    async def changes(self, since: int | None, most: int | None, wanted: Wanted) -> Changes:
        """What changed after that number, oldest first, at most so many; None: all that is there. Raises `Problem` for one that is too old."""
        raise NotImplementedError

    def address(self, name: str) -> bytes:
        """The address of an item with this name."""
        return f"{self.href}{quoted(name)}".encode()


class RowNode(Node):
    """An item of a collection of many: a row with its name in `href`, and its ETag."""

    def __init__(self, parent: Collection, row: dict[str, Any]) -> None:
        super().__init__(parent.caller, parent.address(row["href"]).decode())
        self.parent, self.row = parent, row

    @property
    def properties(self) -> Properties:
        return self.parent.item_properties

    @property
    def subject(self) -> Any:
        return self.row

    @property
    def privileges(self) -> tuple[str, ...]:
        return self.parent.privileges

    @property
    def etag(self) -> str | None:
        return str(self.row["etag"])
