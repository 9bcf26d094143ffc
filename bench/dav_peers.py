"""Servers that `bench dav` is run beside, from `.venv-peers` (docs/sync.md): Radicale and Xandikos, each over files with the same cards."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import _free_port as free_port

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv-peers" / "bin"
VCARD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{number}\r\nFN:{name}\r\nN:{family};{given};;;\r\nORG:Alpina {group}\r\nTITLE:Engineer\r\n"
    "EMAIL;TYPE=work:{given}.{family}{number}@example.org\r\nTEL;TYPE=cell:+41 79 {number:07d}\r\nADR;TYPE=work:;;Seestrasse {group};Zürich;;8002;Schweiz\r\n"
    "BDAY:1980-01-{day:02d}\r\nNOTE:Met at the fair\\, wants to hear about {group}\r\nREV:20260101T000000Z\r\nEND:VCARD\r\n"
)
_GIVEN = ("Anna", "Beat", "Chiara", "David", "Elin", "Farid", "Greta", "Hugo", "Inés", "Jonas")
_FAMILY = ("Alder", "Berg", "Costa", "Dotti", "Egger", "Frey", "Graf", "Huber", "Ivanov", "Jung", "Keller")


def vcard(number: int) -> str:
    """A card that looks like one."""
    given, family = _GIVEN[number % 10], _FAMILY[number % 11]
    return VCARD.format(number=number, name=f"{given} {family}", given=given, family=family, group=number % 50, day=number % 28 + 1)


@contextmanager
def radicale(folder: Path, books: dict[str, int]) -> Iterator[str]:
    """Radicale over books with so many cards; yields where the books are."""
    for book, cards in books.items():
        place = folder / "collection-root" / "user" / book
        place.mkdir(parents=True)
        (place / ".Radicale.props").write_text('{"tag": "VADDRESSBOOK", "D:displayname": "Book"}')
        for number in range(cards):
            (place / f"{number}.vcf").write_bytes(vcard(number).encode())
    port = free_port()
    command = [PEERS / "radicale", "--server-hosts", f"127.0.0.1:{port}", "--storage-filesystem-folder", folder, "--auth-type", "none", "--logging-level", "error"]
    with _running([str(part) for part in command], port):
        yield f"http://127.0.0.1:{port}/user"


@contextmanager
def xandikos(folder: Path, books: dict[str, int]) -> Iterator[str]:
    """Xandikos over the same."""
    port = free_port()
    command = [PEERS / "xandikos", "serve", "-d", folder, "-p", port, "-l", "127.0.0.1", "--defaults", "--state-dir", folder / "state"]
    with _running([str(part) for part in command], port):
        pass  # it makes its folders
    home = folder / "user" / "contacts"
    for book, cards in books.items():
        place = home / book
        subprocess.run(["cp", "-r", str(home / "addressbook"), str(place)], check=True)
        bare = subprocess.run(["git", "rev-parse", "--is-bare-repository"], cwd=place, check=True, capture_output=True, text=True).stdout.strip() == "true"
        assert not bare, "the folder holds the cards as files"
        for number in range(cards):
            (place / f"{number}.vcf").write_bytes(vcard(number).encode())
        git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
        subprocess.run([*git, "add", "-A"], cwd=place, check=True)
        subprocess.run([*git, "commit", "-qm", "cards"], cwd=place, check=True)
    with _running([str(part) for part in command], port):
        yield f"http://127.0.0.1:{port}/user/contacts"


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if process.poll() is not None:
                sys.exit(f"{process.args[0]} didn’t start")  # type: ignore[index]
            time.sleep(0.1)
    raise TimeoutError
