"""What browsers read to install the suite."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from app.assets import Assets
from app.lib.i18n import speaking
from app.models.brand import Brand
from app.routes.pwa import DEFAULTS, manifest, shell_files
from tests.conftest import browser
from tests.people import People

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parent.parent.parent


async def test_the_manifest_is_the_brands(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/manifest.webmanifest")
    found = answer.json()
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (found["id"], found["start_url"], found["scope"], found["display"]) == ("/", "/", "/", "standalone")
    assert found["name"] and found["theme_color"] == Brand().accent
    assert {(icon["sizes"], icon["purpose"]) for icon in found["icons"]} >= {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    assert [shortcut["url"] for shortcut in found["shortcuts"]] == ["/chat"]


async def test_every_icon_of_the_manifest_is_what_it_says(stranger: httpx.AsyncClient) -> None:
    found = (await stranger.get("/manifest.webmanifest")).json()
    for icon in found["icons"] + [icon for shortcut in found["shortcuts"] for icon in shortcut["icons"]]:
        answer = await stranger.get(icon["src"])
        picture = Image.open(io.BytesIO(answer.content))
        assert (answer.headers["content-type"], f"{picture.width}x{picture.height}") == (icon["type"], icon["sizes"])
        assert "immutable" in answer.headers["cache-control"]


async def test_icons_of_another_look_are_todays_and_not_kept(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/icons/older/any-192.png")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert (await stranger.get("/icons/older/../../settings.py")).status_code == 404
    assert (await stranger.get("/icons/older/any-9999.png")).status_code == 404


async def test_the_manifest_speaks_the_pages_language(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/manifest.webmanifest?lang=fr")).json()["lang"] == "fr"
    assert (await stranger.get("/manifest.webmanifest?lang=xx")).json()["lang"] == "en"


def test_a_brand_changes_name_colours_and_icon_addresses() -> None:
    with speaking("en"):
        plain, own = manifest(Brand()), manifest(Brand(name="Müller & Söhne", short_name="Müller", accent="#0b6b4f"))
    assert (own["name"], own["short_name"], own["theme_color"]) == ("Müller & Söhne", "Müller", "#0b6b4f")
    assert own["icons"][0]["src"] != plain["icons"][0]["src"] and own["id"] == plain["id"] == DEFAULTS["id"]


def test_a_colour_that_is_not_one_stays_out() -> None:
    assert manifest(Brand(accent="red;} body{display:none"))["theme_color"] == Brand().accent


async def test_the_brands_stylesheet_is_kept_under_its_own_version_only(stranger: httpx.AsyncClient) -> None:
    now = await stranger.get(f"/brand.css?v={Brand().version}")
    assert "--brand: #2f5bea" in now.text and "immutable" in now.headers["cache-control"]
    assert (await stranger.get("/brand.css?v=old")).headers["cache-control"] == "no-cache"


async def test_the_worker_knows_its_version_and_files_that_all_exist(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/sw.js")
    assert answer.headers["service-worker-allowed"] == "/" and answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")
    version, shell = re.match(r'const VERSION = "(\w+)";\nconst SHELL = (\[.*\]);\n', answer.text).groups()  # type: ignore[union-attr]
    assert version == answer.headers["chalet-version"]
    for address in json.loads(shell):
        file = await stranger.get(address)
        assert file.status_code == 200 and "immutable" in file.headers["cache-control"], address


def test_the_shell_has_every_script_and_no_test_or_licence() -> None:
    files = shell_files(Assets())
    assert {"app.css", "icons.svg", "fonts/inter.woff2", "js/app.js", "js/pwa.js", "vendor/htmx.min.js"} <= set(files)
    assert not [name for name in files if "LICENSE" in name or name == "sw.js"]


async def test_everybody_has_an_offline_page(stranger: httpx.AsyncClient, app: httpx.ASGITransport, people: People) -> None:
    assert "You are offline" in (await stranger.get("/offline")).text
    own = await browser(app, people.anna).get("/offline")
    assert "You are offline" in own.text and "Anna Alpha" in own.text
    view = await browser(app, people.anna).get("/offline", headers={"hx-request": "true", "hx-target": "div#view"})
    assert "<html" not in view.text and 'id="main"' in view.text


async def test_answers_say_whose_they_are(stranger: httpx.AsyncClient, app: httpx.ASGITransport, people: People) -> None:
    own = await browser(app, people.anna).get("/offline")
    holder = f"{people.anna.id}.{people.anna.membership.id}"
    assert own.headers["chalet-for"] == holder and f'data-for="{holder}"' in own.text
    anonymous = await stranger.get("/offline")
    assert "chalet-for" not in anonymous.headers and "data-for" not in anonymous.text


async def test_what_one_person_wrote_is_not_sent_as_another(app: httpx.ASGITransport, people: People) -> None:
    headers = {"chalet-for": f"{people.anna.id}.{people.anna.membership.id}"}
    assert (await browser(app, people.anna).get("/offline", headers=headers)).status_code == 200
    assert (await browser(app, people.beat).get("/offline", headers=headers)).status_code == 401


@pytest.fixture
def tokens() -> Iterator[str]:
    yield (ROOT / "static" / "css" / "tokens.css").read_text()


def test_the_browsers_frame_has_the_colour_of_the_page(tokens: str) -> None:
    head = (ROOT / "app" / "templates" / "pwa" / "_head.html").read_text()
    light, dark = re.findall(r"--bg: (#\w+);", tokens)[:2]
    assert re.findall(r'theme-color" content="(#\w+)"', head) == [light, dark]
    assert DEFAULTS["background_color"] == light and re.search(r"--brand: (#\w+);", tokens)[1] == DEFAULTS["theme_color"]  # type: ignore[index]
