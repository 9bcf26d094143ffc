"""A house to visit: a running server with an Alpina of the test's own, and windows of its people."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from app import database
from app.edge import COOKIE
from app.lib.ids import new_id
from app.models.chat import Channel, Message
from tests.conftest import Server
from tests.people import People, Person, move_in

T = TypeVar("T")


@dataclass
class House:
    """A running server with Alpina in it, and a channel of Anna, Beat and Chiara."""

    server: Server
    people: People
    url: str
    visit: Callable[[Person], Page]
    address: str

    def say(self, person: Person, *texts: str) -> None:
        """Post without a browser, from another process."""
        apart(self.address, _say(self.url, person, texts))


@contextmanager
def open_house(chromium: Browser, server: Server, address: str) -> Iterator[House]:
    """A house on this server, whose database is at `address`. A script error or a refusal by the CSP in any window fails the test."""
    people, path = apart(address, _found())
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def visit(person: Person) -> Page:
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, service_workers="block")
        context.add_cookies([{"name": COOKIE.decode(), "value": person.token, "url": server.url}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if "Content Security Policy" in message.text else None)
        page.goto(server.url + path)
        expect(page.locator("html[data-live=on][data-connected]")).to_be_attached()
        return page

    yield House(server, people, server.url + path, visit, address)
    for context in contexts:
        context.close()
    assert not problems


def address_of(server: Server, empty_database: str) -> str:
    """Where the database of a server is."""
    return f"sqlite:///{server.data_dir / 'chalet.db'}" if empty_database.startswith("sqlite") else empty_database


def apart(address: str, work: Coroutine[Any, Any, T]) -> T:
    """Do something with the database in a loop of its own: Playwright's runs in this thread."""
    async def opened() -> T:
        await database.open(address)
        try:
            return await work
        finally:
            await database.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, opened()).result()


async def _say(url: str, person: Person, texts: tuple[str, ...]) -> None:
    channel = await Channel.seen_by(person.viewer, int(url.rpartition("/")[2]))
    for text in texts:
        await Message.post(channel, person.viewer, text)


async def _found() -> tuple[People, str]:
    people = await move_in(f"-{new_id()}")
    channel = await Channel.start(people.anna.viewer, "public", "launch", people=[people.beat.id, people.chiara.id])
    return people, channel.url


# -- what one does in a channel


def write(page: Page, text: str) -> None:
    """Send a message."""
    page.locator("#composer textarea").fill(text)
    page.keyboard.press("Enter")


def message(page: Page, text: str) -> Locator:
    """The message with this text."""
    return page.locator(".msg:not(.pending)", has_text=text)
