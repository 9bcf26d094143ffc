"""The database engines side by side: Piccolo's own SQLite engine (in WAL mode), ours, and PostgreSQL where it is installed.

Targets: at least 5 times the simple selects of Piccolo's engine for each CPU second; a slow query holds the event loop for at
most 50 ms; 50 writers beside a second process never find the database locked.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from piccolo.columns import BigInt, Text, Varchar
from piccolo.engine.sqlite import SQLiteEngine
from piccolo.table import Table

from app import database
from bench.calibration import Cost, add_cost, calibrate, cost
from tests.databases import fresh_database, postgres_cluster

ROWS = 5_000
SELECT_GAIN = 5.0
STALL_MS = 50.0
SLOW = "SELECT count(*) AS n FROM letter a JOIN letter b ON a.room <> b.room WHERE a.id < 2000 AND b.subject LIKE '%9%'"
SIMPLE = "one row by key, builder"

FOREIGN_WRITER = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
print("ready", flush=True)
try:
    while True:
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE letter SET size = size + 1 WHERE id = 1")
        db.execute("COMMIT")
except KeyboardInterrupt:
    pass
"""


class Letter(Table):
    id = BigInt(primary_key=True, default=0)
    room = BigInt(index=True)
    subject = Varchar(length=100)
    text = Text()
    size = BigInt()


Operation = Callable[[], Awaitable[object]]
_ids = itertools.count(ROWS + 1)


async def main() -> int:
    """Measure everything and print it. Returns 1 when a target is missed."""
    print(f"calibration loop: {calibrate():.1f} ms CPU\n")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        costs = {
            "Piccolo's SQLite": await _stock(folder / "stock.db"),
            "ours, NORMAL": await _ours(f"sqlite:///{folder / 'ours.db'}"),
            "ours, FULL": await _ours(f"sqlite:///{folder / 'full.db'}", synchronous="FULL"),
        }
        with contextlib.suppress(FileNotFoundError):
            cluster = await asyncio.to_thread(stack.enter_context, postgres_cluster())
            costs["PostgreSQL"] = await _ours(await fresh_database(cluster, "bench"))
        gain = _print_costs(costs)
        stall = await _stall(f"sqlite:///{folder / 'ours.db'}")
        locked = await _crowd(f"sqlite:///{folder / 'ours.db'}")
    return 0 if gain >= SELECT_GAIN and stall <= STALL_MS and locked == 0 else 1


# -- costs


async def _stock(path: Path) -> dict[str, Cost]:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    Letter._meta.db = SQLiteEngine(str(path), timeout=30)
    await _fill()
    return {
        SIMPLE: await _select_one(200),
        "50 rows, builder": await cost(_select_fifty, 100),
        "insert, 1 at a time": await cost(_insert, 100),
        "insert, 20 at a time": await _together(_insert, 20, 15),
    }


async def _ours(url: str, **options: Any) -> dict[str, Cost]:
    await database.open(url, **options)
    Letter._meta.db = database.current
    try:
        await _fill()
        async with database.request_scope():
            return {
                SIMPLE: await _select_one(1_500),
                "one row by key, SQL": await cost(_fetch_one, 3_000),
                "50 rows, builder": await cost(_select_fifty, 500),
                "50 rows, SQL": await cost(_fetch_fifty, 1_000),
                "insert, 1 at a time": await cost(_insert, 500),
                "insert, 20 at a time": await _together(_insert, 20, 40),
                "transaction of 3": await cost(_transaction, 300),
            }
    finally:
        await database.close()


async def _fill() -> None:
    await Letter.create_table()
    for start in range(1, ROWS + 1, 500):
        await Letter.insert(
            *(Letter(id=n, room=n % 100, subject=f"Subject {n}", text="x" * 200, size=n) for n in range(start, start + 500))
        )


async def _select_one(count: int) -> Cost:
    keys = itertools.cycle(range(1, ROWS))
    return await cost(lambda: Letter.select().where(Letter.id == next(keys)).first().run(), count)


async def _fetch_one() -> object:
    return await database.fetch_one("SELECT * FROM letter WHERE id = $1", 1234)


async def _select_fifty() -> object:
    return await Letter.select().where(Letter.room == 7).limit(50)


async def _fetch_fifty() -> object:
    return await database.fetch("SELECT * FROM letter WHERE room = $1 LIMIT 50", 7)


async def _insert() -> object:
    return await Letter.insert(Letter(id=next(_ids), room=100, subject="New", text="y" * 200, size=1))


async def _transaction() -> None:
    id_ = next(_ids)
    async with database.transaction():
        await database.execute("INSERT INTO letter (id, room, subject, text, size) VALUES ($1, $2, $3, $4, $5)", id_, 101, "New", "z", 1)
        await database.execute("UPDATE letter SET size = size + 1 WHERE id = $1", id_)
        await database.fetch_one("SELECT size FROM letter WHERE id = $1", id_)


async def _together(operation: Operation, tasks: int, each: int) -> Cost:
    """`tasks` at once do `operation` `each` times; the waits are theirs, the CPU time the whole's."""
    total, cpu = Cost(), time.process_time()
    await asyncio.gather(*(add_cost(total, operation, each) for _ in range(tasks)))
    total.cpu = time.process_time() - cpu
    return total


def _print_costs(costs: dict[str, dict[str, Cost]]) -> float:
    """One table; returns how many more simple selects ours does for each CPU second than Piccolo's engine."""
    width = 26
    print("CPU µs of this process for each · p50 / p99 ms waited")
    print(f"{'':24}" + "".join(f"{name:>{width}}" for name in costs))
    for what in costs["ours, NORMAL"]:
        cells = [
            f"{c.cpu_us:,.0f} · {c.wait_ms(50):.2f} / {c.wait_ms(99):.1f}" if (c := column.get(what)) else "–" for column in costs.values()
        ]
        print(f"{what:24}" + "".join(f"{cell:>{width}}" for cell in cells))
    ours, stock = costs["ours, NORMAL"][SIMPLE], costs["Piccolo's SQLite"][SIMPLE]
    gain = ours.per_cpu_second / stock.per_cpu_second
    print(
        f"\nsimple selects per CPU second: {stock.per_cpu_second:,.0f} → {ours.per_cpu_second:,.0f}, {gain:.1f} times (target: {SELECT_GAIN:.0f})"
    )
    return gain


# -- waiting


async def _stall(url: str) -> float:
    """The longest that slow queries held the event loop, in milliseconds: of its own CPU time, which neighbours don't lengthen."""
    await database.open(url)
    Letter._meta.db = database.current
    longest_cpu = longest = 0.0
    started = time.perf_counter()
    for turn in range(6):
        # Each time a text that is not known to be slow yet.
        query = asyncio.create_task(database.fetch_value(f"{SLOW} AND {turn} = {turn}"))
        while not query.done():
            cpu, wall = time.thread_time(), time.perf_counter()
            await asyncio.sleep(0)
            longest_cpu, longest = max(longest_cpu, time.thread_time() - cpu), max(longest, time.perf_counter() - wall)
    took = (time.perf_counter() - started) / 6
    print(
        f"slow query ({took * 1e3:.0f} ms): held the loop at most {longest_cpu * 1e3:.0f} ms CPU, {longest * 1e3:.0f} ms by the clock (target: {STALL_MS:.0f})"
    )
    await database.close()
    return longest_cpu * 1e3


async def _crowd(url: str) -> int:
    """50 writers beside a process that writes without a pause. Returns how often the database was found locked."""
    await database.open(url)
    Letter._meta.db = database.current
    path = url.removeprefix("sqlite:///")
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", FOREIGN_WRITER, path, stdout=subprocess.PIPE)
    assert process.stdout is not None
    await process.stdout.readline()
    locked, waits = 0, Cost()

    async def write() -> None:
        nonlocal locked
        try:
            await add_cost(waits, _transaction, 10)
        except sqlite3.OperationalError:
            locked += 1

    await asyncio.gather(*(write() for _ in range(50)))
    process.send_signal(signal.SIGINT)
    await process.wait()
    await database.close()
    print(
        f"50 writers and another process: {len(waits.waits)} transactions, p50 {waits.wait_ms(50):.0f} ms, p99 {waits.wait_ms(99):.0f} ms, found locked {locked} times (target: 0)"
    )
    return locked


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
