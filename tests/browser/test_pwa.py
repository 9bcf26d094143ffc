"""The suite as an app on a device, in a real browser: installed, offline, writing without a connection, upgraded, signed out."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, Route, expect

from tests.browser.chromium import CHROMIUM, OPTIONS, violations
from tests.browser.waiting import eventually

ROOT = Path(__file__).parent.parent.parent
ENQUEUE = """([url, body, label]) => import(document.querySelector('script[src$="js/pwa.js"]').src.replace("pwa.js", "outbox.js"))
  .then(({ enqueue }) => { window.answers ??= []; return enqueue({ url, body, label }); })
  .then((answer) => window.answers.push(answer) && answer)"""
PREPARED = """async () => {
  if (!navigator.serviceWorker.controller) return false;
  for (const name of await caches.keys())
    if (name.startsWith("pages ")) {
      const paths = (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
      if (paths.filter((path) => path === "/offline").length === 2 && paths.includes("/")) return true;
    }
  return false;
}"""
KEPT_HERE = """async () => {
  for (const name of await caches.keys()) if (name.startsWith("pages ") && (await (await caches.open(name)).match(location.href, { ignoreVary: true }))) return true;
  return false;
}"""
KEPT = "async () => (await caches.keys()).filter((name) => name.startsWith('pages '))"
FORGET = """async () => {
  for (const name of await caches.keys()) if (name.startsWith("pages ")) await caches.delete(name);
  await self.outbox.remember("prepared", "");
  await self.outbox.clear((await self.outbox.recall("holder")).split(".")[0]);
  localStorage.clear();
}"""
REMEMBERED = """() => new Promise((resolve) => {
  indexedDB.open("chalet").onsuccess = ({ target: { result } }) => {
    const keys = result.transaction("device").objectStore("device").getAllKeys();
    keys.onsuccess = () => resolve(keys.result.filter((key) => key.startsWith("places ") || key === "shared").length, result.close());
  };
})"""
SHARE = """(files) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: "/chat/share", enctype: "multipart/form-data" });
  for (const [name, value] of [["title", ""], ["text", "Worth reading"], ["url", "https://example.org/story"]])
    form.append(Object.assign(document.createElement("input"), { name, value }));
  const chosen = new DataTransfer();
  for (const name of files ?? []) chosen.items.add(new File(["a wall"], name, { type: "image/png" }));
  form.append(Object.assign(document.createElement("input"), { type: "file", name: "file", multiple: true, files: chosen.files }));
  document.body.append(form);
  form.submit();
}"""
WAITING = """() => new Promise((resolve) => {
  indexedDB.open("chalet").onsuccess = ({ target: { result } }) => {
    if (!result.objectStoreNames.contains("outbox")) return resolve(0);
    result.transaction("outbox").objectStore("outbox").count().onsuccess = ({ target }) => { resolve(target.result); result.close(); };
  };
})"""



class Suite:
    """`tests.pwa_server` in a process of its own, over a static folder that a test may change."""

    def __init__(self, folder: Path) -> None:
        self.static = folder / "static"
        shutil.copytree(ROOT / "static", self.static)
        self._data = folder / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://localhost:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.pwa_server", str(self._data), str(self.port), str(self.static)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert json.loads(self._process.stdout.readline())["ready"]
        httpx.Client(transport=httpx.HTTPTransport(retries=8)).get(f"{self.url}/healthz")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def upgrade(self) -> None:
        """Start anew with other static files, as an upgrade does."""
        self.stop()
        with (self.static / "js" / "times.js").open("a") as file:
            file.write("// a newer version\n")
        self.start()

    def written(self) -> list[list[str]]:
        """The notes that arrived, as (given name, text)."""
        return httpx.get(f"{self.url}/test/written").json()

    def state(self, channel_id: int) -> dict[str, Any]:
        """What a channel holds, and what was done."""
        return httpx.get(f"{self.url}/test/state/{channel_id}").json()

    def edit_elsewhere(self, channel_id: int, text: str) -> None:
        """Anna changes the newest message of a channel in another browser."""
        httpx.post(f"{self.url}/test/edit/{channel_id}", data={"text": text}).raise_for_status()


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    running = Suite(tmp_path_factory.mktemp("pwa"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def phone(chromium: Browser, suite: Suite) -> Iterator[BrowserContext]:
    """A device on which Anna has been signed in for long: the tests that leave her signed in share it."""
    context = profile(chromium)
    sign_in(context.new_page(), suite, "anna").close()
    yield context
    context.close()


@pytest.fixture
def device(chromium: Browser) -> Iterator[BrowserContext]:
    """A device that nobody has used yet."""
    context = profile(chromium)
    with unbroken(context):
        yield context
    context.close()


@pytest.fixture
def anna(phone: BrowserContext, suite: Suite) -> Iterator[Page]:
    """Anna's tab on the notes page, with the worker in charge, nothing waiting, and no page kept but those every device has."""
    page = phone.new_page()
    phone.set_offline(False)
    page.goto(f"{suite.url}/test/notes")
    page.wait_for_function("() => self.outbox?.clear")
    page.evaluate(FORGET)
    page.reload()
    eventually(lambda: page.evaluate(PREPARED), page)
    with unbroken(phone):
        yield page
    phone.set_offline(False)
    phone.unroute_all()
    for one in phone.pages:
        one.close()


@pytest.fixture
def lone(device: BrowserContext, suite: Suite) -> Page:
    """Anna's tab on a device of this test's own."""
    return sign_in(device.new_page(), suite, "anna")


def profile(chromium: Browser) -> BrowserContext:
    return chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce", locale="en-GB", timezone_id="Europe/Zurich")


@contextmanager
def unbroken(context: BrowserContext) -> Iterator[None]:
    """A script error or a refusal by the CSP fails the test."""
    broken: list[str] = []
    context.on("weberror", lambda error: broken.append(str(error.error)))
    context.on("console", lambda message: broken.append(message.text) if "Content Security Policy" in message.text else None)
    yield
    assert broken == []


def sign_in(page: Page, suite: Suite, name: str) -> Page:
    page.goto(f"{suite.url}/test/in/{name}")
    expect(page.get_by_role("heading", name="Notes")).to_be_visible()
    page.wait_for_function("() => navigator.serviceWorker.controller")
    eventually(lambda: page.evaluate(PREPARED), page)
    return page


def write(page: Page, text: str) -> dict[str, Any]:
    """Write a note through the outbox; what became of it."""
    return page.evaluate(ENQUEUE, ["/test/notes", {"text": text}, f"Note: {text}"])


# -- installing


@pytest.fixture
def installer(chromium: Browser, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser that apps can be installed in."""
    options = [*OPTIONS, "--bypass-app-banner-engagement-checks"]
    with chromium.browser_type.launch_persistent_context(str(tmp_path / "profile"), executable_path=str(CHROMIUM), headless=True, args=options) as context:
        yield context


def test_chromium_finds_each_app_installable_on_its_own(suite: Suite, installer: BrowserContext) -> None:
    page = sign_in(installer.new_page(), suite, "anna")
    cdp = installer.new_cdp_session(page)
    ids = {}
    for path, app in (("/", "home"), ("/chat", "chat")):
        page.goto(f"{suite.url}{path}?install")
        assert installed_as(cdp)["app"] == app
        ids[app] = cdp.send("Page.getAppId")["appId"]
    assert ids["home"] != ids["chat"] and ids["chat"].endswith("/chat")
    page.locator('#rail [data-app="home"]').click()  # a move inside the shell changes the app, too
    expect(page.get_by_role("heading", name=re.compile("Good .*Anna"))).to_be_visible()
    assert installed_as(cdp)["app"] == "home"
    page.wait_for_function("() => document.documentElement.hasAttribute('data-installable')")
    page.get_by_role("button", name="your menu").click()
    page.get_by_role("menuitem", name="Install the apps").click()
    rows = page.locator(".install-apps [data-app]")
    expect(rows.filter(has_text="Chat").get_by_role("link", name="Install")).to_have_attribute("href", "/chat?install")


def test_an_open_window_takes_what_the_app_is_launched_for(suite: Suite, installer: BrowserContext, tmp_path: Path) -> None:
    page = sign_in(installer.new_page(), suite, "anna")
    page.goto(suite.url)
    cdp = installer.new_cdp_session(page)
    suite_itself = {"manifestId": f"{suite.url}/"}
    cdp.send("PWA.install", suite_itself)
    launched = cdp.send("PWA.launch", suite_itself)["targetId"]
    window = installer.pages[-1]
    window.goto(f"{suite.url}/test/notes")
    assert cdp.send("PWA.launch", suite_itself)["targetId"] == launched, "another window was opened"
    expect(window).to_have_url(f"{suite.url}/test/notes")  # the icon alone leads nowhere else
    window.locator("html[data-connected]").wait_for()
    assert cdp.send("PWA.launch", {**suite_itself, "url": f"{suite.url}/test/more"})["targetId"] == launched
    expect(window.get_by_role("heading", name="More")).to_be_visible()
    plan = tmp_path / "plan.txt"
    plan.write_text("walls")
    cdp.send("PWA.launchFilesInApp", {**suite_itself, "files": [str(plan)]})
    expect(window.get_by_text("plan.txt, 5")).to_be_visible()
    assert [one.url for one in installer.pages[1:]] == [f"{suite.url}/test/open"]
    assert ["plan.txt", "5 bytes"] in suite.written()
    window.goto(f"{suite.url}/test/open?asks=yes")
    cdp.send("PWA.launchFilesInApp", {**suite_itself, "files": [str(plan)]})
    window.wait_for_function("() => document.querySelector('[name=file]')?.files[0]?.name === 'plan.txt'")


def installed_as(cdp: CDPSession) -> dict[str, Any]:
    """The manifest that Chromium would install, which it must find nothing wrong with."""
    manifest = cdp.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert cdp.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    return {**json.loads(manifest["data"]), "app": manifest["url"].rpartition("app=")[2]}


# -- offline


def test_a_seen_page_opens_offline(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    preload = "navigator.serviceWorker.ready.then(({navigationPreload}) => navigationPreload.getState()).then(({enabled}) => enabled)"
    assert anna.evaluate(preload) is False, "Safari mixes two answers, and its page is dead"
    phone.set_offline(True)
    anna.reload()
    expect(anna.get_by_role("heading", name="Notes")).to_be_visible()
    expect(anna.locator(".strip-as-of")).to_contain_text(re.compile(r"Offline, as of \d\d:\d\d"))
    expect(anna.locator(".strip-offline")).to_be_hidden()
    assert anna.evaluate("getComputedStyle(document.body).fontFamily").startswith("Inter")
    anna.get_by_role("button", name="your menu").click()  # its script was kept, and runs under the kept page's own nonce
    expect(anna.locator("#me")).to_be_visible()
    phone.set_offline(False)
    anna.reload()
    expect(anna.locator(".strip-as-of")).to_be_hidden()


def test_an_unseen_page_says_so_and_comes_when_it_can(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    phone.set_offline(True)
    anna.goto(f"{suite.url}/test/more")
    expect(anna.get_by_role("heading", name="You are offline")).to_be_visible()
    expect(anna.locator("[data-seen]").get_by_role("link", name="Notes")).to_be_visible()
    phone.set_offline(False)
    expect(anna.get_by_role("heading", name="More of it")).to_be_visible(timeout=10_000)


def test_moving_inside_the_shell_works_offline(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    anna.get_by_role("link", name="More").click()
    expect(anna.get_by_role("heading", name="More of it")).to_be_visible()
    anna.go_back()
    phone.set_offline(True)
    anna.get_by_role("link", name="More").click()
    expect(anna.get_by_role("heading", name="More of it")).to_be_visible()
    expect(anna.locator(".strip-as-of")).to_be_visible()
    anna.reload()  # only its view was seen: the offline page fetches that
    expect(anna.get_by_role("heading", name="More of it")).to_be_visible()
    anna.goto(f"{suite.url}/test/notes")
    anna.get_by_role("link", name="Start").click()  # only the whole page was kept
    expect(anna.get_by_role("heading", name=re.compile("Good .*Anna"))).to_be_visible()
    anna.goto(f"{suite.url}/test/notes")
    anna.get_by_role("link", name="Never").click()
    expect(anna.get_by_role("heading", name="You are offline")).to_be_visible()


def test_the_very_first_visit_is_enough(device: BrowserContext, suite: Suite) -> None:
    page = device.new_page()
    page.goto(f"{suite.url}/test/in/anna")
    eventually(lambda: page.evaluate(PREPARED), page)
    device.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="Notes")).to_be_visible()
    page.goto(suite.url)  # where the installed app starts
    expect(page.get_by_role("heading", name=re.compile("Good .*Anna"))).to_be_visible()


def test_a_page_that_is_gone_is_not_kept(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    key = anna.evaluate("""async () => {
      const name = (await caches.keys()).find((one) => one.startsWith("pages "));
      const cache = await caches.open(name);
      await cache.put("/test/gone", (await cache.match("/test/notes", { ignoreVary: true })).clone());
      return name;
    }""")
    anna.goto(f"{suite.url}/test/gone")
    eventually(lambda: anna.evaluate("async (name) => !(await (await caches.open(name)).match('/test/gone', { ignoreVary: true }))", key), anna)


def test_search_is_never_kept(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    anna.goto(f"{suite.url}/search?q=anna")
    phone.set_offline(True)
    anna.goto(f"{suite.url}/search?q=anna")
    expect(anna.get_by_role("heading", name="You are offline")).to_be_visible()


# -- the outbox


def test_a_note_written_online_arrives_at_once(anna: Page, suite: Suite) -> None:
    answer = write(anna, "online")
    assert (answer["state"], answer["status"]) == ("sent", 200) and answer["html"].startswith("<p>")
    assert suite.written().count(["Anna", "online"]) == 1
    assert anna.evaluate(WAITING) == 0


def test_notes_written_offline_arrive_once_and_in_order(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    second = phone.new_page()
    second.goto(f"{suite.url}/test/notes")
    phone.set_offline(True)
    texts = [f"offline {number}" for number in range(5)]
    for text in texts:
        assert write(anna, text)["state"] == "waiting"
    expect(anna.locator(".strip-outbox")).to_contain_text("Waiting to be sent: 5")
    expect(second.locator(".strip-outbox")).to_contain_text("Waiting to be sent: 5")
    phone.set_offline(False)
    eventually(lambda: len([1 for _who, text in suite.written() if text.startswith("offline")]) == 5, anna)
    expect(anna.locator(".strip-outbox")).to_be_hidden()
    assert [text for _who, text in suite.written() if text.startswith("offline")] == texts
    assert anna.evaluate(WAITING) == 0


def test_a_lost_answer_is_sent_again_and_done_once(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    arrived: list[str] = []

    def lose(route: Route) -> None:
        arrived.append(route.request.headers["idempotency-key"])
        if len(arrived) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    phone.route("**/test/notes", lambda route: lose(route) if route.request.method == "POST" else route.continue_())
    assert write(anna, "lost")["state"] == "waiting"
    assert suite.written().count(["Anna", "lost"]) == 1
    eventually(lambda: anna.evaluate(WAITING) == 0, anna)
    assert suite.written().count(["Anna", "lost"]) == 1
    assert len(arrived) == 2 and len(set(arrived)) == 1


def test_a_refused_note_is_kept_with_the_reason_and_can_be_changed(anna: Page, suite: Suite) -> None:
    answer = write(anna, "refuse")
    assert (answer["state"], answer["reason"]) == ("failed", "Notes like this one aren’t taken.")
    anna.locator(".strip-outbox").get_by_role("button", name="Show").click()
    panel = anna.get_by_role("dialog", name="Not sent yet")
    expect(panel).to_contain_text("Note: refuse")
    expect(panel).to_contain_text("Notes like this one aren’t taken.")
    panel.get_by_label("What you wrote").fill("better")
    panel.get_by_role("button", name="Try again").click()
    expect(panel).to_contain_text("Everything is sent.")
    eventually(lambda: suite.written().count(["Anna", "better"]) == 1, anna)


def test_a_note_waits_for_its_writer(device: BrowserContext, lone: Page, suite: Suite) -> None:
    device.set_offline(True)
    write(lone, "of Anna")
    device.clear_cookies()
    device.set_offline(False)
    expect(lone.locator(".strip-outbox")).to_contain_text("Waiting for you to sign in again: 1")
    beat = sign_in(device.new_page(), suite, "beat")
    expect(beat.locator(".strip-outbox")).to_be_hidden()
    assert lone.evaluate(WAITING) == 1 and ["Anna", "of Anna"] not in suite.written()
    lone.evaluate("dispatchEvent(new Event('online'))")  # her old tab tries with his session
    lone.wait_for_timeout(500)
    assert "of Anna" not in [text for _who, text in suite.written()]
    sign_in(beat, suite, "anna")
    eventually(lambda: ["Anna", "of Anna"] in suite.written(), beat)


def test_a_message_written_offline_is_in_the_channel_once(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    anna.goto(f"{suite.url}/test/channel")
    second = phone.new_page()
    second.goto(anna.url)
    eventually(lambda: anna.evaluate(KEPT_HERE), anna)
    phone.set_offline(True)
    anna.locator('.composer textarea[name="text"]').fill("Written on the train")
    anna.keyboard.press("Enter")
    message = anna.locator(".msg", has_text="Written on the train")
    expect(message).to_have_class(re.compile("pending"))
    eventually(lambda: anna.evaluate(WAITING) == 1, anna)
    anna.reload()  # the page as last seen, with what waits
    expect(message).to_have_count(1)
    phone.set_offline(False)
    expect(message).not_to_have_class(re.compile("pending"))
    second.reload()
    expect(second.locator(".msg", has_text="Written on the train")).to_have_count(1)
    assert anna.evaluate(WAITING) == 0


def say(page: Page, text: str) -> None:
    """Write a message in the channel that is open."""
    expect(page.locator("html[data-connected]")).to_be_attached()
    page.locator('.composer textarea[name="text"]').fill(text)
    page.keyboard.press("Enter")
    expect(page.locator(".msg", has_text=text)).to_be_visible()


def menu(page: Page, text: str, what: str) -> None:
    """Choose from the menu of a message."""
    message = page.locator(".msg[data-id]", has_text=text)
    message.hover()
    message.get_by_role("button", name="More").click()
    page.locator("#msg-menu").get_by_role("menuitem", name=re.compile(what)).click()


def edit(page: Page, text: str, new: str) -> None:
    menu(page, text, "^Edit")
    expect(page.locator("form.composer-edit textarea")).to_be_focused()  # until then its own script may still move the cursor
    page.locator("form.composer-edit textarea").fill(new)
    page.keyboard.press("Enter")
    expect(page.locator("form.composer-edit")).to_have_count(0)
    expect(page.locator(".msg[data-id]", has_text=new)).to_be_visible()


def react(page: Page, text: str, emoji: str) -> None:
    message = page.locator(".msg[data-id]", has_text=text)
    message.hover()
    message.get_by_role("button", name=f"React with {emoji}").click()


def channel_with(page: Page, suite: Suite, *texts: str) -> int:
    """A new channel with messages, open on the page; its id."""
    page.goto(f"{suite.url}/test/channel")
    for text in texts:
        say(page, text)
    expect(page.locator(".msg.pending")).to_have_count(0)
    return int(page.url.rpartition("/")[2])


def test_ten_writes_in_flight_arrive_once_each_though_every_answer_is_lost_once(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    for place in ("/account/status", "/account"):
        anna.goto(f"{suite.url}{place}")
    channel = channel_with(anna, suite, "plan A", "oops", "well done")
    react(anna, "plan A", "❤️")
    expect(anna.locator(".reaction")).to_have_count(1)
    anna.reload()
    eventually(lambda: anna.evaluate(KEPT_HERE), anna)
    before = suite.state(channel)
    phone.set_offline(True)
    anna.reload()
    for text in ("first", "second", "third"):
        say(anna, text)
    edit(anna, "plan A", "plan B")
    edit(anna, "plan B", "plan C")
    menu(anna, "oops", "^Delete")
    react(anna, "well done", "👍")
    react(anna, "plan C", "❤️")  # takes it back
    expect(anna.locator(".msg-waits")).to_have_count(3)
    expect(anna.locator(".strip-outbox")).to_contain_text("Waiting to be sent: 8")  # a page that is left at once keeps nothing more
    anna.goto(f"{suite.url}/account/status")
    anna.locator("html[data-connected]").wait_for()
    anna.locator("#status-text").fill("On the train")
    anna.locator("button[data-save]").click()
    expect(anna.get_by_text("There is no connection. It is kept on this device")).to_be_visible()
    anna.goto(f"{suite.url}/account")
    anna.locator("html[data-connected]").wait_for()
    anna.locator("#field-phone").fill("+41 44 000 00 00")
    anna.locator('form[action="/account"] button[type="submit"]').click()
    expect(anna.locator(".strip-outbox")).to_contain_text("Waiting to be sent: 10")
    anna.locator(".strip-outbox").get_by_role("button", name="Show").click()
    for words in ("Message in", "A message, changed", "A message, deleted", "Reaction 👍", "Reaction ❤️, taken back", "Change in Status", "Change in Profile"):
        expect(anna.get_by_role("dialog", name="Not sent yet").get_by_text(words).first).to_be_visible()

    answered: set[str] = set()

    def lose(route: Route) -> None:
        key = route.request.headers.get("idempotency-key")
        if route.request.method == "GET" or not key or key in answered:
            return route.continue_()
        answered.add(key)
        route.fetch()
        return route.abort()

    phone.route("**/*", lose)
    phone.set_offline(False)
    eventually(lambda: len(answered) and anna.evaluate(WAITING) == 0, anna)
    after = suite.state(channel)
    assert after["texts"] == ["plan C", "well done", "first", "second", "third"] and after["deleted"] == 1 and after["versions"] == 2
    assert after["reactions"] == [["well done", "👍"]]
    assert after["statuses"] == ["On the train"] and after["phones"] == ["+41 44 000 00 00"]
    done = {kind: number - before["kinds"].get(kind, 0) for kind, number in after["kinds"].items() if number != before["kinds"].get(kind, 0)}
    assert done == {"message.post": 3, "message.edit": 2, "message.delete": 1, "reaction.add": 1, "reaction.remove": 1, "status.set": 1, "profile.change": 1}
    assert len(answered) == 10


@pytest.mark.parametrize(("choice", "text"), [("Use mine", "from the train"), ("Keep what it says now", "from the desk"), ("Put both together", "from the desk\nfrom the train")])
def test_a_conflict_shows_both_sides(choice: str, text: str, phone: BrowserContext, anna: Page, suite: Suite) -> None:
    channel = channel_with(anna, suite, "from home")
    anna.reload()
    eventually(lambda: anna.evaluate(KEPT_HERE), anna)
    phone.set_offline(True)
    edit(anna, "from home", "from the train")
    expect(anna.locator(".msg-waits")).to_be_visible()
    suite.edit_elsewhere(channel, "from the desk")
    phone.set_offline(False)
    panel = anna.get_by_role("dialog", name="Not sent yet")
    expect(panel.locator("[data-theirs]")).to_have_text("from the desk")
    expect(panel.locator("[data-mine]")).to_have_text("from the train")
    panel.get_by_role("button", name=choice).click()
    if choice == "Put both together":
        panel.get_by_role("button", name="Use mine").click()
    eventually(lambda: anna.evaluate(WAITING) == 0, anna)
    assert suite.state(channel)["texts"] == [text]
    expect(anna.locator(".msg .prose")).to_have_text(re.compile(r"\s*".join(text.split("\n"))))


def test_chosen_places_people_and_the_share_sheet_without_a_connection(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    channel = channel_with(anna, suite, "to remember")
    address = anna.url
    anna.get_by_role("button", name="More", exact=True).last.click()
    anna.get_by_role("menuitemcheckbox", name="Keep offline").click()
    suite.edit_elsewhere(channel, "changed while nobody looked")
    anna.goto(f"{suite.url}/account/offline")
    expect(anna.locator("[data-chosen] a")).to_have_attribute("href", f"/chat/channels/{channel}")
    anna.get_by_role("button", name="Fetch it anew").click()
    expect(anna.get_by_text("Everything is fetched anew.")).to_be_visible(timeout=20_000)
    expect(anna.locator('[data-prefix="/chat"] [data-pages]')).not_to_have_text("0")
    phone.set_offline(True)
    anna.goto(address)
    expect(anna.locator(".msg .prose")).to_have_text("changed while nobody looked")
    anna.goto(f"{suite.url}/offline/people")
    expect(anna.get_by_role("main").get_by_text("Beat", exact=False).first).to_be_visible()
    anna.goto(f"{suite.url}/chat")
    expect(anna.locator(".chat-side")).to_be_visible()
    anna.evaluate(SHARE)  # what the system’s share sheet does
    expect(anna.get_by_role("heading", name="Share")).to_be_visible()
    expect(anna.get_by_label("What will be sent")).to_have_value("Worth reading\nhttps://example.org/story")
    expect(anna.locator(".share-to > label", has_text="Folder")).to_be_hidden()  # it takes files only
    anna.get_by_role("button", name="Send").click()
    expect(anna.get_by_text("Choose where it goes.")).to_be_visible()
    anna.locator(f'[name="to"][value="/chat/channels/{channel}"]').check(force=True)
    anna.get_by_role("button", name="Send").click()
    expect(anna.locator(".msg.pending")).to_contain_text("Worth reading")
    phone.set_offline(False)
    eventually(lambda: suite.state(channel)["texts"][1:] == ["Worth reading\nhttps://example.org/story"], anna)
    anna.goto(f"{suite.url}/account/offline")
    anna.get_by_role("button", name="Don’t keep it any more").click()
    expect(anna.get_by_text("None yet.")).to_be_visible()


def test_files_are_shared_to_places_that_take_them_without_a_connection(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    anna.goto(f"{suite.url}/chat/share")
    eventually(lambda: anna.evaluate(KEPT_HERE), anna)
    phone.set_offline(True)
    anna.evaluate(SHARE, ["plan.png", "wall.png"])
    expect(anna.get_by_text("plan.png, wall.png")).to_be_visible()
    expect(anna.get_by_label("What will be sent")).to_have_value("Worth reading\nhttps://example.org/story")
    expect(anna.locator(".share-to > label", has_text="Folder")).to_be_visible()
    anna.get_by_role("radio", name="Folder").check(force=True)
    anna.get_by_role("button", name="Send").click()
    expect(anna.get_by_role("heading", name="Share")).to_be_hidden()
    phone.set_offline(False)
    eventually(lambda: suite.written()[-2:] == [["plan.png", "6 bytes"], ["wall.png", "6 bytes"]], anna)
    anna.goto(f"{suite.url}/chat/share")
    expect(anna.get_by_label("What will be sent")).to_have_value("")


def test_the_worker_sends_when_no_page_is_open(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    phone.set_offline(True)
    write(anna, "from afar")
    elsewhere = phone.new_page()
    cdp = phone.new_cdp_session(elsewhere)
    found: list[str] = []
    cdp.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(one["registrationId"] for one in event["registrations"]))
    cdp.send("ServiceWorker.enable")
    eventually(lambda: found, elsewhere)
    anna.close()
    phone.set_offline(False)
    cdp.send("ServiceWorker.dispatchSyncEvent", {"origin": suite.url, "registrationId": found[-1], "tag": "outbox", "lastChance": False})
    eventually(lambda: ["Anna", "from afar"] in suite.written(), elsewhere)
    assert suite.written().count(["Anna", "from afar"]) == 1


def test_the_panel_and_the_offline_page_are_accessible(phone: BrowserContext, anna: Page, suite: Suite) -> None:
    write(anna, "refuse")
    phone.set_offline(True)
    anna.goto(f"{suite.url}/test/more")
    anna.locator(".strip-outbox").get_by_role("button", name="Show").click()
    expect(anna.get_by_role("dialog", name="Not sent yet")).to_be_visible()
    for scheme in ("light", "dark"):
        anna.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for place in ("#outbox", "#main", "#strips"):
            assert violations(anna, place) == [], (scheme, place)


# -- signing out


def test_signing_out_wipes_what_was_kept(device: BrowserContext, lone: Page, suite: Suite) -> None:
    write(lone, "refuse")
    assert lone.evaluate(KEPT) != [] and lone.evaluate(WAITING) == 1
    lone.evaluate("() => { sessionStorage.setItem('drafts 1', '[]'); localStorage.setItem('chat:draft:1', 'secret'); }")
    lone.evaluate("async () => self.outbox.remember(`places ${await self.outbox.recall('holder')}`, [{ url: '/chat/channels/1', title: 'secret' }])")
    assert lone.evaluate(REMEMBERED) == 1
    lone.get_by_role("button", name="your menu").click()
    lone.get_by_role("menuitem", name="Sign out").click()
    lone.get_by_role("button", name="Sign out and delete it").click()  # a note isn't sent yet
    lone.wait_for_url("**/sign-in**")
    assert lone.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage)).filter((key) => key.includes('draft'))") == []
    eventually(lambda: lone.evaluate(KEPT) == [] and lone.evaluate(WAITING) == 0 and lone.evaluate(REMEMBERED) == 0, lone)


def test_an_ended_session_hides_pages_and_keeps_what_was_written(device: BrowserContext, lone: Page, suite: Suite) -> None:
    write(lone, "refuse")
    device.clear_cookies()
    lone.goto(f"{suite.url}/offline")
    eventually(lambda: lone.evaluate(KEPT) == [], lone)
    assert lone.evaluate(WAITING) == 1


def test_the_next_person_never_sees_the_pages_of_the_last(device: BrowserContext, lone: Page, suite: Suite) -> None:
    lone.goto(f"{suite.url}/test/more")
    expect(lone.locator("#main p")).to_have_text("Anna")
    device.clear_cookies()
    beat = sign_in(device.new_page(), suite, "beat")
    device.set_offline(True)
    beat.goto(f"{suite.url}/test/more")
    expect(beat.get_by_role("heading", name="You are offline")).to_be_visible()


# -- upgrades


def test_an_upgrade_is_offered_loses_nothing_typed_and_old_pages_still_look_right(device: BrowserContext, lone: Page, suite: Suite) -> None:
    device.add_init_script("performance.now = () => 1_000")  # however young the pages
    other = device.new_page()
    other.goto(f"{suite.url}/test/more")
    lone.reload()
    lone.get_by_label("Note").fill("half a thought")
    before = lone.locator('meta[name="chalet"]').get_attribute("data-version")
    expect(lone.locator("#update")).to_be_hidden()
    suite.upgrade()
    expect(lone.locator("#update")).to_be_visible(timeout=40_000)  # the socket’s longest pause, and some
    assert lone.get_by_label("Note").input_value() == "half a thought"
    lone.get_by_role("button", name="Reload").click()
    expect(lone.locator(f'meta[name="chalet"]:not([data-version="{before}"])')).to_have_count(1)
    expect(lone.get_by_label("Note")).to_have_value("half a thought")
    expect(lone.locator("#update")).to_be_hidden()
    expect(other.locator("#update")).to_be_visible()
    assert lone.evaluate("async () => (await caches.keys()).filter((name) => name.startsWith('shell ')).length") == 1
    device.set_offline(True)
    other.reload()  # kept before the upgrade: it asks for files that are no longer kept
    expect(other.get_by_role("heading", name="More of it")).to_be_visible()
    assert other.locator('meta[name="chalet"]').get_attribute("data-version") == before
    assert other.evaluate("getComputedStyle(document.body).fontFamily").startswith("Inter")
    other.get_by_role("button", name="your menu").click()
    expect(other.locator("#me")).to_be_visible()
