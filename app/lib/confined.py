"""Runs a program on a file that somebody uploaded: without a network, with little memory and time.

    python -m app.lib.confined <bytes of memory> <seconds of CPU> <program> [<argument> …]

The network goes where Linux lets us have an empty one of our own (namespaces may be forbidden in containers); programs are told not to
use it besides. The limits hold for what the program starts, too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

MOST_WRITTEN = 200_000_000  # bytes of one file
_NEW_USER, _NEW_NET = 0x10000000, 0x40000000  # clone(2)
_DEATH_SIGNAL = 1  # prctl(2)


def withdraw() -> None:
    """Let all others go first from here on, and leave the network."""
    os.nice(10)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NET)


def limit(memory: int | None, seconds: int) -> None:
    """Limit this process from here on, never beyond what it has. `memory` is bytes of address space, `seconds` of CPU."""
    limits = {resource.RLIMIT_CPU: seconds, resource.RLIMIT_FSIZE: MOST_WRITTEN, resource.RLIMIT_AS: memory, resource.RLIMIT_CORE: 0}
    for what, most in limits.items():
        has = resource.getrlimit(what)[1]  # -1: no limit
        if most is not None and not 0 <= has <= most:
            resource.setrlimit(what, (most, most))


def end_with_parent() -> None:
    """Be killed when the process dies that forked this one, where Linux can."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)


if __name__ == "__main__":
    withdraw()
    limit(int(sys.argv[1]), int(sys.argv[2]))
    os.execvp(sys.argv[3], sys.argv[3:])
