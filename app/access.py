"""The row that this viewer may use, or `NotFound`. Authorisation is the lookup: no handler reads a row in another way."""

from __future__ import annotations

from app.models.account import Account
from app.models.base import NotFound
from app.models.calendar import Calendar, Event
from app.models.calendar.attachments import CalendarAttachment
from app.models.chat import Channel, Message
from app.models.drive import Found, find_node
from app.models.drive.rights import VIEW
from app.models.resource import Resource
from app.models.team import Team
from app.models.viewer import Viewer

__all__ = [
    "NotFound",
    "find_attachment",
    "find_avatar",
    "find_calendar",
    "find_channel",
    "find_drive_node",
    "find_event",
    "find_event_or_copy",
    "find_message",
    "find_own_channel",
    "find_resource",
    "find_team",
    "require",
    "require_admin",
    "require_colleague",
    "require_member",
    "require_upload",
]


def require(viewer: Viewer, right: str) -> None:
    """Let pass who holds a right such as `chat.manage`; for others the page isn't there."""
    if right not in viewer.rights:
        raise NotFound(right)


def require_member(viewer: Viewer, right: str) -> None:
    """Let pass who holds a right and isn't a guest."""
    require(viewer, right)
    if viewer.is_external:
        raise NotFound(right)


def require_admin(viewer: Viewer) -> Viewer:
    """Let pass who administers the organisation, and return them; for others the page isn't there."""
    if not viewer.is_admin:
        raise NotFound("administration")
    return viewer


def require_colleague(viewer: Viewer) -> Viewer:
    """Let pass who belongs to the organisation and isn't a guest, and return them; for others the page isn't there (GUEST-22)."""
    if viewer.is_external:
        raise NotFound("colleagues")
    return viewer


async def find_drive_node(viewer: Viewer, id_: int, level: int = VIEW) -> Found:
    """A file or folder that the viewer may use at a level (`app.models.drive`)."""
    return await find_node(viewer, id_, level)


def require_upload(viewer: Viewer) -> None:
    """Let pass who uses an app that keeps files; for others there is nowhere to upload to."""
    if not any(viewer.can_use(app) for app in ("drive", "chat", "contacts", "calendar")):
        raise NotFound("uploads")


async def find_channel(viewer: Viewer, id_: int) -> Channel:
    """A channel that the viewer is in or, as long as they are no guest, that is public."""
    require(viewer, "chat.use")
    return await Channel.seen_by(viewer, id_)


async def find_own_channel(viewer: Viewer, id_: int) -> Channel:
    """A channel that the viewer is in."""
    channel = await find_channel(viewer, id_)
    if channel.member_id is None:
        raise NotFound(f"channel {id_}")
    return channel


async def find_message(viewer: Viewer, id_: int) -> Message:
    """A message in a channel that the viewer may read; `message.channel` is that channel."""
    require(viewer, "chat.use")
    return await Message.found(viewer, id_)


async def find_team(viewer: Viewer, id_: int) -> Team:
    """A team of the viewer's organisation; guests find none."""
    return await Team.seen_by(viewer, id_)


async def find_resource(viewer: Viewer, id_: int) -> Resource:
    """A room or a piece of equipment of the viewer's organisation; guests find none."""
    return await Resource.seen_by(viewer, id_)


async def find_avatar(viewer: Viewer, name: str) -> str:
    """The hash of a picture of someone of the viewer's organisation, or of another whose directory they see. Raises `NotFound`."""
    if not await Account.is_avatar_in(viewer.org_id, name) and not await Account.is_avatar_of_colleague(viewer.account_id, name):
        raise NotFound(f"avatar {name}")
    return name


async def find_calendar(viewer: Viewer, id_: int) -> Calendar:
    """A calendar of the viewer's, of a room, or one that is shared with them; guests find none."""
    require_member(viewer, "calendar.use")
    return await Calendar.seen_by(viewer, id_)


async def find_event(viewer: Viewer, id_: int) -> Event:
    """An event of which the viewer sees more than that somebody is busy."""
    require_member(viewer, "calendar.use")
    return await Event.seen_by(viewer, id_)


async def find_event_or_copy(viewer: Viewer, id_: int) -> Event:
    """The same, or the viewer's own copy of an event that stands in somebody else's calendar: the address that they were sent."""
    require_member(viewer, "calendar.use")
    return await Event.seen_or_own(viewer, id_)


async def find_attachment(viewer: Viewer, token: str) -> CalendarAttachment:
    """A file of an event that the viewer may read."""
    found = await CalendarAttachment.by_token(viewer.org_id, token)
    for id_ in await found.named_by(viewer.account_id):
        try:
            await find_event(viewer, id_)
        except NotFound:
            continue
        return found
    raise NotFound("attachment")
