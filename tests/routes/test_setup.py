"""The first run."""

from __future__ import annotations

import asyncio

import httpx

from app import database
from app.models.organisation import LEGAL, Membership
from tests.conftest import browser
from tests.people import People

FOUNDER = {
    "organisation": "Alpina", "given_name": "Anna", "family_name": "Alpha", "email": "Anna@Alpina.example", "password": "seven green lanterns",
    "timezone": "Europe/Zurich", "language": "fr",
}


async def test_every_page_leads_to_setup_while_there_is_no_organisation(stranger: httpx.AsyncClient) -> None:
    for path in ("/", "/sign-in", "/chat", "/nothing"):
        answer = await stranger.get(path, headers={"accept": "text/html"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/setup"), path
    assert (await stranger.get("/healthz")).status_code == 200
    assert "autocomplete=\"new-password\"" in (await stranger.get("/setup")).text


async def test_one_form_founds_the_organisation_and_signs_in(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("/setup", data=FOUNDER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    home = await stranger.get("/")
    assert home.status_code == 200 and "Anna" in home.text and 'lang="fr"' in home.text
    membership = Membership.from_row(await database.fetch_one("SELECT * FROM membership") or {})
    assert membership.role == LEGAL
    account = await database.fetch_one("SELECT * FROM account")
    assert account and account["email"] == "anna@alpina.example" and account["timezone"] == "Europe/Zurich"
    assert "seven green" not in account["password_hash"]


async def test_setup_is_closed_once_it_was_done(people: People, stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/setup")).headers["location"] == "/"
    answer = await stranger.post("/setup", data=FOUNDER)
    assert answer.headers["location"] == "/sign-in" and "set-cookie" not in answer.headers
    assert await database.fetch_value("SELECT COUNT(*) FROM organisation") == 2


async def test_of_two_at_the_same_moment_one_wins(app: httpx.ASGITransport) -> None:
    first, second = browser(app), browser(app)
    answers = await asyncio.gather(
        first.post("/setup", data=FOUNDER), second.post("/setup", data={**FOUNDER, "organisation": "Other", "email": "b@other.example"})
    )
    assert sorted(answer.headers["location"] for answer in answers) == ["/", "/sign-in"]
    assert await database.fetch_value("SELECT COUNT(*) FROM organisation") == 1
    assert await database.fetch_value("SELECT COUNT(*) FROM account") == 1


async def test_every_error_is_shown_at_once_and_nothing_typed_is_lost(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("/setup", data={**FOUNDER, "email": "anna", "password": "tiny pw", "given_name": ""})
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 3
    assert 'value="Alpina"' in answer.text and "tiny pw" not in answer.text


async def test_passwords_that_are_easy_to_guess_are_refused(stranger: httpx.AsyncClient) -> None:
    for password in ("Password123!", "1234567890", "alpina2026!", "aaaaaaaaaaaa", "Anna.Alpha1"):
        answer = await stranger.post("/setup", data={**FOUNDER, "password": password})
        assert answer.status_code == 422, password
    assert await database.fetch_value("SELECT COUNT(*) FROM account") == 0
