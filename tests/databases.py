"""Databases for tests: a file for SQLite, a throw-away cluster for PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from app import database

POSTGRES_PROGRAMS = Path("/usr/lib/postgresql")


@asynccontextmanager
async def opened(url: str, **options: Any) -> AsyncIterator[None]:
    """The database at `url`, open until the end of the block."""
    await database.open(url, **options)
    try:
        yield
    finally:
        await database.close()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run an async test in an event loop of its own; an exception that nobody saw fails it."""

    async def watched() -> Any:
        unseen: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: _is_noise(context) or unseen.append(context))
        result = await work
        if unseen:
            raise AssertionError(f"nobody saw {unseen}")
        return result

    return asyncio.run(watched())


def _is_noise(context: dict[str, Any]) -> bool:
    # asyncpg leaves this future alone when a task is cancelled while its connection is made.
    return str(context.get("exception")) == "unexpected connection_lost() call"


@contextmanager
def postgres_cluster() -> Iterator[str]:
    """The address of an empty PostgreSQL that exists for the length of the block. Raises FileNotFoundError without its programs."""
    programs = sorted(POSTGRES_PROGRAMS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not programs:
        raise FileNotFoundError("no PostgreSQL programs")
    folder, port = Path(tempfile.mkdtemp(prefix="postgres-")), _free_port()
    try:
        _make_cluster(programs[-1].parent, folder)
        server = _as_postgres([programs[-1].parent / "postgres", "-D", folder / "data", "-p", str(port), *_fast(folder)])
        try:
            url = f"postgres://postgres@127.0.0.1:{port}/postgres"
            asyncio.run(_answering(url))
            yield url
        finally:
            server.terminate()
            server.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def fresh_database(url: str, name: str) -> str:
    """The address of a new, empty database in the cluster at `url`."""
    connection = await asyncpg.connect(url)
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return f"{url.rsplit('/', 1)[0]}/{name}"


def _make_cluster(programs: Path, folder: Path) -> None:
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    made = _as_postgres([programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "--no-sync"])
    if made.wait(60) != 0:
        raise RuntimeError("initdb failed")


def _as_postgres(command: list[Any]) -> subprocess.Popen[bytes]:
    # PostgreSQL refuses to run as root.
    user = pwd.getpwnam("postgres").pw_uid if os.getuid() == 0 else None
    quiet = subprocess.DEVNULL
    return subprocess.Popen([str(part) for part in command], user=user, cwd="/", stdin=quiet, stdout=quiet, stderr=quiet)


def _fast(folder: Path) -> list[str]:
    settings = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "listen_addresses=127.0.0.1", "max_connections=60")
    return [part for one in (*settings, f"unix_socket_directories={folder}") for part in ("-c", one)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _answering(url: str) -> None:
    for _ in range(200):
        try:
            await (await asyncpg.connect(url)).close()
            return
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.1)
    raise TimeoutError("PostgreSQL didn't start")
