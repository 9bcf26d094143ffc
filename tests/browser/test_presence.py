"""Two people in two browsers: how one is and what one says, the other sees at once; it ends by the server's clock."""

from __future__ import annotations

from playwright.sync_api import APIResponse, Page, Route, expect

from app import database
from app.lib import clock
from tests.browser.chromium import violations
from tests.browser.house import House, apart, message, write
from tests.browser.waiting import eventually


def menu(page: Page) -> None:
    page.locator(".bar-avatar").click()
    expect(page.locator("#me")).to_be_visible()
    expect(page.locator("#me :focus")).to_have_count(1)  # arrows go on from there


async def _let_time_pass(membership_id: int) -> None:
    """Half an hour later, as far as the last status is concerned."""
    await database.execute("UPDATE member_status SET expires_at = $1 WHERE membership_id = $2 AND expires_at IS NOT NULL", clock.now(), membership_id)
    await database.execute("UPDATE job SET run_at = $1 WHERE kind = 'turn_status'", clock.now())


def test_a_state_and_a_status_are_seen_live_and_end_by_themselves(house: House) -> None:
    anna, beat = house.visit(house.people.anna), house.visit(house.people.beat)
    id_ = house.people.anna.id
    write(anna, "Good morning")
    expect(message(beat, "Good morning")).to_be_visible()
    home = beat.context.new_page()
    home.clock.install(time="2001-01-01T08:00:00Z")  # the device's clock is wrong
    home.goto(house.server.url)
    card = home.locator(".home-person", has_text="Anna Alpha")
    expect(card.locator(".dot")).to_have_attribute("data-state", "online")
    expect(card.locator("strong + .said")).to_have_text(", Online")

    menu(anna)
    anna.keyboard.press("ArrowDown")  # from the status to the current state
    anna.keyboard.press("Enter")
    anna.get_by_role("menuitemradio", name="For 30 minutes").press("Enter")
    expect(anna.locator(".toast", has_text="You won’t be disturbed until")).to_be_visible()
    expect(card.locator(".dot")).to_have_attribute("data-state", "dnd")
    expect(card.locator("strong + .said")).to_have_text(", Do not disturb")
    expect(anna.locator(".bar-avatar .dot")).to_have_attribute("data-state", "dnd")

    menu(anna)
    anna.get_by_role("menuitem", name="Set a custom status").click()
    dialog = anna.locator("#dialog")
    dialog.get_by_role("button", name="Choose an emoji").click()
    expect(dialog.get_by_label("Search emoji")).to_be_focused()
    anna.keyboard.type("palm tree")
    anna.keyboard.press("Enter")
    expect(dialog.locator("[name=emoji]")).to_have_value("🌴")
    dialog.get_by_label("What others see").fill("On holiday")
    anna.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(card).to_contain_text("🌴On holiday")
    expect(message(beat, "Good morning").get_by_role("img", name="On holiday")).to_have_text("🌴")

    menu(anna)
    anna.get_by_role("menuitem", name="On holiday").click()
    dialog.get_by_role("button", name="Commuting").click()
    dialog.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("🚋Commuting")
    expect(beat.locator(f'.msg [data-said="{id_}"]').first).to_contain_text("🚋")
    apart(house.address, _let_time_pass(house.people.anna.membership.id))
    expect(card).to_contain_text("🌴On holiday")
    expect(beat.locator(f'.msg [data-said="{id_}"]').first).to_contain_text("🌴")

    menu(anna)
    anna.get_by_role("menuitem", name="Clear your status").click()
    expect(card).not_to_contain_text("On holiday")
    anna.locator(".toast", has_text="Your status is cleared.").get_by_role("button", name="Undo").click()
    expect(card).to_contain_text("🌴On holiday")
    anna.context.close()
    expect(card.locator(".dot")).to_have_attribute("data-state", "offline")


CHOOSE = "choice => fetch('/account/presence', { method: 'POST', body: new URLSearchParams({ choice }), headers: { 'HX-Request': 'true' } })"


def test_what_was_heard_later_than_an_answer_was_made_stays(house: House) -> None:
    anna, beat = house.visit(house.people.anna), house.visit(house.people.beat)
    beat.goto(house.server.url)
    dot = beat.locator(".home-person", has_text="Anna Alpha").locator(".dot")
    expect(dot).to_have_attribute("data-state", "online")
    held: list[tuple[Route, APIResponse]] = []
    beat.route(f"{house.server.url}/presence", lambda route: held.append((route, route.fetch())))
    beat.evaluate(CHOOSE, "away")
    eventually(lambda: held, beat)
    anna.evaluate(CHOOSE, "dnd:30")
    expect(dot).to_have_attribute("data-state", "dnd")
    for route, answer in held:
        route.fulfill(response=answer)
    expect(beat.locator("[data-of=away]")).to_have_attribute("aria-checked", "true")  # the answer is there
    expect(dot).to_have_attribute("data-state", "dnd")


def test_the_pages_of_ones_own_are_accessible(house: House) -> None:
    anna = house.visit(house.people.anna)
    for path in ("/", "/account", "/account/status", "/account/data", "/account/log", "/manager/log"):
        anna.goto(house.server.url + path)
        expect(anna.locator("html[data-connected]")).to_be_attached()
        assert violations(anna) == []
