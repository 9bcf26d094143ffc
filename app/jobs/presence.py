"""Statuses that end."""

from __future__ import annotations

from app.jobs import job
from app.models import status


@job("turn_status")
async def turn_status(membership_id: int) -> None:
    """Tell the browsers what is shown now that a status is over."""
    await status.turn(membership_id)
