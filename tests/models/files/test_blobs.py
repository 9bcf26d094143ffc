"""Contents: kept once, counted, swept without a race, proved."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app import database
from app.lib import blobs, clock
from app.lib.blobs import draft as drafts
from app.lib.blobs import open_store
from app.lib.blobs.store import key_of
from app.models.base import Refused
from app.models.files import Blob, QuotaFull, Use, check_quota, keep_bytes, receive, release, storage_of
from app.models.files.sweeping import agreement, scrub, sweep
from tests.people import People

pytestmark = pytest.mark.anyio
LATER = 2 * clock.DAY
LARGE = 20 * blobs.CHUNK  # more than one part of a bucket


async def pieces(*texts: bytes) -> AsyncIterator[bytes]:
    for text in texts:
        yield text


async def lies_there(blob: Blob) -> bool:
    return await blobs.store().size(blob.hash) is not None


async def test_the_same_content_is_kept_once(people: People) -> None:
    one, other = await receive(pieces(b"hel", b"lo")), await keep_bytes(b"hello")
    assert one.id == other.id
    assert one.hash == hashlib.sha256(b"hello").hexdigest()
    assert await blobs.store().get(one.hash) == b"hello"
    assert [piece async for piece in blobs.store().stream(one.hash, 1, 4)] == [b"ell"]


async def test_uses_are_counted_and_let_go(people: People) -> None:
    blob, org = await keep_bytes(b"12345"), people.anna.organisation.id
    await blob.keep_for(Use("test", 1, org, people.anna.id))
    await blob.keep_for(Use("test", 1, org, people.anna.id))
    await blob.keep_for(Use("test", 2, org))
    found = await storage_of(org, people.anna.id)
    assert (found.used, found.org_used) == (5, 10)
    await release("test", [1, 2])
    found = await storage_of(org, people.anna.id)
    assert (found.used, found.org_used) == (0, 0)


async def test_a_quota_holds_for_the_organisation_and_for_a_person(people: People) -> None:
    organisation, blob = people.anna.organisation, await keep_bytes(b"12345")
    await organisation.change(storage_per_person=7, storage_limit=12)
    await blob.keep_for(Use("test", 1, organisation.id, people.anna.id))
    with pytest.raises(QuotaFull, match="Your storage"):
        async with database.transaction():
            await blob.keep_for(Use("test", 2, organisation.id, people.anna.id))
    await blob.keep_for(Use("test", 3, organisation.id, people.beat.id))
    with pytest.raises(QuotaFull, match="organisation"):
        await check_quota(organisation.id, people.chiara.id, 5)
    assert (await storage_of(organisation.id, people.anna.id)).left == 2


async def test_what_nobody_needs_is_swept_after_a_day(people: People) -> None:
    needed, orphan = await keep_bytes(b"needed"), await keep_bytes(b"orphan")
    await blobs.store().put_derivative(orphan.hash, "small", b"thumb")
    await needed.keep_for(Use("test", 1, people.anna.organisation.id))
    assert await sweep() == 0
    with clock.at(clock.now() + LATER):
        assert await sweep() == 1
    assert await lies_there(needed)
    assert not await lies_there(orphan)
    assert await blobs.store().get(orphan.hash, "small") is None


async def test_what_is_received_anew_is_not_swept(people: People) -> None:
    """The row is renewed before the bytes are laid down, and the sweep looks at it under its lock."""
    await keep_bytes(b"twice")
    with clock.at(clock.now() + LATER):
        again = await keep_bytes(b"twice")
        assert await sweep() == 0
        assert await lies_there(again)


async def test_what_a_picture_names_outlives_the_file_that_had_the_same_bytes(people: People) -> None:
    blob = await keep_bytes(b"face")
    await database.execute("UPDATE account SET avatar = $1 WHERE id = $2", blob.hash, people.anna.account.id)
    with clock.at(clock.now() + LATER):
        await sweep()
        assert await lies_there(blob)


async def test_what_has_no_row_is_swept_after_the_time_for_an_undo(people: People) -> None:
    name = await blobs.store().put(b"an old face")
    with clock.at(clock.now() + LATER):
        assert await sweep() == 0
    with clock.at(clock.now() + 100 * clock.DAY):
        assert (await agreement()).unknown == 1
        assert await sweep() == 1
        assert await blobs.store().size(name) is None


async def test_folders_of_killed_processes_are_swept(people: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name, hours in (("chalet-file-old", 2), ("chalet-office-old", 2), ("chalet-file-new", 0), ("chalet-demo", 2)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "profile").write_text("1")
        os.utime(tmp_path / name, (time.time() - hours * 3600,) * 2)
    (tmp_path / "chalet-file-link").symlink_to(tmp_path / "chalet-demo")
    os.utime(tmp_path / "chalet-file-link", (0, 0), follow_symlinks=False)
    await sweep()
    assert {path.name for path in tmp_path.glob("chalet-[dfo]*")} == {"chalet-file-new", "chalet-demo", "chalet-file-link"}
    assert (tmp_path / "chalet-demo" / "profile").exists()


async def test_the_doctor_finds_missing_unknown_and_damaged_files(people: People) -> None:
    blob = await keep_bytes(b"precious")
    await blob.keep_for(Use("test", 1, people.anna.organisation.id))
    assert (await agreement()).missing == []
    await blobs.store()._put(key_of(blob.hash), b"PRECIOUS")
    with clock.at(clock.now() + 40 * clock.DAY):
        assert await scrub() == 1
    assert (await agreement()).damaged == 1
    await keep_bytes(b"precious")  # the same content from anybody heals it
    assert (await agreement()).damaged == 0
    await blobs.store().remove(blob.hash)
    assert (await agreement()).missing == [blob.hash]


async def test_a_full_disk_is_said_before_the_database_has_no_room(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "RESERVE", 1 << 60)
    with pytest.raises(blobs.NoRoom):
        await keep_bytes(b"no room")
    assert list(blobs.store().drafts.glob(".*")) == []


async def test_a_name_that_is_taken_and_a_disk_without_links_change_nothing(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    same = await asyncio.gather(*(keep_bytes(b"at once") for _ in range(8)))
    assert len({blob.id for blob in same}) == 1 and sum(blob.is_new for blob in same) == 1
    monkeypatch.setattr("os.link", lambda *_: (_ for _ in ()).throw(PermissionError()))
    for blob in (same[0], await keep_bytes(b"no links")):
        assert await blobs.store().digest(blob.hash) == blob.hash
    assert list(blobs.store().drafts.glob(".*")) == []


async def test_a_stream_may_not_be_larger_than_agreed(people: People) -> None:
    with pytest.raises(Refused):
        await receive(pieces(b"123", b"456"), most=5)


@pytest.mark.parametrize("kind", ["", "file"])
async def test_a_folder_and_a_bucket_do_the_same(tmp_path: Path, app: httpx.ASGITransport, kind: str) -> None:
    """Without a kind: where --files says."""
    (tmp_path / "bucket").mkdir()
    store = open_store(tmp_path / "local", f"file://{tmp_path / 'bucket'}") if kind else blobs.store()
    await store.check()
    draft = store.begin()
    for number in range(LARGE // blobs.CHUNK):
        await draft.write(number.to_bytes() * blobs.CHUNK)
    name = await draft.finish()
    await store.place(draft)
    assert not draft.path.exists()
    await store.put_derivative(name, "small", b"s")
    assert await store.size(name) == LARGE
    assert await store.digest(name) == name
    assert await store.get(name, "small") == b"s"
    assert b"".join([piece async for piece in store.stream(name, LARGE - 2)]) == bytes([19, 19])
    assert b"".join([piece async for piece in store.stream(name, 5 * blobs.CHUNK - 1, 5 * blobs.CHUNK + 1)]) == bytes([4, 5])
    assert [piece async for piece in store.stream(name, 7, 7)] == []
    assert [kept.name async for kept in store.everything()] == [name]
    async with store.local(name) as path:
        assert path.stat().st_size == LARGE
    other = await store.put(b"other")
    await store.remove(name)
    assert await store.size(name) is None
    assert await store.get(name, "small") is None
    assert await store.digest(name) is None
    assert await store.get(other) == b"other"
    await store.remove(name)
