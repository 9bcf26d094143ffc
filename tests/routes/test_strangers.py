"""Every route, asked by somebody who isn't signed in, by an outsider and by a guest, against an explicit list.

A new route that answers a stranger fails here until it is added to the list on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

import httpx
import pytest
from litestar import Litestar

from app import database
from app.edge import Edge
from app.main import create_app
from app.models.chat.channel import PRIVATE, Channel
from app.models.chat.message import Message
from app.models.command import Command
from app.models.drive import share
from app.models.drive.rights import grants_at
from app.models.links import Wanted, make_link
from app.models.session import Session
from app.settings import read_settings
from tests import drive
from tests.conftest import browser
from tests.people import People, Person

OPEN = {
    "GET /healthz", "GET /readyz", "GET /metrics",
    "GET /setup", "POST /setup",
    "GET /sign-in", "POST /sign-in", "POST /sign-in/code", "POST /sign-in/passkey", "POST /sign-in/passkey/options",
    "GET /sign-in/link", "POST /sign-in/link", "GET /sign-in/link/{token:str}", "POST /sign-in/link/{token:str}",
    "POST /sign-in/openid", "GET /sign-in/openid/return", "GET /sign-in/organisation", "POST /sign-in/organisation",
    "GET /reset", "POST /reset", "GET /reset/{token:str}", "POST /reset/{token:str}", "GET /email/{token:str}", "POST /email/{token:str}",
    "GET /unsubscribe/{token:str}", "POST /unsubscribe/{token:str}",
    "GET /calendar/answer/{token:str}", "GET /calendar/answer/{token:str}/files/{file:str}", "POST /calendar/answer/{token:str}", "GET /feeds/{token:str}",
    "GET /calendar/book/{token:str}", "POST /calendar/book/{token:str}", "GET /calendar/book/cancel/{token:str}", "POST /calendar/book/cancel/{token:str}",
    "GET /invitation/{token:str}", "POST /invitation/{token:str}", "POST /invitation/{token:str}/acceptance", "POST /invitation/{token:str}/refusal",
    "POST /invitation/{token:str}/sign-out",
    "POST /hooks/{token:str}", "POST /hooks/answers/{token:str}", "GET /api/v1/openapi.json",
    "POST /handover", "GET /handover/begin", "GET /handover/issue", "GET /moved", "GET /internal/tls-ask",
    "GET /s/{token:str}", "POST /s/{token:str}/password", "GET /s/{token:str}/content", "HEAD /s/{token:str}/content", "GET /s/{token:str}/thumb", "GET /s/{token:str}/pages/{number:int}",
    "GET /s/{token:str}/zip", "POST /s/{token:str}/comments", "POST /s/{token:str}/uploads", "POST /s/{token:str}/arrivals",
    "HEAD /uploads/{token:str}", "PATCH /uploads/{token:str}", "DELETE /uploads/{token:str}",  # the token is the right
    "GET /manifest.webmanifest", "GET /sw.js", "GET /offline", "GET /favicon.ico", "GET /icons/{version:str}/{name:str}", "GET /icons/{version:str}/{app:str}/{name:str}", "GET /brand.css", "GET /brand/{name:str}/{form:str}",
}
"""Routes that answer anybody: signing in, and what an installed app needs before that."""

BOTS = "/api/v1/"  # these want a bot’s token, whoever is signed in

MEMBERS_ONLY = {
    "GET /contacts", "POST /contacts", "GET /contacts/new", "GET /contacts/side", "GET /contacts/print", "POST /contacts/changes", "POST /contacts/export",
    "GET /contacts/books/new", "POST /contacts/books", "GET /contacts/colleagues", "GET /contacts/addressees",
    "GET /contacts/import", "POST /contacts/import", "GET /contacts/duplicates", "GET /contacts/duplicates/merge", "POST /contacts/duplicates/merge",
    "POST /contacts/duplicates/apart", "GET /contacts/labels/edit", "POST /contacts/labels", "DELETE /contacts/labels",
    "GET /manager/brand", "POST /manager/brand", "GET /manager/brand/new", "GET /manager/brand/addresses", "POST /manager/brand/trial",
    "GET /manager", "GET /manager/people", "GET /manager/system",
    "POST /manager/people/changes", "POST /manager/people/export", "GET /manager/colleagues", "GET /manager/teams", "GET /manager/teams/new",
    "POST /manager/teams", "GET /manager/rooms", "GET /manager/rooms/new", "POST /manager/rooms", "GET /manager/organisation",
    "POST /manager/organisation",
    "GET /manager/sign-in", "POST /manager/sign-in", "GET /manager/sign-in/provider", "POST /manager/sign-in/provider",
    "POST /manager/sign-in/provider/test", "POST /manager/sign-in/provider/removal",
    "GET /chat/channels", "GET /chat/channels/new", "POST /chat/channels",
    "GET /manager/invitations", "GET /manager/invitations/new", "POST /manager/invitations", "GET /manager/invitations/lists/new",
    "POST /manager/invitations/lists", "GET /manager/guests", "GET /manager/guests/new", "POST /manager/guests", "GET /manager/chat",
    "POST /manager/chat/rules",
    "GET /manager/chat/moving", "POST /manager/chat/moving", "POST /manager/chat/moving/exports", "POST /manager/chat/moving/rules",
    "GET /manager/chat/moderation", "POST /manager/chat/moderation/words", "POST /manager/chat/moderation/retention", "POST /manager/chat/moderation/holds",
    "GET /manager/chat/integrations", "GET /manager/chat/integrations/new", "POST /manager/chat/integrations", "GET /manager/api",
    "GET /manager/chat/emoji", "POST /manager/chat/emoji",
    "GET /manager/log", "POST /manager/log/check", "POST /manager/log/export", "GET /manager/drive", "POST /manager/drive",
}
"""Routes without ids that a guest gets a 404 for. All others answer a guest, with what is the guest's own."""

FORM = {"kind": "public", "text": "hello", "up_to": "1", "emoji": "👍", "role": "admin", "name": "name", "account_id": "1", "email": "x@example.org"}


def routes() -> Iterator[tuple[str, str]]:
    """Method and path of every route."""
    suite = cast(Litestar, cast(Edge, create_app(read_settings({})))._app)
    for route in suite.routes:
        for method in sorted(getattr(route, "methods", ())):
            if method not in ("OPTIONS", "HEAD"):
                yield method, route.path


Address = tuple[str, str]


def parts(addresses: list[Address]) -> list[list[Address]]:
    """The addresses, forty for each test: people move in once for them."""
    return [addresses[start : start + 40] for start in range(0, len(addresses), 40)]


def first(addresses: list[Address]) -> str:
    """The name of a part: its first path."""
    return addresses[0][1]


ALL = sorted(routes())
WITH_IDS = [(method, path) for method, path in ALL if ":int}" in path]
PLAIN = [(method, path) for method, path in ALL if "{" not in path]


def filled(path: str, ids: dict[str, int]) -> str:
    """A path with its parameters replaced: integers by name, texts by a word."""
    path = re.sub(r"\{[^}:]+:(str|path)\}", "nothing", path)
    return re.sub(r"\{([^}:]+):int\}", lambda found: str(ids.get(found[1], ids.get("any", 1))), path)


async def secrets_of_anna(people: People) -> dict[str, int]:
    """Ids of things that only Anna and Beat may touch: a private channel, a message in it, a session, a change."""
    channel = await Channel.start(people.anna.viewer, PRIVATE, "secret-plans", people=[people.beat.id])
    message_id = await Message.post(channel, people.anna.viewer, "nobody else reads this")
    place = await drive.folder(people.anna, "secret files")
    node = await drive.file(people.anna, "secret.txt", b"nobody else reads this", place)
    await share(people.anna.viewer, place.node, "account", people.beat.id, 3)
    link = await make_link(people.anna.viewer, "drive", node.id, Wanted(), what="secret", url=node.url)
    (command, *_rest) = await Command.recent(people.anna.viewer)
    return {
        "node_id": node.id, "version_id": node.version_id or 0, "grant_id": (await grants_at(place.node.id))[0]["id"], "link_id": link.id,
        "channel_id": channel.id, "message_id": message_id, "session_id": people.anna.viewer.session_id, "command_id": command.id,
        "account_id": people.anna.id, "any": people.anna.id,
    }


async def state() -> dict[str, object]:
    """What an intruder must not change."""
    tables = ("message", "channel", "channel_member", "reaction", "membership", "session", "organisation", "product_right", "node", "node_version", "node_grant", "public_link")
    rows = {table: await database.fetch(f"SELECT * FROM {table} ORDER BY id") for table in tables}
    for session in rows["session"]:
        session.pop("seen_at"), session.pop("address")
    return dict(rows)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("some", parts(ALL), ids=first)
async def test_a_stranger_is_asked_to_sign_in(some: list[Address], app: httpx.ASGITransport) -> None:
    wrong = []
    for method, path in some:
        async with browser(app) as stranger:
            person = {"accept": "text/html"}  # programs are asked for a password of theirs where they have one
            answer = await stranger.request(method, filled(path, {}), data=FORM if method != "GET" else None, headers=person)
        where = answer.headers.get("location", "")
        if path.startswith(BOTS) and f"{method} {path}" not in OPEN:
            is_right = answer.status_code == 401
        elif f"{method} {path}" in OPEN:
            is_right = answer.status_code < 500 and not where.startswith("/sign-in?next=")
        else:
            is_right = answer.status_code == 303 and where.startswith("/sign-in")
        if not is_right:
            wrong.append(f"{method} {path}: {answer.status_code} {where or answer.text[:200]}")
    assert wrong == []


async def test_outsiders_find_nothing_and_change_nothing(app: httpx.ASGITransport, people: People) -> None:
    ids = await secrets_of_anna(people)
    async with browser(app, people.anna) as anna:
        shown = await anna.get(f"/chat/channels/{ids['channel_id']}")
        assert shown.status_code == 200 and "nobody else reads this" in shown.text, "what is hidden below is there"
    before = await state()
    for intruder in (people.erik, people.gina, people.david):
        await ask_everything(app, intruder, ids)
    assert await state() == before


async def ask_everything(app: httpx.ASGITransport, intruder: Person, ids: dict[str, int]) -> None:
    async with browser(app, intruder) as client:
        for method, path in WITH_IDS:
            if path.startswith(BOTS) or (path.startswith("/manager") and intruder.viewer.is_admin):
                continue
            for headers in ({}, {"hx-request": "true", "hx-target": "div#view"}):
                answer = await client.request(method, filled(path, ids), data=FORM if method != "GET" else None, headers=headers)
                assert answer.status_code == 404, f"{intruder.account.email} {method} {path}: {answer.status_code} {answer.text[:200]}"
                assert "nobody else reads this" not in answer.text


async def test_an_administrator_elsewhere_manages_nobody_here(app: httpx.ASGITransport, people: People) -> None:
    before = await state()
    async with browser(app, people.erik) as erik:
        assert (await erik.get(f"/manager/people/{people.beat.id}")).status_code == 404
        assert (await erik.post(f"/manager/people/{people.beat.id}/departure")).status_code == 404
        assert (await erik.post(f"/manager/people/{people.beat.id}/role", data={"role": "admin"})).status_code == 404
        assert (await erik.post("/manager/people/changes", data={"ids": people.beat.id, "change": "role:admin"})).status_code == 404
        assert "Beat" not in (await erik.get("/manager/people?q=beat")).text
        assert "Beat" not in (await erik.get("/search?q=beat")).text
    assert await state() == before


@pytest.mark.parametrize("some", parts([(method, path) for method, path in PLAIN if f"{method} {path}" not in OPEN and not path.startswith(BOTS)]), ids=first)
async def test_a_guest_gets_member_pages_as_if_they_were_not_there(some: list[Address], app: httpx.ASGITransport, people: People) -> None:
    wrong = []
    for method, path in some:
        _session, people.gina.token = await Session.begin(people.gina.membership, 30)  # some of the addresses sign out
        async with browser(app, people.gina) as gina:
            answer = await gina.request(method, path, data=FORM if method != "GET" else None)
        if f"{method} {path}" in MEMBERS_ONLY:
            is_right = answer.status_code == 404
        else:  # a guest sees only who shares a channel
            is_right = answer.status_code < 500 and not any(name in answer.text for name in ("Beat", "Chiara", "David", "beat@alpina.example"))
        if not is_right:
            wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
    assert wrong == []
