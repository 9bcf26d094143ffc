"""People: who belongs to the organisation."""

from __future__ import annotations

from litestar import Request, delete, get, post, put
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import require_admin
from app.lib.forms import ChoiceField, EmailField, Form, TextField
from app.lib.i18n import _
from app.mail import link_base
from app.models.base import Refused
from app.models.member import Newcomer, add_member, change_role, end_membership, list_members, welcome_link
from app.models.organisation import ADMIN, USER
from app.render import fragment, page, toast


class NewPerson(Form):
    """Who to add."""

    given_name = TextField(most=80)
    family_name = TextField(most=80, required=False)
    email = EmailField()
    role = ChoiceField((USER, ADMIN), default=USER, required=False)


class NewRole(Form):
    """What somebody becomes. Nobody is made legal representative here."""

    role = ChoiceField((USER, ADMIN))


@get("/manager/people", include_in_schema=False)
async def list_people(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """The members, filtered by name or email; only the rows when the filter asks."""
    viewer = require_admin(request.state.viewer)
    people = await list_members(viewer, q.strip()[:100])
    if request.headers.get("hx-target", "").endswith("#people"):
        return fragment(request, "manager/_people.html", people=people, q=q)
    return await page(request, "manager/people.html", people=people, q=q)


@get("/manager/people/new", include_in_schema=False)
async def new_person(request: Request) -> Response[bytes]:
    """The form, in a dialog."""
    require_admin(request.state.viewer)
    return fragment(request, "manager/_new_person.html", form=NewPerson())


@post("/manager/people", status_code=200, include_in_schema=False)
async def create_person(request: Request) -> Response[bytes]:
    """Add a member and mail them a link to choose a password."""
    viewer = require_admin(request.state.viewer)
    settings = request.app.state.settings
    form = NewPerson(await request.form())
    if form.is_valid:
        try:
            newcomer = Newcomer(form["email"], form["given_name"], form["family_name"], form["role"] or USER)
            account, is_new = await add_member(viewer, newcomer, link_base(settings, request.state.origin), request.state.idempotency_key or None)
            link = await welcome_link(account, link_base(settings, request.state.origin)) if is_new and not settings.smtp_url else ""
            return fragment(request, "manager/_added.html", account=account, is_new=is_new, link=link, headers=toast(_("Added."), people=True))
        except Refused as error:
            form.refuse("email", str(error))
    return fragment(request, "manager/_new_person.html", form=form, status=422)


@put("/manager/people/{account_id:int}/role", include_in_schema=False)
async def update_role(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Make someone an administrator or a user."""
    viewer = require_admin(request.state.viewer)
    form = NewRole(await request.form())
    if not form.is_valid:
        raise Refused(form.errors["role"])
    await change_role(viewer, account_id, form["role"])
    return fragment(request, "manager/_people.html", people=await list_members(viewer), q="", headers=toast(_("Role changed.")))


@delete("/manager/people/{account_id:int}", status_code=200, include_in_schema=False)
async def delete_person(request: Request, account_id: FromPath[int]) -> Response[bytes]:
    """Take someone out of the organisation."""
    viewer = require_admin(request.state.viewer)
    command = await end_membership(viewer, account_id)
    people = await list_members(viewer)
    return fragment(request, "manager/_people.html", people=people, q="", headers=toast(_("Removed from the organisation."), undo=command.id))


handlers = [list_people, new_person, create_person, update_role, delete_person]
