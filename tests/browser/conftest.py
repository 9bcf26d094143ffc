"""Browsers share two cores with each other and with the servers: what is awaited may take its time, how fast it is isn't asked here.

A story that fails is told once more (and said so, as R in the progress and by name at the end): Chromium, a server and a service worker on a busy
machine now and then lose a race that isn't ours. One that fails twice has failed.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect as expect_async
from playwright.sync_api import expect

HERE = Path(__file__).parent

expect.set_options(timeout=30_000)
expect_async.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))
