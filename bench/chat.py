"""Chat under load: 500 readers of one channel, every message written to the database and rendered; and a channel with many messages.

    python -m bench chat [--messages=200000]

Readers (bench/live_readers.c) and server share the machine. The clock starts before a message is written: command, search entry,
Markdown, HTML, COMMIT and the way to the last reader are all in it. Where Prosody is installed, it gets as many messages in a room of as
many readers beside ours; elsewhere only our figures are printed. Targets: 20,000 deliveries a second with p99 under 250 ms, p99 under 50 ms at 5
messages a second, a piece of a channel in at most 5 ms.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from app import database
from app.lib import clock
from app.lib.ids import first_at
from app.models.account import Account
from app.models.chat import Channel, log
from app.models.chat.places import places_of
from app.models.organisation import Organisation
from app.models.session import Session
from app.models.viewer import Viewer
from bench import chat_peers
from bench.calibration import calibrate, percentile
from bench.live import HERE, Round, _round

READERS = 500
OPTION = "--messages="


def main() -> int:
    """Measure. Returns 1 when a target is missed."""
    loop_ms = calibrate()
    print(f"calibration loop: {loop_ms:.1f} ms CPU")
    is_met = _opening(next((int(one.removeprefix(OPTION)) for one in sys.argv if one.startswith(OPTION)), 200_000))
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        print("The readers are a C program: install gcc (apt-get install gcc libc6-dev) to measure deliveries.")
        return int(not is_met)
    with tempfile.TemporaryDirectory() as folder:
        readers = Path(folder) / "live_readers"
        subprocess.run([compiler, "-O2", "-o", str(readers), str(HERE / "live_readers.c")], check=True)
        is_met = _deliveries(readers) and is_met
        _peers(readers)
        return int(not is_met)


def _peers(readers: Path) -> None:
    """Prosody in the same run, on the same machine, with the same readers."""
    if chat_peers.PROSODY is None:
        print("\nProsody isn't installed (apt-get install prosody): nothing is measured beside ours.")
        return
    print(f"\nProsody, {READERS} readers of one room, each message archived and sent")
    for rate, seconds in ((5, 6), (20, 4), (40, 4)):
        print(f"  {rate:3} messages/s  {chat_peers.measure(readers, READERS, rate, seconds)}")


def _deliveries(readers: Path) -> bool:
    print(f"\n{READERS} readers of one channel, each message written, indexed, rendered and sent")
    calm = _measure(readers, 5, 6)
    print(f"    5 messages/s  {calm}   (target: p99 under 50 ms)")
    best: Round | None = None
    for rate in (40, 60, 100, 200):
        each = _measure(readers, rate, 4)
        print(f"  {rate:3} messages/s  {each}")
        if each.p99 < 250 and (best is None or each.rate > best.rate):
            best = each
    most = best.rate if best else 0
    print(f"  most with p99 under 250 ms: {most:,.0f} deliveries/s (target 20,000; measured here for others: Prosody 7,500, Synapse 220)")
    return calm.p99 < 50 and most >= 20_000


def _measure(readers: Path, rate: int, seconds: float) -> Round:
    with _serving() as url:
        channel = httpx.get(f"{url}/status", timeout=60).json()["channel"]
        command = [str(readers), url.rpartition(":")[2], "/live/%d", str(READERS), "0", f'{{"sub":["channel:{channel}"]}}']
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None
            client.stdout.readline()
            for _ in range(200):
                if httpx.get(f"{url}/status", timeout=60).json()["listeners"] == READERS:
                    break
                time.sleep(0.05)
            told: dict[str, Any] = httpx.get(f"{url}/write/{rate}/{float(seconds)}", timeout=120).json()
            client.terminate()
            lines = [tuple(map(int, line.split())) for line in client.stdout]
    return _round(lines, told, READERS)


@contextmanager
def _serving() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen([sys.executable, "-m", "bench.chat_server", str(port)], cwd=HERE.parent)
    try:
        for _ in range(600):
            try:
                httpx.get(f"http://127.0.0.1:{port}/status", timeout=5)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(15)


# -- a channel with many messages


def _opening(messages: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        waits = asyncio.run(_open(Path(folder), messages))
    print(f"\nA channel of {messages:,} messages, wall clock of its queries, and of what stands beside it")
    for name, times in waits.items():
        print(f"  {name:22} p50 {percentile(times, 50):6.2f} ms, p99 {percentile(times, 99):6.2f} ms   (target: 5 ms)")
    return all(percentile(times, 50) <= 5 for times in waits.values())


async def _open(folder: Path, messages: int) -> dict[str, list[float]]:
    await database.open(f"sqlite:///{folder / 'chat.db'}")
    try:
        await database.migrate()
        viewer, channel = await _fill(messages)
        middle = first_at(clock.now() - messages * 500)
        asked = {
            "the newest": lambda: log.opening(channel.id, channel.last_message_id, channel.last_message_id),
            "around the middle": lambda: log.around(channel.id, middle), "before the middle": lambda: log.before(channel.id, middle),
            "changes of an hour": lambda: log.changes(channel.id, channel.last_message_id - 10), "the side column": lambda: places_of(viewer),
            "the latest files": lambda: database.fetch("SELECT id FROM message_file WHERE channel_id = $1 ORDER BY id DESC LIMIT 40", channel.id),
        }
        found: dict[str, list[float]] = {}
        for name, work in asked.items():
            for _ in range(40):
                began = time.perf_counter()
                await work()
                found.setdefault(name, []).append((time.perf_counter() - began) * 1000)
        return found
    finally:
        await database.close()


async def _fill(messages: int) -> tuple[Viewer, Channel]:
    organisation = await Organisation.found("Bench")
    account = await Account.open("anna@bench.example", "Anna", "Alpha")
    _session, token = await Session.begin(await organisation.admit(account, "legal"), 30)
    viewer = await Viewer.by_token(token)
    assert viewer is not None
    channel = await Channel.start(viewer, "public", "long")
    begin, sql = clock.now() - messages * 1000, (
        "INSERT INTO message (id, org_id, channel_id, author_id, text, html, created_at, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $1)"
    )
    for start in range(0, messages, 10_000):
        rows = [
            (first_at(begin + n * 1000), organisation.id, channel.id, account.id, f"Message {n}", f"<p>Message {n}</p>", begin + n * 1000)
            for n in range(start, min(messages, start + 10_000))
        ]
        await database.execute_many(sql, rows)
    last = first_at(begin + (messages - 1) * 1000)
    await channel.change(last_message_id=last)
    await database.execute("UPDATE channel_member SET read_up_to = $1", last)
    await database.analyze()
    return viewer, await Channel.seen_by(viewer, channel.id)
