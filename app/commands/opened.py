"""A command's work with the database open around it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from typing import Any

from app.commands import Stop
from app.settings import Settings


def with_database(settings: Settings, work: Coroutine[Any, Any, int], *, migrate: bool = True) -> int:
    """Run `work` and return its status. Ids that it makes differ from those of servers that run meanwhile."""
    return asyncio.run(_open_and_do(settings, work, migrate))


async def _open_and_do(settings: Settings, work: Coroutine[Any, Any, int], migrate: bool) -> int:
    from app import database
    from app.models.base import Refused
    from app.models.worker import Worker

    try:
        await open_or_stop(settings)
    except BaseException:
        work.close()
        raise
    worker = None
    try:
        if migrate:
            await database.migrate()
            worker = await Worker.join(secrets.randbits(48))
        return await work
    except Refused as refused:
        raise Stop(str(refused)) from None
    finally:
        work.close()
        if worker is not None:
            await worker.leave()
        await database.close()


async def open_or_stop(settings: Settings) -> None:
    """Open the database; a `Stop` with one sentence when that isn't possible."""
    import sqlite3

    import asyncpg

    from app.main import open_database

    try:
        await open_database(settings)
    except (OSError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        place = "DATABASE_URL" if settings.database_url else str(settings.data_dir)
        raise Stop(f"the database ({place}) can’t be opened: {reason}. `python -m app doctor` says more.") from None
