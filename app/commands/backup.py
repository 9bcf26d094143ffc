"""`backup DIR`: a copy of everything, made while the server runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.commands.opened import with_database
from app.settings import Settings

_EXAMPLES = """
The copy is consistent, also while people write: the database is copied at one moment, then the files it names. Each file's checksum
goes into manifest.json, and the copy is checked against it. PostgreSQL is copied with its pg_dump. Files on the same disk share
their blocks with the originals, so copy the folder to another machine.

examples:
  python -m app backup /backups/chalet-$(date +%F)
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `backup` takes."""
    parser.epilog = _EXAMPLES
    parser.add_argument("folder", type=Path, metavar="DIR", help="a new or empty folder for the copy")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Make the copy, check it, and say what is in it."""
    return with_database(settings, _back_up(options.folder, settings), migrate=False)


async def _back_up(folder: Path, settings: Settings) -> int:
    from app.models.backup import back_up

    manifest = await back_up(settings.data_dir, settings.database_address, folder)
    print(f"Backed up {len(manifest.files)} files, {manifest.bytes / 1_000_000:.1f} MB, into {folder}; checksums are right.")
    if settings.files_url:
        print("What people uploaded is in the bucket of FILES_URL and not in this copy. Copy the bucket now: it has all that the database names for a day.")
    return 0
