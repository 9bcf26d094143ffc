"""A file that was sent as several uploads at once (tus 1.0, Concatenation).

The whole begins as the file of its first part, and the others are appended: its length tells where a join that was interrupted goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Sequence
from contextlib import nullcontext
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


async def concatenate(tokens: Sequence[str], viewer: Viewer | None, metadata: dict[str, str]) -> tuple[Upload, str]:
    """One upload of its parts, in their order, and its token. Asked again after a lost answer, a new token leads to the same bytes.

    Raises `NotFound` for a part that isn't there, `Refused` for one that isn't complete, `Busy` while another request joins them.
    """
    parts = [await Upload.by_token(token, viewer) for token in tokens]
    if not parts or any(part.concat != PARTIAL for part in parts):
        raise NotFound("part")
    whole = await _whole(parts, metadata)
    if whole.redeemed_at is not None:
        raise NotFound("part")
    async with whole.alone() if whole.path.exists() else nullcontext():  # where it is gone, its blob was placed before a crash
        whole = await Upload.get(whole.id)
        if whole.path.exists():
            await _join(whole, parts)
        await whole.finish()
    token = new_token()
    await database.execute("UPDATE upload SET token_hash = $1 WHERE id = $2", hash_token(token), whole.id)
    for part in parts:
        await asyncio.to_thread(part.path.unlink, missing_ok=True)
    return whole, token


async def _whole(parts: Sequence[Upload], metadata: dict[str, str]) -> Upload:
    """What the parts become: begun now, or when it was asked for before."""
    first = parts[0]
    if first.into_id is None and all(part.is_complete for part in parts):
        whole, _token = await Upload.begin(
            first.org_id, sum(part.length for part in parts), account_id=first.account_id, charged_id=first.charged_id, link_id=first.link_id,
            metadata=metadata, concat=FINAL,
        )
        ids = [part.id for part in parts]
        sql = f"UPDATE upload SET into_id = $1 WHERE id IN ({database.marks(ids, 2)}) AND into_id IS NULL RETURNING id"
        if not await database.execute(sql, whole.id, *ids):
            await whole.discard()
    into = (await Upload.get(first.id)).into_id  # whoever was first
    if into is None:
        raise Refused(_("A part of this upload hasn’t arrived yet."))
    return await Upload.get(into)


async def _join(whole: Upload, parts: Sequence[Upload]) -> None:
    if whole.offset == 0 and parts[0].path.exists():
        known = uploads._hashes.pop(parts[0].id, None)
        await asyncio.to_thread(os.replace, parts[0].path, whole.path)
        if known is not None and known[0] == parts[0].length:
            uploads._hashes[whole.id] = known
    length, running = uploads._hashes.pop(whole.id, (0, hashlib.sha256()))
    offset = whole.offset
    known_sum = running if length == offset else None
    await asyncio.to_thread(full_disk_told, lambda: _append(whole.path, [(part.path, part.length) for part in parts], known_sum))
    if known_sum is not None:
        uploads._hashes[whole.id] = (whole.length, known_sum)


def _append(target: Path, parts: Sequence[tuple[Path, int]], running: Any) -> None:
    """What is missing of the parts, also in the sum of what was there."""
    with target.open("ab") as file:
        start = 0
        for path, length in parts:
            there = file.tell() - start
            if there < length:
                blobs.check_room(target.parent, length - there)
                with path.open("rb", buffering=0) as source:
                    source.seek(max(0, there))
                    while piece := source.read(blobs.CHUNK):
                        file.write(piece)
                        if running is not None:
                            running.update(piece)
            start += length
        file.flush()
        os.fsync(file.fileno())
