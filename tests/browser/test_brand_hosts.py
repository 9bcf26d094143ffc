"""Two brands on one server, behind Caddy and its own authority, from the form in the Manager to a passkey at one's own address."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from app import database
from app.models.brand.choosing import choose
from tests.brands import active_now
from tests.browser.chromium import started
from tests.browser.test_accounts import with_authenticator
from tests.browser.waiting import eventually
from tests.caddy import caddy, free_port, is_installed
from tests.conftest import Server, _empty
from tests.name_server import NameServer, name_server
from tests.people import PASSWORD, move_in

pytestmark = pytest.mark.skipif(not is_installed(), reason="caddy is not installed (tools/test-needs installs it)")


@dataclass
class World:
    """A server behind Caddy, its name server, and a browser for which all names of .test are this machine."""

    port: int
    names: NameServer
    chromium: Browser

    def url(self, host: str, path: str = "/") -> str:
        return f"https://{host}:{self.port}{path}"


@pytest.fixture
def world(empty_database: str, tmp_path: Path) -> Iterator[World]:
    port = free_port()
    environment = {} if empty_database.startswith("sqlite") else {"DATABASE_URL": empty_database}
    with name_server() as names:
        base = f"https://suite.chalet.test:{port}"
        server = Server(tmp_path / "data", CHALET_BASE_URL=base, CHALET_TRUSTED_PROXIES="127.0.0.1", CHALET_DNS_SERVERS=names.address, **environment)
        server.data_dir.mkdir()
        if not environment:
            shutil.copy(empty_database.removeprefix("sqlite:///"), server.data_dir / "chalet.db")
        asyncio.run(_fill(environment.get("DATABASE_URL") or f"sqlite:///{server.data_dir / 'chalet.db'}"))
        server.start()
        with (
            caddy(tmp_path / "caddy", port, server.url, base) as key,
            started("--host-resolver-rules=MAP *.test 127.0.0.1", f"--ignore-certificate-errors-spki-list={key}") as chromium,
        ):
            yield World(port, names, chromium)
        server.stop()


async def _fill(address: str) -> None:
    """Alpina without a brand, and Nordlicht that has one."""
    await database.open(address)
    try:
        if database.dialect() != "sqlite":
            await _empty()
        people = await move_in()
        await active_now(await choose(people.erik.viewer, "nordlicht.test"))
    finally:
        await database.close()


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_two_brands_on_one_server(world: World) -> None:
    anna, beat = world.chromium.new_context(), world.chromium.new_context()
    manager = bring_the_domain(world, anna)
    both_have_their_own_sign_in_page(world, beat)
    chat = one_sign_in_is_enough(world, beat)
    without_scripts_there_is_a_button(world, world.chromium.new_context(java_script_enabled=False))
    a_passkey_works_at_every_address_of_the_domain(world, beat)
    switched_off_people_are_shown_the_way(world, manager, chat)


def bring_the_domain(world: World, context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(world.url("suite.chalet.test", "/manager/brand"))
    sign_in(page, "anna@alpina.example")
    page.get_by_label("Domain or subdomain").fill("co.uk")
    page.get_by_role("button", name="Show the addresses").click()
    expect(page.get_by_text("isn’t anybody’s own")).to_be_visible()
    page.get_by_label("Domain or subdomain").fill("alpina.test")
    page.get_by_role("button", name="Show the addresses").click()
    expect(page.get_by_text("calendar.alpina.test")).to_be_visible()
    page.get_by_role("button", name="This web address suits me").click()
    expect(page.get_by_role("heading", name="Records in the DNS")).to_be_visible()
    with pytest.raises(Error, match="ERR_SSL"):  # no certificate before the proof
        context.new_page().goto(world.url("chat.alpina.test"))
    token = page.locator("code", has_text="chalet-verify=").first.inner_text().partition("=")[2]
    world.names.points("alpina.test", token)
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("The addresses work")).to_be_visible(timeout=30_000)  # the job is done, and the page heard of it
    return page


def both_have_their_own_sign_in_page(world: World, context: BrowserContext) -> None:
    page = context.new_page()
    for domain, name in (("alpina.test", "Alpina"), ("nordlicht.test", "Nordlicht")):
        page.goto(world.url(f"login.{domain}"))
        expect(page.get_by_text(f"Sign in to {name}.")).to_be_visible()
        expect(page).to_have_title(f"Sign in · {name}")
    page.close()


def one_sign_in_is_enough(world: World, context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(world.url("chat.alpina.test"))
    page.wait_for_url(world.url("login.alpina.test", "/**"))
    sign_in(page, "beat@alpina.example")
    page.wait_for_url(world.url("chat.alpina.test", "/chat**"))
    expect(page.get_by_role("navigation").first).to_be_visible()
    second = context.new_page()
    second.goto(world.url("suite.alpina.test"))
    second.wait_for_url(world.url("suite.alpina.test"))
    expect(second.get_by_role("heading", level=1)).to_contain_text("Beat")
    hosts = {cookie["domain"]: cookie for cookie in context.cookies() if cookie["name"] == "__Host-chalet"}
    assert set(hosts) == {"login.alpina.test", "chat.alpina.test", "suite.alpina.test"}
    assert len({cookie["value"] for cookie in hosts.values()}) == 3 and all(cookie["secure"] and cookie["httpOnly"] for cookie in hosts.values())
    second.close()
    return page


def without_scripts_there_is_a_button(world: World, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(world.url("chat.alpina.test", "/chat/channels"))
    sign_in(page, "beat@alpina.example")
    page.get_by_role("button", name="Go on to chat.alpina.test").click()
    expect(page).to_have_url(world.url("chat.alpina.test", "/chat/channels"))
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    context.close()


def a_passkey_works_at_every_address_of_the_domain(world: World, context: BrowserContext) -> None:
    page = context.new_page()
    with_authenticator(page)
    page.goto(world.url("suite.alpina.test", "/account/security"))
    page.get_by_label("Name of the new passkey").fill("My laptop")
    expect(page.get_by_text("alpina.test", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("My laptop", exact=True)).to_be_visible()
    visited: list[str] = []
    page.on("framenavigated", lambda frame: visited.append(frame.url))
    page.evaluate("document.querySelector('form[action=\"/sign-out\"]').submit()")
    # By way of login., where the browser offers the passkey and it is taken at once.
    back = world.url("suite.alpina.test")
    eventually(lambda: page.url.startswith(back) and "/handover" not in page.url and any("login." in one for one in visited), page)
    page.wait_for_load_state()
    page.goto(world.url("suite.alpina.test", "/account/security"))
    expect(page.get_by_text("with passkey").first).to_be_visible()
    page.close()


def switched_off_people_are_shown_the_way(world: World, manager: Page, chat: Page) -> None:
    chat.goto(world.url("chat.alpina.test", "/chat/channels"))
    expect(chat.get_by_role("heading", level=1)).to_be_visible()
    manager.get_by_role("button", name="Disable").click()
    expect(manager.get_by_text("The addresses are switched off")).to_be_visible()
    chat.get_by_role("link", name="Home").first.click()
    chat.wait_for_url(world.url("suite.chalet.test", "/moved**"))
    expect(chat.get_by_role("heading", name="chat.alpina.test is switched off")).to_be_visible()
    manager.get_by_role("button", name="Reactivate").click()
    expect(manager.get_by_text("The addresses work")).to_be_visible()
    chat.goto(world.url("chat.alpina.test", "/chat/channels"))
    expect(chat).to_have_url(world.url("chat.alpina.test", "/chat/channels"))  # still signed in there
