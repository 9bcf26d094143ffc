"""Who may ask at all: every handler wants someone who is signed in, unless it says that it is open."""

from __future__ import annotations

from urllib.parse import quote

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.response import Response

from app.render import redirect

OPEN = {"open": True}  # `@get("/sign-in", opt=OPEN)`


class SignInRequired(Exception):
    """Nobody is signed in, and this page wants somebody."""


async def signed_in(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    """Litestar's guard for all handlers. A coroutine, because Litestar runs plain functions in a thread."""
    if connection.scope["state"]["viewer"] is None and not handler.opt.get("open"):
        raise SignInRequired


def ask_to_sign_in(request: Request, error: SignInRequired) -> Response[bytes]:
    """To the sign-in page, and from there right back."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = asked if request.method == "GET" and asked != "/" else ""
    return redirect(request, f"/sign-in?next={quote(back, safe='')}" if back else "/sign-in", full=True)
