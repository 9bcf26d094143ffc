"""Signing in and out, with everything that somebody hostile would try."""

from __future__ import annotations

import re

import httpx
import pyotp
import pytest

from app import database
from app.lib import clock, passwords
from app.models.credential import OneTimeSecret
from app.models.credential.two_factor import RecoveryCode
from tests.conftest import browser
from tests.people import PASSWORD, People, Person


async def sign_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return await client.post("/sign-in", data={"email": email, "password": password, **more})


async def with_codes(person: Person) -> tuple[OneTimeSecret, list[str]]:
    """Switch two-step sign-in on; the code of the present step is used up."""
    secret = await OneTimeSecret.prepare(person.id)
    return secret, await secret.confirm(pyotp.TOTP(secret.secret).at(clock.now() // 1000))


def token_of(answer: httpx.Response) -> str:
    found = re.search(r'name="token" value="([^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


async def test_a_member_signs_in_and_goes_where_they_wanted(people: People, stranger: httpx.AsyncClient) -> None:
    asked = await stranger.get("/account/security?x=1")
    assert asked.headers["location"] == "/sign-in?next=%2Faccount%2Fsecurity%3Fx%3D1"
    form = await stranger.get(asked.headers["location"])
    assert 'value="/account/security?x=1"' in form.text
    answer = await sign_in(stranger, "BEAT@alpina.example ", next="/account/security?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/security?x=1")
    assert (await stranger.get("/account/security")).status_code == 200


@pytest.mark.parametrize("url", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "\t//evil.example", "/\t/evil.example", "evil"])
async def test_next_never_leads_to_another_site(people: People, stranger: httpx.AsyncClient, url: str) -> None:
    answer = await sign_in(stranger, "beat@alpina.example", next=url)
    assert answer.headers["location"] == "/"


async def test_unknown_email_and_wrong_password_answer_alike(people: People, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    verify = passwords._verify

    def counted(password: str, *rest: str) -> bool:
        hashed.append(password)
        return verify(password, *rest)

    monkeypatch.setattr(passwords, "_verify", counted)
    await database.execute("UPDATE account SET password_hash = NULL WHERE email = 'chiara@alpina.example'")
    texts = set()
    for email in ("nobody@alpina.example", "chiara@alpina.example"):
        answer = await sign_in(stranger, email, "wrong password")
        assert answer.status_code == 422
        texts.add(re.sub(r'nonce="[^"]+"|nonce-[^\']+', "", answer.text).replace(email, ""))
    assert len(texts) == 1 and "Email or password is wrong." in texts.pop()
    assert hashed == ["wrong password"] * 2, "both hash, so that the time tells nothing"


async def test_the_token_is_new_at_each_sign_in(people: People, app: httpx.ASGITransport) -> None:
    client = browser(app)
    client.cookies.set("chalet", "planted-by-somebody")
    first = (await sign_in(client, "beat@alpina.example")).headers["set-cookie"]
    assert "planted" not in first
    again = (await sign_in(browser(app, people.beat), "beat@alpina.example")).headers["set-cookie"]
    assert people.beat.token not in again
    assert (await browser(app, people.beat).get("/account")).status_code == 303, "the session that was there is over"


async def test_signing_out_ends_the_session(people: People, app: httpx.ASGITransport) -> None:
    client = browser(app, people.beat)
    assert (await client.get("/account")).status_code == 200
    answer = await client.post("/sign-out")
    assert answer.headers["location"] == "/sign-in" and "Max-Age=0" in answer.headers["set-cookie"]
    assert (await browser(app, people.beat).get("/account")).status_code == 303


async def test_guesses_wait_longer_and_longer(people: People, stranger: httpx.AsyncClient) -> None:
    began = clock.now()
    with clock.at(began):
        for _guess in range(5):
            assert (await sign_in(stranger, "beat@alpina.example", "wrong")).status_code == 422
        answer = await sign_in(stranger, "beat@alpina.example")
        assert answer.status_code == 429 and "Please wait 10 seconds" in answer.text
        assert (await sign_in(stranger, "chiara@alpina.example")).status_code == 303, "others are not held up"
    with clock.at(began + 11_000):
        assert (await sign_in(stranger, "beat@alpina.example", "wrong")).status_code == 422
        assert "Please wait 20 seconds" in (await sign_in(stranger, "beat@alpina.example")).text
    with clock.at(began + 40_000):
        assert (await sign_in(stranger, "beat@alpina.example")).status_code == 303, "the right password clears it"
        assert (await sign_in(stranger, "beat@alpina.example", "wrong")).status_code == 422


async def test_one_address_that_tries_many_accounts_waits(people: People, stranger: httpx.AsyncClient) -> None:
    with clock.at(clock.now()):
        await database.execute("INSERT INTO failed_attempt (id, subject, failures, last_at, blocked_until) VALUES (1, 'address:127.0.0.9', 30, $1, 0)", clock.now())
        assert (await sign_in(stranger, "nobody0@alpina.example", "wrong")).status_code == 422
        assert (await sign_in(stranger, "beat@alpina.example")).status_code == 429


async def test_a_disabled_account_is_told_so_only_with_the_right_password(people: People, app: httpx.ASGITransport, stranger: httpx.AsyncClient) -> None:
    client = browser(app, people.beat)
    assert (await client.get("/account")).status_code == 200
    await people.beat.account.disable()
    assert (await client.get("/account")).status_code == 303, "cut at once"
    assert "is wrong" in (await sign_in(stranger, "beat@alpina.example", "wrong")).text
    answer = await sign_in(stranger, "beat@alpina.example")
    assert answer.status_code == 422 and "disabled" in answer.text
    await people.beat.account.enable()
    assert (await sign_in(stranger, "beat@alpina.example")).status_code == 303


async def test_someone_without_an_organisation_reads_so(people: People, stranger: httpx.AsyncClient) -> None:
    await database.execute("UPDATE membership SET ended_at = 1 WHERE account_id = $1", people.beat.id)
    answer = await sign_in(stranger, "beat@alpina.example")
    assert answer.status_code == 403 and "belong to an organisation" in answer.text and "set-cookie" not in answer.headers


async def test_a_huge_password_is_refused_before_it_is_hashed(people: People, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(passwords, "_verify")
    assert (await sign_in(stranger, "beat@alpina.example", "x" * 900_000)).status_code == 422
    assert (await sign_in(stranger, "beat@alpina.example", "x" * 1_100_000)).status_code == 413


async def test_from_another_site_nobody_is_signed_in(people: People, stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("/sign-in", data={"email": "beat@alpina.example", "password": PASSWORD}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403 and "set-cookie" not in answer.headers


async def test_the_second_step_asks_for_a_code_that_works_once(people: People, app: httpx.ASGITransport) -> None:
    secret, _codes = await with_codes(people.beat)
    client = browser(app)
    asked = await sign_in(client, "beat@alpina.example", next="/account")
    assert asked.status_code == 200 and "set-cookie" not in asked.headers and "one-time-code" in asked.text
    used = pyotp.TOTP(secret.secret).at(clock.now() // 1000)
    again = await client.post("/sign-in/code", data={"token": token_of(asked), "code": used, "next": "/account"})
    assert again.status_code == 422 and "already used" in again.text, "the code that switched it on"
    fresh = pyotp.TOTP(secret.secret).at(clock.now() // 1000 + 30)
    answer = await client.post("/sign-in/code", data={"token": token_of(asked), "code": fresh, "next": "/account"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    replay = browser(app)
    asked = await sign_in(replay, "beat@alpina.example")
    assert (await replay.post("/sign-in/code", data={"token": token_of(asked), "code": fresh})).status_code == 422


async def test_a_code_without_the_password_opens_nothing(people: People, stranger: httpx.AsyncClient) -> None:
    secret, _codes = await with_codes(people.beat)
    code = pyotp.TOTP(secret.secret).at(clock.now() // 1000 + 30)
    answer = await stranger.post("/sign-in/code", data={"token": "made-up", "code": code})
    assert answer.status_code == 422 and "set-cookie" not in answer.headers


async def test_recovery_codes_work_once_and_are_counted(people: People, app: httpx.ASGITransport) -> None:
    _secret, codes = await with_codes(people.beat)
    client = browser(app)
    asked = await sign_in(client, "beat@alpina.example")
    answer = await client.post("/sign-in/code", data={"token": token_of(asked), "recovery_code": codes[0].upper().replace("-", " ")})
    assert answer.status_code == 303
    assert await RecoveryCode.left(people.beat.id) == 9
    asked = await sign_in(browser(app), "beat@alpina.example")
    assert (await client.post("/sign-in/code", data={"token": token_of(asked), "recovery_code": codes[0]})).status_code == 422


async def test_codes_are_throttled(people: People, stranger: httpx.AsyncClient) -> None:
    await with_codes(people.beat)
    asked = await sign_in(stranger, "beat@alpina.example")
    with clock.at(clock.now()):
        for _guess in range(5):
            assert (await stranger.post("/sign-in/code", data={"token": token_of(asked), "code": "000000"})).status_code == 422
        answer = await stranger.post("/sign-in/code", data={"token": token_of(asked), "code": "000000"})
        assert answer.status_code == 429 and "Please wait 30 seconds" in answer.text
