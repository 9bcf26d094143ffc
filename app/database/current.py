"""The engine that Piccolo's tables see: whichever is open now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from piccolo.engine.base import Engine


class CurrentEngine(Engine[Any]):
    """Passes everything on to the open engine. A table keeps the first engine it finds, so this one must never change."""

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = find

    def __getattr__(self, name: str) -> Any:
        if name == "_find":
            raise AttributeError(name)
        return getattr(self._find(), name)

    @property
    def engine_type(self) -> str:  # type: ignore[override]
        return self._find().engine_type

    @property
    def current_transaction(self) -> Any:  # type: ignore[override]
        return self._find().current_transaction

    async def run_querystring(self, querystring: Any, in_pool: bool = True) -> Any:
        return await self._find().run_querystring(querystring, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:
        return await self._find().run_ddl(ddl, in_pool)

    def transform_response_to_dicts(self, results: Any) -> Any:
        return self._find().transform_response_to_dicts(results)

    async def batch(self, *args: Any, **options: Any) -> Any:
        return await self._find().batch(*args, **options)

    def transaction(self, *args: Any, **options: Any) -> Any:
        return self._find().transaction(*args, **options)

    def atomic(self, *args: Any, **options: Any) -> Any:
        return self._find().atomic(*args, **options)

    async def get_version(self) -> float:
        return await self._find().get_version()

    def get_version_sync(self) -> float:
        return self._find().get_version_sync()

    async def prep_database(self) -> None:
        await self._find().prep_database()

    async def start_connection_pool(self, **options: Any) -> None:
        await self._find().start_connection_pool(**options)

    async def close_connection_pool(self) -> None:
        await self._find().close_connection_pool()
