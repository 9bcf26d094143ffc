"""What programs answer to commands later, for who gave them alone."""

from __future__ import annotations

from app import live
from app.models.announcements import announced
from app.render import render


@announced("command.answered")
def _answered(account_id: int, channel_id: int, html: str) -> None:
    """In the channel where the command was given."""
    live.publish(f"account:{account_id}", "chat.answer", html=render("chat/_only_you.html", html=html), data={"channel": channel_id})
