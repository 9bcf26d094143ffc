"""Does each task in a fork of this process, whose imports are done: what a file makes of the fork is the end of that task alone.

`python -m` a module that calls `serve` is started by app/lib/workshop.py, which sends tasks through standard input, a socket, each with another
socket for its answer. This process has no thread, no network where Linux lets us, and looks into no file itself.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from app.lib.confined import end_with_parent, withdraw

MOST_ASKED = 1 << 16  # bytes of a task
IDLE = 60.0  # seconds
_LOOK_EVERY = 0.5  # seconds, for forks that are over or take too long

Work = Callable[[list[str]], dict[str, Any]]


def serve(work: Work, door: int = 0) -> None:
    """Do tasks until the server closes its end, if only by its death, or nothing came for a while. `work` limits itself first of all."""
    withdraw()
    gc.freeze()  # so that forks share what is there
    doors, under_way = [socket.socket(fileno=door)], dict[int, float]()
    while doors or under_way:
        if select.select(doors, [], [], _LOOK_EVERY if under_way else IDLE)[0]:
            task, answers, _flags, _address = socket.recv_fds(doors[0], MOST_ASKED, 1)
            if task:
                seconds, *words = json.loads(task)
                under_way[_fork(work, words, doors[0], answers[0])] = time.monotonic() + seconds
            else:
                doors = []
        elif not under_way:
            return
        for pid in [pid for pid, until in under_way.items() if time.monotonic() > until or _is_over(pid)]:
            _end(pid)
            del under_way[pid]


def _fork(work: Work, words: Sequence[str], door: socket.socket, answer: int) -> int:
    """Begins an answer with a blank, to say that it is at work."""
    if pid := os.fork():
        os.close(answer)
        return pid
    try:
        os.setsid()
        end_with_parent()
        door.close()
        with socket.socket(fileno=answer) as said:
            said.sendall(b" ")
            said.sendall(json.dumps(work(list(words))).encode())
    finally:
        os._exit(0)


def _is_over(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(pid: int) -> None:
    """And what it started. Until it is waited for, nobody else has its number."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
