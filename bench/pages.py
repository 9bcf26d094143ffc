"""How fast pages are: the home page, a channel of 50 messages, and a fragment, on SQLite and on PostgreSQL where it is installed.

Each is asked for over one keep-alive connection (p50, p99) and over 16 (requests per second), from a client that only reads bytes, on
the same machine. CPU per request is the server's own (user and system), also as a share of the calibration loop.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from app import database
from app.models.account import Account
from app.models.chat import Channel
from app.models.organisation import Organisation
from app.models.session import Session
from bench.calibration import calibrate, percentile
from tests.databases import fresh_database, postgres_cluster

MESSAGES = 20_000
REQUESTS = 400
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run it on both engines."""
    loop_ms = calibrate()
    print(f"calibration loop: {loop_ms:.1f} ms CPU")
    print(f"{'engine':9} {'page':22} {'p50 ms':>8} {'p99 ms':>8} {'req/s ×16':>10} {'CPU ms':>8} {'of loop':>8} {'bytes':>8}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _measure("sqlite", folder, f"sqlite:///{folder / 'chalet.db'}", loop_ms)
        try:
            cluster = stack.enter_context(postgres_cluster())
        except FileNotFoundError:
            print("postgres  not installed")
            return
        _measure("postgres", folder, asyncio.run(fresh_database(cluster, "pages")), loop_ms)


def _measure(engine: str, folder: Path, address: str, loop_ms: float) -> None:
    token, channel = asyncio.run(_fill(address))
    environment = {**os.environ, "CHALET_DATA_DIR": str(folder), "CHALET_RATE_LIMIT": "0", "DATABASE_URL": address if engine == "postgres" else ""}
    server = subprocess.Popen([sys.executable, "-m", "app", "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        port = next(int(line.rsplit(":", 1)[1]) for line in server.stdout if line.startswith("ready"))
        for name, path, headers in (
            ("home", "/", ""),
            ("channel, 50 messages", f"/chat/channels/{channel}", ""),
            ("channel, in the shell", f"/chat/channels/{channel}", "HX-Request: true\r\nHX-Target: div#view\r\n"),
            ("older messages", f"/chat/channels/{channel}/messages?before={2**53 - 1}", "HX-Request: true\r\nHX-Target: div#older\r\n"),
            ("palette fragment", "/search/palette?q=", "HX-Request: true\r\nHX-Target: div#palette-results\r\n"),
        ):
            row = asyncio.run(_page(server.pid, port, path, f"Cookie: chalet={token}\r\n{headers}"))
            print(f"{engine:9} {name:22} {row[0]:8.2f} {row[1]:8.2f} {row[2]:10.0f} {row[3]:8.2f} {row[3] / loop_ms:8.2f} {row[4]:8d}")
    finally:
        server.terminate()
        server.wait(20)


async def _fill(address: str) -> tuple[str, int]:
    await database.open(address)
    await database.migrate()
    alpina = await Organisation.found("Alpina", timezone="Europe/Zurich")
    people = [await Account.open(f"person{number}@alpina.example", f"Person{number}", "Alpha") for number in range(12)]
    members = [await alpina.admit(account) for account in people]
    _session, token = await Session.begin(members[0], 30)
    row = await database.fetch_one("SELECT * FROM channel WHERE org_id = $1 ORDER BY id LIMIT 1", alpina.id)
    assert row is not None
    channel = Channel.from_row(row)
    last = await _talk(channel, alpina, people)
    await database.execute("UPDATE channel SET last_message_id = $1 WHERE id = $2", last, channel.id)
    await database.execute("UPDATE channel_member SET read_up_to = $1 WHERE channel_id = $2", last, channel.id)
    await database.execute("ANALYZE")
    await database.close()
    return token, channel.id


async def _talk(channel: Channel, organisation: Organisation, people: list[Account]) -> int:
    from app.lib import ids

    rows = []
    for number in range(MESSAGES):
        id_ = ids.new_id()
        text = f"Message number {number} says what has to be said about the launch, in a line of some length."
        author = people[(number // 3) % len(people)].id
        rows.append((id_, organisation.id, channel.id, author, text, f"<p>{text}</p>", ids.made_at(id_), id_))
    await database.execute_many(
        "INSERT INTO message (id, org_id, channel_id, author_id, text, html, created_at, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", rows
    )
    return rows[-1][0]


async def _page(pid: int, port: int, path: str, headers: str) -> tuple[float, float, float, float, int]:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: zstd\r\n{headers}\r\n".encode()
    await _ask(port, request, 30)
    times, size = await _ask(port, request, REQUESTS)
    began, cpu = time.perf_counter(), _cpu(pid)
    await asyncio.gather(*(_ask(port, request, REQUESTS // 16) for _ in range(16)))
    elapsed, count = time.perf_counter() - began, REQUESTS // 16 * 16
    return percentile(times, 50) * 1000, percentile(times, 99) * 1000, count / elapsed, (_cpu(pid) - cpu) / count * 1000, size


async def _ask(port: int, request: bytes, count: int) -> tuple[list[float], int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times, size = [], 0
    for _ in range(count):
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{request!r} was answered {head.splitlines()[0]!r}")
        size = int(next(line for line in head.lower().splitlines() if line.startswith(b"content-length")).split(b":")[1])
        await reader.readexactly(size)
        times.append(time.perf_counter() - began)
    writer.close()
    return times, size


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
