"""What a content turns out to be: its words go to the search."""

from __future__ import annotations

from app.lib import file_types
from app.models.base import NotFound, Refused
from app.models.drive.searching import index_blob
from app.models.drive.versions import text_of
from app.models.files import Blob
from app.models.files.previews import MOST_TEXT, BlobFacts

_TEXTS = (file_types.TEXT, file_types.MARKDOWN, file_types.CODE, file_types.TABLE)


async def look_into(blob_id: int, name: str) -> None:
    """Note what is known of a content; `name` is what one of its files is called."""
    blob = await Blob.find(blob_id)
    if blob is None:
        return
    text = ""
    if file_types.group_of(name) in _TEXTS:
        try:
            text = (await text_of(blob)).replace("\0", "")[:MOST_TEXT]
        except (Refused, NotFound):
            text = ""
    await BlobFacts.put(blob_id, text=text)
    if text:
        await index_blob(blob_id)
