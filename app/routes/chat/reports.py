"""Reporting a message to those who manage Chat."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app import access
from app.lib.forms import ChoiceField, Form, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.chat import places
from app.models.chat.message import Message
from app.models.chat.moderation.reports import REASONS, report
from app.render import fragment, page
from app.routes.manager import done

CLOSE: dict[str, Any] = {"dialog:close": True}


class Report(Form):
    """Why."""

    reason = ChoiceField(REASONS)
    note = TextField(most=1000, required=False)


@get("/chat/messages/{message_id:int}/report/new", include_in_schema=False)
async def new_report(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Asks why, in a dialog."""
    return await _form(request, await access.find_message(request.state.viewer, message_id), Report(reason="abuse"))


@post("/chat/messages/{message_id:int}/report", status_code=200, include_in_schema=False)
async def create_report(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Report it."""
    message = await access.find_message(request.state.viewer, message_id)
    form = Report(await request.form())
    try:
        if form.is_valid:
            await report(request.state.viewer, message, form["reason"], form["note"])
            return done(request, message.url, _("Thank you. Those who manage Chat will look at it."), **CLOSE)
    except Refused as refused:
        form.refuse("reason", str(refused))
    return await _form(request, message, form, 422)


def reason_words() -> dict[str, str]:
    """The reasons as people read them."""
    return {
        "abuse": _("It insults or threatens somebody"), "spam": _("It is advertising or spam"), "secret": _("It tells what is confidential"),
        "illegal": _("It may be against the law"), "other": _("Something else"),
    }


async def _form(request: Request, message: Message, form: Report, status: int = 200) -> Response[bytes]:
    context: dict[str, Any] = {"form": form, "message": message, "reasons": reason_words()}
    if request.headers.get("hx-target", "").endswith("#dialog"):
        return fragment(request, "chat/_report.html", status=status, **context)
    mine = await places.places_of(request.state.viewer)
    return await page(request, "chat/form.html", status=status, inner="chat/_report.html", places=mine, current=message.channel_id, **context)


handlers = [new_report, create_report]
