"""Switching organisations with one login (HOME-06)."""

from __future__ import annotations

from litestar import Request, post
from litestar.response import Response

from app.lib.forms import Form, NumberField
from app.models.base import NotFound
from app.models.session import Session
from app.render import redirect


class Switch(Form):
    """Where to."""

    membership_id = NumberField(1, 2**53)


@post("/account/organisation", status_code=200, include_in_schema=False)
async def go_to_organisation(request: Request) -> Response[bytes]:
    """This browser looks at another organisation from now on."""
    form = Switch(await request.form())
    if not form.is_valid:
        raise NotFound("membership")
    await (await Session.get(request.state.viewer.session_id)).go_to(form["membership_id"])
    return redirect(request, "/", full=True)


handlers = [go_to_organisation]
