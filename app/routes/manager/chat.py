"""Chat, for those who manage it: its channels, which of them are joined by default, and the rules."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import require
from app.lib.forms import CheckField, ChoiceField, Form, TextField
from app.lib.i18n import _
from app.models.base import NotFound, Refused
from app.models.chat import administration
from app.models.chat.rules import WHO, ChatRules
from app.models.invitation.places import Places
from app.models.viewer import Viewer
from app.render import fragment, page
from app.routes.manager import dialog, done, wants


class Rules(Form):
    """Who may do what."""

    channel_makers = ChoiceField(WHO)
    guest_hosts = ChoiceField(WHO)
    meetings = TextField(most=200, required=False)


class NewDefault(Form):
    """Whether those who are here now join, too."""

    everybody = CheckField()


@get("/manager/chat", include_in_schema=False)
async def show_chat(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """The page."""
    viewer = _manager(request)
    if wants(request, "channels"):
        return fragment(request, "manager/_chat_channels.html", **await _listed(viewer, q))
    return await page(
        request, "manager/chat.html", rules=await ChatRules.of(viewer.org_id), places=await Places.of(viewer.org_id), **await _listed(viewer, q)
    )


@post("/manager/chat/rules", status_code=200, include_in_schema=False)
async def update_rules(request: Request) -> Response[bytes]:
    """Decide who may start channels and invite guests, and where calls are held."""
    viewer = _manager(request)
    form = Rules(await request.form())
    if not form.is_valid:
        raise Refused(next(iter(form.errors.values())))
    command = await administration.decide(viewer, form["channel_makers"], form["guest_hosts"], form["meetings"])
    return done(request, "/manager/chat", _("Saved."), command)


@get("/manager/chat/channels/{channel_id:int}/default", include_in_schema=False)
async def new_default(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Asks whether those who are here now join, too."""
    channel = await administration.find_default(_manager(request), channel_id)
    return await dialog(request, "manager/_chat_default.html", _("Default channel"), channel=channel)


@post("/manager/chat/channels/{channel_id:int}/default", status_code=200, include_in_schema=False)
async def create_default(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Let new members join it by themselves."""
    viewer = _manager(request)
    channel = await administration.find_default(viewer, channel_id)
    form = NewDefault(await request.form())
    command = await administration.set_default(viewer, channel, True, also_everybody=form["everybody"])
    said = _("New members join #%(name)s from now on.") % {"name": channel.name}
    return done(request, "/manager/chat", said, command, channels=True, **{"dialog:close": True})


@delete("/manager/chat/channels/{channel_id:int}/default", status_code=200, include_in_schema=False)
async def delete_default(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """No longer."""
    viewer = _manager(request)
    channel = await administration.find_default(viewer, channel_id)
    command = await administration.set_default(viewer, channel, False)
    return done(request, "/manager/chat", _("New members don’t join #%(name)s any more.") % {"name": channel.name}, command, channels=True)


async def _listed(viewer: Viewer, q: str) -> dict[str, Any]:
    return {"channels": await administration.channels(viewer, q), "q": q}


def _manager(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    require(viewer, "chat.manage")
    if viewer.is_external:
        raise NotFound("chat")
    return viewer


handlers = [show_chat, update_rules, new_default, create_default, delete_default]
