"""Signing in at a real OpenID provider that runs here, and a second factor that is asked for afterwards: in Chromium, two people."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from app.lib import clock
from tests.browser.chromium import has_no_violations
from tests.conftest import Server
from tests.people import PASSWORD

PROVIDER = """
import sys, werkzeug.serving, oidc_provider_mock
from oidc_provider_mock import User
nora = User(sub="nora", claims={"email": "nora@alpina.example", "email_verified": True, "given_name": "Nora", "family_name": "Berg"})
werkzeug.serving.run_simple("localhost", int(sys.argv[1]), oidc_provider_mock.app(user_claims=[nora]), threaded=True)
"""


@pytest.fixture
def issuer() -> Iterator[str]:
    """Where the provider is."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = subprocess.Popen([sys.executable, "-W", "ignore", "-c", PROVIDER, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://localhost:{port}/.well-known/openid-configuration", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        running.terminate()
        running.wait(20)


@pytest.fixture
def server(issuer: str, empty_database: str, tmp_path: Path) -> Iterator[Server]:
    """A server that may call this provider."""
    if not empty_database.startswith("sqlite"):
        pytest.skip("one engine will do")
    running = Server(tmp_path / "data", CHALET_PRIVATE_ISSUERS=issuer.removeprefix("http://"))
    running.data_dir.mkdir()
    shutil.copy(empty_database.removeprefix("sqlite:///"), running.data_dir / "chalet.db")
    running.start()
    yield running
    running.stop()


def test_a_newcomer_comes_from_the_provider_and_sets_up_a_second_step(chromium: Browser, server: Server, issuer: str) -> None:
    anna, nora = chromium.new_context().new_page(), chromium.new_context().new_page()
    set_up(anna, server)
    connect(anna, server, issuer)
    come_in(nora, server)
    require_two_steps(anna)
    nora.goto(f"{server.url}/account/security")
    nora.wait_for_url("**/protection?next=%2Faccount%2Fsecurity")
    expect(nora.get_by_text("Alpina asks for a second step")).to_be_visible()
    expect(nora.get_by_role("navigation")).to_have_count(0)
    nora.get_by_text("It can’t be scanned").click()
    secret = (nora.locator("#secret").text_content() or "").replace(" ", "")
    nora.get_by_label("Enter the six digits").fill(pyotp.TOTP(secret).at(clock.now() // 1000))
    nora.get_by_role("button", name="Switch it on").click()
    expect(nora.locator("#codes")).to_be_visible()
    nora.get_by_role("link", name="I have kept them").click()
    nora.wait_for_url("**/account/security")
    expect(nora.locator("[aria-labelledby=identities-title] li")).to_contain_text("Keycloak")
    expect(nora.locator("[aria-labelledby=sessions-title] li")).to_contain_text("with your organisation’s sign-in")


def set_up(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.wait_for_url("**/setup")
    for name, value in {"organisation": "Alpina", "given_name": "Anna", "family_name": "Alpha", "email": "anna@alpina.example", "password": PASSWORD}.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Set up and sign in").click()
    page.wait_for_url(f"{server.url}/")


def connect(page: Page, server: Server, issuer: str) -> None:
    page.goto(f"{server.url}/manager/sign-in")
    has_no_violations(page)
    page.get_by_role("link", name="Connect a provider").click()
    page.wait_for_url("**/manager/sign-in/provider")
    for label, value in {"Name": "Keycloak", "Issuer": f"{issuer}/nowhere", "Client id": "chalet", "Client secret": "s3cret"}.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("no OpenID Connect discovery document")).to_be_visible()
    page.get_by_label("Issuer", exact=True).fill(issuer)
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("The connection works")).to_be_visible()
    page.get_by_text("Become members").click()
    page.get_by_label("Email domains").fill("alpina.example")
    has_no_violations(page)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/manager/sign-in")
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()


def come_in(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/sign-in")
    page.get_by_role("button", name="Sign in with Keycloak").click()
    page.wait_for_url("**/oauth2/authorize**")
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("refused or cancelled there")).to_be_visible()
    page.get_by_role("button", name="Sign in with Keycloak").click()
    page.wait_for_url("**/oauth2/authorize**")
    page.get_by_role("button", name="nora").click()
    page.wait_for_url(f"{server.url}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nora")


def require_two_steps(page: Page) -> None:
    page.get_by_text("Everybody but guests.").click()
    page.get_by_label("Days to put it off").fill("0")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/protection**")
    has_no_violations(page)
