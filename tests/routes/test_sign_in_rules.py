"""The rules of an organisation for signing in: they hold on the server, at once, and lock nobody out."""

from __future__ import annotations

import email
import email.policy
import re
from typing import Any

import httpx
import msgspec
import pyotp
import pytest

from app import database
from app.jobs import context, run_now
from app.lib import clock
from app.models.base import Refused
from app.models.credential import ApplicationPassword, OneTimeSecret, WrongPassword
from app.models.notifications import NoticeChoice
from app.models.organisation import EXTERNAL, Organisation
from app.models.session import Proof, Session
from app.models.sign_in_policy import SignInPolicy
from app.models.sign_in_rules import change_policy
from app.models.viewer import Viewer
from tests.conftest import browser
from tests.people import PASSWORD, People, Person

RULES = {
    "password_least": "10", "two_factor": "", "two_factor_from": "", "grace_days": "0", "session_days": "30", "idle_minutes": "",
    "member_methods": ["password", "passkey"], "guest_methods": ["password", "link"],
}
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"


async def save(app: httpx.ASGITransport, person: Person, **more: Any) -> httpx.Response:
    async with browser(app, person) as client:
        return await client.post("/manager/sign-in", data=RULES | more)


async def sign_in(client: httpx.AsyncClient, person: Person, **more: str) -> httpx.Response:
    return await client.post("/sign-in", data={"email": person.account.email, "password": PASSWORD, **more})


async def mailed(kind: str) -> str:
    """Do the waiting jobs of a kind; the newest mail in the outbox."""
    for row in await database.fetch("SELECT id, payload FROM job WHERE kind = $1", kind):
        await run_now(kind, msgspec.json.decode(row["payload"]))
        await database.execute("DELETE FROM job WHERE id = $1", row["id"])
    mails = sorted((context.settings().data_dir / "outbox").glob("*.eml"))
    return str(email.message_from_bytes(mails[-1].read_bytes(), policy=email.policy.default).get_body(("plain",)).get_content()) if mails else ""  # type: ignore[union-attr]


async def test_the_rules_are_shown_saved_logged_and_undone(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        assert 'value="10"' in (await anna.get("/manager/sign-in")).text
        answer = await save(app, people.anna, password_least="14", session_days="7", idle_minutes="60")
        assert answer.headers["location"] == "/manager/sign-in"
        text = (await anna.get("/manager/sign-in")).text
        assert 'value="14"' in text and '<option value="60" selected>' in text
        facts = await database.fetch_value("SELECT facts FROM audit_entry WHERE kind = 'sign_in.policy'")
        assert '"password_least":14' in facts and '"session_days":30' in facts and "grace_days" not in facts.split('"before"')[0]
        command = await database.fetch_value("SELECT id FROM command WHERE kind = 'sign_in.policy'")
        await anna.post(f"/activity/{command}/undo")
        assert (await SignInPolicy.of(people.anna.viewer.org_id)).password_least == 10
    assert (await browser(app, people.beat).get("/manager/sign-in")).status_code == 404


@pytest.mark.parametrize(("field", "value"), [
    ("password_least", "7"), ("password_least", "65"), ("session_days", "0"), ("session_days", "366"), ("idle_minutes", "1"), ("two_factor", "robots"),
    ("member_methods", []), ("guest_methods", ["telepathy"]),
])
async def test_senseless_rules_are_refused_and_kept_to_be_mended(app: httpx.ASGITransport, people: People, field: str, value: Any) -> None:
    answer = await save(app, people.anna, **{"grace_days": "21", field: value})
    assert answer.status_code == 422 and 'value="21"' in answer.text and "error" in answer.text
    assert await SignInPolicy.find(people.anna.viewer.org_id) is None


async def test_a_longer_least_length_holds_for_new_passwords_of_all_ones_organisations(app: httpx.ASGITransport, people: People) -> None:
    await (await Organisation.get(people.anna.organisation.id)).admit(people.erik.account)
    await save(app, people.anna, password_least="20")
    async with browser(app, people.erik) as erik:
        short = await erik.post("/account/password", data={"password": PASSWORD, "new_password": "green lanterns"})
        assert short.status_code == 422 and "at least 20 characters" in short.text
        assert (await erik.post("/account/password", data={"password": PASSWORD, "new_password": "seven green lanterns"})).status_code == 303


async def test_who_needs_a_second_factor_gets_no_further_before_it_is_set_up(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    beat = browser(app, people.beat)
    assert (await beat.get("/account")).status_code == 200
    await save(app, people.anna, two_factor="members")
    held = await beat.get("/account?x=1")
    assert (held.status_code, held.headers["location"]) == (303, "/protection?next=%2Faccount%3Fx%3D1")
    for method, path in (("GET", "/chat"), ("POST", "/account"), ("GET", "/search?q=a"), ("POST", "/account/organisation"), ("GET", "/account/security")):
        assert (await beat.request(method, path)).headers["location"].startswith("/protection"), path
    page = await beat.get(held.headers["location"])
    assert "Alpina asks for a second step" in page.text and "<path d=" in page.text and 'class="rail"' not in page.text
    assert (await beat.get("/live")).status_code != 200
    secret = await OneTimeSecret.of(people.beat.id)
    assert secret
    wrong = await beat.post("/protection", data={"code": "000000", "next": "/account"})
    assert wrong.status_code == 422 and "wrong or was already used" in wrong.text
    codes = await beat.post("/protection", data={"code": pyotp.TOTP(secret.secret).at(clock.now() // 1000), "next": "/account"})
    assert len(re.findall(r"\b\w{4}-\w{4}-\w{4}\b", codes.text)) == 10 and 'href="/account"' in codes.text
    assert (await beat.get("/account")).status_code == 200
    off = await beat.post("/account/two-factor/removal")
    assert off.status_code == 422 and "can’t be switched off" in off.text
    assert (await browser(app, people.gina).get("/account")).status_code == 200, "guests aren't meant"
    assert (await sign_in(stranger, people.david, next="/account")).headers["location"] == "/protection?next=%2Faccount"
    assert (await stranger.post("/sign-out")).headers["location"] == "/sign-in"


async def test_a_passkey_counts_as_both_steps(app: httpx.ASGITransport, people: People) -> None:
    await save(app, people.anna, two_factor="everybody")
    _session, token = await Session.begin(people.beat.membership, 30, Proof("passkey", 2))
    client = httpx.AsyncClient(transport=app, base_url="http://localhost:8000", cookies={"chalet": token})
    assert (await client.get("/account")).status_code == 200
    assert (await browser(app, people.beat).get("/account")).status_code == 303


async def test_it_can_be_put_off_until_the_days_of_grace_are_over(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    await save(app, people.anna, two_factor="members", grace_days="7")
    answer = await sign_in(stranger, people.beat, next="/account")
    page = await stranger.get(answer.headers["location"])
    assert "You can put this off" in page.text and ">Later</a>" in page.text
    assert (await stranger.get("/account")).status_code == 200
    Viewer.clear_cache()
    with clock.at(clock.now() + 8 * clock.DAY):
        assert (await stranger.get("/account")).headers["location"].startswith("/protection")


async def test_where_two_steps_are_asked_programs_need_a_password_of_their_own(app: httpx.ASGITransport, people: People) -> None:
    name = people.beat.account.sync_name
    assert (await ApplicationPassword.account_of(name, PASSWORD, "203.0.113.9")).id == people.beat.id
    await save(app, people.anna, two_factor="members")
    with pytest.raises(WrongPassword):
        await ApplicationPassword.account_of(name, PASSWORD, "203.0.113.9")


async def test_a_shorter_session_ends_those_that_are_older(app: httpx.ASGITransport, people: People) -> None:
    beat = browser(app, people.beat)
    now = clock.now()
    await database.execute("UPDATE session SET created_at = $1 WHERE account_id = $2", now - 5 * clock.DAY, people.beat.id)
    assert (await beat.get("/account")).status_code == 200
    await save(app, people.anna, session_days="3")
    assert (await beat.get("/account")).headers["location"].startswith("/sign-in")
    assert await Session.of(people.beat.id) == []


async def test_idle_sessions_end(app: httpx.ASGITransport, people: People) -> None:
    await save(app, people.anna, idle_minutes="15")
    beat = browser(app, people.beat)
    now = clock.now()
    for minutes, status in ((10, 200), (20, 200), (36, 303)):
        Viewer.clear_cache()
        with clock.at(now + minutes * clock.MINUTE):
            assert (await beat.get("/account")).status_code == status, minutes
            if status == 200:  # the server writes it down once a minute of its own clock; here time is made up
                await Session.seen(people.beat.viewer.session_id, "")


async def test_the_rules_of_the_organisation_that_is_looked_at_apply(app: httpx.ASGITransport, people: People) -> None:
    nordlicht = await Organisation.get(people.erik.organisation.id)
    there = await nordlicht.admit(people.beat.account)
    await save(app, people.erik, two_factor="everybody", member_methods=["passkey", "password"])
    beat = browser(app, people.beat)
    assert (await beat.get("/account")).status_code == 200
    assert (await beat.post("/account/organisation", data={"membership_id": str(there.id)})).status_code == 303
    assert (await beat.get("/account")).headers["location"].startswith("/protection")


async def test_members_and_guests_have_ways_of_their_own(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    await save(app, people.anna, guest_methods=["link"])
    refused = await sign_in(stranger, people.gina)
    assert refused.status_code == 422 and "Sign in with a link sent to your address." in refused.text
    assert (await sign_in(stranger, people.beat)).status_code == 303


async def test_a_weak_proof_doesnt_carry_over_to_a_stricter_organisation(app: httpx.ASGITransport, people: People) -> None:
    nordlicht = await Organisation.get(people.erik.organisation.id)
    guest = await nordlicht.admit(people.beat.account, EXTERNAL, ("chat",))
    _session, token = await Session.begin(guest, 30, Proof("link"))
    client = httpx.AsyncClient(transport=app, base_url="http://localhost:8000", cookies={"chalet": token}, headers={"sec-fetch-site": "same-origin"})
    answer = await client.post("/account/organisation", data={"membership_id": str(people.beat.membership.id)})
    assert answer.status_code == 422 and "Alpina doesn’t allow signing in this way" in answer.text


async def test_nobody_locks_themselves_or_everybody_out(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    assert "connect a provider first" in (await save(app, people.anna, member_methods=["openid"])).text
    await database.execute("UPDATE membership SET role = 'admin' WHERE id = $1", people.beat.membership.id)
    Viewer.clear_cache()
    alone = await save(app, people.beat, member_methods=["passkey"])
    assert alone.status_code == 422 and "You yourself couldn’t sign in any more" in alone.text
    assert (await save(app, people.anna, member_methods=["passkey"])).status_code == 303, "the legal representative keeps the password"
    assert (await sign_in(stranger, people.anna)).status_code == 303
    refused = await sign_in(browser(app), people.chiara)
    assert refused.status_code == 422 and "Sign in with a passkey" in refused.text
    page = (await browser(app).get("/sign-in")).text
    assert "Only for the legal representative" not in page, "guests still use theirs"
    with pytest.raises(Refused):
        await change_policy(people.anna.viewer, member_methods="openid")


async def test_a_link_signs_in_once_for_a_quarter_of_an_hour(app: httpx.ASGITransport, people: People) -> None:
    gina, began = browser(app), clock.now()
    gina.headers["user-agent"] = PHONE
    asked = await gina.post("/sign-in/link", data={"email": people.gina.account.email, "next": "/account"})
    unknown = await browser(app).post("/sign-in/link", data={"email": "nobody@guest.example"})
    member = await browser(app).post("/sign-in/link", data={"email": people.beat.account.email})
    texts = {re.sub(r"nonce=\S+", "", one.text).replace(whose, "") for one, whose in (
        (asked, people.gina.account.email), (unknown, "nobody@guest.example"), (member, people.beat.account.email))}
    assert len(texts) == 1, "nobody learns who has an account, or may do this"
    mail = await mailed("mail_sign_in_link")
    assert "Safari on iPhone" in mail
    assert len(await database.fetch("SELECT id FROM emailed_link WHERE kind = 'sign-in'")) == 1
    [path] = re.findall(r"/sign-in/link/\S+", mail)
    assert (await gina.get(path)).status_code == 200 and (await gina.get(path)).status_code == 200, "mail scanners open links"
    elsewhere = browser(app)
    assert "asked for in another browser" in (await elsewhere.get(path)).text and "Safari on iPhone" in (await elsewhere.get(path)).text
    assert "another browser" not in (await gina.get(path)).text
    with clock.at(began + 16 * clock.MINUTE):
        assert (await gina.post(path)).status_code == 404
    answer = await gina.post(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert (await gina.get("/account")).status_code == 200
    assert (await elsewhere.post(path)).status_code == 404, "it was used"
    assert "by emailed link" in (await gina.get("/account/security")).text


async def test_links_are_limited_and_ask_for_the_second_step(app: httpx.ASGITransport, people: People) -> None:
    secret = await OneTimeSecret.prepare(people.gina.id)
    await secret.confirm(pyotp.TOTP(secret.secret).at(clock.now() // 1000))
    client = browser(app)
    for status in (200, 200, 200, 429):
        assert (await client.post("/sign-in/link", data={"email": people.gina.account.email})).status_code == status
    [path] = re.findall(r"/sign-in/link/\S+", await mailed("mail_sign_in_link"))
    assert "One more step" in (await client.post(path)).text
    assert (await client.get("/account")).status_code == 303


async def test_a_new_device_is_told_of_and_a_known_one_isnt(app: httpx.ASGITransport, people: People) -> None:
    laptop, phone = browser(app), browser(app)
    phone.headers["user-agent"] = PHONE
    await sign_in(laptop, people.beat)
    assert await mailed("mail_new_device") == "", "the first one is no news"
    await sign_in(phone, people.beat)
    mail = await mailed("mail_new_device")
    assert "Safari on iPhone" in mail and "127.0.0.9" in mail
    await phone.post("/sign-out")
    await sign_in(phone, people.beat)
    assert await database.fetch("SELECT id FROM job WHERE kind = 'mail_new_device'") == []
    await NoticeChoice.choose(people.chiara.id, "security.sign_in", "mail", False)
    for agent in (laptop.headers["user-agent"], PHONE):
        client = browser(app)
        client.headers["user-agent"] = agent
        await sign_in(client, people.chiara)
    assert "Chiara" not in await mailed("mail_new_device"), "switched off"
    entries = await database.fetch("SELECT concerns_id FROM audit_entry WHERE kind = 'session.new_device' AND concerns_id = $1", people.beat.id)
    assert [entry["concerns_id"] for entry in entries] == [people.beat.id]


async def test_what_matters_for_an_account_is_in_the_log(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    beat = browser(app, people.beat)
    other, _token = await Session.begin(people.beat.membership, 1)
    await beat.post("/account/password", data={"password": PASSWORD, "new_password": "seven green lanterns"})
    await beat.get("/account/two-factor")
    secret = await OneTimeSecret.of(people.beat.id)
    assert secret
    await beat.post("/account/two-factor", data={"code": pyotp.TOTP(secret.secret).at(clock.now() // 1000)})
    await beat.post("/account/recovery-codes")
    await beat.post("/account/two-factor/removal")
    await beat.post("/account/application-passwords", data={"name": "Phone"})
    [row] = await ApplicationPassword.of(people.beat.id)
    await beat.post(f"/account/application-passwords/{row.id}/removal")
    other, _token = await Session.begin(people.beat.membership, 1)
    await beat.post(f"/account/sessions/{other.id}/removal")
    await beat.post("/account/sessions/removal")
    for _guess in range(5):
        await stranger.post("/sign-in", data={"email": people.beat.account.email, "password": "wrong"})
    await mailed("note_failed_sign_ins")
    entries = await database.fetch("SELECT kind, concerns_id, facts FROM audit_entry WHERE org_id = $1 ORDER BY position", people.beat.viewer.org_id)
    assert [entry["kind"] for entry in entries if entry["concerns_id"] == people.beat.id] == [
        "password.change", "two_factor.on", "two_factor.codes", "two_factor.off", "application_password.make", "application_password.revoke",
        "session.end", "session.end_others", "sign_in.guessed",
    ]
    assert "seven green lanterns" not in str(entries) and secret.secret not in str(entries)


async def test_who_has_no_password_confirms_by_signing_in_again(app: httpx.ASGITransport, people: People) -> None:
    await database.execute("UPDATE account SET password_hash = NULL WHERE id = $1", people.beat.id)
    await database.execute("UPDATE session SET confirmed_at = 0 WHERE account_id = $1", people.beat.id)
    beat = browser(app, people.beat)
    page = await beat.get((await beat.get("/account/two-factor")).headers["location"])
    assert "Sign in once more" in page.text and 'name="password"' not in page.text
    answer = await beat.post("/account/confirm/sign-in", data={"next": "/account/two-factor"})
    assert answer.headers["location"] == "/sign-in?next=%2Faccount%2Ftwo-factor"
    assert (await beat.get("/account")).status_code == 303
