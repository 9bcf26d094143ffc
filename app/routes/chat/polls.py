"""Polls: asking, choosing, ending."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib.forms import CheckField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.chat import polls, threads
from app.render import is_htmx, nothing, redirect, toast
from app.routes.chat.keeping import CLOSE, dialog
from app.routes.chat.messages import _shown


class NewPoll(Form):
    """A question and its answers."""

    question = TextField(most=2_000, required=False)
    answer = ManyField(TextField(most=2_000, required=False), most=20)
    multiple = CheckField()
    anonymous = CheckField()
    thread = NumberField(0, 2**53, required=False)


class Vote(Form):
    """The answers that somebody chooses."""

    answer = ManyField(NumberField(0, 100), most=20)


@get("/chat/channels/{channel_id:int}/polls/new", include_in_schema=False)
async def new_poll(request: Request, channel_id: FromPath[int], thread: FromQuery[int] = 0) -> Response[bytes]:
    """The dialog."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    return await dialog(request, "chat/_poll.html", channel=channel, form=NewPoll(thread=thread), most=polls.MOST)


@post("/chat/channels/{channel_id:int}/polls", status_code=200, include_in_schema=False)
async def create_poll(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Ask."""
    viewer = request.state.viewer
    channel = await access.find_own_channel(viewer, channel_id)
    form = NewPoll(await request.form())
    try:
        if not form.is_valid:
            raise Refused(next(iter(form.errors.values())))
        if form["thread"]:
            await threads.root_of(channel, form["thread"])
        id_ = await polls.ask(
            viewer, channel, form["question"], form["answer"], is_multiple=form["multiple"], is_anonymous=form["anonymous"],
            thread_id=form["thread"] or None, key=request.state.idempotency_key or None,
        )
    except Refused as refused:
        form.refuse("question", str(refused))
        return await dialog(request, "chat/_poll.html", status=422, channel=channel, form=form, most=polls.MOST)
    if not is_htmx(request):
        return redirect(request, f"{channel.url}/messages/{id_}")
    return nothing(200, **toast(_("Your poll is there."), **CLOSE), **{"HX-Reswap": "none"})


@post("/chat/messages/{message_id:int}/votes", status_code=200, include_in_schema=False)
async def create_vote(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Choose these answers, and no others."""
    message = await access.find_message(request.state.viewer, message_id)
    form = Vote(await request.form())
    if not form.is_valid:
        raise Refused(_("This isn’t an answer of this poll."))
    await polls.vote(request.state.viewer, message, form["answer"], request.state.idempotency_key or None)
    return await _shown(request, message.channel_id, message.id)


@post("/chat/messages/{message_id:int}/closing", status_code=200, include_in_schema=False)
async def create_closing(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """End the poll."""
    message = await access.find_message(request.state.viewer, message_id)
    command = await polls.close(request.state.viewer, message)
    return await _shown(request, message.channel_id, message.id, toast(_("The poll has ended."), undo=command.id))


handlers = [new_poll, create_poll, create_vote, create_closing]
