"""Receiving a file in pieces that outlive a lost connection, a reload and a killed server (tus 1.0), until a room redeems it.

What has arrived is a hidden file in the data folder whose length is the offset: after a crash there is nothing to reconcile. The
hash is worked out while pieces arrive; whoever goes on in another process reads the file once more at the end.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import msgspec
from piccolo.columns import BigInt, ForeignKey, Text, Varchar

from app import database
from app.lib import blobs, clock, file_names
from app.lib.blobs.draft import full_disk_told
from app.lib.i18n import _
from app.lib.tokens import hash_token, new_token
from app.models.base import NotFound, Refused, Row
from app.models.files.blob import Blob, Use, place, release
from app.models.files.storage import check_quota, count_use
from app.models.organisation import Organisation
from app.models.viewer import Viewer

KEPT_FOR = 7 * clock.DAY  # an unfinished upload, from its last piece
KEPT_FOR_STRANGERS = clock.DAY  # one that came by a link; an hour until its first piece
COUNTS_FOR = clock.HOUR  # so long after its last piece, what a member has begun is kept room for
MOST = 1 << 44  # bytes of one file
PARTIAL, FINAL = "partial", "final"
KIND = "upload"
_MOST_HASHES = 200
_COMING = """
SELECT COALESCE(SUM(length), 0) AS everybody, COALESCE(SUM(CASE WHEN charged_id = $2 THEN length ELSE 0 END), 0) AS own FROM upload
 WHERE org_id = $1 AND blob_id IS NULL AND into_id IS NULL AND redeemed_at IS NULL
 AND expires_at > CASE WHEN account_id IS NULL THEN CAST($3 AS BIGINT) ELSE CAST($4 AS BIGINT) END
"""

_hashes: dict[int, tuple[int, Any]] = {}  # upload → offset and SHA-256 up to there, of uploads that this process receives


class Busy(Refused):
    """Another request is adding to this upload right now."""


class WrongOffset(Refused):
    """The piece doesn't begin where the upload ends."""


class WrongSum(Refused):
    """The piece isn't what its checksum says; it was thrown away."""


class Upload(Row):
    """A file that is on its way, or waits to be redeemed."""

    token_hash = Varchar(length=64)
    org_id = ForeignKey(Organisation, null=False)
    account_id = BigInt(null=True, default=None, help_text="Whose it is; null: of whoever holds the token, who came by a link.")
    charged_id = BigInt(null=True, default=None, help_text="The account whose quota it is checked against.")
    link_id = BigInt(null=True, default=None, help_text="The link by which a stranger sends it.")
    length = BigInt(default=0)
    name = Varchar(length=300, default="")
    media_type = Varchar(length=120, default="")
    facts = Text(default="{}", help_text="JSON: the sender's other metadata, texts by name.")
    concat = Varchar(length=8, default="", help_text="partial: a part of another; final: made of parts.")
    into_id = BigInt(null=True, default=None, help_text="The final upload that this part went into.")
    hash = Varchar(length=64, default="", help_text="Known once everything has arrived.")
    blob_id = BigInt(null=True, default=None)
    created_at = BigInt(default=0)
    expires_at = BigInt(default=0)
    redeemed_at = BigInt(null=True, default=None)

    @classmethod
    async def begin(
        cls, org_id: int, length: int, *, account_id: int | None, charged_id: int | None = None, link_id: int | None = None,
        metadata: dict[str, str] | None = None, concat: str = "",
    ) -> tuple[Self, str]:
        """A new upload of `length` bytes and its token. Raises `QuotaFull`, `Refused`, `app.lib.blobs.NoRoom`."""
        if not 0 <= length <= MOST:
            raise Refused(_("This file is too large."))
        charged = account_id if charged_id is None else charged_id
        blobs.check_room(_folder(), 0 if concat == FINAL else length)
        token, facts = new_token(), dict(metadata or {})
        given, media_type = facts.pop("filename", ""), facts.pop("filetype", "")[:120]
        async with database.transaction():
            await cls._check_quota(org_id, charged, length, concat)
            upload = await cls.insert_new(
                token_hash=hash_token(token), org_id=org_id, account_id=account_id, charged_id=charged, link_id=link_id, length=length, concat=concat,
                name=file_names.fitted(given) if given else "", media_type=media_type,
                facts=msgspec.json.encode(facts).decode(), created_at=clock.now(), hash="",
                expires_at=clock.now() + (KEPT_FOR if account_id is not None else clock.HOUR),
            )
        await asyncio.to_thread(_touch, upload.path)
        return upload, token

    @staticmethod
    async def _check_quota(org_id: int, charged_id: int | None, length: int, concat: str) -> None:
        """Whether it fits beside what is on its way. Raises `QuotaFull`."""
        await count_use(org_id, charged_id, 0)  # one begins after the other
        now = clock.now()
        coming = await database.fetch_one(_COMING, org_id, charged_id, now, now + KEPT_FOR - COUNTS_FOR)
        counted = coming if coming is not None and concat != FINAL else {"everybody": 0, "own": 0}  # of a whole, the parts were counted
        await check_quota(org_id, None, length + int(counted["everybody"]))
        await check_quota(org_id, charged_id, length + int(counted["own"]))

    @classmethod
    async def by_token(cls, token: str, viewer: Viewer | None) -> Self:
        """The upload of this token, which is this person's or nobody's. Raises `NotFound`."""
        row = await database.fetch_one("SELECT * FROM upload WHERE token_hash = $1", hash_token(token))
        if row is None or row["expires_at"] <= clock.now() or (row["account_id"] is not None and (viewer is None or viewer.account_id != row["account_id"])):
            raise NotFound("upload")
        return cls.from_row(row)

    @property
    def path(self) -> Path:
        """Where what has arrived lies."""
        return _folder() / f".{self.id}"

    @property
    def is_complete(self) -> bool:
        """Whether all of it has arrived."""
        return self.offset == self.length

    @property
    def offset(self) -> int:
        """How many bytes have arrived."""
        if self.blob_id is not None or self.hash or self.into_id is not None:
            return int(self.length)
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    async def add(self, offset: int, body: AsyncIterable[bytes], checksum: tuple[str, bytes] | None = None) -> int:
        """Append a piece that begins at `offset`; the new offset. What has arrived stays when the connection is lost, unless the
        piece has a checksum. Raises `Busy`, `WrongOffset`, `WrongSum`, `Refused`, `app.lib.blobs.NoRoom`."""
        if self.hash or not self.path.exists():
            return await self._confirm(offset)
        async with self.alone():
            if offset != self.offset:
                raise WrongOffset(_("This piece doesn’t begin where the upload ends."))
            if offset < self.length or offset == 0:
                await self._append(offset, body, checksum)
            reached = self.path.stat().st_size
        if reached > offset:
            kept_for = KEPT_FOR if self.account_id is not None else KEPT_FOR_STRANGERS
            await database.execute("UPDATE upload SET expires_at = $1 WHERE id = $2", clock.now() + kept_for, self.id)
        if reached == self.length and self.concat != PARTIAL:
            await self.finish()
        return int(reached)

    async def finish(self) -> None:
        """Make a blob of what has arrived. May be called again after a crash, and goes on where that happened."""
        if self.blob_id is not None:
            return
        blob = await self._placed()
        async with database.transaction():
            await blob.keep_for(Use(KIND, self.id, self.org_id, self.charged_id))
            await database.execute("UPDATE upload SET blob_id = $1, hash = $2 WHERE id = $3", blob.id, blob.hash, self.id)
        self.blob_id, self.hash = blob.id, blob.hash
        _hashes.pop(self.id, None)

    async def blob(self) -> Blob:
        """What it has become."""
        return await Blob.get(self.blob_id or 0)

    @property
    def metadata(self) -> dict[str, str]:
        """What its sender said about it, besides name and type."""
        return dict(msgspec.json.decode(self.facts))

    @classmethod
    async def ready(cls, token: str, viewer: Viewer | None) -> Self:
        """An upload that is whole and waits to be redeemed; finishing what a crash interrupted. Raises `NotFound`, `Refused`."""
        upload = await cls.by_token(token, viewer)
        if upload.redeemed_at is not None or upload.concat == PARTIAL:
            raise NotFound("upload")
        if not upload.is_complete:
            raise Refused(_("This upload isn’t complete yet."))
        await upload.finish()
        return upload

    async def redeem(self) -> Blob:
        """Take what it has become, once, in the transaction that puts it where it belongs. Raises `NotFound`."""
        claimed = await database.execute(
            "UPDATE upload SET redeemed_at = $1 WHERE id = $2 AND redeemed_at IS NULL RETURNING id", clock.now(), self.id
        )
        if not claimed:
            raise NotFound("upload")
        blob = await self.blob()
        await release(KIND, [self.id])
        return blob

    async def discard(self) -> None:
        """Stop it and throw away what has arrived."""
        async with database.transaction():
            await release(KIND, [self.id])
            await database.execute("DELETE FROM upload WHERE id = $1", self.id)
        _hashes.pop(self.id, None)
        await asyncio.to_thread(self.path.unlink, missing_ok=True)

    @classmethod
    async def prune(cls) -> None:
        """Forget what was redeemed a day ago or never was and is over."""
        for row in await database.fetch(
            "SELECT * FROM upload WHERE expires_at <= $1 OR redeemed_at <= $2 LIMIT 1000", clock.now(), clock.now() - clock.DAY
        ):
            await cls.from_row(row).discard()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Only one request adds, of all server processes on this machine."""
        lock = await asyncio.to_thread(_lock, self.path)
        if lock is None:
            raise Busy(_("This upload is being added to already."))
        try:
            yield
        finally:
            os.close(lock)

    # -- receiving

    async def _confirm(self, offset: int) -> int:
        """Nothing more is to come: an empty last piece, sent again, is answered as before."""
        if not self.hash or offset != self.length:
            raise WrongOffset(_("This piece doesn’t begin where the upload ends."))
        await self.finish()
        return int(self.length)

    async def _append(self, offset: int, body: AsyncIterable[bytes], checksum: tuple[str, bytes] | None) -> None:
        known = _hashes.pop(self.id, (0, hashlib.sha256()) if offset == 0 else None)
        running = known[1] if known and known[0] == offset else None
        summed = hashlib.new(checksum[0]) if checksum else None
        writer = _Appending(self.path, offset, self.length, running, summed)
        try:
            async for piece in body:
                await writer.write(piece)
        except Exception:
            if summed is None:
                await writer.flush()
            else:
                await writer.undo(offset)
            raise
        await writer.flush()
        if summed is not None and checksum is not None and summed.digest() != checksum[1]:
            await writer.undo(offset)
            raise WrongSum(_("This piece arrived damaged. Please send it again."))
        if running is not None:
            while len(_hashes) >= _MOST_HASHES:
                _hashes.pop(next(iter(_hashes)))
            _hashes[self.id] = (writer.offset, running)

    async def _placed(self) -> Blob:
        """Bytes under their hash: from what has arrived, or found there already after a crash."""
        if not self.path.exists():
            row = await database.fetch_one("SELECT * FROM blob WHERE hash = $1", self.hash) if self.hash else None
            if row is None or await blobs.store().size(self.hash) != self.length:
                raise Refused(_("This upload was lost. Please send the file again."))
            return Blob.from_row(row)
        known = _hashes.get(self.id)
        if known and known[0] == self.length:
            draft = blobs.Draft(_folder(), self.path)
            draft.size, draft.name = self.length, known[1].hexdigest()
            await asyncio.to_thread(_sync, self.path)
        else:
            draft = await blobs.Draft.of(self.path)
        await database.execute("UPDATE upload SET hash = $1 WHERE id = $2", draft.name, self.id)
        return await place(draft)


class _Appending:
    """Writes pieces in blocks, in a thread, feeding the sums as it goes."""

    def __init__(self, path: Path, offset: int, length: int, running: Any, summed: Any) -> None:
        self.offset = offset
        self._path, self._length, self._sums = path, length, [one for one in (running, summed) if one is not None]
        self._pending = bytearray()

    async def write(self, piece: bytes) -> None:
        self._pending += piece
        if self.offset + len(self._pending) > self._length:
            self._pending = self._pending[: self._length - self.offset]
            await self.flush()
            raise Refused(_("This is more than was announced."))
        if len(self._pending) >= blobs.CHUNK:
            await self.flush()

    async def flush(self) -> None:
        pending, self._pending = self._pending, bytearray()
        if pending:
            await asyncio.to_thread(full_disk_told, lambda: self._write(pending))

    async def undo(self, offset: int) -> None:
        self._pending = bytearray()
        await asyncio.to_thread(os.truncate, self._path, offset)

    def _write(self, pending: bytearray) -> None:
        if self.offset // (64 * blobs.CHUNK) != (self.offset + len(pending)) // (64 * blobs.CHUNK):
            blobs.check_room(self._path.parent, len(pending))
        with self._path.open("ab", buffering=0) as file:
            view = memoryview(pending)
            while view:
                written = file.write(view)
                for one in self._sums:
                    one.update(view[:written])
                self.offset += written
                view = view[written:]


def _folder() -> Path:
    return blobs.store().folder / ".uploads"


def _touch(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)


def _lock(path: Path) -> int | None:
    """The lock of a file, which ends with its process; none when it is taken, or the file was finished meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

