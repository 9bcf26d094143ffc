"""Who may ask at all: every handler wants someone who is signed in, unless it says that it is open."""

from __future__ import annotations

from urllib.parse import quote

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.response import Response

from app.render import redirect

OPEN = {"open": True}  # `@get("/sign-in", opt=OPEN)`
HELD = {"held": True}  # also for those who have to set up a second factor first


class SignInRequired(Exception):
    """Nobody is signed in, and this page wants somebody."""


class SecondFactorRequired(Exception):
    """The organisation asks for two-step sign-in, and this person hasn't set it up."""


async def signed_in(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    """Litestar's guard for all handlers. A coroutine, because Litestar runs plain functions in a thread."""
    if handler.opt.get("open"):
        return
    viewer = connection.scope["state"]["viewer"]
    if viewer is None:
        raise SignInRequired
    if viewer.is_held and not handler.opt.get("held"):
        raise SecondFactorRequired


def ask_to_sign_in(request: Request, error: SignInRequired) -> Response[bytes]:
    """To the sign-in page, and from there right back."""
    return redirect(request, f"/sign-in{_back(request)}", full=True)


def ask_for_second_factor(request: Request, error: SecondFactorRequired) -> Response[bytes]:
    """To the page that sets it up, and from there right back."""
    return redirect(request, f"/protection{_back(request)}", full=True)


def _back(request: Request) -> str:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"?next={quote(asked, safe='')}" if request.method == "GET" and asked != "/" else ""
