"""Locks, for the parts that have them (class 2): what stands in the way of a change, and what If says (RFC 4918 §10.4)."""

from __future__ import annotations

from collections.abc import Sequence

from app.lib.dav.conditions import Condition, Tagged, read_if
from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.lib.dav.writing import escape, href
from app.models.dav.lock import DavLock, below
from app.routes.dav import trees
from app.routes.dav.nodes import Node
from app.routes.dav.requests import Request


async def check(request: Request, node: Node, *, name: str = "", is_deep: bool = False, leaves: bool = False) -> None:
    """Raises `Problem` (423, or 412 where If doesn't hold) where a lock stands in the way.

    Of changing the node; with a `name`, of a new member of it; `is_deep`, of changing all below it; `leaves`, of taking it out of its collection.
    """
    asked = read_if(request.header("if")) if request.header("if") else ()
    if node.lock_line is None:
        return
    held = await DavLock.in_drive(node.lock_drive)
    if asked:
        await _check_if(request, asked, held)
    if not held:
        return
    line = node.lock_line
    hindering = [lock for lock in held if lock.applies_to(line)]
    if leaves and len(line) > 1:
        hindering += [lock for lock in held if lock.node_id == line[-2] and not lock.is_deep]
    if is_deep:
        hindering += await below(held, line[-1])
    _check_tokens(request, node, hindering, asked)


async def check_if(request: Request, node: Node) -> None:
    """Raises `Problem` (412) where the If header doesn't hold."""
    if request.header("if") and node.lock_line is not None:
        await _check_if(request, read_if(request.header("if")), await DavLock.in_drive(node.lock_drive))


def tokens_of(asked: Sequence[Tagged]) -> set[str]:
    """The lock tokens that a request submits."""
    return {one.token for tagged in asked for conditions in tagged.lists for one in conditions if one.token}


def _check_tokens(request: Request, node: Node, hindering: Sequence[DavLock], asked: Sequence[Tagged]) -> None:
    submitted = tokens_of(asked)
    mine = {lock.token for lock in hindering if lock.account_id == request.caller.account_id}
    held = submitted & mine
    for lock in hindering:
        if lock.token in held or (lock.is_shared and any(one.is_shared and one.token in held for one in hindering)):
            continue
        raise Problem(423, d("lock-token-submitted"), inner=href(node.href))


async def _check_if(request: Request, asked: Sequence[Tagged], held: Sequence[DavLock]) -> None:
    for tagged in asked:
        segments = request.segments_of(tagged.resource)[0] if tagged.resource else request.segments
        node = await trees.look(request.caller, segments)
        line = await _line_at(request, segments, node)
        etag = node.etag if node is not None else None
        tokens = {lock.token for lock in held if line is not None and lock.applies_to(line)}
        if any(all(_holds(one, etag, tokens) for one in conditions) for conditions in tagged.lists):
            return
    raise Problem(412, text="The If header doesn’t hold.")


async def _line_at(request: Request, segments: Sequence[str], node: Node | None) -> Sequence[int] | None:
    """The line of what is at an address; of nothing, that of the collection it would be in, whose deep locks hold for it."""
    if node is None and len(segments) > 1:
        parent = await trees.look(request.caller, segments[:-1])
        return None if parent is None or parent.lock_line is None else [*parent.lock_line, 0]
    return node.lock_line if node is not None else None


def _holds(one: Condition, etag: str | None, tokens: set[str]) -> bool:
    found = one.token in tokens if one.etag is None else one.etag == etag
    return found is not one.is_not


async def forget(node: Node) -> None:
    """It is gone from its address, and its locks with it."""
    if node.lock_line is not None:
        await DavLock.forget(node.lock_drive, node.lock_line[-1])


def active_locks(locks: Sequence[DavLock], line: Sequence[int], root_of: dict[int, str]) -> bytes:
    """What stands in lockdiscovery: the locks that hold for the last node of a line."""
    return b"".join(active_lock(lock, root_of.get(lock.node_id, "")) for lock in locks if lock.applies_to(line))


def active_lock(lock: DavLock, root: str) -> bytes:
    """One of them (RFC 4918 §14.1)."""
    scope = b"shared" if lock.is_shared else b"exclusive"
    return (
        b"<d:activelock><d:locktype><d:write/></d:locktype><d:lockscope><d:" + scope + b"/></d:lockscope><d:depth>"
        + (b"infinity" if lock.is_deep else b"0") + b"</d:depth>" + lock.owner.encode()
        + b"<d:timeout>Second-%d</d:timeout>" % lock.seconds_left + b"<d:locktoken>" + href(escape(lock.token)) + b"</d:locktoken>"
        + (b"<d:lockroot>" + href(root) + b"</d:lockroot>" if root else b"") + b"</d:activelock>"
    )


SUPPORTED = b"".join(
    b"<d:lockentry><d:lockscope><d:" + scope + b"/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockentry>" for scope in (b"exclusive", b"shared")
)
