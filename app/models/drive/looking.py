"""What a content turns out to be: its words go to the search, its small picture beside its bytes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from app import database
from app.lib import blobs, file_looks, file_names, file_types
from app.lib.file_words import compact, plain
from app.models.announcements import announce
from app.models.drive.searching import index_blob
from app.models.files import Blob
from app.models.files.previews import FAILED, MADE, PREVIEW, THUMB, BlobFacts

MOST_LOOKED_INTO = 2_000_000_000  # bytes; of larger files nothing is made but of videos
_PLAIN = (file_types.TEXT, file_types.MARKDOWN, file_types.CODE, file_types.TABLE)
_OFFICE = (file_types.OFFICE, file_types.SHEET, file_types.SLIDES)
_WORDS = (file_types.PDF, *_OFFICE)
_PICTURES = (file_types.PICTURE, file_types.PDF, file_types.VIDEO, *_PLAIN)


async def look_into(blob_id: int, name: str) -> None:
    """Note what is known of a content; `name` is what one of its files is called."""
    blob = await Blob.find(blob_id)
    if blob is None or blob.size == 0:
        return
    group = file_types.group_of(name)
    facts: dict[str, Any] = {}
    if blob.size <= MOST_LOOKED_INTO or group == file_types.VIDEO:
        async with blobs.store().local(blob.hash) as path:
            facts = await _looked(blob, group, name, path)
    await BlobFacts.put(blob_id, **facts)
    if facts.get("text"):
        await index_blob(blob_id)
    for row in await database.fetch("SELECT DISTINCT parent_id FROM node WHERE blob_id = $1 AND trashed_at IS NULL LIMIT 50", blob_id):
        announce("drive.folder", row["parent_id"])


async def page_of(blob: Blob, group: str, number: int) -> bytes:
    """A page of a PDF, or of the PDF of an office file, as WebP; kept once it was made. Empty where there is none."""
    name = f"page-{number}"
    if found := await blobs.store().get(blob.hash, name):
        return found
    async with blobs.store().local(blob.hash) as path:
        if group in _OFFICE:
            made = await _page_of_office(blob, number)
        else:
            made = (await file_looks.look("page", file_types.PDF, path, str(number))).content
    if made:
        await blobs.store().put_derivative(blob.hash, name, made)
    return made


async def zip_listing(blob: Blob) -> dict[str, Any] | None:
    """What is in a zip: `entries` (dicts with name, size, packed, is_folder, is_locked), `count`, `size`; None for what is no zip."""
    async with blobs.store().local(blob.hash) as path:
        made = await file_looks.look("zip", file_types.ARCHIVE, path)
    if not made.content:
        return None
    return {"entries": json.loads(made.content), "count": made.facts["entries"], "size": made.facts["size"]}


async def _looked(blob: Blob, group: str, name: str, path: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if group in _PLAIN:
        words = await asyncio.to_thread(plain, path)
        facts["text"] = compact(words or "")
    if group in _WORDS:
        found = await file_looks.look("text", group, path)
        facts["text"] = found.content.decode(errors="replace")
        facts |= {key: found.facts[key] for key in ("pages",) if key in found.facts}
    if group in _OFFICE and file_looks.can_print_office():
        facts |= await _print(blob, name, path)
    if group in _PICTURES:
        facts |= await _thumb(blob, group, path)
    return facts


async def _thumb(blob: Blob, group: str, path: Any) -> dict[str, Any]:
    made = await file_looks.look("thumb", group, path)
    if not made.content:
        return {"thumb": FAILED}
    await blobs.store().put_derivative(blob.hash, THUMB, made.content)
    return {"thumb": MADE} | {key: made.facts[key] for key in ("width", "height", "pages") if key in made.facts}


async def _print(blob: Blob, name: str, path: Any) -> dict[str, Any]:
    """The PDF of an office file, and the picture of its first page."""
    pdf = await file_looks.print_office(path, file_names.split(name)[1].lower())
    if not pdf:
        return {"preview": FAILED}
    await blobs.store().put_derivative(blob.hash, PREVIEW, pdf)
    draft = blobs.store().begin()
    try:
        await draft.write(pdf)
        await draft.finish()
        return {"preview": MADE} | await _thumb(blob, file_types.PDF, draft.path)
    finally:
        await draft.drop()


async def _page_of_office(blob: Blob, number: int) -> bytes:
    pdf = await blobs.store().get(blob.hash, PREVIEW)
    if not pdf:
        return b""
    draft = blobs.store().begin()
    try:
        await draft.write(pdf)
        await draft.finish()
        return (await file_looks.look("page", file_types.PDF, draft.path, str(number))).content
    finally:
        await draft.drop()
