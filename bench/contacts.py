"""How fast contacts are: pages of a book of 10,000 cards, finding while one types, and bringing 1,000 cards in.

Pages are asked for as in `bench pages`; CPU is the server's own per request, also as a share of the calibration loop. Targets: a page of the
book 10 ms of the server's time, what is typed 30 ms, the import 3 s.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from app import database
from app.models.account import Account
from app.models.contacts import AddressBook, importing
from app.models.contacts.contact import Contact
from app.models.organisation import Organisation
from app.models.session import Session
from app.models.viewer import Viewer
from bench.calibration import calibrate
from bench.pages import _page
from tests.databases import fresh_database, postgres_cluster

CARDS, IMPORTED = 10_000, 1_000
PAGE_MS, TYPED_MS, IMPORT_S = 10.0, 30.0, 3.0
_GIVEN = [
    "Anna", "Beat", "Chiara", "David", "Elin", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Katja", "Luca", "Mira", "Noah", "Olga",
    "Paul", "Rosa", "Sven", "Tina", "Urs", "Vera", "Walter", "Yara", "Zoë",
]
_FAMILY = [
    "Alder", "Brunner", "Carvalho", "Dotti", "Egli", "Frei", "Graf", "Haddad", "Imhof", "Jost", "Keller", "Lüthi", "Meier", "Ngo",
    "Odermatt", "Perret", "Roth", "Suter", "Tanner", "Vogt", "Weber", "Zgraggen",
]


def main() -> int:
    """Run it on both engines; 1 when a target is missed on SQLite."""
    loop_ms = calibrate()
    print(f"calibration loop: {loop_ms:.1f} ms CPU")
    print(f"{'engine':9} {'what':26} {'p50 ms':>8} {'p99 ms':>8} {'req/s ×16':>10} {'CPU ms':>8} {'of loop':>8}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        missed = _measure("sqlite", folder, f"sqlite:///{folder / 'chalet.db'}", loop_ms)
        try:
            cluster = stack.enter_context(postgres_cluster())
        except FileNotFoundError:
            print("postgres  not installed")
            return missed
        _measure("postgres", folder, asyncio.run(fresh_database(cluster, "contacts")), loop_ms)
    return missed


def _measure(engine: str, folder: Path, address: str, loop_ms: float) -> int:
    token, book, seconds = asyncio.run(_fill(address))
    print(f"{engine:9} import of {IMPORTED} cards: {seconds:.2f} s CPU, {IMPORTED / seconds:.0f} a second")
    missed = seconds > IMPORT_S
    environment = {**os.environ, "CHALET_DATA_DIR": str(folder), "CHALET_RATE_LIMIT": "0", "DATABASE_URL": address if engine == "postgres" else ""}
    server = subprocess.Popen([sys.executable, "-m", "app", "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        port = next(int(line.rsplit(":", 1)[1]) for line in server.stdout if line.startswith("ready"))
        htmx = "HX-Request: true\r\nHX-Target: div#contacts\r\n"
        for name, path, headers, most in (
            ("page of the book", f"/contacts/books/{book}", "", PAGE_MS),
            ("its next piece", f"/contacts/books/{book}?after=k%7C1", htmx.replace("#contacts", "#contacts-more"), PAGE_MS),
            ("a letter of it", f"/contacts/books/{book}?letter=S", htmx, PAGE_MS),
            ("typed: z", f"/contacts/books/{book}?q=z", htmx, TYPED_MS),
            ("typed: zoe gra", f"/contacts/books/{book}?q=zoe+gra", htmx, TYPED_MS),
            ("typed: nobody", f"/contacts/books/{book}?q=xylophone", htmx, TYPED_MS),
            ("typed, in all books: 4411", "/contacts?q=4411", htmx, TYPED_MS),
        ):
            row = asyncio.run(_page(server.pid, port, path, f"Cookie: chalet={token}\r\n{headers}"))
            missed |= row[3] > most and engine == "sqlite"
            print(f"{engine:9} {name:26} {row[0]:8.2f} {row[1]:8.2f} {row[2]:10.0f} {row[3]:8.2f} {row[3] / loop_ms:8.2f}")
    finally:
        server.terminate()
        server.wait(20)
    return int(missed)


def _card(number: int, chance: random.Random) -> str:
    given, family = chance.choice(_GIVEN), chance.choice(_FAMILY)
    return "\r\n".join([
        "BEGIN:VCARD", "VERSION:3.0", f"UID:card-{number}", f"N:{family};{given};;;", f"FN:{given} {family}", f"ORG:{chance.choice(_FAMILY)} AG",
        f"EMAIL;TYPE=work:{given}.{family}.{number}@example.org", f"TEL;TYPE=cell:+41 44 {number:07d}", f"ADR;TYPE=work:;;Weg {number};Bern;BE;3000;CH",
        f"NOTE:{' '.join(chance.choice(_FAMILY) for _ in range(20))}", "END:VCARD", "",
    ])


async def _fill(address: str) -> tuple[str, int, float]:
    """A book with all of the cards, and the seconds of CPU that bringing in some of them took."""
    await database.open(address)
    await database.migrate()
    alpina = await Organisation.found("Alpina", timezone="Europe/Zurich")
    anna = await Account.open("anna@alpina.example", "Anna", "Alpha", timezone="Europe/Zurich")
    member = await alpina.admit(anna)
    _session, token = await Session.begin(member, 30)
    viewer = await Viewer.by_token(token)
    assert viewer is not None
    book = await AddressBook.default_for(anna.id, alpina.id)
    chance = random.Random(5)
    await _bring(viewer, book, "".join(_card(number, chance) for number in range(CARDS - IMPORTED)))
    seconds = await _bring(viewer, book, "".join(_card(number, chance) for number in range(CARDS - IMPORTED, CARDS)))
    assert await Contact.count().where(Contact.book_id == book.id).run() == CARDS
    await database.execute("ANALYZE")
    await database.close()
    return token, book.id, seconds


async def _bring(viewer: Viewer, book: AddressBook, file: str) -> float:
    one = await importing.keep(viewer, book, "cards.vcf", file.encode())
    await importing.start(viewer, one)
    start = time.process_time()
    await importing.carry_out(one.id)
    return time.process_time() - start
