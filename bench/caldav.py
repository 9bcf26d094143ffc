"""CalDAV beside Radicale and Xandikos in the same run, over the same events: how many times faster we are, and how many we want to be.

    python -m bench caldav [--events=10000] [--without-peers]

One event in twenty recurs. Each request goes over one keep-alive connection; the figure is the best of a few, because neighbours on the
machine only ever add. The first month of a server is counted apart, since the peers read every event once after their start.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from app import database
from app.models.account import Account
from app.models.calendar.programs import make_at
from app.models.calendar.storing import put
from app.models.credential import ApplicationPassword
from app.models.organisation import Organisation
from bench.calibration import calibrate
from bench.dav_peers import PEERS, _running, free_port

TARGETS = {
    "month": 50, "expanded month": 30, "free-busy": 100, "query by UID": 1000, "etags of all": 10, "sync, one change": 40, "sync, all": 10,
    "multiget of 100": 4, "PUT": 20,
}
FIRST = datetime(2026, 1, 1, 8, tzinfo=UTC)
_NAMES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
_PROPFIND = '<d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>'
_SYNC = '<d:sync-collection xmlns:d="DAV:"><d:sync-token>{}</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>'
_SPAN = 'start="20260601T000000Z" end="20260701T000000Z"'
_QUERY = (
    f"<c:calendar-query {_NAMES}><d:prop><d:getetag/><c:calendar-data>{{}}</c:calendar-data></d:prop><c:filter>"
    '<c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">{}</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>'
)
_BUSY = f"<c:free-busy-query {_NAMES}><c:time-range {_SPAN}/></c:free-busy-query>"


def ics(number: int, title: str = "Meeting") -> str:
    """An event that looks like one; they are spread over two years."""
    start = FIRST + timedelta(days=number % 730, minutes=15 * (number % 32))
    rule = "RRULE:FREQ=WEEKLY;COUNT=40\r\n" if number % 20 == 0 else ""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:event-{number}@example.org\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}\r\n"
        f"{rule}SUMMARY:{title} {number}\r\nLOCATION:Room {number % 50}\r\nDESCRIPTION:About what we said last week\\, and what to do next\r\n"
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Soon\r\nTRIGGER:-PT10M\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


def main() -> int:
    """Measure and compare. Returns 1 when a target is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--without-peers", action="store_true")
    options = parser.parse_args()
    print(f"calibration loop: {calibrate():.1f} ms CPU; {options.events} events")
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        servers = {"chalet": stack.enter_context(_chalet(Path(folder) / "chalet", options.events))}
        if not options.without_peers:
            if not PEERS.exists():
                print("the peers aren’t installed: make .venv-peers/.ok")
                return 1
            servers["xandikos"] = (stack.enter_context(_xandikos(Path(folder) / "xandikos", options.events)), "user", "x")
            servers["radicale"] = (stack.enter_context(_radicale(Path(folder) / "radicale", options.events)), "user", "x")
        for name, (url, user, password) in servers.items():
            results[name] = _Client(url, user, password).measure(options.events)
            print(f"{name}: measured", flush=True)
    return _told(results)


def _told(results: dict[str, dict[str, float]]) -> int:
    peers = [found for name, found in results.items() if name != "chalet"]
    print(f"\n{'':20}" + "".join(f"{name:>12}" for name in results) + f"{'times':>9}{'wanted':>9}   (ms)")
    missed = False
    for what, figure in results["chalet"].items():
        ratio = min((found[what] / figure for found in peers), default=0.0)
        target = TARGETS.get(what)
        print(f"{what:20}" + "".join(f"{found[what]:12.1f}" for found in results.values()) + f"{ratio:9.1f}" + (f"{target:9}" if target else ""))
        missed = missed or bool(peers and target and ratio < target)
    return int(missed)


class _Client:
    """Asks one server, and reads the answers to their ends."""

    def __init__(self, url: str, user: str, password: str) -> None:
        parts = urlsplit(url)
        self._path = parts.path
        self._auth = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=600)

    def measure(self, events: int) -> dict[str, float]:
        """Milliseconds by what is asked."""
        month = _QUERY.format("", f"<c:time-range {_SPAN}/>")
        uid = _QUERY.format("", f'<c:prop-filter name="UID"><c:text-match collation="i;octet">event-{events // 2}@example.org</c:text-match></c:prop-filter>')
        hrefs = "".join(f"<d:href>{self._path}{number}.ics</d:href>" for number in range(0, events, events // 100))
        multiget = f"<c:calendar-multiget {_NAMES}><d:prop><d:getetag/><c:calendar-data/></d:prop>{hrefs}</c:calendar-multiget>"
        return {
            "month, cold": self._best(1, "REPORT", month), "month": self._best(4, "REPORT", month),
            "expanded month": self._best(3, "REPORT", _QUERY.format(f"<c:expand {_SPAN}/>", f"<c:time-range {_SPAN}/>")),
            "free-busy": self._best(2, "REPORT", _BUSY), "query by UID": self._best(3, "REPORT", uid),
            "etags of all": self._best(3, "PROPFIND", _PROPFIND), "sync, all": self._best(3, "REPORT", _SYNC.format("")),
            "sync, one change": min(self._one_change(number) for number in range(3)), "multiget of 100": self._best(4, "REPORT", multiget),
            "PUT": min(self._timed(lambda number=number: self._put(events + number)) for number in range(5)),  # type: ignore[misc]
        }

    def _timed(self, do: Callable[[], object]) -> float:
        start = time.perf_counter()
        do()
        return (time.perf_counter() - start) * 1e3

    def _best(self, rounds: int, method: str, body: str) -> float:
        return min(self._timed(lambda: self._ask(method, body)) for _ in range(rounds))

    def _one_change(self, number: int) -> float:
        token = re.findall(rb"sync-token[^>]*>([^<]+)<", self._ask("REPORT", _SYNC.format("")))[-1].decode()
        self._put(number, f"Meeting {time.time_ns()}")
        return self._best(1, "REPORT", _SYNC.format(token))

    def _put(self, number: int, title: str = "Meeting") -> None:
        headers = {"Authorization": self._auth, "Content-Type": "text/calendar; charset=utf-8"}
        self._connection.request("PUT", f"{self._path}{number}.ics", ics(number, title).encode(), headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status in (200, 201, 204), answer.status

    def _ask(self, method: str, body: str) -> bytes:
        depth = "0" if "sync-collection" in body else "1"
        headers = {"Authorization": self._auth, "Content-Type": "application/xml; charset=utf-8", "Depth": depth}
        self._connection.request(method, self._path, body.encode(), headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status in (200, 207), (answer.status, content[:500])
        return content


@contextmanager
def _chalet(folder: Path, events: int) -> Iterator[tuple[str, str, str]]:
    """Our server over the events; yields the calendar, a sync name and an application password."""
    folder.mkdir()
    name, password = asyncio.run(_fill(f"sqlite:///{folder / 'chalet.db'}", events))
    environment = {**os.environ, "CHALET_DATA_DIR": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    server = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        port = next(int(line.rsplit(":", 1)[1]) for line in server.stdout if line.startswith("ready"))
        yield f"http://localhost:{port}/dav/calendars/{name}/big/", name, password
    finally:
        server.terminate()
        server.wait(20)


async def _fill(address: str, events: int) -> tuple[str, str]:
    await database.open(address)
    await database.migrate()
    organisation = await Organisation.found("Alpina")
    account = await Account.open("anna@alpina.example", "Anna", "Alpha")
    await organisation.admit(account)
    calendar = await make_at(account.id, organisation.id, "big")
    start = time.perf_counter()
    async with database.transaction():
        for number in range(events):
            await put(calendar, account.id, f"{number}.ics", ics(number))
    print(f"chalet: {events} events written in {time.perf_counter() - start:.1f} s", flush=True)
    await database.analyze()
    password = await ApplicationPassword.issue(account.id, "bench")
    await database.close()
    return account.sync_name, password


@contextmanager
def _radicale(folder: Path, events: int) -> Iterator[str]:
    place = folder / "collection-root" / "user" / "big"
    place.mkdir(parents=True)
    (place / ".Radicale.props").write_text(json.dumps({"tag": "VCALENDAR", "D:displayname": "Big", "C:supported-calendar-component-set": "VEVENT"}))
    for number in range(events):
        (place / f"{number}.ics").write_bytes(ics(number).encode())
    port = free_port()
    command = [PEERS / "radicale", "--server-hosts", f"127.0.0.1:{port}", "--storage-filesystem-folder", folder, "--auth-type", "none", "--logging-level", "error"]
    with _running([str(part) for part in command], port):
        yield f"http://127.0.0.1:{port}/user/big/"


@contextmanager
def _xandikos(folder: Path, events: int) -> Iterator[str]:
    port = free_port()
    command = [PEERS / "xandikos", "serve", "-d", folder, "-p", port, "-l", "127.0.0.1", "--defaults", "--state-dir", folder / "state"]
    with _running([str(part) for part in command], port):
        pass  # it makes its folders
    place = folder / "user" / "calendars" / "calendar"
    for number in range(events):
        (place / f"{number}.ics").write_bytes(ics(number).encode())
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    subprocess.run([*git, "add", "-A"], cwd=place, check=True)
    subprocess.run([*git, "commit", "-qm", "events"], cwd=place, check=True)
    with _running([str(part) for part in command], port):
        yield f"http://127.0.0.1:{port}/user/calendars/calendar/"
