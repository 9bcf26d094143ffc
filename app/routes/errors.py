"""What people see when something can't be done: what happened, what was kept, what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from litestar import Request
from litestar.exceptions import HTTPException
from litestar.response import Response

from app.database import OutOfRange
from app.lib.blobs import NoRoom, OutOfReach
from app.lib.i18n import _
from app.models.base import NotFound, Refused
from app.render import is_htmx, nothing, toast, unbadged_page
from app.routes.guard import SecondFactorRequired, SignInRequired, ask_for_second_factor, ask_to_sign_in

log = logging.getLogger("chalet.http")


def not_found(request: Request, error: LookupError) -> Response[bytes]:
    """One answer for "no such thing" and "not yours"."""
    return _show(request, 404)


def refused(request: Request, error: Refused) -> Response[bytes]:
    """A rule of the house said no, with its reason."""
    return _show(request, 422, str(error))


def http_error(request: Request, error: HTTPException) -> Response[bytes]:
    """What Litestar refused: unknown address, wrong method, body too large or broken."""
    return _show(request, error.status_code)


def failure(request: Request, error: Exception) -> Response[bytes]:
    """A bug, or something that the server leans on is away. Logged with the request's id, which the page names."""
    log.error("failed: %s", request.scope.get("path_template", "(none)"), exc_info=error, extra={"request_id": request.state.request_id})
    return _show(request, 500)


def out_of_reach(request: Request, error: OutOfReach) -> Response[bytes]:
    """The bucket of files is away."""
    log.error("files: %s", error, extra={"request_id": request.state.request_id})
    return _show(request, 503)


def disk_full(request: Request, error: NoRoom) -> Response[bytes]:
    """Nothing more can be stored."""
    log.error("files: %s", error, extra={"request_id": request.state.request_id})
    return _show(request, 507)


def _show(request: Request, status: int, why: str = "") -> Response[bytes]:
    title, text = _words(status)
    if is_htmx(request):
        answer = nothing(status, **toast(why or text, kind="error"))
        answer.headers["HX-Reswap"] = "none"
        return answer
    return unbadged_page(request, "shared/error.html", status=status, title=title, text=why or text, request_id=request.state.request_id)


def _words(status: int) -> tuple[str, str]:
    return {
        400: (_("This request can’t be read"), _("Nothing was changed. Please go back and try again.")),
        404: (_("There is nothing here"), _("The page may have been moved or deleted, or it isn’t shared with you.")),
        405: (_("There is nothing here"), _("This address doesn’t take that kind of request.")),
        413: (_("This is too large"), _("The server refused it because of its size. Nothing was changed.")),
        422: (_("This isn’t possible"), _("Nothing was changed.")),
        503: (_("Files are out of reach"), _("Nothing is lost. Please try again in a few minutes.")),
        507: (_("The disk is full"), _("The server’s disk is full. Nothing that was there is lost. Please tell an administrator.")),
    }.get(status, (_("Something went wrong on our side"), _("Nothing that you saved is lost. Please try again in a moment.")))


handlers: dict[int | type[Exception], Callable[[Request, Any], Response[bytes]]] = {
    SignInRequired: ask_to_sign_in, SecondFactorRequired: ask_for_second_factor, NotFound: not_found,
    OutOfRange: not_found, NoRoom: disk_full,    Refused: refused, OutOfReach: out_of_reach, HTTPException: http_error, Exception: failure,
}
