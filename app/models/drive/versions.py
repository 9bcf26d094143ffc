"""What files were before: listed, pinned, compared, and thinned by the organisation's rule."""

from __future__ import annotations

import asyncio
import difflib
from typing import Any

from app import database
from app.lib import blobs, clock
from app.lib.i18n import _
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.drive.finding import Found, find_node
from app.models.drive.rights import EDIT
from app.models.drive.tables import Node, Version
from app.models.files.blob import Blob, release
from app.models.viewer import Viewer

MOST_COMPARED = 1_000_000  # bytes of a text
MOST_LINES = 30_000  # finding what two texts share can take the square of their lines

_OLD = """
SELECT v.id FROM node_version v JOIN node n ON n.id = v.node_id LEFT JOIN drive_rules r ON r.id = n.org_id
 WHERE v.pinned_at IS NULL AND v.id <> n.version_id AND (v.created_at < CAST($1 AS BIGINT) - COALESCE(r.version_days, 180) * CAST(86400000 AS BIGINT)
    OR v.number <= (SELECT MAX(w.number) FROM node_version w WHERE w.node_id = v.node_id) - COALESCE(r.versions_kept, 100)) LIMIT 500
"""


async def versions_of(node: Node) -> list[dict[str, Any]]:
    """The versions of a file, newest first, with the names of their authors."""
    return await database.fetch(
        "SELECT v.*, a.given_name, a.family_name, a.avatar FROM node_version v LEFT JOIN account a ON a.id = v.created_by"
        " WHERE v.node_id = $1 ORDER BY v.number DESC LIMIT 500", node.id,
    )


async def version_of(node: Node, version_id: int) -> Version:
    """One of them. Raises `NotFound`."""
    return await Version.find_own(version_id, node_id=node.id)


async def pin(viewer: Viewer, found: Found, version_id: int, on: bool, label: str = "") -> Command:
    """Keep a version whatever the rule says, under a label of one's own; or no longer."""
    if not found.can_edit:
        raise NotFound("version")
    version = await version_of(found.node, version_id)
    async with Command.once(viewer, "version.pin") as command:
        before = {"node": found.node.id, "version": version.id, "pinned_at": version.pinned_at, "label": version.label}
        await version.change(pinned_at=clock.now() if on else None, label=label.strip()[:120] if on else "")
        command.done(version.id, what=found.node.name, url=found.node.url, inverse=before)
    return command


async def text_of(blob: Blob, most: int = MOST_COMPARED) -> str:
    """The text of a content. Raises `Refused` for what is too long or no text."""
    if blob.size > most:
        raise Refused(_("This file is too large to be shown as text."))
    content = await blobs.store().get(blob.hash)
    if content is None:
        raise NotFound("content")
    if b"\0" in content[:8000] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused(_("This file isn’t a text."))
    for encoding in ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


async def compare(node: Node, older: int, newer: int) -> list[tuple[str, str]]:
    """The lines of two versions: (" ", line), ("-", line), ("+", line), and ("…", "") between distant changes. Raises `Refused`."""
    before, after = [(await text_of(await Blob.get((await version_of(node, id_)).blob_id))).splitlines() for id_ in (older, newer)]
    if max(len(before), len(after)) > MOST_LINES:
        raise Refused(_("This file is too large to be shown as text."))
    lines = await asyncio.to_thread(lambda: list(difflib.unified_diff(before, after, lineterm="", n=3)))
    return [("…", "") if line.startswith("@@") else (line[:1] or " ", line[1:]) for line in lines[2:]]


async def thin_versions() -> int:
    """Delete the versions that the rule of their organisation doesn't keep; says how many went."""
    count = 0
    while rows := await database.fetch(_OLD, clock.now()):
        async with database.transaction():
            ids = [row["id"] for row in rows]
            await release("drive", ids)
            await database.execute(f"DELETE FROM node_version WHERE id IN ({database.marks(ids)})", *ids)
        count += len(rows)
    return count


@undoes("version.pin")
async def _pin_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    found = await find_node(viewer, inverse["node"], EDIT)
    version = await version_of(found.node, inverse["version"])
    await version.change(pinned_at=inverse["pinned_at"], label=inverse["label"])
