"""From a server's name to all that is one's own: RFC 6764, RFC 5397, RFC 3744, and who may ask at all."""

from __future__ import annotations

import asyncio

import httpx
import pyotp
import pytest

from app.lib import clock
from app.lib.passwords import is_password
from app.models.credential import ApplicationPassword, OneTimeSecret, application_password
from app.models.own_security import revoke_application_password
from tests.conftest import browser
from tests.dav import client, condition, said
from tests.people import PASSWORD, People


async def test_the_hosts_name_alone_leads_to_the_principal(people: People, app: httpx.ASGITransport) -> None:
    beat = client(app, people.beat)
    for path in ("/.well-known/carddav", "/.well-known/caldav"):
        for method in ("GET", "PROPFIND"):
            answer = await beat.ask(method, path)
            assert (answer.status_code, answer.headers["location"]) == (301, "/dav/"), (method, path)
    for path in ("/", "/dav/", "/dav"):
        [root] = await beat.propfind(path, "d:current-user-principal", "d:resourcetype")
        assert root.hrefs("d:current-user-principal") == [f"/dav/principals/{people.beat.account.sync_name}/"]
    [me] = await beat.propfind(root.hrefs("d:current-user-principal")[0], "d:displayname", "d:resourcetype", "d:principal-URL", "cs:email-address-set")
    assert me.text("d:displayname") == "Beat Keller" and me.text("cs:email-address-set") == "beat@alpina.example"
    assert [one.tag for one in me.found["d:resourcetype"]] == ["{DAV:}collection", "{DAV:}principal"]


async def test_browsers_still_get_pages_at_the_root(people: People, app: httpx.ASGITransport) -> None:
    assert (await browser(app, people.beat).get("/")).headers["content-type"].startswith("text/html")


async def test_who_is_asked_for_credentials(people: People, app: httpx.ASGITransport) -> None:
    name = people.beat.account.sync_name
    assert (await client(app, people.beat, name="beat@alpina.example").ask("PROPFIND", "/dav/")).status_code == 207, "the email is a name too"
    assert (await client(app, people.beat, name=name.lower()).ask("PROPFIND", "/dav/")).status_code == 207
    for stranger in (client(app, None), client(app, people.beat, "wrong"), client(app, people.beat, name="ZZ99999")):
        for method in ("OPTIONS", "PROPFIND", "GET", "PUT", "DELETE", "REPORT", "MKCOL"):
            answer = await stranger.ask(method, "/dav/principals/" if method != "PUT" else "/dav/x")
            if answer.status_code != 429:
                assert answer.status_code == 401 and answer.headers["www-authenticate"].startswith("Basic realm="), method
    with_cookie = browser(app, people.beat)
    assert (await with_cookie.request("PROPFIND", "/dav/")).status_code == 401, "a browser's cookie means nothing to DAV"
    crossing = await client(app, people.beat).ask("PUT", "/dav/x", sec_fetch_site="cross-site")
    assert crossing.status_code == 403, "nor do credentials that a browser sends for another site"


async def test_an_old_password_asks_again_without_locking_its_owner_out(people: People, app: httpx.ASGITransport) -> None:
    phone = client(app, people.beat, "the password of last year")
    assert [(await phone.ask("PROPFIND", "/dav/")).status_code for _ in range(20)] == [401] * 20, "the same guess isn't another one"
    guesses = [(await client(app, people.beat, f"guess {number}").ask("PROPFIND", "/dav/")) for number in range(8)]
    assert guesses[-1].status_code == 429 and int(guesses[-1].headers["retry-after"]) > 0
    signed_in = await browser(app).post("/sign-in", data={"email": "beat@alpina.example", "password": PASSWORD})
    assert signed_in.status_code == 303, "signing in with a browser is counted apart"


async def test_connections_that_a_program_opens_at_once_are_one_try(people: People, app: httpx.ASGITransport, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    async def counted(password: str, hashed: str | None) -> bool:
        checked.append(password)
        return await is_password(password, hashed)

    monkeypatch.setattr(application_password, "is_password", counted)

    async def at_once(passwords: list[str]) -> list[int]:
        answers = await asyncio.gather(*(client(app, people.beat, password).ask("PROPFIND", "/dav/") for password in passwords))
        return [answer.status_code for answer in answers]

    assert (await at_once(["wrong"] * 8), checked) == ([401] * 8, ["wrong"]), "one guess, however often it is sent"
    assert (await at_once([PASSWORD] * 8), checked) == ([207] * 8, ["wrong", PASSWORD])
    guesses = await at_once([f"guess {number}" for number in range(12)])
    assert set(guesses) == {401, 429} and len(checked) - 2 == guesses.count(401) <= 5, "others are counted before they are looked at"


async def test_two_step_sign_in_asks_for_an_application_password(people: People, app: httpx.ASGITransport) -> None:
    issued = await ApplicationPassword.issue(people.beat.id, "Phone")
    assert (await client(app, people.beat).ask("PROPFIND", "/dav/")).status_code == 207, "DAV-06"
    secret = await OneTimeSecret.prepare(people.beat.id)
    await secret.confirm(pyotp.TOTP(secret.secret).at(clock.now() // 1000))
    people.beat.viewer.forget()
    assert (await client(app, people.beat).ask("PROPFIND", "/dav/")).status_code == 401, "DAV-05"
    with_one = client(app, people.beat, issued)
    assert (await with_one.ask("PROPFIND", "/dav/")).status_code == 207
    [row] = await ApplicationPassword.of(people.beat.id)
    await revoke_application_password(people.beat.viewer, row.id)
    assert (await with_one.ask("PROPFIND", "/dav/")).status_code == 401, "at once, although it was remembered"


async def test_another_persons_principal_is_their_name_alone(people: People, app: httpx.ASGITransport) -> None:
    beat = client(app, people.beat)
    assert (await beat.ask("PROPFIND", f"/dav/principals/{people.chiara.account.sync_name}/")).status_code == 404
    search = "<d:principal-property-search><d:property-search><d:prop><d:displayname/></d:prop><d:match>chia</d:match></d:property-search><d:prop><d:displayname/></d:prop></d:principal-property-search>"
    [chiara] = await beat.report("/dav/principals/", search)
    assert chiara.text("d:displayname") == "Chiara Dotti" and people.chiara.account.sync_name not in chiara.href
    [again] = await beat.propfind(chiara.href, "d:displayname")
    assert again.text("d:displayname") == "Chiara Dotti"
    erik = client(app, people.erik)
    assert await erik.report("/dav/principals/", search) == [], "another organisation's people aren't found"
    assert (await erik.ask("PROPFIND", chiara.href)).status_code == 404
    assert await client(app, people.gina).report("/dav/principals/", search) == [], "nor by guests"


async def test_options_say_what_is_spoken(people: People, app: httpx.ASGITransport) -> None:
    answer = await client(app, people.beat).ask("OPTIONS", "/dav/")
    assert answer.status_code == 200
    assert {"1", "3", "extended-mkcol", "access-control"} <= set(answer.headers["dav"].split(", "))
    assert "PROPFIND" in answer.headers["allow"] and "REPORT" in answer.headers["allow"]
    assert (await client(app, people.beat).ask("BREW", "/dav/")).status_code == 405


async def test_propfind_in_all_its_forms(people: People, app: httpx.ASGITransport) -> None:
    beat = client(app, people.beat)
    members = await beat.propfind("/dav/", "d:resourcetype", depth="1")
    assert members[0].href == "/dav/" and "/dav/principals/" in [one.href for one in members]
    [everything] = said(await beat.ask("PROPFIND", "/dav/"))
    assert "d:displayname" in everything.found and "d:current-user-principal" not in everything.found, "only what RFC 4918 defines"
    [names] = said(await beat.ask("PROPFIND", "/dav/", "<d:propfind><d:propname/></d:propfind>"))
    assert "d:current-user-principal" in names.found and not len(names.found["d:displayname"])
    [with_more] = said(await beat.ask("PROPFIND", "/dav/", "<d:propfind><d:allprop/><d:include><d:current-user-principal/><x:no/></d:include></d:propfind>"))
    assert "d:current-user-principal" in with_more.found and with_more.failed == {"x:no": 404}
    [minimal] = await beat.propfind("/dav/", "d:displayname", "x:no", prefer="return=minimal")
    assert "d:displayname" in minimal.found and minimal.failed == {}
    [nothing] = await beat.propfind("/dav/", "x:no", prefer="return=minimal")
    assert nothing.found == {} and nothing.failed == {}
    deep = await beat.ask("PROPFIND", "/dav/", depth="infinity")
    assert (deep.status_code, condition(deep)) == (403, "d:propfind-finite-depth")
    for body, depth in (("<d:propfind>", "0"), ("<d:prop/>", "0"), ("<d:propfind/>", "0"), ("<d:propfind><d:allprop/></d:propfind>", "2")):
        assert (await beat.request("PROPFIND", "/dav/", content=body.replace("d:", ""), headers={"depth": depth})).status_code == 400, body


async def test_expanding_properties(people: People, app: httpx.ASGITransport) -> None:
    body = '<d:expand-property><d:property name="current-user-principal"><d:property name="displayname"/></d:property><d:property name="none" namespace="http://example.org/ns"/></d:expand-property>'
    [root] = await client(app, people.beat).report("/dav/", body)
    assert root.found["d:current-user-principal"].findtext(".//{DAV:}displayname") == "Beat Keller" and root.failed == {"x:none": 404}


async def test_xml_that_means_harm(people: People, app: httpx.ASGITransport) -> None:
    beat = client(app, people.beat)
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><propfind xmlns="DAV:"><prop><displayname>&b;</displayname></prop></propfind>'
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><propfind xmlns="DAV:"><prop><x>&a;</x></prop></propfind>'
    deep = "<propfind xmlns='DAV:'>" + "<prop>" * 5000 + "</prop>" * 5000 + "</propfind>"
    wide = "<propfind xmlns='DAV:'><prop>" + "<a/>" * 250_000 + "</prop></propfind>"
    for body in (bomb, bomb.encode("utf-16"), outside, deep, wide, "\x00", "<a", b"\xff\xfe"):
        answer = await beat.request("PROPFIND", "/dav/", content=body, headers={"depth": "0"})
        assert answer.status_code == 400, body[:60]
    large = await beat.request("PROPFIND", "/dav/", content=b" " * 9_000_000, headers={"depth": "0"})
    assert large.status_code == 413


async def test_addresses_that_mean_harm(people: People, app: httpx.ASGITransport) -> None:
    beat = client(app, people.beat)
    for path in ("/dav/principals%2fx/", "/dav/%2e%2e/", "/dav//principals/", "/dav/%00", "/dav/%ff/"):
        url = httpx.URL(scheme="http", host="localhost", port=8000, raw_path=path.encode())
        answer = await beat.request("PROPFIND", url, headers={"depth": "0"})
        assert answer.status_code == 400, path
    assert (await beat.ask("PROPFIND", "/davinci/")).status_code in (404, 405), "another address, for pages"
