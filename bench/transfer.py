"""What a first visit costs: bytes over the network until the signed-in page has loaded, by kind, with nothing kept on the device.

Needs Chromium at /usr/bin/chromium. What the service worker fetches afterwards for offline use is counted apart.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "alpina-bench-1"
MOST_IN_ALL, MOST_CODE = 120_000, 60_000  # bytes, of the home page
SETTLED = 4_000  # milliseconds after the load event in which scripts import what they need


def main() -> int:
    """Print a line for each page. Returns 1 when the home page is over a target."""
    if not CHROMIUM.exists():
        print("Chromium is not installed")
        return 0
    with _server() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        state = _signed_in(browser, url)
        print(f"{'page':10} {'all':>8} {'html':>8} {'style':>8} {'script':>8} {'font':>8} {'other':>8}   bytes, before the service worker")
        over = False
        for name, path in (("home", "/"), ("chat", "/chat"), ("account", "/account")):
            found = _visit(browser, state, url + path)
            code = found["Script"] + found["Stylesheet"]
            rest = found.total() - code - found["Document"] - found["Font"]
            print(f"{name:10} {found.total():8} {found['Document']:8} {found['Stylesheet']:8} {found['Script']:8} {found['Font']:8} {rest:8}")
            over = over or (name == "home" and (found.total() > MOST_IN_ALL or code > MOST_CODE))
        browser.close()
    print(f"targets for home: {MOST_IN_ALL} in all, {MOST_CODE} of script and style")
    return int(over)


def _visit(browser: Browser, state: Any, address: str) -> Counter[str]:
    """Bytes by kind of resource, headers included."""
    context = browser.new_context(storage_state=state, service_workers="block")
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    kinds: dict[str, str] = {}
    found: Counter[str] = Counter()
    cdp.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
    cdp.on("Network.loadingFinished", lambda event: found.update({kinds.get(event["requestId"], "Other"): int(event["encodedDataLength"])}))
    cdp.send("Network.enable")
    page.goto(address, wait_until="load")
    page.wait_for_timeout(SETTLED)
    context.close()
    return found


def _signed_in(browser: Browser, url: str) -> Any:
    context: BrowserContext = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/sign-in")
    page.fill('input[name="email"]', "anna@alpina.example")
    page.fill('input[name="password"]', PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#rail")
    state = context.storage_state()
    context.close()
    return state


@contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CHALET_DATA_DIR": folder, "CHALET_DEMO_PASSWORD": PASSWORD, "CHALET_RATE_LIMIT": "0"}
        command = [sys.executable, "-m", "app", "serve", "--demo", "--port", "0"]
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert server.stdout is not None
            yield next(line.split()[1].strip() for line in server.stdout if line.startswith("ready"))
        finally:
            server.terminate()
            server.wait(20)
