"""litmus, the WebDAV test suite of neon's authors, against a running server: all of its 104 tests pass."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

from app import database
from app.models.account import Account
from app.models.credential import ApplicationPassword
from app.models.organisation import Organisation
from tests.conftest import Server


def test_litmus_finds_nothing(server: Server, tmp_path: Path) -> None:
    name, password = asyncio.run(_somebody(f"sqlite:///{server.data_dir / 'chalet.db'}"))
    run = subprocess.run(["litmus", "-k", f"{server.url}/dav/files/", name, password], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    counts = re.findall(r"of (\d+) tests run: (\d+) passed, (\d+) failed", run.stdout)
    assert [sum(int(one[column]) for one in counts) for column in range(3)] == [104, 104, 0], run.stdout


async def _somebody(address: str) -> tuple[str, str]:
    await database.open(address)
    try:
        organisation = await Organisation.found("Alpina")
        account = await Account.open("anna@alpina.example", "Anna", "Alpha")
        await organisation.admit(account)
        return account.sync_name, await ApplicationPassword.issue(account.id, "litmus")
    finally:
        await database.close()
