"""vdirsyncer's own tests of its CardDAV and CalDAV storages, what it keeps the same between folders and a server, and khal reading and writing
through it."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path

from tools.dav_suites.places import PEERS, Place, fetched, said

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


def storage(place: Place, folder: Path) -> bool:
    """vdirsyncer's tests of a CardDAV and a CalDAV storage."""
    source = fetched("vdirsyncer", folder)
    (source / "tests/storage/servers/chalet").mkdir()
    (source / "tests/storage/servers/chalet/__init__.py").write_text(_MIXIN)
    (source / "vdirsyncer").rename(source / "not-this-one")  # the installed package is tested, not the folder
    environment = {**os.environ, "DAV_SERVER": "chalet", "CHALET_URL": place.url, "CHALET_NAME": place.name, "CHALET_PASSWORD": place.password}
    command = [PEERS / "python", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "--no-cov"]
    runs = [
        subprocess.run([*command, f"tests/storage/dav/test_{kind}.py"], cwd=source, env=environment).returncode == 0 for kind in ("carddav", "caldav")
    ]
    return all(runs)


def two_way(place: Place, folder: Path) -> bool:
    """Two folders, each synced with the same address book: what is made, changed and deleted in one arrives in the other."""
    one, two = (Folder(place, folder, name, "carddav") for name in ("one", "two"))
    one.write({f"card-{number}": vcard(f"card-{number}") for number in range(100)})
    two.write({f"card-{number}": vcard(f"card-{number}") for number in range(100, 200)})
    for each in (one, two, one):
        each.sync()
    checks = {"200 cards in both": len(one.texts()) == 200 and one.texts() == two.texts()}
    one.change("card-1")
    one.remove("card-2")
    two.remove("card-199")
    for each in (one, two, one, two):
        each.sync()
    same = one.texts()
    checks["one changed, two deleted, in both"] = same == two.texts() and len(same) == 198 and "FN:Changed" in same["card-1"]
    return said("two-way", checks)


def khal(place: Place, folder: Path) -> bool:
    """khal, through vdirsyncer: it lists what is on the server, and what it makes arrives there."""
    day = date.today() + timedelta(days=2)
    mine, theirs = (Folder(place, folder, name, "caldav") for name in ("mine", "theirs"))
    mine.write({"made": event_of("made", day)})
    mine.sync()
    theirs.sync()
    settings = folder / "khal.conf"
    settings.write_text(_KHAL.format(path=theirs.path, database=folder / "khal.db"))
    listed = _khal(settings, "list", f"{day:%Y-%m-%d}", "20d")
    _khal(settings, "new", "-a", "chalet", f"{day:%Y-%m-%d}", "15:00", "16:00", "Käse with Beat")
    theirs.sync()
    mine.sync()
    return said("khal", {
        "an event of the server is listed, each week": listed.count("Name of made") == 3,
        "one that it made is on the server": any("Käse with Beat" in text for text in mine.texts().values()),
    })


class Folder:
    """A folder that vdirsyncer keeps the same as a collection of the server; what is in it goes by UID, as names of files are each store's own."""

    def __init__(self, place: Place, folder: Path, name: str, kind: str) -> None:
        collection, self._ending = ("contacts", ".vcf") if kind == "carddav" else ("calendar", ".ics")
        self.path = folder / name / collection
        self.path.parent.mkdir()
        self._configuration = folder / f"{name}.conf"
        self._configuration.write_text(_PAIR.format(
            status=folder / f"{name}-status", collection=collection, path=self.path.parent, ending=self._ending, kind=kind, **place._asdict(),
        ))
        self._run("discover")

    def sync(self) -> None:
        """Let vdirsyncer do its work."""
        self._run("sync")

    def texts(self) -> dict[str, str]:
        """What is in it, lines ended by LF but the last."""
        texts = [path.read_text().strip() for path in self.path.glob(f"*{self._ending}")]
        return {(found[1] if (found := re.search(r"^UID:(\S+)", text, re.MULTILINE)) else ""): text for text in texts}

    def write(self, texts: dict[str, str]) -> None:
        """Make these."""
        for name, text in texts.items():
            (self.path / f"{name}{self._ending}").write_text(text, newline="")

    def change(self, *uids: str) -> None:
        """Give these another name."""
        for path in self._paths(uids):
            path.write_text(path.read_text().replace("Name", "Changed"))

    def remove(self, *uids: str) -> None:
        """Delete these."""
        for path in self._paths(uids):
            path.unlink()

    def _paths(self, uids: tuple[str, ...]) -> list[Path]:
        return [path for path in self.path.glob(f"*{self._ending}") if any(f"UID:{uid}\n" in path.read_text() for uid in uids)]

    def _run(self, command: str) -> None:
        run = subprocess.run([PEERS / "vdirsyncer", "-c", self._configuration, command], input="y\n" * 5, capture_output=True, text=True)
        if run.returncode:
            print(run.stdout, run.stderr)
        run.check_returncode()


def vcard(uid: str) -> str:
    """A card."""
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:Name {uid} Ünï\r\nN:{uid};Name;;;\r\nX-KEPT;X-P=1:as it is\r\nEND:VCARD\r\n"


def event_of(uid: str, day: date = date(2026, 6, 1)) -> str:
    """A weekly event."""
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//suites//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{day:%Y%m%d}T100000Z\r\n"
        f"DURATION:PT1H\r\nRRULE:FREQ=WEEKLY\r\nSUMMARY:Name of {uid} Ünï\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def _khal(settings: Path, *words: str) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    return subprocess.run([PEERS / "khal", "-c", settings, *words], capture_output=True, text=True, check=True, env=environment).stdout


_PAIR = """
[general]
status_path = "{status}"
[pair both]
a = "files"
b = "server"
collections = ["{collection}"]
conflict_resolution = "b wins"
[storage files]
type = "filesystem"
path = "{path}"
fileext = "{ending}"
[storage server]
type = "{kind}"
url = "{url}"
username = "{name}"
password = "{password}"
"""
_KHAL = """
[calendars]
[[chalet]]
path = {path}
[sqlite]
path = {database}
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = UTC
default_timezone = UTC
"""
