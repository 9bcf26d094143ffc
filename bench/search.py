"""Searching among a million entries (BEY-01: p95 under 50 ms of server time), on SQLite.

    python -m bench search [--entries=1000000]

Builds five organisations with 500 channels of very different sizes and messages of a Zipf vocabulary in a temporary folder, as the app
would have written them, and then searches as people of different reach do: everything, an ordinary membership, three quiet
channels, 200 quiet ones, a small organisation.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from app import database
from app.lib.ids import EPOCH_MS
from app.models.search import Scopes, SearchEntry, search
from bench.calibration import calibrate, percentile

TARGET_MS = 50
CHANNELS = 500
BIG, SMALL = 1, 3
BATCH = 20_000
_SYLLABLES = ["ka", "lo", "mi", "ter", "sa", "ven", "du", "pro", "ge", "ran", "chi", "bel", "to", "nu", "fa", "re", "si", "con", "ma", "ve", "li", "or", "pe"]
_INSERT = """
INSERT INTO search_entry (id, kind, subject_id, org_id, scope, author_id, title, body, at, words)
VALUES (?, 'message', ?, ?, ?, ?, '', ?, ?, ?)
"""


@dataclass
class World:
    """What was built: words by how common they are, and how many messages each channel has."""

    words: list[str]
    sizes: Counter[int]
    seconds: float
    bytes: int

    def reaches(self) -> dict[str, Scopes]:
        """The channels of viewers of different reach."""
        quiet = sorted((channel for channel in self.sizes if _org(channel) == BIG), key=self.sizes.__getitem__)
        return {
            "all of 400 channels": {"message": quiet},
            "30 channels": {"message": quiet[::13]},
            "3 quiet channels": {"message": quiet[:3]},
            "200 quiet channels": {"message": quiet[:200]},
            "a small organisation": {"message": [channel for channel in self.sizes if _org(channel) == SMALL]},
        }

    def queries(self) -> dict[str, str]:
        """What is typed, from very common to never there."""
        word = self.words
        long = [one for one in word[:2_000] if len(one) >= 4]
        return {
            "commonest word": f"{word[0]} ",
            "two common words": f"{word[1]} {word[2]} ",
            "four common words": f"{word[0]} {word[1]} {word[2]} {word[3]} ",
            "an ordinary word": f"{word[500]} ",
            "a rare word": f"{word[20_000]} ",
            "a rare and a common word": f"{word[20_000]} {word[0]} ",
            "no such word": "qqxyz ",
            "one letter": word[0][0],
            "two letters": word[2][:2],
            "three letters": word[500][:3],
            "four letters of a common word": long[0][:4],
            "four letters of an ordinary word": word[700][:4],
            "a word and a letter": f"{word[0]} s",
            "a rare word and a letter": f"{word[30_000]} s",
            "phrase of common words": f'"{word[0]} {word[1]}"',
            "phrase that never occurs": f'"{word[0]} {word[1]} {word[2]} {word[3]}"',
            "without a common word": f"{word[0]} -{word[1]}",
            "exclusions": f"{word[40]} -{word[0]} -{word[1]} -{word[2]} {word[60]}",
        }


def build(folder: Path, entries: int, seed: int = 7) -> World:
    """Write the database `chalet.db` in a folder."""
    started = time.perf_counter()
    rng = random.Random(seed)
    words = _vocabulary(rng)
    path = folder / "chalet.db"
    asyncio.run(_migrate(path))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-65536; PRAGMA foreign_keys=OFF")
    _config(connection, automerge=0, hashsize=1 << 26)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO organisation (id, name) VALUES (?, ?)", [(org, f"Organisation {org}") for org in range(1, 6)])
    sizes: Counter[int] = Counter()
    for rows in _messages(rng, words, entries):
        sizes.update(row[3] for row in rows)
        connection.executemany(_INSERT, rows)
    connection.execute("COMMIT")
    _config(connection, automerge=8, hashsize=1 << 20)
    connection.execute("INSERT INTO search_words (search_words) VALUES ('optimize')")
    connection.executescript("PRAGMA wal_checkpoint(TRUNCATE); ANALYZE")
    connection.close()
    return World(words, sizes, time.perf_counter() - started, path.stat().st_size)


def _config(connection: sqlite3.Connection, **options: int) -> None:
    """Let the index collect more words before it writes them: building is quicker so."""
    for name, value in options.items():
        connection.execute("INSERT INTO search_words (search_words, rank) VALUES (?, ?)", (name, value))


async def _migrate(path: Path) -> None:
    await database.open(f"sqlite:///{path}")
    await database.migrate()
    await database.close()


def _vocabulary(rng: random.Random, size: int = 60_000) -> list[str]:
    """Words by falling frequency: the commonest are short."""
    found: dict[str, None] = {}
    while len(found) < size:
        syllables = rng.choices((1, 2), (3, 2))[0] if len(found) < 150 else rng.choices((1, 2, 3, 4, 5), (1, 6, 8, 4, 1))[0]
        found["".join(rng.choices(_SYLLABLES, k=syllables))] = None
    return list(found)


def _messages(rng: random.Random, words: list[str], entries: int) -> Iterator[list[tuple]]:
    weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(words))))
    channels = list(range(1_000, 1_000 + CHANNELS))
    activity = list(accumulate(1 / (rng.randrange(CHANNELS) + 3) for _ in channels))
    for first in range(0, entries, BATCH):
        count = min(BATCH, entries - first)
        lengths = [max(1, int(rng.lognormvariate(2.2, 0.8))) for _ in range(count)]
        tokens = iter(rng.choices(words, cum_weights=weights, k=sum(lengths)))
        rows = []
        for number, (channel, length) in enumerate(zip(rng.choices(channels, cum_weights=activity, k=count), lengths, strict=True), first):
            at = EPOCH_MS + number * 60_000
            text = " ".join(next(tokens) for _ in range(length))
            rows.append(((at << 20) | rng.getrandbits(20), number, _org(channel), channel, rng.randrange(2_000), text, at, text))
        yield rows


def _org(channel: int) -> int:
    return BIG if channel < 1_400 else 2 + channel % 4


@dataclass(frozen=True)
class Timing:
    """One search: how long and how many hits."""

    viewer: str
    query: str
    milliseconds: float
    cpu: float
    hits: int


async def measure(path: Path, world: World, rounds: int) -> tuple[list[Timing], list[float]]:
    """Every query by every viewer, several times: the first page, and the page behind a hit in the middle of the past."""
    await database.open(f"sqlite:///{path}")
    writes = await _write(2_000, world)
    timings = []
    for _ in range(rounds):
        for viewer, visible in world.reaches().items():
            org = SMALL if viewer == "a small organisation" else BIG
            for name, text in world.queries().items():
                timings.append(await _timed(viewer, name, visible, org, text))
            middle = (EPOCH_MS + sum(world.sizes.values()) // 2 * 60_000) << 20
            timings.append(await _timed(viewer, "a page further back", visible, org, world.words[0], before=middle))
            timings.append(await _timed(viewer, "all by one author", visible, org, "", author_id=77))
    await database.close()
    return timings, writes


async def _write(count: int, world: World) -> list[float]:
    """Put further entries one by one, as posting messages does: milliseconds of CPU of each transaction."""
    taken = []
    last = EPOCH_MS + sum(world.sizes.values()) * 60_000
    for number in range(count):
        text = " ".join(world.words[rank % 997 * (rank % 5)] for rank in range(number, number + 12))
        cpu = time.process_time()
        await SearchEntry.put("message", (1 << 40) + number, BIG, 1_000 + number % 400, "", text, last + number, author_id=number)
        taken.append((time.process_time() - cpu) * 1_000)
    return sorted(taken)


async def _timed(viewer: str, name: str, visible: Scopes, org: int, text: str, **options: int) -> Timing:
    started, cpu = time.perf_counter(), time.process_time()
    hits = await search(visible, org, text, **options)
    return Timing(viewer, name, (time.perf_counter() - started) * 1_000, (time.process_time() - cpu) * 1_000, len(hits))


def report(world: World, timings: list[Timing], writes: list[float]) -> bool:
    """Print the figures; whether the target is met. CPU time is judged: on a machine that others use too, the clock says little."""
    count = sum(world.sizes.values())
    print(f"{count:,} entries built in {world.seconds:.0f} s ({world.seconds / count * 1e6:.0f} µs each), {world.bytes / 1e6:,.0f} MB")
    print(f"calibration loop: {calibrate():.1f} ms of CPU")
    print(f"one more entry, CPU: {_percentiles(writes)}")
    cpu = sorted(timing.cpu for timing in timings)
    print(f"{len(timings)} searches, CPU:  {_percentiles(cpu)} (target: p95 under {TARGET_MS} ms)")
    print(f"{len(timings)} searches, wall: {_percentiles(sorted(timing.milliseconds for timing in timings))}")
    best: dict[tuple[str, str], Timing] = {}
    for timing in timings:
        best[timing.viewer, timing.query] = min(best.get((timing.viewer, timing.query), timing), timing, key=lambda one: one.cpu)
    print("slowest, best CPU of all rounds:")
    for timing in sorted(best.values(), key=lambda one: -one.cpu)[:8]:
        print(f"  {timing.cpu:6.1f} ms  {timing.query}, {timing.viewer} ({timing.hits} hits)")
    return percentile(cpu, 95) < TARGET_MS


def _percentiles(ordered: list[float]) -> str:
    parts = ", ".join(f"p{share} {percentile(ordered, share):.1f} ms" for share in (50, 95, 99))
    return f"{parts}, most {ordered[-1]:.1f} ms"


def main(arguments: list[str] | None = None) -> int:
    """Build, measure, report. Returns 0, or 1 when the target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench search", description=__doc__.partition("\n")[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen, _others = parser.parse_known_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-search-") as folder:
        world = build(Path(folder), chosen.entries)
        timings, writes = asyncio.run(measure(Path(folder) / "chalet.db", world, chosen.rounds))
        return 0 if report(world, timings, writes) else 1


if __name__ == "__main__":
    raise SystemExit(main())
