"""Page, fragment, redirect: the only file that knows our templates and htmx's headers (htmx 4).

A page's template begins with `{% extends layout %}` and fills the blocks of shared/parts.html. Around them comes the whole shell, or only
the view inside it when htmx navigates (its target is then `#view`). The shell is kept for each reader.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Hashable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from litestar import Request
from litestar.response import Response

from app.assets import Assets
from app.lib.browsers import is_outdated
from app.lib.i18n import LANGUAGES, OFFERED, language
from app.lib.locales import decimal, territory, week_start
from app.lib.templates import Templates
from app.rooms import App, apps_for, badged
from app.settings import Settings

HTML = "text/html"  # Litestar adds the charset
_MOVE = {"target": "#view", "headers": {"HX-Target": "div#view"}}  # htmx 4.0 names the body as target of such a request otherwise
VARY = "HX-Target, Accept-Language, Cookie"
_PARTS = ("title", "heading", "side", "main", "detail", "overlays")
_SEAM = secrets.token_hex(12)  # between the parts of a page; nobody can write it into a text
_FRAMED = ("viewer", "brand", "locale", "timezone", "date_locale", "theme", "is_outdated", "area_style")  # what the shell shows, besides the apps
_FOLDER = Path(__file__).parent / "templates"
_templates: Templates
_assets: Assets
_ready: list[str] = []


def keep_ready(*templates: str) -> None:
    """Compile these when a process starts, rather than when the first of them is sent to many readers at once, who would wait for it."""
    _ready.extend(templates)


def open_templates(assets: Assets, settings: Settings) -> None:
    """Make the templates of this process ready."""
    global _templates, _assets
    _assets = assets
    _templates = _environment(settings.debug)
    _templates.filters |= {"iso": iso, "decimal": _decimal}
    _templates.renew(static=assets.url, languages={code: LANGUAGES[code] for code in OFFERED}, mail_is_configured=bool(settings.smtp_url))
    for name in _ready:
        _templates.get_template(name)


def _decimal(number: float) -> str:
    return decimal(number, language())


@cache
def _environment(debug: bool) -> Templates:
    """Compiled templates don't depend on the settings, so a process that starts the suite anew has them still."""
    return Templates(loader=jinja2.FileSystemLoader(_FOLDER), auto_reload=debug)


def render(template: str, **context: Any) -> str:
    """A template as text, for mails and live updates: nothing of a request is in it."""
    return _templates.get_template(template).render(context)


def filled(template: str, facts: dict[str, Hashable], gaps: dict[str, str]) -> str:
    """A fragment that is rendered once for these facts and this language, with the HTML of `gaps` in it: for what a page has by the hundred."""
    return _templates.fill(template, facts, gaps)


async def page(request: Request, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any) -> Response[bytes]:
    """A page: whole, or only its view when htmx navigates inside the shell."""
    viewer = request.scope["state"]["viewer"]
    apps = {"apps": await badged(apps_for(viewer), viewer)} if viewer else {}
    return unbadged_page(request, template, status=status, headers=headers, **{**apps, **context})


def unbadged_page(request: Request, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any) -> Response[bytes]:
    """A page that asks the database for nothing more, for errors."""
    facts = {**_common(request), **context, "layout": "shared/parts.html", "seam": _SEAM}
    parts = _templates.get_template(template).render(facts).split(_SEAM)
    if len(parts) == 1:  # its layout is not the shell
        return _answer(request, parts[0], status, headers)
    gaps = dict(zip(_PARTS, parts, strict=True))
    apps = tuple(facts["apps"])
    shown = {name: facts[name] for name in _FRAMED} | {"apps": apps, "here": _app_of(request.url.path, apps), "has_side": bool(gaps["side"].strip())}
    frame = "shared/view.html" if is_navigation(request) else "shared/shell.html"
    return _answer(request, _templates.fill(frame, shown, gaps | {"nonce": facts["nonce"]}), status, headers)


def fragment(request: Request, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any) -> Response[bytes]:
    """A part of a page, the same file that the page includes."""
    return _answer(request, _templates.get_template(template).render({**_common(request), **context}), status, headers)


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


def is_navigation(request: Request) -> bool:
    """Whether htmx moves inside the shell: the answer is a page's view."""
    return request.headers.get("hx-target", "").endswith("#view") and "hx-history-restore-request" not in request.headers


def _json(value: Any) -> str:
    """JSON in ASCII, as headers need it."""
    return json.dumps(value, separators=(",", ":"))


def _answer(request: Request, text: str, status: int, headers: dict[str, str] | None) -> Response[bytes]:
    """HTML. What htmx puts into a page of another area names its area's stylesheet, which is to be there before it."""
    style = _assets.area_style(request.url.path) if is_htmx(request) else ""
    known = {"Cache-Control": "private, no-cache", "Vary": VARY, **({"Chalet-Style": style} if style else {})}
    return Response(text.encode(), status_code=status, media_type=HTML, headers={**known, **(headers or {})})


def _app_of(path: str, apps: tuple[App, ...]) -> str:
    """The key of the app that an address belongs to."""
    return next((app.key for app in apps if path == app.url or (app.url != "/" and path.startswith(f"{app.url}/"))), "")


def _common(request: Request) -> dict[str, Any]:
    state = request.scope["state"]
    viewer = state["viewer"]
    code = language()
    return {
        "request_path": request.url.path,
        "area_style": _assets.area_style(request.url.path),
        "viewer": viewer,
        "brand": state["brand"],
        "nonce": state["nonce"],
        "apps": apps_for(viewer) if viewer else [],
        "locale": code,
        "timezone": viewer.timezone if viewer else "",
        "date_locale": territory(code).replace("_", "-"),
        "week_start": viewer.week_start if viewer and viewer.week_start is not None else week_start(code),
        "theme": viewer.theme if viewer else "auto",
        "is_outdated": is_outdated(request.headers.get("user-agent", "")),
    }
