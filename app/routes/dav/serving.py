"""Where the edge hands a DAV request over: who asks, which verb, and how the answer goes out."""

from __future__ import annotations

import base64
import binascii
import logging
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from app import live
from app.lib.blobs import OutOfReach
from app.lib.dav import writing
from app.lib.dav.agents import program_of
from app.lib.dav.problems import Problem
from app.models.base import NotFound, Refused
from app.models.credential import ApplicationPassword, Throttled, WrongPassword
from app.models.dav import Caller, SyncProgram
from app.models.dav.program import NOTED_EVERY
from app.routes.dav import acl, copy, delete, get, lock, mkcol, options, post, propfind, proppatch, put, report, trees
from app.routes.dav.requests import XML, Answer, ClientGone, Receive, Request, Scope

log = logging.getLogger("chalet.dav")

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
VERBS: dict[str, Callable[[Request], Awaitable[Answer]]] = {
    "OPTIONS": options.answer, "PROPFIND": propfind.answer, "PROPPATCH": proppatch.answer, "REPORT": report.answer, "GET": get.answer,
    "HEAD": get.answer, "PUT": put.answer, "DELETE": delete.answer, "MKCOL": mkcol.answer, "MKCALENDAR": mkcol.answer, "COPY": copy.answer,
    "MOVE": copy.answer, "LOCK": lock.answer, "UNLOCK": lock.release, "ACL": acl.answer, "POST": post.answer,
}
WELL_KNOWN = frozenset(("/.well-known/carddav", "/.well-known/caldav"))
REALM = (b"www-authenticate", b'Basic realm="Chalet", charset="UTF-8"')
_AT_ROOT = frozenset(("PROPFIND", "REPORT", "PROPPATCH", "OPTIONS"))
_REMEMBERED = 10.0  # seconds for which credentials aren't looked up again; news of a change empties it at once
_MOST = 5_000
_CLASS_WORDS = ("dav", "tree", "home", "collection", "item")
_callers: dict[tuple[str, str], tuple[float, Caller]] = {}


def takes(path: str, method: str, *, is_program: bool) -> bool:
    """Whether a request is DAV's: below /dav/, at a well-known address, at the root with a verb that no browser uses, or for a file of an event by
    a program, which signs in as it does for the event."""
    if is_program and path.startswith("/calendar/attachments/"):
        return True
    return path.startswith("/dav/") or path == "/dav" or path in WELL_KNOWN or (path == "/" and method in _AT_ROOT)


async def serve(scope: Scope, receive: Receive, send: Send, address: str, org_id: int | None) -> None:
    """Answer one request, which comes from `address`, at the domain of one organisation or at one for all."""
    scope["path_template"] = _template(scope["path"])
    answer = await _answered(scope, receive, address, org_id)
    await _sent(answer, scope, send)


async def _answered(scope: Scope, receive: Receive, address: str, org_id: int | None) -> Answer:
    try:
        if scope["path"] in WELL_KNOWN:
            return Answer(301, ((b"location", b"/dav/"),))
        caller = await _caller(scope, address)
        if caller is None:
            return Answer(401, (REALM, _TEXT), b"Sign in with your sync name and an application password.\n")
        verb = VERBS.get(scope["method"])
        if verb is None:
            return Answer(405, ((b"allow", ", ".join(VERBS).encode()),))
        await _note_program(scope, caller, address)
        return await _begun(await verb(Request(scope, receive, caller.at(org_id))))
    except Problem as problem:
        return _refusal(problem)
    except NotFound:
        return Answer(404)
    except Throttled as throttled:
        return Answer(429, ((b"retry-after", str(throttled.seconds).encode()), _TEXT), str(throttled).encode())
    except Refused as refused:
        return Answer(403, (_TEXT,), str(refused).encode())
    except ClientGone:
        return Answer(400)
    except Exception as error:
        log.error("failed: %s %s", scope["method"], scope["path_template"], exc_info=error, extra={"request_id": scope["state"]["request_id"]})
        return _FILES_AWAY if isinstance(error, OutOfReach) else Answer(500, (_TEXT,), b"Something went wrong on our side. Nothing that was stored is lost.\n")


async def _begun(answer: Answer) -> Answer:
    """The answer with the first of its pieces at hand: what goes wrong before that one can still be told."""
    if isinstance(answer.body, bytes):
        return answer
    return replace(answer, body=_pieces(await anext(answer.body, b""), answer.body))


async def _pieces(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with aclosing(others) as rest:  # type: ignore[type-var]
        yield first
        async for piece in rest:
            yield piece


_TEXT = (b"content-type", b"text/plain; charset=utf-8")
_FILES_AWAY = Answer(503, (_TEXT, (b"retry-after", b"60")), b"Files are out of reach. Nothing that was stored is lost.\n")


def _refusal(problem: Problem) -> Answer:
    if problem.condition:
        return Answer(problem.status, (XML, *problem.headers), writing.error(problem.condition, problem.inner))
    return Answer(problem.status, (_TEXT, *problem.headers), f"{problem.text}\n".encode())


# -- who asks


async def _caller(scope: Scope, address: str) -> Caller | None:
    """Whoever the Basic credentials are of (RFC 7617). Raises `Throttled`."""
    credentials = _credentials(dict(scope["headers"]).get(b"authorization", b""))
    if credentials is None:
        return None
    kept = _callers.get(credentials)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    try:
        account = await ApplicationPassword.account_of(*credentials, address)
    except WrongPassword:
        return None
    caller = await Caller.of(account)
    if len(_callers) >= _MOST:
        _callers.clear()
    _callers[credentials] = (time.monotonic() + _REMEMBERED, caller)
    return caller


def _credentials(header: bytes) -> tuple[str, str] | None:
    scheme, _blank, value = header.partition(b" ")
    if scheme.lower() != b"basic" or len(value) > 2_000:
        return None
    try:
        decoded = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        name, colon, password = decoded.decode().partition(":")
    except UnicodeDecodeError:
        name, colon, password = decoded.decode("latin-1").partition(":")
    return (name, password) if colon and name and password else None


@live.on_internal("viewers")
@live.on_internal("live.lost")
def forget_callers(_: Any = None) -> None:
    """Look everybody up anew: somebody's rights, password or organisations changed."""
    _callers.clear()


async def _note_program(scope: Scope, caller: Caller, address: str) -> None:
    """Let the account's owner see which programs are here; a row is written every few minutes at most."""
    name = program_of(dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1"))
    if (_noted.get((caller.account_id, name)) or 0) > time.monotonic():
        return
    if len(_noted) >= _MOST:
        _noted.clear()
    _noted[caller.account_id, name] = time.monotonic() + NOTED_EVERY / 1000
    await SyncProgram.note(caller.account_id, name, address)


_noted: dict[tuple[int, str], float] = {}


# -- how it goes out

_FIXED = (
    (b"x-content-type-options", b"nosniff"), (b"content-security-policy", b"default-src 'none'; sandbox"), (b"cross-origin-resource-policy", b"same-origin"),
)
_SMALLEST = 1_000  # bytes worth compressing


async def _sent(answer: Answer, scope: Scope, send: Send) -> None:
    headers = [*answer.headers, *_FIXED]
    if not any(name == b"dav" for name, _value in headers) and scope["method"] in ("PROPFIND", "REPORT"):
        headers.append((b"dav", trees.classes_of(()).encode()))
    packs = XML in answer.headers and b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
    if isinstance(answer.body, bytes):
        await _send_whole(answer, headers, send, packs=packs and len(answer.body) >= _SMALLEST)
    else:
        await _send_pieces(answer.status, answer.body, headers, send, packs=packs)


async def _send_whole(answer: Answer, headers: list[tuple[bytes, bytes]], send: Send, *, packs: bool) -> None:
    assert isinstance(answer.body, bytes)
    body = answer.body
    if packs:
        packer = _packer()
        body = packer.compress(body) + packer.flush()
        headers += _PACKED
    if answer.status not in (204, 304) and not any(name == b"content-length" for name, _value in headers):
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_pieces(status: int, pieces: AsyncIterator[bytes], headers: list[tuple[bytes, bytes]], send: Send, *, packs: bool) -> None:
    """Send on what comes, in pieces worth a packet; an answer that turns out small is sent whole."""
    packer = _packer() if packs else None
    start = {"type": "http.response.start", "status": status, "headers": [*headers, *_PACKED] if packs else headers}
    waiting, size, is_begun = list[bytes](), 0, False
    async with aclosing(pieces) as each:  # type: ignore[type-var]
        async for piece in each:
            waiting.append(packer.compress(piece) if packer else piece)
            size += len(waiting[-1])
            if size >= _WORTH_SENDING:
                if not is_begun:
                    is_begun = True
                    await send(start)
                await send({"type": "http.response.body", "body": b"".join(waiting), "more_body": True})
                waiting, size = [], 0
    rest = b"".join((*waiting, packer.flush() if packer else b""))
    if not is_begun:
        if not any(name == b"content-length" for name, _value in headers):
            start["headers"] = [*headers, *(_PACKED if packs else ()), (b"content-length", str(len(rest)).encode())]
        await send(start)
    await send({"type": "http.response.body", "body": rest})


_WORTH_SENDING = 65_536  # bytes
_PACKED = [(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]


def _packer() -> Any:
    return zlib.compressobj(1, wbits=31)


def _template(path: str) -> str:
    """A path without the names in it, for the log and the figures."""
    segments = [segment for segment in path.split("/") if segment]
    if path in WELL_KNOWN or len(segments) < 2:
        return path if path in WELL_KNOWN else "/dav/"
    named = [f"{{{word}}}" for word in _CLASS_WORDS[2 : len(segments)]]
    return "/".join(("/dav", segments[1] if segments[1] in _KNOWN else "{tree}", *named))


_KNOWN = frozenset(("principals", "contacts", "calendars", "attachments", "files", "drives"))
