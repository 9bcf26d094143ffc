"""Browsers share two cores with each other and with the servers: what is awaited may take its time, how fast it is isn't asked here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import expect as expect_async
from playwright.sync_api import Browser, expect

from tests.browser.chromium import started
from tests.browser.house import House, address_of, open_house
from tests.conftest import Server

expect.set_options(timeout=30_000)
expect_async.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with started() as running:
        yield running


@pytest.fixture
def house(shared_server: Server, empty_database: str, chromium: Browser) -> Iterator[House]:
    with open_house(chromium, shared_server, address_of(shared_server, empty_database)) as found:
        yield found
