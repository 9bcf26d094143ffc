"""PostgreSQL and CockroachDB: one pooled connection for each request.

Taking a connection from asyncpg's pool and giving it back cost three round trips for each query. Inside `request_scope()` the
first query takes one and the end of the request gives it back. A second task of the same request that runs a query at the same
moment takes another connection from the pool.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, ClassVar, Self

import asyncpg
from piccolo.engine.cockroach import CockroachAtomic, CockroachEngine, CockroachTransaction
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString

from app.database.errors import TransactionOver, translated
from app.database.transactions import Callbacks
from app.database.waiting import to_the_end

ACQUIRE_SECONDS = 30.0


class Scope:
    """The connection of one request, taken at its first query. `is_busy` while a query or a transaction uses it."""

    __slots__ = ("connection", "is_busy", "is_over")

    def __init__(self) -> None:
        self.connection: Any = None
        self.is_busy = False
        self.is_over = False


class Transaction(Callbacks, PostgresTransaction):
    """A transaction on the request's connection. Commits and rolls back whatever cancels its task; queries of several tasks take turns."""

    engine: Postgres
    _parent: Self | None

    def __init__(self, engine: Postgres, allow_nested: bool = True, mode: str = "") -> None:
        super().__init__(engine, allow_nested)
        self._mode = mode
        self._turn = asyncio.Lock()
        self._scope: Scope | None = None

    async def __aenter__(self) -> Self:
        if self._parent is not None:
            self._parent.check_open()
            return self._parent
        self.connection, self._scope = await self.engine.take()
        try:
            await self.begin()
        except BaseException:
            await to_the_end(self._end(failed=True))
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def begin(self) -> None:
        await self.connection.execute(f"BEGIN {self._mode}")

    async def commit(self) -> None:
        if await self.connection.execute("COMMIT") != "COMMIT":
            # PostgreSQL answers ROLLBACK, and no error, when a statement failed before.
            self._rolled_back = True
            raise TransactionOver("an error inside, which was caught, has undone this transaction")
        self._committed = True

    async def rollback(self) -> None:
        if not self.connection.is_closed():
            await self.connection.execute("ROLLBACK")
        self._rolled_back = True

    async def fetch(self, sql: str, args: Sequence[Any]) -> list[Any]:
        self.check_open()
        async with self._turn:
            self.check_open()
            return await self.connection.fetch(sql, *args)

    async def fetch_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self.check_open()
        async with self._turn:
            await self.connection.executemany(sql, rows)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if self._parent is not None:
            return False
        self.engine.current_transaction.reset(self.context)
        try:
            await to_the_end(self._end(failed=error is not None))
        except asyncpg.PostgresError as refusal:
            raise translated(refusal) from refusal
        finally:
            self.call_back(self._committed)
        return False

    async def _end(self, failed: bool) -> None:
        async with self._turn:
            self.is_over = True
            try:
                if failed and not (self._rolled_back or self._committed):
                    await self.rollback()
                elif not (self._rolled_back or self._committed):
                    await self.commit()
            finally:
                await self.engine.put_back(self.connection, self._scope)


class CockroachsTransaction(Transaction, CockroachTransaction):
    """The same with CockroachDB's setting for schema changes."""


class Postgres(PostgresEngine):
    """PostgreSQL through asyncpg's pool. Before `start_connection_pool()`, and on other event loops, each query has its own connection."""

    current_transaction: ContextVar[Any]
    transaction_class: ClassVar[type[Transaction]] = Transaction
    server_settings: ClassVar = {"jit": "off", "application_name": "chalet"}

    def __init__(self, url: str, *, pool_size: int = 10, statement_cache: int = 512) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self.pool_size = pool_size
        self._scope: ContextVar[Scope | None] = ContextVar("database_scope", default=None)
        config = {"dsn": url, "statement_cache_size": statement_cache, "server_settings": self.server_settings}
        super().__init__(config=config)

    async def get_version(self) -> float:
        # Piccolo connects here when the engine is made; ours connects when it is opened.
        return 0.0

    async def check_version(self) -> None:
        return None

    async def prep_database(self) -> None:
        return None

    # -- opening and closing

    async def start_connection_pool(self, **_: Any) -> None:
        self.pool = await asyncpg.create_pool(**self.config, min_size=1, max_size=self.pool_size, reset=_keep)
        self._loop = asyncio.get_running_loop()

    async def close_connection_pool(self) -> None:
        if self.pool is None:
            return
        pool, self.pool = self.pool, None
        if self._loop is asyncio.get_running_loop():
            await pool.close()
        elif self._loop is not None and not self._loop.is_closed():
            pool.terminate()

    # -- connections

    @asynccontextmanager
    async def request_scope(self) -> AsyncIterator[None]:
        """Everything awaited inside shares one connection, taken when it is first needed."""
        scope = Scope()
        token = self._scope.set(scope)
        try:
            yield
        finally:
            self._scope.reset(token)
            scope.is_over = True
            if scope.connection is not None and not scope.is_busy:
                await to_the_end(self._release(scope))

    async def take(self) -> tuple[Any, Scope | None]:
        """A connection for one query or transaction: the request's when it is free, else another. Give it back with `put_back`."""
        if self.pool is None or self._loop is not asyncio.get_running_loop():
            return await self.get_new_connection(), None
        scope = self._scope.get()
        if scope is None or scope.is_busy or scope.is_over:
            return await self.pool.acquire(timeout=ACQUIRE_SECONDS), None
        scope.is_busy = True
        if scope.connection is None:
            try:
                scope.connection = await self.pool.acquire(timeout=ACQUIRE_SECONDS)
            except BaseException:
                scope.is_busy = False
                raise
        return scope.connection, scope

    async def put_back(self, connection: Any, scope: Scope | None) -> None:
        if scope is not None:
            scope.is_busy = False
            if scope.is_over or connection.is_closed() or connection.is_in_transaction():
                await self._release(scope)
        elif self.pool is not None and self._loop is asyncio.get_running_loop():
            await self._give_to_pool(connection)
        else:
            await connection.close()

    async def release_scope(self) -> None:
        """Give the request's connection back early, before a long answer is streamed."""
        scope = self._scope.get()
        if scope is not None and scope.connection is not None and not scope.is_busy:
            await to_the_end(self._release(scope))

    async def _release(self, scope: Scope) -> None:
        connection, scope.connection = scope.connection, None
        await self._give_to_pool(connection)

    async def _give_to_pool(self, connection: Any) -> None:
        if self.pool is None:
            return
        if not connection.is_closed() and connection.is_in_transaction():
            # The pool's reset is off (it costs a round trip), so an unfinished transaction ends with its connection.
            connection.terminate()
        await self.pool.release(connection)

    # -- statements

    async def run(self, sql: str, args: Sequence[Any] = (), in_pool: bool = True) -> list[Any]:
        """The records of one statement, in the transaction that is open here, else on the request's connection."""
        try:
            transaction = self.current_transaction.get()
            if transaction is not None:
                return await transaction.fetch(sql, args)
            if not in_pool:
                return await self._run_in_new_connection(sql, args)
            connection, scope = await self.take()
            try:
                return await connection.fetch(sql, *args)
            except asyncpg.InternalClientError:
                # The server ended the session at this very moment; asyncpg hasn't noticed yet that it is of no more use.
                connection.terminate()
                raise
            finally:
                if scope is not None and not scope.is_over and not connection.is_closed():
                    scope.is_busy = False
                else:
                    await to_the_end(self.put_back(connection, scope))
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
            raise translated(error) from error

    async def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for each of `rows`, all or none of them."""
        try:
            async with self.transaction() as transaction:
                await transaction.fetch_many(sql, list(rows))
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
            raise translated(error) from error

    run_apart = run

    # -- what Piccolo calls

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Any]:
        sql, args = querystring.compile_string(engine_type=self.engine_type)
        if self.log_queries:
            self.print_query(query_id=self.get_query_id(), query=str(querystring))
        return await self.run(sql, args, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Any]:
        if self.log_queries:
            self.print_query(query_id=self.get_query_id(), query=ddl)
        return await self.run(ddl, (), in_pool)

    def transaction(self, allow_nested: bool = True) -> Transaction:
        return self.transaction_class(self, allow_nested)

    def snapshot(self) -> Transaction:
        return self.transaction_class(self, True, "ISOLATION LEVEL REPEATABLE READ READ ONLY")


class Cockroach(Postgres, CockroachEngine):
    """CockroachDB speaks PostgreSQL's protocol. Every transaction is serializable: use `database.retrying`."""

    transaction_class = CockroachsTransaction
    server_settings: ClassVar = {"application_name": "chalet"}

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        self.engine_type = "cockroach"
        self.min_version_number = 0

    def transaction(self, allow_nested: bool = True) -> CockroachsTransaction:
        return CockroachsTransaction(self, allow_nested)

    def atomic(self, autocommit_before_ddl: bool | None = False) -> CockroachAtomic:
        return CockroachAtomic(engine=self, autocommit_before_ddl=autocommit_before_ddl)

    def snapshot(self) -> Transaction:
        return self.transaction_class(self, True, "READ ONLY")


async def _keep(connection: Any) -> None:
    """Instead of asyncpg's reset: nothing of ours leaves state in a connection (no LISTEN, no advisory lock, no SET)."""
