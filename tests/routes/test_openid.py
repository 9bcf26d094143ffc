"""Signing in at an OpenID provider that runs here, and every answer of one that must not let anybody in."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey

from app import database
from app.lib import openid
from app.models.credential import LinkedIdentity, SignInProvider
from app.models.credential.provider import ProviderFacts, save_provider
from app.models.organisation import Organisation
from app.settings import Settings
from tests.conftest import browser, running
from tests.openid_provider import OTHER_KEY, Provider, openid_provider
from tests.people import PASSWORD, People, move_in

BEAT = {"email": "beat@alpina.example", "email_verified": True}


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with openid_provider() as running_provider:
        openid.forget()
        yield running_provider


@pytest.fixture
async def app(settings: Settings, provider: Provider) -> AsyncIterator[httpx.ASGITransport]:
    async with running(replace(settings, private_issuers=(provider.host,))) as transport:
        yield transport


@pytest.fixture
async def people(app: httpx.ASGITransport) -> People:
    return await move_in()


async def connect(people: People, provider: Provider, **more: Any) -> SignInProvider:
    return await save_provider(people.anna.viewer, ProviderFacts("Keycloak", provider.url, "chalet", provider.secret, **more))


async def go_there(client: httpx.AsyncClient, row: SignInProvider, url: str = "/account") -> str:
    """Press the button; returns where the browser is sent."""
    answer = await client.post("/sign-in/openid", data={"provider_id": str(row.id), "next": url})
    assert answer.status_code == 200, answer.text
    return unescape(answer.headers["refresh"].partition("url=")[2])


async def sign_in(client: httpx.AsyncClient, provider: Provider, row: SignInProvider) -> httpx.Response:
    there = await go_there(client, row)
    return await client.get("/sign-in/openid/return", params=provider.approve(there))


async def test_a_member_comes_in_by_their_confirmed_address_and_by_subject_afterwards(app: httpx.ASGITransport, people: People, provider: Provider) -> None:
    row = await connect(people, provider)
    provider.claims = BEAT
    first = browser(app)
    assert "Sign in with Keycloak" in (await first.get("/sign-in")).text
    asked = parse_qs(urlsplit(await go_there(first, row)).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["response_type"] == ["code"] and asked["scope"] == ["openid email profile"]
    answer = await sign_in(first, provider, row)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "Keller" in (await first.get("/account")).text
    provider.claims = {"email": "beat.renamed@elsewhere.example", "email_verified": False}
    assert (await sign_in(browser(app), provider, row)).status_code == 303, "known by issuer and subject now"
    provider.subject, provider.claims = "somebody-else", BEAT
    again = await sign_in(browser(app), provider, row)
    assert again.status_code == 422 and "connected with somebody else" in again.text


async def test_an_address_that_isnt_confirmed_opens_nothing(app: httpx.ASGITransport, people: People, provider: Provider) -> None:
    row = await connect(people, provider)
    for claims in ({"email": "beat@alpina.example"}, {"email": "beat@alpina.example", "email_verified": False}, {}):
        provider.claims = claims
        answer = await sign_in(browser(app), provider, row)
        assert answer.status_code == 422 and "confirm that your email address is yours" in answer.text
    provider.claims, provider.info = {}, BEAT
    assert (await sign_in(browser(app), provider, row)).status_code == 303, "the UserInfo endpoint says it"


@pytest.mark.parametrize(("claims", "words"), [
    ({"iss": "https://evil.example"}, "(iss)"),
    ({"aud": "somebody-else"}, "(aud)"),
    ({"aud": ["chalet", "other"], "azp": "other"}, "(azp)"),
    ({"aud": ["chalet", "other"]}, "(azp)"),
    ({"nonce": "of another sign-in"}, "(nonce)"),
    ({"nonce": None}, "(nonce)"),
    ({"exp": -120}, "too old"),
    ({"exp": None}, "(exp)"),
    ({"iat": 3600}, "too old or not valid yet"),
    ({"sub": ""}, "who this is"),
    ({"at_hash": "wrong"}, "(at_hash)"),
], ids=lambda value: str(value)[:40])
async def test_an_id_token_that_isnt_meant_for_us_is_refused(app: httpx.ASGITransport, people: People, provider: Provider, claims: dict[str, Any], words: str) -> None:
    row = await connect(people, provider)
    seconds = {name: int(time.time()) + claims[name] for name in ("exp", "iat") if claims.get(name)}
    provider.claims = BEAT | claims | seconds
    answer = await sign_in(browser(app), provider, row)
    assert answer.status_code == 422 and words in answer.text, re.findall(r"<strong>([^<]+)", answer.text)
    assert "set-cookie" not in answer.headers or "chalet=" not in answer.headers["set-cookie"]


async def test_a_signature_of_somebody_else_is_refused(app: httpx.ASGITransport, people: People, provider: Provider) -> None:
    row = await connect(people, provider)
    provider.claims, provider.key = BEAT, OTHER_KEY
    assert "isn’t signed as it should be" in (await sign_in(browser(app), provider, row)).text
    provider.key = OctKey.import_key(provider.secret * 8)  # type: ignore[assignment]
    provider.header = {"alg": "HS256"}
    assert "isn’t signed as it should be" in (await sign_in(browser(app), provider, row)).text


async def test_only_the_browser_that_began_comes_back_and_once(app: httpx.ASGITransport, people: People, provider: Provider) -> None:
    row = await connect(people, provider)
    provider.claims = BEAT
    mallory, beat = browser(app), browser(app)
    planted = provider.approve(await go_there(mallory, row))
    answer = await beat.get("/sign-in/openid/return", params=planted)
    assert answer.status_code == 422 and "another browser" in answer.text
    assert "another browser" in (await mallory.get("/sign-in/openid/return", params=planted)).text, "the state was used up"
    assert (await beat.get("/sign-in/openid/return?code=x&state=made-up")).status_code == 422
    back = provider.approve(await go_there(beat, row))
    mixed = await beat.get("/sign-in/openid/return", params=back | {"iss": "https://evil.example"})
    assert "came from another provider" in mixed.text, "RFC 9207"


async def test_what_the_provider_refuses_is_said_plainly(app: httpx.ASGITransport, people: People, provider: Provider) -> None:
    row = await connect(people, provider)
    client = browser(app)
    for error, words in (("access_denied", "or you cancelled"), ("temporarily_unavailable", "try again later"), ("invalid_scope", "invalid_scope – no &lt;b&gt;")):
        state = provider.approve(await go_there(client, row))["state"]
        answer = await client.get("/sign-in/openid/return", params={"state": state, "error": error, "error_description": "no <b>"})
        assert answer.status_code == 422 and words in answer.text
    assert "refused or cancelled there" in (await client.get("/sign-in/openid/return?error=access_denied")).text, "some leave the state out"
    provider.secret = "changed"
    assert "client secret is wrong" in (await sign_in(client, provider, row)).text


async def test_newcomers_become_members_only_where_that_is_wanted(app: httpx.ASGITransport, people: People, provider: Provider) -> None:
    row = await connect(people, provider)
    provider.subject, provider.claims = "nora", {"email": "nora@alpina.example", "email_verified": True, "given_name": "Nora", "family_name": "Berg"}
    assert "has no account here" in (await sign_in(browser(app), provider, row)).text
    row = await save_provider(people.anna.viewer, ProviderFacts("Keycloak", provider.url, "chalet", "", "alpina.example", "user", "chat"))
    organisation = await Organisation.get(people.anna.organisation.id)
    await organisation.change(user_limit=4)
    assert "all the 4 members" in (await sign_in(browser(app), provider, row)).text
    assert await database.fetch_value("SELECT COUNT(*) FROM account WHERE email = 'nora@alpina.example'") == 0
    await organisation.change(user_limit=None)
    nora = browser(app)
    assert (await sign_in(nora, provider, row)).status_code == 303
    assert "Nora" in (await nora.get("/account")).text
    rights = await database.fetch("SELECT r.product, m.role FROM product_right r JOIN membership m ON m.id = r.membership_id JOIN account a ON a.id = m.account_id WHERE a.email = 'nora@alpina.example'")
    assert [(right["product"], right["role"]) for right in rights] == [("chat", "user")]
    provider.subject, provider.claims = "eve", {"email": "eve@evil.example", "email_verified": True}
    assert "may not sign in this way" in (await sign_in(browser(app), provider, row)).text


async def test_one_organisations_provider_opens_no_other(app: httpx.ASGITransport, people: People, provider: Provider) -> None:
    row = await connect(people, provider)
    provider.claims = {"email": "erik@nordlicht.example", "email_verified": True}
    assert "doesn’t belong to this organisation alone" in (await sign_in(browser(app), provider, row)).text
    there = await (await Organisation.get(people.erik.organisation.id)).admit(people.beat.account)
    provider.claims = BEAT
    assert "doesn’t belong to this organisation alone" in (await sign_in(browser(app), provider, row)).text
    beat = browser(app, people.beat)
    answer = await beat.post("/account/identities")
    back = provider.approve(unescape(answer.headers["refresh"].partition("url=")[2]))
    assert (await beat.get("/sign-in/openid/return", params=back)).headers["location"] == "/account/security?saved=1"
    assert "Keycloak" in (await beat.get("/account/security")).text
    by_provider = browser(app)
    assert (await sign_in(by_provider, provider, row)).status_code == 303
    refused = await by_provider.post("/account/organisation", data={"membership_id": str(there.id)})
    assert refused.status_code == 422 and "Nordlicht doesn’t allow" in refused.text
    assert (await by_provider.post("/account/passkeys/options")).status_code == 403, "the password is asked for first"


async def test_somebody_else_cant_connect_in_between(app: httpx.ASGITransport, people: People, provider: Provider) -> None:
    await connect(people, provider)
    client = browser(app, people.beat)
    answer = await client.post("/account/identities")
    back = provider.approve(unescape(answer.headers["refresh"].partition("url=")[2]))
    client.cookies.set("chalet", people.chiara.token)
    assert "Somebody else is signed in" in (await client.get("/sign-in/openid/return", params=back)).text
    assert await LinkedIdentity.of(people.chiara.id) == []


async def test_disconnecting_leaves_a_way_in(app: httpx.ASGITransport, people: People, provider: Provider) -> None:
    row = await connect(people, provider)
    provider.claims = BEAT
    await database.execute("UPDATE account SET password_hash = NULL WHERE id = $1", people.beat.id)
    beat = browser(app)
    await sign_in(beat, provider, row)
    [identity] = await LinkedIdentity.of(people.beat.id)
    assert "your only way to sign in" in (await beat.post(f"/account/identities/{identity['id']}/removal")).text
    assert (await browser(app, people.chiara).post(f"/account/identities/{identity['id']}/removal")).status_code == 404
    assert (await beat.post("/account/password", data={"new_password": "seven green lanterns"})).status_code == 303, "a first password"
    assert (await beat.post(f"/account/identities/{identity['id']}/removal")).status_code in (200, 303)


async def test_the_secret_is_sealed_and_goes_to_no_other_address(app: httpx.ASGITransport, people: People, provider: Provider) -> None:
    await connect(people, provider)
    assert provider.secret not in str(await database.fetch("SELECT * FROM sign_in_provider"))
    async with browser(app, people.anna) as anna:
        assert provider.secret not in (await anna.get("/manager/sign-in/provider")).text
        facts = {"name": "Keycloak", "issuer": "https://evil.example", "client_id": "chalet", "client_secret": ""}
        for path in ("/manager/sign-in/provider", "/manager/sign-in/provider/test"):
            assert "enter the client secret" in (await anna.post(path, data=facts)).text


@pytest.mark.parametrize(("metadata", "secret", "words"), [
    ({}, "s3cret", "The connection works"),
    ({}, "wrong", "refuses the client id or the client secret"),
    ({"issuer": "https://other.example"}, "s3cret", "calls itself “https://other.example”"),
    ({"jwks_uri": None}, "s3cret", "lacks “jwks_uri”"),
    ({"token_endpoint": "http://169.254.169.254/token"}, "s3cret", "169.254.169.254 isn’t called"),
])
async def test_trying_the_connection_says_what_is_wrong(app: httpx.ASGITransport, people: People, provider: Provider, metadata: dict[str, Any], secret: str, words: str) -> None:
    provider.metadata = metadata
    facts = {"name": "Keycloak", "issuer": provider.url, "client_id": "chalet", "client_secret": secret}
    async with browser(app, people.anna) as anna:
        answer = await anna.post("/manager/sign-in/provider/test", data=facts, headers={"hx-request": "true", "hx-target": "div#provider-test"})
        assert words in unescape(answer.text), answer.text
        assert "<html" not in answer.text
    assert await SignInProvider.of(people.anna.organisation.id) is None, "trying saves nothing"


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:1/", "https://192.168.0.1", "https://localhost", "http://login.example.org", "https://[::1]:8443"])
async def test_only_public_issuers_are_called(app: httpx.ASGITransport, people: People, issuer: str) -> None:
    facts = {"name": "X", "issuer": issuer, "client_id": "chalet", "client_secret": "x"}
    async with browser(app, people.anna) as anna:
        assert "isn’t called" in (await anna.post("/manager/sign-in/provider/test", data=facts)).text


async def test_disconnecting_the_provider_signs_out_whoever_came_through_it(app: httpx.ASGITransport, people: People, provider: Provider) -> None:
    row = await connect(people, provider)
    provider.claims = BEAT
    beat = browser(app)
    await sign_in(beat, provider, row)
    async with browser(app, people.anna) as anna:
        assert (await anna.post("/manager/sign-in/provider/removal")).headers["location"] == "/manager/sign-in"
        kinds = [entry["kind"] for entry in await database.fetch("SELECT kind FROM audit_entry WHERE org_id = $1 ORDER BY position", people.anna.viewer.org_id)]
    assert {"provider.connect", "identity.connect", "provider.disconnect"} <= set(kinds)
    assert (await beat.get("/account")).status_code == 303
    assert "Keycloak" not in (await beat.get("/sign-in")).text
    assert (await browser(app).post("/sign-in", data={"email": "beat@alpina.example", "password": PASSWORD})).status_code == 303
