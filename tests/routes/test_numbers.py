"""Numbers that are none, or larger than any column, wherever somebody names one: refused, or they lead nowhere; never a failure."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar

from app.edge import Edge
from app.main import create_app
from app.models.calendar import Calendar
from app.models.chat.channel import PRIVATE, Channel
from app.models.chat.integrations.integration import make
from app.models.session import Session
from app.settings import read_settings
from tests import dav
from tests.conftest import browser
from tests.people import People
from tests.routes.test_strangers import ALL, BOTS, filled, secrets_of_anna

pytestmark = pytest.mark.anyio
WRONG = {"no digit": "²", "too large": "9" * 30, "too long": "9" * 5000, "negative": "-1", "empty": ""}
wrong_numbers = pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
worst_numbers = pytest.mark.parametrize("wrong", (WRONG["no digit"], WRONG["too large"]), ids=("no digit", "too large"))  # where all pages are walked

WITH_IDS = [(method, path) for method, path in ALL if ":int}" in path and not path.startswith(BOTS)]
EVENT = {"title": "Planning", "start_date": "2026-11-16", "start_time": "09:00", "repeat": "", "ends": "never"}


def handlers(method: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """The addresses that answer a method, the numbers that their handler takes from what follows `?`, and the texts that its module reads."""
    suite = cast(Litestar, cast(Edge, create_app(read_settings({})))._app)
    for route in suite.routes:
        for handler in getattr(route, "route_handlers", ()):
            if method in handler.http_methods and not route.path.startswith(BOTS):
                said = {name: str(kind) for name, kind in handler.fn.__annotations__.items()}
                numbers = [name for name, kind in said.items() if "FromQuery[int" in kind]
                source = inspect.getsource(cast(Any, inspect.getmodule(handler.fn)))
                read = re.findall(r'\.get(?:all)?\("(\w+)"|^    (\w+) = \w+Field\(', source, re.MULTILINE)
                texts = {one or other for one, other in read} | {name for name, kind in said.items() if "FromQuery[str" in kind}
                yield route.path, numbers, sorted(texts - set(numbers))


LOOKED_AT, CHANGED = list(handlers("GET")), list(handlers("POST"))


@wrong_numbers
async def test_no_number_in_an_address_fails(wrong: str, app: httpx.ASGITransport, people: People) -> None:
    failed = []
    async with browser(app, people.anna) as anna:
        for method, path in WITH_IDS:
            answer = await anna.request(method, filled(re.sub(r"\{[^}:]+:int\}", wrong, path), {}))
            if answer.status_code >= 500:
                failed.append(f"{method} {path}")
    assert failed == []


@worst_numbers
async def test_no_number_that_is_asked_with_fails(wrong: str, app: httpx.ASGITransport, people: People) -> None:
    ids, failed = await secrets_of_anna(people), []
    async with browser(app, people.anna) as anna:
        for path, *kinds in LOOKED_AT:
            for names in filter(None, kinds):
                answer = await anna.get(filled(path, ids), params=dict.fromkeys(names[: 60_000 // len(wrong)] if wrong else names, wrong))
                if answer.status_code >= 500:
                    failed.append(f"{path} {names}")
    assert failed == []


@worst_numbers
async def test_no_number_in_a_form_fails(wrong: str, app: httpx.ASGITransport, people: People) -> None:
    """Every form with nothing but wrong numbers, then those where a number stands within a text, right but for it."""
    ids, failed = await secrets_of_anna(people), []
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    within: list[tuple[str, dict[str, Any]]] = [
        ("/account/status", {"text": "Away", "length": wrong}),
        (f"/calendar/calendars/{calendar.id}/shares", {"people": [wrong, f"team:{wrong}"], "level": "1"}),
        *(("/calendar/events", EVENT | {name: f"{before}{wrong}{after}"}) for name, before, after in (
            ("reminders", "", ":push"), ("reminders", "-", ":push"), ("reminders", "--", ":push"), ("guests", "team:", ""), ("guests", "room-", "@rooms.invalid"),
            ("rooms", "", ""), ("attachments", "drive:", ""), ("colour", "", ""), ("weekdays", "", ""), ("count", "", ""), ("calendar", "", ""),
        )),
        ("/contacts", {"family": "Keller", "book": wrong, "date.1.day": wrong, "date.1.month": wrong, "date.1.year": wrong, "phone.1.line": wrong}),
        ("/contacts/changes", {"ids": str(people.anna.id), "change": f"move:{wrong}"}),
        (f"/contacts/people/{people.beat.viewer.membership_id}/copies", {"book": wrong}),
        (f"/chat/channels/{ids['channel_id']}/place", {"group": wrong}),
        ("/manager/people/changes", {"ids": str(people.beat.id), "change": f"team:{wrong}"}),
    ]
    alone = [(filled(path, ids), dict.fromkeys(names, wrong)) for path, _numbers, names in CHANGED if names]
    for path, form in [*within, *alone]:
        _session, people.anna.token = await Session.begin(people.anna.membership, 30)  # some of the addresses sign out
        async with browser(app, people.anna) as anna:
            answer = await anna.post(path, data=form)
        if answer.status_code >= 500:
            failed.append(f"{path} {form if len(wrong) < 50 else list(form)}")
    assert failed == []


@wrong_numbers
async def test_no_number_in_a_header_fails(wrong: str, app: httpx.ASGITransport, people: People) -> None:
    ids, number = await secrets_of_anna(people), wrong.encode()
    tus = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream"}
    async with browser(app, people.anna) as anna:
        assert (await anna.post("/uploads", headers=[*tus.items(), ("upload-length", number)])).status_code == 400
        begun = await anna.post("/uploads", headers={"tus-resumable": "1.0.0", "upload-length": "1"})
        assert (await anna.patch(begun.headers["location"], headers=[*tus.items(), ("upload-offset", number)], content=b"a")).status_code == 400
        for path, name, value in (("/account/avatar", "content-length", number), ("/chat/categories", "hx-current-url", b"/chat/channels/" + number)):
            assert (await anna.post(path, headers=[(name, value), ("hx-request", "true")], data={"name": "Projects"})).status_code < 500, path
        for value in (b"bytes=" + number + b"-", b"bytes=-" + number):
            assert (await anna.get(f"/drive/files/{ids['node_id']}/content", headers=[("range", value)])).status_code < 500


@wrong_numbers
async def test_no_number_in_dav_fails(wrong: str, app: httpx.ASGITransport, people: People) -> None:
    anna = dav.client(app, people.anna)
    home = people.anna.account.sync_name
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    for path in (f"/dav/principals/u{wrong}/", f"/dav/contacts/{home}/directory-{wrong}/", f"/dav/contacts/{home}/directory-{people.anna.organisation.id}/{wrong}.vcf"):
        assert (await anna.ask("PROPFIND", path)).status_code < 500, path
    limit = f"<d:limit><d:nresults>{wrong}</d:nresults></d:limit>"
    for path, body in (
        (f"/dav/calendars/{home}/{calendar.id}/", f"<cal:calendar-query><d:prop><d:getetag/></d:prop><cal:filter><cal:comp-filter name='VCALENDAR'/></cal:filter>{limit}</cal:calendar-query>"),
        (f"/dav/calendars/{home}/{calendar.id}/", f"<d:sync-collection><d:sync-token/><d:sync-level>1</d:sync-level>{limit}<d:prop/></d:sync-collection>"),
        (f"/dav/contacts/{home}/default/", f"<card:addressbook-query><d:prop/><card:filter/>{limit.replace('d:', 'card:')}</card:addressbook-query>"),
    ):
        assert (await anna.ask("REPORT", path, body)).status_code < 500, body


@wrong_numbers
async def test_no_number_of_a_bot_fails(wrong: str, app: httpx.ASGITransport, people: People) -> None:
    channel = await Channel.start(people.anna.viewer, PRIVATE, "robots")
    _one, token = await make(people.anna.viewer, "bot", "Helper", channel_id=channel.id, scopes="read write react channels members")
    async with httpx.AsyncClient(transport=app, base_url="http://localhost:8000", headers={"authorization": f"Bearer {token}"}) as bot:
        addressed = [await bot.request(method, re.sub(r"\{[^}:]+:int\}", wrong, path)) for method, path in ALL if path.startswith(BOTS) and ":int}" in path]
        asked = [await bot.get(f"/api/v1/channels/{channel.id}/messages", params={name: wrong}) for name in ("before", "after", "limit")]
        asked += [await bot.post(f"/api/v1/channels/{channel.id}/members", json={"people": [wrong]}), await bot.get(f"/api/v1/channels/{2**70}")]
    assert [str(answer.url) for answer in addressed + asked if answer.status_code >= 500] == []
    assert {answer.headers["content-type"] for answer in asked} == {"application/json"}, "as a program expects it"
