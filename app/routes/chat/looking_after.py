"""A channel's settings, who looks after it, archive, restore and delete."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath
from litestar.response import Response

from app import access
from app.lib.forms import ChoiceField, Form, NumberField, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.chat import Channel, looking_after, members, places
from app.models.chat.channel import MOST_DESCRIPTION, MOST_HEADER, MOST_NAME, PRIVATE, PUBLIC, NameRefused
from app.models.chat.looking_after import SLOW, Settings
from app.models.chat.moderation import retention
from app.models.viewer import Viewer
from app.render import fragment, page, redirect, toast


class ChannelSettings(Form):
    """What a channel is called and about, who finds it, how fast it is."""

    name = TextField(most=200)
    display_name = TextField(most=MOST_NAME, required=False)
    description = TextField(most=MOST_DESCRIPTION, required=False)
    header = TextField(most=MOST_HEADER, required=False)
    kind = ChoiceField((PUBLIC, PRIVATE), required=False)
    slow_seconds = NumberField(0, max(SLOW), required=False)
    retention_days = NumberField(0, retention.LONGEST, required=False)


class Deletion(Form):
    """The channel's name, typed to be sure."""

    name = TextField(most=200, required=False)


@get("/chat/channels/{channel_id:int}/edit", include_in_schema=False)
async def edit_channel(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """The settings, in a dialog."""
    channel = await _own(request, channel_id)
    raw = {name: getattr(channel, name) for name in ChannelSettings.fields}
    return await _form(request, channel, "edit_channel", ChannelSettings(**raw))


@post("/chat/channels/{channel_id:int}", status_code=200, include_in_schema=False)
async def update_channel(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Change its settings."""
    channel = await _own(request, channel_id)
    sent = await request.form()
    form = ChannelSettings(sent)
    if form.is_valid:
        try:
            given = {name: form[name] for name in ChannelSettings.fields if name in sent}
            if "retention_days" in given and given.pop("retention_days") != channel.retention_days:
                await retention.keep_channel_for(request.state.viewer, channel, form["retention_days"])
            command = await looking_after.arrange(request.state.viewer, channel, Settings(**given | {"kind": given.get("kind") or None}))
            return _gone_on(request, channel.url, _("Saved."), command.id if command.inverse else None)
        except NameRefused as refused:
            form.refuse("name", str(refused))
        except Refused as refused:
            form.refuse("", str(refused))
    return await _form(request, channel, "edit_channel", form, status=422)


@post("/chat/channels/{channel_id:int}/archive", status_code=200, include_in_schema=False)
async def create_archive(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Close it for writing."""
    channel = await _own(request, channel_id)
    command = await looking_after.archive(request.state.viewer, channel)
    return _gone_on(request, channel.url, _("#%(name)s is archived.") % {"name": channel.name}, command.id)


@delete("/chat/channels/{channel_id:int}/archive", status_code=200, include_in_schema=False)
async def delete_archive(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Open it again."""
    channel = await _own(request, channel_id)
    command = await looking_after.restore(request.state.viewer, channel)
    return _gone_on(request, channel.url, _("#%(name)s is open again.") % {"name": channel.name}, command.id)


@get("/chat/channels/{channel_id:int}/deletion", include_in_schema=False)
async def new_deletion(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Asks whether one is sure."""
    channel = await _own(request, channel_id)
    return await _form(request, channel, "delete_channel", Deletion())


@post("/chat/channels/{channel_id:int}/deletion", status_code=200, include_in_schema=False)
async def create_deletion(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Take it away, for 30 days in which it can be undone."""
    channel = await _own(request, channel_id)
    form, name = Deletion(await request.form()), channel.name
    try:
        command = await looking_after.delete(request.state.viewer, channel, form.values.get("name", ""))
    except Refused as refused:
        form.refuse("name", str(refused))
        return await _form(request, channel, "delete_channel", form, status=422)
    return _gone_on(request, "/chat", _("#%(name)s is deleted.") % {"name": name}, command.id)


@post("/chat/channels/{channel_id:int}/admins/{account_id:int}", status_code=200, include_in_schema=False)
async def create_admin(request: Request, channel_id: FromPath[int], account_id: FromPath[int]) -> Response[bytes]:
    """Let a member look after it."""
    return await _role(request, channel_id, account_id, True)


@delete("/chat/channels/{channel_id:int}/admins/{account_id:int}", status_code=200, include_in_schema=False)
async def delete_admin(request: Request, channel_id: FromPath[int], account_id: FromPath[int]) -> Response[bytes]:
    """No longer."""
    return await _role(request, channel_id, account_id, False)


async def _role(request: Request, channel_id: int, account_id: int, on: bool) -> Response[bytes]:
    viewer: Viewer = request.state.viewer
    channel = await _own(request, channel_id)
    await looking_after.set_role(viewer, channel, account_id, on)
    return fragment(
        request, "chat/_member_rows.html", channel=channel, people=await members.people_in(channel), looks_after=looking_after.looks_after(viewer, channel)
    )


async def _own(request: Request, channel_id: int) -> Channel:
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    if request.state.viewer.is_external or channel.is_direct:
        raise access.NotFound(f"channel {channel_id}")
    return channel


def _gone_on(request: Request, url: str, said: str, undo: int | None) -> Response[bytes]:
    answer = redirect(request, url)
    answer.headers.update(toast(said, undo=undo))
    return answer


async def _form(request: Request, channel: Channel, name: str, form: Form, status: int = 200) -> Response[bytes]:
    """A form in #dialog, or as a page of its own."""
    viewer: Viewer = request.state.viewer
    context: dict[str, Any] = {
        "form": form, "channel": channel, "looks_after": looking_after.looks_after(viewer, channel), "slow": SLOW,
        "may_change_kind": looking_after.may_make_private(viewer, channel) or looking_after.may_make_public(viewer, channel),
    }
    if request.headers.get("hx-target", "").endswith("#dialog"):
        return fragment(request, f"chat/_{name}.html", status=status, **context)
    mine = await places.places_of(viewer)
    return await page(request, "chat/form.html", status=status, inner=f"chat/_{name}.html", places=mine, current=channel.id, **context)


handlers = [
    edit_channel, update_channel, create_archive, delete_archive, new_deletion, create_deletion, create_admin, delete_admin,
]
