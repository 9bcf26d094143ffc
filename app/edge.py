"""What stands between the network and the app: one ASGI wrapper for everything that every request needs.

Host to brand, session to viewer, language, CSP and the other security headers, origin check, rate limit, static files, the
WebSocket, compression, request id, log line and figures. Litestar's own middleware never sees a 404 or 405 and costs ten times as much.
"""

from __future__ import annotations

import gzip
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, cast
from urllib.parse import parse_qs, quote

import zstandard

from app import database, live
from app.assets import Assets
from app.figures import Figures
from app.hosts import Hosts, front_door
from app.lib import caller, clock
from app.lib.i18n import negotiate, speak
from app.lib.rates import Buckets
from app.models.brand import Brand, addresses
from app.models.session import Session
from app.models.setup import is_set_up
from app.models.viewer import Viewer
from app.routes.dav import serving as dav
from app.settings import Settings

log = logging.getLogger("chalet.http")

Scope = MutableMapping[str, Any]  # https://asgi.readthedocs.io: which keys there are depends on "type"
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
OBSERVED = frozenset(("/healthz", "/readyz", "/metrics", "/internal/tls-ask"))  # answered under any host name: load balancers ask by address
COOKIE, SECURE_COOKIE = b"chalet", b"__Host-chalet"
_SMALLEST = 600  # bytes worth compressing
_COMPRESSIBLE = (b"text/", b"application/json", b"application/manifest", b"image/svg")
_zstd = zstandard.ZstdCompressor(level=3)
_YEAR = b"public, max-age=31536000, immutable"
_FIXED_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), payment=(), usb=()"),
]
_FILE_HEADERS = [_FIXED_HEADERS[0], _FIXED_HEADERS[3]]  # what matters for a file that isn't a page; thirty of them come with a first visit
_PICTURE_HEADERS = [(b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"), *_FILE_HEADERS]  # a face for each person on a page
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


def content_security_policy(nonce: str, forms: str = "'self'") -> bytes:
    """No inline script or style, no eval, nothing from elsewhere; scripts only with this answer's nonce. `forms` may lead there."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self';"
        f" manifest-src 'self'; media-src 'self' blob:; worker-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
    ).encode()


class Edge:
    """The outermost ASGI app."""

    def __init__(self, app: Any, settings: Settings, assets: Assets, hosts: Hosts, figures: Figures) -> None:
        self._app = app
        self._settings = settings
        self._assets = assets
        self._hosts = hosts
        self._figures = figures
        self._trusted = frozenset(settings.trusted_proxies)
        self._is_set_up = False
        self._sightings = Buckets(rate=1 / 60, burst=1)  # a session's row is written once a minute at most
        self._buckets = Buckets(rate=settings.rate_limit, burst=settings.rate_limit * 4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = Visit(scope, self._trusted)
        path = scope["path"]
        brand = await self._hosts.brand(visit.host)
        if brand is None and path not in OBSERVED:
            await self._misdirected(visit, scope, send)
            return
        if path.startswith("/static/"):
            await self._static(visit, path, send)
            return
        is_dav = dav.takes(path, visit.method, is_program=visit.is_program)
        if refusal := self._refusal(visit, path, brand, 0.1 if is_dav else 1):
            await _plain(send, *refusal)
            return
        async with database.request_scope():
            if is_dav:
                await self._dav(scope, receive, send, visit, brand or Brand())
                return
            if not self._is_set_up and await self._needs_setup(visit, path):
                await _plain(send, 303, "This server is waiting to be set up.", (b"location", b"/setup"))
                return
            await self._enter(scope, visit, brand)
            if brand and brand.domain and visit.method == "GET" and (url := _on_the_way(brand, path, scope)):
                await _plain(send, 303, "This address leads on.", (b"location", url.encode()), (b"cache-control", b"no-store"))
                return
            if visit.meant_for and scope["state"]["viewer"] and visit.meant_for != _holder(scope["state"]["viewer"]):
                await _plain(send, 401, "This was written by someone else, or in another organisation, so it was not sent. Nothing was changed.")
                return
            await self._app(scope, receive, self._sender(scope, visit, send))

    async def _misdirected(self, visit: Visit, scope: Scope, send: Send) -> None:
        """A host that isn’t known, or whose brand is switched off: then a person is shown the way."""
        text = "This server doesn’t know the host name that you used. Its administrator can add it to CHALET_ALLOWED_HOSTS."
        if self._hosts.is_off(visit.host):
            text = "This address is switched off at the moment. Please use the standard address of your organisation."
            url = self._hosts.elsewhere(visit.host, scope["path"]).encode()
            if url and visit.is_htmx:
                await _plain(send, 200, "", (b"hx-redirect", url), (b"hx-reswap", b"none"), (b"cache-control", b"no-store"))
                return
            if url and visit.method in SAFE and visit.wants_page:
                await _plain(send, 303, text, (b"location", url), (b"cache-control", b"no-store"))
                return
        await _plain(send, 421, text, (b"cache-control", b"no-store"))

    async def _dav(self, scope: Scope, receive: Receive, send: Send, visit: Visit, brand: Brand) -> None:
        """Programs that speak DAV sign in with each request; a browser’s cookie means nothing here."""
        scope.setdefault("state", {}).update(
            viewer=None, brand=brand, address=visit.address, host=visit.host, scheme=visit.scheme, request_id=f"{secrets.randbits(48):012x}"
        )
        speak(negotiate(visit.accept_language))
        caller.note_address(visit.address)
        await dav.serve(scope, receive, self._noting(scope, visit, send), visit.address, brand.org_id)

    def _noting(self, scope: Scope, visit: Visit, send: Send) -> Send:
        """Send on as it is, with a request id, and log the end."""
        began, state = time.perf_counter(), scope["state"]
        more = [(b"x-request-id", state["request_id"].encode()), *([_STRICT_TRANSPORT] if visit.scheme == "https" else [])]

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                state["status"] = message["status"]
                message["headers"] = [*message["headers"], *more]
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._note(scope, state, time.perf_counter() - began)

        return send_on

    def _refusal(self, visit: Visit, path: str, brand: Brand | None, tokens: float) -> tuple[int, str] | None:
        """Why a request isn’t looked at. Programs sync with many small requests, which cost a tenth of a page’s token each."""
        if self._settings.rate_limit and not self._buckets.take(visit.address, tokens):
            return 429, "Too many requests. Please wait a moment and try again."
        if visit.method not in SAFE and not visit.is_same_origin and not _is_handed_over(visit, path, brand):
            return 403, "This request came from another site, so it was refused. Nothing was changed."
        return None

    async def _needs_setup(self, visit: Visit, path: str) -> bool:
        """Whether a page has to wait until there is an organisation. Once there is one, nobody asks the database again."""
        self._is_set_up = await is_set_up()
        return not self._is_set_up and path != "/setup" and visit.method in SAFE and (path == "/" or visit.wants_page)

    async def _enter(self, scope: Scope, visit: Visit, brand: Any) -> None:
        viewer = _here(await Viewer.by_token(visit.token) if visit.token else None, brand)
        state = scope.setdefault("state", {})
        state.update(
            viewer=viewer, brand=brand or Brand(), nonce=secrets.token_urlsafe(16), address=visit.address, host=visit.host, scheme=visit.scheme,
            origin=addresses.origin_of(brand.host) if brand and brand.host else visit.origin, request_id=f"{secrets.randbits(48):012x}",
            idempotency_key=visit.idempotency_key,
        )
        speak(viewer.locale, viewer.timezone) if viewer else speak(negotiate(visit.accept_language))
        caller.note_address(visit.address)
        if viewer and viewer.seen_at < clock.now() - clock.MINUTE and self._sightings.take(str(viewer.session_id)):
            await Session.seen(viewer.session_id, visit.address)

    def _sender(self, scope: Scope, visit: Visit, send: Send) -> Send:
        began = time.perf_counter()
        state = scope["state"]
        held: Message | None = None  # the start of an answer, until its body shows whether it can be compressed

        async def send_on(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                state["status"] = message["status"]
                own = message.get("headers", ())
                message["headers"] = [*own, *self._headers(state, visit, is_picture=_is_picture(own))]
                held = message
                return
            if held is not None:
                start, held = held, None
                if not message.get("more_body") and _is_compressible(start["headers"]):
                    message = _compress(start, message, visit.accept_encoding)
                await send(start)
            await send(message)
            if not message.get("more_body"):
                self._note(scope, state, time.perf_counter() - began)

        return send_on

    def _headers(self, state: dict[str, Any], visit: Visit, *, is_picture: bool) -> list[tuple[bytes, bytes]]:
        headers = [(b"x-request-id", state["request_id"].encode()), *_PICTURE_HEADERS] if is_picture else [
            (b"content-security-policy", content_security_policy(state["nonce"], _forms(state["brand"]))), (b"x-request-id", state["request_id"].encode()),
            (b"chalet-version", self._assets.version.encode()), *_FIXED_HEADERS,
        ]
        if state["viewer"] and not is_picture:
            headers.append((b"chalet-for", _holder(state["viewer"]).encode()))
        return [*headers, _STRICT_TRANSPORT] if visit.scheme == "https" else headers

    def _note(self, scope: Scope, state: dict[str, Any], seconds: float) -> None:
        route = scope.get("path_template") or "(none)"
        self._figures.request(scope["method"], route, state["status"], seconds)
        log.info("%s %s %s %.1f ms", scope["method"], route, state["status"], seconds * 1000, extra={"request_id": state["request_id"]})

    async def _static(self, visit: Visit, path: str, send: Send) -> None:
        if self._settings.debug:
            self._assets.load()
        _root, _static, version, name = (*path.split("/", 3), "")[:4]
        asset = self._assets.get(name)
        if asset is None:
            await _plain(send, 404, "There is no such file.")
            return
        body, coding = asset.encoded(visit.accept_encoding)
        headers = [
            (b"content-type", asset.content_type), (b"content-length", str(len(body)).encode()), (b"vary", b"Accept-Encoding"),
            (b"cache-control", _YEAR if version == self._assets.version else b"no-cache"), *_FILE_HEADERS,
        ]
        if coding:
            headers.append((b"content-encoding", coding))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if visit.method == "HEAD" else body})

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = Visit(scope, self._trusted)
        brand = await self._hosts.brand(visit.host)
        if scope["path"] != "/live" or not visit.is_same_origin or brand is None:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        viewer = _here(await Viewer.by_token(visit.token) if visit.token else None, brand)
        await live.connect(cast(Any, scope), cast(Any, receive), cast(Any, send), viewer if viewer and not viewer.is_held else None)


class Visit:
    """What the edge reads from a request, in one pass over its headers."""

    __slots__ = (
        "accept_encoding", "accept_language", "address", "host", "host_header", "idempotency_key", "is_htmx", "is_program", "is_same_origin", "meant_for",
        "method", "origin", "scheme", "sent_from", "token", "wants_page",
    )

    def __init__(self, scope: Scope, trusted: frozenset[str]) -> None:
        found = dict(scope["headers"])
        client = scope.get("client")
        self.method = scope.get("method", "GET")
        self.address = client[0] if client else ""
        self.scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        if self.address in trusted:
            self._believe(found)
        self.host_header = found.get(b"host", b"").decode("latin-1").lower()
        self.host = _without_port(self.host_header) if sum(name == b"host" for name, _value in scope["headers"]) == 1 else ""
        self.origin = f"{self.scheme}://{self.host_header}"
        self.accept_encoding = found.get(b"accept-encoding", b"")
        self.accept_language = found.get(b"accept-language", b"").decode("latin-1")
        self.is_htmx = found.get(b"hx-request") == b"true"
        self.wants_page = b"text/html" in found.get(b"accept", b"")
        self.idempotency_key = found.get(b"idempotency-key", b"").decode("latin-1")
        self.meant_for = found.get(b"chalet-for", b"").decode("latin-1")
        self.token = _cookie(found.get(b"cookie", b""), SECURE_COOKIE if self.scheme == "https" else COOKIE)
        self.sent_from = found.get(b"origin", b"").decode("latin-1").lower()
        self.is_same_origin = self._came_from_us(found)
        self.is_program = not self.token and not self.wants_page and b"sec-fetch-mode" not in found

    def _believe(self, found: dict[bytes, bytes]) -> None:
        """A trusted proxy says who the client is: the last address that it added itself."""
        if forwarded := found.get(b"x-forwarded-for"):
            self.address = forwarded.decode("latin-1").rsplit(",", 1)[-1].strip()
        if found.get(b"x-forwarded-proto") in (b"https", b"http"):
            self.scheme = found[b"x-forwarded-proto"].decode()

    def _came_from_us(self, found: dict[bytes, bytes]) -> bool:
        """Sec-Fetch-Site where the browser sends it, else Origin. A program that sends neither must not hold a session's cookie."""
        site = found.get(b"sec-fetch-site")
        if site is not None and found.get(b"upgrade", b"").lower() != b"websocket":
            return site in (b"same-origin", b"none")
        if b"origin" in found:
            return self.sent_from == self.origin
        return not self.token


def _is_handed_over(visit: Visit, path: str, brand: Brand | None) -> bool:
    """The one write that comes from another host: the sign-in page of the same brand brings a token that this browser set out for."""
    return path == "/handover" and brand is not None and bool(brand.domain) and visit.sent_from == brand.origin


def _here(viewer: Viewer | None, brand: Brand | None) -> Viewer | None:
    """Who is asking, on this host: on an organisation’s own domain only who is in that organisation."""
    return viewer if viewer and (brand is None or brand.org_id in (None, viewer.org_id)) else None


def _forms(brand: Brand) -> str:
    """Where forms may lead: signing in and out goes on to other hosts of a brand, and browsers hold redirects to this, too."""
    return f"'self' {addresses.origin_of(f'*.{brand.domain}')}" if brand.domain else "'self'"


def _on_the_way(brand: Brand, path: str, scope: Scope) -> str:
    """Where a host of a brand leads on to: its root to its app, its sign-in page to the one at `login.`; empty where it serves the path."""
    viewer, is_login = scope["state"]["viewer"], brand.host.startswith("login.")
    if path == "/":
        here = front_door(brand)
        return here if here != "/" else brand.url_of("suite") if is_login and viewer else ""
    if path == "/sign-in" and not is_login and viewer is None:
        query = parse_qs(scope["query_string"].decode("latin-1"))
        return "" if "here" in query else f"/handover/begin?next={quote(query.get('next', ['/'])[0], safe='')}"
    return ""


def _holder(viewer: Viewer) -> str:
    """Whose copy an answer is. The service worker keeps pages, and what waits to be sent, apart by this."""
    return f"{viewer.account_id}.{viewer.membership_id}"


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.rpartition(":")[0] if ":" in host else host


def _cookie(header: bytes, name: bytes) -> str:
    for part in header.split(b";"):
        key, _sep, value = part.strip().partition(b"=")
        if key == name:
            return value.decode("latin-1")
    return ""


def session_cookie(token: str, scheme: str, seconds: int) -> str:
    """The Set-Cookie value that signs a browser in (or out, with `seconds` 0). The cookie stays on its host."""
    if scheme == "https":
        return f"{SECURE_COOKIE.decode()}={quote(token)}; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age={seconds}"
    return f"{COOKIE.decode()}={quote(token)}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}"


def _is_compressible(headers: list[tuple[bytes, bytes]]) -> bool:
    found = dict(headers)
    return b"content-encoding" not in found and found.get(b"content-type", b"").startswith(_COMPRESSIBLE)


def _is_picture(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether it is a picture or a stylesheet: nothing that could be a document or run."""
    kind = dict(headers).get(b"content-type", b"")
    return kind.startswith((b"image/", b"text/css")) and not kind.startswith(b"image/svg")  # an SVG opened by itself is a document


def _compress(start: Message, message: Message, accepted: bytes) -> Message:
    body = message.get("body", b"")
    compress: Callable[[bytes], bytes]
    if b"zstd" in accepted:
        coding, compress = b"zstd", _zstd.compress
    elif b"gzip" in accepted:
        coding, compress = b"gzip", _gzip
    else:
        return message
    if len(body) < _SMALLEST:
        return message
    packed = compress(body)
    headers = [(key, value) for key, value in start["headers"] if key != b"content-length"]
    start["headers"] = [*headers, (b"content-length", str(len(packed)).encode()), (b"content-encoding", coding), (b"vary", b"Accept-Encoding")]
    return {**message, "body": packed}


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, 1)


async def _plain(send: Send, status: int, text: str, *more: tuple[bytes, bytes]) -> None:
    body = text.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *_FIXED_HEADERS, *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
