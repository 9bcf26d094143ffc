"""A process beside the server that has imported what a kind of work needs, and does each task in a fork of itself (app/lib/forks.py)."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parent.parent.parent
_MOST_SAID = 1 << 16  # bytes of an answer
_PATIENCE = 5.0  # seconds beyond a task's time, until it is given up here


class Workshop:
    """The server's end. The process is started when there is something to do, ends by itself when there isn't or the server dies, and is
    another one after a task crashed: so a hostile file can't try the same process' addresses again and again."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._door: socket.socket | None = None
        self._processes: list[subprocess.Popen[bytes]] = []

    async def do(self, words: list[str], seconds: float) -> dict[str, Any]:
        """What the module's work says to these words, and {"failed": "limits"} for one that crashed or took too long. Raises OSError where no
        process can be had."""
        said = await self._ask(words, seconds) or await self._ask(words, seconds)
        if not said:
            raise ChildProcessError(f"{self._module} doesn't answer")
        try:
            facts: dict[str, Any] = json.loads(said)
        except ValueError:
            self._leave()
            return {"failed": "limits"}
        return facts

    def close(self) -> None:
        """End it, and what it is at."""
        self._leave()
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes.clear()

    async def _ask(self, words: list[str], seconds: float) -> bytes:
        """Nothing where the process was gone before it began."""
        mine, theirs = socket.socketpair()
        with mine:
            with theirs:
                self._send(json.dumps([seconds, *words]).encode(), theirs.fileno())
            mine.setblocking(False)
            said = b""
            try:
                async with asyncio.timeout(seconds + _PATIENCE):
                    while len(said) < _MOST_SAID and (more := await asyncio.get_running_loop().sock_recv(mine, _MOST_SAID)):
                        said += more
            except (TimeoutError, ConnectionError):
                said += b" "
            return said

    def _send(self, task: bytes, answer: int) -> None:
        try:
            socket.send_fds(self._door or self._open(), [task], [answer])
        except (BrokenPipeError, ConnectionResetError):  # it had nothing to do, or was killed
            self._leave()
            socket.send_fds(self._open(), [task], [answer])

    def _open(self) -> socket.socket:
        self._processes = [process for process in self._processes if process.poll() is None]
        self._door, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command, null = [sys.executable, "-m", self._module], subprocess.DEVNULL
            self._processes.append(subprocess.Popen(command, cwd=_ROOT, stdin=theirs.fileno(), stdout=null, stderr=null, start_new_session=True))
        return self._door

    def _leave(self) -> None:
        """Give it nothing more; it ends what it is at."""
        if self._door is not None:
            self._door.close()
            self._door = None
