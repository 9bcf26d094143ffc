"""Contents, and who needs them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, Collection, Sequence
from dataclasses import dataclass
from typing import Self

from piccolo.columns import BigInt, ForeignKey, OnDelete, Varchar

from app import database
from app.lib import blobs, clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.base import NotFound, Refused, Row
from app.models.files.storage import count_use
from app.models.organisation import Organisation


@dataclass(frozen=True, slots=True)
class Use:
    """Why a blob is kept: the row `subject_id` of the room `kind` needs it. Counted for the organisation and for an account, if any."""

    kind: str
    subject_id: int
    org_id: int
    account_id: int | None = None


class Blob(Row):
    """Bytes that are kept once, however many need them."""

    hash = Varchar(length=64, help_text="SHA-256, under which they lie in the store.")
    size = BigInt(default=0)
    touched_at = BigInt(default=0, help_text="When they were last received. Without a use they stay for a day from then.")
    checked_at = BigInt(default=0, help_text="When the scrub last read them.")
    damaged_at = BigInt(null=True, default=None, help_text="Since when they aren't what they must be, or aren't there.")

    is_new: bool = False  # it was received for the first time just now, so that nothing is known of what is in it

    async def keep_for(self, use: Use) -> None:
        """Note that somebody needs it, in the transaction of what needs it. Raises `QuotaFull`."""
        added = await database.execute(
            "INSERT INTO blob_use (id, blob_id, kind, subject_id, org_id, account_id, size) VALUES ($1, $2, $3, $4, $5, $6, $7)"
            " ON CONFLICT (kind, subject_id) DO NOTHING RETURNING id",
            new_id(), self.id, use.kind, use.subject_id, use.org_id, use.account_id, self.size,
        )
        if added:
            await count_use(use.org_id, use.account_id, self.size)

    @classmethod
    async def used_by(cls, kind: str, subject_id: int) -> Self:
        """The blob that the row of a room needs. Raises `NotFound`."""
        row = await database.fetch_one(
            "SELECT b.* FROM blob b JOIN blob_use u ON u.blob_id = b.id WHERE u.kind = $1 AND u.subject_id = $2", kind, subject_id
        )
        if row is None:
            raise NotFound(f"file of {kind} {subject_id}")
        return cls.from_row(row)


class BlobUse(Row):
    """One reason to keep a blob."""

    blob_id = ForeignKey(Blob, null=False, on_delete=OnDelete.restrict)
    kind = Varchar(length=20)
    subject_id = BigInt()
    org_id = ForeignKey(Organisation, null=False, on_delete=OnDelete.restrict)
    account_id = BigInt(null=True, default=None)
    size = BigInt(default=0, help_text="The blob's, so that letting go counts without reading it.")


async def release(kind: str, subject_ids: Collection[int]) -> None:
    """Let go of what these rows needed, in the transaction that deletes them."""
    async for piece in database.pieces(list(subject_ids)):
        freed = Counter[tuple[int, int | None]]()
        for row in await database.execute(
            f"DELETE FROM blob_use WHERE kind = $1 AND subject_id IN ({database.marks(piece, 2)}) RETURNING org_id, account_id, size", kind, *piece
        ):
            freed[row["org_id"], row["account_id"]] += row["size"]
        for (org_id, account_id), size in freed.items():
            await count_use(org_id, account_id, -size)


async def charge(kind: str, subject_ids: Sequence[int], account_id: int | None) -> None:
    """Count what these rows need for somebody else, in the transaction that gives it to them. Raises `QuotaFull`."""
    async for piece in database.pieces(subject_ids):
        chosen = f"kind = $1 AND COALESCE(account_id, 0) <> $2 AND subject_id IN ({database.marks(piece, 3)})"
        counted = await database.fetch(
            f"SELECT org_id, account_id, SUM(size) AS size FROM blob_use WHERE {chosen} GROUP BY org_id, account_id", kind, account_id or 0, *piece
        )
        await database.execute(f"UPDATE blob_use SET account_id = NULLIF(CAST($2 AS BIGINT), 0) WHERE {chosen}", kind, account_id or 0, *piece)
        for row in counted:
            await count_use(row["org_id"], row["account_id"], -int(row["size"]))
            await count_use(row["org_id"], account_id, int(row["size"]))


async def receive(body: AsyncIterable[bytes], most: int | None = None) -> Blob:
    """Keep a stream of bytes, of at most `most`. Memory stays constant. Raises `Refused` when there are more, `app.lib.blobs.NoRoom`."""
    draft = blobs.store().begin()
    try:
        async for piece in body:
            await draft.write(piece)
            if most is not None and draft.size > most:
                raise Refused(_("This file is larger than there is room for."))
        await draft.sum_up()
        if most is not None and draft.size > most:
            raise Refused(_("This file is larger than there is room for."))
        return await place(draft)
    except BaseException:
        await draft.drop()
        raise


async def keep_bytes(content: bytes) -> Blob:
    """Keep a small file."""
    async def body() -> AsyncIterable[bytes]:
        yield content

    return await receive(body())


async def place(draft: blobs.Draft) -> Blob:
    """The row of a finished draft, committed, and then its bytes under their hash. Not within a transaction of the caller's."""
    row = {"id": new_id(), "hash": draft.name, "size": draft.size, "touched_at": clock.now(), "checked_at": clock.now()}
    found = await database.execute(
        "INSERT INTO blob (id, hash, size, touched_at, checked_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (hash) DO UPDATE SET touched_at = excluded.touched_at, checked_at = excluded.checked_at, damaged_at = NULL RETURNING id",
        *row.values(),
    )
    await blobs.store().place(draft)
    blob = Blob.from_row({**row, "id": found[0]["id"], "damaged_at": None})
    blob.is_new = blob.id == row["id"]
    return blob
