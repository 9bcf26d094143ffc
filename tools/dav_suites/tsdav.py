"""A client in JavaScript, tsdav, by itself and beside vdirsyncer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from tools.dav_suites.places import Place, said
from tools.dav_suites.vdirsyncer import Folder, event_of, vcard

_SOURCE = Path(__file__).parent / "javascript"


def tsdav(place: Place, folder: Path) -> bool:
    """Discovery by the host's name, lists, changes with and without a lost race, sync and deletion, of cards and of events."""
    node = _Node(place, folder)
    cards, events = (said(f"tsdav, {kind}", json.loads(node.run(kind, "check"))) for kind in ("carddav", "caldav"))
    return cards and events


def both(place: Place, folder: Path) -> bool:
    """One book and one calendar kept by two programs of different descent: in the end both have the same, and what each did."""
    node = _Node(place, folder)
    cards, events = (_kept_by_both(place, folder, node, kind) for kind in ("carddav", "caldav"))
    return cards and events


def _kept_by_both(place: Place, folder: Path, node: _Node, kind: str) -> bool:
    make = vcard if kind == "carddav" else event_of
    store = Folder(place, folder, f"both-{kind}", kind)
    store.write({f"a{number}": make(f"a{number}") for number in range(60)})
    store.sync()
    mirror = node.sync(kind, made={f"b{number}": make(f"b{number}") for number in range(40)})
    checks = {"what vdirsyncer made arrives, beside its own": len(mirror) == 100}
    store.sync()
    store.change("a1", "b1")
    store.remove("a2", "b2")
    mirror = node.sync(kind, changed={"a3": "Elsewhere", "b3": "Elsewhere"}, removed=["a4", "b4"])
    store.sync()
    mirror = node.sync(kind)
    texts = store.texts()
    checks["both have the same 96"] = len(texts) == 96 and texts == mirror
    checks["what either changed is changed"] = all("Changed" in texts[uid] for uid in ("a1", "b1")) and all("Elsewhere" in texts[uid] for uid in ("a3", "b3"))
    return said(f"both, {kind}", checks)


class _Node:
    """tsdav, installed into a folder."""

    def __init__(self, place: Place, folder: Path) -> None:
        self._folder = folder / "javascript"
        shutil.copytree(_SOURCE, self._folder)
        subprocess.run(["npm", "ci", "--silent", "--ignore-scripts"], cwd=self._folder, check=True)
        self._environment = {**os.environ, "CHALET_URL": place.url, "CHALET_NAME": place.name, "CHALET_PASSWORD": place.password}

    def run(self, *words: str) -> str:
        """What `sync.mjs` prints."""
        return subprocess.run(["node", "sync.mjs", *words], cwd=self._folder, env=self._environment, stdout=subprocess.PIPE, text=True, check=True).stdout

    def sync(
        self, kind: str, *, made: dict[str, str] | None = None, changed: dict[str, str] | None = None, removed: list[str] | None = None
    ) -> dict[str, str]:
        """Make changes and sync; what it then has, by UID."""
        mirror, changes = self._folder / f"{kind}.json", self._folder / "changes.json"
        changes.write_text(json.dumps({"made": made or {}, "changed": changed or {}, "removed": removed or []}))
        self.run(kind, "sync", str(mirror), str(changes))
        return dict(json.loads(mirror.read_text())["texts"])
