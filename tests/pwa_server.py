"""The suite over a static folder of its own, with notes to write: `python -m tests.pwa_server DATA_DIR PORT STATIC`.

Prints the people's tokens as JSON once it answers. `POST /test/notes` keeps a note once for each key; text "refuse" is refused.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import jinja2
import uvicorn
from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery
from litestar.response import Response

import app.main
from app import database
from app import render as rendering
from app.assets import Assets
from app.doors import Destination, opens_files, takes_shares
from app.edge import session_cookie
from app.lib.ids import new_id
from app.models.base import Refused
from app.models.chat import Channel, Message
from app.models.command import Command
from app.models.organisation import Membership
from app.models.session import Session
from app.models.viewer import Viewer
from app.settings import Settings, read_settings
from tests.people import move_in

PAGE = """{% extends layout %}{% block title %}Notes{% endblock %}
{% block main %}<h1>Notes</h1><form method="post" action="/test/notes"><textarea name="text" aria-label="Note"></textarea></form>
<a href="/" hx-get="/" hx-target="#view" hx-push-url="true">Start</a> <a href="/test/more" hx-get="/test/more" hx-target="#view" hx-push-url="true">More</a>
<a href="/test/never" hx-get="/test/never" hx-target="#view" hx-push-url="true">Never</a>{% endblock %}"""
MORE = """{% extends layout %}{% block title %}More{% endblock %}{% block main %}<h1>More of it</h1><p>{{ viewer.given_name }}</p>{% endblock %}"""
OPEN = """{% extends layout %}{% block title %}Open{% endblock %}
{% block main %}<h1>Open</h1>{% if asks %}<form method="post" action="/test/open" enctype="multipart/form-data" data-launched><input type="file" name="file" multiple aria-label="Files"></form>{% endif %}
<ul>{% for name, size in found %}<li>{{ name }}, {{ size }}</li>{% endfor %}</ul>{% endblock %}"""
notes: list[tuple[str, str]] = []


@get("/test/notes", include_in_schema=False)
async def list_notes(request: Request) -> Response[bytes]:
    return await rendering.page(request, "test/notes.html")


@get("/test/more", include_in_schema=False)
async def show_more(request: Request) -> Response[bytes]:
    return await rendering.page(request, "test/more.html")


@takes_shares("contacts", files=["*/*"])
async def _folders(_viewer: Viewer) -> list[Destination]:
    return [Destination("Folder", "folder", "/test/folder", "/test/more", icon="folder", takes=("files",))]


@get("/test/open", include_in_schema=False)
async def show_open(request: Request, asks: FromQuery[str] = "") -> Response[bytes]:
    return await rendering.page(request, "test/open.html", asks=asks, found=[])


@post(["/test/open", "/test/folder"], status_code=200, include_in_schema=False)
async def create_opened(request: Request) -> Response[bytes]:
    """What was opened or shared: shown, and kept as notes."""
    files = (await request.form()).getall("file", [])
    found = [(one.filename, len(await one.read())) for one in files if isinstance(one, UploadFile)]
    notes.extend((name, f"{size} bytes") for name, size in found)
    return await rendering.page(request, "test/open.html", asks="", found=found)


@get("/test/written", include_in_schema=False, opt={"open": True})
async def list_written() -> list[tuple[str, str]]:
    return notes


@post("/test/notes", status_code=200, include_in_schema=False)
async def create_note(request: Request) -> Response[bytes]:
    text = str((await request.form())["text"])
    async with Command.once(request.state.viewer, "note.create", request.state.idempotency_key) as command:
        if text == "refuse":
            raise Refused("Notes like this one aren’t taken.")
        if not command.repeated:
            notes.append((request.state.viewer.given_name, text))
            command.done()
    return Response(f"<p>{len(notes)}</p>".encode(), media_type=rendering.HTML)


@get("/test/channel", include_in_schema=False)
async def show_channel(request: Request) -> Response[bytes]:
    channel = await Channel.start(request.state.viewer, "public", f"news-{new_id()}")
    return Response(b"", status_code=303, headers={"Location": f"/chat/channels/{channel.id}"})


@get("/test/state/{channel_id:int}", include_in_schema=False, opt={"open": True})
async def show_state(channel_id: int) -> dict[str, Any]:
    """What a channel and its people look like to the server: to see that each write arrived, and once."""
    messages = await database.fetch("SELECT id, text, deleted_at FROM message WHERE channel_id = $1 ORDER BY id", channel_id)
    versions = await database.fetch_value("SELECT COUNT(*) FROM message_version v JOIN message m ON m.id = v.message_id WHERE m.channel_id = $1", channel_id)
    reactions = await database.fetch("SELECT r.emoji, m.text FROM reaction r JOIN message m ON m.id = r.message_id WHERE m.channel_id = $1", channel_id)
    return {
        "texts": [row["text"] for row in messages if row["deleted_at"] is None], "deleted": sum(row["deleted_at"] is not None for row in messages),
        "versions": versions, "reactions": [[row["text"], row["emoji"]] for row in reactions],
        "statuses": [row["text"] for row in await database.fetch("SELECT text FROM member_status")],
        "phones": [row["phone"] for row in await database.fetch("SELECT phone FROM account WHERE phone <> ''")],
        "kinds": {row["kind"]: row["n"] for row in await database.fetch("SELECT kind, COUNT(*) AS n FROM command GROUP BY kind")},
    }


@post("/test/edit/{channel_id:int}", status_code=200, include_in_schema=False, opt={"open": True})
async def edit_newest(request: Request, channel_id: int) -> None:
    """The author of a channel's newest message changes it in another browser."""
    row = await database.fetch_one("SELECT id, author_id FROM message WHERE channel_id = $1 ORDER BY id DESC LIMIT 1", channel_id)
    assert row is not None
    member = await database.fetch_one("SELECT * FROM membership WHERE account_id = $1", row["author_id"])
    assert member is not None
    _session, token = await Session.begin(Membership.from_row(member), 1)
    viewer = await Viewer.by_token(token)
    assert viewer is not None
    message = await Message.found(viewer, row["id"])
    await message.edit(viewer, str((await request.form())["text"]))


@get("/test/in/{name:str}", include_in_schema=False, opt={"open": True})
async def sign_in(name: str) -> Response[bytes]:
    row = await database.fetch_one("SELECT m.* FROM membership m JOIN account a ON a.id = m.account_id WHERE a.given_name = $1", name.title())
    assert row is not None
    _session, token = await Session.begin(Membership.from_row(row), 30)
    return Response(b"", status_code=303, headers={"Location": "/test/notes", "Set-Cookie": session_cookie(token, "http", 86_400)})


OWN = [list_notes, show_more, list_written, create_note, show_open, create_opened, show_channel, show_state, edit_newest, sign_in]


async def fill(settings: Settings) -> None:
    await app.main.open_database(settings)
    await database.migrate()
    if not await database.fetch("SELECT 1 FROM account LIMIT 1"):
        await move_in()
    await database.close()


def main(data_dir: str, port: str, static: str) -> None:
    settings = read_settings({}, data_dir=Path(data_dir), rate_limit=0)
    asyncio.run(fill(settings))
    opens_files("home", "/test/open", {"text/plain": [".txt"]})
    handlers = app.main.all_handlers
    app.main.Assets = lambda: Assets(Path(static))  # type: ignore[assignment, misc]
    app.main.all_handlers = lambda settings: [*handlers(settings), *OWN]  # type: ignore[assignment]
    suite = app.main.create_app(settings, with_jobs=False)
    known = rendering._templates
    known.loader = jinja2.ChoiceLoader([known.loader, jinja2.DictLoader({"test/notes.html": PAGE, "test/more.html": MORE, "test/open.html": OPEN})])  # type: ignore[list-item]
    print(json.dumps({"ready": port}), flush=True)
    uvicorn.run(suite, host="127.0.0.1", port=int(port), log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=2)


if __name__ == "__main__":
    main(*sys.argv[1:])
