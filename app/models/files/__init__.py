"""Files of any size, whatever they are of: received, kept once by content, counted, given out, swept and proved.

    blob = await receive(body)                                  # a stream → bytes on disk, hashed, and the row that knows them
    async with database.transaction():
        await blob.keep_for(Use("drive", version.id, org_id, account_id))   # somebody needs it; counted against quotas. Raises `QuotaFull`
    ...
    await release("drive", [version.id])                        # not needed any more; swept a day after its last use

`blob.py` contents and who needs them, `storage.py` what is used and allowed, `upload.py` receiving in pieces (tus) until a room
redeems it, `concatenation.py` several pieces as one, `sweeping.py` orphans, damage and the doctor's questions. The bytes are in
`app.lib.blobs`.

**For a room** (drive, chat, import): let the browser upload to `/uploads` (tus 1.0, app/routes/uploads.py), take the `upload`
token from the form, and inside your command:

    upload = await Upload.ready(token, viewer)                  # before your transaction; raises `NotFound`, `Refused`
    async with Command.once(…):
        blob = await upload.redeem()                            # once; `upload.name`, `upload.media_type` as the browser said
        await blob.keep_for(Use("chat", attachment.id, viewer.org_id, viewer.account_id))

**The order that no crash can break**: the row of a blob is committed before its bytes get their name, a use is written in the
transaction of what uses it, and a row is deleted, under its lock, together with the bytes. So each use has its bytes and all bytes have a row.
"""

from app.models.files import pictures
from app.models.files.blob import Blob, BlobUse, Use, keep_bytes, place, receive, release
from app.models.files.storage import QuotaFull, Storage, StorageUse, check_quota, storage_of
from app.models.files.upload import Upload

__all__ = [
    "Blob", "BlobUse", "QuotaFull", "Storage", "StorageUse", "Upload", "Use", "check_quota", "keep_bytes", "pictures", "place", "receive", "release",
    "storage_of",
]
