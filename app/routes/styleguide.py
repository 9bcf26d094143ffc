"""Every component on a page of its own, for developers and for the checks of tests/browser/test_styleguide.py. Only with CHALET_DEBUG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.models.base import NotFound
from app.models.viewer import Viewer
from app.render import fragment, nothing, page, toast
from app.rooms import App
from app.routes.guard import OPEN

PAGES = {
    "shell": "Shell", "entrance": "Entrance", "colours": "Colours and type", "icons": "Icons", "buttons": "Buttons", "fields": "Fields",
    "menu": "Menu", "dialog": "Dialog", "toast": "Toast", "avatar": "Avatar and presence", "badge": "Badge and count", "tabs": "Tabs and crumbs",
    "list": "List and table", "states": "Empty, skeleton, progress, banner", "moment": "Date and time", "people": "People picker",
    "colour": "Colour picker", "palette": "Command palette", "tip": "Tooltip and shortcuts", "drop": "File drop",
}

_VIEWER = Viewer(
    session_id=0, account_id=0, membership_id=1, org_id=1, org_name="Alpina", role="admin", email="anna@alpina.example", given_name="Anna",
    family_name="Alpha", avatar="", locale="en", timezone="Europe/Zurich", week_start=0, theme="auto", rights=frozenset(), organisations=(),
    expires_at=0, seen_at=0,
)
_APPS = [
    App("home", "Home", "/styleguide/colours", "home"), App("mail", "Mail", "/styleguide/list", "mail"),
    App("calendar", "Calendar", "/styleguide/moment", "calendar"),
    App("contacts", "Contacts", "/styleguide/people", "users"), App("chat", "Chat", "/styleguide/shell", "message-circle", badge=4),
    App("drive", "Drive", "/styleguide/drop", "folder"), App("meet", "Meet", "/styleguide/toast", "video"),
    App("manager", "Manager", "/styleguide/fields", "settings"),
]
_PEOPLE = [
    {"id": id_, "name": name, "email": email, "avatar": ""}
    for id_, name, email in (
        (4097, "Anna Alpha", "anna@alpina.example"), (24580, "Beat Keller", "beat@alpina.example"), (49159, "Chiara Dotti", "chiara@alpina.example"),
        (77834, "David Ngo", "david@alpina.example"), (90125, "Élodie Favre", "elodie@alpina.example"), (36874, "Finn", "finn@alpina.example"),
    )
]
_ICONS = Path(__file__).parents[2] / "static" / "icons.svg"


@get("/styleguide", include_in_schema=False, opt=OPEN)
async def list_pages(request: Request) -> Response[bytes]:
    return await _page(request, "index")


@get("/styleguide/{name:str}", include_in_schema=False, opt=OPEN)
async def show(request: Request, name: FromPath[str]) -> Response[bytes]:
    if name not in PAGES:
        raise NotFound
    return await _page(request, name)


@get("/styleguide/parts/dialog", include_in_schema=False, opt=OPEN)
async def show_dialog(request: Request) -> Response[bytes]:
    return fragment(request, "styleguide/_dialog.html", name="", error="")


@post("/styleguide/parts/dialog", status_code=200, include_in_schema=False, opt=OPEN)
async def send_dialog(request: Request) -> Response[bytes]:
    name = str((await request.form()).get("name", "")).strip()
    if len(name) < 3:
        return fragment(request, "styleguide/_dialog.html", status=422, name=name, error="At least 3 characters, please.")
    events: dict[str, Any] = {"dialog:close": {}}
    return nothing(204, **toast("Channel created", **events))


@get("/styleguide/parts/people", include_in_schema=False, opt=OPEN)
async def list_people(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    found = [person for person in _PEOPLE if q.lower() in f"{person['name']} {person['email']}".lower()]
    return fragment(request, "shared/_people_options.html", people=found)


@get("/styleguide/parts/palette", include_in_schema=False, opt=OPEN)
async def list_results(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    return fragment(request, "styleguide/_results.html", pages=[one for one in PAGES.items() if q.lower() in one[1].lower()], people=_PEOPLE[:3], q=q)


@post("/styleguide/parts/toast", status_code=200, include_in_schema=False, opt=OPEN)
async def send_toast(request: Request) -> Response[bytes]:
    kind = str((await request.form()).get("kind", "info"))
    said = {"info": "Saved", "error": "The file is larger than 25 MB. Nothing was uploaded.", "undo": "Conversation archived"}
    told = toast(said.get(kind, "Undone"), kind="error" if kind == "error" else "info")
    if kind == "undo":
        told = {"HX-Trigger": '{"toast":{"text":"Conversation archived","kind":"info","undo_url":"/styleguide/parts/toast"}}'}
    return nothing(204, **told)


@get("/styleguide/parts/work/{done:int}", include_in_schema=False, opt=OPEN)
async def show_work(request: Request, done: FromPath[int]) -> Response[bytes]:
    return fragment(request, "styleguide/_work.html", done=min(done, 1240))


async def _page(request: Request, name: str) -> Response[bytes]:
    context: dict[str, Any] = {
        "viewer": None if name == "entrance" else _VIEWER, "apps": _APPS, "timezone": _VIEWER.timezone, "pages": PAGES,
        "name": name, "palette_url": "/styleguide/parts/palette", "people": _PEOPLE,
        "theme": request.query_params.get("theme", "auto"), "is_outdated": "outdated" in request.query_params,
    }
    if name == "icons":
        context["icons"] = [part.split('"')[1] for part in _ICONS.read_text().split("<symbol ")[1:]]
    return await page(request, f"styleguide/{name}.html", **context)


handlers = [list_pages, show, show_dialog, send_dialog, list_people, list_results, send_toast, show_work]
