"""Forgetting what is over."""

from __future__ import annotations

from app.jobs import job
from app.models.command import Command


@job("prune")
async def prune() -> None:
    """Delete commands that can't be undone any more."""
    await Command.prune()
