"""Manage my account: everything of one's own that every app shares."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.response import Response

from app.lib.i18n import _
from app.models.account import Account
from app.models.session import Session
from app.render import is_htmx, page, redirect, toast


async def own_account(request: Request) -> Account:
    """The account of the person who asks."""
    return await Account.get(request.state.viewer.account_id)


async def show(request: Request, template: str, status: int = 200, **context: Any) -> Response[bytes]:
    """A page of the account; `?saved` in its address says so once."""
    said = {"text": _("Saved."), "kind": "info", "undo_url": ""} if "saved" in request.query_params else None
    return await page(request, f"account/{template}.html", status=status, flash=said, **context)


def done(request: Request, url: str, text: str, *, full: bool = False) -> Response[bytes]:
    """It was saved: to a page that says so; `full` where the shell itself changed, such as the person's name in it."""
    if full or not is_htmx(request):
        return redirect(request, f"{url}?saved=1", full=full)
    answer = redirect(request, url)
    answer.headers.update(toast(text))
    return answer


async def needs_confirmation(request: Request) -> bool:
    """Whether to ask for the password again: what changes the ways to sign in isn't for whoever finds a browser open."""
    session = await Session.get(request.state.viewer.session_id)
    return not session.is_confirmed


def ask_to_confirm(request: Request, url: str) -> Response[bytes]:
    """First the password, then `url`."""
    return redirect(request, f"/account/confirm?next={url}")
