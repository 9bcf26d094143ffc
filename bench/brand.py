"""Finding the brand of a request's host (goal: under 50 µs), among 200 brands; and making its stylesheet.

    python -m bench brand
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from pathlib import Path

from app import database
from app.assets import Assets
from app.hosts import Hosts
from app.lib import clock
from app.models.brand.appearance import Appearance, written
from app.models.brand.site import ACTIVE, BrandLook, BrandSite
from app.models.organisation import Organisation
from app.render import open_templates
from app.settings import read_settings
from bench.calibration import percentile

TARGET_US = 50
BRANDS, ROUNDS = 200, 20_000


def main() -> int:
    """Print the times. Returns 1 when a lookup is over the target."""
    folder = Path(tempfile.mkdtemp(prefix="chalet-bench-"))
    try:
        return asyncio.run(_measure(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(folder: Path) -> int:
    settings = read_settings({}, data_dir=folder)
    await database.open(f"sqlite:///{folder / 'chalet.db'}")
    await database.migrate()
    open_templates(Assets(), settings)
    organisation = await Organisation.found("Alpina")
    for number in range(BRANDS):
        site = await BrandSite.insert_new(org_id=organisation.id, domain=f"brand{number}.test", state=ACTIVE, activated_at=clock.now(), created_at=clock.now())
        await BrandLook.insert_new(site_id=site.id, published=written(Appearance(name=f"Brand {number}", button_colour="#facc15", text_colour="#123456")))
    hosts = Hosts(settings)
    began = time.perf_counter()
    assert await hosts.brand("login.brand7.test")
    print(f"reading {BRANDS} brands anew: {(time.perf_counter() - began) * 1000:.1f} ms")
    times = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        brand = await hosts.brand(f"login.brand{number % BRANDS}.test")
        times.append((time.perf_counter() - began) * 1e6)
        assert brand is not None and brand.name == f"Brand {number % BRANDS}"
    p50, p99 = percentile(times, 50), percentile(times, 99)
    print(f"lookup: p50 {p50:.2f} µs, p99 {p99:.2f} µs, target {TARGET_US} µs")
    await database.close()
    return int(p50 > TARGET_US)
