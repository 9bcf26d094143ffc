"""Commands about the channel: its name, header and purpose, muting, leaving, archiving."""

from __future__ import annotations

from app.lib.i18n import _
from app.models.base import Refused
from app.models.chat import looking_after, members
from app.models.chat.channel import MOST_DESCRIPTION, MOST_HEADER, MOST_NAME, Channel
from app.models.chat.looking_after import Settings
from app.models.chat.slash.registry import Answer, Given, anybody, not_direct, slash
from app.models.viewer import Viewer


def _arranges(viewer: Viewer, channel: Channel) -> bool:
    return not viewer.is_external and not channel.is_direct and channel.archived_at is None


def _closes(viewer: Viewer, channel: Channel) -> bool:
    return looking_after.looks_after(viewer, channel) and not channel.is_general and channel.archived_at is None


def _leaves(viewer: Viewer, channel: Channel) -> bool:
    return not_direct(viewer, channel) and not channel.is_general


@slash("rename", lambda: _("new name"), lambda: _("Rename this channel"), _arranges, restricted=True)
async def _rename(given: Given) -> Answer:
    text = _needed(given.text, _("Say the new name, such as /rename launch-2027."), MOST_NAME)
    command = await looking_after.arrange(given.viewer, given.channel, Settings(name=text, display_name="" if given.channel.display_name else None))
    return Answer(_("This channel is called #%(name)s now.") % {"name": given.channel.name}, undo=command.id)


@slash("header", lambda: _("text"), lambda: _("Change what stands under the title; empty to take it away"), _arranges, restricted=True)
async def _header(given: Given) -> Answer:
    command = await looking_after.arrange(given.viewer, given.channel, Settings(header=_fits(given.text, MOST_HEADER)))
    return Answer(_("The header is changed.") if given.text else _("The header is gone."), undo=command.id)


@slash("purpose", lambda: _("text"), lambda: _("Say what this channel is about"), _arranges, restricted=True)
async def _purpose(given: Given) -> Answer:
    command = await looking_after.arrange(given.viewer, given.channel, Settings(description=_fits(given.text, MOST_DESCRIPTION)))
    return Answer(_("The purpose is changed."), undo=command.id)


@slash("mute", lambda: "", lambda: _("Be left alone by this conversation, or hear of it again"), anybody)
async def _mute(given: Given) -> Answer:
    on = given.channel.muted_at is None
    await members.mark(given.viewer, given.channel, "muted_at", on)
    return Answer(_("This conversation is muted. /mute again to hear of it.") if on else _("You hear of this conversation again."), url=given.channel.url)


@slash("leave", lambda: "", lambda: _("Leave this channel"), _leaves)
async def _leave(given: Given) -> Answer:
    command = await members.leave(given.viewer, given.channel)
    return Answer(_("You left #%(channel)s.") % {"channel": given.channel.name}, url="/chat", undo=command.id)


@slash("archive", lambda: "", lambda: _("Archive this channel"), _closes, restricted=True)
async def _archive(given: Given) -> Answer:
    command = await looking_after.archive(given.viewer, given.channel)
    return Answer(_("#%(name)s is archived.") % {"name": given.channel.name}, url=given.channel.url, undo=command.id)


def _needed(text: str, why: str, most: int) -> str:
    if not text:
        raise Refused(why)
    return _fits(text, most)


def _fits(text: str, most: int) -> str:
    if len(text) > most:
        raise Refused(_("This is too long: at most %(most)s characters, it has %(count)s.") % {"most": most, "count": len(text)})
    return text
