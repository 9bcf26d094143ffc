"""A bucket of files that doesn't answer: files wait, everything else goes on, and nothing is lost."""

from __future__ import annotations

import httpx
import pytest

from app.lib import blobs
from app.settings import Settings
from tests.conftest import browser
from tests.databases import _free_port
from tests.dav import client
from tests.drive import file
from tests.people import People
from tests.routes.test_uploads import create, redeemed, send

pytestmark = pytest.mark.anyio


async def test_files_are_out_of_reach_and_the_rest_goes_on(app: httpx.ASGITransport, people: People, settings: Settings) -> None:
    node, anna, dav = await file(people.anna, "plan.txt"), browser(app, people.anna), client(app, people.beat)
    assert (await anna.get("/readyz")).text == "ready\n"
    blobs.use(settings.data_dir / "files", f"s3://bucket?endpoint=http://127.0.0.1:{_free_port()}&access_key_id=a&secret_access_key=b")
    ready = await anna.get("/readyz")
    assert (ready.status_code, ready.text) == (503, "The bucket of files is out of reach\n")
    assert "plan.txt" in (await anna.get("/drive")).text
    lost = await anna.get(f"{node.url}/content")
    assert lost.status_code == 503 and "out of reach" in lost.text
    put = await dav.request("PUT", "/dav/files/new.txt", content=b"new")
    assert (put.status_code, put.headers["retry-after"]) == (503, "60")
    url = await create(anna, 5)
    assert (await send(anna, url, 0, b"hello")).status_code == 503

    blobs.use(settings.data_dir / "files", settings.files_url)
    assert (await anna.head(url, headers={"tus-resumable": "1.0.0"})).headers["upload-offset"] == "5"
    assert await redeemed(people.anna, url) == b"hello"
    assert (await anna.get(f"{node.url}/content")).content == b"content"
    assert (await dav.request("PUT", "/dav/files/new.txt", content=b"new")).status_code == 201
