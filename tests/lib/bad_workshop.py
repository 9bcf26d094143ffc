"""Work as hostile files would have it, for tests/lib/test_workshop.py."""

from __future__ import annotations

import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

from app.lib.confined import limit
from app.lib.forks import serve


def work(words: list[str]) -> dict[str, Any]:
    limit(400_000_000, 1)
    match words:
        case ["eat"]:
            bytearray(1 << 30)
        case ["spin"]:
            while True:
                pass
        case ["crash"]:
            os.kill(os.getpid(), signal.SIGSEGV)
        case ["sleep", seconds]:
            time.sleep(float(seconds))
        case ["orphan"]:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
    return {
        "pid": os.getpid(), "parent": os.getppid(), "nice": os.nice(0), "network": str(Path("/proc/self/ns/net").readlink()),
        "handles": [handle.name for handle in Path("/proc/self/fd").iterdir() if handle.exists() and handle.readlink() != Path(os.devnull)],
        "limits": [resource.getrlimit(which)[0] for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)],
    }


if __name__ == "__main__":
    serve(work)
