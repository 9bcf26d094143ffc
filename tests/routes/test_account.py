"""Manage my account."""

from __future__ import annotations

import io
import re
import struct
import zlib
from html import unescape

import httpx
import pyotp
import pytest
from PIL import Image

from app import database
from app.lib import clock
from app.models.account import Account
from app.models.command import Command
from app.models.credential import ApplicationPassword, OneTimeSecret, Throttled, WrongPassword
from app.models.organisation import Membership, Organisation
from app.models.session import CONFIRMED_FOR, Session
from tests.conftest import browser
from tests.people import PASSWORD, People

HX = {"hx-request": "true"}


def picture(kind: str = "JPEG", size: tuple[int, int] = (400, 200), **options: object) -> bytes:
    file = io.BytesIO()
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    image.save(file, kind, **options)
    return file.getvalue()


async def upload(client: httpx.AsyncClient, content: bytes, **crop: str) -> httpx.Response:
    return await client.post("/account/avatar", files={"picture": ("me.jpg", content, "image/jpeg")}, data=crop)


async def test_every_page_of_the_account_opens(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    for path in ("", "/security", "/appearance", "/language", "/sync", "/two-factor", "/confirm"):
        whole = await beat.get(f"/account{path}")
        view = await beat.get(f"/account{path}", headers={**HX, "hx-target": "div#view"})
        assert whole.status_code == view.status_code == 200, path
        assert "<html" in whole.text and "<html" not in view.text
        assert " style=" not in whole.text


async def test_names_and_phone_are_changed_everywhere(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    answer = await beat.post("/account", data={"given_name": "Béatrice", "family_name": "K.", "phone": "+41 79"}, headers=HX)
    assert answer.headers["hx-redirect"] == "/account?saved=1"
    assert "Béatrice K." in (await beat.get("/account?saved=1")).text
    wrong = await beat.post("/account", data={"given_name": " "}, headers=HX)
    assert wrong.status_code == 422 and "<html" not in wrong.text and "Please fill this in." in wrong.text


PROFILE = {"given_name": "Beat", "family_name": "Keller", "title": "", "pronouns": "", "phone": ""}


def base_in(html: str) -> str:
    return unescape(re.search(r'name="base" value="([^"]*)"', html)[1])  # type: ignore[index]


async def test_a_late_profile_form_changes_only_what_it_changed(app: httpx.ASGITransport, people: People) -> None:
    beat = browser(app, people.beat)
    base = base_in((await beat.get("/account")).text)
    await beat.post("/account", data={**PROFILE, "phone": "+41 1", "base": base}, headers={**HX, "idempotency-key": "phone-1"})
    late = {**PROFILE, "title": "Engineer", "base": base}
    assert (await beat.post("/account", data=late, headers={**HX, "idempotency-key": "title-1"})).status_code == 200
    account, membership = await Account.get(people.beat.id), await Membership.get(people.beat.membership.id)
    assert (account.phone, membership.title) == ("+41 1", "Engineer"), "what the form didn't touch stays as it is by now"
    await membership.change(title="Director")
    await beat.post("/account", data=late, headers={**HX, "idempotency-key": "title-1"})
    assert (await Membership.get(membership.id)).title == "Director", "sent again, it is done once"


async def test_two_changes_of_one_field_are_for_its_person_to_decide(app: httpx.ASGITransport, people: People) -> None:
    beat = browser(app, people.beat)
    seen = await beat.get("/account")
    base, holder = base_in(seen.text), seen.headers["chalet-for"]
    await beat.post("/account", data={**PROFILE, "phone": "+41 1", "base": base}, headers=HX)
    late = {**PROFILE, "phone": "+41 2", "base": base}
    kept = await beat.post("/account", data=late, headers={**HX, "chalet-for": holder, "idempotency-key": "late-1"})
    assert kept.status_code == 409 and kept.json()["text"] == "+41 1", "the outbox shows both"
    asked = await beat.post("/account", data=late, headers=HX)
    assert asked.status_code == 409 and "changed elsewhere to “+41 1”" in asked.text and 'value="+41 2"' in asked.text
    assert (await Account.get(people.beat.id)).phone == "+41 1"
    await beat.post("/account", data={**late, "base": kept.json()["base"]}, headers={**HX, "idempotency-key": "late-1"})
    assert (await Account.get(people.beat.id)).phone == "+41 2", "theirs, knowing of the other"


async def test_a_change_of_the_profile_can_be_undone(app: httpx.ASGITransport, people: People) -> None:
    beat = browser(app, people.beat)
    await beat.post("/account", data={**PROFILE, "family_name": "Frei", "title": "Cook"}, headers=HX)
    assert "Changed your profile" in (await beat.get("/activity")).text
    [command] = await Command.recent(people.beat.viewer)
    await beat.post(f"/activity/{command.id}/undo", headers=HX)
    assert (await Account.get(people.beat.id)).name == "Beat Keller" and (await Membership.get(people.beat.membership.id)).title == ""
    await beat.post("/account", data={**PROFILE, "phone": "1"}, headers=HX)
    await beat.post("/account", data={**PROFILE, "phone": "2"}, headers=HX)
    before = (await Command.recent(people.beat.viewer))[1]
    assert (await beat.post(f"/activity/{before.id}/undo", headers=HX)).status_code >= 400, "it says something newer by now"



async def test_the_theme_follows_the_account(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    assert 'data-theme="auto"' in (await beat.get("/account")).text
    assert (await beat.post("/account/theme", data={"theme": "dark"}, headers=HX)).status_code == 204
    _session, token = await Session.begin(people.beat.membership, 1)
    other = httpx.AsyncClient(transport=app, base_url="http://localhost:8000", cookies={"chalet": token})
    assert 'data-theme="dark"' in (await other.get("/account")).text
    assert (await beat.post("/account/theme", data={"theme": "pink"})).status_code == 422


async def test_language_zone_and_week(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    await beat.post("/account/language", data={"locale": "fr", "timezone": "Asia/Calcutta", "week_start": "6"})
    text = (await beat.get("/account/language")).text
    assert 'lang="fr"' in text and 'data-timezone="Asia/Calcutta"' in text and '<option value="6" selected>' in text
    assert (await beat.post("/account/language", data={"locale": "xx", "timezone": "Mars/Base"})).status_code == 422


async def test_a_picture_is_cut_square_and_kept_without_its_data(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    answer = await upload(beat, picture(exif=exif))
    assert answer.status_code == 303, answer.text
    name = await database.fetch_value("SELECT avatar FROM account WHERE id = $1", people.beat.id)
    large, small = await beat.get(f"/avatars/{name}"), await beat.get(f"/avatars/{name}/small")
    assert large.headers["content-type"] == "image/webp" and "immutable" in large.headers["cache-control"]
    assert large.headers["x-content-type-options"] == "nosniff" and "sandbox" in large.headers["content-security-policy"]
    assert b"secret place" not in large.content and b"EXIF" not in large.content
    assert (Image.open(io.BytesIO(large.content)).size, Image.open(io.BytesIO(small.content)).size) == ((256, 256), (64, 64))
    assert f"/avatars/{name}" in (await beat.get("/account")).text
    assert (await browser(app, people.chiara).get(f"/avatars/{name}")).status_code == 200
    assert (await browser(app, people.erik).get(f"/avatars/{name}")).status_code == 404, "of another organisation"
    assert (await browser(app).get(f"/avatars/{name}")).status_code == 303
    assert (await beat.get("/avatars/..%2f..%2fchalet.db")).status_code == 404
    await beat.post("/account/avatar/removal")
    assert "/avatars/" not in (await beat.get("/account")).text


async def test_the_chosen_part_is_what_is_shown(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    await upload(beat, picture("PNG"), crop_left="1", crop_top="0", crop_side="1")
    name = await database.fetch_value("SELECT avatar FROM account WHERE id = $1", people.beat.id)
    pixel = Image.open(io.BytesIO((await beat.get(f"/avatars/{name}")).content)).convert("RGB").getpixel((5, 128))
    assert pixel[2] > 200 > 60 > pixel[0], "the blue half"  # type: ignore[index]


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 900 megapixels."""
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("content", "why"), [
    (bomb(), "too many pixels"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "isn’t a picture"),
    (b"<html><script>alert(1)</script>", "isn’t a picture"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "isn’t a picture"),
    (picture()[:300], "isn’t a picture"),
    (b"", "isn’t a picture"),
], ids=["bomb", "svg", "html", "postscript", "cut", "empty"])
async def test_what_is_no_picture_is_refused_in_words(people: People, app: httpx.ASGITransport, content: bytes, why: str) -> None:
    answer = await upload(browser(app, people.beat), content)
    assert answer.status_code == 422 and why in answer.text
    assert await database.fetch_value("SELECT avatar FROM account WHERE id = $1", people.beat.id) == ""


async def test_a_picture_that_is_also_a_page_is_only_a_picture_afterwards(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    assert (await upload(beat, picture("GIF") + b"<script>alert(1)</script>")).status_code == 303
    name = await database.fetch_value("SELECT avatar FROM account WHERE id = $1", people.beat.id)
    assert b"<script>" not in (await beat.get(f"/avatars/{name}")).content


async def test_a_file_beyond_the_limit_isnt_even_read(people: People, app: httpx.ASGITransport) -> None:
    answer = await browser(app, people.beat).post("/account/avatar", content=b"x", headers={"content-length": "99000000", "content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 422 and "too large" in answer.text


async def test_a_changed_password_signs_the_other_devices_out(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    _other, token = await Session.begin(people.beat.membership, 1)
    other = httpx.AsyncClient(transport=app, base_url="http://localhost:8000", cookies={"chalet": token})
    assert (await other.get("/account")).status_code == 200
    wrong = await beat.post("/account/password", data={"password": "wrong password", "new_password": "seven green lanterns"}, headers=HX)
    assert wrong.status_code == 422 and "This isn’t your password." in wrong.text
    assert (await beat.post("/account/password", data={"password": PASSWORD, "new_password": "seven green lanterns"}, headers=HX)).status_code == 200
    assert (await other.get("/account")).status_code == 303
    assert (await beat.get("/account")).status_code == 200


async def test_devices_are_listed_and_signed_out(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    phone, token = await Session.begin(people.beat.membership, 1, address="203.0.113.9", user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1")
    text = (await beat.get("/account/security")).text
    assert "Safari on iPhone" in text and "203.0.113.9" in text and "This one" in text
    chiara = browser(app, people.chiara)
    assert (await chiara.post(f"/account/sessions/{phone.id}/removal")).status_code == 404, "not hers"
    await beat.post(f"/account/sessions/{phone.id}/removal")
    gone = httpx.AsyncClient(transport=app, base_url="http://localhost:8000", cookies={"chalet": token})
    assert (await gone.get("/account")).status_code == 303


async def test_two_step_sign_in_is_switched_on_and_off(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    asked = await beat.get("/account/two-factor")
    assert "<path d=" in asked.text and asked.headers["cache-control"] == "no-store"
    secret = await OneTimeSecret.of(people.beat.id)
    assert secret and await OneTimeSecret.active(people.beat.id) is None
    assert (await beat.post("/account/two-factor", data={"code": "123"})).status_code == 422
    on = await beat.post("/account/two-factor", data={"code": pyotp.TOTP(secret.secret).at(clock.now() // 1000)})
    assert on.status_code == 200 and len(re.findall(r"\b\w{4}-\w{4}-\w{4}\b", on.text)) == 10 and on.headers["cache-control"] == "no-store"
    assert "10 recovery codes left" in (await beat.get("/account/security")).text
    renewed = await beat.post("/account/recovery-codes")
    assert not set(re.findall(r"\b\w{4}-\w{4}-\w{4}\b", renewed.text)) & set(re.findall(r"\b\w{4}-\w{4}-\w{4}\b", on.text))
    await beat.post("/account/two-factor/removal")
    assert await OneTimeSecret.of(people.beat.id) is None


async def test_old_sessions_are_asked_for_the_password_first(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    await database.execute("UPDATE session SET confirmed_at = $1 WHERE account_id = $2", clock.now() - CONFIRMED_FOR - 1, people.beat.id)
    for method, path in (("GET", "/account/two-factor"), ("POST", "/account/two-factor"), ("POST", "/account/recovery-codes"), ("POST", "/account/application-passwords")):
        assert (await beat.request(method, path)).headers["location"].startswith("/account/confirm?next=/account/")
    assert (await beat.post("/account/passkeys/options")).status_code == 403
    assert (await beat.post("/account/confirm", data={"password": "wrong password", "next": "/account/sync"})).status_code == 422
    assert (await beat.post("/account/confirm", data={"password": PASSWORD, "next": "//evil.example"})).headers["location"] == "/account/security"
    assert (await beat.get("/account/two-factor")).status_code == 200


async def test_application_passwords_are_shown_once_and_revoked(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    made = await beat.post("/account/application-passwords", data={"name": "Phone"})
    found = re.search(r'id="made">([^<]+)<', made.text)
    assert found
    password = found[1]
    assert password not in (await beat.get("/account/sync")).text
    assert password not in str(await database.fetch("SELECT * FROM application_password"))
    name = people.beat.account.sync_name
    assert re.fullmatch(r"[A-Z]{2}[0-9]{5}", name)
    assert (await ApplicationPassword.account_of(name.lower(), password, "203.0.113.9")).id == people.beat.id
    assert "203.0.113.9" in (await beat.get("/account/sync")).text
    assert (await ApplicationPassword.account_of(name, PASSWORD, "203.0.113.9")).id == people.beat.id, "DAV-06"
    secret = await OneTimeSecret.prepare(people.beat.id)
    await secret.confirm(pyotp.TOTP(secret.secret).at(clock.now() // 1000))
    with pytest.raises(WrongPassword):
        await ApplicationPassword.account_of(name, PASSWORD, "203.0.113.9")  # DAV-05
    [row] = await ApplicationPassword.of(people.beat.id)
    assert (await browser(app, people.chiara).post(f"/account/application-passwords/{row.id}/removal")).status_code == 404
    await beat.post(f"/account/application-passwords/{row.id}/removal")
    with pytest.raises((WrongPassword, Throttled)):
        await ApplicationPassword.account_of(name, password, "203.0.113.9")


async def test_one_login_switches_organisations(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    nordlicht = await Organisation.get(people.erik.organisation.id)
    there = await nordlicht.admit(people.beat.account)
    people.beat.viewer.forget()
    assert "Nordlicht" in (await beat.get("/account")).text, "the user menu lists both"
    assert (await beat.post("/account/organisation", data={"membership_id": str(people.erik.membership.id)})).status_code == 404, "somebody else's"
    assert (await beat.post("/account/organisation", data={"membership_id": str(there.id)})).headers["location"] == "/"
    assert "<small>Nordlicht</small>" in (await beat.get("/account")).text


async def test_without_scripts_a_page_says_what_was_saved(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.beat) as beat:
        answer = await beat.post("/account", data={"given_name": "Beat", "family_name": "Keller-Frei", "phone": ""})
        assert answer.status_code == 303
        page = await beat.get(answer.headers["location"])
    toasts = page.text.split('class="toast-list"')[1].split("<template")[0]
    assert 'class="toast-text"' in toasts
