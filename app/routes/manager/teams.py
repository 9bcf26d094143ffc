"""Work teams: every member sees them and joins those that are open; administrators and those who lead a team change it."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import find_team, require_admin, require_colleague
from app.lib.forms import CheckField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _, ngettext
from app.models.base import NotFound
from app.models.command import Command
from app.models.member import find_member
from app.models.team import MOST_DESCRIPTION, MOST_NAME, Description, NameTaken, Team, team_names, teams_of
from app.models.viewer import Viewer
from app.render import fragment, is_htmx, page, redirect, toast
from app.routes.manager import dialog, moved, wants
from app.routes.search import Offer, offers


class TeamForm(Form):
    """What a team is called and about."""

    name = TextField(most=MOST_NAME)
    about = TextField(most=MOST_DESCRIPTION, required=False)
    hue = NumberField(0, 23, required=False, default=14)
    is_open = CheckField()

    def description(self) -> Description:
        """What the model wants."""
        return Description(" ".join(self["name"].split()), self["about"], self["hue"], self["is_open"])


class NewTeam(TeamForm):
    """And who is in it from the beginning."""

    people = ManyField(NumberField(1, 2**53))


class NewMembers(Form):
    """People to bring in."""

    people = ManyField(NumberField(1, 2**53), required=True)


class Lead(Form):
    """Whether somebody leads it."""

    leads = CheckField()


@get("/manager/teams", include_in_schema=False)
async def list_teams(request: Request) -> Response[bytes]:
    """All teams."""
    viewer = require_colleague(request.state.viewer)
    teams = await teams_of(viewer.org_id, viewer.account_id)
    if wants(request, "teams"):
        return fragment(request, "manager/_teams.html", teams=teams)
    return await page(request, "manager/teams.html", teams=teams)


@get("/manager/teams/new", include_in_schema=False)
async def new_team(request: Request) -> Response[bytes]:
    """The form: a dialog, or a page."""
    require_admin(request.state.viewer)
    return await _form(request, NewTeam(hue="14"), None)


@post("/manager/teams", status_code=200, include_in_schema=False)
async def create_team(request: Request) -> Response[bytes]:
    """Found a team."""
    viewer = require_admin(request.state.viewer)
    form = NewTeam(await request.form())
    if form.is_valid:
        try:
            team = await Team.create(viewer, form.description(), form["people"], request.state.idempotency_key or None)
            return moved(request, team.url, _("The team %(team)s was created.") % {"team": team.name}, None, **{"dialog:close": True})
        except NameTaken as taken:
            form.refuse("name", str(taken))
    return await _form(request, form, None, viewer)


@get("/manager/teams/{team_id:int}", include_in_schema=False)
async def show_team(request: Request, team_id: FromPath[int], q: FromQuery[str] = "") -> Response[bytes]:
    """A team and its people."""
    team = await find_team(request.state.viewer, team_id)
    if wants(request, "team-people"):
        return fragment(request, "manager/_team_people.html", **await _shown(request, team, q))
    if wants(request, "team"):
        return fragment(request, "manager/_team.html", **await _shown(request, team))
    return await page(request, "manager/team.html", **await _shown(request, team))


@get("/manager/teams/{team_id:int}/edit", include_in_schema=False)
async def edit_team(request: Request, team_id: FromPath[int]) -> Response[bytes]:
    """The form with what it is."""
    team = await _own(request, team_id)
    form = TeamForm(name=team.name, about=team.about, hue=str(team.hue), is_open="on" if team.open_at else "")
    return await _form(request, form, team)


@post("/manager/teams/{team_id:int}", status_code=200, include_in_schema=False)
async def update_team(request: Request, team_id: FromPath[int]) -> Response[bytes]:
    """Call and describe it otherwise."""
    team = await _own(request, team_id)
    form = TeamForm(await request.form())
    if form.is_valid:
        try:
            command = await team.describe(request.state.viewer, form.description())
            return moved(request, team.url, _("Saved."), command, **{"dialog:close": True})
        except NameTaken as taken:
            form.refuse("name", str(taken))
    return await _form(request, form, team)


@delete("/manager/teams/{team_id:int}", status_code=200, include_in_schema=False)
async def delete_team(request: Request, team_id: FromPath[int]) -> Response[bytes]:
    """Dissolve it."""
    viewer = require_admin(request.state.viewer)
    team = await find_team(viewer, team_id)
    command = await team.delete(viewer)
    return moved(request, "/manager/teams", _("The team %(team)s was deleted.") % {"team": team.name}, command)


@post("/manager/teams/{team_id:int}/members", status_code=200, include_in_schema=False)
async def create_members(request: Request, team_id: FromPath[int]) -> Response[bytes]:
    """Bring people in."""
    team = await _own(request, team_id)
    form = NewMembers(await request.form())
    if not form.is_valid:
        return await _again(request, team, form=form, status=422)
    command, added = await team.add_many(request.state.viewer, form["people"])
    said = ngettext("%(count)s person was added.", "%(count)s people were added.", len(added)) % {"count": len(added)}
    return await _again(request, team, said, command)


@delete("/manager/teams/{team_id:int}/members/{account_id:int}", status_code=200, include_in_schema=False)
async def delete_member(request: Request, team_id: FromPath[int], account_id: FromPath[int]) -> Response[bytes]:
    """Take somebody out."""
    viewer = require_colleague(request.state.viewer)
    team = await find_team(viewer, team_id)
    command = await team.remove_member(viewer, account_id)
    return await _again(request, team, _("You left the team.") if account_id == viewer.account_id else _("Removed from the team."), command)


@post("/manager/teams/{team_id:int}/members/{account_id:int}/lead", status_code=200, include_in_schema=False)
async def update_lead(request: Request, team_id: FromPath[int], account_id: FromPath[int]) -> Response[bytes]:
    """Let somebody lead it, or no longer."""
    team = await _own(request, team_id)
    form = Lead(await request.form())
    command = await team.lead(request.state.viewer, account_id, form["leads"])
    return await _again(request, team, _("Leads the team now.") if form["leads"] else _("No longer leads the team."), command)


@post("/manager/teams/{team_id:int}/membership", status_code=200, include_in_schema=False)
async def create_membership(request: Request, team_id: FromPath[int]) -> Response[bytes]:
    """Join an open team."""
    team = await find_team(request.state.viewer, team_id)
    command = await team.join(request.state.viewer)
    return await _again(request, team, _("You are in the team."), command)


async def _own(request: Request, team_id: int) -> Team:
    """A team that the viewer may change."""
    team = await find_team(request.state.viewer, team_id)
    if not team.can_edit(request.state.viewer):
        raise NotFound(f"team {team_id}")
    return team


async def _shown(request: Request, team: Team, q: str = "") -> dict[str, Any]:
    return {
        "team": team, "people": await team.members(q), "count": await team.count_members(), "may_edit": team.can_edit(request.state.viewer),
        "form": NewMembers(), "q": q,
    }


async def _again(
    request: Request, team: Team, said: str = "", command: Command | None = None, form: Form | None = None, status: int = 200
) -> Response[bytes]:
    """The team as it is now."""
    if not is_htmx(request) and status == 200:
        return redirect(request, team.url)
    fresh = await find_team(request.state.viewer, team.id)
    context = {**await _shown(request, fresh), **({"form": form} if form else {})}
    if not is_htmx(request):
        return await page(request, "manager/team.html", status=status, **context)
    headers = toast(said, undo=command.id if command and command.inverse else None) if said else None
    return fragment(request, "manager/_team.html", status=status, headers=headers, **context)


async def _form(request: Request, form: Form, team: Team | None, viewer: Viewer | None = None) -> Response[bytes]:
    status = 200 if form.is_valid else 422
    chosen = await _chosen(viewer, form.values.get("people", [])) if viewer else []
    return await dialog(request, "manager/_team_form.html", _("Team"), status, form=form, team=team, chosen=chosen)


async def _chosen(viewer: Viewer, ids: list[int]) -> list[Any]:
    found = []
    for id_ in ids[:50]:
        try:
            found.append(await find_member(viewer, id_))
        except NotFound:
            continue
    return found


@offers
async def _teams(viewer: Viewer, typed: str) -> list[Offer]:
    """Teams in the palette, once something is typed."""
    if viewer.is_external or not typed.strip():
        return []
    return [Offer(team["name"], f"/manager/teams/{team['id']}", "briefcase", app="manager") for team in await team_names(viewer.org_id)]


handlers = [
    list_teams, new_team, create_team, show_team, edit_team, update_team, delete_team, create_members, delete_member, update_lead, create_membership,
]
