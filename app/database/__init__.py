"""The database of this process: `open()` it once, then query it from anywhere.

Hand-written SQL uses `$1` placeholders and runs the same on SQLite, PostgreSQL and CockroachDB:

    rows = await database.fetch("SELECT id, name FROM channel WHERE org = $1", org_id)

    async with database.transaction():
        await database.execute("UPDATE channel SET name = $2 WHERE id = $1", id_, name)
        database.on_commit(lambda: live.publish(...))

Piccolo's tables use the same engine through `current`, which `piccolo_conf.py` names.
"""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence, Sized
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from app.database.current import CurrentEngine
from app.database.errors import ForeignKeyViolation, OutOfRange, TransactionOver, UniqueViolation, Violation
from app.database.postgres import Cockroach, Postgres
from app.database.sqlite import SQLite

__all__ = [
    "ForeignKeyViolation",
    "OutOfRange",
    "TransactionOver",
    "UniqueViolation",
    "Violation",
    "analyze",
    "backup",
    "close",
    "configure",
    "current",
    "dialect",
    "engine",
    "execute",
    "execute_many",
    "fetch",
    "fetch_apart",
    "fetch_one",
    "fetch_value",
    "is_open",
    "migrate",
    "on_commit",
    "open",
    "pending_migrations",
    "pieces",
    "release_scope",
    "request_scope",
    "retrying",
    "savepoint",
    "snapshot",
    "transaction",
]

AnyEngine = SQLite | Postgres
T = TypeVar("T")

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"

_engine: AnyEngine | None = None


def engine() -> AnyEngine:
    """The engine in use. Raises RuntimeError before `open()`."""
    if _engine is None:
        raise RuntimeError("the database isn't open")
    return _engine


current = CurrentEngine(engine)


# -- opening and closing


async def open(url: str, **options: Any) -> None:  # noqa: A001 - read as database.open
    """Use the database at `url` from now on: sqlite:///relative/path, sqlite:////absolute/path, postgres://… or cockroach://…

    Options for SQLite: `synchronous` ("NORMAL" or "FULL"), `readers` (threads for slow queries). For PostgreSQL and CockroachDB:
    `pool_size`, `statement_cache` (0 behind a pooler that gives each transaction another session).
    """
    if _engine is not None:
        await close()
    configure(url, **options)
    try:
        await engine().start_connection_pool()
    except BaseException:
        configure("")
        raise


def configure(url: str, **options: Any) -> None:
    """Name the database without connecting to it (for Piccolo's own command line); "" forgets it."""
    global _engine
    _engine = _made(url, **options) if url else None


async def close() -> None:
    """Finish what runs and let go of the database. Does nothing when none is open."""
    closing = _engine
    if closing is not None:
        try:
            await closing.close_connection_pool()
        finally:
            if _engine is closing:
                configure("")


def is_open() -> bool:
    return _engine is not None


def dialect() -> str:
    """Which SQL is spoken: "sqlite", "postgres" or "cockroach"."""
    return engine().engine_type


def _made(url: str, **options: Any) -> AnyEngine:
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return SQLite(_sqlite_path(url), **options)
    if scheme in ("postgres", "postgresql"):
        return Postgres(url, **options)
    if scheme in ("cockroach", "cockroachdb"):
        return Cockroach(urlunsplit(urlsplit(url)._replace(scheme="postgresql")), **options)
    raise ValueError(f"no database is known by {scheme or 'this'}:// addresses")


def _sqlite_path(url: str) -> str:
    path = url.removeprefix("sqlite:///")
    if path == url or not path or path.startswith(":"):
        raise ValueError("a SQLite address is sqlite:///relative/path or sqlite:////absolute/path; the database must be a file")
    return path


# -- queries


async def fetch(sql: str, *args: Any) -> list[dict[str, Any]]:
    """The rows of a query."""
    return _rows(await engine().run(sql, args))


async def fetch_one(sql: str, *args: Any) -> dict[str, Any] | None:
    """The first row of a query, or None."""
    rows = await engine().run(sql, args)
    return dict(rows[0]) if rows else None


async def fetch_value(sql: str, *args: Any) -> Any:
    """The first column of the first row of a query, or None."""
    rows = await engine().run(sql, args)
    return next(iter(rows[0].values())) if rows else None


async def fetch_apart(sql: str, *args: Any) -> list[dict[str, Any]]:
    """The rows of a query that is known to be slow, such as an export: on SQLite it goes straight to a thread."""
    return _rows(await engine().run_apart(sql, args))


async def execute(sql: str, *args: Any) -> list[dict[str, Any]]:
    """Run a statement that writes; the rows of its RETURNING, if any. Raises `UniqueViolation`, `ForeignKeyViolation`."""
    return _rows(await engine().run(sql, args))


async def execute_many(sql: str, rows: Iterable[Sequence[Any]]) -> None:
    """Run a statement once for each of `rows`, all or none of them."""
    await engine().run_many(sql, rows)


def _rows(found: list[Any]) -> list[dict[str, Any]]:
    return found if not found or type(found[0]) is dict else [dict(row) for row in found]


# -- transactions


def marks(values: Sized, first: int = 1) -> str:
    """`$1, $2, $3` for so many values, of which the first is `first`: what stands between the parentheses of an IN."""
    return ", ".join(f"${number}" for number in range(first, first + len(values)))


async def pieces(values: Sequence[T], size: int = 500) -> AsyncIterator[Sequence[T]]:
    """Parts of many values, each small enough for an IN; others get their turn between them."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
        await asyncio.sleep(0)


def transaction() -> AbstractAsyncContextManager[Any]:
    """Everything inside is written together or not at all. An inner one joins the outer one.

    After an error inside, leave the transaction: PostgreSQL refuses further statements. To try something that may fail, use `savepoint()`.
    """
    return engine().transaction()


def snapshot() -> AbstractAsyncContextManager[Any]:
    """All queries inside see the database at one moment. For reading only; joins a transaction that is open."""
    return engine().snapshot()


def savepoint() -> AbstractAsyncContextManager[None]:
    """A part of the open transaction that an exception undoes alone."""
    return _Savepoint()


class _Savepoint:
    async def __aenter__(self) -> None:
        found = engine().current_transaction.get()
        if found is None:
            raise RuntimeError("a savepoint needs a transaction")
        self._savepoint = await found.savepoint()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            await self._savepoint.rollback_to()
        await self._savepoint.release()


def on_commit(call: Callable[[], None]) -> None:
    """Call right after COMMIT, in order; at once when no transaction is open; never after a rollback."""
    open_transaction = engine().current_transaction.get()
    if open_transaction is None:
        call()
    else:
        open_transaction.after_commit(call)


async def retrying(work: Callable[[], Awaitable[T]], attempts: int = 6) -> T:
    """`work()` in a transaction, again when the database could not order it among others (40001, 40P01).

    Only for work that may run more than once. Inside a transaction it joins that one and is not retried.
    """
    for attempt in range(attempts):
        try:
            async with transaction():
                return await work()
        except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError):
            if attempt == attempts - 1 or engine().current_transaction.get() is not None:
                raise
        await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))
    raise AssertionError("unreachable")


def request_scope() -> AbstractAsyncContextManager[Any]:
    """Around one request: on PostgreSQL its queries share one connection, taken at the first of them."""
    return _engine.request_scope() if isinstance(_engine, Postgres) else nullcontext()


async def release_scope() -> None:
    """Give the request's connection back early, before a long answer is streamed."""
    if isinstance(_engine, Postgres):
        await _engine.release_scope()


# -- upkeep


async def backup(path: str | Path) -> None:
    """Write a consistent copy to `path` while the database is in use. SQLite only; PostgreSQL has pg_dump."""
    found = engine()
    if not isinstance(found, SQLite):
        raise NotImplementedError("back up this database with its own tools (pg_dump)")
    await found.backup(path)


async def analyze() -> None:
    """Gather the statistics by which SQLite chooses indexes: once a day and after a large import. PostgreSQL does it by itself."""
    found = engine()
    if isinstance(found, SQLite):
        await found.analyze()


async def migrate() -> list[str]:
    """Run the migrations that are pending, one process at a time, and return their names."""
    if await _all_have_run():
        return []
    from app.database.migrations import migrate as run  # it imports Piccolo's migrations and so black: a quarter of the start

    return await run()


async def _all_have_run() -> bool:
    """Whether every file of migrations/ has its row, by their names alone. When in doubt, no: then they are looked at properly."""
    try:
        rows = await fetch("SELECT name FROM migration WHERE app_name = $1", "chalet")
    except (sqlite3.OperationalError, asyncpg.UndefinedTableError):
        return False
    done = {"chalet_" + re.sub(r"\W", "_", row["name"].lower()) for row in rows}
    return {path.stem for path in MIGRATIONS.glob("chalet_*.py")} == done


async def pending_migrations() -> list[str]:
    """Names of the migrations that were not run yet."""
    from app.database.migrations import pending

    return await pending()
