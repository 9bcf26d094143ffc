"""Several server processes on one socket: start them, start one anew that dies, stop them together.

The supervisor only waits. Each process is a fork of it, so that the code is in memory once.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time

from app.commands.server import serve
from app.settings import Settings

log = logging.getLogger("chalet.supervisor")
_STOPPING = (signal.SIGTERM, signal.SIGINT)
_AWAITED = {*_STOPPING, signal.SIGCHLD}
_SOON = 3.0  # seconds: a process that lived shorter is started anew only after a pause
_PATIENCE = 20.0  # seconds for all to stop before they are killed


def supervise(settings: Settings, listener: socket.socket, address: str) -> int:
    """Run until SIGTERM or SIGINT; 0 when every process then ended well."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    return Supervisor(settings, listener, address).run()


class Supervisor:
    """The processes under way, by their process id, with when each began."""

    def __init__(self, settings: Settings, listener: socket.socket, address: str) -> None:
        self._settings, self._listener, self._address = settings, listener, address
        self._began: dict[int, float] = {}
        self._missing = settings.workers
        self._start_after = 0.0
        self._ready = 0
        self._heard, self._tell = os.pipe()  # a byte from each process that answers
        self._lifeline, self._life = os.pipe()  # closed by the system when the supervisor dies
        os.set_blocking(self._heard, False)

    def run(self) -> int:
        """Keep the wanted number of processes alive until told to stop."""
        while True:
            if self._missing and time.monotonic() >= self._start_after:
                self._start()
            found = signal.sigtimedwait(_AWAITED, 0.05 if self._missing or self._ready < self._settings.workers else 1.0)
            if found and found.si_signo in _STOPPING:
                return self._stop()
            for process, status in _ended():
                if not self._ready:
                    log.error("a server process could not start")
                    self._began.pop(process, None)
                    return self._stop() or os.waitstatus_to_exitcode(status) or 1
                self._mourn(process, status)
            self._listen_for_ready()

    def _start(self) -> None:
        process = os.fork()
        if process == 0:
            self._become_worker()
        self._began[process] = time.monotonic()
        self._missing -= 1

    def _become_worker(self) -> None:
        os.close(self._life)
        os.close(self._heard)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _AWAITED)
        status = 1
        try:
            status = serve(self._settings, self._listener, self._say_ready, self._lifeline)
        except BaseException:
            log.exception("a server process failed")
        finally:
            os._exit(status)

    def _say_ready(self) -> None:
        os.write(self._tell, b".")

    def _listen_for_ready(self) -> None:
        before = self._ready
        try:
            self._ready += len(os.read(self._heard, 64))
        except BlockingIOError:
            return
        if before < self._settings.workers <= self._ready:
            print(f"ready {self._address}", flush=True)

    def _mourn(self, process: int, status: int) -> None:
        began = self._began.pop(process, None)
        if began is None:
            return
        log.error("a server process ended (status %s); starting another", os.waitstatus_to_exitcode(status))
        self._missing += 1
        if time.monotonic() - began < _SOON:
            self._start_after = time.monotonic() + 1.0

    def _stop(self) -> int:
        self._listener.close()
        for process in self._began:
            os.kill(process, signal.SIGTERM)
        worst, deadline = 0, time.monotonic() + _PATIENCE
        while self._began and time.monotonic() < deadline:
            for process, status in _ended():
                self._began.pop(process, None)
                worst = worst or os.waitstatus_to_exitcode(status)
            signal.sigtimedwait({signal.SIGCHLD}, 0.1)
        for process in self._began:
            os.kill(process, signal.SIGKILL)
        return 1 if worst or self._began else 0


def _ended() -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while True:
        try:
            process, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not process:
            return found
        found.append((process, status))
