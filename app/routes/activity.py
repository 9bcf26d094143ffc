"""What I did: 30 days of changes, each with a way back."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.lib.i18n import _
from app.models.command import Command
from app.models.drive.uploading import UPLOAD
from app.render import nothing, page, redirect, toast
from app.routes.activity_words import kinds

PAGE = 50


@get("/activity", include_in_schema=False)
async def list_activity(request: Request, before: FromQuery[int] = 0) -> Response[bytes]:
    """The page, newest first, 50 at a time."""
    return await _page(request, await Command.recent(request.state.viewer, before or None, PAGE), before)


@get("/activity/{command_id:int}", include_in_schema=False)
async def show_activity(request: Request, command_id: FromPath[int], before: FromQuery[int] = 0) -> Response[bytes]:
    """The parts of one change, such as the files of an upload."""
    whole = await _own(request, command_id)
    return await _page(request, await whole.parts(before or None, PAGE), before, whole)


@post("/activity/{command_id:int}/undo", status_code=200, include_in_schema=False)
async def create_undo(request: Request, command_id: FromPath[int]) -> Response[bytes]:
    """Take one change back."""
    command = await _own(request, command_id)
    said = await command.undo(request.state.viewer)
    told = toast(said or _("Undone."), undone={"kind": command.kind})
    if not request.headers.get("hx-target", "").startswith("li"):
        return nothing(200, **told, **{"HX-Reswap": "none"})
    answer = redirect(request, f"/activity/{command.part_of}" if command.part_of else "/activity")
    answer.headers.update(told)
    return answer


async def _own(request: Request, command_id: int) -> Command:
    viewer = request.state.viewer
    return await Command.find_own(command_id, account_id=viewer.account_id, org_id=viewer.org_id)


async def _page(request: Request, commands: list[Command], before: int, whole: Command | None = None) -> Response[bytes]:
    counts = await Command.part_counts([one.id for one in commands])
    last = commands[-1].id if len(commands) == PAGE else 0
    shown = [one for one in commands if one.kind != UPLOAD or one.id in counts]
    return await page(request, "activity/index.html", commands=shown, counts=counts, kinds=kinds(), before=before, last=last, whole=whole)


handlers = [list_activity, show_activity, create_undo]
