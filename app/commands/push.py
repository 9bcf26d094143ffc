"""`push`: the key by which push services know this server."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from app.commands import add_action
from app.commands.opened import with_database
from app.settings import Settings

_EXAMPLES = """
examples:
  python -m app push status
  python -m app push rotate
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `push` takes."""
    parser.epilog = _EXAMPLES
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_action(actions, "status", "show the keys, how many devices use each, and what was sent in the last day")
    add_action(
        actions, "rotate", "make a new key",
        "Make a new key. Browsers subscribe with it by themselves when they next open the suite or get a notification; until then the old one is used.",
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked for."""
    return with_database(settings, _status() if options.action == "status" else _rotate())


async def _status() -> int:
    from app.models.push.device import PushDelivery
    from app.models.push.vapid import VapidKey

    await VapidKey.current()
    for key, devices in await VapidKey.counted():
        made = datetime.fromtimestamp(key.created_at / 1000, UTC).isoformat(sep=" ", timespec="seconds")
        print(f"{'retired' if key.retired_at else 'current'}\t{key.public}\tmade {made}\t{devices} devices")
    for status, count, slowest in await PushDelivery.lately():
        print(f"{status}\t{count} in the last day\tslowest {slowest} ms" if slowest is not None else f"{status}\t{count} in the last day")
    return 0


async def _rotate() -> int:
    from app.models.push.vapid import VapidKey

    key = await VapidKey.rotate()
    print(f"The key is now {key.public}. Devices subscribe with it by themselves; `python -m app push status` shows how many have.")
    return 0
