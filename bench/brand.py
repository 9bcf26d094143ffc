"""What finding the brand of a request costs (issue's target: under 50 µs), with a thousand domains of as many organisations.

    python -m bench brand
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from app import database
from app.hosts import Hosts
from app.lib import clock
from app.lib.ids import new_id
from app.models.brand.addresses import open_hosts_of
from app.models.brand.site import ACTIVE
from app.settings import read_settings
from bench.calibration import calibrate

TARGET_US = 50.0
DOMAINS = 1000
ROUNDS = 20_000


async def main() -> bool:
    """Returns whether the target was missed."""
    print(f"calibration: {calibrate():.1f} ms")
    with tempfile.TemporaryDirectory(prefix="chalet-bench-") as folder:
        await database.open(f"sqlite:///{Path(folder) / 'chalet.db'}")
        try:
            await database.migrate()
            await _build()
            return await _measure()
        finally:
            await database.close()


async def _measure() -> bool:
    hosts = Hosts(read_settings({}, base_url="https://suite.chalet.test"))
    began = time.perf_counter()
    assert await hosts.brand(open_hosts_of("example7.test")[0])
    first = time.perf_counter() - began
    asked = [open_hosts_of(f"example{number}.test")[0] for number in range(0, DOMAINS, 7)] + ["unknown.example", "suite.chalet.test"]
    worst = 0.0
    for kind, names in (("known", asked[:-2]), ("unknown", asked[-2:-1]), ("standard", asked[-1:])):
        began = time.perf_counter()
        for number in range(ROUNDS):
            await hosts.brand(names[number % len(names)])
        each = (time.perf_counter() - began) / ROUNDS * 1e6
        worst = max(worst, each)
        print(f"{kind:>9} host: {each:6.2f} µs")
    print(f"reading {DOMAINS} domains anew, once after a change: {first * 1000:.0f} ms; target of a lookup {TARGET_US:.0f} µs")
    return worst > TARGET_US


async def _build() -> None:
    now = clock.now()
    rows = [(new_id(), f"Organisation {number}", now) for number in range(DOMAINS)]
    await database.execute_many(
        "INSERT INTO organisation (id, name, locale, timezone, guest_limit, created_at) VALUES ($1, $2, 'en', 'UTC', 100, $3)", rows
    )
    await database.execute_many(
        "INSERT INTO brand_site (id, org_id, domain, state, proof_token, findings, created_at, activated_at, is_default_for_org)"
        " VALUES ($1, $2, $3, $4, '', '[]', $5, $5, TRUE)",
        [(new_id(), row[0], f"example{number}.test", ACTIVE, now) for number, row in enumerate(rows)],
    )


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
