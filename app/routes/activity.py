"""What I did: 30 days of changes, each with a way back."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.lib.i18n import _
from app.models.command import Command
from app.render import nothing, page, redirect, toast
from app.routes.activity_words import kinds


@get("/activity", include_in_schema=False)
async def list_activity(request: Request, before: FromQuery[int] = 0) -> Response[bytes]:
    """The page, newest first, 50 at a time."""
    commands = await Command.recent(request.state.viewer, before or None)
    return await page(request, "activity/index.html", commands=commands, kinds=kinds(), before=before)


@post("/activity/{command_id:int}/undo", status_code=200, include_in_schema=False)
async def create_undo(request: Request, command_id: FromPath[int]) -> Response[bytes]:
    """Take one change back."""
    viewer = request.state.viewer
    command = await Command.find_own(command_id, account_id=viewer.account_id, org_id=viewer.org_id)
    said = await command.undo(viewer)
    told = toast(said or _("Undone."), undone={"kind": command.kind})
    if not request.headers.get("hx-target", "").startswith("li"):
        return nothing(200, **told, **{"HX-Reswap": "none"})
    answer = redirect(request, "/activity")
    answer.headers.update(told)
    return answer


handlers = [list_activity, create_undo]
