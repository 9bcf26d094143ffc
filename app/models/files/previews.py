"""What is known of a content beyond its bytes: a small picture, its words, its size in pixels, pages or seconds. Made by jobs."""

from __future__ import annotations

from piccolo.columns import BigInt, Integer, Text, Varchar

from app import database
from app.lib import clock
from app.models.base import Row
from app.models.files.blob import Blob
from app.models.job import Job

NONE, MADE, FAILED = "", "made", "failed"
THUMB, PREVIEW = "thumb", "preview"
MOST_TEXT = 400_000


class BlobFacts(Row):
    """What is known of the blob with the same id."""

    thumb = Varchar(length=8, default="", help_text="made: the derivative `thumb` is there; failed: none can be made.")
    preview = Varchar(length=8, default="", help_text="made: the derivative `preview` is there, a PDF of an office file.")
    width = Integer(null=True, default=None)
    height = Integer(null=True, default=None)
    pages = Integer(null=True, default=None)
    text = Text(default="")
    made_at = BigInt(default=0)

    @classmethod
    async def of(cls, blob_id: int | None) -> BlobFacts:
        """What is known; nothing where no job has looked yet."""
        row = await database.fetch_one("SELECT * FROM blob_facts WHERE id = $1", blob_id or 0)
        return cls.from_row(row or {"id": blob_id or 0, "thumb": "", "preview": "", "width": None, "height": None, "pages": None, "text": "", "made_at": 0})

    @classmethod
    async def put(cls, blob_id: int, **facts: object) -> None:
        """Keep what a job found."""
        known = (await cls.of(blob_id)).to_dict() | facts | {"id": blob_id, "made_at": clock.now()}
        columns = ("id", "thumb", "preview", "width", "height", "pages", "text", "made_at")
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        await database.execute(
            f"INSERT INTO blob_facts ({', '.join(columns)}) VALUES ({database.marks(columns)}) ON CONFLICT (id) DO UPDATE SET {changes}",
            *(known[name] for name in columns),
        )


async def preview_later(blob: Blob, name: str, org_id: int) -> None:
    """Promise to look into a content, unless that was done; `name` says what it is, since bytes are only believed where they say so too."""
    if blob.is_new or await database.fetch_value("SELECT id FROM blob_facts WHERE id = $1", blob.id) is None:
        await Job.enqueue("preview_file", key=f"preview:{blob.id}", org_id=org_id, background=True, blob_id=blob.id, name=name)
