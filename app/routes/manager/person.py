"""One person: role, rights, teams, title, and whether they get in."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import require_admin
from app.lib.forms import CheckField, ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.models import member
from app.models.base import NotFound, Refused
from app.models.command import Command
from app.models.member import GIVEN, MOST_TITLE
from app.models.organisation import LEVELS, PRODUCTS, USER
from app.models.team import set_teams, team_names
from app.models.viewer import Viewer
from app.render import fragment, is_htmx, page, redirect, toast
from app.rooms import products
from app.routes.manager import dialog, moved, wants
from app.routes.manager.people import listed, wanted_by


class NewRole(Form):
    """What somebody becomes."""

    role = ChoiceField(GIVEN)


class NewRight(Form):
    """A right that is given or taken."""

    product = ChoiceField(PRODUCTS)
    level = ChoiceField(LEVELS)
    given = CheckField()


class NewTitle(Form):
    """What somebody does."""

    title = TextField(most=MOST_TITLE, required=False)


class NewTeams(Form):
    """The teams somebody is in from now on."""

    teams = ManyField(NumberField(1, 2**53))


class Leaving(Form):
    """Who takes over."""

    heir = ManyField(NumberField(1, 2**53), most=1)


@get("/manager/people/{account_id:int}", include_in_schema=False)
async def show_person(request: Request, account_id: FromPath[int], refresh: FromQuery[int] = 0) -> Response[bytes]:
    """The panel, or the page with the list beside it. A panel that is brought up to date closes when its person has left."""
    viewer = require_admin(request.state.viewer)
    try:
        context = await _shown(viewer, account_id)
    except NotFound:
        if refresh and wants(request, "detail"):
            return fragment(request, "manager/_closed.html")
        raise
    if wants(request, "detail"):
        return fragment(request, "manager/_person.html", **context)
    return await page(request, "manager/people.html", **{**await listed(viewer, wanted_by(request)), **context})


@post("/manager/people/{account_id:int}/role", status_code=200, include_in_schema=False)
async def update_role(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Give somebody another role."""
    viewer = require_admin(request.state.viewer)
    form = NewRole(await request.form())
    if not form.is_valid:
        raise Refused(form.errors["role"])
    changed = await member.change_role(viewer, [account_id], form["role"])
    if account_id == viewer.account_id and form["role"] == USER:
        return moved(request, "/manager", _("You are no longer an administrator."))
    return await _again(request, viewer, account_id, _("Role changed."), changed.command)


@post("/manager/people/{account_id:int}/rights", status_code=200, include_in_schema=False)
async def update_right(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Let somebody use or manage a product, or no longer."""
    viewer = require_admin(request.state.viewer)
    form = NewRight(await request.form())
    if not form.is_valid:
        raise Refused(_("There is no such right."))
    changed = await member.set_right(viewer, [account_id], form["product"], form["level"], form["given"])
    return await _again(request, viewer, account_id, _("Right given.") if form["given"] else _("Right taken away."), changed.command)


@post("/manager/people/{account_id:int}/title", status_code=200, include_in_schema=False)
async def update_title(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Say what somebody does."""
    viewer = require_admin(request.state.viewer)
    form = NewTitle(await request.form())
    if not form.is_valid:
        return await _again(request, viewer, account_id, title=form, status=422)
    command = await member.set_title(viewer, account_id, form["title"])
    return await _again(request, viewer, account_id, _("Title saved."), command)


@post("/manager/people/{account_id:int}/teams", status_code=200, include_in_schema=False)
async def update_teams(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Put somebody into these teams and out of all others."""
    viewer = require_admin(request.state.viewer)
    form = NewTeams(await request.form())
    if not form.is_valid:
        raise Refused(form.errors["teams"])
    await member.find_member(viewer, account_id)
    command = await set_teams(viewer, account_id, form["teams"])
    return await _again(request, viewer, account_id, _("Teams saved."), command)


@post("/manager/people/{account_id:int}/suspension", status_code=200, include_in_schema=False)
async def create_suspension(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Shut somebody out for now."""
    viewer = require_admin(request.state.viewer)
    changed = await member.disable(viewer, [account_id])
    return await _again(request, viewer, account_id, _("Disabled, and signed out everywhere here."), changed.command)


@delete("/manager/people/{account_id:int}/suspension", status_code=200, include_in_schema=False)
async def delete_suspension(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Let somebody in again."""
    viewer = require_admin(request.state.viewer)
    changed = await member.enable(viewer, [account_id])
    return await _again(request, viewer, account_id, _("Enabled again."), changed.command)


@get("/manager/people/{account_id:int}/departure", include_in_schema=False)
async def new_departure(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """What somebody would leave behind, and who takes over: in a dialog, or as a page."""
    viewer = require_admin(request.state.viewer)
    return await _departure(request, viewer, account_id, Leaving())


@post("/manager/people/{account_id:int}/departure", status_code=200, include_in_schema=False)
async def create_departure(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Take somebody out of the organisation."""
    viewer = require_admin(request.state.viewer)
    person = await member.find_member(viewer, account_id)
    form = Leaving(await request.form())
    if not form.is_valid:
        form.errors["heir"] = _("One person takes over. Remove the others.")
        return await _departure(request, viewer, account_id, form)
    try:
        command = await member.end_membership(viewer, account_id, form["heir"][0] if form["heir"] else None)
    except Refused as refused:
        form.refuse("heir", str(refused))
        return await _departure(request, viewer, account_id, form)
    said = _("%(name)s was removed from the organisation.") % {"name": person.name}
    return moved(request, "/manager/people", said, command, **{"dialog:close": True})


async def _departure(request: Request, viewer: Viewer, account_id: int, form: Leaving) -> Response[bytes]:
    person = await member.find_member(viewer, account_id)
    chosen = [await member.find_member(viewer, id_) for id_ in form.values.get("heir", [])]
    context: dict[str, Any] = {"person": person, "left": await member.what_is_left_by(person), "form": form, "chosen": chosen}
    return await dialog(request, "manager/_departure.html", _("Remove %(name)s") % {"name": person.name}, 200 if form.is_valid else 422, **context)


async def _shown(viewer: Viewer, account_id: int, **context: Any) -> dict[str, Any]:
    person = await member.find_member(viewer, account_id)
    return {
        "person": person, "sessions": await member.count_sessions(person), "teams": await team_names(viewer.org_id), "title": None,
        "products": products(), **context,
    }


async def _again(
    request: Request, viewer: Viewer, account_id: int, said: str = "", command: Command | None = None, status: int = 200, **context: Any
) -> Response[bytes]:
    """The panel as it is now."""
    if not is_htmx(request) and status == 200:
        return redirect(request, f"/manager/people/{account_id}")
    shown = await _shown(viewer, account_id, **context)
    if not is_htmx(request):
        return await page(request, "manager/people.html", status=status, **{**await listed(viewer, wanted_by(request)), **shown})
    headers = toast(said, undo=command.id if command else None, people=True) if said else None
    return fragment(request, "manager/_person.html", status=status, headers=headers, **shown)


handlers = [
    show_person, update_role, update_right, update_title, update_teams, create_suspension, delete_suspension, new_departure, create_departure,
]
