"""`restore DIR`: put a backup into an empty data folder."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from app.commands import Stop
from app.commands.opened import with_database
from app.settings import Settings

_EXAMPLES = """
The data folder (and with PostgreSQL the database) must be empty. Checksums are verified before anything is written, and the
database is brought up to date afterwards, so an older backup can be restored by a newer version.

examples:
  python -m app restore /backups/chalet-2026-11-22 --data-dir /srv/chalet
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `restore` takes."""
    parser.epilog = _EXAMPLES
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder that `backup` made")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Put everything back, then migrate."""
    from app.models.backup import restore
    from app.models.base import Refused

    try:
        manifest = asyncio.run(restore(options.folder, settings.data_dir, settings.database_address))
    except Refused as refused:
        raise Stop(str(refused)) from None
    status = with_database(settings, _nothing())
    print(f"Restored {len(manifest.files)} files of {manifest.made_at} into {settings.data_dir}. Start the server with it.")
    if settings.files_url:
        print("What people uploaded is read from the bucket of FILES_URL, which was left as it is; `python -m app doctor` says whether all is there.")
    return status


async def _nothing() -> int:
    return 0
