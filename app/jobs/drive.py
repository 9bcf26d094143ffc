"""Trash, versions and logs that are over."""

from __future__ import annotations

from app.jobs import job
from app.models.drive import departures as _departures  # noqa: F401 - registers what is handed over
from app.models.drive import trash
from app.models.drive.changes import forget_gone
from app.models.drive.looking import look_into
from app.models.drive.versions import thin_versions
from app.models.links.visits import prune_visits
from app.models.search import SearchEntry


@job("prune_drive")
async def prune_drive() -> None:
    """Delete what the trash and the versions keep no longer, and what syncs and links needn't know any more."""
    await trash.prune_trash()
    await trash.prune_drives()
    await thin_versions()
    await forget_gone()
    await prune_visits()


@job("erase_trash")
async def erase_trash(drive_id: int) -> None:
    """Erase what was in a drive's trash when it was emptied."""
    await trash.erase_trash(drive_id)


@job("preview_file")
async def preview_file(blob_id: int, name: str) -> None:
    """Look into a content for its words and its small picture."""
    await look_into(blob_id, name)


@job("index_scopes")
async def index_scopes() -> None:
    """Let new readers find what very many words are in."""
    await SearchEntry.index_scopes()
