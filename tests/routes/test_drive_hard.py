"""Drive over HTTP as somebody meets it who means no good, or whose disk is full."""

from __future__ import annotations

import asyncio
import io
import zipfile

import httpx
import pytest

from app import database
from app.lib import blobs, clock
from app.models.drive import COMMENT, VIEW, Node, find_node, share
from app.models.drive.rights import grants_at
from app.models.files import Upload
from tests.conftest import browser
from tests.drive import content, file, folder, home, names
from tests.people import People
from tests.routes.test_drive import HTMX, linked, told
from tests.routes.test_strangers import ALL, filled
from tests.routes.test_uploads import create, send, token_of

pytestmark = pytest.mark.anyio
TUS = {"tus-resumable": "1.0.0"}
UNCHANGED = ("node", "node_version", "node_grant", "public_link", "drive", "node_tag", "blob_use", "storage_use")


async def rows() -> dict[str, object]:
    return {table: await database.fetch(f"SELECT * FROM {table} ORDER BY id") for table in UNCHANGED}


@pytest.mark.parametrize("level", [VIEW, COMMENT])
async def test_who_may_look_changes_nothing(app: httpx.ASGITransport, people: People, level: int) -> None:
    place, root = await folder(people.anna, "project"), await home(people.beat)
    node, inner = await file(people.anna, "plan.txt", b"the plan", place), await folder(people.anna, "inner", place)
    path = await linked(people.anna, node)
    await share(people.anna.viewer, place.node, "account", people.beat.id, level)
    (grant,), link = await grants_at(place.node.id), await database.fetch_value("SELECT id FROM public_link WHERE token = $1", path[3:])
    before = await rows()
    tried = 0
    async with browser(app, people.beat) as beat:
        for method, address in ALL:
            if method != "POST" or not address.startswith("/drive/") or address.startswith("/drive/drives") or address == "/drive/leavings":
                continue  # who was let in may leave
            for one in (node, place.node, inner.node):
                ids = {"node_id": one.id, "version_id": node.version_id or 0, "grant_id": grant["id"], "link_id": link or 0}
                for data in (
                    {"name": "x.txt", "text": "mine", "base": str(node.version_id), "on": "1", "inherits": "0", "tags": "a", "ids": str(one.id), "to": str(inner.node.id),
                     "mode": "view", "level": "4", "people": str(people.beat.id), "on_date": "2020-01-01", "on_time": "10:00", "upload": "x", "away": "1"},
                    {"ids": str(one.id), "to": str(root.node.id), "anyway": "1", "text": "mine", "everyone": "1", "level": "4"},
                ):
                    if address == "/drive/copies" and data["to"] == str(root.node.id):
                        continue  # what one sees one may copy
                    answer = await beat.post(filled(address, ids), data=data, headers=HTMX)
                    assert answer.status_code < 500, (address, answer.status_code)
                    tried += 1
    assert tried > 100
    assert await rows() == before
    assert await content(node) == b"the plan"


async def test_a_locked_link_opens_at_none_of_its_addresses(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    place = await folder(people.anna, "box")
    path = await linked(people.anna, place.node, password="open sesame", mode="edit")
    for answer in (
        await stranger.get(f"{path}/zip"), await stranger.post(f"{path}/comments", data={"name": "V", "text": "x"}),
        await stranger.post(f"{path}/uploads", headers={**TUS, "upload-length": "3"}), await stranger.post(f"{path}/arrivals", data={"upload": "x", "name": "y"}),
    ):
        assert (answer.status_code, "again" in answer.text) == (422, True), (answer.request.url, answer.status_code)


async def test_parts_of_a_file_count_for_the_limit_of_a_link(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    node = await file(people.anna, "song.bin", b"0123456789")
    path = await linked(people.anna, node, download_limit=1)
    assert (await stranger.head(f"{path}/content?download=1")).headers["content-length"] == "10", "asking about it is free"
    assert (await stranger.get(f"{path}/content?download=1", headers={"range": "bytes=0-"})).content == b"0123456789"
    assert (await stranger.get(f"{path}/content?download=1", headers={"range": "bytes=0-"})).status_code == 422


async def test_nothing_is_put_into_a_file_by_a_link(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    place = await folder(people.anna, "box")
    node = await file(people.anna, "a.txt", parent=place)
    path = await linked(people.anna, place.node, mode="edit")
    begun = await stranger.post(f"{path}/uploads", headers={**TUS, "upload-length": "3"})
    await send(stranger, begun.headers["location"], 0, b"abc")
    sent = {"upload": token_of(begun.headers["location"]), "name": "b.txt", "by": "V"}
    assert (await stranger.post(f"{path}/arrivals?at={node.id}", data=sent)).status_code == 422
    assert await database.fetch("SELECT id FROM node WHERE parent_id = $1", node.id) == []
    assert (await stranger.post(f"{path}/arrivals", data=sent)).status_code == 201


async def test_two_files_at_once_do_not_overfill_a_drop_box(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    place = await folder(people.anna, "box")
    path = await linked(people.anna, place.node, mode="upload", quota=18)
    tokens = []
    for number in range(3):
        begun = await stranger.post(f"{path}/uploads", headers={**TUS, "upload-length": "6"})
        await send(stranger, begun.headers["location"], 0, b"abcde%d" % number)
        tokens.append(token_of(begun.headers["location"]))
    await database.execute("UPDATE public_link SET quota = 10")
    answers = await asyncio.gather(*(stranger.post(f"{path}/arrivals", data={"upload": token, "name": "f"}) for token in tokens))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422]
    assert await names(people.anna, place) == ["f"]
    assert await database.fetch_value("SELECT received FROM public_link") == 6


async def test_what_is_on_its_way_by_a_link_counts_for_it_and_for_its_owner(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    place = await folder(people.anna, "box")
    path = await linked(people.anna, place.node, mode="upload", quota=10)

    async def begin(size: int) -> httpx.Response:
        return await stranger.post(f"{path}/uploads", headers={**TUS, "upload-length": str(size)})

    answers = await asyncio.gather(*(begin(6) for _time in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 413, 413, 413], "also of those who begin at the same moment"
    assert next(answer.text for answer in answers if answer.status_code == 413) == "This drop box is full. Ask whoever sent you the link."
    (url,) = (answer.headers["location"] for answer in answers if answer.status_code == 201)
    assert "Up to 4 B." in (await stranger.get(path)).text
    idle = await begin(4)
    assert idle.status_code == 201 and (await begin(1)).status_code == 413
    page = (await stranger.get(path)).text
    assert "All that still fits is on its way" in page and "public-files" in page, "what was begun goes on after a reload"
    await send(stranger, url, 0, b"abcdef")
    assert (await stranger.post(f"{path}/arrivals", data={"upload": token_of(url), "name": "f"})).status_code == 201
    assert (await begin(1)).status_code == 413, "received and on its way together"
    await database.execute("UPDATE public_link SET quota = NULL")
    await people.anna.organisation.change(storage_per_person=12)
    assert (await begin(3)).status_code == 413 and (await begin(2)).status_code == 201 and (await begin(1)).status_code == 413, "6 used, 4 and 2 on their way"
    assert await database.fetch_value("SELECT MAX(expires_at) AS at FROM upload WHERE redeemed_at IS NULL") <= clock.now() + clock.HOUR, "nothing came yet"
    soon = clock.now() + clock.MINUTE
    await database.execute("UPDATE upload SET expires_at = $1 WHERE redeemed_at IS NULL", soon)
    assert (await send(stranger, idle.headers["location"], 0, b"")).status_code == 204
    assert await database.fetch_value("SELECT MAX(expires_at) AS at FROM upload WHERE redeemed_at IS NULL") == soon, "nothing came"
    await send(stranger, idle.headers["location"], 0, b"a")
    assert clock.DAY - clock.MINUTE < await database.fetch_value("SELECT MAX(expires_at) AS at FROM upload WHERE redeemed_at IS NULL") - clock.now() <= clock.DAY
    await database.execute("UPDATE upload SET expires_at = expires_at - $1 WHERE redeemed_at IS NULL", clock.DAY)
    assert (await begin(6)).status_code == 201, "a day without progress"
    await Upload.prune()
    assert await database.fetch_value("SELECT COUNT(*) AS n FROM upload WHERE redeemed_at IS NULL") == 1


async def test_a_link_has_only_so_many_files_on_their_way(people: People, stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.models.links.visits._MOST_COMING", 2)
    path = await linked(people.anna, (await folder(people.anna, "box")).node, mode="upload")
    begun = [(await stranger.post(f"{path}/uploads", headers={**TUS, "upload-length": "0"})).status_code for _time in range(3)]
    assert begun == [201, 201, 413]


async def test_what_a_member_is_sending_counts_for_an_hour(app: httpx.ASGITransport, people: People) -> None:
    root = await home(people.anna)
    await people.anna.organisation.change(storage_per_person=10)
    async with browser(app, people.anna) as anna:
        url = await create(anna, 6)
        again = await anna.post("/uploads", headers={**TUS, "upload-length": "6"})
        assert again.status_code == 413 and "storage is full" in again.text
        await database.execute("UPDATE upload SET expires_at = expires_at - $1", clock.HOUR)
        await create(anna, 6)
        await send(anna, url, 0, b"abcdef")
        made = await anna.post(f"/drive/folders/{root.node.id}/arrivals", data={"upload": token_of(url), "name": "a.txt"})
        assert made.status_code == 201, "what it was sent as isn’t counted beside what it became"


ODD = ("²", "9" * 30, "9" * 5000, "-1", "0", "٣", "1e9", "\x00", "None", "x" * 3000)


async def test_odd_numbers_are_nothing_that_is_there(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    place = await folder(people.anna, "place")
    node = await file(people.anna, "a.txt", b"0123456789", place)
    path = await linked(people.anna, place.node, mode="edit")
    wrong = []
    async with browser(app, people.anna) as anna:
        for odd in ODD:
            for answer in (
                await anna.post("/drive/moves", data={"ids": odd, "to": odd}, headers=HTMX), await anna.post("/drive/moves", data={"ids": str(node.id), "to": odd}, headers=HTMX),
                await anna.post("/drive/removals", data={"ids": odd}, headers=HTMX), await anna.post("/drive/removals", data={"all": odd}, headers=HTMX),
                await anna.post("/drive/purges", data={"ids": odd}, headers=HTMX), await anna.get("/drive/zip", params={"ids": odd}), await anna.get("/drive/zip", params={"all": odd}),
                await anna.get(f"{place.node.url}/rows", params={"after": odd}), await anna.get("/drive/trash", params={"drive": odd}),
                await anna.get("/drive/trash", params={"after": f"{odd}-{odd}"}), await anna.get(f"{node.url}/content", params={"v": odd}),
                await anna.get(f"{node.url}", params={"v": odd}), await anna.get(f"{node.url}/comparison", params={"older": odd, "newer": odd}, headers=HTMX),
                await anna.post(f"/drive/nodes/{place.node.id}/grants", data={"people": odd, "level": "1", "team": odd, "until": odd}, headers=HTMX),
                await anna.post(f"/drive/nodes/{place.node.id}/links", data={"mode": "view", "limit": odd, "quota": odd, "until": odd}, headers=HTMX),
                await anna.post(f"{place.node.url}/moment", data={"on_date": odd, "on_time": odd}, headers=HTMX),
                await anna.get(f"{node.url}/pages/{'9' * 30 if odd == '9' * 5000 else 0}"), await stranger.get(path, params={"at": odd, "after": odd}),
                await stranger.get(path, params={"after": odd}), await stranger.get(f"{path}/zip", params={"at": odd}), await anna.get(f"/drive/folders/{'9' * 30}"),
            ):
                if answer.status_code >= 500:
                    wrong.append((odd[:20], answer.request.method, str(answer.request.url)[:90], answer.status_code))
    assert wrong == []


async def test_odd_texts_are_kept_or_refused(app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient) -> None:
    place = await folder(people.anna, "place")
    node, other = await file(people.anna, "a.txt", b"0123456789", place), await file(people.anna, "b.txt")
    path = await linked(people.anna, place.node, mode="edit")
    wrong = []
    async with browser(app, people.anna) as anna:
        for odd in ("a\0b", "\ud800", "\uffff", "\u202egpj.exe", "x" * 100_000, "\r\n\r\n", "%00", "../..", "'; DROP TABLE node;--"):
            odd = odd.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if odd == "\ud800" else odd
            for answer in (
                await anna.post(f"/drive/nodes/{node.id}/name", data={"name": odd}, headers=HTMX), await anna.post(f"/drive/nodes/{node.id}/comments", data={"text": odd}, headers=HTMX),
                await anna.post(f"/drive/nodes/{node.id}/tags", data={"tags": odd}, headers=HTMX), await anna.post(f"{place.node.url}/folders", data={"name": odd}, headers=HTMX),
                await anna.post(f"{place.node.url}/texts", data={"name": odd}, headers=HTMX), await anna.post(f"{place.node.url}/files", files={"file": (odd, b"x")}),
                await anna.post(f"/drive/nodes/{node.id}/links", data={"mode": "view", "name": odd, "message": odd, "password": odd}, headers=HTMX),
                await anna.post(f"/drive/nodes/{node.id}/grants", data={"people": str(people.beat.id), "level": "1", "message": odd}, headers=HTMX),
                await anna.post("/drive/drives", data={"name": odd}, headers=HTMX), await anna.get("/search", params={"q": odd[:3000]}),
                await anna.get("/drive/people", params={"q": odd[:3000]}), await anna.post(f"{node.url}/versions/{node.version_id}/pin", data={"label": odd}, headers=HTMX),
                await anna.post(f"{other.url}/text", data={"text": odd, "base": str(other.version_id), "anyway": "1"}, headers=HTMX),
                await stranger.post(f"{path}/comments", data={"name": odd, "text": odd}), await stranger.post(f"{path}/password", data={"password": odd}),
                await stranger.get(path, params={"after": odd[:3000]}, headers={"user-agent": "x" * 500}),
            ):
                if answer.status_code >= 500:
                    wrong.append((odd[:20], answer.request.method, str(answer.request.url)[:90], answer.status_code))
    assert wrong == []


async def test_odd_headers_are_ignored(app: httpx.ASGITransport, people: People) -> None:
    node = await file(people.anna, "a.bin", b"0123456789")
    async with browser(app, people.anna) as anna:
        for name, value, status in (
            ("range", "bytes=" + "9" * 5000 + "-", 200), ("range", "bytes=5-2", 200), ("range", "bytes=0-1,3-4", 200), ("range", "bytes=-0", 416), ("range", "lines=1-2", 200),
            ("if-modified-since", "Sun, 06 Nov 1994 08:49:37 -0000", 200), ("if-modified-since", "Sun Nov  6 08:49:37 1994", 200), ("if-modified-since", "yesterday", 200),
        ):
            answer = await anna.get(f"{node.url}/content", headers={name: value})
            assert answer.status_code == status, (name, value[:40], answer.status_code)
        dated = {"range": "bytes=0-1", "if-range": "Sun, 06 Nov 1994 08:49:37 -0000"}
        assert (await anna.get(f"{node.url}/content", headers=dated)).status_code == 200


async def test_a_full_disk_is_told_wherever_something_is_written(app: httpx.ASGITransport, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    node, packed = await file(people.anna, "plan.txt", b"before"), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", b"hello")
    bundle = await file(people.anna, "bundle.zip", packed.getvalue())
    monkeypatch.setattr(blobs.draft, "RESERVE", 1 << 62)
    async with browser(app, people.anna) as anna:
        for answer in (
            await anna.post(f"{node.url}/text", data={"text": "after", "base": str(node.version_id)}, headers=HTMX),
            await anna.post(f"{bundle.url}/unpacking", headers=HTMX),
            await anna.post(f"/drive/folders/{(await home(people.anna)).node.id}/files", files={"file": ("b.txt", b"b")}, headers=HTMX),
        ):
            assert (answer.status_code, "disk" in told(answer)["toast"]["text"]) == (507, True), answer.text[:200]
    assert await content(node) == b"before"
    assert await names(people.anna, await home(people.anna)) == ["bundle.zip", "plan.txt"]


def broken(method: int, cut: int) -> bytes:
    """A zip whose only file is damaged."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("a.bin", bytes(range(256)) * 40)
    whole = bytearray(packed.getvalue())
    for at in range(36 + cut, 36 + cut + 12):
        whole[at] ^= 0x5A
    return bytes(whole)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("cut", [0, 30])
async def test_a_damaged_zip_is_said_to_be(app: httpx.ASGITransport, people: People, method: int, cut: int) -> None:
    node = await file(people.anna, "bundle.zip", broken(method, cut))
    async with browser(app, people.anna) as anna:
        answer = await anna.post(f"{node.url}/unpacking", headers=HTMX)
    assert answer.status_code == 422, answer.status_code


async def test_a_zip_of_very_many_folders_or_too_deep_ones_is_refused_whole(app: httpx.ASGITransport, people: People) -> None:
    many, deep = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(400):
            archive.writestr("/".join(f"{number}-{step}" for step in range(30)) + "/x", b"")
    with zipfile.ZipFile(deep, "w") as archive:
        archive.writestr("d/" * 300 + "x", b"")
    nodes = [await file(people.anna, "many.zip", many.getvalue()), await file(people.anna, "deep.zip", deep.getvalue())]
    async with browser(app, people.anna) as anna:
        for node in nodes:
            assert (await anna.post(f"{node.url}/unpacking", headers=HTMX)).status_code == 422
    assert await names(people.anna, await home(people.anna)) == ["deep.zip", "many.zip"]


async def test_links_and_devices_in_a_zip_are_plain_files(app: httpx.ASGITransport, people: People) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, b"/etc/passwd")
        for name in ("/etc/cron.d/x", "C:\\Windows\\x.dll", "..\\..\\up.txt", "a\x01b", "NUL", "dots...", "Name", "name", "link/below"):
            archive.writestr(name, b"1")
    node = await file(people.anna, "odd.zip", packed.getvalue())
    async with browser(app, people.anna) as anna:
        assert (await anna.post(f"{node.url}/unpacking", headers=HTMX)).status_code == 200
    made = await database.fetch_one("SELECT id FROM node WHERE name = 'odd'")
    assert made
    found = await find_node(people.anna.viewer, made["id"])
    assert await names(people.anna, found) == ["C:", "etc", "link (2)", "a_b", "dots", "link", "Name", "name (2)", "NUL_", "up.txt"]
    link_row = await database.fetch_one("SELECT id FROM node WHERE name = 'link' AND parent_id = $1", made["id"])
    assert link_row and await content(await Node.get(link_row["id"])) == b"/etc/passwd"
