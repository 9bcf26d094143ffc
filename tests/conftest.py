"""What the tests stand on: an empty migrated database for each test, named people, the real app, and a real server for browsers."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest
from litestar import Litestar

from app import database
from app.assets import Assets
from app.edge import COOKIE
from app.main import equip, register
from app.models.viewer import Viewer
from app.render import open_templates
from app.routes.dav.serving import forget_callers
from app.settings import Settings, read_settings
from tests.buckets import bucket
from tests.databases import fresh_database, postgres_cluster
from tests.people import People, Person, move_in

ORIGIN = "http://localhost:8000"

hypothesis.settings.register_profile("busy", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])  # how fast a machine is, is not the question
hypothesis.settings.load_profile("busy")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgres"), default="sqlite", help="The engine that models and routes are tested on.")
    parser.addoption("--files", default="folder", help="Where files are kept: folder, s3 (moto, which .venv-peers has), or the address of a bucket.")


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session", autouse=True)
def templates() -> None:
    """What a test changes with a model alone is told from this process, too, and the telling renders."""
    open_templates(_assets(), read_settings({}))


@pytest.fixture(autouse=True)
def what_is_told_after_a_change(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A broadcast that fails after COMMIT is only logged, since the change stays; a test must not pass with one."""
    yield
    failed = [record for phase in ("setup", "call") for record in caplog.get_records(phase) if record.name == "app.database.transactions"]
    assert not failed, [(record.getMessage(), record.exc_info and record.exc_info[1]) for record in failed]


# -- a database for each test


@pytest.fixture(scope="session")
def empty_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated database without rows: on SQLite the file that each test copies, on PostgreSQL the one that all share."""
    if request.config.getoption("--database") == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp('empty') / 'chalet.db'}"
        asyncio.run(_migrate(address))
        yield address
        return
    with postgres_cluster() as cluster:
        address = asyncio.run(fresh_database(cluster, "chalet"))
        asyncio.run(_migrate(address))
        yield address


@pytest.fixture(scope="session", autouse=True)
def files_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where files are kept: nothing for the data folder, else a bucket, which servers are told of as well."""
    chosen = request.config.getoption("--files")
    if chosen == "folder":
        yield ""
        return
    with bucket() if chosen == "s3" else nullcontext(chosen) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FILES_URL", url)
        yield url


@pytest.fixture
def settings(empty_database: str, files_url: str, tmp_path: Path) -> Settings:
    """Settings over a data folder and a database of this test's own."""
    own: dict[str, Any] = {"data_dir": tmp_path, "rate_limit": 0, "files_url": files_url.replace("?", f"/{secrets.token_hex(8)}?", 1)}
    if empty_database.startswith("sqlite"):
        shutil.copy(empty_database.removeprefix("sqlite:///"), tmp_path / "chalet.db")
        return read_settings({}, **own)
    return read_settings({}, **own, database_url=empty_database)


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[httpx.ASGITransport]:
    """The suite, running without its job runner: `drain()` does what is due."""
    async with running(settings) as transport:
        yield transport


@cache
def _registered(debug: bool) -> Litestar:
    """The handlers, which are the same for all tests of a process."""
    return register(debug, with_jobs=False)


@cache
def _assets() -> Assets:
    return Assets()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[httpx.ASGITransport]:
    """The suite with these settings, asked from another machine's address."""
    Viewer.clear_cache()
    forget_callers()
    suite = equip(_registered(settings.debug), settings, _assets())
    async with _lifespan(suite):
        if settings.database_url:
            await _empty()
        yield httpx.ASGITransport(suite, client=("127.0.0.9", 5000))


@pytest.fixture
async def people(app: httpx.ASGITransport) -> People:
    """Everybody of tests/people.py."""
    return await move_in()


@pytest.fixture
def stranger(app: httpx.ASGITransport) -> httpx.AsyncClient:
    """A browser in which nobody is signed in."""
    return browser(app)


def browser(app: httpx.ASGITransport, person: Person | None = None) -> httpx.AsyncClient:
    """A browser, signed in as `person`; it doesn't follow redirects."""
    headers = {"sec-fetch-site": "same-origin", "accept-language": "en"}
    cookies = {COOKIE.decode(): person.token} if person else {}
    return httpx.AsyncClient(transport=app, base_url=ORIGIN, headers=headers, cookies=cookies)


class _lifespan:
    """Runs an ASGI app's lifespan around a test."""

    def __init__(self, app: object) -> None:
        self._app = app

    async def __aenter__(self) -> None:
        self._to_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._task = asyncio.create_task(self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, self._to_app.get, self._from_app.put))  # type: ignore[operator]
        await self._say("startup")

    async def __aexit__(self, *_: object) -> None:
        await self._say("shutdown")
        await self._task

    async def _say(self, word: str) -> None:
        await self._to_app.put({"type": f"lifespan.{word}"})
        answer = await self._from_app.get()
        assert answer["type"] == f"lifespan.{word}.complete", answer


async def _migrate(address: str) -> None:
    await database.open(address)
    await database.migrate()
    await database.close()


async def _empty() -> None:
    """Delete all rows. TRUNCATE would make every file of every table anew, and foreign keys would ask for an order."""
    names = await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('migration', 'migration_lock', 'worker')")
    holding = " UNION ALL ".join(f"SELECT '{row['tablename']}' AS name WHERE EXISTS (SELECT 1 FROM {row['tablename']})" for row in names)
    async with database.transaction():
        await database.execute("SET LOCAL session_replication_role = replica")  # no triggers: the audit log refuses to be deleted
        for row in await database.fetch(holding):
            await database.execute(f"DELETE FROM {row['name']}")


# -- a real server


class Server:
    """`python -m app serve` on a free port of the loopback interface, over a data folder that outlives restarts."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        self.data_dir = data_dir
        self._environment = {**os.environ, "CHALET_DATA_DIR": str(data_dir), "CHALET_RATE_LIMIT": "0", **environment}
        self.url = ""
        self._port = "0"

    def start(self) -> None:
        """Start it and wait until it answers; the same port again after a restart."""
        log = (self.data_dir.parent / f"{self.data_dir.name}.log").open("a")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--port", self._port], env=self._environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.match(r"ready (http://\S+)", line):
                self._port = found[1].rpartition(":")[2].rstrip("/")
                self.url = f"http://localhost:{self._port}"
                return
        raise AssertionError(f"the server didn't start; see {log.name}")

    def stop(self) -> int:
        """Ask it to stop, and return its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20)

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        self._process.kill()
        self._process.wait(20)


@pytest.fixture
def server(empty_database: str, tmp_path: Path) -> Iterator[Server]:
    """A running server without an organisation, on the engine of --database."""
    with serving(empty_database, tmp_path / "data") as running:
        yield running


@pytest.fixture(scope="session")
def shared_server(empty_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all stories of a process that bring an organisation of their own (`move_in` with a mark): a start takes a second."""
    with serving(empty_database, tmp_path_factory.mktemp("shared") / "data") as running:
        yield running


@contextmanager
def serving(empty_database: str, data_dir: Path, **environment: str) -> Iterator[Server]:
    """A server over a copy of the migrated database, on the engine of --database."""
    is_sqlite = empty_database.startswith("sqlite")
    running = Server(data_dir, **({} if is_sqlite else {"DATABASE_URL": empty_database}), **environment)
    running.data_dir.mkdir()
    if is_sqlite:
        shutil.copy(empty_database.removeprefix("sqlite:///"), running.data_dir / "chalet.db")
    running.start()
    yield running
    running.stop()
