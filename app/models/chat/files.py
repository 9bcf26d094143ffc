"""Files of messages: uploaded in pieces (app/models/files), shown below the words, kept as long as the message can come back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from piccolo.columns import BigInt, ForeignKey, Integer, SmallInt, Varchar

from app import database
from app.lib import blobs, clock, file_types, pictures
from app.lib.i18n import _
from app.lib.numbers import whole
from app.models.base import NotFound, Refused, Row
from app.models.chat import holding
from app.models.chat.channel import Channel
from app.models.chat.message import Message
from app.models.files import Blob, Upload, Use, release
from app.models.job import Job
from app.models.viewer import Viewer

KIND = "chat"
MOST = 20  # of one message
THUMB, WIDE = "chat", 960  # the derivative that the log shows, and its longer side in pixels
MOST_THUMBED = 40_000_000  # bytes of a picture that is looked into
MOST_SHOWN = 2_000_000  # bytes of a picture that the log shows as it is until there is a smaller one
_BITS = {file_types.PICTURE: holding.PICTURE, file_types.VIDEO: holding.VIDEO, file_types.AUDIO: holding.AUDIO}


class MessageFile(Row):
    """A file of a message."""

    message_id = ForeignKey(Message)
    channel_id = ForeignKey(Channel)
    hash = Varchar(length=64)
    name = Varchar(length=300)
    size = BigInt(default=0)
    media_type = Varchar(length=120, default="")
    kind = Varchar(length=12, default="other", help_text="The group that its look goes by: see app/lib/file_types.py.")
    width = Integer(default=0, help_text="Of a picture or video, as its sender's browser or the server saw it; 0: unknown.")
    height = Integer(default=0)
    seconds = Integer(default=0, help_text="Of a voice message or video.")
    is_voice = SmallInt(default=0)
    thumb = Varchar(length=8, default="", help_text="made: the small picture is there; failed: none can be made.")
    place = SmallInt(default=0)
    created_at = BigInt(default=0)

    message: Message  # where it was `found`

    @classmethod
    async def found(cls, viewer: Viewer, id_: int) -> MessageFile:
        """The file with this id, of a message that the viewer may read and that wasn't deleted. Raises `NotFound`."""
        file = await cls.get(id_)
        file.message = await Message.found(viewer, file.message_id)
        if file.message.deleted_at is not None:
            raise NotFound(f"file {id_}")
        return file


async def ready(tokens: Collection[str], viewer: Viewer) -> list[Upload | None]:
    """The uploads of these tokens, before the transaction that takes them; None for one that was taken already. Raises `Refused`."""
    found: list[Upload | None] = []
    for token in list(dict.fromkeys(tokens))[:MOST]:
        try:
            found.append(await Upload.ready(token, viewer))
        except NotFound:
            found.append(None)
    return found


def bits_of(uploads: Sequence[Upload]) -> int:
    """What a message with these files holds."""
    return bits_of_names([upload.name for upload in uploads])


def bits_of_names(names: Sequence[str]) -> int:
    """The same of files with these names."""
    bits = holding.FILES if names else 0
    for name in names:
        bits |= _BITS.get(file_types.group_of(name), 0)
    return bits


async def attach_blob(message_id: int, channel: Channel, account_id: int, blob: Blob, name: str, place: int) -> None:
    """Put a file that came in another way than by an upload below a message, in its transaction. Raises `QuotaFull`."""
    file = await MessageFile.insert_new(
        message_id=message_id, channel_id=channel.id, hash=blob.hash, name=name, size=blob.size, media_type=file_types.media_type(name),
        kind=file_types.group_of(name), place=place, created_at=clock.now(),
    )
    await blob.keep_for(Use(KIND, file.id, channel.org_id, account_id))
    if file.kind == file_types.PICTURE and blob.size <= MOST_THUMBED:
        await Job.enqueue("thumb_message_file", key=f"thumb:{file.id}", org_id=channel.org_id, background=True, file_id=file.id)


async def attach_to(message_id: int, channel: Channel, account_id: int, uploads: Sequence[Upload]) -> None:
    """Put uploaded files below a message, in its transaction. Raises `QuotaFull`, `NotFound`."""
    for place, upload in enumerate(uploads):
        blob = await upload.redeem()
        facts, name = upload.metadata, upload.name or "file"
        kind = file_types.AUDIO if facts.get("voice") == "1" else file_types.group_of(name)
        file = await MessageFile.insert_new(
            message_id=message_id, channel_id=channel.id, hash=blob.hash, name=name, size=blob.size, media_type=file_types.media_type(name),
            kind=kind, width=_number(facts.get("width"), 20_000), height=_number(facts.get("height"), 20_000),
            seconds=_number(facts.get("seconds"), 86_400), is_voice=int(facts.get("voice") == "1"), place=place, created_at=clock.now(),
        )
        await blob.keep_for(Use(KIND, file.id, channel.org_id, account_id))
        if file.kind == file_types.PICTURE and blob.size <= MOST_THUMBED:
            await Job.enqueue("thumb_message_file", key=f"thumb:{file.id}", org_id=channel.org_id, file_id=file.id)


async def make_thumb(file_id: int) -> None:
    """Make the small picture of a picture, learn its size, and show both in the log."""
    file = await MessageFile.find(file_id)
    if file is None or file.thumb:
        return
    content = await blobs.store().get(file.hash)
    try:
        small, size = await pictures.within(content or b"", WIDE)
        await blobs.store().put_derivative(file.hash, THUMB, small)
        facts = {"thumb": "made", "width": size[0], "height": size[1]}
    except pictures.PictureError:
        facts = {"thumb": "failed", "width": 0, "height": 0}
    async with database.transaction():
        await file.change(**facts)
        message = await Message.get(file.message_id)
        message.channel = await Channel.get(message.channel_id)
        await message.touch()
        await message.announce()


async def files_in(channel_id: int, before: int = 0, kind: str = "", most: int = 40) -> list[dict[str, Any]]:
    """The files of a channel, the latest first, before the one with the id `before`; of one kind alone."""
    among = " AND f.kind = $4" if kind else ""
    return await database.fetch(
        "SELECT f.*, m.thread_id, a.given_name, a.family_name FROM message_file f JOIN message m ON m.id = f.message_id AND m.deleted_at IS NULL"
        f" JOIN account a ON a.id = m.author_id WHERE f.channel_id = $1 AND f.id < $2{among} ORDER BY f.id DESC LIMIT $3",
        channel_id, before or 2**53, most, *([kind] if kind else []),
    )


async def names_of(message_id: int) -> list[str]:
    """The names of a message's files, by which it is found."""
    return [row["name"] for row in await database.fetch("SELECT name FROM message_file WHERE message_id = $1 ORDER BY place", message_id)]


async def let_go_deleted(before: int, condition: str) -> None:
    """Messages that were deleted before an instant can't come back: their files aren't kept any more. `condition` is about `message`."""
    while rows := await database.fetch(
        f"SELECT id FROM message_file WHERE message_id IN (SELECT id FROM message WHERE deleted_at < $1 AND {condition}) ORDER BY id LIMIT 200", before
    ):
        ids = [row["id"] for row in rows]
        async with database.transaction():
            await database.execute(f"DELETE FROM message_file WHERE id IN ({database.marks(ids)})", *ids)
            await release(KIND, ids)


async def sweep() -> None:
    """Let go of files whose message was erased with its channel."""
    rows = await database.fetch(
        "SELECT u.subject_id FROM blob_use u WHERE u.kind = $1 AND NOT EXISTS (SELECT 1 FROM message_file f WHERE f.id = u.subject_id) LIMIT 5000", KIND
    )
    async with database.transaction():
        await release(KIND, [row["subject_id"] for row in rows])


def taken(uploads: Sequence[Upload | None]) -> list[Upload]:
    """All of them. Raises `Refused` when one was taken elsewhere."""
    if any(upload is None for upload in uploads):
        raise Refused(_("A file of this message isn’t there any more. Please add it again; your text is kept."))
    return [upload for upload in uploads if upload is not None]


def _number(text: str | None, most: int) -> int:
    return min(most, whole(text or "") or 0)
