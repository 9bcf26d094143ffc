"""The calendar in Chromium: drawn, dragged and answered by hand and by keyboard, and seen by somebody else as it happens."""

from __future__ import annotations

from datetime import datetime

from playwright.sync_api import CDPSession, Locator, Page, expect

from app.models.calendar import Calendar, Event, sharing
from app.models.calendar.calendar import EDIT
from app.models.calendar.drafts import Draft
from tests.browser.chromium import violations
from tests.browser.house import House, apart
from tests.people import People

WEEK = "/calendar/week/2026-11-16"


async def _shared(people: People) -> None:
    """Beat looks at Anna's calendar, and may change what is in it."""
    anna = people.anna
    calendar = await Calendar.default_for(anna.id, anna.viewer.org_id)
    await sharing.share(anna.viewer, calendar, EDIT, account_id=people.beat.id)
    await sharing.take(people.beat.viewer, await Calendar.seen_by(people.beat.viewer, calendar.id))
    stand_up = Draft("Stand-up", datetime(2026, 11, 16, 9), datetime(2026, 11, 16, 9, 30), timezone="Europe/Zurich", rule="FREQ=DAILY;COUNT=5")
    await Event.create(anna.viewer, calendar, stand_up)
    lunch = Draft("Lunch", datetime(2026, 11, 19, 12), datetime(2026, 11, 19, 13), timezone="Europe/Zurich")
    await Event.create(anna.viewer, calendar, lunch)


def go(page: Page, house: House) -> Page:
    page.goto(house.server.url + WEEK)
    expect(page.locator("html[data-live=on][data-connected]")).to_be_attached()
    return page


def events(page: Page, title: str) -> Locator:
    return page.locator(".cal-day .cal-event:not(.ghost)", has_text=title)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=3)
    page.mouse.move(*end, steps=3)
    page.mouse.up()


def test_what_one_draws_the_other_sees_and_moves(house: House) -> None:
    apart(house.address, _shared(house.people))
    anna, beat = go(house.visit(house.people.anna), house), go(house.visit(house.people.beat), house)
    expect(events(beat, "Stand-up")).to_have_count(5)

    wednesday = anna.locator(".cal-day").nth(2).bounding_box()
    grid = anna.locator(".cal-grid").bounding_box()
    assert wednesday and grid
    x, y = wednesday["x"] + 40, grid["y"] + 330
    drag(anna, (x, y), (x, y + 52))
    expect(anna.locator("#event-title")).to_be_focused()
    assert anna.locator("[name=start_date]").input_value() == "2026-11-18"
    anna.keyboard.type("Design review")
    anna.keyboard.press("Enter")
    expect(events(anna, "Design review")).to_have_count(1)
    drawn = events(beat, "Design review")
    expect(drawn).to_have_count(1)  # without a reload

    was = drawn.get_attribute("data-start")
    drawn.focus()
    beat.keyboard.press("Alt+ArrowRight")  # by keyboard: a day later
    expect(events(anna, "Design review")).to_have_attribute("data-start", was.replace("-18T", "-19T") if was else "")
    beat.locator(".toast", has_text="Moved: Design review").get_by_role("button", name="Undo").click()
    expect(events(anna, "Design review")).to_have_attribute("data-start", was or "")


def test_one_of_a_series_is_dragged_and_the_others_stay(house: House) -> None:
    apart(house.address, _shared(house.people))
    anna, beat = go(house.visit(house.people.anna), house), go(house.visit(house.people.beat), house)
    tuesday = events(anna, "Stand-up").nth(1)
    tuesday.scroll_into_view_if_needed()
    box, friday = tuesday.bounding_box(), anna.locator(".cal-day").nth(4).bounding_box()
    assert box and friday
    drag(anna, (box["x"] + 20, box["y"] + 6), (friday["x"] + 30, box["y"] + 58))
    dialog = anna.locator("#dialog")
    expect(dialog).to_contain_text("Only this one is concerned; the others stay as they are.")
    dialog.get_by_role("button", name="Save").click()
    expect(anna.locator('.cal-event[data-start^="2026-11-20T10"]')).to_have_count(1)
    expect(anna.locator('.cal-event[data-start^="2026-11-17"]')).to_have_count(0)
    expect(anna.locator('.cal-event[data-start$="T09:00"]')).to_have_count(4)
    expect(beat.locator('.cal-event[data-start^="2026-11-20T10"]')).to_have_count(1)  # without a reload
    expect(beat.locator('.cal-event[data-start$="T09:00"]')).to_have_count(4)

    events(anna, "Stand-up").first.click()
    detail = anna.locator("#detail")
    expect(detail).to_contain_text("Every day, 5 times")
    expect(anna.locator(".cal-event[aria-current]")).to_have_count(1)
    assert "/calendar/events/" in anna.url
    anna.reload()  # the address leads to the same
    expect(detail).to_contain_text("Stand-up")
    anna.locator("#detail").get_by_role("button", name="Delete").click()
    anna.locator("#dialog").get_by_label("All of them").check()
    anna.locator("#dialog").get_by_role("button", name="Delete").click()
    expect(events(anna, "Stand-up")).to_have_count(0)
    anna.locator(".toast", has_text="Deleted: Stand-up").get_by_role("button", name="Undo").click()
    expect(events(anna, "Stand-up")).to_have_count(5)


def touch(finger: CDPSession, kind: str, *at: float) -> None:
    finger.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [{"x": at[0], "y": at[1]}] if at else []})


def test_a_finger_drags_what_it_holds_and_scrolls_otherwise(house: House) -> None:
    apart(house.address, _shared(house.people))
    anna = go(house.visit(house.people.anna), house)
    finger = anna.context.new_cdp_session(anna)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    lunch, grid = events(anna, "Lunch"), anna.locator(".cal-grid")
    lunch.scroll_into_view_if_needed()
    box = lunch.bounding_box()
    assert box
    x, y = box["x"] + 20, box["y"] + 8
    touch(finger, "Start", x, y)
    expect(grid).to_have_attribute("data-dragging", "")
    for step in range(1, 5):
        touch(finger, "Move", x, y + 13 * step)
    touch(finger, "End")
    expect(lunch).to_have_attribute("data-start", "2026-11-19T13:00")
    anna.locator(".toast", has_text="Moved: Lunch").get_by_role("button", name="Undo").click()
    expect(lunch).to_have_attribute("data-start", "2026-11-19T12:00")

    was = grid.evaluate("grid => grid.scrollTop")
    touch(finger, "Start", x, y)
    for step in range(1, 9):
        touch(finger, "Move", x, y - 20 * step)
    touch(finger, "End")
    anna.wait_for_function("was => document.querySelector('.cal-grid').scrollTop > was", arg=was)
    expect(anna.locator(".cal-event.ghost")).to_have_count(0)
    expect(lunch).to_have_attribute("data-start", "2026-11-19T12:00")


def test_guests_and_files_are_put_beside_an_event(house: House) -> None:
    anna = house.visit(house.people.anna)
    for address, field in (("/calendar/find-a-time", "#find-guests"), ("/calendar/events/new", "#event-guests")):
        anna.goto(house.server.url + address)
        chip = anna.locator(".picker .chip", has_text="Beat Keller")
        for _again in range(2):
            anna.locator(field).press_sequentially("Bea")
            anna.locator(f"{field}-options [role=option]").first.click()
            expect(chip).to_have_count(1)
            chip.hover()
            chip.get_by_text("optional").click()
            expect(chip.locator("[name=optional]")).to_be_checked()
            if not _again:
                chip.locator("[data-remove]").click()
                expect(chip).to_have_count(0)
    anna.locator("#event-title").fill("Budget")
    anna.locator(".cal-more-fields > summary").click()
    anna.locator("[data-upload]").set_input_files({"name": "Figures.txt", "mimeType": "text/plain", "buffer": b"12, 13"})
    anna.get_by_role("button", name="Save").click()  # also while the file is still on its way
    anna.wait_for_url("**/calendar/events/*")
    detail = anna.locator("#detail")
    expect(detail.locator("li", has_text="Beat Keller")).to_contain_text("optional")
    address = detail.get_by_role("link", name="Figures.txt").get_attribute("href")
    assert anna.request.get(house.server.url + str(address)).text() == "12, 13"


def test_every_view_is_within_reach_of_everybody(house: House) -> None:
    apart(house.address, _shared(house.people))
    anna = go(house.visit(house.people.anna), house)
    for letter, view in (("d", "day"), ("m", "month"), ("y", "year"), ("a", "agenda"), ("w", "week")):
        anna.keyboard.press(letter)
        anna.wait_for_url(f"**/calendar/{view}/**")
        expect(anna.locator(".cal [aria-current=page]")).to_have_attribute("href", anna.url.removeprefix(house.server.url))
        assert violations(anna) == []
        for width in (360, 1440):
            anna.set_viewport_size({"width": width, "height": 800})
            assert anna.evaluate("document.documentElement.scrollWidth <= innerWidth"), (view, width)
