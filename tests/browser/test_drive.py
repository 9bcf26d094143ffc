"""Drive in real browsers: an upload that loses its server twice and its page once, two people in one folder, and a file's way out and back."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from app import database
from app.edge import COOKIE
from tests.browser.chromium import violations
from tests.browser.house import address_of, apart
from tests.conftest import Server
from tests.drive import folder, linked
from tests.people import People, Person, move_in


@pytest.fixture
def people(server: Server, empty_database: str) -> People:
    """Alpina lives on the running server."""
    address = address_of(server, empty_database)
    found: People = apart(address, move_in())
    return found


def visit(chromium: Browser, server: Server, person: Person, path: str = "/drive", **more: Any) -> Page:
    """A page of somebody's own browser."""
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 860}, **more})
    context.add_cookies([{"name": COOKIE.decode(), "value": person.token, "url": server.url}])
    page = context.new_page()
    page.goto(server.url + path)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    return page


def drop(page: Page, path: Path) -> None:
    """Drop a file or folder of the disk on the list. What a script drops would be there after the event, too."""
    expect(page.locator(".drive-list[data-view]")).to_be_visible()
    devtools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 640, "y": 500, "data": {"items": [], "files": [str(path)], "dragOperationsMask": 1}})


def test_an_upload_outlives_two_losses_and_a_reload(chromium: Browser, server: Server, people: People, tmp_path: Path) -> None:
    film = tmp_path / "film.bin"
    film.write_bytes(os.urandom(14_000_000))
    page = visit(chromium, server, people.anna)
    calm = page.context.new_cdp_session(page)
    calm.send("Network.enable")
    slow = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 6_000_000}
    calm.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#drive-files", film)
    for _loss in range(2):
        page.wait_for_function("() => { const bar = document.querySelector('.upload progress'); return bar && bar.value > (window.reached ?? 0) + 0.08; }")
        page.evaluate("() => (window.reached = document.querySelector('.upload progress').value)")
        server.kill()
        expect(page.locator(".upload [data-state]")).to_contain_text("goes on by itself")
        server.start()
    page.wait_for_function("() => document.querySelector('.upload progress').value > window.reached + 0.05")
    page.reload()
    expect(page.locator("tr[data-name='film.bin']")).to_be_visible()
    with page.expect_download() as waiting:
        page.locator("tr[data-name='film.bin'] .node-modified").click()
        page.locator(".selection-bar [data-do=download]").click()
    assert Path(waiting.value.path()).read_bytes() == film.read_bytes()
    page.context.close()


def test_small_files_outlive_a_killed_server_and_a_full_quota(
    chromium: Browser, server: Server, people: People, empty_database: str, tmp_path: Path
) -> None:
    trip = tmp_path / "Trip"
    for number in range(150):
        (trip / f"Day {number // 75}").mkdir(parents=True, exist_ok=True)
        (trip / f"Day {number // 75}" / f"note {number:03}.txt").write_text(f"note {number}\n" * 500)
    page = visit(chromium, server, people.anna)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 200_000})
    page.set_input_files("#drive-folder", trip)
    expect(page.locator(".uploads [data-summary]")).to_contain_text(re.compile(r"[1-9]\d of 150"))
    server.kill()
    expect(page.locator(".upload").first).to_contain_text("goes on by itself")
    server.start()
    expect(page.locator(".uploads[data-done=true] [data-summary]")).to_have_text("150 of 150 uploaded")
    network.detach()

    apart(address_of(server, empty_database), people.anna.organisation.change(storage_per_person=1))
    page.set_input_files("#drive-files", trip / "Day 0" / "note 000.txt")
    failed = page.locator(".upload.is-failed")
    expect(failed).to_contain_text("storage is full")
    page.reload()
    expect(failed).to_contain_text("storage is full")
    apart(address_of(server, empty_database), people.anna.organisation.change(storage_per_person=None))
    failed.locator("[data-pause]").click()
    expect(page.locator("tr[data-name='note 000.txt']")).to_be_visible()
    page.locator("a.node-label", has_text="Trip").click()
    page.locator("a.node-label", has_text="Day 1").click()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#drive-more")).to_be_attached()
    assert (page.locator("tr[data-row] .node-name").first.bounding_box() or {})["width"] > 200, "columns that a phone hides take no room"
    page.locator("#drive-more").scroll_into_view_if_needed()
    expect(page.locator("tr[data-row]")).to_have_count(75)
    page.context.close()


def test_another_tab_takes_over_and_goes_on_in_other_pages(
    chromium: Browser, server: Server, people: People, empty_database: str, tmp_path: Path
) -> None:
    trip = tmp_path / "Trip"
    trip.mkdir()
    for number in range(96):
        (trip / f"note {number:03}.txt").write_text(f"note {number}\n" * 500)
    first = visit(chromium, server, people.anna)
    parcels: list[Route] = []

    def let_one_pass(route: Route) -> None:
        parcels.append(route)
        if len(parcels) == 1:
            route.continue_()

    first.route("**/parcels", let_one_pass)
    first.set_input_files("#drive-folder", trip)
    expect(first.locator(".uploads [data-summary]")).to_have_text("25 of 96 uploaded")
    second = first.context.new_page()
    second.goto(server.url + "/drive")
    second.wait_for_function("async () => (await navigator.locks.query()).pending.length > 0")  # it waits for what the first one leaves
    first.close()
    expect(second.locator(".uploads [data-summary]")).to_contain_text("uploaded")
    second.locator("a[href='/calendar']").first.click()
    expect(second.locator("#cal")).to_be_visible()
    expect(second.locator(".uploads[data-done=true]")).to_be_visible()
    second.context.close()
    assert apart(address_of(server, empty_database), database.fetch_value("SELECT COUNT(*) AS n FROM node WHERE is_file = 1")) == 96


def test_a_drop_box_outlives_a_killed_server_and_says_when_it_is_full(
    chromium: Browser, server: Server, people: People, empty_database: str, tmp_path: Path
) -> None:
    async def drop_box() -> str:
        return await linked(people.anna, (await folder(people.anna, "Offers")).node, mode="upload", quota=5_000_000)

    path = apart(address_of(server, empty_database), drop_box())
    for name in ("offer.pdf", "second.pdf"):
        (tmp_path / name).write_bytes(os.urandom(3_000_000))
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(server.url + path)
    expect(page.locator("html[data-connected]")).to_have_count(1)
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 1_500_000})
    page.set_input_files("#public-files", tmp_path / "offer.pdf")
    page.wait_for_function("() => document.querySelector('.public-sent progress')?.value > 0.1")
    server.kill()
    sent = page.locator(".public-sent li")
    expect(sent).to_contain_text("goes on by itself")
    server.start()
    expect(sent).to_contain_text("Arrived")
    page.set_input_files("#public-files", tmp_path / "second.pdf")
    expect(sent.last).to_contain_text("This drop box is full")
    expect(sent.last.locator("button")).to_be_visible()
    assert violations(page) == []
    anna = visit(chromium, server, people.anna)
    anna.locator("a.node-label", has_text="Offers").click()
    expect(anna.locator("tr[data-row]")).to_have_count(1)
    anna.context.close()
    context.close()


def test_files_go_up_and_addresses_are_copied_without_https(chromium: Browser, server: Server, people: People, tmp_path: Path) -> None:
    """As in a network of one's own, by http, where browsers offer less."""
    context = chromium.new_context(permissions=["clipboard-read"])
    context.add_init_script(
        "for (const name of ['locks', 'clipboard', 'serviceWorker']) Object.defineProperty(Navigator.prototype, name, { get: () => undefined });"
        "delete Crypto.prototype.randomUUID;"
    )
    context.add_cookies([{"name": COOKIE.decode(), "value": people.anna.token, "url": server.url}])
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(server.url + "/drive")
    expect(page.locator(".drive-list[data-view]")).to_be_visible()
    page.set_input_files("#drive-files", [{"name": f"{number}.txt", "mimeType": "text/plain", "buffer": b"x"} for number in range(3)])
    expect(page.locator("tr[data-row]")).to_have_count(3)
    page.locator("tr[data-name='1.txt'] .node-modified").click(button="right")
    page.locator("#node-menu [data-do=share]").click()
    page.locator("#dialog .share-links > .btn").click()
    page.locator("#dialog button[type=submit]").click()
    address = page.locator("#link-address").inner_text()
    page.locator("#dialog [data-behavior=copy]").click()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.press("Control+v")
    expect(page.locator("#palette input[type=search], dialog[open] input").first).to_have_value(address)
    assert problems == []
    context.close()


def test_two_people_work_in_one_folder(chromium: Browser, server: Server, people: People, tmp_path: Path) -> None:
    (plan := tmp_path / "plan.md").write_text("# Plan\n")
    anna = visit(chromium, server, people.anna)
    anna.keyboard.press("n")
    anna.locator("#dialog input[name=name]").fill("Project")
    anna.keyboard.press("Enter")
    anna.locator("tr[data-name='Project'] .node-modified").click(button="right")
    anna.locator("#node-menu [data-do=share]").click()
    anna.locator("#dialog [role=combobox]").fill("Beat")
    anna.locator("#dialog [role=option]").first.click()
    anna.locator("#dialog select[name=level]").select_option("3")
    anna.locator("#dialog .share-form .btn.primary").click()
    expect(anna.locator("#dialog .reasons").first).to_contain_text("Beat Keller")
    anna.keyboard.press("Escape")
    anna.locator("a.node-label", has_text="Project").click()

    beat = visit(chromium, server, people.beat, "/drive/shared")
    beat.locator("a.node-label", has_text="Project").click()
    expect(beat.locator("h1")).to_have_text("Project")
    drop(beat, plan)
    expect(anna.locator("tr[data-name='plan.md']")).to_be_visible()
    anna.locator("tr[data-name='plan.md'] .node-modified").click()
    anna.keyboard.press("F2")
    anna.keyboard.type("agr")
    beat.set_input_files("#drive-files", {"name": "meanwhile.md", "mimeType": "text/markdown", "buffer": b"# Others"})
    expect(anna.locator("tr[data-name='meanwhile.md']")).to_be_visible()  # her list is exchanged, what she types isn't
    expect(anna.locator("tr[data-name='plan.md']")).to_have_attribute("draggable", "false")  # or Firefox would set no caret in the field
    anna.keyboard.type("eed")
    anna.keyboard.press("Enter")
    expect(beat.locator("tr[data-name='agreed.md']")).to_be_visible()
    for away in ("Delete", "Control+Backspace"):  # a Mac has ⌘⌫
        anna.locator("tr[data-name='agreed.md'] .node-modified").click()
        anna.keyboard.press(away)
        expect(beat.locator("tr[data-name='agreed.md']")).to_have_count(0)
        anna.locator(".toast [data-undo]").last.click()
        expect(beat.locator("tr[data-name='agreed.md']")).to_be_visible()
    beat.locator("tr[data-name='agreed.md'] .node-modified").click()
    beat.keyboard.press("i")
    beat.locator("#detail .detail-tabs a[href$=comments]").click()
    beat.locator("#comment").press_sequentially("Thank you @Ann")
    offered = "() => { const area = document.getElementById('comment'); area.dispatchEvent(new Event('input')); return area.nextElementSibling.hidden === false; }"
    beat.wait_for_function(offered, polling=500)  # what was typed before the page was ready isn't looked at
    beat.locator("#comment-names [data-value]").first.click()
    beat.locator("#comment").press_sequentially("for this")
    beat.locator("#detail form .btn.primary").click()
    expect(beat.locator("#detail .comments")).to_contain_text("@Anna Alpha for this")
    beat.keyboard.press("Escape")
    expect(beat.locator("#detail")).to_be_empty()
    for look in ("list", "grid"):
        beat.locator(f"[data-view-as={look}]").click()
        assert violations(beat) == []
    anna.context.close()
    beat.context.close()


def test_a_file_goes_out_by_a_link_and_comes_back_from_trash_and_version(chromium: Browser, server: Server, people: People, tmp_path: Path) -> None:
    plan = tmp_path / "plan.md"
    plan.write_text("# First plan\n")
    anna = visit(chromium, server, people.anna)
    anna.set_input_files("#drive-files", plan)
    row = anna.locator("tr[data-name='plan.md']")
    row.locator(".node-modified").click(button="right")
    anna.locator("#node-menu [data-do=share]").click()
    anna.locator("#dialog .share-links > .btn").click()
    anna.locator("#dialog input[name=password]").fill("four-words-for-it")
    anna.locator("#dialog button[type=submit]").click()
    address = anna.locator("#link-address").inner_text()
    outside = chromium.new_context()
    stranger = outside.new_page()

    def read(words: str) -> None:
        stranger.goto(server.url + address[address.index("/s/") :])
        expect(stranger.locator("main")).to_contain_text(words)

    read("This needs a password")
    stranger.locator("input[name=password]").fill("four-words-for-it")
    stranger.keyboard.press("Enter")
    expect(stranger.locator(".viewer")).to_contain_text("First plan")

    anna.keyboard.press("Escape")
    row.locator("a.node-label").click()
    anna.locator(".drive-head a.btn.primary").click()
    anna.locator(".edit-text").fill("# Second plan\n")
    anna.keyboard.press("Control+s")
    expect(anna.locator(".toast").last).to_contain_text("Saved")
    read("Second plan")
    anna.locator("#file-back").click()
    row.locator(".node-modified").click()
    anna.keyboard.press("Delete")
    expect(row).to_have_count(0)
    assert stranger.reload().status == 404  # type: ignore[union-attr]
    anna.goto(server.url + "/drive/trash")
    row.locator(".node-modified").click()
    anna.locator(".selection-bar [data-do=restore]").click()
    expect(anna.locator(".empty h2")).to_have_text("The trash is empty")
    expect(anna.locator("h1")).to_have_count(1)
    anna.goto(server.url + "/drive")
    row.locator(".node-modified").click()
    anna.keyboard.press("i")
    anna.locator("#detail .detail-tabs a[href$=versions]").click()
    anna.locator("#detail .versions li").last.locator("[hx-post$=restoration]").click()
    expect(anna.locator(".viewer")).to_contain_text("First plan")
    read("First plan")
    outside.close()
    anna.context.close()


def _zoom_and_swipe(phone: Page, zoomed: str) -> None:
    """With fingers: two zoom, one moves what is zoomed and else leads to the picture beside it."""
    fingers = phone.context.new_cdp_session(phone)

    def touch(*steps: list[tuple[int, int]]) -> None:
        for number, points in enumerate([*steps, []]):
            kind = "touchEnd" if not points else "touchStart" if number == 0 or len(points) > len(steps[number - 1]) else "touchMove"
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(points)]})

    touch([(150, 400)], [(150, 400), (240, 440)], [(120, 380), (280, 470)], [(80, 360), (320, 500)])
    expect(phone.locator(zoomed)).to_be_visible()
    touch([(300, 400)], [(200, 400)], [(60, 400)])
    expect(phone.locator("h1")).to_have_text("a.png")
    phone.touchscreen.tap(200, 420)
    phone.touchscreen.tap(200, 420)
    expect(phone.locator(zoomed)).to_have_count(0)
    touch([(300, 400)], [(200, 402)], [(100, 404)])
    expect(phone.locator("h1")).to_have_text("b.png")


def test_a_picture_grows_where_one_points_and_a_swipe_leads_on(chromium: Browser, server: Server, people: People, tmp_path: Path) -> None:
    for name, colour in (("a.png", "teal"), ("b.png", "brown")):
        Image.new("RGB", (1600, 1200), colour).save(tmp_path / name)
    anna = visit(chromium, server, people.anna, reduced_motion="reduce")
    anna.set_input_files("#drive-files", [tmp_path / "a.png", tmp_path / "b.png"])
    anna.locator("a.node-label", has_text="a.png").click()
    zoomed, output = ".viewer-picture.is-zoomed", anna.locator(".viewer-zoom output")
    expect(output).not_to_have_text("100 %")

    def under(x: float, y: float) -> tuple[float, float]:
        box = anna.locator(".viewer-picture img").bounding_box()
        assert box
        return round((x - box["x"]) / box["width"], 2), round((y - box["y"]) / box["height"], 2)

    anna.mouse.move(500, 300)
    before = under(500, 300)
    for _notch in range(4):
        anna.mouse.wheel(0, -120)
    expect(anna.locator(zoomed)).to_be_visible()
    anna.wait_for_function("() => parseInt(document.querySelector('.viewer-zoom output').textContent) > 120")
    assert under(500, 300) == before
    anna.mouse.down()
    anna.mouse.move(540, 330)
    anna.mouse.up()
    assert under(540, 330) == before
    anna.keyboard.press("ArrowRight")
    anna.keyboard.press("Escape")
    expect(anna.locator(zoomed)).to_have_count(0)
    pinch = "(frame) => [1, 1, 3].forEach((scale, at) => frame.dispatchEvent(Object.assign(new Event(at ? 'gesturechange' : 'gesturestart'), {scale, clientX: 500, clientY: 300})))"
    anna.locator(".viewer-picture").evaluate(pinch)  # Safari on a Mac's trackpad
    expect(anna.locator(zoomed)).to_be_visible()
    assert under(500, 300) == before
    anna.keyboard.press("0")
    expect(anna.locator(zoomed)).to_have_count(0)
    anna.mouse.dblclick(500, 300)
    expect(anna.locator(zoomed)).to_be_visible()
    assert under(500, 300) == before and violations(anna) == []
    anna.keyboard.press("0")
    anna.keyboard.press("ArrowRight")
    expect(anna.locator("h1")).to_have_text("b.png")
    expect(output).not_to_have_text("100 %")  # the page answers to keys
    anna.keyboard.press("Escape")
    expect(anna.locator("tr[data-name='a.png']")).to_be_visible()

    phone = visit(chromium, server, people.anna, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    phone.locator("a.node-label", has_text="a.png").click()
    expect(phone.locator(".viewer-zoom output")).not_to_have_text("100 %")
    _zoom_and_swipe(phone, zoomed)
    phone.context.close()
    anna.context.close()
