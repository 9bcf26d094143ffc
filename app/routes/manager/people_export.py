"""The list of people as a table for other programs (RFC 4180), written as it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from litestar import Request, post
from litestar.response import Stream

from app import database
from app.access import require_admin
from app.lib.i18n import _
from app.lib.tables import BOM, csv_line
from app.models import audit
from app.models.member import Member, Wanted, all_people
from app.models.organisation import LEVELS
from app.models.viewer import Viewer
from app.render import iso
from app.rooms import App, products
from app.routes.manager.people import wanted_by


@post("/manager/people/export", status_code=200, include_in_schema=False)
async def create_export(request: Request) -> Stream:
    """Everybody that the filters leave, all columns."""
    viewer = require_admin(request.state.viewer)
    wanted = wanted_by(request)
    await audit.record("member.export", viewer=viewer)
    await database.release_scope()
    headers = {"Content-Disposition": 'attachment; filename="people.csv"', "Cache-Control": "no-store"}
    return Stream(_written(viewer, wanted), media_type="text/csv", headers=headers)


async def _written(viewer: Viewer, wanted: Wanted) -> AsyncIterator[bytes]:
    tools = products()
    rights = [(tool, level) for tool in tools for level in LEVELS]
    yield (BOM + csv_line([
        _("First name"), _("Last name"), _("Email"), _("Phone"), _("Job title"), _("Role"), _("State"), *(_right(tool, level) for tool, level in rights),
        _("Teams"), _("Joined"), _("Last seen"),
    ])).encode()
    async for people in all_people(viewer.org_id, wanted):
        yield "".join(csv_line(_cells(one, rights)) for one in people).encode()


def _cells(one: Member, rights: Sequence[tuple[App, str]]) -> list[str]:
    roles = {"legal": _("Legal representative"), "admin": _("Administrator"), "user": _("User"), "external": _("Guest")}
    return [
        one.given_name, one.family_name, one.email, one.phone, one.title, roles[one.role], _("Disabled") if one.is_disabled else _("Active"),
        *(_("yes") if one.may(tool.key, level) else _("no") for tool, level in rights),
        ", ".join(team.name for team in one.teams), iso(one.created_at), iso(one.seen_at) if one.seen_at else "",
    ]


def _right(tool: App, level: str) -> str:
    return _("Uses %(product)s") % {"product": tool.title} if level == "use" else _("Manages %(product)s") % {"product": tool.title}


handlers = [create_export]
