"""A server of ours for the suites, and the people who may sign in."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from app import database
from app.models.account import Account
from app.models.credential import ApplicationPassword
from app.models.organisation import Organisation

PEERS = Path(__file__).resolve().parent.parent.parent / ".venv-peers" / "bin"
_PEOPLE = (("Anna", "Alpha"), ("Beat", "Beta"), ("Chiara", "Gamma"))


class Person(NamedTuple):
    """Somebody's credentials."""

    name: str
    password: str
    email: str


class Place(NamedTuple):
    """Where a server of ours is, and who may sign in: one person, and colleagues."""

    url: str
    name: str
    password: str
    others: tuple[Person, ...] = ()


@contextmanager
def serving(folder: Path) -> Iterator[Place]:
    """A server of ours with three people."""
    data = folder / "data"
    data.mkdir()
    first, *others = asyncio.run(_people(f"sqlite:///{data / 'chalet.db'}"))
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--data-dir", str(data)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "CHALET_RATE_LIMIT": "0"})
    try:
        assert server.stdout is not None
        url = next(line.split()[1] for line in server.stdout if line.startswith("ready"))
        yield Place(f"{url.rstrip('/')}/", first.name, first.password, tuple(others))
    finally:
        server.terminate()
        server.wait(20)


async def _people(address: str) -> list[Person]:
    await database.open(address)
    await database.migrate()
    organisation = await Organisation.found("Alpina")
    found = []
    for given, family in _PEOPLE:
        account = await Account.open(f"{given.lower()}@alpina.example", given, family)
        await organisation.admit(account)
        found.append(Person(account.sync_name, await ApplicationPassword.issue(account.id, "suites"), account.email))
    await database.close()
    return found


def fetched(name: str, folder: Path) -> Path:
    """The source of a program of `.venv-peers`, in the version that is installed there."""
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    version = subprocess.run([PEERS / "python", "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    wanted = f"{name}=={version}"
    subprocess.run(["python3", "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", wanted, "-d", folder], check=True)
    [archive] = folder.glob(f"{name}-{version}.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / f"{name}-{version}"


def said(name: str, checks: Mapping[str, bool]) -> bool:
    """Print how each check of a suite went; whether all hold."""
    for what, holds in checks.items():
        print(f"{'ok  ' if holds else 'FAIL'} {name}: {what}")
    return all(checks.values())
