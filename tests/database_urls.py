"""Addresses of empty databases, as a pytest plugin: `pytest_plugins = ["tests.database_urls"]`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import fresh_database, postgres_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The address of PostgreSQL: that in CHALET_TEST_POSTGRES, else a throw-away one."""
    given = os.environ.get("CHALET_TEST_POSTGRES")
    if given:
        yield given
        return
    try:
        with postgres_cluster() as url:
            yield url
    except FileNotFoundError:
        pytest.skip("PostgreSQL isn't installed")


@pytest.fixture
def postgres_url(cluster: str) -> str:
    """The address of an empty PostgreSQL database."""
    return asyncio.run(fresh_database(cluster, f"test_{os.getpid()}"))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite database that doesn't exist yet."""
    return f"sqlite:///{tmp_path / 'chalet.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once for each engine."""
    return str(request.getfixturevalue(f"{request.param}_url"))
