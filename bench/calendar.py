"""Calendar: what takes place in a week, of ten thousand events of which 500 recur, the page that shows it, and how that grows."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app import database
from app.assets import Assets
from app.lib import clock
from app.models.calendar import Calendar, free_busy, occurrences
from app.models.calendar.storing import put
from app.render import open_templates
from app.settings import read_settings
from tests.conftest import browser, running
from tests.people import Person, move_in

SIZES = tuple(int(size) for argument in sys.argv if argument.startswith("--sizes=") for size in argument[8:].split(",")) or (1_000, 10_000, 100_000)
RECURRING = 20  # every so many


def texts(count: int) -> list[str]:
    """Events of two years around now; every twentieth recurs."""
    chance = random.Random(6)
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=365)
    made = []
    for number in range(count):
        begin = start + timedelta(days=chance.randrange(730), hours=chance.randrange(24))
        rule = f"RRULE:{chance.choice(['FREQ=WEEKLY', 'FREQ=WEEKLY;INTERVAL=2', 'FREQ=MONTHLY', 'FREQ=DAILY;COUNT=20'])}\r\n" if number % RECURRING == 0 else ""
        made.append(
            f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Bench//EN\r\nBEGIN:VEVENT\r\nUID:bench-{number}\r\nDTSTAMP:20260101T000000Z\r\n"
            f"DTSTART:{begin:%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H\r\nSUMMARY:Event {number}\r\nLOCATION:Room {number % 7}\r\n{rule}END:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    return made


async def _measured(count: int, folder: Path) -> float:
    await database.open(f"sqlite:///{folder / 'chalet.db'}")
    await database.migrate()
    people = await move_in()
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    every = texts(count)
    began = time.process_time()
    for at in range(0, count, 500):
        async with database.transaction():
            for number, text in enumerate(every[at : at + 500], at):
                await put(calendar, people.anna.id, f"{number}.ics", text)
    stored = (time.process_time() - began) / count
    await database.analyze()
    now = clock.now()

    async def week() -> int:
        return len(await occurrences(people.anna.viewer, now, now + 7 * clock.DAY))

    async def month() -> int:
        return len(await occurrences(people.anna.viewer, now, now + 31 * clock.DAY))

    async def busy() -> int:
        return len((await free_busy(people.beat.viewer, [people.anna.account.email], now, now + 31 * clock.DAY))[0].busy)

    print(f"{count:>7} events, {count // RECURRING} recur: stored in {stored * 1000:.2f} ms each", end="")
    took: dict[str, float] = {}
    for name, ask in (("week", week), ("month", month), ("free-busy of a month", busy)):
        await ask()
        rounds, began = 20, time.process_time()
        for _round in range(rounds):
            found = await ask()
        took[name] = (time.process_time() - began) / rounds * 1000
        print(f" · {name} ({found}) {took[name]:.2f} ms", end="")
    await database.close()
    page = await _page(folder, people.anna)
    print(f" · the week's page {page:.2f} ms", flush=True)
    return page


async def _page(folder: Path, person: Person) -> float:
    """Processor time of the page of a week, with all around it."""
    async with running(read_settings({}, data_dir=folder, rate_limit=0)) as suite, browser(suite, person) as client:
        took = []
        for _round in range(30):
            began = time.process_time()
            answer = await client.get("/calendar/week")
            took.append((time.process_time() - began) * 1000)
            assert answer.status_code == 200
    return sorted(took)[len(took) // 2]


def main() -> int:
    """One line for each size. Target: the page of a week of 10,000 events takes the server at most 10 ms."""
    open_templates(Assets(), read_settings({}))
    pages = {}
    for count in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            pages[count] = asyncio.run(_measured(count, Path(folder)))
    return int(pages.get(10_000, 0) > 10)
