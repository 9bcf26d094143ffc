"""What nobody needs is deleted, what is damaged is found, and the doctor learns whether rows and bytes agree."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from app import database
from app.lib import blobs, clock, file_looks
from app.lib.ids import new_id
from app.models.command import UNDO_FOR
from app.models.files.blob import Blob
from app.models.files.pictures import named_pictures
from app.models.files.upload import KEPT_FOR

GRACE = clock.DAY  # a blob without a use stays so long from when it was last received
_OLD_PICTURE = UNDO_FOR + 10 * clock.DAY  # a picture that nothing names any more may come back with an Undo
_PIECE = 200
_PATIENCE = 5  # seconds for which deleting a file may keep the transaction open

_ORPHANS = """
SELECT b.id, b.hash FROM blob b WHERE b.touched_at < $1 AND NOT EXISTS (SELECT 1 FROM blob_use u WHERE u.blob_id = b.id) ORDER BY b.id LIMIT $2
"""
_DELETE = """
DELETE FROM blob WHERE id = $1 AND touched_at < $2 AND NOT EXISTS (SELECT 1 FROM blob_use u WHERE u.blob_id = blob.id) RETURNING id
"""
_TO_CHECK = "SELECT * FROM blob WHERE checked_at < $1 ORDER BY checked_at LIMIT $2"


async def sweep() -> int:
    """Delete what nobody has needed for a day, with its bytes; says how many files that were.

    The row is deleted under its lock and the bytes before COMMIT: whoever receives the same content meanwhile waits for that, finds no
    row, and lays the bytes down anew. A picture may have the same bytes; they stay then. Raises TimeoutError and
    `app.lib.blobs.OutOfReach` where a bucket would keep everybody waiting.
    """
    await asyncio.to_thread(file_looks.sweep)
    await _adopt_unknown()
    swept, before, named = 0, clock.now() - GRACE, await named_pictures()
    while rows := await database.fetch(_ORPHANS, before, _PIECE):
        for row in rows:
            try:
                async with database.transaction():
                    if await database.execute(_DELETE, row["id"], before) and row["hash"] not in named:
                        async with asyncio.timeout(_PATIENCE):
                            await blobs.store().remove(row["hash"])
                        swept += 1
            except database.ForeignKeyViolation:
                continue  # somebody needs it since a moment ago
        if len(rows) < _PIECE:
            break
    await asyncio.to_thread(_sweep_uploads)
    return swept + await blobs.store().sweep_drafts(GRACE / 1000)


async def _adopt_unknown() -> None:
    """A row, which nobody needs, for files without one that nothing names: old pictures, and what a power cut left without its row."""
    for kept in await _unknown():
        if kept.at < clock.now() - _OLD_PICTURE:
            await database.execute("INSERT INTO blob (id, hash, size) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING", new_id(), kept.name, kept.size)


def _sweep_uploads() -> None:
    folder = blobs.store().folder / ".uploads"
    before = time.time() - 2 * KEPT_FOR / 1000
    for path in folder.glob(".*") if folder.is_dir() else []:
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


async def scrub(seconds: float = 60, every: int = 30 * clock.DAY) -> int:
    """Read the files again that weren't read for longest, for so many seconds, and note which are damaged; says how many those are.
    Raises `app.lib.blobs.OutOfReach` where none could be read."""
    await blobs.store().check()
    until, damaged = time.monotonic() + seconds, 0
    while time.monotonic() < until and (rows := await database.fetch(_TO_CHECK, clock.now() - every, 20)):
        for row in rows:
            blob, is_whole = Blob.from_row(row), await blobs.store().digest(row["hash"]) == row["hash"]
            await blob.change(checked_at=clock.now(), damaged_at=None if is_whole else blob.damaged_at or clock.now())
            damaged += not is_whole
            if time.monotonic() >= until:
                break
    return damaged


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the doctor wants to know of the files."""

    files: int
    size: int
    missing: list[str]  # hashes that a row needs and that aren't there, or not as long as they must be
    unknown: int  # files that belong to nothing
    damaged: int
    miscounted: int  # counters that differ from what is used


async def agreement() -> Agreement:
    """Whether every row that is needed has its bytes, and all bytes have a row or a name."""
    there = {kept.name: kept.size async for kept in blobs.store().everything()}
    needed = await database.fetch("SELECT b.hash, b.size FROM blob b WHERE EXISTS (SELECT 1 FROM blob_use u WHERE u.blob_id = b.id)")
    missing = [row["hash"] for row in needed if there.get(row["hash"]) != row["size"]]
    missing += [name for name in await named_pictures() if name not in there]
    damaged = await database.fetch_value("SELECT COUNT(*) AS n FROM blob WHERE damaged_at IS NOT NULL")
    return Agreement(len(there), sum(there.values()), missing, await _count_unknown(there), int(damaged), await _miscounted())


async def _count_unknown(there: dict[str, int]) -> int:
    known = {row["hash"] for row in await database.fetch("SELECT hash FROM blob")}
    old = clock.now() - _OLD_PICTURE
    return sum(1 for kept in await _unknown(known) if kept.at < old and kept.name in there)


async def _unknown(known: set[str] | None = None) -> list[blobs.Kept]:
    rows = {row["hash"] for row in await database.fetch("SELECT hash FROM blob")} if known is None else known
    named = await named_pictures()
    return [kept async for kept in blobs.store().everything() if kept.name not in rows and kept.name not in named]


async def _miscounted() -> int:
    counted = {row["org_id"]: int(row["used"]) for row in await database.fetch("SELECT org_id, used FROM storage_use WHERE account_id = 0")}
    summed = {row["org_id"]: int(row["used"]) for row in await database.fetch("SELECT org_id, SUM(size) AS used FROM blob_use GROUP BY org_id")}
    return sum(counted.get(org_id, 0) != summed.get(org_id, 0) for org_id in counted.keys() | summed.keys())
