"""Who asks: the bot whose token is in the request, with the scopes that it has. Everything is JSON, errors too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException
from litestar.response import Response

from app import database
from app.database import OutOfRange
from app.lib import clock
from app.lib.rates import Buckets
from app.models.account import Account
from app.models.base import NotFound, Refused
from app.models.chat.integrations.integration import BOT_ACCOUNT, by_token
from app.models.viewer import Viewer

RATE, BURST = 10, 60
_buckets = Buckets(rate=RATE, burst=BURST)
Shape = TypeVar("Shape")


class ApiError(Exception):
    """What can't be done: the HTTP status, a word for programs and a sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


async def bot(request: Request, scope: str) -> Viewer:
    """The bot that asks, as a viewer. Raises `ApiError`: 401 without a token that works, 403 without the scope, 429 too fast."""
    kind, _space, token = request.headers.get("authorization", "").partition(" ")
    one = await by_token(token.strip(), BOT_ACCOUNT) if kind.lower() == "bearer" and token else None
    if one is None:
        raise ApiError(401, "unauthorized", "Send the token of a bot that is switched on: Authorization: Bearer …")
    if not _buckets.take(str(one.id)):
        raise ApiError(429, "rate_limited", f"At most {RATE} requests per second, {BURST} at once.")
    if scope and scope not in one.scopes.split():
        raise ApiError(403, "missing_scope", f"The token needs the scope {scope}.")
    if (one.used_at or 0) < clock.now() - clock.MINUTE:
        await database.execute("UPDATE integration SET used_at = $1 WHERE id = $2", clock.now(), one.id)
    account = await Account.get(one.account_id)
    membership = await database.fetch_one("SELECT id, org_id FROM membership WHERE account_id = $1 AND ended_at IS NULL", account.id)
    if membership is None:
        raise ApiError(401, "unauthorized", "This bot is gone.")
    return Viewer(
        session_id=0, account_id=account.id, membership_id=membership["id"], org_id=membership["org_id"], org_name="", role="bot", email=account.email,
        given_name=account.given_name, family_name=account.family_name, avatar=account.avatar, locale="en", timezone="UTC", week_start=None, theme="auto",
        rights=frozenset(("chat.use",)), organisations=(), expires_at=2**53, seen_at=0,
    )


async def body(request: Request, shape: type[Shape]) -> Shape:
    """The request's JSON. Raises `ApiError` that says what is wrong with it."""
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ApiError(400, "invalid", str(error)) from None


def answer(content: Any, status: int = 200) -> Response[bytes]:
    """JSON."""
    return Response(msgspec.json.encode(content), status_code=status, media_type="application/json", headers={"Cache-Control": "no-store"})


def _told(status: int, code: str, message: str) -> Response[bytes]:
    made = answer({"error": {"code": code, "message": message}}, status)
    if status == 429:
        made.headers["Retry-After"] = "1"
    if status == 401:
        made.headers["WWW-Authenticate"] = "Bearer"
    return made


def _not_found(_request: Request, _error: Any) -> Response[bytes]:
    return _told(404, "not_found", "There is no such thing, or it isn’t for this bot.")


errors: dict[Any, Callable[[Request, Any], Response[bytes]]] = {
    ApiError: lambda _request, error: _told(error.status, error.code, error.message),
    NotFound: _not_found,
    OutOfRange: _not_found,
    Refused: lambda _request, error: _told(422, "refused", str(error)),
    HTTPException: lambda _request, error: _told(error.status_code, "invalid", str(error.detail)),
}
