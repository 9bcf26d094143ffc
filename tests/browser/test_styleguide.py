"""Every component in a real browser: accessible in light and dark, no wider than a phone, and at home on the keyboard."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.routes.styleguide import PAGES
from tests.browser.chromium import violations
from tests.browser.waiting import settled
from tests.conftest import Server

LAYERS = [
    ("menu", "#open-menu"), ("dialog", "#open-dialog"), ("dialog", "#ask"), ("palette", "#open-palette"), ("tip", "#open-shortcuts"),
    ("toast", "#toast-undo"), ("shell", ".bar-avatar"),
]

TOKEN: list[str] = []  # of the founder's session: what the shell asks for by itself wants somebody



@pytest.fixture(scope="module")
def guide(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the style guide on a server with CHALET_DEBUG; one for all tests, which change nothing."""
    folder = tmp_path_factory.mktemp("guide") / "data"
    folder.mkdir()
    environment = {} if empty_database.startswith("sqlite") else {"DATABASE_URL": empty_database}
    if not environment:
        shutil.copy(empty_database.removeprefix("sqlite:///"), folder / "chalet.db")
    running = Server(folder, CHALET_DEBUG="1", **environment)
    running.start()
    founder = {"organisation": "Alpina", "given_name": "Anna", "family_name": "Alpha", "email": "anna@alpina.example", "password": "larch and stone 7"}
    answer = httpx.post(f"{running.url}/setup", data={**founder, "language": "en", "timezone": "Europe/Zurich"}, headers={"origin": running.url})
    assert answer.status_code < 400, answer.text
    TOKEN.append(answer.cookies["chalet"])
    yield f"{running.url}/styleguide"
    running.stop()
    TOKEN.clear()


@pytest.fixture
def page(chromium: Browser, guide: str) -> Iterator[Page]:
    """A window of a desktop; a script error or a refusal by the CSP fails the test."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 800}, reduced_motion="reduce", locale="en-GB", timezone_id="Europe/Zurich", service_workers="block"
    )
    context.add_cookies([{"name": "chalet", "value": TOKEN[0], "url": guide}])
    tab = context.new_page()
    broken: list[str] = []
    tab.on("pageerror", lambda error: broken.append(str(error)))
    tab.on("console", lambda message: broken.append(message.text) if "Content Security Policy" in message.text else None)
    yield tab
    context.close()
    assert broken == []


def visit(page: Page, guide: str, name: str, theme: str = "light") -> None:
    """Open a page of the guide and wait until its behaviours are connected."""
    answer = page.goto(f"{guide}/{name}{'&' if '?' in name else '?'}theme={theme}")
    assert answer is not None and answer.status == 200 and page.url.startswith(guide)
    page.wait_for_selector("html[data-connected]", state="attached")


def violations_in_both_themes(page: Page) -> list[str]:
    """What axe finds wrong in light, then in dark."""
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    light = violations(page)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    return light + violations(page, rules=["color-contrast", "link-in-text-block"])  # all else is the same


# -- for everyone


@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_and_fits_a_small_phone(page: Page, guide: str, name: str) -> None:
    visit(page, guide, name)
    assert violations_in_both_themes(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    wide = "[document.documentElement, document.querySelector('#main')].filter(box => box.scrollWidth > box.clientWidth).map(box => box.tagName)"
    assert page.evaluate(wide) == []


@pytest.mark.parametrize(("name", "opener"), LAYERS)
def test_open_layer_is_accessible(page: Page, guide: str, name: str, opener: str) -> None:
    visit(page, guide, name)
    page.click(opener)
    expect(page.locator("dialog[open], [popover]:popover-open, .toast").first).to_be_visible()
    settled(page)
    assert violations_in_both_themes(page) == []


def test_on_a_phone_touch_targets_are_large_and_named(page: Page, guide: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, guide, "shell?closed")
    tabs = page.locator(".rail-app:visible")
    assert tabs.count() == 5
    assert all(box["width"] >= 44 and box["height"] >= 44 for box in (tab.bounding_box() for tab in tabs.all()) if box)
    assert violations(page) == []
    reached = "[innerHeight - document.querySelector('.rail-app').getBoundingClientRect().bottom, document.querySelector('.rail').getBoundingClientRect().left]"
    devtools = page.context.new_cdp_session(page)
    devtools.send("Emulation.setSafeAreaInsetsOverride", {"insets": {"bottom": 34}})
    assert page.evaluate(reached)[0] >= 34, "above the bar by which an iPhone is left"
    page.set_viewport_size({"width": 844, "height": 390})
    devtools.send("Emulation.setSafeAreaInsetsOverride", {"insets": {"left": 59, "right": 59, "bottom": 21}})
    assert page.evaluate(reached)[1] >= 59, "beside its camera"
    devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    visit(page, guide, "fields")
    fields = page.locator(".main :is(input[type=text], input[type=search], select, textarea)")
    assert fields.count() > 3 and fields.evaluate_all("(all) => all.every((one) => parseFloat(getComputedStyle(one).fontSize) >= 16)"), "it would zoom into them"


# -- the shell


def test_moves_inside_the_shell_without_a_reload(page: Page, guide: str) -> None:
    visit(page, guide, "buttons")
    page.evaluate("window.kept = true")
    page.click(".side-link:has-text('Avatar')")
    page.wait_for_url("**/avatar")
    expect(page.locator("h1")).to_have_text("Avatar and presence")
    expect(page.locator("h1")).to_be_focused()
    expect(page).to_have_title(re.compile("Avatar and presence · "))
    page.click(".rail-app[data-app=drive]")
    expect(page.locator("h1")).to_have_text("File drop")
    expect(page.locator(".rail [aria-current]")).to_have_attribute("data-app", "drive")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Avatar and presence")
    expect(page.locator(".rail [aria-current]")).to_have_count(0)
    page.go_back()
    expect(page.locator("h1")).to_have_text("Buttons")
    assert page.evaluate("window.kept") is True


def test_prefetches_where_the_pointer_lingers(page: Page, guide: str) -> None:
    visit(page, guide, "buttons")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/avatar") else None)
    with page.expect_response("**/avatar"):
        page.hover(".side-link:has-text('Avatar')")
    page.click(".side-link:has-text('Avatar')")
    expect(page.locator("h1")).to_have_text("Avatar and presence")
    assert len(asked) == 1


def test_side_column_is_a_sheet_on_a_phone(page: Page, guide: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, guide, "buttons")
    side = page.locator(".side")
    expect(side).to_be_hidden()
    page.click(".side-open")
    expect(side).to_be_visible()
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    expect(page.locator(".side-open")).to_be_focused()
    page.click(".side-open")
    page.click(".side-link:has-text('Avatar')")
    expect(page.locator("h1")).to_have_text("Avatar and presence")
    expect(side).to_be_hidden()


def test_theme_changes_at_once(page: Page, guide: str) -> None:
    visit(page, guide, "buttons")
    page.route("**/account/theme", lambda route: route.fulfill(status=204))
    light = page.evaluate("getComputedStyle(document.body.querySelector('.main')).backgroundColor")
    page.click(".bar-avatar")
    with page.expect_request("**/account/theme") as sent:
        page.click("[data-set-theme=dark]")
    assert sent.value.post_data == "theme=dark"
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body.querySelector('.main')).backgroundColor") != light
    page.emulate_media(color_scheme="light")
    page.click("[data-set-theme=auto]")
    page.wait_for_function("light => getComputedStyle(document.querySelector('.main')).backgroundColor === light", arg=light)


def test_says_when_the_network_is_away(page: Page, guide: str) -> None:
    visit(page, guide, "toast")
    page.context.set_offline(True)
    expect(page.locator(".when-offline")).to_be_visible()
    page.click("#toast-info")
    expect(page.locator(".toasts .toast")).to_contain_text("No connection")
    page.context.set_offline(False)
    expect(page.locator(".when-offline")).to_be_hidden()


def test_old_browser_is_told_and_can_hide_it(page: Page, guide: str) -> None:
    visit(page, guide, "buttons?outdated")
    strip = page.locator(".strip-warn")
    expect(strip).to_contain_text("too old")
    assert violations(page) == []
    strip.locator("[data-dismiss]").click()
    expect(strip).to_have_count(0)
    page.reload()
    expect(strip).to_have_count(0)


def test_a_failed_part_is_told_and_not_swapped_in(page: Page, guide: str) -> None:
    visit(page, guide, "dialog")
    page.route("**/parts/dialog", lambda route: route.fulfill(status=500, content_type="text/html", body="<p>broken</p>"))
    # Firefox cuts the requests of a page that is about to be left: nothing is lost.
    page.evaluate("dispatchEvent(new Event('beforeunload')); document.dispatchEvent(new CustomEvent('htmx:error', { detail: { error: new TypeError() } }))")
    page.click("#open-dialog")
    expect(page.locator(".toasts .toast[data-kind=error]")).to_contain_text("That didn’t work")
    expect(page.locator(".toasts .toast")).to_have_count(1)
    expect(page.locator("#dialog")).to_be_hidden()


# -- components on the keyboard


def test_menu(page: Page, guide: str) -> None:
    visit(page, guide, "menu")
    page.focus("#open-menu")
    page.keyboard.press("Enter")
    item = lambda text: page.locator("#demo-menu [role^=menuitem]", has_text=text)  # noqa: E731
    expect(item("Reply")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(item("Pin")).to_be_focused()
    page.keyboard.press("d")
    expect(item("Delete")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(item("Reply")).to_be_focused()
    page.keyboard.press("End")
    expect(item("Delete")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#demo-menu")).to_be_hidden()
    expect(page.locator("#open-menu")).to_be_focused()


def test_menu_at_the_pointer(page: Page, guide: str) -> None:
    visit(page, guide, "menu")
    menu, area = page.locator("#demo-menu"), page.locator("[data-menu]").bounding_box()
    page.locator("[data-menu]").hover(position={"x": 40, "y": 10})
    page.mouse.down(button="right")
    expect(menu).to_be_hidden()  # Safari would close it with the button that goes up
    page.mouse.up(button="right")
    expect(menu).to_be_visible()
    place = menu.bounding_box()
    assert place and area and abs(place["x"] - area["x"] - 40) < 3


def test_dialog_keeps_what_was_typed_and_gives_focus_back(page: Page, guide: str) -> None:
    visit(page, guide, "dialog")
    page.focus("#open-dialog")
    page.keyboard.press("Enter")
    name = page.locator("#channel-name")
    expect(name).to_be_focused()
    page.keyboard.type("ab")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog .error")).to_contain_text("At least 3")
    expect(name).to_have_value("ab")
    page.mouse.click(5, 5)
    expect(name).to_be_visible()
    name.fill("abc")
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator(".toasts .toast")).to_contain_text("Channel created")
    expect(page.locator("#open-dialog")).to_be_focused()


def test_confirmation_names_what_happens(page: Page, guide: str) -> None:
    visit(page, guide, "dialog")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method) if request.method == "POST" else None)
    page.click("#ask")
    expect(page.locator("#confirm")).to_contain_text("214 messages")
    expect(page.locator("#confirm [value=no]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#ask")).to_be_focused()
    assert asked == []
    page.click("#ask")
    page.click("#confirm >> text=Delete the channel")
    expect(page.locator(".toasts .toast")).to_be_visible()
    assert asked == ["POST"]


def test_toast_is_undone_by_key(page: Page, guide: str) -> None:
    visit(page, guide, "toast")
    page.click("#toast-undo")
    toast = page.locator(".toasts .toast", has_text="Conversation archived")
    expect(toast).to_be_visible()
    page.evaluate("document.querySelectorAll('.main .toast').forEach(toast => toast.remove())")
    with page.expect_request(lambda request: request.method == "POST"):
        page.keyboard.press("z")
    expect(toast).to_have_count(0)


def test_toast_waits_while_pointed_at(page: Page, guide: str) -> None:
    page.clock.install()
    visit(page, guide, "toast")
    page.click("#toast-info")
    toast = page.locator(".toasts .toast")
    expect(toast).to_be_visible()
    toast.hover()
    page.clock.run_for(20_000)
    expect(toast).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.run_for(8_000)
    expect(toast).to_have_count(0)


def test_table_selects_like_a_file_manager(page: Page, guide: str) -> None:
    visit(page, guide, "list")
    rows = page.locator("#people-table [data-row]")
    selected = lambda: [row.get_attribute("aria-selected") == "true" for row in rows.all()]  # noqa: E731
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert selected() == [False, True, False, False, False, False]
    expect(page.locator(".selection-bar")).to_contain_text("1 selected")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    assert selected() == [False, True, True, True, False, False]
    rows.nth(5).click(modifiers=["Control"], position={"x": 400, "y": 10})
    assert selected() == [False, True, True, True, False, True]
    rows.nth(0).click(position={"x": 400, "y": 10})
    rows.nth(2).click(modifiers=["Shift"], position={"x": 400, "y": 10})
    expect(page.locator("#people-table [data-row][aria-selected=true]")).to_have_count(3)
    assert selected() == [True, True, True, False, False, False]
    page.evaluate("""() => {
      const list = document.getElementById("people-table");
      list.querySelector("[data-row]").remove(); // what is searched for leaves out where the choice began
      document.dispatchEvent(new CustomEvent("htmx:after:swap", { detail: { ctx: { target: list } } }));
    }""")
    rows.nth(3).click(modifiers=["Shift"], position={"x": 400, "y": 10})
    expect(page.locator("#people-table [data-row][aria-selected=true]")).to_have_count(1)
    page.keyboard.press("Control+a")
    expect(page.locator(".selection-bar")).to_contain_text("5 selected")
    assert page.evaluate("new FormData(document.querySelector('form:has(#people-table)')).getAll('ids').length") == 5
    page.keyboard.press("Escape")
    assert not any(selected())
    expect(page.locator(".selection-bar")).to_be_hidden()


def test_people_picker(page: Page, guide: str) -> None:
    visit(page, guide, "people")
    field = page.locator("#field-members")
    field.focus()
    page.keyboard.type("ke")
    expect(page.locator("#field-members-options")).to_be_visible()
    expect(page.locator("#field-members-options .none")).to_be_visible()  # Beat Keller is chosen already
    field.fill("")
    page.keyboard.type("dotti")
    option = page.locator("#field-members-options [role=option]", has_text="Chiara Dotti")
    expect(option).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
    assert violations(page) == []
    assert option.evaluate("(one) => !one.dispatchEvent(new MouseEvent('mousedown', {bubbles: true, cancelable: true}))"), "the field keeps the focus"
    page.keyboard.press("Enter")
    assert page.evaluate("new FormData(document.querySelector('.card.form')).getAll('members').length") == 3
    expect(field).to_be_focused()
    page.keyboard.press("Backspace")
    expect(page.locator(".chip")).to_have_count(2)
    page.keyboard.type("dav")
    expect(page.locator("#field-members-options [data-value]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#field-members-options")).to_be_hidden()


def test_palette(page: Page, guide: str) -> None:
    visit(page, guide, "buttons")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette input")).to_be_focused()
    page.evaluate("addEventListener('keydown', (event) => event.key === 'Escape' && event.preventDefault())")  # as Safari's search fields do
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Control+k")
    current = page.locator("#palette [role=option][aria-selected=true]")
    expect(current).to_contain_text("Anna Alpha")
    page.keyboard.press("ArrowDown")
    expect(current).to_contain_text("Beat Keller")
    page.keyboard.type("tooltip")
    expect(current).to_contain_text("Tooltip")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Tooltip and shortcuts")
    expect(page.locator("#palette")).to_be_hidden()


def test_shortcuts_are_listed_and_work(page: Page, guide: str) -> None:
    visit(page, guide, "tip")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_contain_text("Write a message")
    expect(page.locator("#shortcuts")).to_contain_text("Ctrl K")
    page.keyboard.press("Escape")
    with page.expect_request(lambda request: request.method == "POST"):
        page.keyboard.press("c")


def test_tooltip_shows_for_the_keyboard(page: Page, guide: str) -> None:
    visit(page, guide, "tip")
    page.keyboard.press("Tab")
    page.locator("#compose").focus()
    expect(page.locator("#tip")).to_contain_text("Write a message")
    page.keyboard.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()


def test_tabs(page: Page, guide: str) -> None:
    visit(page, guide, "tabs")
    page.focus("#tab-one")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-two")).to_be_focused()
    expect(page.locator("#panel-two")).to_be_visible()
    expect(page.locator("#panel-one")).to_be_hidden()
    page.keyboard.press("End")
    expect(page.locator("#panel-three")).to_be_visible()


def test_password_is_shown_on_request(page: Page, guide: str) -> None:
    visit(page, guide, "fields")
    page.fill("#field-password", "correct horse battery")
    expect(page.locator(".strength")).to_have_attribute("data-score", "4")
    page.click("[data-behavior=reveal]")
    expect(page.locator("#field-password")).to_have_attribute("type", "text")


def test_times_are_in_the_readers_words(page: Page, guide: str) -> None:
    visit(page, guide, "moment")
    expect(page.locator(".main time[data-format=time]")).to_have_text("19:57")  # Zurich, and a British clock
    expect(page.locator("time[data-format=day]")).to_contain_text("19 November")


def test_files_can_be_dropped(page: Page, guide: str) -> None:
    visit(page, guide, "drop")
    dropped = page.evaluate_handle("() => { const data = new DataTransfer(); data.items.add(new File(['x'], 'hill.png', {type: 'image/png'})); return data }")
    page.dispatch_event(".drop", "drop", {"dataTransfer": dropped})
    expect(page.locator("[data-files]")).to_have_text("hill.png")


# -- budgets


def test_first_load_is_light(page: Page, guide: str) -> None:
    """Script and style under 60 kB, everything with the font under 120 kB, as it comes over the wire."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    devtools.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    devtools.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    visit(page, guide, "shell")
    page.wait_for_load_state("networkidle")
    total = sum(sizes.values())
    code = sum(size for key, size in sizes.items() if kinds.get(key) in ("Script", "Stylesheet"))
    assert code < 60_000, code
    assert total < 120_000, total
