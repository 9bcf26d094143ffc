"""Suites that others wrote, against a server of ours: `python -m tools.dav_suites [storage] [two-way] [litmus]`, all of them without arguments.

storage: vdirsyncer's own tests of its CardDAV storage, from its source distribution; two-way: vdirsyncer keeps two folders and an address
book the same; litmus: RFC 4918. The programs are in `.venv-peers` (`make .venv-peers/.ok`), apart from litmus, which distributions have.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from app import database
from app.models.account import Account
from app.models.credential import ApplicationPassword
from app.models.organisation import Organisation

PEERS = Path(__file__).resolve().parent.parent / ".venv-peers" / "bin"
_MIXIN = '''
import os
import pytest

class ServerMixin:
    @pytest.fixture
    def get_storage_args(self, slow_create_collection, aio_connector):
        async def inner(collection="test"):
            args = {"url": os.environ["CHALET_URL"], "username": os.environ["CHALET_NAME"], "password": os.environ["CHALET_PASSWORD"]}
            args["connector"] = aio_connector
            return args if collection is None else await slow_create_collection(self.storage_class, args, collection)
        return inner
'''


class Place(NamedTuple):
    """Where a server of ours is, and who may sign in."""

    url: str
    name: str
    password: str


def main(names: list[str]) -> int:
    """Run them. Returns 1 when one of them found something."""
    suites = {"storage": storage, "two-way": two_way, "litmus": litmus}
    failed = []
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as place:
        for name in names or list(suites):
            if not suites[name](place, Path(folder)):
                failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return int(bool(failed))


def storage(place: Place, folder: Path) -> bool:
    """vdirsyncer's tests of a CardDAV storage."""
    version = subprocess.run([PEERS / "vdirsyncer", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    subprocess.run(["python3", "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", f"vdirsyncer=={version}", "-d", folder], check=True)
    with tarfile.open(folder / f"vdirsyncer-{version}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    source = folder / f"vdirsyncer-{version}"
    (source / "tests/storage/servers/chalet").mkdir()
    (source / "tests/storage/servers/chalet/__init__.py").write_text(_MIXIN)
    (source / "vdirsyncer").rename(source / "not-this-one")  # the installed package is tested, not the folder
    environment = {**os.environ, "DAV_SERVER": "chalet", "CHALET_URL": place.url, "CHALET_NAME": place.name, "CHALET_PASSWORD": place.password}
    command = [PEERS / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-cov", "tests/storage/dav/test_carddav.py"]
    return subprocess.run(command, cwd=source, env=environment).returncode == 0


def two_way(place: Place, folder: Path) -> bool:
    """Two folders, each synced with the same address book: what is made, changed and deleted in one arrives in the other."""
    stores = [folder / "one", folder / "two"]
    configurations = [_configured(place, folder, store) for store in stores]

    def sync(*which: int) -> None:
        for index in which:
            _vdirsyncer(configurations[index], "sync")

    def card(index: int, name: str) -> Path:
        return stores[index] / "contacts" / name

    for index in (0, 1):
        _vdirsyncer(configurations[index], "discover")
    for number in range(200):
        card(number % 2, f"{number}.vcf").write_text(_vcard(number), newline="")
    sync(0, 1, 0)
    same = [_contents(store) for store in stores]
    checks = {"200 cards in both": len(same[0]) == len(same[1]) == 200 and same[0] == same[1]}
    ours, theirs = sorted(card(0, "x").parent.glob("*.vcf"))[:2]
    ours.write_text(ours.read_text().replace("FN:Name", "FN:Changed"))
    theirs.unlink()
    next(iter(sorted(card(1, "x").parent.glob("*.vcf"), reverse=True))).unlink()
    sync(0, 1, 0, 1)
    same = [_contents(store) for store in stores]
    checks["one changed, two deleted, in both"] = same[0] == same[1] and len(same[0]) == 198 and any("FN:Changed" in text for text in same[1].values())
    for what, holds in checks.items():
        print(f"{'ok  ' if holds else 'FAIL'} two-way: {what}")
    return all(checks.values())


def litmus(place: Place, folder: Path) -> bool:
    """RFC 4918."""
    return subprocess.run(["litmus", "-k", f"{place.url}dav/files/", place.name, place.password], cwd=folder).returncode == 0


@contextmanager
def serving(folder: Path) -> Iterator[Place]:
    """A server of ours with one person."""
    data = folder / "data"
    data.mkdir()
    name, password = asyncio.run(_somebody(f"sqlite:///{data / 'chalet.db'}"))
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--data-dir", str(data)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "CHALET_RATE_LIMIT": "0"})
    try:
        assert server.stdout is not None
        url = next(line.split()[1] for line in server.stdout if line.startswith("ready"))
        yield Place(f"{url.rstrip('/')}/", name, password)
    finally:
        server.terminate()
        server.wait(20)


async def _somebody(address: str) -> tuple[str, str]:
    await database.open(address)
    await database.migrate()
    organisation = await Organisation.found("Alpina")
    account = await Account.open("anna@alpina.example", "Anna", "Alpha")
    await organisation.admit(account)
    password = await ApplicationPassword.issue(account.id, "suites")
    await database.close()
    return account.sync_name, password


def _configured(place: Place, folder: Path, store: Path) -> Path:
    path = folder / f"{store.name}.conf"
    store.mkdir()
    path.write_text(f"""
[general]
status_path = "{folder / store.name}-status"
[pair contacts]
a = "files"
b = "server"
collections = ["contacts"]
conflict_resolution = "b wins"
[storage files]
type = "filesystem"
path = "{store}"
fileext = ".vcf"
[storage server]
type = "carddav"
url = "{place.url}"
username = "{place.name}"
password = "{place.password}"
""")
    return path


def _vdirsyncer(configuration: Path, command: str) -> str:
    run = subprocess.run([PEERS / "vdirsyncer", "-c", configuration, command], input="y\n" * 5, capture_output=True, text=True)
    if run.returncode:
        print(run.stdout, run.stderr)
    run.check_returncode()
    return run.stdout


def _contents(store: Path) -> dict[str, str]:
    """The cards of a folder by UID: names of files are each store's own."""
    found = {}
    for path in (store / "contacts").glob("*.vcf"):
        text = path.read_bytes().decode()
        uid = re.search(r"UID:(\S+)", text)
        found[uid[1] if uid else path.name] = text
    return found


def _vcard(number: int) -> str:
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:card-{number}\r\nFN:Name {number} Ünï\r\nN:{number};Name;;;\r\nX-KEPT;X-P=1:as it is\r\nEND:VCARD\r\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
