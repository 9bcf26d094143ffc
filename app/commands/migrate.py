"""`migrate`: bring the database up to date without starting the server."""

from __future__ import annotations

import argparse

from app.commands.opened import with_database
from app.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """`migrate` takes nothing of its own."""
    parser.epilog = "`serve` does this too before it answers. It is safe while other processes start: one migrates, the others wait."


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Run the pending migrations and name them."""
    return with_database(settings, _migrate(), migrate=False)


async def _migrate() -> int:
    from app import database

    names = await database.migrate()
    for name in names:
        print(f"ran {name}")
    print(f"{len(names)} migrations ran; the database is up to date." if names else "The database is up to date.")
    return 0
