"""The look of a domain: drafted, published and undone; each host shows its own brand and no other's."""

from __future__ import annotations

import asyncio
import json
import re
from email import message_from_bytes, policy
from io import BytesIO

import httpx
import pytest
from PIL import Image

from app import database
from app.lib import clock
from app.lib.mime import Party
from app.mail import Letter, write
from app.models.base import NotFound
from app.models.brand.drafting import draft_of, name_it, publish
from app.models.brand.known import brand_of
from app.models.brand.site import ACTIVE, BrandSite
from app.models.command import Command
from app.settings import Settings
from tests.conftest import browser
from tests.people import People, Person
from tests.pictures import logo, photo, svg, written

HTMX = {"hx-request": "true"}


async def site_of(person: Person, domain: str) -> BrandSite:
    return await BrandSite.insert_new(org_id=person.viewer.org_id, domain=domain, state=ACTIVE, activated_at=clock.now(), created_at=clock.now())


def at(app: httpx.ASGITransport, host: str) -> httpx.AsyncClient:
    """A stranger's browser at a host."""
    return httpx.AsyncClient(transport=app, base_url=f"http://{host}:8000", headers={"sec-fetch-site": "same-origin", "accept-language": "en"})


async def dress(app: httpx.ASGITransport, person: Person, site: BrandSite, name: str, button: str, colour: str, *, slides: bool = False) -> None:
    """A name, a colour, a logo and perhaps a slide, published."""
    async with browser(app, person) as client:
        url = f"/manager/brand/{site.id}/look"
        sent = await client.post(f"{url}/logo", data={"theme": "light"}, files={"picture": ("logo.png", written(logo(200, 140, colour)))})
        assert sent.status_code == 200, sent.text
        if slides:
            added = await client.post(f"{url}/slides", files={"picture": ("a.jpg", written(photo(865, 1200, colour), "JPEG"))}, headers=HTMX)
            assert added.status_code == 200, added.text
        done = await client.post(f"{url}/publication", data={"name": name, "short_name": name[:5], "button_colour": button, "sender_name": f"{name} team"})
        assert done.status_code == 303, done.text


async def test_two_hosts_look_different_at_the_same_time(app: httpx.ASGITransport, people: People) -> None:
    await dress(app, people.anna, await site_of(people.anna, "alpina.test"), "Alpina Suite", "#0b4f8a", "#0b4f8a")
    await dress(app, people.erik, await site_of(people.erik, "nordlicht.test"), "Nordlicht", "#9f1239", "#9f1239")
    async with at(app, "login.alpina.test") as alpina, at(app, "login.nordlicht.test") as nordlicht:
        for _ in range(2):  # the second time from what is kept
            first, second = (await alpina.get("/sign-in")).text, (await nordlicht.get("/sign-in")).text
            assert "· Alpina Suite</title>" in first and "Nordlicht" not in first
            assert "· Nordlicht</title>" in second and "Alpina" not in second
            missing = (await alpina.get("/sign-in/nowhere")).text, (await nordlicht.get("/sign-in/nowhere")).text
            assert "Alpina Suite" in missing[0] and "Nordlicht" in missing[1]
        assert "--brand: #0b4f8a" in (await alpina.get("/brand.css")).text
        assert "--brand: #9f1239" in (await nordlicht.get("/brand.css")).text
        manifests = [(await one.get("/manifest.webmanifest")).json() for one in (alpina, nordlicht)]
        assert [(one["name"], one["short_name"], one["theme_color"]) for one in manifests] == [("Alpina Suite", "Alpin", "#0b4f8a"), ("Nordlicht", "Nordl", "#9f1239")]
        maskable = [next(icon["src"] for icon in one["icons"] if icon["purpose"] == "maskable") for one in manifests]
        pictures = [Image.open(BytesIO((await one.get(src)).content)).convert("RGB") for one, src in zip((alpina, nordlicht), maskable, strict=True)]
        assert [picture.getpixel((2, 2)) for picture in pictures] == [(255, 255, 255)] * 2, "the logo stands on white to the edge"
        assert pictures[0].tobytes() != pictures[1].tobytes()
        assert (await alpina.get("/offline")).text.count("Alpina Suite") > 0


async def test_pictures_are_those_of_the_host_alone(app: httpx.ASGITransport, people: People) -> None:
    mine = await site_of(people.anna, "alpina.test")
    await dress(app, people.anna, mine, "Alpina", "#0b4f8a", "#0b4f8a", slides=True)
    await dress(app, people.erik, await site_of(people.erik, "nordlicht.test"), "Nordlicht", "#9f1239", "#9f1239")
    async with at(app, "login.alpina.test") as alpina, at(app, "login.nordlicht.test") as nordlicht:
        shown = set(re.findall(r"/brand/[0-9a-f]{64}/[a-z0-9-]+", (await alpina.get("/sign-in")).text))
        assert len(shown) >= 8
        for address in shown:
            answer = await alpina.get(address)
            assert answer.status_code == 200 and answer.headers["content-type"].startswith("image/")
            assert "immutable" in answer.headers["cache-control"] and "sandbox" in " ".join(answer.headers.get_list("content-security-policy"))
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert (await nordlicht.get(address)).status_code == 404
            async with browser(app) as standard:
                assert (await standard.get(address)).status_code == 404
        name = next(iter(shown)).split("/")[2]
        assert (await alpina.get(f"/brand/{name}/../../secret.key")).status_code == 404
        assert (await alpina.get(f"/brand/{name}/exe")).status_code == 404
        source = (await draft_of(people.anna.viewer, mine.id)).look.light
        assert source and (await alpina.get(f"/brand/{source.source}/png")).status_code == 404, "what was cut away is nobody's business"


async def test_a_draft_is_seen_by_nobody_until_it_is_published_and_that_can_be_undone(app: httpx.ASGITransport, people: People) -> None:
    site = await site_of(people.anna, "alpina.test")
    await name_it(people.anna.viewer, site.id, name="First", button_colour="#0b4f8a")
    async with at(app, "login.alpina.test") as stranger, browser(app, people.anna) as anna:
        assert "First" not in (await stranger.get("/sign-in")).text
        await anna.post(f"/manager/brand/{site.id}/look/publication", data={"name": "First", "button_colour": "#0b4f8a"})
        assert "· First</title>" in (await stranger.get("/sign-in")).text
        published = await anna.post(f"/manager/brand/{site.id}/look/publication", data={"name": "Second"}, headers=HTMX)
        assert "· Second</title>" in (await stranger.get("/sign-in")).text
        undo = json.loads(published.headers["hx-trigger"])["toast"]["undo_url"]
        assert (await anna.post(undo)).status_code in (200, 303)
        assert "· First</title>" in (await stranger.get("/sign-in")).text
        assert "#0b4f8a" in (await stranger.get("/brand.css")).text
        assert "Second" in (await anna.get(f"/manager/brand/{site.id}/look/login-page")).text, "what was worked on is a draft again"


async def test_a_draft_can_be_discarded_and_taken_back(people: People, app: httpx.ASGITransport) -> None:
    site = await site_of(people.anna, "alpina.test")
    await name_it(people.anna.viewer, site.id, name="Tried")
    async with browser(app, people.anna) as anna:
        assert (await anna.post(f"/manager/brand/{site.id}/look/draft/removal")).status_code == 303
    assert (await draft_of(people.anna.viewer, site.id)).look.name == ""
    (command,) = [one for one in await Command.recent(people.anna.viewer) if one.kind == "brand.discard"]
    await command.undo(people.anna.viewer)
    assert (await draft_of(people.anna.viewer, site.id)).look.name == "Tried"


async def test_publishing_nothing_is_said(app: httpx.ASGITransport, people: People) -> None:
    site = await site_of(people.anna, "alpina.test")
    async with browser(app, people.anna) as anna:
        answer = await anna.post(f"/manager/brand/{site.id}/look/publication")
    assert answer.status_code == 422 and "Everything is published already" in answer.text


async def test_colours_that_cannot_be_read_are_adjusted_and_the_administrator_is_told(app: httpx.ASGITransport, people: People) -> None:
    site = await site_of(people.anna, "alpina.test")
    async with browser(app, people.anna) as anna:
        told = await anna.post(f"/manager/brand/{site.id}/look/login-page", data={"button_colour": "#FACC15", "text_colour": "888"}, headers=HTMX)
        assert "less than 3.0. Shown as #b2910f there" in told.text and 'data-use="#b2910f"' in told.text
        assert "On dark: contrast 11.5 to 1" in told.text
        await anna.post(f"/manager/brand/{site.id}/look/publication", data={"button_colour": "#FACC15", "text_colour": "888"})
    async with at(app, "login.alpina.test") as stranger:
        css = (await stranger.get("/brand.css")).text
    light, dark = css.split('[data-theme="dark"]')[:2]
    assert "--brand: #b2910f" in light and "--brand: #facc15" in dark


@pytest.mark.parametrize("wrong", ["red", "#12345", "url(x)", "#fff;}body{display:none"])
async def test_what_is_no_colour_is_refused_and_kept_in_the_field(wrong: str, app: httpx.ASGITransport, people: People) -> None:
    site = await site_of(people.anna, "alpina.test")
    async with browser(app, people.anna) as anna:
        answer = await anna.post(f"/manager/brand/{site.id}/look/login-page", data={"button_colour": wrong, "name": "Kept"})
    assert answer.status_code == 422 and "isn’t a colour" in answer.text and 'value="Kept"' in answer.text
    assert (await draft_of(people.anna.viewer, site.id)).look.button_colour == ""


async def test_slides_are_added_arranged_described_and_removed(app: httpx.ASGITransport, people: People) -> None:
    site = await site_of(people.anna, "alpina.test")
    url = f"/manager/brand/{site.id}/look/slides"
    async with browser(app, people.anna) as anna:
        small = await anna.post(url, files={"picture": ("big.jpg", written(photo(640, 960), "JPEG"))}, headers=HTMX)
        assert small.status_code == 422 and "640 × 960 pixels. A slide needs at least 865 × 1200" in small.text
        for colour in ("#aa0000", "#00aa00", "#0000aa"):
            sent = written(photo(865, 1200, colour), "JPEG")
            assert (await anna.post(url, files={"picture": ("a.jpg", sent)}, headers=HTMX)).status_code == 200
        again = await anna.post(url, files={"picture": ("a.jpg", sent)}, headers=HTMX)
        assert again.status_code == 422 and "three slides already" in again.text
        first, second, third = (one.hash for one in (await draft_of(people.anna.viewer, site.id)).look.slides)
        await anna.post(f"{url}/order", data={"slide": [third, first, second], f"alt-{third}": "The lake <b>at dawn</b>"}, headers=HTMX)
        await anna.post(f"{url}/order", data={"slide": [third, first, second], "move": "3", f"alt-{third}": "The lake <b>at dawn</b>"}, headers=HTMX)
        await anna.post(f"{url}/order", data={"slide": [third, first, second], "move": "-3", f"alt-{third}": "The lake <b>at dawn</b>"}, headers=HTMX)
        look = (await draft_of(people.anna.viewer, site.id)).look
        assert [one.hash for one in look.slides] == [third, second, first]
        assert look.slides[0].alt == "The lake <b>at dawn</b>"
        await anna.post(f"{url}/{second}/removal", headers=HTMX)
        assert [one.hash for one in (await draft_of(people.anna.viewer, site.id)).look.slides] == [third, first]
        await anna.post(f"/manager/brand/{site.id}/look/publication")
    async with at(app, "login.alpina.test") as stranger:
        page = (await stranger.get("/sign-in")).text
    assert 'alt="The lake &lt;b&gt;at dawn&lt;/b&gt;"' in page
    assert page.index(third) < page.index("<template data-slide>") < page.index(first), "only the first comes with the page"


async def test_a_logo_is_cut_again_from_what_was_sent(app: httpx.ASGITransport, people: People) -> None:
    site = await site_of(people.anna, "alpina.test")
    url = f"/manager/brand/{site.id}/look/logo"
    async with browser(app, people.anna) as anna:
        page = await anna.post(url, data={"theme": "light"}, files={"picture": ("logo.png", svg())})
        assert page.status_code == 200 and "Validate" in page.text, "what it is called doesn't matter"
        before = (await draft_of(people.anna.viewer, site.id)).look.light
        await anna.post(f"{url}/cut", data={"theme": "light", "left": "0", "top": "0", "width": "0.3", "height": "0.5"})
        after = (await draft_of(people.anna.viewer, site.id)).look.light
        assert before and after and after.source == before.source and after.hash != before.hash
        shown = await anna.get(f"/manager/brand/{site.id}/look/files/{after.source}/png")
        assert shown.status_code == 200 and shown.headers["cache-control"].startswith("private")
        wrong = await anna.post(f"{url}/cut", data={"theme": "light", "left": "-1", "top": "0", "width": "2", "height": "0.5"})
        assert wrong.status_code == 422
        script = await anna.post(url, data={"theme": "light"}, files={"picture": ("logo.svg", svg("<script>alert(1)</script>"))})
        assert script.status_code == 422 and "has a script" in script.text
        assert (await draft_of(people.anna.viewer, site.id)).look.light == after, "what was there stays"


async def test_a_file_that_is_far_too_large_is_refused_before_it_is_read(app: httpx.ASGITransport, people: People) -> None:
    site = await site_of(people.anna, "alpina.test")
    read = 0

    async def endless() -> object:  # type: ignore[misc]
        nonlocal read
        for _ in range(2_000):
            read += 1
            yield b"x" * 1_000_000

    async with browser(app, people.anna) as anna:
        headers = {"content-type": "multipart/form-data; boundary=x", "content-length": str(2_000_000_000)}
        answer = await anna.post(f"/manager/brand/{site.id}/look/slides", content=endless(), headers=headers)  # type: ignore[arg-type]
    assert answer.status_code in (413, 422) and read < 5
    assert "too large" in answer.text


async def test_others_neither_see_nor_change_it(app: httpx.ASGITransport, people: People) -> None:
    site = await site_of(people.anna, "alpina.test")
    draft = await name_it(people.anna.viewer, site.id, name="Ours")
    for person in (people.beat, people.gina, people.erik):
        async with browser(app, person) as client:
            for method, path in (("GET", ""), ("GET", "/login-page"), ("POST", "/login-page"), ("POST", "/publication"), ("POST", "/draft/removal"), ("POST", "/logo"), ("POST", "/slides")):
                answer = await client.request(method, f"/manager/brand/{site.id}/look{path}", data={"name": "Theirs"} if method == "POST" else None)
                assert answer.status_code == 404, (person.account.email, path, answer.status_code)
        with pytest.raises(NotFound):
            await publish(person.viewer, site.id)
    assert (await draft_of(people.anna.viewer, site.id)).look == draft.look


async def test_mails_carry_the_logo_and_the_senders_name(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    await dress(app, people.anna, await site_of(people.anna, "alpina.test"), "Alpina Suite", "#0b4f8a", "#0b4f8a")
    brand = await brand_of(people.anna.viewer.org_id)
    message = await write(Letter("reset", Party("beat@alpina.example", "Beat"), "en", {"url": "http://x/reset/1"}), brand, settings)
    read = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert str(read["From"]).startswith("Alpina Suite team <")
    body = read.get_body(("html",))
    assert body is not None and 'src="cid:logo"' in body.get_content() and "#0b4f8a" in body.get_content()
    (picture,) = [part for part in read.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<logo>" and Image.open(BytesIO(picture.get_content())).height <= 140
    assert "http" not in re.sub(r"http://x/reset/1", "", body.get_content()), "nothing is loaded from elsewhere"


async def test_two_changes_at_once_are_both_kept(people: People) -> None:
    site = await site_of(people.anna, "alpina.test")
    await name_it(people.anna.viewer, site.id, name="One")
    await asyncio.gather(name_it(people.anna.viewer, site.id, short_name="Two"), name_it(people.anna.viewer, site.id, sender_name="Three"))
    look = (await draft_of(people.anna.viewer, site.id)).look
    assert (look.name, look.short_name, look.sender_name) == ("One", "Two", "Three")
    assert await database.fetch_value("SELECT COUNT(*) FROM brand_look") == 1
