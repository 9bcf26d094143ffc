"""A notification from the message that causes it to the device that shows it, with a real service worker and a push service on this machine.

Headless Chromium can't subscribe (its push service is away), so the test stands in for that one step: the page is handed a subscription whose
keys the test holds, the service decrypts what the server sends with them, and Chromium's own tools deliver it to the worker.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from app.edge import COOKIE
from app.models.chat import Channel, Message
from app.models.chat.direct import between
from tests.browser.chromium import violations
from tests.browser.house import apart
from tests.conftest import Server, _empty
from tests.people import People, Person, move_in
from tests.push_service import PushService, running

SUBSCRIBED = """({ endpoint, keys }) => {
  let made = null;
  const subscription = (key) => ({ endpoint, options: { applicationServerKey: key }, toJSON: () => ({ endpoint, keys }), unsubscribe: async () => { made = null; return true; } });
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0)).buffer;
  PushManager.prototype.getSubscription = async () => made;
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => (made = subscription(bytes(applicationServerKey)));
}"""
SHOWN = "async () => (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }))"
CHANGED = """async ({ before, endpoint, keys, key, isMade }) => {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0)).buffer;
  const made = { endpoint, options: { applicationServerKey: bytes(key) }, toJSON: () => ({ endpoint, keys }), unsubscribe: async () => true };
  PushManager.prototype.getSubscription = async () => (isMade ? made : null);
  PushManager.prototype.subscribe = async () => made;
  const event = Object.defineProperty(new ExtendableEvent("pushsubscriptionchange"), "oldSubscription", { value: { endpoint: before } });
  let work;
  event.waitUntil = (promise) => (work = promise);
  self.dispatchEvent(event);
  await work;
}"""
CHOOSE = """async ([action, reply]) => {
  const [notification] = await registration.getNotifications();
  self.opened = [];
  clients.openWindow = async (url) => self.opened.push(new URL(url).pathname);
  const event = new NotificationEvent("notificationclick", { notification, action });
  Object.defineProperty(event, "reply", { value: reply });
  let work;
  event.waitUntil = (promise) => (work = promise);
  self.dispatchEvent(event);
  await work;
  return self.opened;
}"""


@dataclass
class Phone:
    """A browser of Beat's with its worker."""

    context: BrowserContext
    page: Page
    service: PushService
    url: str
    seen: int = 0
    registrations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tools: CDPSession = self.context.new_cdp_session(self.page)
        self.tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: self.registrations.extend(one["registrationId"] for one in event["registrations"]))
        self.tools.send("ServiceWorker.enable")

    def deliver(self) -> dict[str, Any]:
        """Hand the next message that the push service took to the worker. Returns what it says."""
        self.seen += 1
        said = self.service.wait(self.seen)[self.seen - 1].said
        self.tools.send("ServiceWorker.deliverPushMessage", {"origin": self.url, "registrationId": self.registrations[-1], "data": json.dumps(said)})
        return said

    def deliver_news(self) -> dict[str, Any]:
        """Hand over what comes until it is something new, not that something was read elsewhere (who answers has read)."""
        while "close" in (said := self.deliver()):
            pass
        return said

    def deliver_until_none(self) -> None:
        """Hand over what comes until nothing is shown."""
        while self.shown():
            assert "close" in self.deliver()
            self.page.wait_for_timeout(100)

    def shown(self) -> list[dict[str, str]]:
        """The notifications that the device shows."""
        shown: list[dict[str, str]] = self.context.service_workers[0].evaluate(SHOWN)
        return shown

    def until(self, is_so: Callable[[list[dict[str, str]]], bool]) -> list[dict[str, str]]:
        """What it shows, once that is so."""
        for _try in range(800):
            if is_so(shown := self.shown()):
                return shown
            self.page.wait_for_timeout(50)
        raise AssertionError(f"the device shows {shown}")

    def choose(self, action: str, reply: str = "") -> list[str]:
        """Press on the notification, or one of its buttons. Returns the windows that it opened."""
        opened: list[str] = self.context.service_workers[0].evaluate(CHOOSE, [action, reply])
        return opened


@dataclass
class Place:
    """A running server with Alpina in it, and a push service."""

    server: Server
    people: People
    service: PushService
    address: str
    visit: Callable[..., tuple[BrowserContext, Page]]

    def write(self, page: Page, channel_id: int, text: str) -> None:
        """Post from a page of Anna's, through the server that pushes."""
        status = page.evaluate("async ([url, text]) => (await fetch(url, { method: 'POST', body: new URLSearchParams({ text }), headers: { 'HX-Request': 'true' } })).status",
                               [f"/chat/channels/{channel_id}/messages", text])
        assert status == 200

    def messages(self, channel_id: int) -> list[str]:
        """What was said in a channel."""
        async def read() -> list[str]:
            from app import database

            return [row["text"] for row in await database.fetch("SELECT text FROM message WHERE channel_id = $1 ORDER BY id", channel_id)]

        said: list[str] = apart(self.address, read())
        return said


@pytest.fixture
def place(chromium: Browser, empty_database: str, tmp_path: Path) -> Iterator[Place]:
    with running() as service:
        is_shared = not empty_database.startswith("sqlite")
        environment = {"DATABASE_URL": empty_database} if is_shared else {}
        server = Server(tmp_path / "data", CHALET_PUSH_PRIVATE_HOSTS=service.host, **environment)
        server.data_dir.mkdir()
        address = empty_database
        if not is_shared:
            shutil.copy(empty_database.removeprefix("sqlite:///"), server.data_dir / "chalet.db")
            address = f"sqlite:///{server.data_dir / 'chalet.db'}"
        people = apart(address, _found(is_shared))
        server.start()
        problems: list[str] = []

        def visit(person: Person, path: str = "/", **options: Any) -> tuple[BrowserContext, Page]:
            context = chromium.new_context(viewport={"width": 1280, "height": 800}, **options)
            context.add_cookies([{"name": COOKIE.decode(), "value": person.token, "url": server.url}])
            page = context.new_page()
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("console", lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None)
            page.goto(server.url + path)
            expect(page.locator("html[data-live=on][data-connected]")).to_be_attached()
            return context, page

        yield Place(server, people, service, address, visit)
        for context in chromium.contexts:
            context.close()
        server.stop()
        assert not problems


async def _found(is_shared: bool) -> People:
    if is_shared:
        await _empty()
    return await move_in()


async def _direct(people: People) -> int:
    channel = await between(people.anna.viewer, [people.beat.id])
    await Channel.start(people.anna.viewer, "public", "launch", people=[people.beat.id])
    return channel.id


async def _second_session(person: Person) -> Person:
    from app.models.session import Session

    _session, token = await Session.begin(person.membership, 30)
    viewer = await person.viewer.by_token(token)
    assert viewer is not None
    return Person(person.account, person.organisation, person.membership, token, viewer)


def turn_on_and_test(phone: Phone) -> None:
    """Turned on by a click, and tested: the log says that it was shown."""
    phone.page.get_by_role("button", name="Turn on notifications").click()
    expect(phone.page.locator("#push-card[data-state=on]")).to_be_visible()
    phone.page.get_by_role("button", name="Send me a test").click()
    assert phone.deliver()["title"] == "Notifications work"
    phone.until(lambda shown: [one["title"] for one in shown] == ["Notifications work"])
    expect(phone.page.locator(".push-device small")).to_contain_text("shown")


def test_a_message_reaches_a_device_whose_tab_is_closed(place: Place) -> None:
    channel = apart(place.address, _direct(place.people))
    browser = place.service.browser("phone")
    context, page = place.visit(place.people.beat, "/account/notifications", permissions=["notifications"])
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.evaluate(SUBSCRIBED, {"endpoint": browser.endpoint, "keys": browser.keys})
    phone = Phone(context, page, place.service, place.server.url)

    turn_on_and_test(phone)

    # The tab is closed: what is written now reaches the device.
    page.goto("about:blank")
    _anna_context, anna = place.visit(place.people.anna)
    place.write(anna, channel, "Are you coming? 🏔")
    said = phone.deliver_news()
    assert (said["title"], said["body"]) == ("Anna Alpha", "Are you coming? 🏔")
    phone.until(lambda shown: any(one["body"] == "Are you coming? 🏔" and one["tag"] == f"channel:{channel}" for one in shown))
    phone.context.service_workers[0].evaluate("async () => (await registration.getNotifications({ tag: 'push.test' })).forEach((one) => one.close())")

    # Answered right there, also by two hasty fingers: said once.
    phone.choose("reply", "On my way")
    assert phone.shown() == []
    assert place.messages(channel) == ["Are you coming? 🏔", "On my way"]
    place.write(anna, channel, "Good")
    phone.deliver_news()
    phone.until(lambda shown: len(shown) == 1)
    answer = "async () => { const add = outbox.add; outbox.add = async (entry) => (await add({ ...entry }), add(entry)); }"
    phone.context.service_workers[0].evaluate(answer)
    phone.choose("reply", "Twice")
    assert place.messages(channel)[2:] == ["Good", "Twice"]

    # Read in another browser: it goes from the device.
    place.write(anna, channel, "Bring the keys")
    phone.deliver_news()
    phone.until(lambda shown: len(shown) == 1)
    again = apart(place.address, _second_session(place.people.beat))
    _laptop_context, laptop = place.visit(again)
    expect(laptop.locator(".bell-count .count")).to_contain_text("1")
    laptop.goto(f"{place.server.url}/chat/channels/{channel}")
    expect(laptop.locator(".bell-count .count")).to_have_count(0)
    phone.deliver_until_none()
    laptop.close()

    # A click leads to the place: in a new window, or in the one that is open.
    place.write(anna, channel, "And the map")
    said = phone.deliver_news()
    phone.until(lambda shown: len(shown) == 1)
    assert phone.choose("") == [said["url"]]
    place.write(anna, channel, "And the rope")
    said = phone.deliver_news()
    phone.until(lambda shown: len(shown) == 1)
    page.goto(place.server.url)
    expect(page.locator("html[data-live=on][data-connected]")).to_be_attached()
    assert phone.choose("") == []
    page.wait_for_url(f"**{said['url']}")
    expect(page.locator(".msg", has_text="And the rope")).to_be_visible()
    page.goto("about:blank")
    the_browser_changes_its_subscription(place, phone, anna, channel)


def the_browser_changes_its_subscription(place: Place, phone: Phone, anna: Page, channel: int) -> None:
    """Browsers end a subscription, or replace it by themselves: the worker tells the server, which goes on at the new address."""
    before = "phone"
    for name, is_made in (("phone-subscribed-anew", False), ("phone-changed-by-itself", True)):
        new = place.service.browser(name)
        told = {"before": place.service.browser(before).endpoint, "endpoint": new.endpoint, "keys": new.keys, "key": place.service.messages[0].signer, "isMade": is_made}
        phone.context.service_workers[0].evaluate(CHANGED, told)
        place.write(anna, channel, f"To {name}")
        phone.deliver_news()
        assert place.service.messages[-1].browser == name
        before = name


async def _named(people: People) -> str:
    channel = await Channel.start(people.anna.viewer, "public", "launch", people=[people.beat.id])
    for text in ("@Beat one", "@Beat two", "@Beat three"):
        await Message.post(channel, people.anna.viewer, text)
    return channel.url


def test_the_bell_in_two_tabs(place: Place) -> None:
    url = apart(place.address, _named(place.people))
    context, first = place.visit(place.people.beat, service_workers="block")
    second = context.new_page()
    second.goto(place.server.url + "/notifications")
    expect(first.locator(".bell-count .count")).to_contain_text("3")

    # With the keyboard: open, down, mark read; the other tab follows.
    first.bring_to_front()
    first.keyboard.press("g")
    first.keyboard.press("n")
    expect(first.locator("#notices .notice")).to_have_count(3)
    assert violations(first, "#notices") == []
    first.keyboard.press("j")
    first.keyboard.press("j")
    expect(first.locator("#notices .notice", has_text="two").locator(".notice-go")).to_be_focused()
    first.keyboard.press("e")
    expect(first.locator("#notices .notice.new")).to_have_count(2)
    expect(first.locator("#notices .notice", has_text="two").locator(".notice-go")).to_be_focused()
    second.bring_to_front()
    expect(second.locator(".notice.new")).to_have_count(2)
    expect(second.locator(".bell-count .count")).to_contain_text("2")
    assert violations(second, "#main") == []

    # Muted with Undo; Enter leads to the message and reads the rest of its place.
    second.locator(".notice-source").get_by_role("button", name="Mute #launch").click()
    expect(second.locator(".notice-source").get_by_role("button", name="Unmute #launch")).to_be_visible()
    second.locator(".toast [data-undo]").click()
    expect(second.locator(".notice-source").get_by_role("button", name="Mute #launch", exact=True)).to_be_visible()
    second.locator(".notice-go").first.focus()
    second.keyboard.press("Enter")
    second.wait_for_url(f"**{url}/messages/*")
    expect(second.locator(".bell-count .count")).to_have_count(0)
    first.bring_to_front()
    expect(first.locator(".bell-count .count")).to_have_count(0)
