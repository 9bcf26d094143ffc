"""What happens by the clock, all of it in this file."""

from __future__ import annotations

import asyncio
import logging

from app.lib import clock
from app.models.job import Job, Scheduled
from app.models.worker import Worker

log = logging.getLogger("chalet.jobs")
_CHECK_EVERY = 20.0  # seconds

REPEATED: dict[str, int] = {  # kind of job: how often, in milliseconds
    "analyze": clock.DAY,
    "prune": clock.HOUR,
    "prune_exports": clock.HOUR,
    "carry_out_farewells": clock.HOUR,
    "erase_messages": clock.DAY,
    "prune_chat_exports": clock.DAY,
    "erase_old_messages": 6 * clock.HOUR,
    "prune_integrations": clock.DAY,
    "sweep_files": clock.HOUR,
    "prune_drive": clock.HOUR,
    "scrub_files": clock.HOUR,
    "send_later": 20 * clock.SECOND,
    "end_guests": 5 * clock.MINUTE,
    "prune_invitations": clock.DAY,
    "digests": 10 * clock.MINUTE,
    "watch_brands": 10 * clock.MINUTE,
    "watch_system": clock.HOUR,
    "prune_contacts": clock.DAY,
    "prune_notifications": clock.DAY,
    "prune_push": clock.DAY,
    "refresh_calendars": 10 * clock.MINUTE,
    "extend_calendars": clock.DAY,
    "read_answers": clock.MINUTE,
    "send_agendas": 15 * clock.MINUTE,
}


async def run(worker: Worker) -> None:
    """Enqueue what is due and keep this process's worker number, until cancelled."""
    while True:
        try:
            await tick()
            if not await worker.renew():
                worker = await Worker.join(worker.token)
        except Exception:
            log.exception("the schedule can't be kept")
        await asyncio.sleep(_CHECK_EVERY)


async def tick() -> None:
    """Enqueue each repeated job whose time slot has come and that no process has enqueued for it yet."""
    for kind, every in REPEATED.items():
        if await Scheduled.claim(kind, clock.now() // every):
            await Job.enqueue(kind, background=every >= clock.HOUR)  # housekeeping
