"""Channels as two people arrange them: what changes shows at once, commands answer, the keyboard does what the pointer does."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import violations
from tests.browser.house import House, message, write


def test_a_channel_changes_before_everybody(house: House) -> None:
    anna, beat = house.visit(house.people.anna), house.visit(house.people.beat)
    expect(beat.locator(".chat-title h1")).to_have_text("launch")
    write(anna, "/rename start-2027")
    expect(beat.locator(".chat-title h1")).to_have_text("start-2027")
    expect(beat.locator("#chat-side .side-label", has_text="start-2027")).to_have_count(1)
    write(anna, "/header The **plan**")
    expect(beat.locator(".chat-header strong")).to_have_text("plan")

    write(beat, "/archive")
    expect(beat.locator("#composer .composer-error")).to_contain_text("not by you")
    expect(beat.locator("#composer textarea")).to_have_value("/archive")
    write(beat, "/remind me in 20 minutes to rest")
    expect(beat.locator(".only-you")).to_contain_text("rest")
    expect(anna.locator(".only-you")).to_have_count(0)
    beat.locator(".only-you [data-dismiss]").click()
    expect(beat.locator(".only-you")).to_have_count(0)

    beat.locator("#composer textarea").press_sequentially("/shr")
    expect(beat.locator(".composer-commands:not([hidden]) [role=option]")).to_have_count(1)
    beat.keyboard.press("Enter")
    expect(beat.locator("#composer textarea")).to_have_value("/shrug ")
    beat.keyboard.press("Enter")
    expect(message(anna, "¯\\_(ツ)_/¯")).to_have_count(1)

    write(anna, "/archive")
    expect(beat.locator("#chat-archived")).to_be_visible()
    expect(beat.locator("#composer")).to_have_count(0)
    anna.locator("#chat-archived button").click()
    expect(beat.locator("#composer")).to_be_visible()


def test_the_side_column_is_arranged_by_keyboard(house: House) -> None:
    beat = house.visit(house.people.beat)
    beat.locator("[popovertarget=channel-menu]").click()
    beat.locator("#channel-menu [role=menuitem]", has_text="Move to a category").click()
    beat.locator("dialog [name=group][value=new]").check()
    beat.locator("dialog [name=name]").fill("Projects")
    beat.locator("dialog button[type=submit]").click()
    category = beat.locator("[data-group]", has=beat.locator(".side-category"))
    expect(category.locator("[data-channel]")).to_have_count(1)
    beat.locator('[data-group="channels"] [data-channel]').first.focus()
    beat.keyboard.press("Alt+Shift+ArrowUp")
    expect(category.locator("[data-channel]")).to_have_count(2)
    expect(beat.locator("[data-channel]:focus")).to_have_count(1)
    category.locator(".side-fold").click()
    expect(category.locator("[data-channel]")).to_have_count(1)  # the open one stays


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_those_who_manage_chat_are_for_everyone(house: House, scheme: str) -> None:
    anna = house.visit(house.people.anna)
    anna.emulate_media(color_scheme=scheme)
    for path in ("/manager/chat/moderation", "/manager/chat/integrations", "/manager/chat/moving", "/manager/api"):
        anna.goto(house.server.url + path)
        expect(anna.locator("h1")).to_be_visible()
        assert violations(anna) == []
        anna.set_viewport_size({"width": 360, "height": 740})
        assert anna.evaluate("document.documentElement.scrollWidth") <= 360, path
        anna.set_viewport_size({"width": 1280, "height": 800})
