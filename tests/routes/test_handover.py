"""Hosts of brands: what each serves, moving between them with one sign-in, and what nobody gets by a forged host name."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from app import database
from app.jobs.runner import drain
from app.lib import clock, openid
from app.lib.address_lists import Line
from app.lib.tokens import hash_token
from app.models.brand.handing_over import GOOD_FOR
from app.models.credential.provider import ProviderFacts, save_provider
from app.models.invitation.inviting import invite
from app.models.invitation.offer import Offer
from app.settings import Settings
from tests.brands import BASE, active_site, public_server, visitor
from tests.invitations import NORA, letters, text_of
from tests.name_server import NameServer
from tests.openid_provider import openid_provider
from tests.people import PASSWORD, People, move_in

LOGIN, CHAT, MANAGER, SUITE = (f"https://{label}.alpina.test" for label in ("login", "chat", "manager", "suite"))


@dataclass
class World:
    """A public server where alpina.test is Alpina's."""

    app: httpx.ASGITransport
    names: NameServer
    people: People
    settings: Settings


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    async with public_server(settings) as (app, names):
        people = await move_in()
        await active_site(people.anna, names)
        yield World(app, names, people, settings)


FROM_LOGIN = {"sec-fetch-site": "same-site", "origin": LOGIN}


def handed(answer: httpx.Response) -> dict[str, str]:
    """The form that leads on to another host, with its address as `action`; nothing where there is none."""
    form = re.search(r'<form method="post" action="(https://[^"]+/handover)".*?</form>', answer.text, re.DOTALL)
    if form is None:
        return {}
    assert '<button class="btn primary wide" type="submit">' in form[0], "without scripts there is a button"
    assert answer.headers["cache-control"] == "no-store" and '<meta name="referrer" content="strict-origin">' in answer.text
    return {"action": form[1], **dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[0]))}


class Browser:
    """A browser whose cookies stay on their host."""

    def __init__(self, app: httpx.ASGITransport) -> None:
        self._app = app
        self._jars: dict[str, dict[str, str]] = {}

    async def get(self, url: str) -> httpx.Response:
        return await self._ask("GET", url)

    async def post(self, url: str, **data: str) -> httpx.Response:
        return await self._ask("POST", url, data)

    async def _ask(self, method: str, url: str, data: dict[str, str] | None = None, **more: str) -> httpx.Response:
        jar = self._jars.setdefault(urlsplit(url).hostname or "", {})
        async with visitor(self._app, origin="https://nowhere.test") as client:
            cookie = "; ".join(f"{name}={value}" for name, value in jar.items())
            answer = await client.request(method, url, data=data, headers={**({"cookie": cookie} if cookie else {}), **more})
        for line in answer.headers.get_list("set-cookie"):
            assert line.startswith("__Host-") and "Secure" in line and "Domain" not in line and "HttpOnly" in line
            name, _sep, value = line.partition(";")[0].partition("=")
            jar.pop(name, None) if not value or "Max-Age=0" in line else jar.__setitem__(name, value)
        return answer

    async def follow(self, url: str) -> tuple[str, httpx.Response]:
        """Where an address leads in the end, as a browser without scripts goes there, whose person presses the one button."""
        for _hop in range(12):
            answer = await self.get(url)
            if found := handed(answer):
                url = found.pop("action")
                answer = await self._ask("POST", url, found, **FROM_LOGIN)
            if "location" not in answer.headers:
                return url, answer
            url = str(httpx.URL(url).join(answer.headers["location"]))
        raise AssertionError("it goes round in circles")

    async def sign_in(self, url: str, email: str = "beat@alpina.example") -> tuple[str, httpx.Response]:
        """Open an address, sign in where it asks, and go on."""
        page, answer = await self.follow(url)
        assert "Sign in to" in answer.text, answer.text[:300]
        wanted = re.search(r'name="next" value="([^"]*)"', answer.text)
        assert wanted
        signed = await self.post(page.partition("?")[0], email=email, password=PASSWORD, next=wanted[1].replace("&amp;", "&"))
        if "location" not in signed.headers:
            return page, signed
        return await self.follow(str(httpx.URL(page).join(signed.headers["location"])))


async def test_each_address_opens_its_app(world: World) -> None:
    async with visitor(world.app, world.people.anna) as anna:
        assert (await anna.get(f"{CHAT}/")).headers["location"] == "/chat"
        assert (await anna.get(f"{MANAGER}/")).headers["location"] == "/manager"
        assert (await anna.get(f"{LOGIN}/")).headers["location"] == f"{SUITE}/"
        assert "Anna" in (await anna.get(f"{SUITE}/")).text
        assert (await anna.get(f"{MANAGER}/chat/channels")).status_code == 200, "old links work on any of them"
        assert (await anna.get(f"{BASE}/chat/channels")).status_code == 200


async def test_one_sign_in_is_enough_for_all_hosts_and_one_sign_out(world: World) -> None:
    browser = Browser(world.app)
    page, answer = await browser.sign_in(f"{CHAT}/chat/channels")
    assert page == f"{CHAT}/chat/channels" and answer.status_code == 200
    page, answer = await browser.follow(f"{SUITE}/")
    assert page == f"{SUITE}/" and "Beat" in answer.text
    assert (await browser.follow(f"{MANAGER}/manager/teams"))[1].status_code == 200
    await browser.post(f"{CHAT}/sign-out")
    for host in (SUITE, LOGIN, MANAGER, CHAT):
        page, answer = await browser.follow(f"{host}/chat/channels")
        assert page.startswith(LOGIN) and "Sign in to" in answer.text


async def test_the_sign_in_form_may_lead_to_the_other_hosts_of_its_brand_alone(world: World) -> None:
    async with visitor(world.app) as client:
        for url, forms in ((f"{LOGIN}/sign-in", "'self' https://*.alpina.test"), (f"{BASE}/sign-in", "'self'")):
            assert f"; form-action {forms}; " in (await client.get(url)).headers["content-security-policy"]


async def test_a_provider_of_the_organisation_signs_in_at_its_domain(settings: Settings) -> None:
    """By OpenID Connect, begun at chat. and ended there; another organisation's provider isn't one here."""
    async with openid_provider() as provider:
        openid.forget()
        async with public_server(replace(settings, private_issuers=(provider.host,))) as (app, names):
            people = await move_in()
            await active_site(people.anna, names)
            own, other = [await save_provider(one.viewer, ProviderFacts("Keycloak", provider.url, "chalet", provider.secret)) for one in (people.anna, people.erik)]
            provider.claims = {"email": "beat@alpina.example", "email_verified": True}
            browser = Browser(app)
            page, form = await browser.follow(f"{CHAT}/chat/channels")
            assert page.startswith(LOGIN) and "Sign in with Keycloak" in form.text
            wanted = unescape(re.search(r'name="next" value="([^"]*)"', form.text)[1])  # type: ignore[index]
            refused = await browser.post(f"{LOGIN}/sign-in/openid", provider_id=str(other.id), next=wanted)
            assert "refresh" not in refused.headers and "no longer offered" in refused.text
            sent = await browser.post(f"{LOGIN}/sign-in/openid", provider_id=str(own.id), next=wanted)
            there = unescape(sent.headers["refresh"].partition("url=")[2])
            assert parse_qs(urlsplit(there).query)["redirect_uri"] == [f"{LOGIN}/sign-in/openid/return"]
            back = f"{LOGIN}/sign-in/openid/return?{urlencode(provider.approve(there))}"
            page, answer = await browser.follow(back)
            assert page == f"{CHAT}/chat/channels" and answer.status_code == 200 and answer.headers["chalet-for"].startswith(f"{people.beat.id}.")


async def test_another_browser_stays_signed_in(world: World) -> None:
    first, second = Browser(world.app), Browser(world.app)
    await first.sign_in(f"{CHAT}/chat/channels")
    await second.sign_in(f"{CHAT}/chat/channels")
    await first.post(f"{CHAT}/sign-out")
    assert (await second.follow(f"{SUITE}/"))[0] == f"{SUITE}/"


async def token_for(world: World, browser: Browser) -> dict[str, str]:
    """Set out from chat., with a browser that is signed in at login., and stop before arriving."""
    begun = await browser.get(f"{CHAT}/handover/begin?next=/chat/channels")
    assert "token" not in begun.headers["location"]
    carried = handed(await browser.get(begun.headers["location"]))
    assert carried.pop("action") == f"{CHAT}/handover" and carried["token"], "the token is in the form, in no address"
    return carried


async def signed_in(world: World) -> Browser:
    browser = Browser(world.app)
    await browser.sign_in(f"{LOGIN}/sign-in")
    return browser


async def test_a_token_works_once_at_once_and_there_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await signed_in(world)
    carried = await token_for(world, browser)
    thief = Browser(world.app)
    assert (await thief.post(f"{CHAT}/handover", **carried)).status_code == 422, "another browser hasn't the secret"
    assert (await browser.post(f"{CHAT}/handover", **carried)).status_code == 422, "and it is used up"
    carried = await token_for(world, browser)
    browser._jars["manager.alpina.test"] = dict(browser._jars["chat.alpina.test"])
    assert (await browser.post(f"{MANAGER}/handover", **carried)).status_code == 422, "another host"
    carried = await token_for(world, browser)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + GOOD_FOR + 1)
    assert (await browser.post(f"{CHAT}/handover", **carried)).status_code == 422, "too late"
    monkeypatch.undo()
    carried = await token_for(world, browser)
    assert (await browser.post(f"{CHAT}/handover", **carried)).headers["location"] == "/chat/channels"


async def test_signing_out_also_ends_a_token_on_its_way(world: World) -> None:
    browser = await signed_in(world)
    carried = await token_for(world, browser)
    await browser.post(f"{LOGIN}/sign-out")
    assert (await browser.post(f"{CHAT}/handover", **carried)).status_code == 422


async def test_a_token_goes_to_hosts_of_the_brand_and_to_paths_of_theirs_only(world: World) -> None:
    browser = await signed_in(world)
    for to in ("evil", "chat.alpina.test@evil", "", "../evil", "mail", "login.evil"):
        assert (await browser.get(f"{LOGIN}/handover/issue?to={to}&challenge={'a' * 64}&next=/")).status_code == 404
    for url in ("//evil.example", "https://evil.example", "/\\evil.example"):
        answer = await browser.get(f"{LOGIN}/handover/issue?to=chat&challenge={'a' * 64}&next={url}")
        assert handed(answer)["action"] == f"{CHAT}/handover" and handed(answer)["next"] == "/" and "evil" not in answer.text


async def test_nobody_is_signed_in_as_somebody_else_by_a_link(world: World) -> None:
    """A secret that an attacker knows, such as none at all, makes no token for a victim's browser."""
    attacker, victim = await signed_in(world), Browser(world.app)
    issued = await attacker.get(f"{LOGIN}/handover/issue?to=chat&challenge={hash_token('')}&next=/")
    carried = handed(issued)
    assert (await victim.post(carried.pop("action"), **carried)).status_code == 422


async def test_only_the_sign_in_page_of_the_brand_brings_a_token(world: World) -> None:
    browser = await signed_in(world)
    for origin in ("https://evil.example", "https://www.alpina.test", "https://alpina.test", BASE, "null", "https://login.alpina.test.evil.example"):
        for site in ("same-site", "cross-site"):
            answer = await browser._ask("POST", f"{CHAT}/handover", await token_for(world, browser), **{"sec-fetch-site": site, "origin": origin})
            assert answer.status_code == 403, (origin, site)
    for path in ("/chat/channels", "/sign-out", "/handover/begin", "/account/organisation"):
        assert (await browser._ask("POST", f"{CHAT}{path}", {}, **FROM_LOGIN)).status_code == 403, "nothing else comes from another host"
    elsewhere = await browser._ask("POST", f"{BASE}/handover", await token_for(world, browser), **FROM_LOGIN)
    assert elsewhere.status_code == 403, "the standard host takes none"


async def test_a_brand_lets_its_members_in_and_says_so_to_others(world: World) -> None:
    _page, answer = await Browser(world.app).sign_in(f"{LOGIN}/sign-in", "erik@nordlicht.example")
    assert answer.status_code == 403 and "You aren’t a member of Alpina" in answer.text and "Nordlicht" not in answer.text
    async with visitor(world.app, world.people.erik) as erik:
        assert (await erik.get(f"{BASE}/chat/channels")).status_code == 200
        assert (await erik.get(f"{CHAT}/chat/channels")).headers["location"].startswith("/sign-in"), "a session of another organisation is none here"


async def test_who_is_in_two_organisations_enters_that_of_the_host(world: World) -> None:
    await world.people.erik.organisation.admit(world.people.beat.account)
    await database.execute("UPDATE membership SET seen_at = $1 WHERE account_id = $2 AND org_id = $3", clock.now() + 9999, world.people.beat.id, world.people.erik.organisation.id)
    browser = Browser(world.app)
    _page, answer = await browser.sign_in(f"{SUITE}/")
    assert "Beat" in answer.text and answer.headers["chalet-for"] == f"{world.people.beat.id}.{world.people.beat.membership.id}"
    other = await database.fetch_value("SELECT id FROM membership WHERE account_id = $1 AND org_id = $2", world.people.beat.id, world.people.erik.organisation.id)
    answer = await browser.post(f"{SUITE}/account/organisation", membership_id=str(other))
    assert answer.headers["location"] == f"{BASE}/", "the other organisation has no address of its own"


async def test_a_copied_link_has_the_address_of_the_brand(world: World) -> None:
    async with visitor(world.app, world.people.anna) as anna:
        for origin in (BASE, MANAGER):
            sent = await anna.post(f"{origin}/manager/invitations", data={"email": f"nora@{urlsplit(origin).netloc}", "given_name": "Nora", "family_name": "Noe", "role": "user", "login": "free", "suite": "on"})
            shown = await anna.post(f"{origin}{sent.headers['location']}/link", headers={"hx-request": "true", "hx-target": "dialog#dialog"})
            (link,) = re.findall(r'readonly value="([^"]+)"', shown.text)
            assert link.startswith(f"{LOGIN}/invitation/") and (await anna.get(link)).status_code == 200


async def test_an_invitation_is_answered_at_its_own_organisations_addresses(world: World) -> None:
    """At another organisation's domain nobody could come in, and it would carry that one's name and logo."""
    await invite(world.people.erik.viewer, Line(1, "nora@elsewhere.example", "Nora", "Noe"), Offer(), BASE)
    await drain()
    path = re.findall(r"https://[^/\s]+(/invitation/\S+)", text_of(letters(world.settings.data_dir, "nora@elsewhere.example")[-1]))[0]
    async with visitor(world.app) as nora:
        for host in (LOGIN, CHAT):
            assert (await nora.get(f"{host}{path}")).headers["location"] == f"{BASE}{path}"
            for more in ("", "/acceptance", "/refusal"):
                answer = await nora.post(f"{host}{path}{more}", data=NORA)
                assert answer.status_code == 404 and "Nordlicht" not in answer.text
        assert "Nordlicht" in (await nora.get(f"{BASE}{path}")).text
        assert (await nora.post(f"{BASE}{path}", data={**NORA, "email": "nora@elsewhere.example"})).status_code == 303


UNKNOWN = ["evil.example", "alpina.test", "mail.alpina.test", "chat.alpina.test.", "chat.alpina.test.evil.example", "xchat.alpina.test", "", "chat.alpina.test, evil.example"]


async def test_an_unknown_host_gets_nothing_of_anybody(world: World) -> None:
    async with visitor(world.app) as client:
        assert (await client.get(f"{LOGIN}/sw.js")).status_code == 200
        for host in UNKNOWN:
            for path in ("/", "/sign-in", "/static/x/app.css", "/sw.js", "/manifest.webmanifest", "/brand.css"):
                answer = await client.get(f"{BASE}{path}", headers={"host": host})
                assert answer.status_code == 421 and "Alpina" not in answer.text and answer.headers["cache-control"] == "no-store", (host, path)


async def test_two_host_headers_are_none(world: World) -> None:
    answers: list[int] = []

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            answers.append(int(str(message["status"])))

    headers = [(b"host", b"chat.alpina.test"), (b"host", b"suite.chalet.test")]
    scope = {"type": "http", "method": "GET", "path": "/sign-in", "raw_path": b"/sign-in", "query_string": b"", "scheme": "https", "headers": headers, "client": ("198.51.100.1", 1)}
    await world.app.app(scope, asyncio.Queue().get, send)  # type: ignore[arg-type]
    assert answers == [421]


async def test_an_unknown_host_has_no_live_connection(world: World) -> None:
    said: list[str] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, object]) -> None:
        said.append(str(message["type"]))

    headers = [(b"host", b"evil.example"), (b"origin", b"https://evil.example"), (b"upgrade", b"websocket")]
    scope = {"type": "websocket", "path": "/live", "query_string": b"", "scheme": "wss", "headers": headers, "client": ("198.51.100.1", 1)}
    await world.app.app(scope, receive, send)  # type: ignore[arg-type]
    assert said == ["websocket.close"]


@pytest.mark.parametrize(
    ("origin", "headers"),
    [(BASE, {}), (LOGIN, {}), (BASE, {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}), (LOGIN, {"host": "LOGIN.Alpina.Test:4711"}), (BASE, {"host": "suite.chalet.test:4711"})],
)
async def test_links_in_mails_come_from_the_brand_and_never_from_a_header(world: World, origin: str, headers: dict[str, str]) -> None:
    async with visitor(world.app, origin=origin) as client:
        assert (await client.post(f"{origin}/reset", data={"email": "beat@alpina.example"}, headers=headers)).status_code == 200
        assert (await client.post(f"{origin}/reset", data={"email": "erik@nordlicht.example"}, headers=headers)).status_code == 200
    await drain()
    (beats,), (eriks,) = (letters(world.settings.data_dir, to) for to in ("beat@alpina.example", "erik@nordlicht.example"))
    assert re.findall(r"https?://[^/\s]+", text_of(beats)) == [LOGIN]
    assert re.findall(r"https?://[^/\s]+", text_of(eriks)) == [BASE], "Nordlicht has no brand of its own"
    assert str(beats["From"]).startswith("Alpina") and not str(eriks["From"]).startswith("Alpina")


async def test_pages_of_two_hosts_are_never_mistaken_in_a_cache(world: World) -> None:
    async with visitor(world.app) as client:
        for url in (f"{LOGIN}/sign-in", f"{BASE}/sign-in"):
            answer = await client.get(url)
            assert answer.headers["cache-control"].startswith("private") and "Cookie" in answer.headers["vary"]


ASKED = [
        ("chat.alpina.test", "127.0.0.1", {}, 200), ("CHAT.alpina.test", "127.0.0.1", {}, 200), ("mail.alpina.test", "127.0.0.1", {}, 404), ("alpina.test", "127.0.0.1", {}, 404),
        ("evil.example", "127.0.0.1", {}, 404), ("", "127.0.0.1", {}, 404), ("chat.alpina.test", "198.51.100.9", {}, 404),
        ("chat.alpina.test", "127.0.0.1", {"x-forwarded-for": "198.51.100.9"}, 404),
]


async def test_a_proxy_may_have_certificates_for_active_hosts_alone(world: World) -> None:
    for domain, client, headers, status in ASKED:
        transport = httpx.ASGITransport(world.app.app, client=(client, 5000))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as proxy:
            assert (await proxy.get(f"/internal/tls-ask?domain={domain}", headers=headers)).status_code == status, (domain, client, headers)


async def test_passkeys_are_for_all_hosts_of_a_domain_and_the_page_says_so(world: World) -> None:
    async with visitor(world.app) as client:
        asked = await client.post(f"{LOGIN}/sign-in/passkey/options", headers={"origin": LOGIN})
        assert asked.json()["rpId"] == "alpina.test"
        assert (await client.post(f"{BASE}/sign-in/passkey/options")).json()["rpId"] == "suite.chalet.test"
    async with visitor(world.app, world.people.beat) as beat:
        assert "all addresses of alpina.test, and nowhere else" in (await beat.get(f"{SUITE}/account/security")).text
