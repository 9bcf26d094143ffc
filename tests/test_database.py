"""The database: what holds on every engine. SQLite's and PostgreSQL's own promises are in test_database_sqlite and test_database_postgres."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from piccolo.columns import BigInt, Boolean, ForeignKey, Varchar
from piccolo.columns.base import OnDelete
from piccolo.table import Table

from app import database
from app.database.statements import prepared, reads
from tests.databases import opened, run

pytest_plugins = ["tests.database_urls"]


class Harbour(Table):
    id = BigInt(primary_key=True, default=0)
    name = Varchar(unique=True)
    open = Boolean(default=True)


class Boat(Table):
    id = BigInt(primary_key=True, default=0)
    harbour = ForeignKey(Harbour, on_delete=OnDelete.restrict)
    name = Varchar()


@pytest.fixture
def at_sea(database_url: str) -> Callable[[Callable[[], Coroutine[Any, Any, None]]], None]:
    """Run a test with two tables and one harbour, on an engine."""

    def sail(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def told() -> None:
            async with opened(database_url):
                await Harbour.create_table()
                await Boat.create_table()
                await database.execute("INSERT INTO harbour (id, name, open) VALUES ($1, $2, $3)", 1, "Vidy", True)
                await story()

        run(told())

    return sail


def names() -> Coroutine[Any, Any, list[str]]:
    async def found() -> list[str]:
        return [row["name"] for row in await database.fetch("SELECT name FROM harbour ORDER BY name")]

    return found()


def add(id_: int, name: str) -> Coroutine[Any, Any, Any]:
    return database.execute("INSERT INTO harbour (id, name, open) VALUES ($1, $2, $3)", id_, name, True)


def test_one_text_of_sql_serves_every_engine(at_sea: Any) -> None:
    async def story() -> None:
        made = await database.execute("INSERT INTO harbour (id, name, open) VALUES ($1, $2, $3) RETURNING id, open", 2, "Ouchy $1", False)
        assert made == [{"id": 2, "open": False}]
        assert await database.fetch("SELECT id, name FROM harbour WHERE open = TRUE") == [{"id": 1, "name": "Vidy"}]
        assert await database.fetch_one("SELECT id FROM harbour WHERE name = $2 AND id > $1", 1, "Ouchy $1") == {"id": 2}
        assert await database.fetch_one("SELECT id FROM harbour WHERE id = $1", 99) is None
        assert await database.fetch_value("SELECT count(*) FROM harbour WHERE name <> '$1' AND id < $1", 3) == 2
        assert await database.fetch_value("SELECT name FROM harbour WHERE id = $1", 99) is None
        assert await database.fetch_apart("SELECT id FROM harbour WHERE id = $1", 2) == [{"id": 2}]
        assert (
            await database.fetch(
                "WITH late AS (SELECT id FROM harbour) UPDATE harbour SET open = $1 WHERE id IN (SELECT id FROM late)", True
            )
            == []
        )
        assert await database.fetch_value("SELECT count(*) FROM harbour WHERE open = $1", True) == 2

    at_sea(story)


def test_big_numbers_and_truth_come_back_as_they_went(at_sea: Any) -> None:
    async def story() -> None:
        await add(2**53 - 1, "Far")
        row = await database.fetch_one("SELECT id, open FROM harbour WHERE name = $1", "Far")
        assert row == {"id": 2**53 - 1, "open": True}
        assert await Harbour.select(Harbour.id, Harbour.open).where(Harbour.name == "Far") == [row]

    at_sea(story)


def test_tables_and_sql_share_a_transaction(at_sea: Any) -> None:
    async def story() -> None:
        with pytest.raises(ZeroDivisionError):
            async with database.transaction():
                await Harbour.insert(Harbour(id=2, name="Ouchy"))
                await add(3, "Lutry")
                assert await names() == ["Lutry", "Ouchy", "Vidy"]
                assert await Harbour.count() == 3
                raise ZeroDivisionError
        assert await names() == ["Vidy"]

    at_sea(story)


def test_an_inner_transaction_joins_the_outer_one(at_sea: Any) -> None:
    async def story() -> None:
        with pytest.raises(ZeroDivisionError):
            async with database.transaction():
                async with database.transaction():
                    await add(2, "Ouchy")
                raise ZeroDivisionError
        assert await names() == ["Vidy"]

    at_sea(story)


def test_a_savepoint_is_undone_alone(at_sea: Any) -> None:
    async def story() -> None:
        async with database.transaction():
            await add(2, "Ouchy")
            with pytest.raises(database.UniqueViolation):
                async with database.savepoint():
                    await add(3, "Lutry")
                    await add(4, "Vidy")
            async with database.savepoint():
                await add(5, "Morges")
        assert await names() == ["Morges", "Ouchy", "Vidy"]
        with pytest.raises(RuntimeError):
            async with database.savepoint():
                pass

    at_sea(story)


def test_refusals_have_one_name(at_sea: Any) -> None:
    async def story() -> None:
        with pytest.raises(database.UniqueViolation) as refused:
            await add(2, "Vidy")
        assert refused.value.columns == ("name",)
        with pytest.raises(database.UniqueViolation) as refused:
            await Harbour.insert(Harbour(id=1, name="Ouchy"))
        assert refused.value.columns == ("id",)
        assert "Ouchy" not in str(refused.value)
        with pytest.raises(database.ForeignKeyViolation):
            await Boat.insert(Boat(id=1, harbour=99, name="Lost"))
        await Boat.insert(Boat(id=1, harbour=1, name="Belle"))
        with pytest.raises(database.ForeignKeyViolation):
            await database.execute("DELETE FROM harbour WHERE id = $1", 1)
        with pytest.raises(database.UniqueViolation):
            await database.execute_many("INSERT INTO boat (id, harbour, name) VALUES ($1, $2, $3)", [(2, 1, "A"), (2, 1, "B")])
        assert await Boat.count() == 1

    at_sea(story)


def test_an_error_that_was_caught_does_not_end_in_a_silent_loss(at_sea: Any) -> None:
    async def careless() -> None:
        async with database.transaction():
            await add(2, "Ouchy")
            with pytest.raises(database.UniqueViolation):
                await add(3, "Vidy")

    async def story() -> None:
        if database.dialect() == "sqlite":
            await careless()
            assert await names() == ["Ouchy", "Vidy"]
        else:
            with pytest.raises(database.TransactionOver):
                await careless()
            assert await names() == ["Vidy"]

    at_sea(story)


def test_a_reference_checked_at_commit_is_refused_there(at_sea: Any) -> None:
    async def story() -> None:
        await database.execute(
            "CREATE TABLE oar (id BIGINT PRIMARY KEY, boat BIGINT NOT NULL REFERENCES harbour (id) DEFERRABLE INITIALLY DEFERRED)"
        )
        called: list[str] = []
        with pytest.raises(database.ForeignKeyViolation):
            async with database.transaction():
                database.on_commit(lambda: called.append("told"))
                await database.execute("INSERT INTO oar (id, boat) VALUES ($1, $2)", 1, 99)
        assert called == []
        assert await database.fetch_value("SELECT count(*) FROM oar") == 0
        await add(2, "Ouchy")

    at_sea(story)


def test_listeners_hear_after_commit_in_order_and_never_of_a_rollback(at_sea: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        heard: list[str] = []
        async with database.transaction():
            database.on_commit(lambda: heard.append("first"))
            async with database.transaction():
                database.on_commit(lambda: [][0])
                database.on_commit(lambda: heard.append("inner"))
            assert heard == []
        assert heard == ["first", "inner"]
        assert "IndexError" in caplog.text
        caplog.clear()  # a failing listener fails every other test
        with pytest.raises(ZeroDivisionError):
            async with database.transaction():
                database.on_commit(lambda: heard.append("never"))
                raise ZeroDivisionError
        database.on_commit(lambda: heard.append("at once"))
        assert heard == ["first", "inner", "at once"]

    at_sea(story)


def test_a_listener_is_outside_the_transaction_and_sees_what_was_committed(at_sea: Any) -> None:
    async def story() -> None:
        tasks: list[asyncio.Task[list[str]]] = []
        async with database.transaction():
            await add(2, "Ouchy")
            database.on_commit(lambda: tasks.append(asyncio.create_task(names())))
        assert await tasks[0] == ["Ouchy", "Vidy"]

    at_sea(story)


def test_a_write_is_seen_by_the_next_read(at_sea: Any) -> None:
    async def story() -> None:
        for number in range(2, 60):
            await add(number, str(number))
            assert await database.fetch_value("SELECT count(*) FROM harbour") == number
            async with database.transaction():
                await database.execute("UPDATE harbour SET name = $1 WHERE id = $2", f"new {number}", number)
            assert await database.fetch_value("SELECT name FROM harbour WHERE id = $1", number) == f"new {number}"

    at_sea(story)


def test_a_snapshot_stays_as_it_was(at_sea: Any) -> None:
    async def story() -> None:
        seen, changed = asyncio.Event(), asyncio.Event()

        async def read() -> tuple[list[str], list[str]]:
            async with database.snapshot():
                before = await names()
                seen.set()
                await changed.wait()
                return before, await names()

        reader = asyncio.create_task(read())
        await seen.wait()
        await add(2, "Ouchy")
        changed.set()
        assert await reader == (["Vidy"], ["Vidy"])
        assert await names() == ["Ouchy", "Vidy"]

    at_sea(story)


def test_nothing_is_written_in_a_snapshot(at_sea: Any) -> None:
    async def story() -> None:
        with pytest.raises(Exception, match=r"read-?only"):
            async with database.snapshot():
                await add(2, "Ouchy")
        assert await names() == ["Vidy"]

    at_sea(story)


def test_tasks_of_one_transaction_take_turns(at_sea: Any) -> None:
    async def story() -> None:
        async with database.transaction():
            await asyncio.gather(*(add(number, str(number)) for number in range(10, 30)))
        assert await Harbour.count() == 21

    at_sea(story)


def test_a_task_that_outlives_its_transaction_is_told(at_sea: Any) -> None:
    async def story() -> None:
        over = asyncio.Event()

        async def late(query: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
            await over.wait()
            return await query()

        async def nested() -> None:
            async with database.transaction():
                pass

        async def listening() -> None:
            database.on_commit(lambda: None)

        async with database.transaction():
            tasks = [asyncio.create_task(late(query)) for query in (names, lambda: add(2, "Ouchy"), nested, listening)]
        over.set()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(outcome, database.TransactionOver)
        assert await names() == ["Vidy"]

    at_sea(story)


def test_a_cancelled_transaction_is_undone_and_the_next_one_runs(at_sea: Any) -> None:
    async def story() -> None:
        async def hesitate() -> None:
            async with database.transaction():
                await add(2, "Ouchy")
                await asyncio.sleep(30)

        task = asyncio.create_task(hesitate())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with database.transaction():
            await add(3, "Lutry")
        assert await names() == ["Lutry", "Vidy"]

    at_sea(story)


def test_counters_stay_right_under_cancellation(at_sea: Any) -> None:
    async def story() -> None:
        await database.execute("CREATE TABLE counter (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)")
        await database.execute_many("INSERT INTO counter (id, n) VALUES ($1, 0)", [(number,) for number in range(3)])
        lock = " FOR UPDATE" if database.dialect() == "postgres" else ""
        done = [0, 0, 0]

        async def count(worker: int) -> None:
            for turn in range(12):
                which = (worker + turn) % 3

                async def step(which: int = which) -> None:
                    async with database.transaction():
                        database.on_commit(lambda: done.__setitem__(which, done[which] + 1))
                        n = await database.fetch_value(f"SELECT n FROM counter WHERE id = $1{lock}", which)
                        await asyncio.sleep(0)
                        await database.execute("UPDATE counter SET n = $1 WHERE id = $2", n + 1, which)

                task = asyncio.create_task(step())
                if (worker * 7 + turn) % 4 == 0:
                    for _ in range(turn):
                        await asyncio.sleep(0)
                    task.cancel()
                await asyncio.gather(task, return_exceptions=True)

        await asyncio.gather(*(count(worker) for worker in range(30)))
        rows = await database.fetch("SELECT n FROM counter ORDER BY id")
        assert [row["n"] for row in rows] == done
        assert sum(done) > 200

    at_sea(story)


def test_many_rows_are_written_together(at_sea: Any) -> None:
    async def story() -> None:
        await database.execute_many("INSERT INTO boat (id, harbour, name) VALUES ($1, $2, $3)", ((n, 1, f"b{n}") for n in range(3000)))
        assert await database.fetch_value("SELECT count(*) FROM boat") == 3000
        with pytest.raises(database.UniqueViolation):
            await database.execute_many(
                "INSERT INTO boat (id, harbour, name) VALUES ($1, $2, $3)", ((n, 1, "x") for n in range(5000, 2000, -1))
            )
        assert await database.fetch_value("SELECT count(*) FROM boat") == 3000
        await database.execute_many("INSERT INTO boat (id, harbour, name) VALUES ($1, $2, $3)", [])

    at_sea(story)


def test_batches_with_a_condition(at_sea: Any) -> None:
    async def story() -> None:
        await database.execute_many("INSERT INTO boat (id, harbour, name) VALUES ($1, $2, $3)", [(n, 1, "b") for n in range(25)])
        sizes = []
        async with await Boat.select().where(Boat.harbour == 1).where(Boat.id < 20).batch(batch_size=8) as batch:
            async for rows in batch:
                sizes.append(len(rows))
        assert sizes == [8, 8, 4]

    at_sea(story)


def test_synchronous_calls_from_another_thread(at_sea: Any) -> None:
    async def story() -> None:
        assert await asyncio.to_thread(lambda: Harbour.count().run_sync()) == 1
        await asyncio.to_thread(lambda: Harbour.insert(Harbour(id=2, name="Ouchy")).run_sync())
        assert await names() == ["Ouchy", "Vidy"]

        async def elsewhere() -> list[str]:
            async with database.transaction():
                await add(3, "Lutry")
            return await names()

        assert await asyncio.to_thread(lambda: asyncio.run(elsewhere())) == ["Lutry", "Ouchy", "Vidy"]

    at_sea(story)


def test_a_request_scope_is_harmless_everywhere(at_sea: Any) -> None:
    async def story() -> None:
        async with database.request_scope():
            assert await names() == ["Vidy"]
            await database.release_scope()
            async with database.transaction():
                await add(2, "Ouchy")
            assert await names() == ["Ouchy", "Vidy"]

    at_sea(story)


def test_work_is_retried_as_a_transaction(at_sea: Any) -> None:
    async def story() -> None:
        async def work() -> str:
            await add(2, "Ouchy")
            return "done"

        assert await database.retrying(work) == "done"
        assert await names() == ["Ouchy", "Vidy"]

    at_sea(story)


def test_one_process_uses_one_database_after_the_other(tmp_path: Path) -> None:
    for turn in ("one", "two", "one"):

        async def story(turn: str = turn) -> list[dict[str, Any]]:
            async with opened(f"sqlite:///{tmp_path / turn}.db"):
                await Harbour.create_table(if_not_exists=True)
                await Harbour.insert(Harbour(id=await Harbour.count() + 1, name=f"{turn} {await Harbour.count()}"))
                return await Harbour.select(Harbour.name).order_by(Harbour.id)

        found = run(story())
    assert [row["name"] for row in found] == ["one 0", "one 1"]


def test_a_database_left_open_by_a_dead_loop_is_let_go(database_url: str) -> None:
    asyncio.run(database.open(database_url))

    async def story() -> None:
        async with opened(database_url):
            assert await database.fetch_value("SELECT 1") == 1

    run(story())


def test_before_it_is_open_the_database_says_so() -> None:
    assert not database.is_open()
    with pytest.raises(RuntimeError, match="open"):
        run(database.fetch("SELECT 1"))


@pytest.mark.parametrize("url", ["mysql://x/y", "chalet.db", "sqlite://relative.db", "sqlite:///", "sqlite:///:memory:"])
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        run(database.open(url))
    assert not database.is_open()


def test_cockroach_speaks_as_postgres_with_its_own_rules() -> None:
    database.configure("cockroach://root@127.0.0.1:26257/chalet?sslmode=disable")
    try:
        assert database.dialect() == "cockroach"
        engine: Any = database.engine()
        assert engine.config["dsn"].startswith("postgresql://root@127.0.0.1:26257/")
        assert "jit" not in engine.config["server_settings"]
        assert Harbour._meta.db.engine_type == "cockroach"
        assert "INT8" in str(Harbour.create_table()) or "BIGINT" in str(Harbour.create_table())
    finally:
        database.configure("")


@pytest.mark.parametrize(
    ("sql", "is_read"),
    [
        ("SELECT 1", True),
        ("  -- a note\n /* and\n another */ select 1", True),
        ("VALUES (1)", True),
        ("EXPLAIN QUERY PLAN DELETE FROM a", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", True),
        ("WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM a) SELECT n FROM a", True),
        ("WITH a AS (SELECT 'INSERT') SELECT * FROM a", True),
        ("WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a", False),
        ("WITH a AS (SELECT 1), c AS MATERIALIZED (SELECT 2) DELETE FROM b WHERE x IN (SELECT 1 FROM a)", False),
        ('WITH "SELECT" AS (SELECT 1) UPDATE b SET x = 1', False),
        ("INSERT INTO a VALUES (1) RETURNING id", False),
        ("insert into a select 1", False),
        ("PRAGMA user_version", False),
        ("CREATE TABLE a (b)", False),
        ("BEGIN", False),
        ("", False),
        ("-- only a note", False),
    ],
)
def test_what_only_reads(sql: str, is_read: bool) -> None:
    assert reads(sql) is is_read


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT $1, $2, $1", "SELECT ?1, ?2, ?1"),
        ("SELECT '$1', \"$2\", $3", "SELECT '$1', \"$2\", ?3"),
        ("SELECT 'it''s $1' || $1 -- $2\n, $12", "SELECT 'it''s $1' || ?1 -- $2\n, ?12"),
        ("SELECT /* $1 */ $1", "SELECT /* $1 */ ?1"),
        ("SELECT ?, '{}'", "SELECT ?, '{}'"),
    ],
)
def test_placeholders_are_translated_outside_of_texts_only(sql: str, text: str) -> None:
    assert prepared(sql)[0] == text
