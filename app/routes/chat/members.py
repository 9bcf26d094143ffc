"""Who is in a channel: the panel beside it, inviting colleagues, teams and guests, removing people, and naming them while writing."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib import clock
from app.lib.forms import ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import OFFERED, _, language, ngettext
from app.lib.numbers import whole
from app.models.base import NotFound, Refused
from app.models.chat import Channel, Message, log, looking_after, members, naming, places
from app.models.chat.rules import may_invite_guests
from app.models.invitation.offer import channels_for
from app.models.invitation.pending import invited_to
from app.models.invitation.places import Places
from app.models.search_found import people_by_id
from app.models.team import Team, teams_of
from app.render import fragment, is_htmx, page, redirect, toast
from app.routes.chat.channels import channel_page
from app.routes.manager import done
from app.routes.manager.guests import MOST_NOTE, DayField, day_of, invite_by, said

COLLEAGUES, TEAM, GUEST = "colleagues", "team", "guest"


class NewMembers(Form):
    """People to bring in."""

    people = ManyField(NumberField(0, 2**53), required=True)


class NewTeam(Form):
    """A team to bring in (CHAT-13)."""

    team = NumberField(1, 2**53)


class NewGuests(Form):
    """People from outside to bring in."""

    people = TextField(most=20_000)
    channels = ManyField(NumberField(1, 2**53), required=True)
    until = DayField(required=False)
    note = TextField(most=MOST_NOTE, required=False)
    language = ChoiceField(OFFERED, default="en", required=False)


@get("/chat/channels/{channel_id:int}/members", include_in_schema=False)
async def list_members(request: Request, channel_id: FromPath[int], q: FromQuery[str] = "") -> Response[bytes]:
    """The panel: what the channel is about and who is in it; as a page of its own with the channel beside it."""
    channel = await access.find_channel(request.state.viewer, channel_id)
    if request.headers.get("hx-target", "").endswith("#member-rows"):
        may = looking_after.looks_after(request.state.viewer, channel)
        return fragment(request, "chat/_member_rows.html", channel=channel, people=await members.people_in(channel, q), looks_after=may)
    if request.headers.get("hx-target", "").endswith("#detail"):
        return await _panel(request, channel, typed=q)
    piece = await log.opening(channel.id, channel.read_up_to, channel.last_message_id)
    return await channel_page(request, channel, piece, people=await members.people_in(channel))


@get("/chat/channels/{channel_id:int}/people", include_in_schema=False)
async def list_nameable(request: Request, channel_id: FromPath[int], q: FromQuery[str] = "") -> Response[bytes]:
    """Options for an @name: members, @channel and @here, teams, and colleagues who aren't in the channel yet."""
    viewer = request.state.viewer
    channel = await access.find_channel(viewer, channel_id)
    typed = q.strip().casefold()
    may_add = not channel.is_direct and not viewer.is_external
    groups = [("channel", _("everybody in this channel")), ("here", _("who is here now"))] if not channel.is_direct else []
    people = await members.people_in(channel, q, most=8)
    return fragment(
        request, "chat/_names.html", people=people, groups=[one for one in groups if one[0].startswith(typed)],
        teams=await naming.teams_like(channel, typed) if may_add and typed else [],
        others=await members.people_for(viewer, q, not_in=channel.id, most=4) if may_add and typed and len(people) < 5 else [],
    )


@get("/chat/channels/{channel_id:int}/outside", include_in_schema=False)
async def list_outside(request: Request, channel_id: FromPath[int], people: FromQuery[str] = "") -> Response[bytes]:
    """Who was named and isn't in the channel: to add them, or not."""
    channel = await _own(request, channel_id)
    ids = [id_ for part in people.split(",")[:20] if (id_ := whole(part)) is not None]
    outside = await naming.not_in(channel, ids)
    named = await people_by_id(outside)
    return fragment(request, "chat/_outside.html", channel=channel, people=[named[id_] for id_ in outside if id_ in named])


@get("/chat/channels/{channel_id:int}/invitations/new", include_in_schema=False)
async def new_members(request: Request, channel_id: FromPath[int], tab: FromQuery[str] = COLLEAGUES) -> Response[bytes]:
    """The dialog: colleagues, a team, or guests (CHAT-17)."""
    return await _invite_form(request, await _own(request, channel_id), tab)


@post("/chat/channels/{channel_id:int}/members", status_code=200, include_in_schema=False)
async def create_members(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Add colleagues."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    form = NewMembers(await request.form())
    if not form.is_valid:
        return await _invite_form(request, channel, COLLEAGUES, form, 422)
    return await _added(request, channel, form["people"])


@post("/chat/channels/{channel_id:int}/teams", status_code=200, include_in_schema=False)
async def create_team(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Add everybody of a team."""
    channel = await _own(request, channel_id)
    form = NewTeam(await request.form())
    if not form.is_valid:
        return await _invite_form(request, channel, TEAM, form, 422)
    team = await Team.seen_by(request.state.viewer, form["team"])
    return await _added(request, channel, [person["id"] for person in await team.members()])


@post("/chat/channels/{channel_id:int}/guests", status_code=200, include_in_schema=False)
async def create_guests(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Invite people from outside (GUEST-01)."""
    channel = await _own(request, channel_id)
    form = NewGuests(await request.form())
    try:
        if form.is_valid:
            command, outcomes = await invite_by(request, form)
            return said(request, f"{channel.url}/members", command, outcomes)
    except NotFound:
        raise
    except Refused as error:
        form.refuse("people", str(error))
    return await _invite_form(request, channel, GUEST, form, 422)


@delete("/chat/channels/{channel_id:int}/members/{account_id:int}", status_code=200, include_in_schema=False)
async def delete_member(request: Request, channel_id: FromPath[int], account_id: FromPath[int]) -> Response[bytes]:
    """Remove somebody."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    command = await members.remove(request.state.viewer, channel, account_id)
    return await _panel(request, channel, headers=toast(_("Removed from the channel."), undo=command.id))


async def _own(request: Request, channel_id: int) -> Channel:
    """A channel that the viewer may invite to. Guests invite nobody (GUEST-21)."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    if request.state.viewer.is_external or channel.is_direct:
        raise NotFound(f"channel {channel_id}")
    return channel


async def _added(request: Request, channel: Channel, account_ids: list[int]) -> Response[bytes]:
    command, count = await members.add(request.state.viewer, channel, account_ids)
    if count:
        await Message.name_again(request.state.viewer, channel)
    words = ngettext("%(count)s person was added.", "%(count)s people were added.", count) % {"count": count}
    told = words if count else _("They are all in this channel already.")
    return done(request, f"{channel.url}/members", told, command if count else None, members=True, **{"dialog:close": True})


async def _invite_form(request: Request, channel: Channel, tab: str, form: Form | None = None, status: int = 200) -> Response[bytes]:
    viewer = request.state.viewer
    guests = await may_invite_guests(viewer)
    context: dict[str, Any] = {
        "channel": channel, "tab": tab if tab in (COLLEAGUES, TEAM, GUEST) else COLLEAGUES, "teams": await teams_of(viewer.org_id), "may_invite_guests": guests,
        "channels": await channels_for(viewer, guests=True) if guests else [], "plan": await Places.of(viewer.org_id),
        "today": await day_of(viewer, clock.now()), "most_note": MOST_NOTE, "form": form or NewGuests(channels=[channel.id], language=language()),
    }
    if is_htmx(request) and not request.headers.get("hx-target", "").endswith("#view"):
        return fragment(request, "chat/_invite.html", status=status, **context)
    mine = await places.places_of(viewer)
    return await page(request, "chat/form.html", status=status, inner="chat/_invite.html", places=mine, current=channel.id, **context)


async def _panel(request: Request, channel: Channel, typed: str = "", headers: dict[str, str] | None = None) -> Response[bytes]:
    if not is_htmx(request):
        return redirect(request, f"{channel.url}/members")
    return fragment(
        request, "chat/_members.html", headers=headers, channel=channel, people=await members.people_in(channel, typed), q=typed,
        members=await members.count_in(channel), invited=await invited_to(channel.id), looks_after=looking_after.looks_after(request.state.viewer, channel),
    )


handlers = [list_members, list_nameable, list_outside, new_members, create_members, create_team, create_guests, delete_member]
