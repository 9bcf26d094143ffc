"""Migrations: run once whoever starts, recorded with what they did, from empty and over rows, and what SQLite can't alter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import database
from app.database.migrations import migrate, pending, run_sql, sqlite_rebuild
from tests.databases import opened, run

pytest_plugins = ["tests.database_urls"]

HEAD = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from app import database
from app.database.migrations import run_sql, sqlite_rebuild
ID = "{id}"
VERSION = "1.38.0"
DESCRIPTION = ""
async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="trial", description="", wrap_in_transaction={wrapped})
    async def work():
{body}
    manager.add_raw(work)
    return manager
"""
CREATE = "await run_sql(sqlite=[NOTE], postgres=[NOTE])".replace("NOTE", "'CREATE TABLE note (id BIGINT PRIMARY KEY, title TEXT)'")
FILL = "await database.execute('INSERT INTO note (id, title) VALUES ($1, $2)', 1, 'first {}')"
FAIL = FILL + "\nraise ValueError('half way')"

STARTER = """
import asyncio, sys
from pathlib import Path
from app import database
from app.database.migrations import migrate
async def main():
    await database.open(sys.argv[1])
    print(len(await migrate(Path(sys.argv[2]), "trial")))
    await database.close()
asyncio.run(main())
"""


def migration(folder: Path, id_: str, body: str, wrapped: bool = True) -> None:
    folder.mkdir(exist_ok=True)
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    (folder / f"trial_{id_}.py").write_text(HEAD.format(id=id_, wrapped=wrapped, body=lines))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations: a table, and a row in it."""
    migration(tmp_path / "steps", "2026-01", CREATE)
    migration(tmp_path / "steps", "2026-02", FILL)
    return tmp_path / "steps"


def test_they_run_once_in_order(database_url: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def story() -> None:
        async with opened(database_url):
            assert await pending(folder, "trial") == ["2026-01", "2026-02"]
            assert await migrate(folder, "trial") == ["2026-01", "2026-02"]
            assert await pending(folder, "trial") == []
            assert await migrate(folder, "trial") == []
            migration(folder, "2026-03", "await database.execute('UPDATE note SET title = $1', 'changed')")
            assert await migrate(folder, "trial") == ["2026-03"]
            assert await database.fetch("SELECT id, title FROM note") == [{"id": 1, "title": "changed"}]

    run(story())
    assert capsys.readouterr().out == ""


def test_a_failed_one_leaves_nothing_and_runs_again(database_url: str, folder: Path) -> None:
    migration(folder, "2026-02", FAIL)

    async def story() -> None:
        async with opened(database_url):
            with pytest.raises(ValueError, match="half way"):
                await migrate(folder, "trial")
            assert await pending(folder, "trial") == ["2026-02"]
            assert await database.fetch_value("SELECT count(*) FROM note") == 0

    run(story())


def test_processes_that_start_together_migrate_once(database_url: str, folder: Path) -> None:
    migration(folder, "2026-02", "import asyncio\nawait asyncio.sleep(0.3)\n" + FILL)
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", STARTER, database_url, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    ends = [process.communicate(timeout=60) for process in starting]
    assert sorted(out.strip() for out, _ in ends) == ["0", "0", "2"], ends


@pytest.mark.parametrize("rows", [0, 3])
def test_sqlite_changes_a_table_by_making_it_anew(sqlite_url: str, rows: int) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await _family(rows)
            await sqlite_rebuild(
                "parent",
                'CREATE TABLE "parent" (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, size BIGINT NOT NULL DEFAULT 5)',
                {"id": "id", "name": "coalesce(name, 'nameless ' || id)"},
            )
            assert await database.fetch_value("SELECT count(*) FROM parent WHERE size = 5") == rows
            assert await database.fetch_value("SELECT count(*) FROM child") == rows
            kept = await database.fetch("SELECT name FROM sqlite_master WHERE tbl_name = 'parent' AND sql IS NOT NULL ORDER BY name")
            assert [row["name"] for row in kept] == ["parent", "parent_added", "parent_name"]
            await database.execute("INSERT INTO parent (id, name) VALUES ($1, $2)", 99, "new")
            assert await database.fetch_value("SELECT count(*) FROM child WHERE parent = $1", 99) == 1
            with pytest.raises(database.ForeignKeyViolation):
                await database.execute("INSERT INTO child (parent) VALUES ($1)", 1000)
            with pytest.raises(database.UniqueViolation):
                await database.execute("INSERT INTO parent (id, name) VALUES ($1, $2)", 100, "new")

    run(story())


def test_a_rebuild_that_would_break_references_changes_nothing(sqlite_url: str) -> None:
    async def story() -> None:
        async with opened(sqlite_url):
            await _family(3)
            with pytest.raises(RuntimeError, match="references"):
                await sqlite_rebuild(
                    "parent", 'CREATE TABLE "parent" (id BIGINT PRIMARY KEY, name TEXT)', {"id": "id + 500", "name": "name"}
                )
            assert await database.fetch_value("SELECT max(id) FROM parent") == 3
            with pytest.raises(ValueError, match="double quotes"):
                await sqlite_rebuild("parent", "CREATE TABLE parent (id BIGINT)", {"id": "id"})
            with pytest.raises(RuntimeError, match="wrap_in_transaction"):
                async with database.transaction():
                    await sqlite_rebuild("parent", 'CREATE TABLE "parent" (id BIGINT)', {"id": "id"})

    run(story())


def test_a_rebuild_is_nothing_elsewhere(postgres_url: str) -> None:
    async def story() -> None:
        async with opened(postgres_url):
            await sqlite_rebuild("nowhere", 'CREATE TABLE "nowhere" (id BIGINT)', {"id": "id"})

    run(story())


def test_a_rebuild_inside_a_migration(sqlite_url: str, tmp_path: Path) -> None:
    steps = tmp_path / "steps"
    migration(steps, "2026-01", CREATE + "\n" + FILL)
    new = "'CREATE TABLE \"note\" (id BIGINT PRIMARY KEY, title TEXT NOT NULL)'"
    migration(steps, "2026-02", f"await sqlite_rebuild('note', {new}, {{'id': 'id', 'title': 'upper(title)'}})", wrapped=False)

    async def story() -> None:
        async with opened(sqlite_url):
            assert await migrate(steps, "trial") == ["2026-01", "2026-02"]
            assert await database.fetch_value("SELECT title FROM note") == "FIRST {}"

    run(story())


def test_braces_in_sql_are_left_alone(database_url: str) -> None:
    async def story() -> None:
        async with opened(database_url):
            sql = ["CREATE TABLE brace (id BIGINT PRIMARY KEY, settings TEXT DEFAULT '{}')", "INSERT INTO brace (id) VALUES (1)"]
            await run_sql(sqlite=sql, postgres=sql)
            assert await database.fetch_value("SELECT settings FROM brace") == "{}"

    run(story())


def test_the_suite_migrates_from_empty_and_its_tables_are_all_there(database_url: str) -> None:
    async def story() -> None:
        from app.piccolo_app import APP_CONFIG

        async with opened(database_url):
            ran = await database.migrate()
            assert ran == sorted(ran)
            assert await database.pending_migrations() == []
            for table in APP_CONFIG.table_classes:
                await table.select().limit(1)

    run(story())


def test_models_and_migrations_agree(database_url: str) -> None:
    """Each table has the columns that its model has; what only one side knows is printed."""

    async def story() -> None:
        from app.piccolo_app import APP_CONFIG

        async with opened(database_url):
            await database.migrate()
            differing = {}
            for table in APP_CONFIG.table_classes:
                found = await _columns(table._meta.tablename)
                declared = {column._meta.db_column_name for column in table._meta.columns}
                if declared - found:
                    differing[table._meta.tablename] = declared - found
            assert differing == {}

    run(story())


async def _family(rows: int) -> None:
    await database.execute("CREATE TABLE parent (id BIGINT PRIMARY KEY, name TEXT)")
    await database.execute("CREATE TABLE child (id INTEGER PRIMARY KEY, parent BIGINT NOT NULL REFERENCES parent (id) ON DELETE CASCADE)")
    await database.execute("CREATE INDEX parent_name ON parent (name)")
    await database.execute_many("INSERT INTO parent (id, name) VALUES ($1, $2)", [(n + 1, f"p{n}" if n else None) for n in range(rows)])
    await database.execute_many("INSERT INTO child (parent) VALUES ($1)", [(n + 1,) for n in range(rows)])
    await database.execute("CREATE TRIGGER parent_added AFTER INSERT ON parent BEGIN INSERT INTO child (parent) VALUES (new.id); END")


async def _columns(table: str) -> set[Any]:
    if database.dialect() == "sqlite":
        return {row["name"] for row in await database.fetch(f"SELECT name FROM pragma_table_info('{table}')")}
    return {
        row["column_name"]
        for row in await database.fetch("SELECT column_name FROM information_schema.columns WHERE table_name = $1", table)
    }
