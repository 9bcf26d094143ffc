"""Contacts by hand and keyboard, and a colleague who sees it happen: in two browsers."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import has_no_violations
from tests.browser.test_manager import PASSWORD, move_in
from tests.conftest import Server


def sign_in(chromium: Browser, server: Server, name: str) -> Page:
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{server.url}/sign-in?next=%2Fcontacts")
    page.get_by_label("Email").fill(f"{name}@alpina.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/contacts")
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    return page


def test_contacts_are_made_shared_chosen_and_brought_back(chromium: Browser, server: Server, tmp_path: Path) -> None:
    for name, role in (("Anna Alpha", "legal"), ("Beat Keller", "user")):
        move_in(server, name, role)
    anna, beat = sign_in(chromium, server, "anna"), sign_in(chromium, server, "beat")
    has_no_violations(anna)

    bring_three(anna, tmp_path)
    share_with_beat(anna, beat)
    add_with_the_keyboard(anna, beat)
    choose_with_the_keyboard(anna, beat)

    # Found while typing; exported by the bar below the list.
    anna.get_by_label("Find contacts").fill("zur")
    expect(anna.locator("[data-row]")).to_have_count(1)
    anna.locator("[data-row] input").check()
    anna.get_by_role("region", name="Selection").get_by_role("button", name="More").click()
    with anna.expect_download() as download:
        anna.get_by_role("menuitem", name="Export").click()
    assert re.search("FN:Zoë Zürcher", download.value.path().read_text())

    # A label of one's own, typed into the menu.
    anna.get_by_role("region", name="Selection").get_by_role("button", name="Label").click()
    anna.get_by_placeholder("New label").click()
    anna.keyboard.type("VIP")
    anna.keyboard.press("Enter")
    expect(anna.get_by_role("navigation", name="Places").get_by_role("link", name="VIP")).to_be_visible()
    expect(anna.get_by_placeholder("New label")).to_be_hidden()


def bring_three(anna: Page, tmp_path: Path) -> None:
    """A file brings three people, after a look at it."""
    cards = "".join(f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nN:{name};;;;\r\nEMAIL:{name.lower()}@x.example\r\nEND:VCARD\r\n" for name in ("Carl", "Dora", "Emil"))
    (tmp_path / "old.vcf").write_text(cards)
    anna.get_by_role("link", name="Import a file").first.click()
    anna.set_input_files("input[type=file]", tmp_path / "old.vcf")
    has_no_violations(anna)
    anna.get_by_role("button", name="Have a look").click()
    anna.get_by_role("button", name="Import 3 contacts").click()
    expect(anna.get_by_text("Done.", exact=True)).to_be_visible()
    has_no_violations(anna)


def share_with_beat(anna: Page, beat: Page) -> None:
    """The book is shared; Beat accepts it."""
    anna.get_by_role("link", name="Show Contacts").click()
    anna.get_by_role("main").get_by_role("button", name="More", exact=True).click()
    anna.get_by_role("menuitem", name="Share").click()
    dialog = anna.get_by_role("dialog")
    dialog.get_by_role("combobox", name="Colleagues").fill("bea")
    dialog.get_by_role("option", name="Beat Keller").click()
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_text("not answered yet")).to_be_visible()
    has_no_violations(anna)
    dialog.locator("footer").get_by_role("button", name="Close").click()
    beat.get_by_role("link", name="Contacts New").click()
    beat.get_by_role("dialog").get_by_role("button", name="Accept").click()
    expect(beat.get_by_role("row").filter(has_text="Dora")).to_be_visible()


def add_with_the_keyboard(anna: Page, beat: Page) -> None:
    """A new card, seen by Beat at once."""
    anna.get_by_role("heading", name="Contacts", level=1).last.focus()
    anna.keyboard.press("c")
    anna.get_by_label("First name", exact=True).fill("Zoë")
    anna.get_by_label("Last name", exact=True).fill("Zürcher")
    anna.get_by_label("Phone", exact=True).fill("+41 44 312 12 12")
    anna.get_by_role("button", name="Website").click()
    anna.get_by_label("Website", exact=True).fill("javascript:alert(1)")
    anna.get_by_role("button", name="Save").click()
    expect(anna.get_by_text("This isn’t an address of a page.")).to_be_visible()
    assert anna.evaluate("document.documentElement.scrollHeight <= innerHeight")  # the form scrolls, and not the page with it
    has_no_violations(anna)
    anna.get_by_label("Website", exact=True).fill("zoe.example")
    anna.get_by_role("button", name="Save").click()
    expect(anna.locator(".card-name")).to_have_text("Zoë Zürcher")
    expect(anna.get_by_role("link", name="zoe.example")).to_have_attribute("href", "https://zoe.example")
    expect(beat.get_by_role("row").filter(has_text="Zoë Zürcher")).to_be_visible()
    has_no_violations(anna)


def choose_with_the_keyboard(anna: Page, beat: Page) -> None:
    """Some are deleted and brought back; Beat sees both."""
    anna.keyboard.press("Escape")
    expect(anna.locator(".card-name")).to_have_count(0)
    anna.keyboard.press("/")
    anna.keyboard.press("ArrowDown")
    expect(anna.locator("[data-row]").first).to_be_focused()
    anna.keyboard.press("x")
    anna.keyboard.press("j")
    anna.keyboard.press("x")
    expect(anna.get_by_text("2 selected")).to_be_visible()
    has_no_violations(anna)
    anna.get_by_role("region", name="Selection").get_by_role("button", name="Delete").click()
    expect(beat.get_by_role("row").filter(has_text="Carl")).to_have_count(0)
    anna.get_by_role("button", name="Undo").click()
    expect(beat.get_by_role("row").filter(has_text="Carl")).to_be_visible()
