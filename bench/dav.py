"""CardDAV beside Radicale and Xandikos in the same run, over the same cards: how many times faster we are, and how many we want to be.

    python -m bench dav [--cards=10000] [--without-peers] [--without-radicale]

Each request goes over one keep-alive connection; the figure is the best of a few, because neighbours on the machine only ever add. The
first PROPFIND of a server is counted apart, since Radicale reads every card once after its start. The peers are installed by
`make .venv-peers/.ok` (docs/sync.md).
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import http.client
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from app import database
from app.models.account import Account
from app.models.contacts import AddressBook
from app.models.contacts.programs import make_at
from app.models.credential import ApplicationPassword
from app.models.organisation import Organisation
from bench.calibration import calibrate
from bench.dav_peers import PEERS, radicale, vcard, xandikos

SMALL = 1_000
TARGETS = {
    "etags of all": 10, "sync, one change": 40, "sync, all": 10, "query over 1,000": 5, "multiget of 100": 4, "PUT, 1 connection": 5, "PUT, 8 connections": 5,
}
_PROPFIND = '<d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>'
_SYNC = '<d:sync-collection xmlns:d="DAV:"><d:sync-token>{}</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>'
_CARD = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"'
_QUERY = (
    f"<c:addressbook-query {_CARD}><d:prop><d:getetag/><c:address-data/></d:prop><c:filter>"
    '<c:prop-filter name="FN"><c:text-match match-type="contains">keller</c:text-match></c:prop-filter></c:filter></c:addressbook-query>'
)


def main() -> int:
    """Measure and compare. Returns 1 when a target is missed."""
    options = _options()
    print(f"calibration loop: {calibrate():.1f} ms CPU; {options.cards} cards, {SMALL} in the small book")
    results: dict[str, dict[str, float]] = {}
    books = {"big": options.cards, "small": SMALL}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        servers = {"chalet": stack.enter_context(_chalet(Path(folder) / "chalet", books))}
        if not options.without_peers:
            if not PEERS.exists():
                print("the peers aren’t installed: make .venv-peers/.ok")
                return 1
            servers["xandikos"] = (stack.enter_context(xandikos(Path(folder) / "xandikos", books)), "user", "x")
            if not options.without_radicale:  # its first PROPFIND takes minutes
                servers["radicale"] = (stack.enter_context(radicale(Path(folder) / "radicale", books)), "user", "x")
        for name, (url, user, password) in servers.items():
            results[name] = _Client(url, user, password).measure(options.cards)
            print(f"{name}: measured", flush=True)
    return _told(results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--without-radicale", action="store_true")
    return parser.parse_args()


def _told(results: dict[str, dict[str, float]]) -> int:
    ours, peers = results["chalet"], {name: found for name, found in results.items() if name != "chalet"}
    print(f"\n{'':20}" + "".join(f"{name:>12}" for name in results) + f"{'times':>9}{'wanted':>9}   (ms; PUT: cards per second)")
    missed = False
    for what, figure in ours.items():
        is_rate = what.startswith("PUT")
        ratios = [(figure / found[what] if is_rate else found[what] / figure) for found in peers.values()]
        target = TARGETS.get(what)
        times = f"{min(ratios):9.1f}" if ratios else " " * 9
        print(f"{what:20}" + "".join(f"{found[what]:12.1f}" for found in results.values()) + times + (f"{target:9}" if target else ""))
        missed = missed or bool(ratios and target and min(ratios) < target)
    return int(missed)


class _Client:
    """Asks one server, and reads the answers to their ends."""

    def __init__(self, url: str, user: str, password: str) -> None:
        parts = urlsplit(url)
        self._place, self._home = parts.netloc, parts.path
        self._auth = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._connection = http.client.HTTPConnection(self._place, timeout=600)

    def measure(self, cards: int) -> dict[str, float]:
        """Milliseconds by what is asked; for PUT cards per second."""
        big, small = f"{self._home}/big/", f"{self._home}/small/"
        found = {"etags, cold": self._best(1, lambda: self._ask("PROPFIND", big, _PROPFIND, cards + 1))}
        found["etags of all"] = self._best(5, lambda: self._ask("PROPFIND", big, _PROPFIND, cards + 1))
        found["sync, all"] = self._best(3, lambda: self._ask("REPORT", big, _SYNC.format(""), cards))
        found["sync, one change"] = min(self._one_change(big, number) for number in range(4))
        found["query over 1,000"] = self._best(5, lambda: self._ask("REPORT", small, _QUERY, 50))
        hrefs = "".join(f"<d:href>{small}{number}.vcf</d:href>" for number in range(0, SMALL, SMALL // 100))
        multiget = f"<c:addressbook-multiget {_CARD}><d:prop><d:getetag/><c:address-data/></d:prop>{hrefs}</c:addressbook-multiget>"
        found["multiget of 100"] = self._best(5, lambda: self._ask("REPORT", small, multiget, 100))
        for connections in (1, 8):
            found[f"PUT, {connections} connection{'s' if connections > 1 else ''}"] = self._puts(small, connections)
        return found

    def _best(self, rounds: int, ask: Callable[[], object]) -> float:
        best = float("inf")
        for _ in range(rounds):
            start = time.perf_counter()
            ask()
            best = min(best, time.perf_counter() - start)
        return best * 1e3

    def _one_change(self, book: str, number: int) -> float:
        token = re.findall(rb"sync-token[^>]*>([^<]+)<", self._ask("REPORT", book, _SYNC.format(""), 1))[-1].decode()
        self._put(self._connection, f"{book}{number}.vcf", number, f"Engineer {time.time_ns()}")
        return self._best(1, lambda: self._ask("REPORT", book, _SYNC.format(token), 1))

    def _puts(self, book: str, connections: int) -> float:
        """New cards per second over so many connections, for about two seconds."""
        end, start = time.perf_counter() + 2.5, time.perf_counter()

        def work(worker: int) -> int:
            connection, done = http.client.HTTPConnection(self._place, timeout=600), 0
            while time.perf_counter() < end:
                number = 2_000_000 + connections * 1_000_000 + worker * 100_000 + done
                self._put(connection, f"{book}n{number}.vcf", number)
                done += 1
            connection.close()
            return done

        with ThreadPoolExecutor(connections) as pool:
            return sum(pool.map(work, range(connections))) / (time.perf_counter() - start)

    def _put(self, connection: http.client.HTTPConnection, path: str, number: int, title: str = "Engineer") -> None:
        card = vcard(number).replace("Engineer", title).encode()
        connection.request("PUT", path, card, {"Authorization": self._auth, "Content-Type": "text/vcard; charset=utf-8"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (200, 201, 204), answer.status

    def _ask(self, method: str, path: str, body: str, least: int) -> bytes:
        headers = {"Authorization": self._auth, "Content-Type": "application/xml; charset=utf-8", "Depth": "1" if method == "PROPFIND" else "0"}
        if "addressbook-query" in body:
            headers["Depth"] = "1"
        self._connection.request(method, path, body.encode(), headers)
        answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status == 207 and len(re.findall(rb"<[\w:]*response>|<[\w:]*response ", content)) >= least, (answer.status, content[:500])
        return content


@contextmanager
def _chalet(folder: Path, books: dict[str, int]) -> Iterator[tuple[str, str, str]]:
    """Our server over the books; yields the home, a sync name and an application password."""
    folder.mkdir()
    name, password = asyncio.run(_fill(f"sqlite:///{folder / 'chalet.db'}", books))
    environment = {**os.environ, "CHALET_DATA_DIR": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "app", "serve", "--port", "0"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        port = next(int(line.rsplit(":", 1)[1]) for line in server.stdout if line.startswith("ready"))
        yield f"http://localhost:{port}/dav/contacts/{name}", name, password
    finally:
        server.terminate()
        server.wait(20)


async def _fill(address: str, books: dict[str, int]) -> tuple[str, str]:
    await database.open(address)
    await database.migrate()
    organisation = await Organisation.found("Alpina")
    account = await Account.open("anna@alpina.example", "Anna", "Alpha")
    await organisation.admit(account)
    for segment, cards in books.items():
        await make_at(account.id, organisation.id, segment)
        book = await AddressBook.by_segment(account.id, segment)
        start = time.perf_counter()
        async with database.transaction():
            for number in range(cards):
                await book.put(account.id, f"{number}.vcf", vcard(number))
        print(f"chalet: {cards} cards written in {time.perf_counter() - start:.1f} s", flush=True)
    await database.analyze()
    password = await ApplicationPassword.issue(account.id, "bench")
    await database.close()
    return account.sync_name, password
