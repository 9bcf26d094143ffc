"""Customising a brand in Chromium: logo, colours and slides with mouse and keyboard, published, looked at as a stranger, undone."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, expect

from app import database
from app.lib import clock
from app.models.brand.site import ACTIVE, BrandSite
from tests.browser.chromium import has_no_violations, started
from tests.conftest import Server, _empty
from tests.people import PASSWORD, move_in
from tests.pictures import busy, logo, photo, svg, written

MOST_BYTES = 150_000  # of a cold login page on a phone, first slide included


@pytest.fixture
def branded(empty_database: str, tmp_path: Path) -> Iterator[Server]:
    """A server with Alpina at alpina.localhost, which Chromium takes for this machine."""
    environment = {} if empty_database.startswith("sqlite") else {"DATABASE_URL": empty_database}
    server = Server(tmp_path / "data", **environment)
    server.data_dir.mkdir()
    if not environment:
        shutil.copy(empty_database.removeprefix("sqlite:///"), server.data_dir / "chalet.db")
    asyncio.run(_fill(environment.get("DATABASE_URL") or f"sqlite:///{server.data_dir / 'chalet.db'}"))
    server.start()
    yield server
    server.stop()


async def _fill(address: str) -> None:
    await database.open(address)
    try:
        if not address.startswith("sqlite"):
            await _empty()
        anna = (await move_in()).anna
        await BrandSite.insert_new(org_id=anna.viewer.org_id, domain="alpina.localhost", state=ACTIVE, activated_at=clock.now(), created_at=clock.now())
        Site.id = int(await database.fetch_value("SELECT id FROM brand_site"))
    finally:
        await database.close()


class Site:
    """The domain of the test."""

    id = 0


@pytest.fixture
def chromium(branded: Server) -> Iterator[Browser]:  # after the server, whose database is filled in a loop of its own
    with started() as running:
        yield running


def file(name: str, picture: Image.Image | bytes) -> FilePayload:
    """A file as somebody chooses it."""
    body = picture if isinstance(picture, bytes) else written(picture, "JPEG" if name.endswith("jpg") else "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": body}


def drop(page: Page, target: str, name: str, body: bytes) -> None:
    """Drop a file on an element."""
    page.evaluate(
        """([target, name, bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
          for (const type of ["dragenter", "dragover", "drop"]) document.querySelector(target).dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        [target, name, list(body)],
    )


def stranger(chromium: Browser, server: Server, *, width: int = 1440, height: int = 900, scheme: str = "light", motion: str = "no-preference") -> Page:
    """The login page of the brand, opened for the first time."""
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion=motion, device_scale_factor=1 if width > 500 else 2,  # type: ignore[arg-type]
        service_workers="block", locale="en-GB",
    )
    page = context.new_page()
    page.goto(server.url.replace("localhost", "login.alpina.localhost") + "/sign-in")
    return page


def loaded_bytes(chromium: Browser, server: Server) -> int:
    """What a phone transfers for the login page, with nothing kept."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, service_workers="block")
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    sizes: list[int] = []
    cdp.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    cdp.send("Network.enable")
    page.goto(server.url.replace("localhost", "login.alpina.localhost") + "/sign-in", wait_until="load")
    page.locator("[data-connected]").wait_for()
    expect(page.locator(".slide[data-current] img")).to_have_js_property("complete", True)
    context.close()
    return sum(sizes)


def test_a_brand_is_dressed_from_logo_to_undo(chromium: Browser, branded: Server) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.goto(f"{branded.url}/sign-in?next=/manager/brand/{Site.id}/look")
    page.get_by_label("Email", exact=True).fill("anna@alpina.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    the_logo_is_cut_with_keys_and_mouse(page)
    a_colour_that_cannot_be_read_is_replaced(page)
    slides_are_added_and_put_in_order(page)
    page.get_by_role("button", name="Finish and publish").click()
    expect(page.get_by_text("Published. Visitors of alpina.localhost see it now.")).to_be_visible()
    page.get_by_role("button", name="Undo").hover()  # it waits while it is pointed at
    phone = strangers_see_it(chromium, branded)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Saved. Visitors don’t see it yet.")).to_be_visible()
    phone.reload()
    expect(phone).to_have_title("Sign in · Alpina")
    expect(phone.locator(".slide")).to_have_count(0)


def the_logo_is_cut_with_keys_and_mouse(page: Page) -> None:
    expect(page.get_by_role("heading", name="Customise")).to_be_visible()
    drop(page, "[data-behavior~='drop']", "logo.png", written(logo(1080, 280, "#0b4f8a")))
    frame = page.get_by_role("group", name="The part of the logo that is shown")
    expect(frame).to_be_focused()
    size = page.locator("[data-size]")
    expect(size).to_contain_text("270 ×")
    part = page.locator(".cut [name=left]")
    page.get_by_role("button", name="Whole logo").click()
    expect(part).to_have_value("0.000000")
    frame.focus()
    for key in ("+", "+", "+", "ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    by_keys = float(part.input_value())
    assert by_keys > 0.05, "the keys moved it"
    box = frame.bounding_box()
    assert box
    page.mouse.move(box["x"] + 200, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 240, box["y"] + 60, steps=4)
    page.mouse.up()
    assert float(part.input_value()) < by_keys, "the mouse drew it back"
    expect(page.get_by_text("On light", exact=True)).to_be_visible()
    expect(page.get_by_text("On dark", exact=True)).to_be_visible()
    has_no_violations(page)
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_text("The logo is in the draft.")).to_be_visible()
    page.locator("#logo-dark").set_input_files(file("logo.svg", svg("<script>alert(1)</script>")))
    expect(page.get_by_role("alert").filter(has_text="has a script")).to_be_visible()
    page.locator("#logo-dark").set_input_files(file("logo.svg", svg('<rect width="200" height="50" rx="9" fill="#e0f2fe"/>')))
    expect(page.get_by_role("button", name="Validate")).to_have_count(2)
    page.get_by_role("link", name="Next").click()


def a_colour_that_cannot_be_read_is_replaced(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Alpina Suite")
    expect(page.locator(".look-sheet [data-name-here='Sign in to ….']")).to_have_text("Sign in to Alpina Suite.")
    page.get_by_label("Login button", exact=True).fill("#facc15")
    use = page.get_by_role("button", name="Use #b2910f")
    expect(use).to_be_visible()
    use.click()
    expect(page.get_by_label("Login button", exact=True)).to_have_value("#b2910f")
    expect(use).to_have_count(0)
    page.get_by_label("Text", exact=True).fill("#0b4f8a")
    expect(page.locator("#verdict-text")).to_contain_text("Shown as")


def slides_are_added_and_put_in_order(page: Page) -> None:
    chooser = page.locator("#slide-file")
    chooser.set_input_files(file("small.jpg", photo(640, 960)))
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="640 × 960 pixels. A slide needs at least 865 × 1200")).to_be_visible()
    slides = page.locator("[data-slides] > li")
    for number, colour in enumerate(("#3a7a5f", "#7a3a4f", "#3a4f7a"), 1):
        page.locator("#slide-file").set_input_files(file("slide.jpg", busy(photo(865, 1200, colour)) if number == 1 else photo(865, 1200, colour)))
        page.get_by_role("button", name="Add", exact=True).click()
        expect(slides).to_have_count(number, timeout=70_000)  # each is encoded six times, within the minute that the server allows
    _first, second, third = (str(slides.nth(place).get_attribute("id")) for place in range(3))
    page.get_by_role("button", name="Move picture 1 down").focus()
    page.keyboard.press("Enter")
    expect(slides.nth(0)).to_have_id(second)
    page.locator(f"#{third} .grip").drag_to(slides.nth(0), target_position={"x": 20, "y": 5})
    expect(slides.nth(0)).to_have_id(third)
    page.locator(f"#{third} input[name^=alt]").fill("Mountains at dawn")
    page.locator(f"#{third} input[name^=alt]").press("Tab")
    expect(page.locator("#look-picture .on-desktop")).to_have_attribute("src", f"/manager/brand/{Site.id}/look/files/{third.removeprefix('slide-')}/w865-webp")
    for choice in ("Phone", "Dark"):
        page.locator(".look-preview label", has_text=choice).click()
    expect(page.locator(".look-sheet[data-size=phone][data-theme=dark]")).to_be_visible()
    has_no_violations(page)


def strangers_see_it(chromium: Browser, branded: Server) -> Page:
    light = stranger(chromium, branded)
    expect(light).to_have_title("Sign in · Alpina Suite")
    expect(light.get_by_role("img", name="Alpina Suite")).to_be_visible()
    expect(light.get_by_role("img", name="Mountains at dawn")).to_be_visible()
    expect(light.get_by_role("button", name="Sign in", exact=True)).to_have_css("background-color", "rgb(178, 145, 15)")
    light.get_by_role("button", name="Pause the slideshow").click()
    expect(light.get_by_role("button", name="Play the slideshow")).to_be_visible()
    light.get_by_role("button", name="Picture 2 of 3").click()
    expect(light.locator(".slide")).to_have_count(2)
    has_no_violations(light)
    dark = stranger(chromium, branded, scheme="dark", motion="reduce")
    dark_logo = dark.get_by_role("img", name="Alpina Suite")
    expect(dark_logo).to_be_visible()
    assert dark_logo.evaluate("image => image.currentSrc") != light.get_by_role("img", name="Alpina Suite").evaluate("image => image.currentSrc")
    expect(dark.get_by_role("button", name="Play the slideshow")).to_be_visible()  # nothing moves by itself
    has_no_violations(dark)
    phone = stranger(chromium, branded, width=390, height=844)
    strip = phone.locator(".slide[data-current] img")
    expect(strip).to_be_visible()
    assert "/p" in strip.evaluate("image => image.currentSrc"), "a phone gets the strip, not the large picture"
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    has_no_violations(phone)
    transferred = loaded_bytes(chromium, branded)
    print(f"cold login page at phone size: {transferred} bytes")
    assert transferred < MOST_BYTES
    icon = phone.locator("link[rel='apple-touch-icon']").get_attribute("href")
    assert phone.evaluate("address => new Promise((done) => { const icon = new Image(); icon.onload = () => done(icon.width); icon.src = address; })", icon) == 180
    return phone
