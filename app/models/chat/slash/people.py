"""Commands about oneself and others: how one is, whom to bring in, whom to write to."""

from __future__ import annotations

from app.lib import clock
from app.lib.emoji import is_only_emoji
from app.lib.i18n import _, ngettext
from app.lib.names import full_name
from app.lib.when import Passed, parse
from app.models.base import NotFound, Refused
from app.models.chat import looking_after, members
from app.models.chat.channel import Channel
from app.models.chat.direct import between
from app.models.chat.message import Message
from app.models.chat.slash.registry import Answer, Given, find_channel_named, people_at_the_start, slash
from app.models.presence import AUTOMATIC, AWAY, DND, availability
from app.models.status import MOST_TEXT, Saying, clear_status, set_status
from app.models.viewer import Viewer


def _bring(viewer: Viewer, channel: Channel) -> bool:
    return not viewer.is_external and not channel.is_direct and channel.archived_at is None


def _remove(viewer: Viewer, channel: Channel) -> bool:
    return looking_after.looks_after(viewer, channel) and not channel.is_general


@slash("away", lambda: _("[until when]"), lambda: _("Show that you are away"))
async def _away(given: Given) -> Answer:
    return await _choose(given, AWAY, _("You are shown as away."))


@slash("dnd", lambda: _("[until when]"), lambda: _("Don’t be disturbed"))
async def _dnd(given: Given) -> Answer:
    return await _choose(given, DND, _("Nothing disturbs you now."))


@slash("online", lambda: "", lambda: _("Show yourself as you are: online while you are active"))
async def _online(given: Given) -> Answer:
    await availability.choose(given.viewer.account_id, AUTOMATIC)
    return Answer(_("You are shown as online while you are active."))


@slash("status", lambda: _("[emoji] [words] [until when], or clear"), lambda: _("Say what you are doing"))
async def _status(given: Given) -> Answer:
    if given.text.casefold() in ("", "clear", "off"):
        command = await clear_status(given.viewer)
        return Answer(_("Your status is cleared.") if command else _("You have no status."), undo=command.id if command else None)
    text, until = given.text, None
    try:
        when = parse(text.replace(" until ", " "), clock.now(), given.viewer.timezone)
    except Passed:
        raise Refused(_("This time has passed already.")) from None
    if when is not None and not when.rule and when.rest:
        text, until = when.rest, when.at
    first, _space, rest = text.partition(" ")
    emoji, words = (first, rest.strip()) if is_only_emoji(first) else ("", text)
    if len(words) > MOST_TEXT:
        raise Refused(_("A status has at most %(most)s characters.") % {"most": MOST_TEXT})
    command = await set_status(given.viewer, Saying(emoji, words, until))
    return Answer(_("Your status is %(status)s.") % {"status": f"{emoji} {words}".strip()}, undo=command.id)


@slash("invite", lambda: _("@name … [#channel]"), lambda: _("Bring people into a channel"), _bring, restricted=True)
async def _invite(given: Given) -> Answer:
    people, rest = await people_at_the_start(given)
    channel = given.channel
    if rest:
        found = await find_channel_named(given.viewer, rest)
        if found is None or found.member_id is None:
            raise Refused(_("You are in no channel called %(name)s.") % {"name": rest})
        channel = found
    command, count = await members.add(given.viewer, channel, [one["id"] for one in people])
    if not count:
        return Answer(_("They are all in this channel already."))
    return Answer(ngettext("%(count)s person was added.", "%(count)s people were added.", count) % {"count": count}, undo=command.id)


@slash("remove", lambda: _("@name"), lambda: _("Take somebody out of this channel"), _remove, restricted=True)
async def _take_out(given: Given) -> Answer:
    (person, *more), _rest = await people_at_the_start(given, inside=True)
    if more:
        raise Refused(_("Remove one person at a time."))
    command = await members.remove(given.viewer, given.channel, person["id"])
    return Answer(_("%(name)s is no longer in this channel.") % {"name": full_name(person)}, undo=command.id)


@slash("msg", lambda: _("@name … text"), lambda: _("Write to somebody directly"))
async def _msg(given: Given) -> Answer:
    people, rest = await people_at_the_start(given)
    try:
        channel = await between(given.viewer, [one["id"] for one in people])
    except NotFound:
        raise Refused(_("You can’t write to them directly.")) from None
    if rest:
        await Message.post(channel, given.viewer, rest, given.key)
    return Answer(url=channel.url)


async def _choose(given: Given, state: str, said: str) -> Answer:
    until = None
    if given.text:
        try:
            when = parse(given.text, clock.now(), given.viewer.timezone)
        except Passed:
            raise Refused(_("This time has passed already.")) from None
        if when is None or when.rule:
            raise Refused(_("Say until when like this: in 2 hours, or tomorrow at 9."))
        until = when.at
    await availability.choose(given.viewer.account_id, state, until)
    return Answer(said)


