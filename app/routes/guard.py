"""Who may ask at all: every handler wants someone who is signed in, unless it says that it is open."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.response import Response

from app.render import is_htmx, is_navigation, redirect

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
    """Where they were: the page itself, or the one that asked for a part or sent a form."""
    if is_htmx(request) and not is_navigation(request):
        page = urlsplit(request.headers.get("hx-current-url", ""))
    elif request.method == "GET":
        page = urlsplit(str(request.url))
    else:
        return ""
    asked = page.path + (f"?{page.query}" if page.query else "")
    return f"?next={quote(asked, safe='')}" if asked not in ("", "/") else ""
