"""Forgotten passwords and new addresses: the links, and who could misuse them."""

from __future__ import annotations

import email
import re
from email.message import EmailMessage
from email.policy import default as policy
from pathlib import Path

import httpx
import pyotp

from app import database
from app.jobs.runner import drain
from app.lib import clock
from app.models.credential import EmailedLink, OneTimeSecret
from app.models.credential.emailed_link import NEW_EMAIL, RESET
from app.settings import Settings
from tests.conftest import browser
from tests.people import PASSWORD, People

NEW = "seven green lanterns"


async def mails(settings: Settings) -> list[EmailMessage]:
    """Do the jobs and read the outbox, oldest first."""
    await drain()
    folder = Path(settings.data_dir) / "outbox"
    files = sorted(folder.glob("*.eml")) if folder.exists() else []
    return [email.message_from_bytes(file.read_bytes(), policy=policy) for file in files]  # type: ignore[misc]


def link_in(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    found = re.search(r"http://localhost:8000(/\S+)", part.get_content())
    assert found, part.get_content()
    return found[1]


async def test_a_forgotten_password_is_replaced_by_mail(people: People, stranger: httpx.AsyncClient, app: httpx.ASGITransport, settings: Settings) -> None:
    await people.beat.account.prefer(locale="fr")
    sent = await stranger.post("/reset", data={"email": "Beat@alpina.example"})
    assert sent.status_code == 200 and "If beat@alpina.example has an account" in sent.text
    assert await database.fetch_value("SELECT COUNT(*) FROM emailed_link") == 0, "the token is made with the mail"
    [mail] = await mails(settings)
    assert mail["To"] == "Beat Keller <beat@alpina.example>" and mail.get_body(("html",)) is not None
    path = link_in(mail)
    assert path.partition("/reset/")[2] not in str(await database.fetch("SELECT * FROM emailed_link")), "only its hash is kept"
    for _look in range(2):
        assert "beat@alpina.example" in (await stranger.get(path)).text, "looking doesn't use it up"
    assert (await stranger.post(path, data={"password": "Password123!"})).status_code == 422
    done = await stranger.post(path, data={"password": NEW})
    assert done.headers["location"] == "/sign-in?reset=done" and "set-cookie" not in done.headers
    assert (await browser(app, people.beat).get("/account")).status_code == 303, "every device is signed out"
    assert (await stranger.post("/sign-in", data={"email": "beat@alpina.example", "password": PASSWORD})).status_code == 422
    assert (await stranger.post("/sign-in", data={"email": "beat@alpina.example", "password": NEW})).status_code == 303
    assert (await stranger.post(path, data={"password": "another fine password"})).status_code == 404, "it works once"
    assert len(await mails(settings)) == 2, "the person hears that the password was changed"


async def test_an_unknown_address_gets_the_same_answer_and_no_mail(people: People, stranger: httpx.AsyncClient, settings: Settings) -> None:
    answers = [await stranger.post("/reset", data={"email": address}) for address in ("nobody@alpina.example", "chiara@alpina.example")]
    plain = {re.sub(r'nonce="[^"]+"', "", one.text).replace("nobody@", "@").replace("chiara@", "@") for one in answers}
    assert len(plain) == 1
    assert [mail["To"].addresses[0].addr_spec for mail in await mails(settings)] == ["chiara@alpina.example"]


async def test_a_link_ends_after_its_time_and_is_for_one_thing(people: People, stranger: httpx.AsyncClient) -> None:
    token = await EmailedLink.issue(RESET, people.beat.id, "beat@alpina.example")
    assert (await stranger.get(f"/reset/{token}")).status_code == 200
    assert (await stranger.post(f"/email/{token}")).status_code == 404, "a link of one kind does nothing else"
    with clock.at(clock.now() + clock.HOUR + 1):
        assert (await stranger.post(f"/reset/{token}", data={"password": NEW})).status_code == 404
    other = await EmailedLink.issue(NEW_EMAIL, people.beat.id, "b@new.example")
    assert (await stranger.get(f"/reset/{other}")).status_code == 404


async def test_a_reset_doesnt_get_around_the_second_step(people: People, stranger: httpx.AsyncClient) -> None:
    secret = await OneTimeSecret.prepare(people.beat.id)
    await secret.confirm(pyotp.TOTP(secret.secret).at(clock.now() // 1000))
    token = await EmailedLink.issue(RESET, people.beat.id, "beat@alpina.example")
    await stranger.post(f"/reset/{token}", data={"password": NEW})
    answer = await stranger.post("/sign-in", data={"email": "beat@alpina.example", "password": NEW})
    assert answer.status_code == 200 and "one-time-code" in answer.text and "set-cookie" not in answer.headers


async def test_mails_to_one_address_are_limited(people: People, stranger: httpx.AsyncClient, settings: Settings) -> None:
    with clock.at(clock.now()):
        codes = [(await stranger.post("/reset", data={"email": "beat@alpina.example"})).status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]


async def test_a_mail_address_cant_smuggle_headers(people: People, stranger: httpx.AsyncClient, settings: Settings) -> None:
    for address in ("beat@alpina.example\r\nBcc: eve@evil.example", "beat@alpina.example%0aBcc:eve@evil.example\n", "a b@c.example"):
        assert (await stranger.post("/reset", data={"email": address})).status_code in (200, 422)
    await people.beat.account.change(given_name="Beat\r\nBcc: eve@evil.example", family_name='"Keller" <x@evil.example>')
    await stranger.post("/reset", data={"email": "beat@alpina.example"})
    [mail] = await mails(settings)
    assert mail["Bcc"] is None and [one.addr_spec for one in mail["To"].addresses] == ["beat@alpina.example"]


async def test_a_new_address_is_confirmed_there_and_told_to_the_old_one(people: People, app: httpx.ASGITransport, settings: Settings) -> None:
    beat = browser(app, people.beat)
    wrong = await beat.post("/account/email", data={"email": "beat@new.example", "password": "wrong password"})
    assert wrong.status_code == 422 and "This isn’t your password." in wrong.text
    assert (await beat.post("/account/email", data={"email": "beat@new.example", "password": PASSWORD})).status_code == 303
    [mail] = await mails(settings)
    assert mail["To"].addresses[0].addr_spec == "beat@new.example"
    path = link_in(mail)
    assert (await beat.get(path)).status_code == 200
    assert (await people.beat.account.by_email("beat@new.example")) is None, "opening it changes nothing"
    assert "From now on you sign in as beat@new.example" in (await beat.post(path)).text
    assert (await beat.post(path)).status_code == 404
    assert "beat@new.example" in (await beat.get("/account")).text
    notice = (await mails(settings))[-1]
    assert notice["To"].addresses[0].addr_spec == "beat@alpina.example"


async def test_an_address_that_was_taken_meanwhile_is_refused(people: People, stranger: httpx.AsyncClient) -> None:
    token = await EmailedLink.issue(NEW_EMAIL, people.beat.id, "chiara@alpina.example")
    answer = await stranger.post(f"/email/{token}")
    assert answer.status_code == 404 and "already has an account" in answer.text
    assert await database.fetch_value("SELECT email FROM account WHERE id = $1", people.beat.id) == "beat@alpina.example"
