"""Browsers share two cores with each other and with the servers: what is awaited may take its time, how fast it is isn't asked here."""

from __future__ import annotations

from playwright.async_api import expect as expect_async
from playwright.sync_api import expect

expect.set_options(timeout=30_000)
expect_async.set_options(timeout=30_000)
