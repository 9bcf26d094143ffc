"""Running migrations, and what hand-written ones need. House rules: docs/migrations.md.

Piccolo's own `forwards` takes no lock, prints, and records a migration after its transaction. Here only one process migrates
at a time, and what ran is recorded in the same transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import importlib.util
import io
import re
import sqlite3
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import asyncpg
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.tables import Migration

from app import database
from app.database.sqlite import SQLite

LOCK_TABLE = "migration_lock"
FOLDER = Path(__file__).parents[2] / "migrations"
APP_NAME = "chalet"
_NAME = re.compile(r'^ID = "(.+)"$', re.MULTILINE)


async def migrate(folder: Path | None = None, app_name: str | None = None) -> list[str]:
    """Run the pending migrations in the order of their names, one process at a time. Returns the names of those that ran."""
    folder, app_name = _where(folder, app_name)
    async with _lock():
        await Migration.create_table(if_not_exists=True)
        names = await pending(folder, app_name)
        files = _files(folder)
        for name in names:
            await _run(name, _imported(files[name]), app_name)
    return names


async def pending(folder: Path | None = None, app_name: str | None = None) -> list[str]:
    """Names of the migrations that were not run yet, in order."""
    folder, app_name = _where(folder, app_name)
    done: set[str] = set()
    if await Migration.table_exists().run():
        done = set(await Migration.get_migrations_which_ran(app_name))
    return [name for name in _files(folder) if name not in done]


async def run_sql(*, sqlite: Sequence[str] = (), postgres: Sequence[str] = ()) -> None:
    """Run statements of the engine in use, as they are: braces in them are no placeholders. `postgres` is for CockroachDB too."""
    for sql in sqlite if database.dialect() == "sqlite" else postgres:
        await database.engine().run_ddl(sql)


async def sqlite_rebuild(table: str, create_sql: str, copy: Mapping[str, str]) -> None:
    """Change on SQLite what its ALTER TABLE can't (null, default, unique, type), by making the table anew. Elsewhere nothing happens.

    `create_sql` is the new CREATE TABLE with the table's name in double quotes; `copy` maps each new column to the SQL expression
    over the old row that fills it. Indexes and triggers are kept. Raises RuntimeError when a reference would break.

    The migration must have `wrap_in_transaction=False`: with foreign keys on, dropping the old table would delete the rows
    that refer to it, and SQLite can't switch them off inside a transaction (https://sqlite.org/lang_altertable.html#otheralter).
    """
    engine = database.engine()
    if not isinstance(engine, SQLite):
        return
    if engine.current_transaction.get() is not None:
        raise RuntimeError("sqlite_rebuild needs MigrationManager(..., wrap_in_transaction=False)")
    await asyncio.to_thread(_rebuild, engine.path, table, create_sql, dict(copy))


def _rebuild(path: str, table: str, create_sql: str, copy: dict[str, str]) -> None:
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        connection.execute("PRAGMA foreign_keys=OFF")
        # So that views and triggers elsewhere keep naming the table while its successor is renamed.
        connection.execute("PRAGMA legacy_alter_table=ON")
        connection.execute("BEGIN IMMEDIATE")
        try:
            _replace(connection, table, create_sql, copy)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    finally:
        connection.close()


def _replace(connection: sqlite3.Connection, table: str, create_sql: str, copy: dict[str, str]) -> None:
    successor = f"{table}__new"
    if f'"{table}"' not in create_sql:
        raise ValueError(f'create_sql must name "{table}" in double quotes')
    kept = connection.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL", (table,)
    ).fetchall()
    connection.execute(create_sql.replace(f'"{table}"', f'"{successor}"', 1))
    columns = ", ".join(f'"{name}"' for name in copy)
    connection.execute(f'INSERT INTO "{successor}" ({columns}) SELECT {", ".join(copy.values())} FROM "{table}"')
    connection.execute(f'DROP TABLE "{table}"')
    connection.execute(f'ALTER TABLE "{successor}" RENAME TO "{table}"')
    for (sql,) in kept:
        connection.execute(sql)
    broken = connection.execute("PRAGMA foreign_key_check").fetchmany(5)
    if broken:
        raise RuntimeError(f"rebuilding {table} would break references: {broken}")


# -- finding and running


def _where(folder: Path | None, app_name: str | None) -> tuple[Path, str]:
    return folder or FOLDER, app_name or APP_NAME


def _files(folder: Path) -> dict[str, Path]:
    """Migrations by name, in order. Their text tells the name: to import all of them would take longer than the rest of a start."""
    found = {}
    for path in folder.glob("*.py"):
        if name := _NAME.search(path.read_text()):
            found[name[1]] = path
    return dict(sorted(found.items()))


def _imported(path: Path) -> ModuleType:
    name = f"migrations.{path.stem}"
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(path):
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def _run(name: str, module: ModuleType, app_name: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        manager = await module.forwards()
        if not isinstance(manager, MigrationManager) or manager.wrap_in_transaction:
            async with database.transaction():
                await _run_and_record(name, manager, app_name)
        else:
            await _run_and_record(name, manager, app_name)


async def _run_and_record(name: str, manager: Any, app_name: str) -> None:
    is_run = isinstance(manager, MigrationManager) and not manager.fake
    if is_run:
        await manager.run()
    await Migration.insert(Migration(name=name, app_name=app_name)).run()


# -- one at a time


@asynccontextmanager
async def _lock() -> AsyncIterator[None]:
    engine = database.engine()
    held = _file_lock(Path(f"{engine.path}.migrating")) if isinstance(engine, SQLite) else _row_lock(engine)
    async with held:
        yield


@asynccontextmanager
async def _file_lock(path: Path) -> AsyncIterator[None]:
    """The system's lock on a file beside the database; it ends with the process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.05)
        yield


@asynccontextmanager
async def _row_lock(engine: Any) -> AsyncIterator[None]:
    """A locked row, held by a connection of its own and gone with it. CockroachDB has no advisory locks, so PostgreSQL's aren't used either."""
    connection = await engine.get_new_connection()
    try:
        await _create_lock_table(connection)
        async with connection.transaction():
            await connection.fetch(f"SELECT id FROM {LOCK_TABLE} WHERE id = 1 FOR UPDATE")
            yield
    finally:
        await connection.close()


async def _create_lock_table(connection: Any) -> None:
    # Two processes that create it at once: IF NOT EXISTS looks first and collides in the catalogue afterwards.
    with contextlib.suppress(asyncpg.UniqueViolationError, asyncpg.DuplicateTableError, asyncpg.DuplicateObjectError):
        await connection.execute(f"CREATE TABLE IF NOT EXISTS {LOCK_TABLE} (id INT PRIMARY KEY)")
    await connection.execute(f"INSERT INTO {LOCK_TABLE} (id) VALUES (1) ON CONFLICT DO NOTHING")
