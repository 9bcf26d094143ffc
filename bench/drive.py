"""Drive: a folder of 100,000 files, searching the rights of many shares, and bytes in and out, beside what the disk does.

    python -m bench drive [--files=100000] [--mb=256]

First rows of a folder must come in 30 ms of server time, however many it has and wherever one scrolls. Receiving is beside `dd` with fsync and
SHA-256 of the same bytes, sending beside reading the file; memory must grow by less than 50 MB.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from app import database
from app.lib import blobs, clock, file_names
from app.lib.ids import new_id
from app.models.account import Account
from app.models.drive import find_node, home_drive, list_page, make_folder, move, remove
from app.models.files import receive
from app.models.organisation import LEGAL, Organisation
from app.models.session import Session
from app.models.viewer import Viewer
from bench.calibration import calibrate, percentile

T = TypeVar("T")
TARGET_MS, MOST_GROWTH = 30.0, 50_000_000
_PIECE = bytes(range(256)) * 256


def main() -> int:
    """Run all of it; 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench drive")
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--mb", type=int, default=256)
    options, _others = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder), options.files, options.mb))


async def _measure(folder: Path, files: int, megabytes: int) -> int:
    await database.open(f"sqlite:///{folder / 'chalet.db'}")
    try:
        await database.migrate()
        blobs.use(folder / "files")
        viewer = await _anna()
        slow = await _lists(viewer, files)
        grown = await _bytes(folder, megabytes)
        return int(slow > TARGET_MS or grown > MOST_GROWTH)
    finally:
        await database.close()


async def _anna() -> Viewer:
    organisation = await Organisation.found("Bench")
    member = await organisation.admit(await Account.open("anna@bench.example", "Anna", "Alpha"), LEGAL)
    _session, token = await Session.begin(member, 30)
    viewer = await Viewer.by_token(token)
    assert viewer is not None
    return viewer


async def _lists(viewer: Viewer, files: int) -> float:
    """The slowest kind of page, in milliseconds (p95)."""
    drive = await home_drive(viewer)
    await _fill(viewer, drive.id, drive.root_id, files)
    await database.analyze()
    found, slowest, one = await find_node(viewer, drive.root_id), 0.0, calibrate()
    print(f"{files:,} files in one folder; p50 and p95 of a page, in ms (calibration loop: {one:.1f} ms)")
    for sort in ("name", "modified", "size"):
        for down in (False, True):
            times: list[float] = []
            after = ""
            for _page in range(40):
                began = time.perf_counter()
                page = await list_page(viewer, found, sort, down, after)
                times.append((time.perf_counter() - began) * 1000)
                after = page.after
            slowest = max(slowest, percentile(times, 95))
            print(f"  by {sort:8} {'down' if down else 'up':4}  {percentile(times, 50):6.1f} {percentile(times, 95):6.1f}")
    ids = [row["id"] for row in await database.fetch("SELECT id FROM node WHERE parent_id = $1 LIMIT 50000", drive.root_id)]
    target = await find_node(viewer, (await make_folder(viewer, found, "Elsewhere")).id)
    for what, work in (("moved", partial(move, viewer, ids, target)), ("thrown away", partial(remove, viewer, ids))):
        command = await _beside(f"{len(ids):,} files {what} at once", work())
        await _beside("  and taken back", command.undo(viewer))
    return slowest


async def _beside(what: str, work: Coroutine[Any, Any, T]) -> T:
    """Do it while somebody else writes again and again, and print how long they waited, by the clock and by what this process worked meanwhile."""
    task, longest, busiest, began = asyncio.create_task(work), 0.0, 0.0, time.perf_counter()
    while not task.done():
        asked, cpu = time.perf_counter(), time.process_time()
        await database.execute("UPDATE account SET email = email WHERE id = 0")
        longest, busiest = max(longest, time.perf_counter() - asked), max(busiest, time.process_time() - cpu)
        await asyncio.sleep(0.002)
    print(f"{what}: {time.perf_counter() - began:.1f} s; others waited at most {longest * 1000:.0f} ms, in {busiest * 1000:.0f} ms of CPU")
    return await task


async def _fill(viewer: Viewer, drive_id: int, root_id: int, files: int) -> None:
    now = clock.now()
    statement = (
        "INSERT INTO node (id, org_id, drive_id, parent_id, is_file, name, name_key, sort_key, media_type, size, created_at, modified_at, changed_at, modseq,"
        f" has_own_rights, anchor_id) VALUES ({database.marks(range(16))})"
    )
    for start in range(0, files, 5000):
        names = [f"IMG_{number}.jpg" for number in range(start, min(files, start + 5000))]
        await database.execute_many(statement, [
            (new_id(), viewer.org_id, drive_id, root_id, 1, name, file_names.key_of(name), file_names.sort_key(name), "image/jpeg", hash(name) % 9_000_000,
             now, now - hash(name) % 10**9, now, number, 0, root_id) for number, name in enumerate(names, start)
        ])


async def _bytes(folder: Path, megabytes: int) -> int:
    """How much memory grew, in bytes."""
    size, before = megabytes << 20, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    async def body() -> AsyncIterator[bytes]:
        for _piece in range(size // len(_PIECE)):
            yield _PIECE

    began = time.perf_counter()
    blob = await receive(body())
    taken = time.perf_counter() - began
    began = time.perf_counter()
    _peer(folder / "peer", size)
    peer = time.perf_counter() - began
    began, read = time.perf_counter(), 0
    async for piece in blobs.store().stream(blob.hash):
        read += len(piece)
    given = time.perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert read == size
    print(f"{megabytes} MB received (hashed, on disk for good): {megabytes / taken:.0f} MB/s, a plain loop with the same work {megabytes / peer:.0f} MB/s,"
          f" ratio {peer / taken:.2f}")
    print(f"{megabytes} MB read in pieces: {megabytes / given:.0f} MB/s; memory grew by {grown / 1e6:.1f} MB")
    return grown


def _peer(path: Path, size: int) -> None:
    """The least that must be done: write, hash, fsync."""
    found = hashlib.sha256()
    with path.open("wb", buffering=0) as file:
        for _piece in range(size // len(_PIECE)):
            file.write(_PIECE)
            found.update(_PIECE)
        os.fsync(file.fileno())
    path.unlink()
