"""Files in a bucket of S3 or of what speaks its language, through obstore; imported when there is one.

`s3://bucket/prefix?region=…&endpoint=https://…`; keys come from the query (`access_key_id`, `secret_access_key`) or from the AWS_…
variables that obstore reads itself. `file://` works as well, for tests. What obstore gives up after a few tries is an `OutOfReach`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from app.lib.blobs.draft import CHUNK, Draft
from app.lib.blobs.store import Kept, OutOfReach, Store, key_of, name_at

_READ = 4 * CHUNK  # bytes asked for at once: a request has a minute, and who downloads may take hours
_PART, _PARTS = 5 * CHUNK, 9_000  # bytes of a part that is sent, and how many a file may have (S3 takes 10,000)
_AT_ONCE = 4  # parts under way, each in memory
_PROBE = ".chalet"  # what the check writes
_CLIENT: dict[str, Any] = {"connect_timeout": "5s", "timeout": "60s"}
_RETRIES: Any = {"max_retries": 4, "retry_timeout": timedelta(seconds=30)}

_NOISE = re.compile(r"^Generic \w+ error: | in [\d.]+.?s(, after \d+ retries, max_retries: \d+, retry_timeout: \w+ )?")


class Bucket(Store):
    """A bucket of files."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self._url = url

    @cached_property
    def _objects(self) -> Any:
        return _opened(self._url)

    async def check(self) -> None:
        await asyncio.to_thread(self._check)

    async def place(self, draft: Draft) -> None:
        """Send it in parts, with constant memory."""
        await asyncio.to_thread(draft.lay_down)
        with _bucket_needed(), _told():
            await obstore.put_async(
                self._objects, key_of(draft.name), draft.path, chunk_size=max(_PART, draft.path.stat().st_size // _PARTS), max_concurrency=_AT_ONCE
            )
        draft.path.unlink(missing_ok=True)

    async def get(self, name: str, derivative: str = "") -> bytes | None:
        with contextlib.suppress(FileNotFoundError), _told():
            return bytes(await (await obstore.get_async(self._objects, key_of(name, derivative))).bytes_async())
        return None

    async def size(self, name: str, derivative: str = "") -> int | None:
        with contextlib.suppress(FileNotFoundError), _told():
            return int((await obstore.head_async(self._objects, key_of(name, derivative)))["size"])
        return None

    async def stream(self, name: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        if end is None and (end := await self.size(name)) is None:
            raise FileNotFoundError(name)
        coming = None
        try:
            for at in range(start, end, _READ):
                piece = await (coming or self._part(name, at, end))
                coming = asyncio.create_task(self._part(name, at + _READ, end)) if at + _READ < end else None
                yield piece
        finally:
            if coming is not None:
                coming.cancel()

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
        key = key_of(name)
        with _told():
            found = []
            async for page in obstore.list(self._objects, prefix=key[:2], offset=key[:-1]):  # in order, so that derivatives follow
                found += [one["path"] for one in page if one["path"].startswith(key)]
                if not page or not page[-1]["path"].startswith(key):
                    break
            if found:
                await obstore.delete_async(self._objects, found)

    async def everything(self) -> AsyncIterator[Kept]:
        with _told():
            async for page in obstore.list(self._objects):
                for one in page:
                    if name := name_at(one["path"]):
                        yield Kept(name, one["size"], int(one["last_modified"].timestamp() * 1000))

    def _check(self) -> None:
        with _bucket_needed(), _told():
            obstore.put(self._objects, _PROBE, b"Files of a Chalet lie here.\n")
            next(iter(obstore.list(self._objects, chunk_size=1)))

    async def _put(self, key: str, content: bytes) -> None:
        with _bucket_needed(), _told():
            await obstore.put_async(self._objects, key, content)

    async def _part(self, name: str, start: int, end: int) -> bytes:
        with _told():
            return bytes(await obstore.get_range_async(self._objects, key_of(name), start=start, end=min(start + _READ, end)))


@contextmanager
def _told() -> Iterator[None]:
    """What obstore says in a page, in a line."""
    try:
        yield
    except BaseError as error:
        raise OutOfReach(_NOISE.sub("", str(error).partition("\n")[0])[:500]) from error


@contextmanager
def _bucket_needed() -> Iterator[None]:
    """What isn't found where something is put is the bucket."""
    try:
        yield
    except FileNotFoundError as error:
        raise OutOfReach("there is no such bucket") from error


def _opened(url: str) -> Any:
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    if parts.scheme == "file":
        return from_url(url)
    client: Any = _CLIENT | {"allow_http": options.get("endpoint", "").startswith("http://")}
    with _told():
        return from_url(urlunsplit(parts._replace(query="")), config=cast(Any, options or None), client_options=client, retry_config=_RETRIES)
