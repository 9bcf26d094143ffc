"""The first run, a second person from another browser, passkeys, themes, pictures: in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.edge import COOKIE
from app.lib import clock
from app.lib.ids import new_id
from tests.browser.chromium import has_no_violations
from tests.browser.house import address_of, apart
from tests.conftest import Server
from tests.people import PASSWORD, People, Person, move_in

BRITISH: Any = {"timezone_id": "Europe/Zurich", "locale": "en-GB"}


@pytest.fixture
def founder(chromium: Browser, server: Server) -> Iterator[Page]:
    """The administrator, right after the first run."""
    context = chromium.new_context(**BRITISH)
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_url("**/setup")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Zurich")
    has_no_violations(page)
    facts = {"organisation": "Alpina", "given_name": "Anna", "family_name": "Alpha", "email": "anna@alpina.example", "password": PASSWORD}
    for name, value in facts.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Set up and sign in").click()
    page.wait_for_url(f"{server.url}/")
    yield page
    context.close()


@pytest.fixture
def person(shared_server: Server, empty_database: str) -> Person:
    """Anna of an Alpina of this test's own."""
    address = address_of(shared_server, empty_database)
    people: People = apart(address, move_in(f"-{new_id()}"))
    return people.anna


@pytest.fixture
def anna(chromium: Browser, shared_server: Server, person: Person) -> Iterator[Page]:
    """Anna's window, signed in."""
    context = chromium.new_context(**BRITISH)
    context.add_cookies([{"name": COOKIE.decode(), "value": person.token, "url": shared_server.url}])
    yield context.new_page()
    context.close()


def sign_in(context: BrowserContext, server: Server, email: str) -> Page:
    page = context.new_page()
    page.goto(f"{server.url}/account/security")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def with_authenticator(page: Page) -> None:
    """A fingerprint reader of software (WebAuthn in the DevTools protocol)."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }})


def test_after_the_first_run_a_second_browser_signs_in(founder: Page, chromium: Browser, server: Server) -> None:
    expect(founder.get_by_role("heading", level=1)).to_contain_text("Anna")
    has_no_violations(founder)
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{server.url}/sign-in")
    has_no_violations(page)
    page = sign_in(context, server, "anna@alpina.example")
    page.wait_for_url("**/account/security")
    expect(page.get_by_text("This one")).to_be_visible()
    expect(page.locator("[aria-labelledby=sessions-title] li")).to_have_count(2)
    has_no_violations(page)
    page.get_by_role("button", name="Sign out all others").click()
    expect(page.locator(".toast", has_text="Your other devices were signed out.")).to_be_visible()
    expect(page.locator("[aria-labelledby=sessions-title] li")).to_have_count(1)
    founder.goto(f"{server.url}/account")
    founder.wait_for_url("**/sign-in?next=%2Faccount")
    context.close()


def test_a_passkey_is_added_and_signs_in(anna: Page, shared_server: Server) -> None:
    with_authenticator(anna)
    anna.goto(f"{shared_server.url}/account/security")
    expect(anna.get_by_text("It works on localhost only.")).to_be_visible()
    anna.get_by_label("Name of the new passkey").fill("Test key")
    anna.get_by_role("button", name="Add a passkey").click()
    row = anna.locator("[aria-labelledby=passkeys-title] li", has_text="Test key")
    expect(row).to_contain_text("localhost")
    expect(row).to_contain_text("not used yet")
    has_no_violations(anna)
    anna.get_by_role("button", name="Rename Test key").click()
    row.get_by_role("textbox", name="Name").fill("My laptop")
    row.get_by_role("button", name="Save").click()
    expect(anna.locator("[aria-labelledby=passkeys-title] li")).to_contain_text("My laptop")
    anna.context.clear_cookies()
    anna.goto(f"{shared_server.url}/account/security")  # the email field's autofill offers the passkey, and the software key takes it at once
    anna.wait_for_url("**/account/security")
    expect(anna.locator("[aria-labelledby=passkeys-title] li")).to_contain_text("last used")
    anna.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    anna.context.clear_cookies()
    anna.goto(f"{shared_server.url}/account/security")
    anna.get_by_role("button", name="Sign in with a passkey").click()
    anna.wait_for_url("**/account/security")
    anna.get_by_role("button", name="Remove My laptop").click()
    anna.locator("dialog[open]").get_by_role("button", name="Remove").click()
    expect(anna.locator("[aria-labelledby=passkeys-title] li")).to_have_count(0)


def test_two_steps_with_an_app_and_a_recovery_code(anna: Page, person: Person, chromium: Browser, shared_server: Server) -> None:
    anna.goto(f"{shared_server.url}/account/security")
    anna.get_by_role("link", name="Switch it on").click()
    expect(anna.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
    has_no_violations(anna)
    secret = (anna.locator("#secret").text_content() or "").replace(" ", "")
    anna.get_by_label("Enter the six digits").fill(pyotp.TOTP(secret).at(clock.now() // 1000))
    anna.get_by_role("button", name="Switch it on").click()
    codes = (anna.locator("#codes").text_content() or "").split()
    assert len(codes) == 10
    context = chromium.new_context()
    page = sign_in(context, shared_server, person.account.email)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    has_no_violations(page)
    page.get_by_text("Use a recovery code instead").click()
    page.get_by_label("Recovery code").fill(codes[3])
    page.get_by_role("button", name="Sign in with this code").click()
    page.wait_for_url("**/account/security")
    expect(page.get_by_text("You have 9 recovery codes left.")).to_be_visible()
    context.close()


def test_the_theme_is_kept_and_follows_to_another_device(anna: Page, person: Person, chromium: Browser, shared_server: Server) -> None:
    anna.goto(f"{shared_server.url}/account/appearance")
    with anna.expect_response("**/account/theme"):
        anna.get_by_text("Light on black").click()
    expect(anna.locator("html")).to_have_attribute("data-theme", "dark")
    has_no_violations(anna)
    context = chromium.new_context(color_scheme="light")
    page = sign_in(context, shared_server, person.account.email)
    page.wait_for_url("**/account/security")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    context.close()
    outside = chromium.new_context(color_scheme="dark")
    page = outside.new_page()
    page.goto(f"{shared_server.url}/sign-in")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") in ("dark", "light dark")
    outside.close()


def test_a_picture_is_chosen_cut_and_shown_in_the_bar(anna: Page, shared_server: Server, tmp_path: Path) -> None:
    Image.new("RGB", (600, 300), "teal").save(tmp_path / "me.png")
    anna.goto(f"{shared_server.url}/account")
    expect(anna.get_by_role("button", name="Use this picture")).to_be_hidden()
    anna.set_input_files("#avatar-file", tmp_path / "me.png")
    frame = anna.locator("[data-frame]")
    frame.focus()
    before = anna.locator("[name=crop_left]").input_value()
    frame.press("ArrowRight")
    assert float(keyed := anna.locator("[name=crop_left]").input_value()) > float(before)
    anna.evaluate("for (const name of ['movementX', 'movementY']) delete MouseEvent.prototype[name]")  # as on an iPhone
    frame.drag_to(frame, source_position={"x": 90, "y": 120}, target_position={"x": 150, "y": 120})
    assert float(anna.locator("[name=crop_left]").input_value()) < float(keyed)
    anna.get_by_role("button", name="Use this picture").click()
    anna.wait_for_url(re.compile("saved"))
    expect(anna.locator(".bar-avatar img")).to_have_attribute("src", re.compile(r"/avatars/[0-9a-f]{64}/small"))
    has_no_violations(anna)


def test_everything_but_passkeys_works_without_scripts(person: Person, chromium: Browser, shared_server: Server) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = sign_in(context, shared_server, person.account.email)
    page.wait_for_url("**/account/security")
    page.goto(f"{shared_server.url}/account")
    page.locator("[name=phone]").fill("+41 79 000 00 00")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/account?saved=1")
    expect(page.locator("[name=phone]")).to_have_value("+41 79 000 00 00")
    page.goto(f"{shared_server.url}/account/appearance")
    page.locator("[name=theme][value=dark]").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    context.close()
