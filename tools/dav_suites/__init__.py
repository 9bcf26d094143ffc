"""Suites that others wrote, against a server of ours: `python -m tools.dav_suites [NAME …]`, all of them without arguments.

storage: vdirsyncer's own tests of its CardDAV and CalDAV storages, from its source distribution; two-way: vdirsyncer keeps two folders and an
address book the same; khal: it reads and writes through vdirsyncer; functional: python-caldav's functional tests; tester: caldav-server-tester;
tsdav: a client in JavaScript, and the same book kept by it and by vdirsyncer; litmus: RFC 4918. The programs are in `.venv-peers`
(`make .venv-peers/.ok`), apart from litmus and Node.js, which distributions have.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tools.dav_suites.litmus import litmus
from tools.dav_suites.places import serving
from tools.dav_suites.python_caldav import functional, tester
from tools.dav_suites.tsdav import both, tsdav
from tools.dav_suites.vdirsyncer import khal, storage, two_way

__all__ = ["main", "serving"]
SUITES = {
    "storage": storage, "two-way": two_way, "khal": khal, "functional": functional, "tester": tester, "tsdav": tsdav, "both": both, "litmus": litmus,
}


def main(names: list[str]) -> int:
    """Run them, each against a server of its own. Returns 1 when one of them found something."""
    failed = []
    for name in names or list(SUITES):
        with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as place:
            print(f"-- {name}", flush=True)
            if not SUITES[name](place, Path(folder)):
                failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return int(bool(failed))
