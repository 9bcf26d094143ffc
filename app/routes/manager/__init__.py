"""The Manager: a file per section."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.response import Response

from app.models.command import Command
from app.render import fragment, is_htmx, nothing, page, redirect, toast


def done(request: Request, url: str, said: str, command: Command | None = None, **events: Any) -> Response[bytes]:
    """It was changed: a toast, with Undo for the command; without scripts to a page."""
    if not is_htmx(request):
        return redirect(request, url)
    return nothing(200, **toast(said, undo=command.id if command else None, **events), **{"HX-Reswap": "none"})


def moved(request: Request, url: str, said: str, command: Command | None = None, **events: Any) -> Response[bytes]:
    """It was changed, and the page with it: go to `url`, with a toast."""
    answer = redirect(request, url)
    if is_htmx(request):
        answer.headers.update(toast(said, undo=command.id if command else None, **events))
    return answer


async def dialog(request: Request, template: str, title: str, status: int = 200, **context: Any) -> Response[bytes]:
    """A form in a dialog; without scripts as a page of its own."""
    if is_htmx(request) and not wants(request, "view"):
        return fragment(request, template, status=status, **context)
    return await page(request, "manager/form.html", status=status, part=template, form_title=title, **context)


def wants(request: Request, target: str) -> bool:
    """Whether htmx asks for what goes into the element with this id."""
    return request.headers.get("hx-target", "").endswith(f"#{target}")
