"""Rooms and equipment: every member sees them, administrators look after them."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import find_resource, require_admin, require_colleague
from app.lib.forms import ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.models.resource import (
    ALL,
    BOOKING,
    KINDS,
    MOST_ABOUT,
    MOST_NAME,
    MOST_PLACE,
    ROOM,
    TEAMS,
    Description,
    NameTaken,
    Resource,
    booking_teams,
    items_of,
)
from app.models.team import team_names
from app.render import fragment, page
from app.routes.manager import dialog, done, moved, wants


class ResourceForm(Form):
    """What a room or a piece of equipment is."""

    kind = ChoiceField(KINDS, default=ROOM, required=False)
    name = TextField(most=MOST_NAME)
    seats = NumberField(1, 100_000, required=False)
    place = TextField(most=MOST_PLACE, required=False)
    equipment = TextField(most=2000, required=False)
    about = TextField(most=MOST_ABOUT, required=False)
    hue = NumberField(0, 23, required=False, default=10)
    booking = ChoiceField(BOOKING, default=ALL, required=False)
    teams = ManyField(NumberField(1, 2**53))

    def check(self) -> None:
        """Teams may book only when there are some."""
        if self["booking"] == TEAMS and not self["teams"]:
            self.refuse("teams", _("Choose the teams that may book it, or let everybody."))

    def description(self) -> Description:
        """What the model wants."""
        return Description(
            " ".join(self["name"].split()), self["kind"], self["seats"], self["place"], items_of(self["equipment"]), self["about"], self["hue"],
            self["booking"], tuple(self["teams"]),
        )


@get("/manager/rooms", include_in_schema=False)
async def list_resources(request: Request, archived: FromQuery[int] = 0) -> Response[bytes]:
    """Those in use, or those in the archive."""
    viewer = require_colleague(request.state.viewer)
    is_archive = bool(archived) and viewer.is_admin
    context: dict[str, Any] = {
        "resources": await Resource.of(viewer.org_id, archived=is_archive), "is_archive": is_archive, "booked_by": await booking_teams(viewer.org_id),
    }
    if wants(request, "resources"):
        return fragment(request, "manager/_resources.html", **context)
    return await page(request, "manager/resources.html", **context)


@get("/manager/rooms/new", include_in_schema=False)
async def new_resource(request: Request) -> Response[bytes]:
    """The form."""
    require_admin(request.state.viewer)
    return await _form(request, ResourceForm(kind=ROOM, hue="10", booking=ALL), None)


@post("/manager/rooms", status_code=200, include_in_schema=False)
async def create_resource(request: Request) -> Response[bytes]:
    """Add a room or a piece of equipment."""
    viewer = require_admin(request.state.viewer)
    form = ResourceForm(await request.form())
    if form.is_valid:
        try:
            resource = await Resource.create(viewer, form.description(), request.state.idempotency_key or None)
            said = _("%(name)s can be booked now.") % {"name": resource.name}
            return moved(request, "/manager/rooms", said, None, **{"dialog:close": True})
        except NameTaken as taken:
            form.refuse("name", str(taken))
    return await _form(request, form, None)


@get("/manager/rooms/{resource_id:int}", include_in_schema=False)
async def edit_resource(request: Request, resource_id: FromPath[int]) -> Response[bytes]:
    """The form with what it is."""
    viewer = require_admin(request.state.viewer)
    resource = await find_resource(viewer, resource_id)
    form = ResourceForm(
        kind=resource.kind, name=resource.name, seats=str(resource.seats or ""), place=resource.place, equipment=", ".join(resource.items),
        about=resource.about, hue=str(resource.hue), booking=resource.booking, teams=[str(id_) for id_ in await resource.team_ids()],
    )
    return await _form(request, form, resource)


@post("/manager/rooms/{resource_id:int}", status_code=200, include_in_schema=False)
async def update_resource(request: Request, resource_id: FromPath[int]) -> Response[bytes]:
    """Describe it otherwise."""
    viewer = require_admin(request.state.viewer)
    resource = await find_resource(viewer, resource_id)
    form = ResourceForm(await request.form())
    if form.is_valid:
        try:
            command = await resource.describe(viewer, form.description())
            return moved(request, "/manager/rooms", _("Saved."), command, **{"dialog:close": True})
        except NameTaken as taken:
            form.refuse("name", str(taken))
    return await _form(request, form, resource)


@post("/manager/rooms/{resource_id:int}/archive", status_code=200, include_in_schema=False)
async def create_archive(request: Request, resource_id: FromPath[int]) -> Response[bytes]:
    """Put it away."""
    viewer = require_admin(request.state.viewer)
    resource = await find_resource(viewer, resource_id)
    command = await resource.archive(viewer)
    return done(request, "/manager/rooms", _("%(name)s was archived.") % {"name": resource.name}, command, rooms=True)


@delete("/manager/rooms/{resource_id:int}/archive", status_code=200, include_in_schema=False)
async def delete_archive(request: Request, resource_id: FromPath[int]) -> Response[bytes]:
    """Take it out again."""
    viewer = require_admin(request.state.viewer)
    resource = await find_resource(viewer, resource_id)
    command = await resource.restore(viewer)
    return done(request, "/manager/rooms", _("%(name)s can be booked again.") % {"name": resource.name}, command, rooms=True)


async def _form(request: Request, form: Form, resource: Resource | None) -> Response[bytes]:
    teams = await team_names(request.state.viewer.org_id)
    context: dict[str, Any] = {"form": form, "resource": resource, "teams": teams}
    return await dialog(request, "manager/_resource_form.html", _("Rooms and equipment"), 200 if form.is_valid else 422, **context)


handlers = [
    list_resources, new_resource, create_resource, edit_resource, update_resource, create_archive, delete_archive,
]
