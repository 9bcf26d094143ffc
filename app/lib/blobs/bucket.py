"""Files in a bucket of S3 or of what speaks its language, through obstore; imported when there is one.

`s3://bucket/prefix?region=…&endpoint=https://…`; keys come from the query (`access_key_id`, `secret_access_key`) or from the AWS_…
variables that obstore reads itself. `file://` and `memory://` work as well, for tests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from app.lib.blobs.draft import CHUNK, Draft
from app.lib.blobs.store import Kept, Store, key_of, name_at


class Bucket(Store):
    """A bucket of files."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self._objects = _opened(url)

    async def place(self, draft: Draft) -> None:
        """Send it in parts, with constant memory."""
        import obstore

        await obstore.put_async(self._objects, key_of(draft.name), draft.path)
        draft.path.unlink(missing_ok=True)

    async def get(self, name: str, derivative: str = "") -> bytes | None:
        import obstore

        try:
            return bytes(await (await obstore.get_async(self._objects, key_of(name, derivative))).bytes_async())
        except FileNotFoundError:
            return None

    def read(self, name: str) -> bytes | None:
        import obstore

        try:
            return bytes(obstore.get(self._objects, key_of(name)).bytes())
        except FileNotFoundError:
            return None

    async def size(self, name: str, derivative: str = "") -> int | None:
        import obstore

        try:
            return int((await obstore.head_async(self._objects, key_of(name, derivative)))["size"])
        except FileNotFoundError:
            return None

    async def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        import obstore

        if end is not None and end <= start:
            return
        wanted: Any = {} if start == 0 and end is None else {"range": {"offset": start} if end is None else (start, end)}
        found = await obstore.get_async(self._objects, key_of(name), options=wanted)
        async for piece in found.stream(min_chunk_size=CHUNK):
            yield bytes(piece)

    @asynccontextmanager
    async def local(self, name: str) -> AsyncIterator[Path]:
        draft = self.begin()
        try:
            async for piece in self.stream(name):
                await draft.write(piece)
            await draft.finish()
            yield draft.path
        finally:
            await draft.drop()

    async def remove(self, name: str) -> None:
        import obstore

        key = key_of(name)
        found = [one["path"] for page in obstore.list(self._objects, prefix=key[:2]) for one in page if one["path"].startswith(key)]
        if found:
            await obstore.delete_async(self._objects, found)

    async def everything(self) -> AsyncIterator[Kept]:
        import obstore

        async for page in obstore.list(self._objects):
            for one in page:
                if name := name_at(one["path"]):
                    yield Kept(name, one["size"], int(one["last_modified"].timestamp() * 1000))

    async def _put(self, key: str, content: bytes) -> None:
        import obstore

        await obstore.put_async(self._objects, key, content)


def _opened(url: str) -> Any:
    from obstore.store import from_url

    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    client: Any = {"allow_http": True} if options.get("endpoint", "").startswith("http://") else None
    return from_url(urlunsplit(parts._replace(query="")), config=cast(Any, options or None), client_options=client)
