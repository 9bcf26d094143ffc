"""Page, fragment, redirect: the only file that knows our templates and htmx's headers (htmx 4).

A page's template begins with `{% extends layout %}`: the layout is the whole shell, or only the view inside it when htmx
navigates (its target is then `#view`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from litestar import Request
from litestar.response import Response

from app.assets import Assets
from app.lib.browsers import is_outdated
from app.lib.i18n import LANGUAGES, OFFERED, language
from app.lib.locales import week_start
from app.lib.templates import Templates
from app.rooms import apps_for, badged
from app.settings import Settings

HTML = "text/html"  # Litestar adds the charset
_MOVE = {"target": "#view", "headers": {"HX-Target": "div#view"}}  # htmx 4.0 names the body as target of such a request otherwise
VARY = "HX-Target, Accept-Language, Cookie"
_FOLDER = Path(__file__).parent / "templates"
_templates: Templates


def open_templates(assets: Assets, settings: Settings) -> None:
    """Make the templates of this process ready."""
    global _templates
    _templates = Templates(loader=jinja2.FileSystemLoader(_FOLDER), auto_reload=settings.debug)
    _templates.filters["iso"] = iso
    _templates.globals.update(static=assets.url, languages={code: LANGUAGES[code] for code in OFFERED}, mail_is_configured=bool(settings.smtp_url))


def render(template: str, **context: Any) -> str:
    """A template as text, for mails and live updates: nothing of a request is in it."""
    return _templates.get_template(template).render(context)


async def page(request: Request, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any) -> Response[bytes]:
    """A page: whole, or only its view when htmx navigates inside the shell."""
    layout = "shared/view.html" if _is_navigation(request) else "shared/shell.html"
    viewer = request.scope["state"]["viewer"]
    apps = {"apps": await badged(apps_for(viewer), viewer)} if viewer else {}
    return _answer(request, template, status, headers, {**apps, **context, "layout": layout})


def fragment(request: Request, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any) -> Response[bytes]:
    """A part of a page, the same file that the page includes."""
    return _answer(request, template, status, headers, context)


def redirect(request: Request, url: str, *, full: bool = False) -> Response[bytes]:
    """Go to an address of ours. htmx loads it into the view, or anew with `full` (after signing in or out)."""
    if not is_htmx(request):
        return Response(b"", status_code=303, headers={"Location": url, "Cache-Control": "no-store"})
    if full:
        return Response(b"", status_code=200, headers={"HX-Redirect": url, "HX-Reswap": "none"})
    return Response(b"", status_code=200, headers={"HX-Location": _json(_MOVE | {"path": url}), "HX-Reswap": "none"})


def nothing(status: int = 204, **headers: str) -> Response[bytes]:
    """No body; htmx swaps nothing."""
    return Response(b"", status_code=status, headers=headers)


def toast(text: str, *, undo: int | None = None, kind: str = "info", **events: Any) -> dict[str, str]:
    """The header that shows a toast, with an Undo button for the command `undo`. Further events are sent along."""
    told: dict[str, Any] = {"text": text, "kind": kind}
    if undo is not None:
        told["undo_url"] = f"/activity/{undo}/undo"
    return {"HX-Trigger": _json({"toast": told, **events})}


def iso(instant: int) -> str:
    """Milliseconds since the epoch as an ISO 8601 time in UTC, as `<time datetime>` has it."""
    return datetime.fromtimestamp(instant / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_htmx(request: Request) -> bool:
    """Whether htmx asks."""
    return request.headers.get("hx-request") == "true"


def _is_navigation(request: Request) -> bool:
    return request.headers.get("hx-target", "").endswith("#view") and "hx-history-restore-request" not in request.headers


def _json(value: Any) -> str:
    """JSON in ASCII, as headers need it."""
    return json.dumps(value, separators=(",", ":"))


def _answer(request: Request, template: str, status: int, headers: dict[str, str] | None, context: dict[str, Any]) -> Response[bytes]:
    text = _templates.get_template(template).render({**_common(request), **context})
    return Response(
        text.encode(), status_code=status, media_type=HTML, headers={"Cache-Control": "private, no-cache", "Vary": VARY, **(headers or {})}
    )


def _common(request: Request) -> dict[str, Any]:
    state = request.scope["state"]
    viewer = state["viewer"]
    code = language()
    return {
        "request_path": request.url.path,
        "viewer": viewer,
        "brand": state["brand"],
        "nonce": state["nonce"],
        "apps": apps_for(viewer) if viewer else [],
        "locale": code,
        "timezone": viewer.timezone if viewer else "",
        "week_start": viewer.week_start if viewer and viewer.week_start is not None else week_start(code),
        "theme": viewer.theme if viewer else "auto",
        "is_outdated": is_outdated(request.headers.get("user-agent", "")),
    }
