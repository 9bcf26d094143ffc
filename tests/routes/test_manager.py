"""The Manager: adding people, their roles, and taking them out again."""

from __future__ import annotations

import re

import httpx

from app import database
from app.jobs.runner import drain
from app.models.account import Account
from app.models.viewer import Viewer
from app.settings import Settings
from tests.conftest import browser
from tests.people import People

NEW = {"given_name": "Nora", "family_name": "Nord", "email": "Nora@alpina.example", "role": "user"}


async def test_a_new_person_chooses_a_password_by_the_link_and_is_in(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        added = await anna.post("/manager/people", data=NEW, headers={"hx-request": "true"})
    assert added.status_code == 200
    (link,) = re.findall(r'value="http://localhost:8000(/reset/[^"]+)"', added.text)
    async with browser(app) as nora:
        assert "nora@alpina.example" in (await nora.get(link)).text
        assert (await nora.post(link, data={"password": "granite lake at dawn"})).status_code == 303
        signed_in = await nora.post("/sign-in", data={"email": "nora@alpina.example", "password": "granite lake at dawn"})
        assert signed_in.status_code == 303
        assert "Nora" in (await nora.get("/")).text
        assert (await nora.get(link)).status_code == 404, "the link works once"


async def test_the_mail_is_promised_with_the_membership(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    async with browser(app, people.anna) as anna:
        await anna.post("/manager/people", data=NEW)
    await drain()
    (mail,) = (settings.data_dir / "outbox").glob("*nora@alpina.example.eml")
    assert "http://localhost:8000/reset/" in mail.read_text()


async def test_the_same_request_twice_adds_one_person(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        for _ in range(2):
            assert (await anna.post("/manager/people", data=NEW, headers={"idempotency-key": "k1"})).status_code == 200
    assert await database.fetch_value("SELECT COUNT(*) FROM account WHERE email = $1", "nora@alpina.example") == 1


async def test_a_mistake_keeps_what_was_typed(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/manager/people", data={**NEW, "email": "nora at alpina"})
        twice = await anna.post("/manager/people", data={**NEW, "email": "beat@alpina.example"})
    assert answer.status_code == 422 and 'value="Nora"' in answer.text and 'value="nora at alpina"' in answer.text.lower()
    assert twice.status_code == 422 and "is a member already" in twice.text


async def test_an_account_from_elsewhere_joins_without_a_new_password(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/manager/people", data={**NEW, "email": "erik@nordlicht.example"})
    assert "has an account already" in answer.text
    erik = await Viewer.by_token(people.erik.token)
    assert erik is not None and {place.name for place in erik.organisations} == {"Alpina", "Nordlicht"}
    assert (await Account.get(people.erik.id)).given_name == "Erik", "the person’s own name stays"


async def test_roles_change_rights_at_once_and_back(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        assert (await beat.get("/manager/people")).status_code == 404
        await anna.put(f"/manager/people/{people.beat.id}/role", data={"role": "admin"})
        assert (await beat.get("/manager/people")).status_code == 200
        command = await database.fetch_value("SELECT id FROM command WHERE kind = 'member.role'")
        await anna.post(f"/activity/{command}/undo")
        assert (await beat.get("/manager/people")).status_code == 404


async def test_nobody_touches_the_legal_representative_or_themselves(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        await anna.put(f"/manager/people/{people.beat.id}/role", data={"role": "admin"})
        assert (await anna.delete(f"/manager/people/{people.anna.id}")).status_code == 422
    async with browser(app, people.beat) as beat:
        assert (await beat.delete(f"/manager/people/{people.anna.id}")).status_code == 422
        assert (await beat.put(f"/manager/people/{people.anna.id}/role", data={"role": "user"})).status_code == 422
        assert (await beat.put(f"/manager/people/{people.chiara.id}/role", data={"role": "legal"})).status_code == 422
        assert (await beat.put(f"/manager/people/{people.beat.id}/role", data={"role": "user"})).status_code == 422


async def test_who_is_taken_out_is_signed_out_and_undo_brings_them_back(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        assert (await beat.get("/chat")).status_code in (200, 303)
        answer = await anna.delete(f"/manager/people/{people.beat.id}", headers={"hx-request": "true"})
        assert "Beat" not in answer.text and "undo_url" in answer.headers["hx-trigger"]
        assert (await beat.get("/chat")).headers["location"].startswith("/sign-in")
        command = await database.fetch_value("SELECT id FROM command WHERE kind = 'member.end'")
        await anna.post(f"/activity/{command}/undo")
        assert "Beat" in (await anna.get("/manager/people")).text


async def test_a_full_organisation_says_so(app: httpx.ASGITransport, people: People) -> None:
    await people.anna.organisation.change(user_limit=4)
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/manager/people", data=NEW)
    assert answer.status_code == 422 and "all the 4 members" in answer.text


async def test_search_finds_members_by_name_and_email(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        found = (await anna.get("/manager/people?q=DOTTI", headers={"hx-request": "true", "hx-target": "div#people"})).text
    assert "Chiara" in found and "Beat" not in found and "<html" not in found
