"""SQLite inside the server process: one writer, budgeted readers, and nothing that holds the event loop.

Piccolo's own engine opens a connection and a thread for each query. This one keeps connections open:

- The *writer* is one connection behind an `asyncio.Lock`. Its statements run on the event loop's thread, where a commit in
  WAL mode costs some 50 µs. When another process holds the database, the statement is tried again with a growing pause, so
  that only the request waits.
- Queries are answered on the event loop's thread too, within a budget of SQLite's virtual machine steps: by the writer while
  nobody writes, because its cache outlives its own writes and another connection's doesn't, else by the *reader*. A query that
  exceeds the budget is interrupted, runs again on a thread with a connection of its own, and its text is remembered. Steps are
  counted, not time, because time would misjudge innocent queries on a busy machine; the thread's CPU time is looked at only
  afterwards, for what the steps don't show (full text search).
- A thread moves the write-ahead log into the database (a checkpoint syncs the disk, which nobody should wait for).

Durability: with `synchronous="NORMAL"` every answered write survives the death of the process at any moment, and a power cut
may lose the last moments, never the file. With `"FULL"` it survives the power cut as well; then commits run on a thread,
because they wait for the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from piccolo.engine.sqlite import AsyncBatch, Atomic, SQLiteEngine, SQLiteTransaction, TransactionType
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from app.database.errors import TransactionOver, translated
from app.database.statements import prepared
from app.database.transactions import Callbacks
from app.database.waiting import to_the_end

T = TypeVar("T")
Rows = list[dict[str, Any]]

TICK_STEPS = 2_000
BUDGET_TICKS = 40
SLOW_CPU_SECONDS = 0.02
SLOW_TEXTS = 512
FORGIVEN_AFTER = 50
BUSY_SECONDS = 30.0
LONGEST_PAUSE = 0.004
CHECKPOINT_SECONDS = 2.0
LARGE_LOG_BYTES = 64 * 1024 * 1024
LARGE_BATCH = 200
CLOSE_SECONDS = 5.0
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY, sqlite3.SQLITE_BUSY_SNAPSHOT, sqlite3.SQLITE_LOCKED}

# Piccolo converts these in Python for each cell (integers through float, which is exact only to 2**53).
getattr(sqlite3, "converters", {}).pop("INTEGER", None)
sqlite3.register_converter("BOOLEAN", b"1".__eq__)


class Line:
    """One open connection and the budget of the statement that runs on it."""

    __slots__ = ("connection", "left")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.left = float("inf")
        connection.set_progress_handler(self._tick, TICK_STEPS)

    def run(self, sql: str, args: Sequence[Any], budget: float = float("inf")) -> Rows:
        """The rows of one statement. Raises SQLite's interruption when it takes more than `budget` ticks."""
        self.left = budget
        cursor = self.connection.execute(sql, args)
        try:
            if cursor.description is None:
                return []
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=False)) for row in cursor.fetchall()]
        finally:
            # A statement that ends early would keep its view of the database, and the log from being emptied.
            cursor.close()

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self.left = float("inf")
        self.connection.executemany(sql, rows)

    def stop(self) -> None:
        """End the statement that runs on another thread."""
        self.left = -1
        self.connection.interrupt()

    def undo(self) -> None:
        self.left = float("inf")
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def close(self) -> None:
        self.connection.close()

    def _tick(self) -> int:
        self.left -= 1
        return self.left < 0


class Lease:
    """A line that belongs to one transaction until it is given back."""

    __slots__ = ("_give_back", "aside", "engine", "line", "threads")

    def __init__(self, engine: SQLite, line: Line, threads: Executor | None, give_back: Callable[[], None]) -> None:
        self.engine = engine
        self.line = line
        self.threads = threads
        self.aside = asyncio.Lock()
        self._give_back: Callable[[], None] | None = give_back

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> Rows:
        """Run one statement of the transaction; a slow one goes to a thread."""
        text, is_read = prepared(sql)
        if self.aside.locked() or text in self.engine.slow:
            return await self._execute_aside(text, args, is_read)
        self._check()
        try:
            return self.engine.timed(self.line, text, args, BUDGET_TICKS if is_read else float("inf"))
        except sqlite3.OperationalError as error:
            if not (is_read and _is(error, {sqlite3.SQLITE_INTERRUPT})):
                raise
        self.engine.remember_slow(text)
        return await self._execute_aside(text, args, is_read)

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._check()
        if len(rows) <= LARGE_BATCH:
            self.line.run_many(prepared(sql)[0], rows)
            return
        async with self.aside:
            self._check()
            await self.engine.on_thread(self.threads, lambda: self.line.run_many(prepared(sql)[0], rows))

    async def begin(self, kind: TransactionType) -> None:
        await self.engine.patiently(lambda: self.line.run(f"BEGIN {kind.value}", ()))

    async def commit(self) -> None:
        async with self.aside:
            self._check()
            try:
                if self.engine.is_durable:
                    await self.engine.on_thread(self.threads, lambda: self.line.run("COMMIT", ()))
                else:
                    self.line.run("COMMIT", ())
            except BaseException:
                self.line.undo()
                raise

    async def roll_back(self) -> None:
        async with self.aside:
            self.line.undo()

    async def close(self) -> None:
        if self._give_back is not None:
            give_back, self._give_back = self._give_back, None
            give_back()

    async def _execute_aside(self, text: str, args: Sequence[Any], is_read: bool) -> Rows:
        async with self.aside:
            self._check()
            # SQLite undoes the whole transaction of an interrupted write.
            stop = self.line.stop if is_read else None
            return await self.engine.on_thread(self.threads, lambda: self.engine.timed(self.line, text, args), stop)

    def _check(self) -> None:
        if self._give_back is None:
            raise TransactionOver("a query in a task that outlived its transaction")
        if not self.line.connection.in_transaction:
            raise TransactionOver("the database undid this transaction")


class Transaction(Callbacks, SQLiteTransaction):
    """BEGIN IMMEDIATE, or a snapshot to read from when deferred. Commits and rolls back whatever cancels its task."""

    engine: SQLite
    connection: Lease
    _parent: Self | None

    async def __aenter__(self) -> Self:
        if self._parent is not None:
            self._parent.check_open()
            return self._parent
        self.connection = await self.engine.lease(is_write=self.transaction_type is not TransactionType.deferred)
        try:
            await self.begin()
        except BaseException:
            self.connection.line.undo()
            await self.connection.close()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def begin(self) -> None:
        await self.connection.begin(self.transaction_type)
        if self.transaction_type is TransactionType.deferred:
            # SQLite takes the snapshot at the first read.
            self.connection.line.run("SELECT 1 FROM sqlite_schema LIMIT 1", ())

    async def commit(self) -> None:
        await self.connection.commit()
        self._committed = True

    async def rollback(self) -> None:
        await self.connection.roll_back()
        self._rolled_back = True

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if self._parent is not None:
            return False
        self.engine.current_transaction.reset(self.context)
        try:
            await self._end(failed=error is not None)
        except sqlite3.Error as refusal:
            raise translated(refusal) from refusal
        finally:
            self.is_over = True
            await self.connection.close()
            self.call_back(self._committed)
        return False

    async def _end(self, failed: bool) -> None:
        if self._committed or self._rolled_back:
            return
        if failed:
            await to_the_end(self.rollback())
        elif self.engine.is_durable or self.connection.aside.locked():
            await to_the_end(self.commit())
        else:
            await self.commit()


class Batch(AsyncBatch):
    """Piccolo's batches, also with a `where` (Piccolo 1.38 spreads the arguments of one statement over several parameters)."""

    async def __aenter__(self) -> Self:
        template, args = self.query.querystrings[0].compile_string(engine_type="sqlite")
        self._cursor = await self.connection.execute(template, args)
        return self


class SQLite(SQLiteEngine):
    """The embedded engine. `start_connection_pool()` opens it; before that, and on other event loops, each query has its own connection."""

    current_transaction: ContextVar[Any]

    def __init__(self, path: str, *, synchronous: str = "NORMAL", readers: int = 2) -> None:
        if synchronous not in ("NORMAL", "FULL"):
            raise ValueError("synchronous is NORMAL or FULL")
        super().__init__(path, timeout=5, cached_statements=512, check_same_thread=False)
        self.synchronous = synchronous
        self.is_durable = synchronous == "FULL"
        self.readers = readers
        self.slow: dict[str, int] = {}
        self._suspects: set[str] = set()
        self.fallbacks = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    # -- opening and closing

    async def start_connection_pool(self, **_: Any) -> None:
        if self._loop is not None:
            return
        _create(Path(self.path))
        self._writer = self._connect(busy_ms=0)
        self._reader = self._connect(busy_ms=0, query_only=True)
        self._spare: list[Line] = []
        self._reading = ThreadPoolExecutor(self.readers, thread_name_prefix="sqlite-read")
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="sqlite-write")
        self._lock = asyncio.Lock()
        self._checkpointer = Checkpointer(self._connect().connection, f"{self.path}-wal")
        self._loop = asyncio.get_running_loop()

    async def close_connection_pool(self) -> None:
        """Wait for the transaction that is open, then close."""
        if self._loop is None:
            return
        if self._loop is asyncio.get_running_loop():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS), self._lock:
                    self._loop = None
        self._loop = None
        await to_the_end(asyncio.to_thread(self._close))

    def _close(self) -> None:
        self._reading.shutdown()
        self._writing.shutdown()
        for line in (self._writer, self._reader, *self._spare):
            line.close()
        self._checkpointer.close()

    def _connect(self, busy_ms: int = 5_000, query_only: bool = False) -> Line:
        """A new connection with our settings. Blocks for milliseconds."""
        connection = sqlite3.connect(**self.connection_kwargs)
        _switch_to_wal(connection)
        for pragma in (
            f"synchronous={self.synchronous}",
            "foreign_keys=1",
            "mmap_size=268435456",
            "cache_size=-16384",
            "temp_store=MEMORY",
            f"journal_size_limit={LARGE_LOG_BYTES}",
            "wal_autocheckpoint=0",
            f"query_only={int(query_only)}",
            f"busy_timeout={busy_ms}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return Line(connection)

    # -- statements

    async def run(self, sql: str, args: Sequence[Any] = (), in_pool: bool = True) -> Rows:
        """The rows of one statement, in the transaction that is open here, else on the reader or the writer."""
        try:
            transaction = self.current_transaction.get()
            if transaction is not None:
                return await transaction.connection.execute(sql, args)
            text, is_read = prepared(sql)
            if not in_pool or self._loop is not asyncio.get_running_loop():
                return await self._run_elsewhere(text, args)
            if is_read:
                return await self._read(text, args)
            return await self._write(text, args)
        except (sqlite3.IntegrityError, OverflowError) as error:
            raise translated(error) from error

    async def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for each of `rows`, all or none of them."""
        try:
            async with self.transaction() as transaction:
                await transaction.connection.execute_many(sql, list(rows))
        except (sqlite3.IntegrityError, OverflowError) as error:
            raise translated(error) from error

    async def run_apart(self, sql: str, args: Sequence[Any] = ()) -> Rows:
        """The rows of a query that is known to be slow: straight to a thread, unless a transaction is open here."""
        if self.current_transaction.get() is not None or self._loop is not asyncio.get_running_loop():
            return await self.run(sql, args)
        return await self._read_apart(prepared(sql)[0], args)

    async def _read(self, text: str, args: Sequence[Any]) -> Rows:
        if text not in self.slow:
            try:
                return self.timed(self._reader if self._lock.locked() else self._writer, text, args, BUDGET_TICKS)
            except sqlite3.OperationalError as error:
                if _is(error, {sqlite3.SQLITE_INTERRUPT}):
                    self.remember_slow(text)
                elif not _is(error, _BUSY):
                    raise
        return await self._read_apart(text, args)

    async def _read_apart(self, text: str, args: Sequence[Any]) -> Rows:
        line = self._borrow()
        try:
            return await self.on_thread(self._reading, lambda: self.timed(line, text, args), line.stop)
        finally:
            self._give_back(line)

    async def _write(self, text: str, args: Sequence[Any]) -> Rows:
        async with self._lock:
            if not self.is_durable and text not in self.slow:
                try:
                    return await self.patiently(lambda: self.timed(self._writer, text, args, BUDGET_TICKS))
                except sqlite3.OperationalError as error:
                    if not _is(error, {sqlite3.SQLITE_INTERRUPT}):
                        raise
                # Outside a transaction an interrupted statement has changed nothing, so it can run again.
                self.remember_slow(text)
            return await self.patiently(lambda: self.on_thread(self._writing, lambda: self.timed(self._writer, text, args)))

    async def _run_elsewhere(self, text: str, args: Sequence[Any]) -> Rows:
        def work() -> Rows:
            line = self._connect()
            try:
                return line.run(text, args)
            finally:
                line.close()

        return await asyncio.to_thread(work)

    # -- slow statements

    def timed(self, line: Line, text: str, args: Sequence[Any], budget: float = float("inf")) -> Rows:
        """Run a statement; remember its text when it took much CPU, forget it after many quick runs.

        Asking for the CPU time is a system call, dearer than many a statement: it is asked only of what took long by the clock before.
        """
        start, cpu = time.perf_counter(), time.thread_time() if text in self._suspects else None
        try:
            return line.run(text, args, budget)
        finally:
            if time.perf_counter() - start > SLOW_CPU_SECONDS:
                self._note_long(text, cpu)
            elif cpu is not None or text in self.slow:
                self._forgive(text)

    def _note_long(self, text: str, cpu: float | None) -> None:
        """It took long, perhaps only because the machine is busy; `cpu` is the thread's time when it began, where that was asked."""
        if cpu is not None and time.thread_time() - cpu > SLOW_CPU_SECONDS:
            self.slow[text] = FORGIVEN_AFTER
        elif len(self._suspects) < SLOW_TEXTS:
            self._suspects.add(text)

    def remember_slow(self, text: str) -> None:
        self.fallbacks += 1
        if len(self.slow) >= SLOW_TEXTS:
            self.slow.clear()
        self.slow[text] = FORGIVEN_AFTER

    def _forgive(self, text: str) -> None:
        self._suspects.discard(text)
        left = self.slow.pop(text, 0) - 1
        if left > 0:
            self.slow[text] = left

    async def on_thread(self, threads: Executor | None, work: Callable[[], T], stop: Callable[[], None] | None = None) -> T:
        """The result of `work` on a thread. Cancelled, it is stopped where it can be, and over before this returns."""
        if threads is None:
            return await to_the_end(asyncio.to_thread(work))
        running = threads.submit(work)
        answer = asyncio.wrap_future(running)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            if not running.cancel():
                if stop is not None:
                    stop()
                await to_the_end(asyncio.wait([answer]))
                if not answer.cancelled():
                    answer.exception()  # seen, so that nobody reports it
            raise

    async def patiently(self, work: Callable[[], Any]) -> Any:
        """`work`, again and again with growing pauses while another process holds the database."""
        deadline, pause = time.monotonic() + BUSY_SECONDS, 0.0005
        while True:
            try:
                result = work()
                return await result if asyncio.iscoroutine(result) else result
            except sqlite3.OperationalError as error:
                if not _is(error, _BUSY) or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, LONGEST_PAUSE)

    # -- lines

    async def lease(self, is_write: bool) -> Lease:
        """A line for one transaction: the writer, or a reader of its own."""
        if self._loop is not asyncio.get_running_loop():
            line = self._connect(busy_ms=0, query_only=not is_write)
            return Lease(self, line, None, line.close)
        if is_write:
            await self._lock.acquire()
            return Lease(self, self._writer, self._writing, self._lock.release)
        line = self._borrow()
        return Lease(self, line, self._reading, lambda: self._give_back(line))

    def _borrow(self) -> Line:
        return self._spare.pop() if self._spare else self._connect(query_only=True)

    def _give_back(self, line: Line) -> None:
        if self._loop is None or len(self._spare) > self.readers:
            line.close()
        else:
            self._spare.append(line)

    # -- what Piccolo calls

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Rows:
        sql, args = querystring.compile_string(engine_type=self.engine_type)
        if self.log_queries:
            self.print_query(query_id=self.get_query_id(), query=str(querystring))
        return await self.run(sql, args, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Rows:
        if self.log_queries:
            self.print_query(query_id=self.get_query_id(), query=ddl)
        return await self.run(ddl, (), in_pool)

    async def batch(self, query: Query, batch_size: int = 100, node: str | None = None) -> Batch:
        return Batch(connection=await self.get_connection(), query=query, batch_size=batch_size)

    def transaction(self, transaction_type: TransactionType = TransactionType.immediate, allow_nested: bool = True) -> Transaction:
        return Transaction(self, transaction_type, allow_nested)

    def snapshot(self) -> Transaction:
        return Transaction(self, TransactionType.deferred, True)

    def atomic(self, transaction_type: TransactionType = TransactionType.immediate) -> Atomic:
        return super().atomic(transaction_type)

    # -- upkeep

    async def analyze(self) -> None:
        """Gather the statistics by which SQLite chooses indexes, and use them. A few milliseconds for each index."""
        async with self._lock:
            await self.patiently(lambda: self.on_thread(self._writing, self._analyze))
            before, self._reader = self._reader, self._connect(busy_ms=0, query_only=True)
            before.close()
            while self._spare:
                self._spare.pop().close()

    def _analyze(self) -> None:
        self._writer.run("PRAGMA analysis_limit=400", ())
        self._writer.run("ANALYZE", ())

    async def backup(self, path: str | Path) -> None:
        """Write a consistent copy of the database to `path`, which must not exist, while it is in use."""
        await asyncio.to_thread(self._backup, Path(path))

    def _backup(self, path: Path) -> None:
        if path.exists():
            raise FileExistsError(path)
        _create(path)
        line = self._connect()
        target = sqlite3.connect(path)
        try:
            line.connection.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
        finally:
            target.close()
            line.close()


class Checkpointer:
    """The thread that moves the write-ahead log into the database every few seconds, and wholly at the end."""

    def __init__(self, connection: sqlite3.Connection, log: str) -> None:
        self._connection = connection
        self._log = Path(log)
        self._seen: tuple[int, int] = (0, 0)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sqlite-checkpoint", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, after a last checkpoint that empties the log. Blocks; call it on a thread."""
        self._end.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._end.wait(CHECKPOINT_SECONDS):
            self._checkpoint_if_changed()
        self._checkpoint("TRUNCATE", busy_ms=2_000)
        self._connection.close()

    def _checkpoint_if_changed(self) -> None:
        try:
            state = self._log.stat()
        except FileNotFoundError:
            return
        now = (state.st_mtime_ns, state.st_size)
        if now != self._seen:
            self._seen = now
            # PASSIVE never makes anybody wait, but can't start the log anew while a reader is in it.
            self._checkpoint("RESTART" if state.st_size > LARGE_LOG_BYTES else "PASSIVE", busy_ms=200)

    def _checkpoint(self, mode: str, busy_ms: int) -> None:
        try:
            self._connection.execute(f"PRAGMA busy_timeout={busy_ms}")
            self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
        except sqlite3.OperationalError:
            self._seen = (0, 0)


def _create(path: Path) -> None:
    """An empty file that only its owner reads; SQLite gives the log beside it the same rights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # SQLite doesn't wait for others at this one pragma, whatever busy_timeout says.
    for attempt in range(100):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if attempt == 99 or not _is(error, _BUSY):
                raise
            time.sleep(0.02)


def _is(error: sqlite3.Error, codes: set[int]) -> bool:
    return getattr(error, "sqlite_errorcode", None) in codes
