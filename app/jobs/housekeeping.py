"""Forgetting what is over, and keeping queries fast."""

from __future__ import annotations

from app import database
from app.jobs import job
from app.models.command import Command
from app.models.credential import Challenge, EmailedLink, FailedAttempt, KnownDevice
from app.models.session import Session
from app.models.status import MemberStatus


@job("prune")
async def prune() -> None:
    """Delete commands that can't be undone any more, and sessions, links, challenges and failures that are over."""
    for table in (Command, Session, EmailedLink, Challenge, FailedAttempt, KnownDevice, MemberStatus):
        await table.prune()


@job("analyze")
async def analyze() -> None:
    """Let the database look at what its tables hold, so that it plans queries well."""
    await database.analyze()
