"""Live updates: how soon the last of many readers has an event, how many deliveries a process makes, and what they cost.

Readers (a C program, bench/live_readers.c) and server share the machine. Wall-clock figures on a machine that others use say little:
the CPU time per delivery and the ratio to Litestar's channels plugin, measured in the same run, are what to look at.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.live.bus import Published
from app.live.redis_bus import RedisBus

HERE = Path(__file__).parent
READERS = 1000
SUBSCRIBE = '{"sub":["room:1"]}'
PATHS = {"hub": ("/live/%d", SUBSCRIBE), "channels": ("/channels/main?reader=%d", "")}


@dataclass
class Round:
    """What one round of publishing came to. Milliseconds, deliveries per second, CPU microseconds of the server."""

    p50: float
    p99: float
    rate: float
    cpu: float
    complete: float

    def __str__(self) -> str:
        return (
            f"last delivery p50 {self.p50:6.1f} ms, p99 {self.p99:6.1f} ms · {self.rate:8,.0f} deliveries/s"
            f" · {self.cpu:5.1f} µs CPU each · {self.complete:4.0%} delivered"
        )


class Server:
    """`bench.live_server` in a process of its own."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process = subprocess.Popen([sys.executable, "-m", "bench.live_server", str(self.port)], cwd=HERE.parent)

    def get(self, path: str) -> Any:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=120).json()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(15)


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    try:
        for _ in range(200):
            try:
                server.get("/status")
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield server
    finally:
        server.stop()


def measure(
    readers: Path, way: str, rate: int, seconds: float, *, count: int = READERS, deaf: int = 0, size: int = 64
) -> tuple[Round, Any]:
    """Publish `rate` events a second to `count` readers of a fresh server."""
    path, subscribe = PATHS[way]
    with serving() as server:
        command = [str(readers), str(server.port), path, str(count), str(deaf), subscribe]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None
            client.stdout.readline()
            _settle(server, way, count)
            told = server.get(f"/publish/{way}/{rate}/{float(seconds)}/{size}")
            status = server.get("/status")
            client.terminate()
            lines = [tuple(map(int, line.split())) for line in client.stdout]
    return _round(lines, told, count - deaf), status


def _settle(server: Server, way: str, count: int) -> None:
    for _ in range(100):
        if way != "hub" or server.get("/status")["listeners"] == count:
            break
        time.sleep(0.05)
    time.sleep(0.5)


def _round(lines: list[tuple[int, ...]], told: dict[str, float], readers: int) -> Round:
    delays = sorted((last - sent) / 1e6 for _, sent, last, _ in lines)
    deliveries = sum(count for *_, count in lines)
    took = (max(last for _, _, last, _ in lines) - min(sent for _, sent, _, _ in lines)) / 1e9
    return Round(
        p50=delays[len(delays) // 2],
        p99=delays[min(len(delays) - 1, int(len(delays) * 0.99))],
        rate=deliveries / max(took, 1e-9),
        cpu=told["cpu"] / deliveries * 1e6,
        complete=deliveries / (told["events"] * readers),
    )


def memory(readers: Path) -> float:
    """Kilobytes of the server process per idle connection."""
    with serving() as server:
        server.get("/status")
        before = server.get("/status")["rss"]
        command = [str(readers), str(server.port), PATHS["hub"][0], str(READERS), "0", SUBSCRIBE]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None
            client.stdout.readline()
            _settle(server, "hub", READERS)
            after = server.get("/status")["rss"]
            client.kill()
    return float(after - before) / READERS / 1024


async def bus_cost(events: int = 5000) -> float:
    """CPU microseconds of the processes together to send one event through Redis and to unpack it at the other end."""
    arrived = asyncio.Event()
    left = events

    def take(_content: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            arrived.set()

    with _redis() as url:
        sender, receiver = (RedisBus(url, take, lambda: None) for _ in range(2))
        await receiver.open()
        await sender.open()
        before = time.process_time()
        for _ in range(events // 10):
            for _ in range(10):
                sender.send(Published("room:1", b"x" * 300))
            await asyncio.sleep(0)
        await asyncio.wait_for(arrived.wait(), 30)
        cost = time.process_time() - before
        await sender.close()
        await receiver.close()
    return cost / events * 1e6


@contextmanager
def _redis() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        time.sleep(0.5)
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def main() -> int:
    """Measure. Returns 1 when a target is missed."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        print("The readers are a C program: install gcc (apt-get install gcc libc6-dev) to run this bench.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        readers = Path(folder) / "live_readers"
        subprocess.run([compiler, "-O2", "-o", str(readers), str(HERE / "live_readers.c")], check=True)
        return int(not report(readers))


def report(readers: Path) -> bool:
    """Measure and print everything; whether the targets are met."""
    print(f"{READERS:,} readers of one topic, 10 events/s (target: p99 under 100 ms)")
    hub, _ = measure(readers, "hub", 10, 5)
    channels, _ = measure(readers, "channels", 10, 5)
    print(f"  hub       {hub}\n  channels  {channels}\n")

    print("The ceiling: more and more events/s (target: at least 40,000 deliveries/s)")
    rounds = {rate: measure(readers, "hub", rate, 3)[0] for rate in (50, 100, 400)}
    for rate, each in rounds.items():
        print(f"  hub {rate:4} events/s  {each}")
    ceiling, _ = measure(readers, "channels", 100, 3)
    print(f"  channels  100/s    {ceiling}")
    same = rounds[100]
    print(
        f"  the same 100 events/s: {same.rate / ceiling.rate:.1f} times the deliveries of the channels plugin,"
        f" {ceiling.cpu / same.cpu:.1f} times cheaper; at 10 events/s {channels.cpu / hub.cpu:.1f} times cheaper (target: 3)\n"
    )

    print("A reader that never reads (200 readers, 50 events/s of 20 kB)")
    without, _ = measure(readers, "hub", 50, 4, count=200, size=20_000)
    beside, status = measure(readers, "hub", 50, 4, count=200, deaf=1, size=20_000)
    print(f"  without  {without}\n  with     {beside} · lagging {status['lagging']}\n")

    kilobytes = memory(readers)
    print(f"Memory: {kilobytes:.1f} kB per idle connection (target: under 25)")
    if shutil.which("redis-server"):
        print(
            f"Redis: {asyncio.run(bus_cost()):.0f} µs CPU to send one event and unpack it in one other process (which hears it back, too)"
        )
    best = max(each.rate for each in rounds.values())
    return hub.p99 < 100 and best >= 40_000 and channels.cpu / hub.cpu >= 3 and beside.complete > 0.999 and kilobytes < 25
