"""Bringing a history of Slack or Mattermost in: 100,000 messages in at most two minutes of this process's CPU, memory that doesn't grow with it.

    python -m bench chat_import [--messages=100000]

For both formats: writes an export with threads, reactions and mentions into a temporary folder, looks through it, brings it into SQLite and takes
it away again, as the app does; the same with a fifth of it, to compare the memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import tempfile
import threading
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

TARGET_SECONDS = 120  # of CPU, for 100,000 messages
START = 1_500_000_000
PEOPLE, CHANNELS, A_DAY = 200, 40, 50
WORDS = ["plan", "launch", "ticket", "review", "budget", "meeting", "deploy", "status", "<@U{n}>", "*important*", "_maybe_", "`code`", "https://example.org/page", ":tada:", "when", "who", "tomorrow", "yes", "no"]


def write_slack(path: Path, messages: int) -> None:
    """An export in Slack's format: 40 channels, 50 messages in a file."""
    choose = random.Random(7)
    users = [{"id": f"U{n}", "name": f"user{n}", "profile": {"real_name": f"User Number{n}", "email": f"user{n}@bench.example"}} for n in range(PEOPLE)]
    channels = [{"id": f"C{n}", "name": f"channel-{n}", "created": START, "members": [f"U{m}" for m in range(20)], "topic": {"value": ""}, "purpose": {"value": ""}} for n in range(CHANNELS)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("users.json", json.dumps(users))
        target.writestr("channels.json", json.dumps(channels))
        for n, day in ((n, day) for n in range(CHANNELS) for day in range(messages // CHANNELS // A_DAY)):
            target.writestr(f"channel-{n}/{day:05d}.json", json.dumps(_day(choose, n, day)))


def write_mattermost(path: Path, messages: int) -> None:
    """The same talk as a bulk export of Mattermost: a line for each message that isn't an answer, with its answers inside."""
    choose = random.Random(7)
    with path.open("w") as file:
        for kind, one in _mattermost_lists():
            file.write(json.dumps({"type": kind, kind: one}) + "\n")
        for n, day in ((n, day) for n in range(CHANNELS) for day in range(messages // CHANNELS // A_DAY)):
            roots: dict[object, dict[str, Any]] = {}
            for one in _day(choose, n, day):
                said = _in_mattermost(one)
                if one.get("thread_ts", one["ts"]) != one["ts"]:
                    roots[one["thread_ts"]].setdefault("replies", []).append(said)
                else:
                    roots[one["ts"]] = {**said, "team": "bench", "channel": f"channel-{n}"}
            file.writelines(json.dumps({"type": "post", "post": post}) + "\n" for post in roots.values())


def _mattermost_lists() -> Iterator[tuple[str, Any]]:
    yield "version", 1
    yield "team", {"name": "bench", "display_name": "Bench", "type": "I"}
    for n in range(CHANNELS):
        yield "channel", {"team": "bench", "name": f"channel-{n}", "display_name": f"Channel {n}", "type": "O"}
    for n in range(PEOPLE):
        channels = [{"name": f"channel-{m}"} for m in range(CHANNELS)] if n < 20 else []
        yield "user", {"username": f"user{n}", "email": f"user{n}@bench.example", "first_name": "User", "last_name": f"Number{n}",
                       "teams": [{"name": "bench", "channels": channels}]}


def _in_mattermost(one: dict[str, Any]) -> dict[str, Any]:
    at = int(float(one["ts"]) * 1000)
    text = re.sub(r"<@U(\d+)>", r"@user\1", one["text"])
    reactions = [{"user": f"user{who[1:]}", "emoji_name": "+1", "create_at": at} for put in one.get("reactions", ()) for who in put["users"]]
    return {"user": f"user{one['user'][1:]}", "message": text, "create_at": at, "reactions": reactions}


def _day(choose: random.Random, channel: int, day: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for n in range(A_DAY):
        text = " ".join(choose.choices(WORDS, k=choose.randint(3, 40))).format(n=choose.randrange(PEOPLE))
        one: dict[str, Any] = {"type": "message", "user": f"U{choose.randrange(PEOPLE)}", "text": text, "ts": f"{START + day * 86_400 + n * 600 + channel}.{n:06d}"}
        if n % 10 == 0:
            one |= {"thread_ts": one["ts"], "reply_count": 2}
        elif n % 10 < 3:
            one["thread_ts"] = made[n // 10 * 10]["ts"]
        if n % 5 == 0:
            one["reactions"] = [{"name": "+1", "users": [f"U{choose.randrange(PEOPLE)}" for _ in range(3)], "count": 3}]
        made.append(one)
    return made


async def bring(folder: Path, path: Path) -> dict[str, float]:
    """CPU seconds of each step, and this process's peak memory."""
    from app import database
    from app.lib import seals
    from app.main import open_database
    from app.settings import read_settings

    settings = read_settings({}, data_dir=folder)
    from app.assets import Assets
    from app.jobs import load
    from app.lib import blobs
    from app.models.account import Account
    from app.models.chat.moving import importing
    from app.models.chat.moving.tables import ChatImport
    from app.models.organisation import LEGAL, Organisation
    from app.models.session import Session
    from app.models.viewer import Viewer
    from app.render import open_templates

    open_templates(Assets(), settings)
    load()
    seals.use("", folder)
    blobs.use(settings.data_dir / "files", settings.files_url)
    await open_database(settings)
    await database.migrate()
    organisation = await Organisation.found("Bench")
    anna = await Account.open("user1@bench.example", "Anna", "Bench")
    _session, token = await Session.begin(await organisation.admit(anna, LEGAL), 30)
    viewer = await Viewer.by_token(token)
    assert viewer is not None

    async def body() -> AsyncIterator[bytes]:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                yield part

    found: dict[str, float] = {}
    peak = Peak()
    one = await importing.keep(viewer, path.name, body())
    for name, work in (("look through", importing.look_through), ("bring in", importing.run), ("take away", importing.undo_now)):
        if name == "bring in":
            await importing.start(viewer, await ChatImport.get(one.id), existing="merge", direct=True, skip=[])
        if name == "take away":
            found["messages"] = await database.fetch_value("SELECT COUNT(*) FROM message")
            found["threads"] = await database.fetch_value("SELECT COUNT(*) FROM message WHERE replies > 0")
            await importing.undo(viewer, await ChatImport.get(one.id))
        cpu, wall = time.process_time(), time.perf_counter()
        await work(one.id)
        found[name], found[f"{name}, wall"] = time.process_time() - cpu, time.perf_counter() - wall
    found["left"] = await database.fetch_value("SELECT COUNT(*) FROM message")
    found["MB"] = peak.stop()
    await database.close()
    return found


class Peak:
    """The most memory that this process had of its own, in MB: SQLite maps the database file, which is the kernel's to give back."""

    def __init__(self) -> None:
        self._most, self._is_over = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._is_over.wait(0.1):
            found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
            self._most = max(self._most, int(found[1]) / 1024 if found else 0)

    def stop(self) -> float:
        """Stop watching."""
        self._is_over.set()
        self._thread.join()
        return self._most


WRITERS = {"slack": (write_slack, "export.zip"), "mattermost": (write_mattermost, "export.jsonl")}


def run(kind: str, messages: int) -> dict[str, float]:
    """One import in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        write, name = WRITERS[kind]
        path = Path(folder) / name
        write(path, messages)
        return asyncio.run(bring(Path(folder) / "data", path))


def main() -> int:
    """Measure; 1 when a target was missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=100_000)
    messages: int = parser.parse_known_args()[0].messages
    return 1 if sum(not _measure(kind, messages) for kind in WRITERS) else 0


def _measure(kind: str, messages: int) -> bool:
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        small, large = pool.starmap(run, [(kind, messages // 5), (kind, messages)], chunksize=1)
    target = TARGET_SECONDS * messages / 100_000
    print(f"\n{kind.capitalize()}: {large['messages']:.0f} messages, {large['threads']:.0f} threads")
    for name in ("look through", "bring in", "take away"):
        print(f"  {name:14}{large[name]:8.1f} s CPU {large[name + ', wall']:8.1f} s wall {large['messages'] / large[name]:10.0f} messages/CPU s")
    print(f"  peak memory {large['MB']:.0f} MB, with a fifth of them {small['MB']:.0f} MB; left after the undo: {large['left']:.0f}")
    is_met = large["bring in"] <= target and large["MB"] <= small["MB"] * 1.5 and not large["left"]
    print(f"  target: at most {target:.0f} s of CPU, memory within 1.5 times: {'met' if is_met else 'MISSED'}")
    return is_met
