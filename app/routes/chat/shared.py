"""What the system's share sheet brings to a conversation: words, files, or both, in one request (app/doors.py)."""

from __future__ import annotations

from litestar import Request, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Response

from app import access
from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.chat import log
from app.models.chat.files import MOST
from app.models.chat.message import Message
from app.models.files import Upload
from app.models.viewer import Viewer
from app.render import is_htmx, nothing, redirect
from app.routes.chat.channels import channel_page
from app.routes.uploads import pieces_of

MOST_BODY = 1_000_000_000


class Brought(Form):
    """The words. Their length is the model's business."""

    text = TextField(most=1_000_000, strip=False, required=False)


@post("/chat/channels/{channel_id:int}/shared", status_code=200, include_in_schema=False, request_max_body_size=MOST_BODY)
async def create_shared(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Say it, with the files below. The same Idempotency-Key says it once."""
    viewer = request.state.viewer
    channel = await access.find_channel(viewer, channel_id)
    sent = await request.form()
    text = str(Brought(sent).raw.get("text", ""))
    try:
        files = [one for one in sent.getall("file", []) if isinstance(one, UploadFile) and one.filename]
        if len(files) > MOST:
            raise Refused(_("A message can have %(most)s files. Send the others in another one.") % {"most": MOST})
        tokens = [await _kept(viewer, one) for one in files]
        await Message.post(channel, viewer, text, request.state.idempotency_key or None, uploads=tokens)
    except Refused as refused:
        if is_htmx(request):
            raise
        return await channel_page(request, channel, await log.newest(channel.id), status=422, draft=text, error=str(refused))
    return nothing() if is_htmx(request) else redirect(request, channel.url)


async def _kept(viewer: Viewer, file: UploadFile) -> str:
    """The token of an upload that has this file."""
    size = file.file.seek(0, 2)
    await file.seek(0)
    upload, token = await Upload.begin(viewer.org_id, size, account_id=viewer.account_id, metadata={"filename": file.filename, "filetype": file.content_type})
    await upload.add(0, pieces_of(file))
    return token


handlers = [create_shared]
