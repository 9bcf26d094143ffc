"""Contents: kept once, counted, swept without a race, proved."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app import database
from app.lib import blobs, clock
from app.lib.blobs import draft as drafts
from app.lib.blobs import open_store
from app.models.base import Refused
from app.models.files import Blob, QuotaFull, Use, check_quota, keep_bytes, receive, release, storage_of
from app.models.files.sweeping import agreement, scrub, sweep
from tests.people import People

pytestmark = pytest.mark.anyio
LATER = 2 * clock.DAY


async def pieces(*texts: bytes) -> AsyncIterator[bytes]:
    for text in texts:
        yield text


def path_of(blob: Blob) -> Path:
    return blobs.store().folder / blob.hash[:2] / blob.hash[2:]


async def test_the_same_content_is_kept_once(people: People) -> None:
    one, other = await receive(pieces(b"hel", b"lo")), await keep_bytes(b"hello")
    assert one.id == other.id
    assert one.hash == hashlib.sha256(b"hello").hexdigest()
    assert path_of(one).read_bytes() == b"hello"
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
        await blob.keep_for(Use("test", 2, organisation.id, people.anna.id))
    await database.execute("DELETE FROM blob_use WHERE subject_id = 2")
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
    assert path_of(needed).exists()
    assert not path_of(orphan).exists()
    assert list(path_of(orphan).parent.glob(f"{path_of(orphan).name}*")) == []


async def test_what_is_received_anew_is_not_swept(people: People) -> None:
    """The row is renewed before the bytes are laid down, and the sweep looks at it under its lock."""
    await keep_bytes(b"twice")
    with clock.at(clock.now() + LATER):
        again = await keep_bytes(b"twice")
        assert await sweep() == 0
        assert path_of(again).exists()


async def test_the_doctor_finds_missing_unknown_and_damaged_files(people: People) -> None:
    blob = await keep_bytes(b"precious")
    await blob.keep_for(Use("test", 1, people.anna.organisation.id))
    assert (await agreement()).missing == []
    path_of(blob).write_bytes(b"PRECIOUS")
    with clock.at(clock.now() + 40 * clock.DAY):
        assert await scrub() == 1
    assert (await agreement()).damaged == 1
    await keep_bytes(b"precious")  # the same content from anybody heals it
    assert (await agreement()).damaged == 0
    path_of(blob).unlink()
    assert (await agreement()).missing == [blob.hash]


async def test_a_full_disk_is_said_before_the_database_has_no_room(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "RESERVE", 1 << 60)
    with pytest.raises(blobs.NoRoom):
        await keep_bytes(b"no room")
    assert list(blobs.store().drafts.glob(".*")) == []


async def test_a_stream_may_not_be_larger_than_agreed(people: People) -> None:
    with pytest.raises(Refused):
        await receive(pieces(b"123", b"456"), most=5)


@pytest.mark.parametrize("url", ["", "file"])
async def test_a_folder_and_a_bucket_do_the_same(tmp_path: Path, app: httpx.ASGITransport, url: str) -> None:
    (tmp_path / "bucket").mkdir()
    store = open_store(tmp_path / "local", url and f"file://{tmp_path / 'bucket'}")
    draft = store.begin()
    await draft.write(b"x" * 3_000_000)
    name = await draft.finish()
    await store.place(draft)
    await store.put_derivative(name, "small", b"s")
    assert await store.size(name) == 3_000_000
    assert await store.digest(name) == name
    assert await store.get(name, "small") == b"s"
    assert b"".join([piece async for piece in store.stream(name, 2_999_998)]) == b"xx"
    assert [kept.name async for kept in store.everything()] == [name]
    async with store.local(name) as path:
        assert path.stat().st_size == 3_000_000
    await store.remove(name)
    assert await store.size(name) is None
    assert await store.get(name, "small") is None
