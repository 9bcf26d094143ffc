"""LOCK and UNLOCK (RFC 4918 §9.10, §9.11)."""

from __future__ import annotations

from app.lib.dav.conditions import Match, read_if
from app.lib.dav.headers import INFINITY, seconds
from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, parse, serialised
from app.lib.dav.writing import document, element, href
from app.models.dav.lock import LONGEST, DavLock, LockConflict
from app.routes.dav import locks, trees
from app.routes.dav.nodes import Node
from app.routes.dav.requests import XML, Answer, Request


async def answer(request: Request) -> Answer:
    """200 with the lock; 201 where an empty file was made for it."""
    body = await request.body(100_000)
    until = seconds(request.header("timeout"), LONGEST // 1000)
    if not body.strip():
        return await _refreshed(request, until)
    root = parse(body)
    if root.tag != d("lockinfo"):
        raise Problem(400, text="The body isn’t a lockinfo.")
    depth = request.depth(INFINITY)
    if depth == 1:
        raise Problem(400, text="A lock is of Depth 0 or infinity.")
    node, is_new = await _locked_node(request)
    if not node.may_write or node.lock_line is None:
        raise trees.forbidden(node, "write-content")
    try:
        lock = await DavLock.take(
            request.caller.account_id, node.lock_drive, node.lock_line, is_deep=depth == INFINITY and node.is_collection, is_shared=_is_shared(root),
            owner=_owner(root), seconds=until,
        )
    except LockConflict:
        raise Problem(423, d("no-conflicting-lock"), inner=href(node.href)) from None
    return _told(lock, node, 201 if is_new else 200, ((b"lock-token", f"<{lock.token}>".encode()),))


async def release(request: Request) -> Answer:
    """204. Whoever made the lock gives it up; anybody else waits until it ends."""
    node = await trees.find(request)
    token = request.header("lock-token").strip().strip("<>")
    if not token:
        raise Problem(400, text="There is no Lock-Token.")
    held = await DavLock.in_drive(node.lock_drive) if node.lock_line is not None else []
    lock = next((one for one in held if one.token == token and one.applies_to(node.lock_line or ())), None)
    if lock is None:
        raise Problem(409, d("lock-token-matches-request-uri"))
    if lock.account_id != request.caller.account_id:
        raise Problem(403, text="Somebody else made this lock.")
    await lock.release()
    return Answer(204)


async def _locked_node(request: Request) -> tuple[Node, bool]:
    """What is to be locked; nothing there becomes an empty file (§7.3)."""
    node = await trees.look(request.caller, request.segments)
    if node is not None:
        if request.header("if"):
            await locks.check_if(request, node)
        return node, False
    parent = await trees.parent_of(request, request.segments)
    await locks.check(request, parent, name=request.segments[-1])
    if not parent.may_write or parent.lock_line is None:
        raise trees.forbidden(parent, "bind")
    await parent.create(request.segments[-1], request.without_body(), Match())
    return await trees.find(request), True


async def _refreshed(request: Request, until: int) -> Answer:
    node = await trees.find(request)
    if not node.may_write:  # not any more
        raise trees.forbidden(node, "write-content")
    submitted = locks.tokens_of(read_if(request.header("if"))) if request.header("if") else set()
    held = await DavLock.in_drive(node.lock_drive) if node.lock_line is not None else []
    for lock in held:
        if lock.token in submitted and lock.applies_to(node.lock_line or ()) and lock.account_id == request.caller.account_id:
            await lock.prolong(until)
            return _told(lock, node, 200)
    raise Problem(412, d("lock-token-matches-request-uri"))


def _is_shared(root: Element) -> bool:
    scope, kind = root.find(d("lockscope")), root.find(d("locktype"))
    if scope is None or kind is None or kind.find(d("write")) is None:
        raise Problem(400, text="The body doesn’t say which lock.")
    return scope.find(d("shared")) is not None


def _owner(root: Element) -> str:
    owner = root.find(d("owner"))
    return "" if owner is None else serialised(owner).decode()


def _told(lock: DavLock, node: Node, status: int, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    return Answer(status, (XML, *headers), document(d("prop"), element(d("lockdiscovery"), locks.active_lock(lock, node.href))))
