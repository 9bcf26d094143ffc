"""Files by their content: the SHA-256 of the bytes is the name, so the same file is kept once and an address never changes its meaning.

They lie in a folder, or in a bucket where FILES_URL names one, as `ab/cdef…`. A derivative (a thumbnail) lies beside its original:
`cdef….small`. What is being received is a draft on the local disk until its hash is known:

    draft = store().begin()
    async for piece in body:
        await draft.write(piece)
    name = await draft.finish()     # on disk for good, under a name of its own
    await store().place(draft)      # now under its hash

`app.models.files` keeps the rows that say which files are needed; pictures of faces and brands are put and got here.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from app.lib.blobs.disk import Disk
from app.lib.blobs.draft import CHUNK, Draft, NoRoom, check_room
from app.lib.blobs.store import Kept, OutOfReach, Store
from app.lib.blobs.whole import write_whole

__all__ = ["CHUNK", "Draft", "Kept", "NoRoom", "OutOfReach", "Store", "check_room", "open_store", "store", "use", "write_whole"]

_store: Store | None = None


def use(folder: Path, url: str = "") -> None:
    """Keep the files of this process in `folder`, or in the bucket at `url`; drafts lie in `folder` in either case."""
    global _store
    _store = open_store(folder, url)


def store() -> Store:
    """The files in use. Raises RuntimeError before `use`."""
    if _store is None:
        raise RuntimeError("no place for files was named")
    return _store


def open_store(folder: Path, url: str = "") -> Store:
    """The files in a folder, or in the bucket at an address such as s3://bucket/prefix."""
    if not urlsplit(url).scheme:
        return Disk(folder)
    from app.lib.blobs.bucket import Bucket

    return Bucket(folder, url)
