"""An administrator's day in the Manager, and a second administrator who sees it happen: in two browsers."""

from __future__ import annotations

import subprocess
import sys

from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import has_no_violations
from tests.command_line import ROOT
from tests.conftest import Server

PASSWORD = "seven green lanterns"


def move_in(server: Server, name: str, role: str) -> None:
    """A member of Alpina, by the command line."""
    email = f"{name.split()[0].lower()}@alpina.example"
    command = [sys.executable, "-m", "app", "user", "add", email, "--name", name, "--role", role, "--organisation", "Alpina", "--password-stdin"]
    added = subprocess.run(command, cwd=ROOT, env=server._environment, input=f"{PASSWORD}\n", text=True, capture_output=True, timeout=60)
    assert added.returncode == 0, added.stderr


def sign_in(chromium: Browser, server: Server, name: str) -> Page:
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{server.url}/sign-in?next=%2Fmanager")
    page.get_by_label("Email").fill(f"{name}@alpina.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/manager")
    return page


def test_a_team_a_right_a_removal_with_hand_over_and_back(chromium: Browser, server: Server) -> None:
    for name, role in (("Anna Alpha", "legal"), ("Beat Keller", "admin"), ("Chiara Dotti", "user")):
        move_in(server, name, role)
    anna, beat = sign_in(chromium, server, "anna"), sign_in(chromium, server, "beat")
    has_no_violations(anna)
    beat.get_by_role("navigation", name="Places").get_by_role("link", name="People").click()
    chiaras_row = beat.get_by_role("row").filter(has_text="Chiara Dotti")
    expect(chiaras_row).to_contain_text("Uses Chat")
    expect(beat.locator("html")).to_have_attribute("data-live", "on")

    # A team, with Chiara leading it.
    anna.get_by_role("navigation", name="Places").get_by_role("link", name="Teams").click()
    anna.locator("header").get_by_role("link", name="Create a team").click()
    dialog = anna.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Sales")
    dialog.get_by_role("combobox", name="People").fill("chi")
    dialog.get_by_role("option", name="Chiara Dotti").click()
    dialog.get_by_role("button", name="Create").click()
    expect(anna.get_by_role("heading", name="Sales")).to_be_visible()
    anna.get_by_role("button", name="Actions for Chiara Dotti").click()
    anna.get_by_role("menuitem", name="Let them lead the team").click()
    expect(anna.get_by_text("Leads the team", exact=True)).to_be_visible()
    expect(chiaras_row).to_contain_text("Sales")
    has_no_violations(anna)

    # A right: Beat sees the switch without doing anything, also when it is taken back.
    anna.goto(f"{server.url}/manager/people")
    expect(anna.locator("html[data-connected]")).to_have_attribute("data-live", "on")
    anna.get_by_role("searchbox", name="Find people").fill("dot")
    expect(anna.get_by_role("row").filter(has_text="Beat")).to_have_count(0)
    expect(anna).to_have_url(f"{server.url}/manager/people?q=dot&role=&team=&right=&sort=name")
    anna.wait_for_load_state("networkidle")  # the list, which is asked for anew as one types, is not exchanged under the mouse
    anna.get_by_role("link", name="Chiara Dotti").click()
    manages = anna.get_by_role("switch", name="Manages Chat")
    manages.click()
    expect(manages).to_be_checked()
    expect(chiaras_row).to_contain_text("Uses and manages Chat")
    has_no_violations(anna)
    anna.locator(".toast").filter(has_text="Right given").get_by_role("button", name="Undo").click()
    expect(manages).not_to_be_checked()
    expect(chiaras_row).not_to_contain_text("manages")

    # A removal: what she owns goes to Beat, and comes back with her.
    anna.get_by_role("link", name="Remove…").click()
    dialog = anna.get_by_role("dialog")
    expect(dialog).to_contain_text("Leads 1 team: Sales")
    dialog.get_by_role("combobox", name="Who takes over?").fill("beat")
    dialog.get_by_role("option", name="Beat Keller").click()
    dialog.get_by_role("button", name="Remove", exact=True).click()
    expect(chiaras_row).to_have_count(0)
    expect(beat.get_by_role("row").filter(has_text="Beat Keller")).to_contain_text("Sales")
    anna.locator(".toast").filter(has_text="Chiara Dotti was removed").get_by_role("button", name="Undo").click()
    expect(chiaras_row).to_contain_text("Sales")
    expect(beat.get_by_role("row").filter(has_text="Beat Keller")).not_to_contain_text("Sales")
    add_to_a_team_by_keyboard(beat)
    expect(anna.get_by_role("row").filter(has_text="Beat Keller")).to_contain_text("Sales")


def add_to_a_team_by_keyboard(page: Page) -> None:
    """Select Beat and the next one, and put them into Sales."""
    page.locator("#people-rows [data-row][tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("row").filter(has_text="Beat Keller")).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("2 selected")
    page.get_by_role("button", name="Add to a team").click()
    page.get_by_role("menuitem", name="Sales").click()
    expect(page.get_by_role("row").filter(has_text="Beat Keller")).to_contain_text("Sales")
