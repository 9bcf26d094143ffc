"""A file that was sent as several uploads at once (tus 1.0, Concatenation)."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Any

from app import database
from app.lib import blobs
from app.lib.blobs.draft import full_disk_told
from app.lib.i18n import _
from app.lib.tokens import hash_token, new_token
from app.models.base import NotFound, Refused
from app.models.files import upload as uploads
from app.models.files.upload import FINAL, PARTIAL, Upload
from app.models.viewer import Viewer


async def concatenate(tokens: list[str], viewer: Viewer | None, metadata: dict[str, str]) -> tuple[Upload, str]:
    """One upload of its parts, in their order, and its token. Asked again after a lost answer, a new token leads to the same bytes.

    Raises `NotFound` for a part that isn't there, `Refused` for one that isn't complete, `Busy` while another request joins them.
    """
    parts = [await Upload.by_token(token, viewer) for token in tokens]
    if not parts or any(part.concat != PARTIAL for part in parts):
        raise NotFound("part")
    if earlier := parts[0].into_id:
        return await _again(earlier)
    if any(not part.is_complete for part in parts):
        raise Refused(_("A part of this upload hasn’t arrived yet."))
    async with parts[0].alone():  # asked twice at once, the second is told to come back
        return await _joined(parts, metadata)


async def _joined(parts: list[Upload], metadata: dict[str, str]) -> tuple[Upload, str]:
    first = parts[0]
    whole, token = await Upload.begin(
        first.org_id, sum(part.length for part in parts), account_id=first.account_id, charged_id=first.charged_id, metadata=metadata, concat=FINAL
    )
    running = hashlib.sha256()
    await asyncio.to_thread(full_disk_told, lambda: _join(whole.path, [part.path for part in parts], running))
    uploads._hashes[whole.id] = (whole.length, running)
    for part in parts:
        await part.change(into_id=whole.id)
    await whole.finish()
    for part in parts:
        await asyncio.to_thread(part.path.unlink, missing_ok=True)
    return whole, token


async def _again(whole_id: int) -> tuple[Upload, str]:
    """The answer with the token was lost: the same bytes under another one."""
    whole, token = await Upload.get(whole_id), new_token()
    if whole.redeemed_at is not None:
        raise NotFound("part")
    await whole.finish()
    await database.execute("UPDATE upload SET token_hash = $1 WHERE id = $2", hash_token(token), whole.id)
    return whole, token


def _join(target: Path, parts: list[Path], running: Any) -> None:
    with target.open("wb", buffering=0) as file:
        for part in parts:
            blobs.check_room(target.parent, part.stat().st_size)
            with part.open("rb", buffering=0) as source:
                while piece := source.read(blobs.CHUNK):
                    running.update(piece)
                    file.write(piece)
        os.fsync(file.fileno())
