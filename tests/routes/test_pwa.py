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

from app import database, doors
from app.assets import Assets
from app.doors import Destination, destinations_for
from app.lib.i18n import speaking
from app.models.brand import Brand
from app.models.viewer import Viewer
from app.routes.pwa import DEFAULTS, installable, manifest, shell_files
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
    assert {"/chat", "/contacts"} <= {shortcut["url"] for shortcut in found["shortcuts"]}


@pytest.mark.parametrize("key", [app.key for app in installable()])
async def test_every_icon_of_the_manifest_is_what_it_says(key: str, stranger: httpx.AsyncClient) -> None:
    found = (await stranger.get(f"/manifest.webmanifest?app={key}")).json()
    for icon in found["icons"] + [icon for shortcut in found["shortcuts"] for icon in shortcut["icons"]]:
        answer = await stranger.get(icon["src"])
        picture = Image.open(io.BytesIO(answer.content))
        assert (answer.headers["content-type"], f"{picture.width}x{picture.height}") == (icon["type"], icon["sizes"])
        assert "immutable" in answer.headers["cache-control"]


async def test_each_app_is_one_of_its_own(stranger: httpx.AsyncClient) -> None:
    found = [(await stranger.get(f"/manifest.webmanifest?app={app.key}")).json() for app in installable()]
    for what in ("id", "name", "short_name", "start_url", "scope", "theme_color"):
        assert len({one[what] for one in found}) == len(found) > 1, what
    addresses = [(one["scope"], address) for one in found for address in (one["start_url"], one.get("share_target", {}).get("action", one["scope"]), *(short["url"] for short in one["shortcuts"]))]
    assert all(address.startswith(scope) for scope, address in addresses), "browsers ignore what lies outside"
    assert (await stranger.get("/manifest.webmanifest?app=manager")).status_code == 404
    assert (await stranger.get("/icons/older/manager/any-192.png")).status_code == 404


async def test_only_what_leads_somewhere_is_announced(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    found = (await stranger.get("/manifest.webmanifest")).json()
    assert found["protocol_handlers"] == [{"protocol": "webcal", "url": "/calendar/calendars/new?source=%s"}]
    assert {"action": "/calendar/import", "accept": {"text/calendar": [".ics"]}} in found["file_handlers"]
    assert {"action": "/contacts/import", "accept": {"text/vcard": [".vcf", ".vcard"], "text/csv": [".csv"]}} in found["file_handlers"]
    target = found["share_target"]
    assert target["params"]["files"] == [{"name": "file", "accept": ["*/*"]}], "Drive and Chat keep any"
    async with browser(app, people.anna) as anna:
        page = await anna.post(target["action"], data={"title": "News", "text": "News: read it", "url": "https://example.org"})
        linked = await anna.get("/calendar/calendars/new", params={"source": "webcal://example.org/a.ics"})
    assert 'value="webcal://example.org/a.ics"' in linked.text
    assert page.status_code == 200 and "News: read it\nhttps://example.org</textarea>" in page.text
    assert "#general" in page.text or "general" in page.text


async def test_registered_files_and_links_are_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_files", [])
    monkeypatch.setattr(doors, "_links", [])
    doors.opens_files("chat", "/chat/import", {"text/calendar": [".ics"]})
    doors.opens_links("calendar", "webcal", "/calendar/new?url=%s")
    assert doors.announced("chat")["file_handlers"] == [{"action": "/chat/import", "accept": {"text/calendar": [".ics"]}}]
    assert "protocol_handlers" not in doors.announced("chat") and doors.announced("home")["protocol_handlers"][0]["protocol"] == "webcal"


async def test_files_are_shared_to_apps_that_take_them(app: httpx.ASGITransport, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "_destinations", dict(doors._destinations))
    monkeypatch.setattr(doors, "_shared_files", {})

    @doors.takes_shares("home", files=["*/*", ".ics"])
    async def _folders(_viewer: Viewer) -> list[Destination]:
        return [Destination("Plans", "folder", "/test/folder", "/test/plans", icon="folder", takes=("files",))]

    monkeypatch.setattr(Viewer, "can_use", lambda _viewer, _app: True)
    target = doors.announced("home")["share_target"]
    assert target["params"]["files"] == [{"name": "file", "accept": ["*/*", ".ics"]}] and "files" not in doors.announced("chat")["share_target"]["params"]
    async with browser(app, people.anna) as anna:
        page = (await anna.get("/share")).text
        assert 'data-post="/test/folder" data-title="Plans" data-takes="files"' in page and 'type="file"' in page and 'enctype="multipart/form-data"' in page
        files = {"file": ("plan.txt", b"walls", "text/plain")}
        assert (await anna.post("/share/sent", data={"to": "/test/plans"}, files=files)).headers["location"] == "/test/folder"
        for kept, sent in (("text alone", {}), ("", {"file": ("", b"")})):
            refused = await anna.post("/share/sent", data={"to": "/test/plans", "text": kept}, files=sent)
            assert refused.status_code == 422 and f"{kept}</textarea>" in refused.text and 'role="alert"' in refused.text


async def test_files_are_shared_to_a_conversation_once(app: httpx.ASGITransport, people: People) -> None:
    place = next(one for one in await destinations_for(people.beat.viewer) if one.post_files)
    files = [("file", ("plan.txt", b"walls", "text/plain")), ("file", ("<b>.png", b"not a picture", "image/png"))]
    async with browser(app, people.beat) as beat:
        for _time in range(2):
            answer = await beat.post(place.post_files, data={"text": "Have a look"}, files=files, headers={"hx-request": "true", "idempotency-key": "shared-once"})
            assert answer.is_success and "chalet-version" in answer.headers
        page = (await beat.get(place.url, follow_redirects=True)).text
        assert "plan.txt" in page and "<b>.png" not in page
        assert len(await database.fetch("SELECT id FROM message WHERE text = 'Have a look'")) == 1
        without_words = await beat.post(place.post_files, data={"text": ""}, files=files[:1])
        assert without_words.status_code == 303
        for sent, text in (([], ""), ([("file", (f"{number}.txt", b"x", "text/plain")) for number in range(21)], "too many")):
            refused = await beat.post(place.post_files, data={"text": text}, files=sent or None)
            assert refused.status_code == 422 and text in refused.text
    async with browser(app, people.erik) as erik:
        assert (await erik.post(place.post_files, data={"text": "from outside"}, files=files)).status_code == 404


async def test_a_share_goes_where_it_is_sent_without_scripts_too(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.anna) as anna:
        (place, *_rest) = [one for one in await destinations_for(people.anna.viewer) if "text" in one.takes]
        sent = await anna.post("/share/sent", data={"to": place.url, "text": "from the share sheet"}, follow_redirects=True)
        assert "from the share sheet" in sent.text and str(sent.url).endswith(place.url)
        refused = await anna.post("/share/sent", data={"to": "/chat/channels/1", "text": "kept"})
        assert refused.status_code == 422 and "kept</textarea>" in refused.text


async def test_a_share_before_signing_in_comes_back_after_it(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.post("/share", data={"text": "a thought"})
    assert answer.status_code == 303 and answer.headers["location"] == "/sign-in?next=%2Fshare%3Ftext%3Da%2Bthought"


async def test_every_device_keeps_pages_that_open(app: httpx.ASGITransport, people: People) -> None:
    for person in (people.anna, people.gina):
        async with browser(app, person) as client:
            for place in (await client.get("/offline/places")).json():
                assert (await client.get(place["url"], follow_redirects=True)).status_code == 200, place


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
    assert {"app.css", "chat.css", "entrance.css", "manager.css", "icons.svg", "fonts/inter.woff2", "js/app.js", "js/pwa.js", "vendor/htmx.min.js"} <= set(files)
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
