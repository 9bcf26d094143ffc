"""The sync assistant: what programs ask for, the profile for Apple's devices, and which programs were here."""

from __future__ import annotations

import plistlib

import httpx
import pytest

from app.lib.dav.agents import program_of
from tests.conftest import browser
from tests.dav import client
from tests.people import People


async def test_the_page_has_what_programs_ask_for(people: People, app: httpx.ASGITransport) -> None:
    page = await browser(app, people.beat).get("/account/sync")
    assert people.beat.account.sync_name in page.text and '<code id="sync-server">http://localhost:8000</code>' in page.text
    assert page.text.count('class="qr"') == 2 and "None yet." in page.text


async def test_an_apple_profile_sets_up_everything_but_the_password(people: People, app: httpx.ASGITransport) -> None:
    beat = browser(app, people.beat)
    answer = await beat.get("/account/sync/apple")
    assert answer.headers["content-type"] == "application/x-apple-aspen-config"
    profile = plistlib.loads(answer.content)
    for kind in ("CardDAV", "CalDAV"):
        account = next(one for one in profile["PayloadContent"] if one["PayloadType"] == f"com.apple.{kind.lower()}.account")
        assert (account[f"{kind}HostName"], account[f"{kind}Port"], account[f"{kind}Username"]) == ("localhost", 8000, people.beat.account.sync_name)
        assert (await client(app, people.beat).ask("PROPFIND", account[f"{kind}PrincipalURL"])).status_code == 207, "the address in it works"
    assert "assword" not in answer.text
    again = plistlib.loads((await beat.get("/account/sync/apple")).content)
    assert again["PayloadUUID"] == profile["PayloadUUID"], "installing it again replaces it"


async def test_programs_are_shown_to_their_owner(people: People, app: httpx.ASGITransport) -> None:
    phone = client(app, people.beat)
    phone.headers["user-agent"] = "DAVx5/4.4.1-ose (dav4jvm; okhttp/4.12.0) Android/14"
    for _ in range(3):
        await phone.ask("PROPFIND", "/dav/")
    assert "DAVx⁵ 4" in (await browser(app, people.beat).get("/account/sync")).text
    assert "DAVx⁵ 4" not in (await browser(app, people.chiara).get("/account/sync")).text


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("iOS/18.1 (22B83) dataaccessd/1.0", "iPhone or iPad, iOS 18"), ("macOS/15.1 (24B83) AddressBookCore/2680.2", "Mac, macOS 15"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.3", "Thunderbird 128"), ("vdirsyncer/0.21.0", "vdirsyncer 0"),
        ("Microsoft-WebDAV-MiniRedir/10.0.19045", "Windows Explorer"), ("<script>x</script>/1", "scriptx"), ("", "?"), ("a" * 500, "a" * 60),
    ],
)
def test_programs_are_known_by_name(agent: str, name: str) -> None:
    assert program_of(agent) == name
