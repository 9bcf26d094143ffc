"""The row that this viewer may use, or `NotFound`. Authorisation is the lookup: no handler reads a row in another way."""

from __future__ import annotations

from app.models.base import NotFound
from app.models.viewer import Viewer

__all__ = ["NotFound", "require"]


def require(viewer: Viewer, right: str) -> None:
    """Let pass who holds a right such as `chat.manage`; for others the page isn't there."""
    if right not in viewer.rights:
        raise NotFound(right)
