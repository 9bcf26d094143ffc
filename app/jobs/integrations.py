"""Telling programs outside of messages, and forgetting old calls."""

from __future__ import annotations

from app.jobs import context, job
from app.models.chat.integrations import integration, outgoing, outside_commands

__all__ = ["outside_commands"]


@job("call_webhook")
async def call_webhook(integration_id: int, message_id: int) -> None:
    """Tell a program of a message; raised errors make the runner try again later."""
    await outgoing.tell(integration_id, message_id, context.settings().base_url.rstrip("/"))


@job("prune_integrations")
async def prune_integrations() -> None:
    """Forget old lines of their logs."""
    await integration.prune()
