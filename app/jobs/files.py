"""Keeping files in order."""

from __future__ import annotations

from app.jobs import at_end, job
from app.lib import file_looks
from app.models.files import Upload
from app.models.files.storage import recount
from app.models.files.sweeping import scrub, sweep


@job("sweep_files")
async def sweep_files() -> None:
    """Forget uploads that are over, and delete files that nobody needs any more."""
    await Upload.prune()
    await sweep()
    await recount()


@job("scrub_files")
async def scrub_files() -> None:
    """Read some files again, so that damage is found while there is a backup."""
    await scrub()


@at_end
async def close_workshop() -> None:
    """Let go of the process that looks into files."""
    file_looks.close()
