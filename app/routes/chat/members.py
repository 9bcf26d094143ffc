"""Who is in a channel: the panel beside it, adding and removing people, and naming them while writing."""

from __future__ import annotations

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib.forms import Form, ManyField, NumberField
from app.lib.i18n import _, ngettext
from app.models.chat import Channel, log, members
from app.render import fragment, is_htmx, redirect, toast
from app.routes.chat.channels import channel_page


class NewMembers(Form):
    """People to bring in."""

    people = ManyField(NumberField(0, 2**53), required=True)


@get("/chat/channels/{channel_id:int}/members", include_in_schema=False)
async def list_members(request: Request, channel_id: FromPath[int], q: FromQuery[str] = "") -> Response[bytes]:
    """The panel: what the channel is about and who is in it; as a page of its own with the channel beside it."""
    channel = await access.find_channel(request.state.viewer, channel_id)
    if request.headers.get("hx-target", "").endswith("#member-rows"):
        return fragment(request, "chat/_member_rows.html", channel=channel, people=await members.people_in(channel, q))
    if request.headers.get("hx-target", "").endswith("#detail"):
        return await _panel(request, channel)
    piece = await log.opening(channel.id, channel.read_up_to, channel.last_message_id)
    return await channel_page(request, channel, piece, people=await members.people_in(channel), form=NewMembers())


@get("/chat/channels/{channel_id:int}/people", include_in_schema=False)
async def list_nameable(request: Request, channel_id: FromPath[int], q: FromQuery[str] = "") -> Response[bytes]:
    """Options for an @name."""
    channel = await access.find_channel(request.state.viewer, channel_id)
    return fragment(request, "chat/_names.html", people=await members.people_in(channel, q, most=8))


@post("/chat/channels/{channel_id:int}/members", status_code=200, include_in_schema=False)
async def create_members(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Add people."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    form = NewMembers(await request.form())
    if not form.is_valid:
        return await _panel(request, channel, form, status=422)
    count = await members.add(request.state.viewer, channel, form["people"])
    told = toast(ngettext("%(count)s person was added.", "%(count)s people were added.", count) % {"count": count})
    return await _panel(request, channel, headers=told)


@delete("/chat/channels/{channel_id:int}/members/{account_id:int}", status_code=200, include_in_schema=False)
async def delete_member(request: Request, channel_id: FromPath[int], account_id: FromPath[int]) -> Response[bytes]:
    """Remove somebody."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    command = await members.remove(request.state.viewer, channel, account_id)
    return await _panel(request, channel, headers=toast(_("Removed from the channel."), undo=command.id))


async def _panel(
    request: Request, channel: Channel, form: NewMembers | None = None, status: int = 200, headers: dict[str, str] | None = None
) -> Response[bytes]:
    if not is_htmx(request):
        return redirect(request, f"{channel.url}/members")
    people = await members.people_in(channel)
    return fragment(
        request, "chat/_members.html", status=status, headers=headers, channel=channel, people=people, members=len(people), form=form or NewMembers()
    )


handlers = [list_members, list_nameable, create_members, delete_member]
