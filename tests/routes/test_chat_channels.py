"""Channels over HTTP: settings, archive, deletion, categories."""

from __future__ import annotations

import httpx
import pytest

from app.models.chat import Channel, looking_after
from tests.conftest import browser
from tests.people import People

pytestmark = pytest.mark.anyio
HTMX = {"HX-Request": "true"}
DIALOG = {**HTMX, "HX-Target": "dialog#dialog"}


async def test_settings_are_shown_saved_and_refused(app: httpx.ASGITransport, people: People) -> None:
    channel = await Channel.start(people.beat.viewer, "public", "launch", people=[people.chiara.id, people.gina.id])
    beat, chiara, gina = browser(app, people.beat), browser(app, people.chiara), browser(app, people.gina)
    form = (await beat.get(f"{channel.url}/edit", headers=DIALOG)).text
    assert "Slow mode" in form and 'name="kind"' in form and "Archive the channel" in form
    assert 'name="kind"' not in (await chiara.get(f"{channel.url}/edit", headers=DIALOG)).text
    assert (await gina.get(f"{channel.url}/edit", headers=DIALOG)).status_code == 404
    assert (await gina.post(channel.url, data={"name": "mine"}, headers=DIALOG)).status_code == 404
    saved = await beat.post(channel.url, data={"name": "launch", "display_name": "Launch 2027", "header": "[Plan](https://example.org)"}, headers=HTMX)
    assert saved.status_code == 200 and "undo_url" in saved.headers["hx-trigger"]
    page = (await chiara.get(channel.url)).text
    assert "Launch 2027" in page and 'href="https://example.org"' in page
    bad = await beat.post(channel.url, data={"name": "a/b", "header": "typed"}, headers=DIALOG)
    assert bad.status_code == 422 and "typed" in bad.text and "letters" in bad.text
    refused = await chiara.post(channel.url, data={"name": "launch", "slow_seconds": "30"}, headers=DIALOG)
    assert refused.status_code == 422 and "channel admins" in refused.text


async def test_archive_and_deletion(app: httpx.ASGITransport, people: People) -> None:
    channel = await Channel.start(people.beat.viewer, "public", "launch", people=[people.chiara.id])
    beat, chiara = browser(app, people.beat), browser(app, people.chiara)
    assert (await chiara.post(f"{channel.url}/archive", headers=HTMX)).status_code == 422
    assert (await beat.post(f"{channel.url}/archive", headers=HTMX)).status_code == 200
    late = await chiara.post(f"{channel.url}/messages", data={"text": "too late"})
    assert late.status_code == 422 and "archived" in late.text
    assert "archived" in (await chiara.get(channel.url)).text
    assert "launch" in (await chiara.get("/chat/channels?archived=1")).text
    assert (await beat.delete(f"{channel.url}/archive", headers=HTMX)).status_code == 200
    assert (await beat.get(f"{channel.url}/deletion", headers=DIALOG)).status_code == 200
    assert (await beat.post(f"{channel.url}/deletion", data={"name": "other"}, headers=DIALOG)).status_code == 422
    assert (await beat.post(f"{channel.url}/deletion", data={"name": "#launch"}, headers=DIALOG)).status_code == 200
    assert (await chiara.get(channel.url)).status_code == 404


async def test_categories(app: httpx.ASGITransport, people: People) -> None:
    channel = await Channel.start(people.beat.viewer, "public", "launch")
    beat = browser(app, people.beat)
    assert (await beat.get(f"{channel.url}/place", headers=DIALOG)).status_code == 200
    assert (await beat.post(f"{channel.url}/place", data={"group": "new", "name": ""}, headers=DIALOG)).status_code == 422
    made = await beat.post(f"{channel.url}/place", data={"group": "new", "name": "Projects"}, headers=DIALOG)
    assert made.status_code == 200 and "Projects" in made.text
    id_ = made.text.partition("Category Projects")[0].rpartition("/chat/categories/")[2].partition("/")[0]
    assert (await beat.get(f"/chat/categories/{id_}/edit", headers=DIALOG)).status_code == 200
    assert "data-folded" in (await beat.post(f"/chat/categories/{id_}/fold", headers=HTMX)).text
    assert (await browser(app, people.chiara).post(f"/chat/categories/{id_}", data={"name": "mine"}, headers=HTMX)).status_code == 404
    assert "Projects" not in (await beat.delete(f"/chat/categories/{id_}", headers=HTMX)).text


async def test_channel_admins_are_named(app: httpx.ASGITransport, people: People) -> None:
    channel = await Channel.start(people.beat.viewer, "public", "launch", people=[people.chiara.id])
    answer = await browser(app, people.beat).post(f"{channel.url}/admins/{people.chiara.id}", headers=HTMX)
    assert answer.status_code == 200 and answer.text.count("Channel admin") == 2
    assert looking_after.looks_after(people.chiara.viewer, await Channel.seen_by(people.chiara.viewer, channel.id))
