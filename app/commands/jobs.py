"""`jobs`: work that was given up after many tries (dead letters), and trying it again."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from app.commands import Stop, add_action
from app.commands.opened import with_database
from app.settings import Settings

_EXAMPLES = """
examples:
  python -m app jobs list
  python -m app jobs retry 51873920384512
  python -m app jobs retry all
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `jobs` takes."""
    parser.epilog = _EXAMPLES
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_action(actions, "list", "list the jobs that were given up, newest first, with their errors")
    retry = add_action(actions, "retry", "let a running server try a job again that was given up")
    retry.add_argument("id", help="a job’s number, as `list` shows it, or `all`")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked for."""
    return with_database(settings, _list() if options.action == "list" else _retry(options.id))


async def _list() -> int:
    from app.models.job import Job

    for job in await Job.dead():
        died = datetime.fromtimestamp((job.dead_at or 0) / 1000, UTC).isoformat(sep=" ", timespec="seconds")
        print(f"{job.id}\t{died}\t{job.kind}\t{job.attempts} tries\t{job.error.splitlines()[0] if job.error else ''}")
    waiting, dead = await Job.counts()
    print(f"{waiting} jobs wait, {dead} were given up.")
    return 0


async def _retry(wanted: str) -> int:
    from app.models.job import Job

    chosen = [job for job in await Job.dead() if wanted in ("all", str(job.id))]
    if not chosen and wanted != "all":
        raise Stop(f"no job {wanted} was given up. `python -m app jobs list` shows those that were.")
    for job in chosen:
        await job.revive()
    print(f"{len(chosen)} jobs will be tried again within seconds of the server running.")
    return 0
