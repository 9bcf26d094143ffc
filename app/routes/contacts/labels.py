"""Labels as a whole: another name for one, or none."""

from __future__ import annotations

from litestar import Request, delete, get, post
from litestar.params import FromQuery
from litestar.response import Response

from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.lib.searching import fold
from app.models.base import Refused
from app.models.contacts import editing
from app.models.contacts.listing import LABEL, Wanted
from app.render import redirect
from app.routes.contacts.shown import dialog, list_url, member, moved

TEMPLATE = "contacts/_label_form.html"


class LabelForm(Form):
    """Which label, and what it is called from now on."""

    label = TextField(most=120)
    name = TextField(most=120)


@get("/contacts/labels/edit", include_in_schema=False)
async def edit_label(request: Request, label: FromQuery[str] = "") -> Response[bytes]:
    """The form for its name."""
    member(request)
    return await dialog(request, TEMPLATE, _("Label"), form=LabelForm(label=label[:120], name=label[:120]))


@post("/contacts/labels", status_code=200, include_in_schema=False)
async def update_label(request: Request) -> Response[bytes]:
    """Call it otherwise, on every card."""
    viewer, form = member(request), LabelForm(await request.form())
    if form.is_valid:
        try:
            command = await editing.relabel(viewer, form["label"], form["name"])
            return moved(request, list_url(Wanted(LABEL, fold(form["name"]))), _("Saved."), command)
        except Refused as refused:
            form.refuse("name", str(refused))
    return await dialog(request, TEMPLATE, _("Label"), status=422, form=form)


@delete("/contacts/labels", status_code=200, include_in_schema=False)
async def delete_label(request: Request, label: FromQuery[str] = "") -> Response[bytes]:
    """Take it away from every card. The cards stay."""
    viewer = member(request)
    if not label:
        return redirect(request, "/contacts")
    command = await editing.relabel(viewer, label)
    return moved(request, "/contacts", _("The label “%(label)s” was taken away.") % {"label": label}, command)


handlers = [edit_label, update_label, delete_label]
