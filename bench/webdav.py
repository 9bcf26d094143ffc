"""WebDAV beside nginx, rclone serve webdav and wsgidav, in one run on the same disk.

    python -m bench webdav [--megabytes=1024] [--files=1000] [--entries=10000]

One large file up and down beside nginx (ours is hashed and kept under its hash meanwhile), with what the server's memory grew; many small files by rclone
beside `rclone serve webdav`, wsgidav and a server that stores nothing (the time that rclone takes for itself); and a folder of many entries beside wsgidav. Best of a few, because neighbours on the machine only ever add.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.calibration import calibrate
from bench.dav_peers import PEERS
from tests.databases import _free_port as free_port
from tools.dav_suites import serving

CHUNK = 1 << 20
RCLONE = PEERS / "rclone"
HURRY = ("--webdav-pacer-min-sleep", "0")  # otherwise it waits 10 ms between two requests, and no server is three times another
PROPFIND = (
    b'<d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:getcontentlength/><d:getlastmodified/><d:getetag/></d:prop></d:propfind>'
)


class Server(NamedTuple):
    """Where a WebDAV server is, below a path, and as whom it is asked."""

    port: int
    path: str
    user: str = "u"
    password: str = "p"

    @property
    def authorization(self) -> str:
        """The header's value."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


def main() -> int:
    """Measure and compare. Returns 1 when a target is missed."""
    options = _options()
    print(f"calibration loop: {calibrate():.1f} ms CPU")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        place = stack.enter_context(serving(folder))
        ours = Server(int(place.url.rsplit(":", 1)[1].rstrip("/")), "/dav/files/", place.name, place.password)
        met = [_large(options.megabytes, folder, ours, stack), _small(options.files, folder, ours, stack), _many(options.entries, folder, ours, stack)]
    return int(not all(met))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=10_000)
    return parser.parse_args()


# -- one large file


def _large(megabytes: int, folder: Path, ours: Server, stack: ExitStack) -> bool:
    big = folder / "big.bin"
    with big.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(CHUNK))
    nginx = stack.enter_context(_nginx(folder / "nginx"))
    before, speeds = _memory(ours), {name: {"PUT": 0.0, "GET": 0.0} for name in ("nginx", "ours")}
    for number in range(3):  # in turn, so that both meet the same neighbours
        for name, server in (("nginx", nginx), ("ours", ours)):
            up = megabytes / _took(lambda server=server, number=number: _put(server, f"big{number}.bin", big))
            down = megabytes / _took(lambda server=server: _get(server, "big0.bin", big.stat().st_size))
            speeds[name] = {"PUT": max(up, speeds[name]["PUT"]), "GET": max(down, speeds[name]["GET"])}
    grown = _memory(ours) - before
    met = grown < 50
    for what, wanted in (("GET", 0.5), ("PUT", 0.4)):
        share = speeds["ours"][what] / speeds["nginx"][what]
        met = met and share >= wanted
        print(f"{what} {megabytes} MiB: ours {speeds['ours'][what]:.0f}, nginx {speeds['nginx'][what]:.0f} MiB/s; {share:.2f} of it, wanted {wanted}")
    print(f"peak memory grew by {grown:.0f} MiB, wanted below 50")
    big.unlink()
    return met


def _put(server: Server, name: str, path: Path) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection, path.open("rb") as file:
        size = path.stat().st_size
        connection.sendall(
            f"PUT {server.path}{name} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {server.authorization}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode()
        )
        connection.sendfile(file)
        answer = connection.recv(4096)
    assert answer.split()[1] in (b"201", b"204"), answer


def _get(server: Server, name: str, size: int) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"GET {server.path}{name} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {server.authorization}\r\nConnection: close\r\n\r\n".encode())
        buffer, received = bytearray(CHUNK), 0
        while count := connection.recv_into(buffer):
            received += count
    assert received >= size, received


def _memory(server: Server) -> float:
    """The most that the server's process ever held, in MiB: VmHWM."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = (status.parent / "cmdline").read_bytes().split(b"\0")
            if b"serve" in command and b"app" in command and _listens(status.parent, server.port):
                return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
        except (OSError, StopIteration):
            continue
    raise LookupError("no server")


def _listens(process: Path, port: int) -> bool:
    inodes = {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"}
    return any(str(link.readlink()).removeprefix("socket:[").rstrip("]") in inodes for link in (process / "fd").iterdir())


# -- many small files


def _small(files: int, folder: Path, ours: Server, stack: ExitStack) -> bool:
    source = folder / "small"
    source.mkdir()
    for number in range(files):
        (source / f"{number}.bin").write_bytes(os.urandom(10_000))
    servers = {"ours": ours, "rclone": stack.enter_context(_rclone(folder / "rclone")), "wsgidav": stack.enter_context(_wsgidav(folder / "wsgidav", files))}
    floor = {"floor": stack.enter_context(_instant())}
    seconds = _by_rclone(servers | floor, folder, source)
    print(f"{files} files of 10 kB by rclone {' '.join(HURRY)}, where nothing is stored: {seconds['floor']:.1f} s ({files / seconds.pop('floor'):.0f}/s)")
    _told("by it", files, seconds)
    direct = dict.fromkeys(servers, float("inf"))
    for number in range(3):
        for name, server in servers.items():
            _rest(folder / "data")
            direct[name] = min(direct[name], _took(lambda server=server, number=number: _sent(server, source, f"d{number}")))
    _told("over four connections", files, direct)
    return all(seen["ours"] <= seen["rclone"] and seen["ours"] * 3 <= seen["wsgidav"] for seen in (seconds, direct))


def _by_rclone(servers: dict[str, Server], folder: Path, source: Path) -> dict[str, float]:
    """The best of three for each server, in turn, so that all meet the same neighbours."""
    best = dict.fromkeys(servers, float("inf"))
    for number in range(3):
        for name, server in servers.items():
            best[name] = min(best[name], _took(lambda server=server, number=number: _copied(server, folder, source, f"s{number}")))
    return best


def _told(how: str, files: int, seconds: dict[str, float]) -> None:
    print(f"{files} files of 10 kB {how}: " + ", ".join(f"{name} {taken:.1f} s ({files / taken:.0f}/s)" for name, taken in seconds.items()))
    print(f"  as fast as rclone serve: {seconds['rclone'] / seconds['ours']:.2f}, wanted 1; as wsgidav: {seconds['wsgidav'] / seconds['ours']:.2f}, wanted 3")


def _sent(server: Server, source: Path, to: str) -> None:
    """The same files without rclone's pauses."""
    headers = {"Authorization": server.authorization}
    first = http.client.HTTPConnection("127.0.0.1", server.port)
    first.request("MKCOL", f"{server.path}{to}/", headers=headers)
    first.getresponse().read()
    paths = sorted(source.iterdir())

    def work(part: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        for path in paths[part::4]:
            connection.request("PUT", f"{server.path}{to}/{path.name}", path.read_bytes(), headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status in (200, 201, 204), answer.status
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


def _copied(server: Server, folder: Path, source: Path, to: str) -> None:
    obscured = subprocess.run([RCLONE, "obscure", server.password], capture_output=True, text=True, check=True).stdout.strip()
    configuration = folder / f"rclone-{server.port}.conf"
    configuration.write_text(
        f"[it]\ntype = webdav\nurl = http://localhost:{server.port}{server.path}\nvendor = other\nuser = {server.user}\npass = {obscured}\n"
    )
    subprocess.run([RCLONE, "--config", configuration, "copy", *HURRY, source, f"it:{to}"], check=True)


# -- many entries


def _many(entries: int, folder: Path, ours: Server, stack: ExitStack) -> bool:
    store = folder / "entries"
    (store / "many").mkdir(parents=True)
    for number in range(entries):
        (store / "many" / f"file {number}.txt").write_bytes(b"")
    _fill(folder / "data", ours.user, entries)
    wsgidav = stack.enter_context(_wsgidav(store, 0))
    _rest(folder / "data")
    taken = {name: min(_took(lambda server=server: _listed(server, entries)) for _ in range(3)) for name, server in (("ours", ours), ("wsgidav", wsgidav))}
    times = taken["wsgidav"] / taken["ours"]
    print(f"PROPFIND of {entries} entries: ours {taken['ours'] * 1e3:.0f} ms, wsgidav {taken['wsgidav'] * 1e3:.0f} ms; {times:.1f} times, wanted 5")
    return times >= 5


def _fill(data: Path, sync_name: str, entries: int) -> None:
    """A folder with so many files, written straight into the database of the running server."""
    import asyncio

    from app import database
    from app.lib import blobs
    from app.models.dav import Caller
    from app.models.drive import find_node, home_drive, make_folder, put_file
    from app.models.files import keep_bytes

    async def run() -> None:
        await database.open(f"sqlite:///{data / 'chalet.db'}")
        blobs.use(data / "files")
        row = await database.fetch_one("SELECT * FROM account WHERE sync_name = $1", sync_name)
        from app.models.account import Account

        assert row is not None
        viewer = (await Caller.of(Account.from_row(row))).viewers[0]
        folder = await make_folder(viewer, await find_node(viewer, (await home_drive(viewer)).root_id), "many")
        found, blob = await find_node(viewer, folder.id), await keep_bytes(b"")
        for start in range(0, entries, 500):
            async with database.transaction():
                for number in range(start, min(start + 500, entries)):
                    await put_file(viewer, found, f"file {number}.txt", blob)
        await database.close()

    asyncio.run(run())


def _rest(data: Path) -> None:
    """Wait until our server has looked into what came in, which it does afterwards."""
    with closing(sqlite3.connect(data / "chalet.db")) as connection:
        for _ in range(600):
            if connection.execute("SELECT COUNT(*) FROM job WHERE dead_at IS NULL AND run_at <= ?", (time.time_ns() // 1_000_000,)).fetchone()[0] == 0:
                return
            time.sleep(0.2)


def _listed(server: Server, entries: int) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        head = f"PROPFIND {server.path}many/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: {server.authorization}\r\nDepth: 1\r\nContent-Type: application/xml\r\n"
        connection.sendall(f"{head}Content-Length: {len(PROPFIND)}\r\nConnection: close\r\n\r\n".encode() + PROPFIND)
        content = b"".join(iter(lambda: connection.recv(CHUNK), b""))
    assert content.count(b"getcontentlength>") + content.count(b"getcontentlength />") >= entries, content[:600]


# -- the others


@contextmanager
def _nginx(folder: Path) -> Iterator[Server]:
    (folder / "root").mkdir(parents=True)
    port = free_port()
    (folder / "nginx.conf").write_text(f"""
user root; worker_processes 1; daemon off; error_log {folder}/error.log; pid {folder}/pid;
events {{ worker_connections 64; }}
http {{ access_log off; client_max_body_size 0; client_body_temp_path {folder}/body; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}/root; location / {{ dav_methods PUT DELETE MKCOL COPY MOVE; create_full_put_path on; }} }} }}
""")
    with _running(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)], port):
        yield Server(port, "/")


@contextmanager
def _rclone(folder: Path) -> Iterator[Server]:
    folder.mkdir()
    port = free_port()
    with _running([str(RCLONE), "serve", "webdav", str(folder), "--addr", f"127.0.0.1:{port}", "--user", "u", "--pass", "p"], port):
        yield Server(port, "/")


@contextmanager
def _instant() -> Iterator[Server]:
    port = free_port()
    with _running([sys.executable, "-m", "bench.dav_instant", str(port)], port):
        yield Server(port, "/")


@contextmanager
def _wsgidav(folder: Path, _files: int) -> Iterator[Server]:
    folder.mkdir(exist_ok=True)
    port = free_port()
    command = [str(PEERS / "wsgidav"), "--host", "127.0.0.1", "--port", str(port), "--root", str(folder), "--auth", "anonymous", "-q"]
    with _running(command, port):
        yield Server(port, "/")


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None:
                    sys.exit(f"{command[0]} didn’t start")
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _took(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
