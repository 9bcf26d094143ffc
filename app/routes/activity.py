"""What I did: 30 days of changes, each with a way back."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.lib.i18n import _
from app.models.command import Command
from app.render import nothing, page, redirect, toast


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
    if request.headers.get("hx-target", "").startswith("li"):
        return redirect(request, "/activity")
    return nothing(200, **toast(said or _("Undone."), undone={"kind": command.kind}), **{"HX-Reswap": "none"})


def kinds() -> dict[str, str]:
    """What each kind of change is called, in the language being spoken."""
    return {
        "member.role": _("Changed a role"),
        "member.end": _("Removed a member"),
        "member.rights": _("Changed rights"),
        "member.disable": _("Disabled a person"),
        "member.enable": _("Enabled a person again"),
        "member.title": _("Changed a job title"),
        "brand.publish": _("Published how a domain looks"),
        "brand.discard": _("Discarded a draft of how a domain looks"),
        "organisation.edit": _("Changed the organisation’s settings"),
        "sign_in.policy": _("Changed the rules for signing in"),
        "resource.archive": _("Archived a room or equipment"),
        "resource.create": _("Added a room or equipment"),
        "resource.edit": _("Changed a room or equipment"),
        "resource.restore": _("Took a room or equipment out of the archive"),
        "team.add": _("Added people to a team"),
        "team.create": _("Created a team"),
        "team.delete": _("Deleted a team"),
        "team.edit": _("Changed a team"),
        "team.join": _("Joined a team"),
        "team.lead": _("Changed who leads a team"),
        "team.remove": _("Removed somebody from a team"),
        "team.set": _("Changed somebody’s teams"),
        "profile.change": _("Changed your profile"),
        "status.set": _("Set a status"),
        "status.clear": _("Cleared the status"),
        "notices.mute": _("Muted notifications"),
        "notices.unmute": _("Unmuted notifications"),
        "message.post": _("Wrote a message"),
        "message.edit": _("Edited a message"),
        "message.delete": _("Deleted a message"),
        "invitation.create": _("Invited somebody"),
        "invitation.cancel": _("Cancelled an invitation"),
        "invitation.resend": _("Sent an invitation again"),
        "guest.invite": _("Invited guests"),
        "guest.end": _("Changed how long a guest may stay"),
        "guest.channels": _("Changed a guest’s channels"),
        "guest.remove": _("Removed a guest"),
        "guest.promote": _("Made a guest a member"),
        "guest.demote": _("Made a member a guest"),
        "chat.rules": _("Changed the rules of Chat"),
        "channel.default": _("Changed which channels new members join"),
        "channel.create": _("Created a channel"),
        "channel.edit": _("Changed a channel"),
        "channel.join": _("Joined a channel"),
        "channel.leave": _("Left a channel"),
        "channel.add": _("Added people to a channel"),
        "channel.remove": _("Removed somebody from a channel"),
        "channel.archive": _("Archived a channel"),
        "channel.restore": _("Restored a channel"),
        "channel.delete": _("Deleted a channel"),
        "channel.role": _("Changed who looks after a channel"),
        "reminder.set": _("Set a reminder"),
        "reminder.cancel": _("Took a reminder back"),
        "integration.create": _("Made an integration"),
        "integration.edit": _("Changed an integration"),
        "integration.switch": _("Switched an integration on or off"),
        "integration.delete": _("Deleted an integration"),
        "words.forbid": _("Forbade words"),
        "words.allow": _("Allowed a word again"),
        "chat.retention": _("Changed how long messages are kept"),
        "channel.retention": _("Changed how long messages are kept"),
        "chat.hold": _("Began a legal hold"),
        "chat.hold_end": _("Ended a legal hold"),
        "category.create": _("Made a category"),
        "category.rename": _("Renamed a category"),
        "category.delete": _("Removed a category"),
    }


handlers = [list_activity, create_undo]
