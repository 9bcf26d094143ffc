"""Bringing histories of other chats in, taking them away again, and writing ours out."""

from __future__ import annotations

from app.jobs import job
from app.models.chat.moving import exporting, importing


@job("check_chat_import")
async def check_chat_import(import_id: int) -> None:
    """Look through a file."""
    await importing.look_through(import_id)


@job("run_chat_import")
async def run_chat_import(import_id: int) -> None:
    """Write what isn't written yet."""
    await importing.run(import_id)


@job("undo_chat_import")
async def undo_chat_import(import_id: int) -> None:
    """Take everything away that it brought."""
    await importing.undo_now(import_id)


@job("make_chat_export")
async def make_chat_export(export_id: int) -> None:
    """Write channels out."""
    await exporting.make(export_id)


@job("prune_chat_exports")
async def prune_chat_exports() -> None:
    """Let go of old ones."""
    await exporting.prune()
