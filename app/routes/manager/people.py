"""People: who belongs to the organisation, and changes of many of them at once."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import Request, get, post
from litestar.params import FromQuery
from litestar.response import Response

from app.access import find_team, require_admin
from app.lib.forms import Form, ManyField, NumberField, TextField
from app.lib.i18n import _, ngettext
from app.lib.numbers import whole
from app.models import member
from app.models.base import NotFound, Refused
from app.models.command import Command
from app.models.invitation.pending import count_pending
from app.models.member import GIVEN, PIECE, SORTS, STATES, Wanted
from app.models.organisation import LEVELS, ROLES, Organisation
from app.models.team import team_names
from app.models.viewer import Viewer
from app.render import fragment, page
from app.rooms import products
from app.routes.manager import done, wants

MOST_SHOWN = 500  # rows that a list brings up to date at once


class Changes(Form):
    """Whom to change and how: `role:admin`, `team:12`, `grant:chat.use`, `revoke:chat.manage`, `disable:`, `enable:`."""

    ids = ManyField(NumberField(1, 2**53), most=MOST_SHOWN, required=True)
    change = TextField(most=60)


@get("/manager/people", include_in_schema=False)
async def list_people(request: Request, after: FromQuery[str] = "", refresh: FromQuery[int] = 0, loaded: FromQuery[int] = 0) -> Response[bytes]:
    """The people that filters leave: the page, the list, or its next piece."""
    viewer = require_admin(request.state.viewer)
    if wants(request, "detail"):  # it is being closed
        return fragment(request, "manager/_closed.html")
    most = min(max(loaded, PIECE), MOST_SHOWN) if refresh else PIECE
    context = await listed(viewer, wanted_by(request), after, most)
    if wants(request, "people-more"):
        return fragment(request, "manager/_people_rows.html", **{**context, "loaded": max(loaded, 0)})
    if wants(request, "people"):
        return fragment(request, "manager/_people.html", **context)
    return await page(request, "manager/people.html", person=None, **context)


@post("/manager/people/changes", status_code=200, include_in_schema=False)
async def create_changes(request: Request) -> Response[bytes]:
    """Change everybody who was chosen, and say for whom it didn't go."""
    viewer = require_admin(request.state.viewer)
    form = Changes(await request.form())
    if not form.is_valid:
        raise Refused(_("Choose somebody first."))
    kind, _colon, value = form["change"].partition(":")
    command, said = await _change(viewer, form["ids"], kind, value)
    return done(request, "/manager/people", said, command, people=True)


def wanted_by(request: Request) -> Wanted:
    """Whom the address asks for; values that nobody could have chosen count as none."""
    asked = request.query_params

    def one_of(name: str, allowed: Any, default: str = "") -> str:
        return asked[name] if asked.get(name) in allowed else default

    return Wanted(
        search=asked.get("q", "").strip()[:100], role=one_of("role", ROLES), team=whole(asked.get("team", "")) or 0,
        right=one_of("right", [f"{product.key}.{level}" for product in products() for level in LEVELS]), state=one_of("state", STATES),
        sort=one_of("sort", SORTS, "name"),
    )


def address_of(wanted: Wanted, **others: str) -> str:
    """The address of a list; `others` replace what it asks for."""
    asked = {"q": wanted.search, "role": wanted.role, "team": str(wanted.team or ""), "right": wanted.right, "state": wanted.state, "sort": wanted.sort}
    asked |= others
    kept = {name: value for name, value in asked.items() if value and (name, value) != ("sort", "name")}
    return f"/manager/people?{urlencode(kept)}" if kept else "/manager/people"


async def listed(viewer: Viewer, wanted: Wanted, after: str = "", most: int = PIECE) -> dict[str, Any]:
    """What the list shows."""
    people, following = await member.list_people(viewer.org_id, wanted, after, most)
    return {
        "people": people, "following": following, "wanted": wanted, "counts": await member.count_people(viewer.org_id), "loaded": 0,
        "organisation": await Organisation.get(viewer.org_id), "invited": await count_pending(viewer.org_id), "teams": await team_names(viewer.org_id),
        "products": tuple(products()), "address_of": address_of,
    }


async def _change(viewer: Viewer, ids: list[int], kind: str, value: str) -> tuple[Command, str]:
    product, _dot, level = value.partition(".")
    if kind == "team" and (team_id := whole(value)) is not None:
        return await _put_into_team(viewer, ids, team_id)
    if kind == "role" and value in GIVEN:
        changed = await member.change_role(viewer, ids, value)
    elif kind in ("grant", "revoke"):
        changed = await member.set_right(viewer, ids, product, level, kind == "grant")
    elif kind == "disable":
        changed = await member.disable(viewer, ids)
    elif kind == "enable":
        changed = await member.enable(viewer, ids)
    else:
        raise NotFound(kind)
    return changed.command, said_of(changed)


async def _put_into_team(viewer: Viewer, ids: list[int], team_id: int) -> tuple[Command, str]:
    team = await find_team(viewer, team_id)
    command, added = await team.add_many(viewer, ids)
    said = ngettext("%(count)s person was added to %(team)s.", "%(count)s people were added to %(team)s.", len(added))
    return command, said % {"count": len(added), "team": team.name}


def said_of(changed: member.Changed) -> str:
    """What a change of several people came to, in words."""
    said = ngettext("%(count)s person was changed.", "%(count)s people were changed.", len(changed.people)) % {"count": len(changed.people)}
    return " ".join((said, *changed.left[:3]))


handlers = [list_people, create_changes]
