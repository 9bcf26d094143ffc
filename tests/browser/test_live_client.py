"""The tab's side of live updates in a real browser: who is told what, and what a lost connection does."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.waiting import eventually

ROOT = Path(__file__).parent.parent.parent


LISTEN = """() => {
  window.heard = [];
  for (const kind of ["subscribed", "resume", "refused", "cut", "message", "changed", "refresh"])
    document.addEventListener(`live:${kind}`, (event) => {
      heard.push([kind, event.target.id, event.detail?.topic, event.detail?.html, event.detail?.data]);
    }, true);
}"""


class LiveServer:
    """`tests.live_server` in a process of its own, which can be killed and started again on its port."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", "tests.live_server", str(self.port)], cwd=ROOT)
        for _ in range(1200):
            try:
                httpx.get(self.url)
                return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise TimeoutError("the server doesn't answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def call(self, name: str, *args: Any, times: int = 1, **options: Any) -> Any:
        """Call a function of `live` in that process, so many times at once."""
        return httpx.post(f"{self.url}/call", json={"name": name, "args": args, "options": options, "times": times}, timeout=30).json()


@pytest.fixture
def live_server() -> Iterator[LiveServer]:
    server = LiveServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def tab(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    page = chromium.new_page()
    page.add_init_script(f"({LISTEN})()")
    page.goto(live_server.url)
    page.wait_for_selector("html[data-live=on]", state="attached")
    yield page
    page.close()


def heard(page: Page, count: int) -> list[Any]:
    """The first so many events, once they are there; forgets them."""
    page.wait_for_function("(count) => heard.length >= count", arg=count)
    return list(page.evaluate("(count) => heard.splice(0, count)", count))


def test_elements_hear_their_topics(live_server: LiveServer, tab: Page) -> None:
    first = heard(tab, 3)
    assert sorted(first) == [["subscribed", "list", "room:1", None, None]] + [
        ["subscribed", "shared", f"room:{room}", None, None] for room in (1, 2)
    ]
    live_server.call("publish", "room:1", "message", html="<li>Hi</li>", data={"id": 7})
    assert heard(tab, 2) == [["message", place, "room:1", "<li>Hi</li>", {"id": 7}] for place in ("list", "shared")]

    tab.evaluate("document.querySelector('#list').remove()")
    live_server.call("publish", "room:1", "message")
    assert [event[1] for event in heard(tab, 1)] == ["shared"]

    tab.evaluate("document.body.append(Object.assign(document.createElement('b'), {id: 'new'}))")
    tab.evaluate("document.querySelector('#new').dataset.live = 'room:1 room:13'")
    assert heard(tab, 2) == [["subscribed", "new", "room:1", None, None], ["refused", "new", "room:13", None, None]]
    assert live_server.call("status")["topics"] == 4

    tab.evaluate("document.querySelector('#new').remove(); document.querySelector('#shared').dataset.live = 'room:2'")
    eventually(lambda: live_server.call("status")["topics"] == 3, tab)


def test_a_change_is_asked_for_once(live_server: LiveServer, tab: Page) -> None:
    heard(tab, 3)
    live_server.call("publish", "room:2", "changed", times=5)
    tab.wait_for_function("() => heard.filter(([kind]) => kind === 'changed').length === 5 && heard.some(([kind]) => kind === 'refresh')")
    tab.wait_for_timeout(1000)
    kinds = [event[0] for event in tab.evaluate("heard")]
    assert kinds.count("changed") == 5
    assert 1 <= kinds.count("refresh") <= 2  # two, when they came in two frames


def test_a_restart_is_survived_and_pages_told_to_catch_up(live_server: LiveServer, tab: Page) -> None:
    heard(tab, 3)
    live_server.stop()
    tab.wait_for_selector("html[data-live=reconnecting]", state="attached")
    live_server.start()
    tab.evaluate("dispatchEvent(new Event('online'))")
    tab.wait_for_selector("html[data-live=on]", state="attached")
    events = heard(tab, 4)
    assert sorted(event[:3] for event in events if event[0] == "resume") == [
        ["resume", "list", "room:1"],
        ["resume", "shared", "room:1"],
        ["resume", "shared", "room:2"],
    ]
    assert all(event[4]["away"] > 1000 for event in events if event[0] == "resume")
    assert [event for event in events if event[0] == "refresh"] or heard(tab, 1)[0][0] == "refresh"


def test_signing_out_ends_it(live_server: LiveServer, tab: Page) -> None:
    tab.evaluate("document.addEventListener('live:signed-out', () => (document.title = 'Signed out'))")
    live_server.call("cut_session", 1)
    tab.wait_for_selector("html[data-live=off]", state="attached")
    assert tab.title() == "Signed out"
    eventually(lambda: live_server.call("status")["connections"] == 0, tab)
    tab.wait_for_timeout(1000)  # longer than the pause before a lost connection is made again
    assert live_server.call("status")["connections"] == 0
    tab.evaluate("document.title = 'As it was'; dispatchEvent(new Event('pageshow'))")
    assert tab.title() == "Signed out", "Back doesn’t leave somebody’s page on the screen"


def test_silence_is_noticed(live_server: LiveServer, tab: Page) -> None:
    heard(tab, 3)
    tab.evaluate("{ const now = Date.now; Date.now = () => now() + 40_000 }")
    assert [event[0] for event in heard(tab, 3)] == ["resume"] * 3
    assert tab.evaluate("document.documentElement.dataset.live") == "on"


def test_a_hidden_tab_stays_and_refreshes_when_it_is_seen(live_server: LiveServer, tab: Page) -> None:
    heard(tab, 3)
    hide = """(hidden) => {
      Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    tab.evaluate(hide, True)
    live_server.call("publish", "room:2", "changed")
    assert [event[0] for event in heard(tab, 1)] == ["changed"]
    tab.wait_for_timeout(600)
    assert tab.evaluate("heard.length") == 0
    tab.evaluate(hide, False)
    assert [event[0] for event in heard(tab, 1)] == ["refresh"]
