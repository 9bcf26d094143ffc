"""Switching organisations with one login (HOME-06)."""

from __future__ import annotations

from litestar import Request, post
from litestar.response import Response

from app.lib.forms import Form, NumberField
from app.mail import link_base
from app.models.base import NotFound
from app.models.brand.known import brand_of
from app.models.organisation import Membership
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
    if request.state.brand.org_id:  # this address is of one organisation: another one is at its own, or at the standard one
        membership = await Membership.find_own(form["membership_id"], account_id=request.state.viewer.account_id)
        return redirect(request, ((await brand_of(membership.org_id)).origin or link_base(request.app.state.settings, "")) + "/", full=True)
    await (await Session.get(request.state.viewer.session_id)).go_to(form["membership_id"])
    return redirect(request, "/", full=True)


handlers = [go_to_organisation]
