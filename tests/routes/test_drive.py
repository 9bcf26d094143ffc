"""Drive over HTTP: lists, downloads, uploads that arrive, sharing, links, and bad input."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import httpx
import pytest
from PIL import Image

from app import database, jobs
from app.jobs import run_now
from app.lib import clock
from app.models.base import NotFound
from app.models.command import Command
from app.models.drive import Node, create_drive, find_node, list_all, marks, put_file, share
from app.models.drive.arriving import Arrival, Arrivals
from app.models.drive.rights import EDIT, MANAGE, VIEW
from app.models.files import Upload, keep_bytes
from app.models.job import Job
from app.models.search import search, visible_scopes
from tests.conftest import browser
from tests.drive import content, file, folder, home, linked, names
from tests.people import People, Person
from tests.routes.test_uploads import create, send, token_of

pytestmark = pytest.mark.anyio
HTMX = {"hx-request": "true"}


async def upload(client: httpx.AsyncClient, folder_id: int, name: str, body: bytes, **more: str) -> httpx.Response:
    url = await create(client, len(body))
    await send(client, url, 0, body)
    return await client.post(f"/drive/folders/{folder_id}/arrivals", data={"upload": token_of(url), "name": name, **more})


async def work() -> None:
    """Do the waiting previews."""
    jobs.load()
    for job in await Job.lease(100, background=True):
        if job.kind == "preview_file":
            await run_now(job.kind, json.loads(job.payload))


def told(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.headers["hx-trigger"])
    return found


async def test_ones_files_are_listed_and_the_page_leads_to_them(app: httpx.ASGITransport, people: People) -> None:
    node, place = await file(people.anna, "budget 😀.txt"), await folder(people.anna, "project")
    async with browser(app, people.anna) as anna:
        page = await anna.get("/drive")
        assert page.status_code == 200
        assert f"/drive/files/{node.id}" in page.text and place.node.url in page.text
        assert (await anna.get(place.node.url)).status_code == 200
        for view in ("recent", "favourites", "shared", "shared-by-me", "links", "trash"):
            assert (await anna.get(f"/drive/{view}")).status_code == 200, view
        assert (await anna.get(f"/drive/nodes/{node.id}/details", headers=HTMX)).status_code == 200


async def test_a_folder_of_many_comes_in_pages(app: httpx.ASGITransport, people: People) -> None:
    place = await folder(people.anna, "many")
    for number in range(130):
        await file(people.anna, f"f{number}.txt", parent=place)
    async with browser(app, people.anna) as anna:
        page = await anna.get(place.node.url)
        assert page.text.count("data-row") == 60
        more = page.text.split('hx-get="/drive/folders/')[-1].split('"')[0].replace("&amp;", "&")
        rest = await anna.get(f"/drive/folders/{more}", headers=HTMX)
        assert rest.text.count("data-row") == 60


async def test_uploads_become_files_in_their_folders(app: httpx.ASGITransport, people: People) -> None:
    root = await home(people.anna)
    async with browser(app, people.anna) as anna:
        made = await upload(anna, root.node.id, "a.txt", b"hello", path="one/two/CON", modified="1700000000000")
        assert made.status_code == 201
        node = await Node.get(made.json()["id"])
        assert (node.modified_at, await content(node)) == (1700000000000, b"hello")
        found = await find_node(people.anna.viewer, node.id)
        assert [crumb.name for crumb in found.crumbs] == ["", "one", "two", "CON_"]


async def test_a_taken_name_is_asked_about_once_and_then_decided(app: httpx.ASGITransport, people: People) -> None:
    root, node = await home(people.anna), await file(people.anna, "a.txt", b"first")
    async with browser(app, people.anna) as anna:
        asked = await anna.post(f"/drive/folders/{root.node.id}/conflicts", content=json.dumps(["A.TXT", "b.txt", "x/a.txt"]))
        assert asked.json() == {"taken": ["A.TXT"]}
        assert (await upload(anna, root.node.id, "a.txt", b"second")).status_code == 409
        assert (await upload(anna, root.node.id, "a.txt", b"second", conflict="skip")).status_code == 204
        assert (await upload(anna, root.node.id, "a.txt", b"second", conflict="keep")).json()["name"] == "a (2).txt"
        assert (await upload(anna, root.node.id, "a.txt", b"third", conflict="replace")).json()["id"] == node.id
    assert await content(node) == b"third"


async def test_an_answer_that_was_lost_is_given_again(app: httpx.ASGITransport, people: People) -> None:
    root = await home(people.anna)
    async with browser(app, people.anna) as anna:
        url = await create(anna, 3)
        await send(anna, url, 0, b"abc")
        data, key = {"upload": token_of(url), "name": "once.txt"}, {"idempotency-key": "k1"}
        assert (await anna.post(f"/drive/folders/{root.node.id}/arrivals", data=data, headers=key)).status_code == 201
        await anna.post(f"/drive/folders/{root.node.id}/arrivals", data=data, headers=key)
    assert await names(people.anna, root) == ["once.txt"]


async def parcel(client: httpx.AsyncClient, folder_id: int, about: list[dict[str, Any]], bodies: list[bytes]) -> httpx.Response:
    files = [("file", ("f", body, "application/octet-stream")) for body in bodies]
    return await client.post(f"/drive/folders/{folder_id}/parcels", data={"about": json.dumps(about)}, files=files)


async def test_an_upload_of_many_is_one_line_with_one_way_back(app: httpx.ASGITransport, people: People) -> None:
    root = await home(people.anna)
    about: list[dict[str, Any]] = [{"key": f"parcel-{number:04}", "name": f"{number}.txt", "path": "Trip", "together": "all-of-it"} for number in range(3)]
    async with browser(app, people.anna) as anna:
        await parcel(anna, root.node.id, about, [b"x"] * 3)
        assert (await upload(anna, root.node.id, "large.bin", b"large", together="all-of-it")).status_code == 201
        page = (await anna.get("/activity")).text
        assert page.count('class="row"') == 1 and "Trip" in page and "5 changes" in page
        url = page.split('href="/activity/')[1].split('"')[0]
        parts = await anna.get(f"/activity/{url}")
        assert parts.text.count('class="row"') == 5 and "large.bin" in parts.text
        async with browser(app, people.beat) as beat:
            assert (await beat.get(f"/activity/{url}")).status_code == 404
        assert (await anna.post(f"/activity/{url}/undo", headers=HTMX)).status_code == 200
        assert "Undone" in (await anna.get("/activity")).text
    assert await names(people.anna, root) == []


async def test_many_small_files_come_in_one_request_and_once(app: httpx.ASGITransport, people: People) -> None:
    root = await home(people.anna)
    taken_file = await file(people.anna, "taken.txt", b"before")
    about: list[dict[str, Any]] = [
        {"key": "parcel-0001", "name": "one.txt", "path": "Trip/Day 1", "modified": 1_700_000_000_000},
        {"key": "parcel-0002", "name": "two.txt", "path": "Trip/Day 1"},
        {"key": "parcel-0003", "name": "empty", "conflict": "keep"},
        {"key": "parcel-0004", "name": "taken.txt", "conflict": "keep"},
        {"key": "parcel-0005", "name": "taken.txt", "conflict": "skip"},
        {"key": "parcel-0006", "name": "taken.txt", "conflict": "ask"},
        {"key": "parcel-0007", "name": "../etc\n/passwd", "path": "taken.txt"},
        {"key": "parcel-0008", "name": "beside", "path": "taken.txt"},
        {"key": "parcel-0009", "name": "TAKEN.txt", "conflict": "replace"},
    ]
    bodies = [b"one", b"two", b"", b"both", b"skip", b"ask", b"odd", b"beside", b"after"]
    async with browser(app, people.anna) as anna:
        first = (await parcel(anna, root.node.id, about, bodies)).json()["files"]
        again = (await parcel(anna, root.node.id, about, bodies)).json()["files"]
        assert first == again  # the answer was lost, and nothing came twice
        assert [one.get("name") for one in first] == ["one.txt", "two.txt", "empty", "taken (2).txt", None, None, ".._etc__passwd", "beside", "taken.txt"]
        assert (first[4], first[5]) == ({"skipped": True}, {"taken": "taken.txt", "is_folder": False})
        assert first[8]["id"] == taken_file.id
        assert sorted(await names(people.anna, root)) == ["Trip", "empty", "taken (2).txt", "taken (3).txt", "taken.txt"]
        for one, body in zip(first, bodies, strict=True):
            if "id" in one:
                assert (await anna.get(f"/drive/files/{one['id']}/content")).content == body
        made = await find_node(people.anna.viewer, first[0]["id"])
        assert ([crumb.name for crumb in made.crumbs][1:], made.node.modified_at) == (["Trip", "Day 1"], 1_700_000_000_000)
    async with browser(app, people.beat) as beat:
        assert (await parcel(beat, root.node.id, about[:1], bodies[:1])).status_code == 404


async def test_a_parcel_that_is_broken_or_too_much_does_nothing_or_tells_which(app: httpx.ASGITransport, people: People) -> None:
    root = await home(people.anna)
    good = {"key": "parcel-0001", "name": "good.txt"}
    async with browser(app, people.anna) as anna:
        for about, bodies in [([], []), ([good], []), ([good], [b"1", b"2"]), ([{"name": "no key"}], [b"1"]), ([{**good, "conflict": "burn"}], [b"1"])]:
            assert (await parcel(anna, root.node.id, about, bodies)).status_code == 422
        assert (await anna.post(f"/drive/folders/{root.node.id}/parcels", content=b"\x00", headers={"content-type": "multipart/form-data; boundary=x"})).status_code == 400
        await people.anna.organisation.change(storage_per_person=10)
        one, two = (await parcel(anna, root.node.id, [good, {"key": "parcel-0002", "name": "large.txt"}], [b"12345", b"x" * 100])).json()["files"]
    assert one["name"] == "good.txt" and "error" in two
    assert await names(people.anna, root) == ["good.txt"]


async def test_paths_that_are_taken_are_named_before_the_upload(app: httpx.ASGITransport, people: People) -> None:
    place = await folder(people.anna, "Trip")
    await file(people.anna, "Day 1.txt", parent=place)
    await file(people.anna, "top.txt")
    paths = ["TOP.txt", "new.txt", "Trip/day 1.TXT", "Trip/Day 2.txt", "Nowhere/top.txt", "top.txt/x", "Trip", "a/" * 3_000 + "deep"]
    async with browser(app, people.anna) as anna:
        root = (await home(people.anna)).node.id
        answer = await anna.post(f"/drive/folders/{root}/conflicts", json=paths)
        assert answer.json() == {"taken": ["TOP.txt", "Trip", "Trip/day 1.TXT"]}
        for bad in ([1], {"a": 1}, ["x"] * 10_001):
            assert (await anna.post(f"/drive/folders/{root}/conflicts", json=bad)).status_code == 422


async def test_downloads_have_ranges_and_validators(app: httpx.ASGITransport, people: People) -> None:
    node = await file(people.anna, "ümlaut.bin", b"0123456789")
    url = f"/drive/files/{node.id}/content"
    async with browser(app, people.anna) as anna:
        whole = await anna.get(url)
        assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, b"0123456789", "bytes")
        assert "filename*=UTF-8''%C3%BCmlaut.bin" in whole.headers["content-disposition"]
        for span, body, said in (("bytes=2-4", b"234", "bytes 2-4/10"), ("bytes=-3", b"789", "bytes 7-9/10"), ("bytes=8-", b"89", "bytes 8-9/10")):
            part = await anna.get(url, headers={"range": span})
            assert (part.status_code, part.content, part.headers["content-range"]) == (206, body, said)
        head = await anna.head(url)
        assert (head.status_code, head.content, head.headers["content-length"], head.headers["etag"]) == (200, b"", "10", whole.headers["etag"])
        assert (await anna.head(url, headers={"range": "bytes=2-4"})).headers["content-range"] == "bytes 2-4/10"
        assert (await anna.get(url, headers={"range": "bytes=10-"})).status_code == 416
        assert (await anna.get(url, headers={"if-none-match": whole.headers["etag"]})).status_code == 304
        assert (await anna.get(url, headers={"range": "bytes=0-1", "if-range": '"other"'})).status_code == 200
        assert (await anna.get(url, headers={"if-match": '"other"'})).status_code == 412


@pytest.mark.parametrize("name", ["evil.html", "evil.svg", "evil.xhtml", "evil.htm"])
async def test_what_could_run_is_only_ever_saved(app: httpx.ASGITransport, people: People, name: str) -> None:
    node = await file(people.anna, name, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>")
    async with browser(app, people.anna) as anna:
        answer = await anna.get(f"/drive/files/{node.id}/content")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert all("sandbox" in policy or "script-src 'nonce" in policy for policy in answer.headers.get_list("content-security-policy"))
    assert any(policy.endswith("sandbox") for policy in answer.headers.get_list("content-security-policy"))
    assert answer.headers["content-type"] in ("application/octet-stream", "text/plain; charset=utf-8")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_selection_comes_as_a_zip_without_bad_names(app: httpx.ASGITransport, people: People) -> None:
    place = await folder(people.anna, "project")
    await file(people.anna, "back\\slash.txt", b"1", place)
    await folder(people.anna, "empty", place)
    node = await file(people.anna, "big.bin", b"x" * 3_000_000)
    async with browser(app, people.anna) as anna:
        answer = await anna.get(f"/drive/zip?ids={place.node.id},{node.id}")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert sorted(archive.namelist()) == ["big.bin", "project/back_slash.txt", "project/empty/"]
    assert archive.testzip() is None


async def test_texts_are_edited_and_a_second_tab_loses_nothing(app: httpx.ASGITransport, people: People) -> None:
    node = await file(people.anna, "plan.md", b"# Plan")
    async with browser(app, people.anna) as anna:
        assert "<h1>Plan</h1>" in (await anna.get(node.url)).text
        saved = await anna.post(f"{node.url}/text", data={"text": "# One", "base": str(node.version_id)}, headers=HTMX)
        assert saved.status_code == 200
        second = await anna.post(f"{node.url}/text", data={"text": "# Two", "base": str(node.version_id)}, headers=HTMX)
        assert second.status_code == 422
        assert "# One" in second.text and "# Two" in second.text and await content(node) == b"# One"
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', second.text))
        settled = await anna.post(f"{node.url}/text", data={**hidden, "text": "# Both"}, headers=HTMX)
        assert json.loads(settled.headers["hx-location"])["path"] == node.url, "nothing of the page is replaced by an answer without a view"
    assert await content(node) == b"# Both"


async def test_bad_names_are_refused_with_a_reason(app: httpx.ASGITransport, people: People) -> None:
    node = await file(people.anna, "a.txt")
    async with browser(app, people.anna) as anna:
        for bad in ("a/b", "a\nb", "NUL", "trailing.", "", "x" * 300):
            answer = await anna.post(f"/drive/nodes/{node.id}/name", data={"name": bad}, headers=HTMX)
            assert (answer.status_code, bool(answer.json()["error"])) == (422, True), bad
        good = await anna.post(f"/drive/nodes/{node.id}/name", data={"name": "😀" * 63}, headers=HTMX)
        assert good.status_code == 200 and "undo_url" in told(good)["toast"]


async def test_moves_of_many_and_into_themselves(app: httpx.ASGITransport, people: People) -> None:
    place, other = await folder(people.anna, "one"), await folder(people.anna, "two")
    ids = [(await file(people.anna, f"{number}.txt")).id for number in range(20)]
    async with browser(app, people.anna) as anna:
        moved = await anna.post("/drive/moves", data={"ids": ",".join(map(str, ids)), "to": str(other.node.id)}, headers=HTMX)
        assert told(moved)["toast"]["text"] == "20 items moved"
        await anna.post(told(moved)["toast"]["undo_url"])
        assert await names(people.anna, other) == []
        itself = await anna.post("/drive/moves", data={"ids": str(place.node.id), "to": str(place.node.id)}, headers=HTMX)
        assert itself.status_code == 422
        many = await anna.post("/drive/removals", data={"ids": ",".join(str(number) for number in range(1, 50_002))}, headers=HTMX)
        assert many.status_code == 404, "however many they are, they must be there"


async def test_pictures_pdfs_and_words_are_looked_into(app: httpx.ASGITransport, people: People) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (800, 500), (20, 120, 90)).save(picture, "JPEG")
    document = io.BytesIO()
    Image.new("RGB", (300, 400), (255, 255, 255)).save(document, "PDF")
    docx = io.BytesIO()
    with zipfile.ZipFile(docx, "w") as archive:
        archive.writestr("word/document.xml", '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:t>Zirbelstube</w:t></w:p></w:document>')
    one = await file(people.anna, "p.jpg", picture.getvalue())
    two = await file(people.anna, "d.pdf", document.getvalue())
    three = await file(people.anna, "w.docx", docx.getvalue())
    await work()
    async with browser(app, people.anna) as anna:
        for node in (one, two):
            assert (await anna.get(f"/drive/files/{node.id}/thumb")).headers["content-type"] == "image/webp"
        assert (await anna.get(f"/drive/files/{two.id}/pages/0")).status_code == 200
        assert (await anna.get(f"/drive/files/{two.id}/pages/7")).status_code == 404
    hits = await search(await visible_scopes(people.anna.viewer), people.anna.viewer.org_id, "zirbelstube", ["file"])
    assert [hit.id for hit in hits] == [three.id]


async def test_bombs_do_no_harm(app: httpx.ASGITransport, people: People) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 60_000_000)
    huge = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0" + b"\0\0\0\0"
    node, picture = await file(people.anna, "bomb.zip", bomb.getvalue()), await file(people.anna, "huge.png", huge)
    await work()
    async with browser(app, people.anna) as anna:
        refused = await anna.post(f"{node.url}/unpacking", headers=HTMX)
        assert (refused.status_code, "far more" in told(refused)["toast"]["text"]) == (422, True)
        assert (await anna.get(f"/drive/files/{picture.id}/thumb")).status_code == 404
        page = await anna.get(picture.url)
        assert page.status_code == 200 and "too large or too damaged" in page.text and "<figure" not in page.text
        assert "60 MB" in (await anna.get(node.url)).text


async def test_a_zip_is_listed_and_unpacked(app: httpx.ASGITransport, people: People) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("docs/readme.txt", b"hello")
        archive.writestr("../../escape.txt", b"no")
    node = await file(people.anna, "bundle.zip", packed.getvalue())
    async with browser(app, people.anna) as anna:
        assert "docs/readme.txt" in (await anna.get(node.url)).text
        assert (await anna.post(f"{node.url}/unpacking", headers=HTMX)).status_code == 200
    assert await names(people.anna, await home(people.anna)) == ["bundle", "bundle.zip"]
    (made,) = [item.node async for item in list_all(people.anna.viewer, await home(people.anna)) if item.node.name == "bundle"]
    assert await names(people.anna, await find_node(people.anna.viewer, made.id)) == ["docs", "escape.txt"]


async def test_sharing_tells_why_and_each_reason_goes(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    place = await folder(people.anna, "project")
    node = await file(people.anna, "budget.txt", parent=place)
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        shared = await anna.post(f"/drive/nodes/{place.node.id}/grants", data={"people": str(people.beat.id), "level": "1"}, headers=HTMX)
        assert "Beat Keller" in shared.text
        assert (await beat.get(node.url)).status_code == 200
        assert (await beat.post(f"/drive/nodes/{node.id}/name", data={"name": "mine"}, headers=HTMX)).status_code == 404
        why = (await anna.get(f"/drive/nodes/{node.id}/sharing", headers=HTMX)).text
        assert "because of the folder “project”" in why
        grant = why.split("/grants/")[1].split("/")[0]
        await anna.post(f"/drive/nodes/{node.id}/grants/{grant}/removal", headers=HTMX)
        assert (await beat.get(node.url)).status_code == 404
        path = await linked(people.anna, place.node)
        assert (await stranger.get(f"{path}?at={node.id}")).status_code == 200
        (closing,) = re.findall(r'hx-post="([^"]*/links/\d+/removal)"', (await anna.get(f"/drive/nodes/{node.id}/sharing", headers=HTMX)).text)
        assert (await beat.post(closing, headers=HTMX)).status_code == 404
        await anna.post(closing, headers=HTMX)
        assert (await stranger.get(path)).status_code == 404
        nobody = await anna.post(f"/drive/nodes/{place.node.id}/grants", data={"level": "1"}, headers=HTMX)
        assert nobody.status_code == 422


async def test_only_reasons_that_one_may_remove_have_a_button(app: httpx.ASGITransport, people: People) -> None:
    place = await folder(people.anna, "project")
    node = await file(people.anna, "budget.txt", parent=place)
    await share(people.anna.viewer, place.node, "account", people.chiara.id, VIEW)
    await share(people.anna.viewer, node, "account", people.beat.id, MANAGE)
    async with browser(app, people.beat) as beat, browser(app, people.anna) as anna:
        for client, buttons in ((beat, 1), (anna, 2)):
            assert (await client.get(f"/drive/nodes/{node.id}/sharing", headers=HTMX)).text.count("/removal\"") == buttons


async def test_a_link_shows_a_folder_and_counts(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    place = await folder(people.anna, "press")
    node = await file(people.anna, "logo.txt", b"logo", place)
    outside = await file(people.anna, "private.txt")
    path = await linked(people.anna, place.node, download_limit=1)
    page = await stranger.get(path)
    assert page.status_code == 200 and "logo.txt" in page.text and "Anna Alpha" in page.text
    assert (await stranger.get(f"{path}?at={node.id}")).status_code == 200
    assert (await stranger.get(f"{path}?at={outside.id}")).status_code == 404
    assert (await stranger.get(f"{path}/content?at={node.id}&download=1")).content == b"logo"
    assert (await stranger.get(f"{path}/content?at={node.id}&download=1")).status_code == 422
    (row,) = await database.fetch("SELECT visits, downloads FROM public_link")
    assert (row["visits"], row["downloads"]) == (2, 1) or row["downloads"] == 1


async def test_a_link_with_a_password_an_end_and_a_pause(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    node = await file(people.anna, "secret.txt", b"secret words")
    path = await linked(people.anna, node, password="open sesame", expires_at=clock.now() + clock.DAY)
    assert "secret words" not in (await stranger.get(path)).text
    assert (await stranger.get(f"{path}/content?at={node.id}")).status_code == 404
    assert (await stranger.post(f"{path}/password", data={"password": "wrong"})).status_code == 422
    other = await linked(people.anna, node, password="other")
    assert {(await stranger.post(f"{other}/password", data={"password": "guess"})).status_code for _try in range(14)} == {422, 429}
    assert (await stranger.post(f"{path}/password", data={"password": "open sesame"})).status_code in (200, 303)
    assert "secret words" in (await stranger.get(path)).text
    await database.execute("UPDATE public_link SET paused_at = 1")
    assert (await stranger.get(path)).status_code == 410
    await database.execute("UPDATE public_link SET paused_at = NULL")
    assert "secret words" in (await stranger.get(path)).text
    with clock.at(clock.now() + 2 * clock.DAY):
        assert (await stranger.get(path)).status_code == 410


async def test_a_link_without_download_gives_no_file_away_as_one(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    node = await file(people.anna, "look.txt", b"look only")
    path = await linked(people.anna, node, no_download=True)
    assert "Download" not in (await stranger.get(path)).text
    assert (await stranger.get(f"{path}/content?at={node.id}")).status_code == 422, "nor by leaving the word out"
    assert (await stranger.get(f"{path}/content?at={node.id}&download=1")).status_code == 422


async def test_a_drop_box_takes_files_and_shows_none(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    place = await folder(people.anna, "inbox")
    await file(people.anna, "already.txt", parent=place)
    path = await linked(people.anna, place.node, mode="upload", quota=10)
    page = await stranger.get(path)
    assert page.status_code == 200 and "already.txt" not in page.text
    headers = {"tus-resumable": "1.0.0", "upload-length": "5"}
    begun = await stranger.post(f"{path}/uploads", headers=headers)
    assert begun.status_code == 201
    await send(stranger, begun.headers["location"], 0, b"hello")
    sent = {"upload": token_of(begun.headers["location"]), "name": "already.txt", "by": "Visitor"}
    assert (await stranger.post(f"{path}/arrivals", data=sent)).status_code == 201
    assert await names(people.anna, place) == ["already (2).txt", "already.txt"]
    refused = await stranger.post(f"{path}/uploads", headers={**headers, "upload-length": "6"})
    assert (refused.status_code, refused.text) == (422, "This drop box is full. Ask whoever sent you the link.")
    assert "Up to 5 B." in (await stranger.get(path)).text
    await database.execute("UPDATE public_link SET received = quota")
    full = (await stranger.get(path)).text
    assert "This drop box is full." in full and "public-files" not in full
    assert await database.fetch_value("SELECT COUNT(*) AS n FROM notification WHERE kind = 'drive.received'") == 1


async def test_visitors_comment_under_their_own_name(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    node = await file(people.anna, "draft.txt")
    path = await linked(people.anna, node, mode="comment")
    assert (await stranger.post(f"{path}/comments", data={"name": "", "text": "x"})).status_code == 422
    await stranger.post(f"{path}/comments", data={"name": "Vera", "text": "Typo on line 2"})
    async with browser(app, people.anna) as anna:
        assert "Typo on line 2" in (await anna.get(f"/drive/nodes/{node.id}/details?tab=comments", headers=HTMX)).text
    plain = await linked(people.anna, node)
    assert (await stranger.post(f"{plain}/comments", data={"name": "Vera", "text": "x"})).status_code == 404


async def test_a_full_quota_is_said_and_nothing_is_lost(app: httpx.ASGITransport, people: People) -> None:
    root = await home(people.anna)
    async with browser(app, people.anna) as anna:
        url = await create(anna, 5)
        await send(anna, url, 0, b"hello")
        await people.anna.organisation.change(storage_per_person=3)
        refused = await anna.post(f"/drive/folders/{root.node.id}/arrivals", data={"upload": token_of(url), "name": "a.txt"}, headers=HTMX)
        assert refused.status_code == 422 and "storage is full" in told(refused)["toast"]["text"]
        await people.anna.organisation.change(storage_per_person=None)
        assert (await anna.post(f"/drive/folders/{root.node.id}/arrivals", data={"upload": token_of(url), "name": "a.txt"})).status_code == 201


async def test_the_share_sheet_puts_files_into_a_folder(app: httpx.ASGITransport, people: People) -> None:
    root = await home(people.anna)
    async with browser(app, people.anna) as anna:
        await anna.post(f"/drive/folders/{root.node.id}/files", files=[("file", ("photo.jpg", b"1")), ("file", ("photo.jpg", b"2"))])
    assert await names(people.anna, root) == ["photo (2).jpg", "photo.jpg"]


async def test_editing_with_the_right_alone(app: httpx.ASGITransport, people: People) -> None:
    place = await folder(people.anna, "shared")
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    async with browser(app, people.beat) as beat:
        assert (await upload(beat, place.node.id, "from beat.txt", b"x")).status_code == 201
        assert (await beat.post(f"/drive/nodes/{place.node.id}/links", data={"mode": "view"}, headers=HTMX)).status_code == 404
    assert (await keep_bytes(b"x")).size == 1


async def test_ones_copy_of_everything_has_ones_files(app: httpx.ASGITransport, people: People) -> None:
    place = await folder(people.anna, "Trip")
    await file(people.anna, "map.txt", b"north", place)
    await file(people.beat, "beats.txt", b"not hers")
    from app.models.drive.my_data import _drive
    from app.models.my_data.registry import Owner

    owner = Owner(people.anna.id, people.anna.viewer.org_id, people.anna.membership.id, "UTC")
    found = {path: b"".join([piece async for piece in pieces]) async for path, pieces in _drive(owner)}
    assert found["drive/My files/Trip/map.txt"] == b"north"
    assert not any("beats" in path for path in found)


async def test_every_dialog_and_button_answers(app: httpx.ASGITransport, people: People) -> None:
    place, target = await folder(people.anna, "project"), await folder(people.anna, "target")
    node = await file(people.anna, "plan.md", b"one\n", place)
    first = node.version_id
    await put_file(people.anna.viewer, place, "plan.md", await keep_bytes(b"two\n"), replace=node)
    here, there = f"/drive/nodes/{node.id}", place.node.url
    async with browser(app, people.anna) as anna:
        for url in (f"{there}/folders/new", f"{there}/texts/new", f"{there}/tree?ids={node.id}", f"{there}/moment", "/drive/drives/new", f"{here}/sharing",
                    f"{here}/links/new", f"{node.url}/comparison?older={first}", *(f"{here}/details?tab={tab}" for tab in ("about", "comments", "versions", "activity"))):
            assert (await anna.get(url, headers=HTMX)).status_code == 200, url
        for url, data in (
            (f"{here}/comments", {"text": "hello"}), (f"{here}/tags", {"tags": "Q1, urgent"}), (f"{here}/favourite", {"on": "1"}),
            (f"{node.url}/versions/{first}/pin", {"on": "1", "label": "sent"}), (f"{here}/inheritance", {"inherits": "0"}), (f"{here}/inheritance", {"inherits": "1"}),
            (f"{there}/folders", {"name": "sub"}), (f"{there}/texts", {"name": "Minutes"}), ("/drive/copies", {"ids": str(node.id), "to": str(target.node.id)}),
            ("/drive/drives", {"name": "Archive", "kind": "personal"}), (f"{node.url}/versions/{first}/restoration", {}),
        ):
            assert (await anna.post(url, data=data, headers=HTMX)).status_code == 200, url
        for url, data in ((f"{here}/comments", {"text": ""}), (f"{there}/folders", {"name": "a/b"}), (f"{there}/moment", {"on_date": "never", "on_time": ""}),
                          ("/drive/drives", {"name": ""}), (f"{there}/moment", {"on_date": "2999-01-01", "on_time": "10:00"}),
                          (f"{there}/moment", {"on_date": "2020-01-01", "on_time": "10:00"})):
            assert (await anna.post(url, data=data, headers=HTMX)).status_code == 422, url
        assert (await anna.get("/drive/favourites")).status_code == 200


async def test_a_link_is_changed_paused_and_closed_at_one_address(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    place = await folder(people.anna, "press")
    here = f"/drive/nodes/{place.node.id}/links"
    async with browser(app, people.anna) as anna:
        made = await anna.post(here, data={"mode": "view", "name": "Press"}, headers=HTMX)
        path = made.text.split('id="link-address">http://localhost:8000')[1].split("<")[0]
        link = made.text.split(f'hx-post="{here}/')[1].split("/")[0].split('"')[0]
        assert (await stranger.get(path)).status_code == 200
        assert (await anna.post(f"{here}/{link}/pause", data={"on": "1"}, headers=HTMX)).status_code == 200
        assert (await stranger.get(path)).status_code == 410
        assert (await anna.post(f"{here}/{link}/pause", data={"on": "0"}, headers=HTMX)).status_code == 200
        assert (await anna.post(f"{here}/{link}", data={"mode": "view", "password": "sesame"}, headers=HTMX)).status_code == 200
        assert 'name="password"' in (await stranger.get(path)).text
        assert (await anna.post(f"{here}/{link}", data={"mode": "view", "until": "2001-01-01"}, headers=HTMX)).status_code == 422
        assert "Opened" in (await anna.get(f"{here}/{link}", headers=HTMX)).text
        closed = await anna.post(f"{here}/{link}/removal", headers=HTMX)
        assert (await stranger.get(path)).status_code == 404
        await anna.post(told(closed)["toast"]["undo_url"])
        assert (await stranger.get(path)).status_code == 200


async def test_who_manages_drive_decides(app: httpx.ASGITransport, people: People) -> None:
    wanted = {"trash_days": "10", "version_days": "90", "versions_kept": "20", "link_makers": "nobody", "drive_makers": "members", "per_person": "5"}
    node = await file(people.anna, "a.txt")
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        assert (await beat.get("/manager/drive")).status_code == 404
        assert (await anna.get("/manager/drive")).status_code == 200
        assert (await anna.post("/manager/drive", data={**wanted, "trash_days": "0"}, headers=HTMX)).status_code == 422
        assert (await anna.post("/manager/drive", data=wanted, headers=HTMX)).status_code == 200
        assert (await anna.post(f"/drive/nodes/{node.id}/links", data={"mode": "view"}, headers=HTMX)).status_code == 422
        assert (await beat.post("/drive/drives", data={"name": "Ours", "kind": "shared"}, headers=HTMX)).status_code == 200
        assert (await anna.post("/uploads", headers={"tus-resumable": "1.0.0", "upload-length": "5000001"})).status_code == 413


async def test_everybody_chooses_their_columns(app: httpx.ASGITransport, people: People) -> None:
    place = await folder(people.anna, "plans")
    node = await file(people.anna, "plan.pdf", parent=place)
    await marks.set_tags(people.anna.viewer, node, ["Urgent"])
    await share(people.anna.viewer, place.node, "account", people.beat.id, VIEW)
    async with browser(app, people.anna) as anna, browser(app, people.beat) as beat:
        chosen = await anna.post("/drive/columns", data={"columns": ["tags", "kind", "nonsense"]}, headers=HTMX)
        assert "drive:changed" in told(chosen)
        for _visit in range(2):
            page = (await anna.get(place.node.url)).text
            assert re.findall(r'<th class="[^"]*node-(\w+)', page) == ["kind", "tags", "more"] and re.search(r'node-kind">PDF<', page) and "Urgent" in page
            assert [re.findall(r'name="columns" value="(\w+)" checked', page), 'class="soft node-modified"' in page] == [["kind", "tags"], False]
        assert re.findall(r'<th class="(?:from-\w+ )?node-(\w+)', (await beat.get(place.node.url)).text) == ["by", "modified", "size", "more"]
        for path in ("/drive/recent", "/drive/favourites", "/drive/shared", "/drive/shared-by-me", "/drive/trash"):
            assert (await anna.get(path)).status_code == 200, path
        await anna.post("/drive/columns", headers=HTMX)
        assert re.findall(r'<th class="[^"]*node-(\w+)', (await anna.get(place.node.url)).text) == ["more"]


async def test_an_upload_whose_answer_was_lost_is_answered_again(app: httpx.ASGITransport, people: People) -> None:
    place = await home(people.anna)
    async with browser(app, people.anna) as anna:
        url = await create(anna, 5)
        await send(anna, url, 0, b"hello")
        said = [
            await anna.post(f"/drive/folders/{place.node.id}/arrivals", data={"upload": token_of(url), "name": "a.txt"}, headers={"idempotency-key": "u1"})
            for _time in range(2)
        ]
        assert [one.status_code for one in said] == [201, 201] and said[0].json() == said[1].json()
        other = await anna.post(f"/drive/folders/{place.node.id}/arrivals", data={"upload": token_of(url), "name": "b.txt"}, headers={"idempotency-key": "u2"})
        assert other.status_code == 404 and await names(people.anna, place) == ["a.txt"]


async def test_a_file_and_its_upload_are_settled_together(app: httpx.ASGITransport, people: People) -> None:
    place = await home(people.anna)
    async with browser(app, people.anna) as anna:
        url = await create(anna, 5)
        await send(anna, url, 0, b"hello")
        upload = await Upload.ready(token_of(url), people.anna.viewer)
        async with database.transaction():
            blob = await upload.redeem()
        with pytest.raises(NotFound):  # another room was faster
            await Arrivals(people.anna.viewer, place).put(Arrival("a.txt", key="u1"), blob, upload)
        assert await names(people.anna, place) == [] and await Command.result_before(people.anna.viewer, "u1") is None


async def test_the_trash_of_any_drive_renews_its_list_and_is_emptied(app: httpx.ASGITransport, people: People) -> None:
    drive = await create_drive(people.anna.viewer, "personal", "Archive")
    root = await find_node(people.anna.viewer, drive.root_id)
    node = await file(people.anna, "old.txt", parent=root)
    async with browser(app, people.anna) as anna:
        await anna.post("/drive/removals", data={"ids": node.id}, headers=HTMX)
        page = (await anna.get(f"/drive/trash?drive={drive.id}")).text
        (renewed,) = re.findall(r'hx-get="(/drive/trash[^"]*)" hx-trigger="drive:changed', page)
        part = (await anna.get(renewed, headers=HTMX | {"hx-target": "div#drive-list"})).text
        assert "old.txt" in part and part.count("<div class=\"drive-list\"") == 1 and "<header" not in part
        emptied = await anna.post(f"/drive/folders/{drive.root_id}/trash", headers=HTMX)
        assert json.loads(emptied.headers["hx-location"])["path"] == f"/drive/trash?drive={drive.id}"
        assert "old.txt" not in (await anna.get(f"/drive/trash?drive={drive.id}")).text


async def test_who_leaves_is_told_what_they_still_see(app: httpx.ASGITransport, people: People) -> None:
    place = await folder(people.anna, "ours")
    for kind, id_ in (("account", people.beat.id), ("everyone", 0)):
        await share(people.anna.viewer, place.node, kind, id_, VIEW)
    async with browser(app, people.beat) as beat:
        said = await beat.post("/drive/leavings", data={"ids": place.node.id}, headers=HTMX)
        assert "by a team" in told(said)["toast"]["text"] and (await beat.get(place.node.url)).status_code == 200
        assert (await beat.post("/drive/leavings", data={"ids": place.node.id}, headers=HTMX)).status_code == 422


async def test_a_found_file_says_where_it_is_to_who_may_know(app: httpx.ASGITransport, people: People) -> None:
    place = await folder(people.anna, "Secret plans")
    node = await file(people.anna, "zebra.txt", parent=place)
    await share(people.anna.viewer, node, "account", people.beat.id, VIEW)
    for person, knows in ((people.anna, True), (people.beat, False)):
        async with browser(app, person) as one:
            page = (await one.get("/search", params={"q": "zebra"})).text
            assert f"/drive/nodes/{node.id}" in page and ("Secret plans" in page) is knows


async def test_a_page_that_is_fetched_in_advance_is_no_visit(app: httpx.ASGITransport, people: People) -> None:
    node = await file(people.beat, "note.txt")
    await share(people.beat.viewer, node, "account", people.anna.id, VIEW)
    async with browser(app, people.anna) as anna:
        (visits,) = re.findall(r'hx-post="([^"]*/visits)" hx-trigger="load"', (await anna.get(node.url)).text)
        assert await marks.recent(people.anna.viewer) == []
        assert (await anna.post(visits)).status_code == 204
    assert [item.node.id for item in await marks.recent(people.anna.viewer)] == [node.id]


async def test_guests_who_use_drive_can_be_chosen_to_share_with(app: httpx.ASGITransport, people: People) -> None:
    async def offered(person: Person, name: str) -> list[str]:
        async with browser(app, person) as client:
            return re.findall(r'data-value="(\d+)"', (await client.get("/drive/people", params={"q": name}, headers=HTMX)).text)

    beat, gina = [str(people.beat.id)], [str(people.gina.id)]
    assert [await offered(people.anna, "beat"), await offered(people.anna, "gina")] == [beat, []]
    await people.gina.membership.grant("drive", "use")
    people.gina.viewer.clear_cache()
    assert [await offered(people.anna, "gina"), await offered(people.gina, "beat")] == [gina, []]


async def test_a_path_that_is_typed_is_found(app: httpx.ASGITransport, people: People) -> None:
    place = await folder(people.anna, "Launch 100%")
    inner = await folder(people.anna, "Pictures", place)
    node = await file(people.anna, "Ebenalp.txt", parent=inner)
    await file(people.anna, "Ebenalp.txt")

    async def offered(person: Person, typed: str) -> list[str]:
        async with browser(app, person) as client:
            return re.findall(r'href="/drive/nodes/(\d+)"', (await client.get("/search/palette", params={"q": typed}, headers=HTMX)).text)

    assert await offered(people.anna, "pict/eb") == [str(node.id)]
    assert await offered(people.anna, "/launch 100%/PICT") == [str(inner.node.id)]
    assert await offered(people.anna, "launch_100/pict") == [] and await offered(people.beat, "pict/eb") == []
    await share(people.anna.viewer, inner.node, "account", people.beat.id, VIEW)
    assert await offered(people.beat, "pict/eb") == [str(node.id)]


async def test_the_side_is_renewed_after_a_change(app: httpx.ASGITransport, people: People) -> None:
    drive = await create_drive(people.anna.viewer, "personal", "Archive")
    async with browser(app, people.anna) as anna:
        async def side() -> str:
            return (await anna.get("/drive/side?current=trash", headers=HTMX)).text

        assert "Archive" in await side() and 'aria-current="page"' in await side() and "<main" not in await side()
        away = await anna.post(f"/drive/folders/{drive.root_id}/settings", data={"away": "1"}, headers=HTMX)
        assert "Archive" not in await side()
        await anna.post(re.findall(r"/activity/\d+/undo", away.headers["hx-trigger"])[0], headers=HTMX)
        assert "Archive" in await side()
