"""What browsers are told about drives: that a folder or a file changed. Who shows it asks anew, with their own rights."""

from __future__ import annotations

from app import live
from app.models.announcements import announced


@announced("drive.folder")
def _folder(node_id: int | None) -> None:
    if node_id is not None:
        live.publish(f"drive:{node_id}", "changed")


@announced("drive.file")
def _file(node_id: int) -> None:
    live.publish(f"drive:{node_id}", "changed")
