"""An administrator invites a colleague and a guest by mail; each registers in a browser of their own, and lands in the right channel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chromium import has_no_violations
from tests.conftest import Server
from tests.invitations import letters, link_in

PASSWORD = "seven green lanterns"


@pytest.fixture
def anna(chromium: Browser, server: Server) -> Iterator[Page]:
    """The administrator, right after the first run."""
    context = chromium.new_context(timezone_id="Europe/Zurich", locale="en-GB")
    page = context.new_page()
    page.goto(f"{server.url}/setup")
    for name, value in {"organisation": "Alpina", "given_name": "Anna", "family_name": "Alpha", "email": "anna@alpina.example", "password": PASSWORD}.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Set up and sign in").click()
    page.wait_for_url(f"{server.url}/")
    yield page
    context.close()


def mailed(server: Server, to: str) -> str:
    """The address in the newest mail to somebody: it was written before the page says so."""
    return server.url + link_in(letters(Path(server.data_dir), to)[-1])


def register(context: BrowserContext, url: str, name: str) -> Page:
    page = context.new_page()
    page.goto(url)
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Oslo")
    has_no_violations(page)
    page.get_by_label("First name").fill(name)
    page.get_by_label("Choose a password").fill("granite lake at dawn")
    page.get_by_role("button", name="Accept and register").click()
    return page


def test_a_colleague_and_a_guest_are_invited_by_mail_and_come_in(anna: Page, chromium: Browser, server: Server) -> None:
    anna.goto(f"{server.url}/chat/channels/new")
    anna.get_by_label("Name", exact=True).fill("launch")
    anna.get_by_role("button", name="Create the channel").click()
    anna.wait_for_url(re.compile(r"/chat/channels/\d+$"))
    launch = anna.url

    anna.goto(f"{server.url}/manager/invitations/new")
    has_no_violations(anna)
    anna.get_by_label("First name").fill("Nora")
    anna.get_by_label("Email").fill("nora@alpina.example")
    anna.locator(".check-list").get_by_text("#launch").click()
    anna.get_by_role("button", name="Invite", exact=True).click()
    expect(anna.get_by_role("heading", name="nora@alpina.example is invited")).to_be_visible()
    anna.get_by_role("link", name="Pending invitations").click()
    row = anna.get_by_role("listitem").filter(has_text="nora@alpina.example")
    expect(row).to_contain_text("In the outbox folder")
    has_no_violations(anna)

    nora = register(chromium.new_context(timezone_id="Europe/Oslo"), mailed(server, "nora@alpina.example"), "Nora")
    nora.wait_for_url(f"{server.url}/")
    expect(row).to_have_count(0)  # live: the list follows
    nora.goto(launch)
    nora.locator(".side-link", has_text="Chalet").click()
    expect(nora.get_by_text("Welcome to Alpina, Nora!")).to_be_visible()
    expect(nora.locator(".msg .tag").first).to_have_text("[bot]")

    anna.goto(f"{server.url}/manager/guests")
    expect(anna.locator(".usages")).to_contain_text("0 of 100")
    anna.goto(launch)
    anna.locator(".chat-head").get_by_role("link", name="Invite members").click()
    anna.get_by_role("dialog").get_by_role("link", name="Guest").click()
    anna.get_by_label("Email addresses").fill("mia@agency.example")
    has_no_violations(anna)
    anna.get_by_role("button", name="Invite", exact=True).click()
    expect(anna.locator(".toast", has_text="1 guest is invited.")).to_be_visible()
    anna.locator(".chat-head").get_by_role("link", name="Members", exact=True).click()
    expect(anna.locator("#detail").get_by_text("mia@agency.example").first).to_be_visible()
    has_no_violations(anna)
    anna.goto(f"{server.url}/manager/guests")
    expect(anna.locator(".usages")).to_contain_text("0 of 100")  # until the registration is complete
    invited = anna.get_by_role("listitem").filter(has_text="mia@agency.example")
    expect(invited).to_contain_text("In the outbox folder")

    mia = register(chromium.new_context(timezone_id="Europe/Oslo"), mailed(server, "mia@agency.example"), "Mia")
    mia.wait_for_url(launch)
    expect(mia.get_by_role("heading", level=1, name="launch")).to_be_visible()
    expect(anna.locator(".usages")).to_contain_text("1 external user")  # live
    expect(anna.locator(".usages")).to_contain_text("1 of 100")
    has_no_violations(anna)
    mia.context.close()
    nora.context.close()
