"""Receiving files in pieces (tus 1.0), and what interrupts that."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from pathlib import Path

import httpx
import pytest

from app import database
from app.lib import blobs
from app.models.base import NotFound, Refused
from app.models.files import Upload, keep_bytes
from app.models.files import upload as uploads
from app.models.files.sweeping import agreement
from tests.conftest import browser
from tests.people import People, Person

pytestmark = pytest.mark.anyio
TUS = {"tus-resumable": "1.0.0"}
PIECE = {**TUS, "content-type": "application/offset+octet-stream"}


def metadata(**values: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())


async def create(client: httpx.AsyncClient, length: int, **more: str) -> str:
    answer = await client.post("/uploads", headers={**TUS, "upload-length": str(length), "upload-metadata": metadata(filename="notes.txt"), **more})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def send(client: httpx.AsyncClient, url: str, offset: int, content: bytes, **more: str) -> httpx.Response:
    return await client.patch(url, content=content, headers={**PIECE, "upload-offset": str(offset), **more})


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


async def redeemed(person: Person, url: str) -> bytes:
    upload = await Upload.ready(token_of(url), person.viewer)
    async with database.transaction():
        blob = await upload.redeem()
    from app.lib import blobs

    return b"".join([piece async for piece in blobs.store().stream(blob.hash)])


async def test_a_server_says_what_it_can(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.options("/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert {"creation", "termination", "checksum", "expiration", "concatenation"} <= set(answer.headers["tus-extension"].split(","))


async def test_pieces_become_a_file_that_is_redeemed_once(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    url = await create(anna, 10)
    assert (await send(anna, url, 0, b"hello")).headers["upload-offset"] == "5"
    seen = await anna.head(url, headers=TUS)
    assert (seen.headers["upload-offset"], seen.headers["upload-length"], seen.headers["cache-control"]) == ("5", "10", "no-store")
    assert (await send(anna, url, 5, b"world")).status_code == 204
    assert (await send(anna, url, 10, b"")).status_code == 204, "an empty last piece, sent again"
    assert await redeemed(people.anna, url) == b"helloworld"
    with pytest.raises(NotFound):
        await Upload.ready(token_of(url), people.anna.viewer)


async def test_nobody_else_goes_on_with_an_upload(app: httpx.ASGITransport, people: People) -> None:
    url = await create(browser(app, people.anna), 3)
    for other in (browser(app, people.beat), browser(app)):
        assert (await send(other, url, 0, b"abc")).status_code == 404
        assert (await other.head(url, headers=TUS)).status_code == 404
        assert (await other.delete(url, headers=TUS)).status_code == 404


async def test_what_breaks_the_protocol_is_refused(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    url = await create(anna, 5)
    assert (await anna.post("/uploads", headers={"upload-length": "5"})).status_code == 412
    assert (await anna.post("/uploads", headers={**TUS, "upload-length": "many"})).status_code == 400
    assert (await anna.post("/uploads", headers={**TUS, "upload-length": "5", "upload-metadata": "filename ###"})).status_code == 400
    assert (await send(anna, url, 3, b"ab")).status_code == 409
    assert (await send(anna, url, 0, b"too many bytes")).status_code == 400
    assert (await anna.patch(url, content=b"x", headers={**TUS, "upload-offset": "0"})).status_code == 415
    assert (await anna.head(f"{url}x", headers=TUS)).status_code == 404


async def test_a_damaged_piece_is_thrown_away(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    url = await create(anna, 5)
    right, wrong = (base64.b64encode(hashlib.sha256(text).digest()).decode() for text in (b"hello", b"other"))
    assert (await send(anna, url, 0, b"hello", **{"upload-checksum": f"sha256 {wrong}"})).status_code == 460
    assert (await anna.head(url, headers=TUS)).headers["upload-offset"] == "0"
    assert (await send(anna, url, 0, b"hello", **{"upload-checksum": f"sha256 {right}"})).status_code == 204
    assert await redeemed(people.anna, url) == b"hello"


async def test_parts_sent_at_once_become_one_file(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    urls = [await create(anna, 3, **{"upload-concat": "partial"}) for _ in range(2)]
    final = {**TUS, "upload-concat": f"final;{' '.join(urls)}", "upload-metadata": metadata(filename="a.txt")}
    await send(anna, urls[1], 0, b"def")
    assert (await anna.post("/uploads", headers=final)).status_code == 400, "the first part hasn't arrived"
    await send(anna, urls[0], 0, b"abc")
    await anna.post("/uploads", headers=final)
    again = await anna.post("/uploads", headers=final)  # the first answer was lost
    assert again.status_code == 201
    assert await redeemed(people.anna, again.headers["location"]) == b"abcdef"


@pytest.mark.parametrize("forgets", [False, True])
async def test_a_join_that_was_interrupted_goes_on(app: httpx.ASGITransport, people: People, monkeypatch: pytest.MonkeyPatch, forgets: bool) -> None:
    anna = browser(app, people.anna)
    urls = [await create(anna, 3, **{"upload-concat": "partial"}) for _ in range(3)]
    for url, body in zip(urls, (b"abc", b"def", b"ghi"), strict=True):
        await send(anna, url, 0, body)
    final, real, calls = {**TUS, "upload-concat": f"final;{' '.join(urls)}"}, blobs.check_room, list[int]()

    def full(folder: Path, size: int = 0) -> None:
        calls.append(size)
        if len(calls) == 3:  # as the whole begins, for its second part, for its third
            raise blobs.NoRoom
        real(folder, size)

    with monkeypatch.context() as patched:
        patched.setattr(blobs, "check_room", full)
        assert (await anna.post("/uploads", headers=final)).status_code == 507
    for url in urls:
        assert (await anna.head(url, headers=TUS)).headers["upload-offset"] == "3"
    if forgets:  # a server that was started anew
        uploads._hashes.clear()
    twice = await asyncio.gather(*(anna.post("/uploads", headers=final) for _ in range(2)))
    made = [answer for answer in twice if answer.status_code == 201]
    assert made and all(answer.status_code in (201, 423) for answer in twice)
    assert await redeemed(people.anna, (await anna.post("/uploads", headers=final)).headers["location"]) == b"abcdefghi"


async def test_an_upload_goes_on_in_another_process(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    url = await create(anna, 6)
    await send(anna, url, 0, b"abc")
    uploads._hashes.clear()
    await send(anna, url, 3, b"def")
    assert await redeemed(people.anna, url) == b"abcdef"


@pytest.mark.parametrize("step", ["hash", "row", "bytes"])
async def test_a_crash_while_finishing_loses_nothing(app: httpx.ASGITransport, people: People, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Killed after each step: what comes next finds what was done, and the doctor finds nothing wrong in between."""
    anna = browser(app, people.anna)
    url = await create(anna, 3)
    real = uploads.place

    async def crash(*_: object) -> None:
        if step == "row":
            draft = _[0]
            await database.execute("INSERT INTO blob (id, hash, size, touched_at, checked_at) VALUES (1, $1, 3, 9999999999999, 0)", draft.name)  # type: ignore[attr-defined]
        elif step == "bytes":
            await real(*_)  # type: ignore[arg-type]
        raise asyncio.CancelledError

    monkeypatch.setattr(uploads, "place", crash)
    with pytest.raises(BaseException):  # noqa: B017 - whatever a killed request looks like
        await send(anna, url, 0, b"abc")
    monkeypatch.setattr(uploads, "place", real)
    uploads._hashes.clear()
    found = await agreement()
    assert (found.missing, found.unknown, found.miscounted) == ([], 0, 0)
    assert (await anna.head(url, headers=TUS)).headers["upload-offset"] == "3"
    assert await redeemed(people.anna, url) == b"abc"


async def test_quota_and_stopping(app: httpx.ASGITransport, people: People) -> None:
    anna = browser(app, people.anna)
    await people.anna.organisation.change(storage_per_person=4)
    refused = await anna.post("/uploads", headers={**TUS, "upload-length": "5"})
    assert refused.status_code == 413
    assert "storage is full" in refused.text
    url = await create(anna, 4)
    await send(anna, url, 0, b"ab")
    assert (await anna.delete(url, headers=TUS)).status_code == 204
    assert (await anna.head(url, headers=TUS)).status_code == 404
    with pytest.raises(NotFound):
        await Upload.ready(token_of(url), people.anna.viewer)


async def test_an_unfinished_upload_is_not_redeemed(app: httpx.ASGITransport, people: People) -> None:
    url = await create(browser(app, people.anna), 4)
    with pytest.raises(Refused):
        await Upload.ready(token_of(url), people.anna.viewer)
    assert await keep_bytes(b"")


async def test_a_disk_that_fills_up_keeps_what_has_arrived(app: httpx.ASGITransport, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = browser(app, people.anna)
    url = await create(anna, 10)
    await send(anna, url, 0, b"hello")
    real = uploads._Appending._write

    def full(self: object, pending: bytearray) -> None:
        real(self, pending[:2])  # type: ignore[arg-type]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploads._Appending, "_write", full)
    refused = await send(anna, url, 5, b"world")
    assert refused.status_code == 507 and "disk is full" in refused.text
    monkeypatch.setattr(uploads._Appending, "_write", real)
    assert (await anna.head(url, headers=TUS)).headers["upload-offset"] == "7"
    assert (await send(anna, url, 7, b"rld")).status_code == 204
    assert await redeemed(people.anna, url) == b"helloworld"
