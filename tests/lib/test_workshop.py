"""Tasks in forks of a process that waits for them: what hostile ones may not do, and when that process ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.lib.workshop import Workshop

pytestmark = pytest.mark.anyio
FAILED = {"failed": "limits"}


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    workshop = Workshop("tests.lib.bad_workshop")
    yield workshop
    workshop.close()


async def _ends(pid: int) -> None:
    stat = Path(f"/proc/{pid}/stat")
    for _ in range(200):
        try:
            if ") Z" in stat.read_text():
                return
        except (FileNotFoundError, ProcessLookupError):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it still runs")


async def test_a_task_that_dies_takes_nobody_with_it(workshop: Workshop) -> None:
    patient = asyncio.create_task(workshop.do(["sleep", "2"], 30))
    await asyncio.sleep(0)  # it is asked first
    assert await asyncio.gather(*(workshop.do([word], 30) for word in ("crash", "spin", "eat"))) == [FAILED] * 3
    assert await workshop.do(["sleep", "60"], 0.5) == FAILED
    others = await workshop.do([], 30)
    assert (await patient)["pid"] and others["pid"]
    assert (await patient)["parent"] != others["parent"]  # addresses that a crash told of are used no more


async def test_a_task_has_its_limits_and_nothing_of_the_server(workshop: Workshop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        os.set_inheritable(server.fileno(), True)
        facts, again = await workshop.do([], 30), await workshop.do([], 30)
    assert facts["limits"] == [400_000_000, 1, 200_000_000] and facts["nice"] >= 10
    assert facts["parent"] == again["parent"] and facts["pid"] != again["pid"]
    assert len(facts["handles"]) == 1, facts["handles"]  # where it answers
    confined, mine = [sys.executable, "-m", "app.lib.confined", "2000000000", "10"], str(Path("/proc/self/ns/net").readlink())
    other = subprocess.run([*confined, "readlink", "/proc/self/ns/net"], capture_output=True, text=True, check=True).stdout.strip()
    assert (facts["network"] == mine) is (other == mine)


async def test_one_that_is_gone_is_started_again(workshop: Workshop) -> None:
    first = (await workshop.do([], 30))["parent"]
    os.kill(first, signal.SIGKILL)
    await _ends(first)
    assert (await workshop.do([], 30))["parent"] != first
    assert await workshop.do(["orphan"], 30) == FAILED
    assert "pid" in await workshop.do([], 30)


async def test_it_ends_when_nothing_is_asked() -> None:
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with mine, theirs:
        command = [sys.executable, "-c", "from app.lib import forks; forks.IDLE = 0.1; forks.serve(dict)"]
        subprocess.run(command, stdin=theirs.fileno(), check=True, timeout=30)


async def test_it_ends_when_the_server_is_killed() -> None:
    script = """
import asyncio
from app.lib.workshop import Workshop

async def main():
    print((await Workshop("tests.lib.bad_workshop").do([], 30))["parent"], flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        pid = int(server.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        server.kill()
    await _ends(pid)


def test_limits_are_never_raised() -> None:
    """Where the server itself may have less, such as under `ulimit -v` or in a service with LimitAS."""
    less = f"ulimit -v 1500000 && {sys.executable} -m app.lib.confined 2000000000 10 bash -c 'ulimit -v; ulimit -t'"
    assert subprocess.run(["bash", "-c", less], capture_output=True, text=True, check=True).stdout.split() == ["1500000", "10"]
