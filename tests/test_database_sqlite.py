"""What the embedded engine promises besides: nobody waits for a slow query, for another process, or for the disk, and nothing answered is lost."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app import database
from app.database import sqlite
from tests.databases import opened, run

pytest_plugins = ["tests.database_urls"]

COUNT_TO = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < $1) SELECT count(*) AS n FROM c"
SLOW, QUICK, ENDLESS = 400_000, 10, 10**12

FOREIGN_WRITER = """
import signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
asked_to_end = []
signal.signal(signal.SIGINT, lambda *_: asked_to_end.append(True))
print("ready", flush=True)
turns = 0
while not asked_to_end:
    db.execute("BEGIN IMMEDIATE")
    n = db.execute("SELECT n FROM counter WHERE id = 1").fetchone()[0]
    db.execute("UPDATE counter SET n = ? WHERE id = 1", (n + 1,))
    db.execute("COMMIT")
    turns += 1
print(turns, flush=True)
"""

REPORTING_WRITER = """
import asyncio, sys
from app import database
from app.database import sqlite

sqlite.CHECKPOINT_SECONDS = 0.1

async def write(lane):
    for turn in range(10**9):
        id_ = lane * 10**9 + turn
        if turn % 3 == 0:
            await database.execute("INSERT INTO entry (id, text) VALUES ($1, $2)", id_, "x" * 500)
        else:
            async with database.transaction():
                await database.execute("INSERT INTO entry (id, text) VALUES ($1, $2)", id_, "y" * 500)
                await asyncio.sleep(0)
                await database.execute("UPDATE entry SET text = $1 WHERE id = $2", "z" * 500, id_)
        sys.stdout.write(f"{id_}\\n")
        sys.stdout.flush()
        await asyncio.sleep(0)

async def main():
    await database.open(sys.argv[1])
    await database.execute("CREATE TABLE IF NOT EXISTS entry (id BIGINT PRIMARY KEY, text TEXT)")
    await asyncio.gather(*(write(lane) for lane in range(1, 6)))

asyncio.run(main())
"""


def engine() -> sqlite.SQLite:
    found = database.engine()
    assert isinstance(found, sqlite.SQLite)
    return found


def path_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


async def counters(count: int) -> None:
    await database.execute("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
    await database.execute_many("INSERT INTO counter (id, n) VALUES ($1, 0)", [(number,) for number in range(count)])


@contextmanager
def foreign_writer(url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that adds 1 to counter 1 without a pause; SIGINT ends it and it prints how often."""
    process = subprocess.Popen([sys.executable, "-c", FOREIGN_WRITER, path_of(url)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def turns_of(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    return int(process.stdout.readline())


# -- slow queries


def test_a_slow_query_moves_to_a_thread_and_is_remembered(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            assert await database.fetch_value(COUNT_TO, QUICK) == QUICK
            assert engine().fallbacks == 0
            assert await database.fetch_value(COUNT_TO, SLOW) == SLOW
            assert engine().fallbacks == 1
            assert await database.fetch_value(COUNT_TO, SLOW) == SLOW
            assert engine().fallbacks == 1

    run(story())


def test_the_loop_goes_on_during_a_slow_query(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            slow = asyncio.create_task(database.fetch_value(COUNT_TO, ENDLESS))
            for _ in range(50):
                assert await database.fetch_value("SELECT 1") == 1
                await asyncio.sleep(0)
            assert not slow.done()
            slow.cancel()
            assert await database.fetch_value(COUNT_TO, SLOW) == SLOW

    run(story())


def test_a_text_that_is_quick_again_is_forgiven(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "FORGIVEN_AFTER", 3)

    async def story() -> None:
        async with opened(sqlite_url):
            await database.fetch_value(COUNT_TO, SLOW)
            assert engine().slow
            for _ in range(4):
                await database.fetch_value(COUNT_TO, QUICK)
            assert not engine().slow

    run(story())


def test_slow_statements_in_a_transaction_leave_the_loop_free(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await counters(3)
            async with database.transaction():
                await database.execute("UPDATE counter SET n = 7 WHERE id = 1")
                assert await database.fetch_value(f"SELECT counter.n FROM counter, ({COUNT_TO}) WHERE id = 1", SLOW) == 7
                assert engine().fallbacks == 1
                await database.execute("UPDATE counter SET n = n + 1 WHERE id = 1")
            assert await database.fetch_value("SELECT n FROM counter WHERE id = 1") == 8

    run(story())


def test_a_slow_write_runs_once(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await counters(3)
            await database.execute("INSERT INTO counter (n) SELECT n FROM (" + COUNT_TO.replace("count(*) AS n", "n") + ")", 60_000)
            assert engine().fallbacks == 1
            assert await database.fetch_value("SELECT count(*) FROM counter") == 60_003
            await database.execute("CREATE INDEX counter_n ON counter (n, id)")
            assert await database.fetch_value("SELECT count(*) FROM counter WHERE n = 500") == 1

    run(story())


def test_a_cancelled_query_ends(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            for query in (database.fetch, database.fetch_apart):
                tasks = [asyncio.create_task(query(COUNT_TO, ENDLESS)) for _ in range(5)]
                await asyncio.sleep(0.2)
                for task in tasks:
                    task.cancel()
                assert all(isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*tasks, return_exceptions=True))
                assert await database.fetch_apart("SELECT 1 AS one") == [{"one": 1}]

    run(story())


def test_a_cancelled_query_in_a_transaction_leaves_it_whole(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await counters(3)
            async with database.transaction():
                await database.execute("UPDATE counter SET n = 5 WHERE id = 1")
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await database.fetch(COUNT_TO, ENDLESS)
                await database.execute("UPDATE counter SET n = n + 1 WHERE id = 1")
            assert await database.fetch_value("SELECT n FROM counter WHERE id = 1") == 6

    run(story())


# -- other processes


def test_fifty_writers_and_a_second_process_never_find_it_locked(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await counters(3)
            with foreign_writer(sqlite_url) as process:

                async def write(worker: int) -> None:
                    for turn in range(8):
                        if turn % 2:
                            await database.execute("UPDATE counter SET n = n + 1 WHERE id = 1")
                        else:
                            async with database.transaction():
                                n = await database.fetch_value("SELECT n FROM counter WHERE id = 1")
                                await asyncio.sleep(0)
                                await database.execute("UPDATE counter SET n = $1 WHERE id = 1", n + 1)

                ours = meanwhile = 0
                while meanwhile < 3:  # until the other one had its turn between ours, however rarely it runs
                    await asyncio.gather(*(write(worker) for worker in range(50)))
                    ours += 400
                    meanwhile = await database.fetch_value("SELECT n FROM counter WHERE id = 1") - ours
                theirs = turns_of(process)
            assert theirs >= meanwhile
            assert await database.fetch_value("SELECT n FROM counter WHERE id = 1") == ours + theirs

    run(story())


def test_the_loop_goes_on_while_another_process_holds_the_database(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await counters(3)
            holder = sqlite3.connect(path_of(sqlite_url), isolation_level=None)
            holder.execute("BEGIN IMMEDIATE")
            write = asyncio.create_task(database.execute("UPDATE counter SET n = 9 WHERE id = 1"))
            for _ in range(20):
                assert await database.fetch_value("SELECT n FROM counter WHERE id = 1") == 0
                await asyncio.sleep(0.005)
            assert not write.done()
            holder.execute("COMMIT")
            holder.close()
            await write
            assert await database.fetch_value("SELECT n FROM counter WHERE id = 1") == 9

    run(story())


def test_what_another_process_wrote_is_seen(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await counters(3)
            assert await database.fetch_value("SELECT n FROM counter WHERE id = 1") == 0
            other = sqlite3.connect(path_of(sqlite_url), isolation_level=None)
            other.execute("UPDATE counter SET n = 3 WHERE id = 1")
            other.execute("ALTER TABLE counter ADD COLUMN colour TEXT")
            other.close()
            assert await database.fetch_one("SELECT * FROM counter WHERE id = 1") == {"id": 1, "n": 3, "colour": None}

    run(story())


# -- the disk


@pytest.mark.parametrize("round_", range(3))
def test_nothing_answered_is_lost_when_the_process_is_killed(sqlite_url: str, round_: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", REPORTING_WRITER, sqlite_url], stdout=subprocess.PIPE)
    assert process.stdout is not None
    # Enough to meet checkpoints in the middle, which come ten times a second.
    before = b"".join(process.stdout.readline() for _ in range(500 + round_ * 2_500))
    process.kill()
    reported = {int(line) for line in (before + process.stdout.read()).splitlines(keepends=True) if line.endswith(b"\n")}
    process.stdout.close()
    process.wait()
    assert len(reported) >= 500

    connection = sqlite3.connect(path_of(sqlite_url))
    kept = dict(connection.execute("SELECT id, substr(text, 1, 1) FROM entry").fetchall())
    assert reported <= kept.keys()
    assert len(kept) - len(reported) <= 5
    assert {kept[id_] for id_ in kept if id_ % 10**9 % 3} <= {"z"}
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()

    async def reopened() -> int:
        async with opened(sqlite_url):
            return await database.fetch_value("SELECT count(*) FROM entry")

    assert run(reopened()) == len(kept)


@pytest.mark.parametrize("synchronous", ["NORMAL", "FULL"])
def test_durability_is_a_choice(sqlite_url: str, synchronous: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url, synchronous=synchronous):
            await counters(3)
            async with database.transaction():
                await database.execute("UPDATE counter SET n = 1 WHERE id = 1")
            await database.execute("UPDATE counter SET n = n + 1 WHERE id = 1")
            with pytest.raises(database.UniqueViolation):
                await database.execute("INSERT INTO counter (id, n) VALUES (1, 1)")
            assert await database.fetch_value("SELECT n FROM counter WHERE id = 1") == 2
            assert engine()._writer.run("PRAGMA synchronous", ()) == [{"synchronous": 1 if synchronous == "NORMAL" else 2}]

    run(story())
    with pytest.raises(ValueError, match="FULL"):
        run(database.open(sqlite_url, synchronous="OFF"))


def test_the_log_is_moved_meanwhile_and_empty_at_the_end(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "CHECKPOINT_SECONDS", 0.05)

    async def story() -> None:
        async with opened(sqlite_url):
            await counters(2_000)
            moved = Path(path_of(sqlite_url))
            before = moved.stat().st_size
            for _ in range(600):
                await asyncio.sleep(0.05)
                if moved.stat().st_size > before:
                    break
            assert moved.stat().st_size > before

    run(story())
    assert not Path(f"{path_of(sqlite_url)}-wal").exists()
    assert sqlite3.connect(path_of(sqlite_url)).execute("SELECT count(*) FROM counter").fetchone() == (2_000,)


def test_a_large_log_starts_anew(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "CHECKPOINT_SECONDS", 0.02)
    monkeypatch.setattr(sqlite, "LARGE_LOG_BYTES", 200_000)

    async def story() -> None:
        async with opened(sqlite_url):
            await counters(1)
            log = Path(f"{path_of(sqlite_url)}-wal")
            written = 0
            while log.stat().st_size >= written / 2:  # until it has begun anew
                assert written < 200_000_000
                written += 20_000
                await database.execute("UPDATE counter SET n = $1", written)
                await database.execute("CREATE TABLE IF NOT EXISTS blob (id INTEGER PRIMARY KEY, b BLOB)")
                await database.execute("INSERT OR REPLACE INTO blob VALUES (1, zeroblob(20000))")
                await asyncio.sleep(0.003)

    run(story())


def test_a_copy_made_while_writing_is_whole(sqlite_url: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await counters(500)

            async def write() -> None:
                while True:
                    async with database.transaction():
                        await database.execute("UPDATE counter SET n = n + 1 WHERE id < 250")
                        await asyncio.sleep(0)
                        await database.execute("UPDATE counter SET n = n + 1 WHERE id >= 250")
                    await asyncio.sleep(0)

            writing = asyncio.create_task(write())
            await asyncio.sleep(0.05)
            await database.backup(tmp_path / "copy.db")
            writing.cancel()
            with pytest.raises(FileExistsError):
                await database.backup(tmp_path / "copy.db")

    run(story())
    copy = sqlite3.connect(tmp_path / "copy.db")
    assert copy.execute("SELECT count(*), count(DISTINCT n) FROM counter").fetchone() == (500, 1)
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [file.name for file in tmp_path.glob("copy*")] == ["copy.db"]
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def test_only_its_owner_reads_the_database(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await counters(3)
            for suffix in ("", "-wal", "-shm"):
                assert Path(path_of(sqlite_url) + suffix).stat().st_mode & 0o777 == 0o600

    run(story())


def test_statistics_are_gathered(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await counters(50)
            await database.execute("CREATE INDEX counter_n ON counter (n)")
            await database.analyze()
            assert await database.fetch_value("SELECT count(*) FROM sqlite_stat1") == 1
            assert await database.fetch_value("SELECT count(*) FROM counter") == 50

    run(story())


def test_closing_waits_for_the_open_transaction(sqlite_url: str) -> None:
    async def story() -> None:
        await database.open(sqlite_url)
        await counters(3)
        inside = asyncio.Event()

        async def write() -> None:
            async with database.transaction():
                inside.set()
                await asyncio.sleep(0.1)
                await database.execute("UPDATE counter SET n = 4 WHERE id = 1")

        writing = asyncio.create_task(write())
        await inside.wait()
        closing = asyncio.create_task(database.close())
        await asyncio.gather(writing, closing, return_exceptions=True)
        async with opened(sqlite_url):
            assert await database.fetch_value("SELECT n FROM counter WHERE id = 1") == 4

    run(story())


def test_writers_hold_off_random_cancellation_and_a_foreign_writer(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await counters(4)
            done = [0] * 4
            with foreign_writer(sqlite_url) as process:

                async def step(which: int) -> None:
                    async with database.transaction():
                        database.on_commit(lambda: done.__setitem__(which, done[which] + 1))
                        n = await database.fetch_value("SELECT n FROM counter WHERE id = $1", which)
                        await asyncio.sleep(0)
                        await database.execute("UPDATE counter SET n = $1 WHERE id = $2", n + 1, which)

                async def count(worker: int) -> None:
                    for turn in range(10):
                        task = asyncio.create_task(step((worker + turn) % 4))
                        if (worker * 7 + turn) % 3 == 0:
                            await asyncio.sleep(0.0005 * turn)
                            task.cancel()
                        await asyncio.gather(task, return_exceptions=True)

                await asyncio.gather(*(count(worker) for worker in range(30)))
                done[1] += turns_of(process)
            found = [row["n"] for row in await database.fetch("SELECT n FROM counter ORDER BY id")]
            assert found == done, json.dumps([found, done])

    run(story())


def test_a_query_may_come_from_another_loop(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await counters(3)

            async def elsewhere() -> Any:
                async with database.transaction():
                    await database.execute("UPDATE counter SET n = 2 WHERE id = 1")
                    return await database.fetch_apart("SELECT n FROM counter WHERE id = 1")

            assert await asyncio.to_thread(lambda: asyncio.run(elsewhere())) == [{"n": 2}]

    run(story())
