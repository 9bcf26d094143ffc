"""What makes the suite an app on a device: manifest, icons, colours of the brand, service worker, offline page."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.assets import Assets
from app.doors import announced
from app.lib import blobs, brand_icons, icons
from app.lib.i18n import LANGUAGES, _, language, speak
from app.models.base import NotFound
from app.models.brand import Brand
from app.render import fragment, page, render
from app.rooms import App, all_apps
from app.routes.guard import OPEN

DEFAULTS: dict[str, Any] = json.loads((Path(__file__).parent.parent.parent / "manifest.webmanifest").read_text())
NO_CACHE = {"Cache-Control": "no-cache"}
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_WORKER = ("js/outbox-store.js", "js/push-subscription.js", "sw-push.js", "sw.js")
_PRECACHED = ("icons.svg", "fonts/inter.woff2")
_PLAIN = Brand()


@get("/manifest.webmanifest", opt=OPEN, include_in_schema=False)
async def show_manifest(request: Request, lang: FromQuery[str] = "", app: FromQuery[str] = "home") -> Response[bytes]:
    """An app as this host's brand: browsers ask without cookies, so the language is in the address."""
    if lang in LANGUAGES:
        speak(lang)
    asked = _installable(app)
    return Response(json.dumps(manifest(request.state.brand, asked)).encode(), media_type="application/manifest+json", headers=NO_CACHE)


@get("/sw.js", opt=OPEN, include_in_schema=False)
async def show_worker(request: Request) -> Response[bytes]:
    """The service worker: what it needs to know of this version, what it shares with the pages, push, itself."""
    assets: Assets = request.app.state.assets
    known = {"VERSION": assets.version, "SHELL": [assets.url(name) for name in shell_files(assets)]}
    consts = "\n".join(f"const {name} = {json.dumps(value)};" for name, value in known.items())
    body = b"\n".join((consts.encode(), *(_body(assets, name) for name in _WORKER)))
    return Response(body, media_type="text/javascript", headers={**NO_CACHE, "Service-Worker-Allowed": "/"})


@get("/icons/{version:str}/{name:str}", opt=OPEN, include_in_schema=False)
async def show_icon(request: Request, version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """An icon of the brand, for ever under the address of its look; under any other it is today's."""
    brand = request.state.brand
    if name not in icons.ICONS and name != icons.FAVICON:
        raise NotFound(f"icon {name}")
    return await _icon(request, None, name, FOREVER if version == brand.version else NO_CACHE)


@get("/icons/{version:str}/{app:str}/{name:str}", opt=OPEN, include_in_schema=False)
async def show_app_icon(request: Request, version: FromPath[str], app: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """An icon of one app, with its sign and in its colour."""
    if name not in icons.ICONS:
        raise NotFound(f"icon {name}")
    return await _icon(request, _installable(app), name, FOREVER if version == request.state.brand.version else NO_CACHE)


@get("/favicon.ico", opt=OPEN, include_in_schema=False)
async def show_favicon(request: Request) -> Response[bytes]:
    """For what asks without reading the page."""
    return await _icon(request, None, icons.FAVICON, {"Cache-Control": "public, max-age=86400"})


@get("/brand.css", opt=OPEN, include_in_schema=False)
async def show_brand(request: Request, v: FromQuery[str] = "") -> Response[bytes]:
    """The brand's values of the design tokens."""
    brand = request.state.brand
    shown = brand if icons.is_colour(brand.accent) and icons.is_colour(brand.accent_ink) else _PLAIN
    body = render("pwa/brand.css", colours=shown.colours, text_colour=shown.text_colour).encode()
    return Response(body, media_type="text/css", headers=FOREVER if v == brand.version else NO_CACHE)


@get("/offline", opt=OPEN, include_in_schema=False)
async def show_offline(request: Request) -> Response[bytes]:
    """What stands in for a page that this device hasn't seen. The service worker keeps a copy for each person."""
    if request.state.viewer:
        return await page(request, "pwa/offline.html")
    return fragment(request, "pwa/offline.html", layout="shared/entrance.html")


def manifest(brand: Brand, app: App | None = None) -> dict[str, Any]:
    """The web app manifest of an app (without one, of the suite as a whole) under a brand, in the language being spoken."""
    facts = {**DEFAULTS, "lang": language(), "icons": _icons(brand, app), **(announced(app.key, app.url) if app else announced("home"))}
    if app is None:
        return {
            **facts, "name": brand.name, "short_name": brand.short_name, "theme_color": _colours(brand)[0],
            "description": _("Messages, calendars, contacts and files of your team in one place."),
            "shortcuts": [_shortcut(one.title, one.url, _icon_entry(brand, one, "any-192.png")) for one in installable() if one.url != "/"],
        }
    return {
        **facts, "id": app.url, "start_url": app.url, "scope": app.url, "name": f"{app.title} · {brand.name}", "short_name": app.title,
        "theme_color": app.colour, "description": app.about,
        "shortcuts": [_shortcut(title, url, _icon_entry(brand, app, "any-192.png")) for title, url in shortcuts_of(app)],
    }


def installable() -> list[App]:
    """The apps that install on their own, the suite as a whole first."""
    return [app for app in all_apps() if app.url == "/" or app.colour]


def shortcuts_of(app: App) -> list[tuple[str, str]]:
    """What the app's icon offers when it is held or right-clicked: title and address."""
    return {
        "chat": [(_("New direct message"), "/chat/direct/new"), (_("Browse channels"), "/chat/channels")],
        "calendar": [(_("New event"), "/calendar/events/new"), (_("Find a time"), "/calendar/find-a-time")],
        "contacts": [(_("New contact"), "/contacts/new")],
        "drive": [(_("Recent"), "/drive/recent"), (_("Shared with me"), "/drive/shared")],
    }.get(app.key, [])


def shell_files(assets: Assets) -> list[str]:
    """The files without which no page works: they are kept on the device before they are asked for."""
    scripts = [name for name in assets if name.startswith(("js/", "vendor/")) and name.endswith(".js")]
    styles = [name for name in assets if name.endswith(".css") and "/" not in name]
    return [*_PRECACHED, *styles, *scripts]


def _body(assets: Assets, name: str) -> bytes:
    found = assets.get(name)
    assert found is not None, name
    return found.body


def _installable(key: str) -> App | None:
    """The app with this key, None for the suite as a whole. Raises `NotFound`."""
    found = next((app for app in installable() if app.key == key), None)
    if found is None:
        raise NotFound(f"app {key}")
    return found if found.colour else None


async def _icon(request: Request, app: App | None, name: str, headers: dict[str, str]) -> Response[bytes]:
    brand: Brand = request.state.brand
    logo = await blobs.store().get(brand.logo) if not app and brand_icons.suits(*brand.logo_size) else None
    if logo:
        body = await asyncio.to_thread(brand_icons.draw_logo, name, logo, "light" in brand.logo_faint_on)
    else:
        look = (app.title, app.colour, "#ffffff", app.key) if app else (brand.name, *_colours(brand))
        body = await asyncio.to_thread(icons.draw, name, *look)
    return Response(body, media_type="image/x-icon" if name == icons.FAVICON else "image/png", headers=headers)


def _colours(brand: Brand) -> tuple[str, str]:
    """Accent and ink, or the plain ones where the brand's aren't #rrggbb: nothing else may get into a stylesheet."""
    if icons.is_colour(brand.accent) and icons.is_colour(brand.accent_ink):
        return brand.accent, brand.accent_ink
    return _PLAIN.accent, _PLAIN.accent_ink


def _icons(brand: Brand, app: App | None) -> list[dict[str, str]]:
    return [_icon_entry(brand, app, name) for name in ("any-192.png", "any-512.png", "maskable-192.png", "maskable-512.png", "monochrome-512.png")]


def _icon_entry(brand: Brand, app: App | None, name: str) -> dict[str, str]:
    icon = icons.ICONS[name]
    path = f"{app.key}/{name}" if app and app.colour else name
    return {"src": f"/icons/{brand.version}/{path}", "sizes": f"{icon.size}x{icon.size}", "type": "image/png", "purpose": icon.purpose}


def _shortcut(title: str, url: str, icon: dict[str, str]) -> dict[str, Any]:
    return {"name": title, "short_name": title, "url": url, "icons": [icon]}


handlers = [show_manifest, show_worker, show_icon, show_app_icon, show_favicon, show_brand, show_offline]
