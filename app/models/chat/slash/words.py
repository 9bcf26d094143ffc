"""Commands that say something, look for something, or remind of it."""

from __future__ import annotations

import re
from urllib.parse import quote

from app.lib.i18n import _
from app.models.base import Refused
from app.models.chat import polls, reminders
from app.models.chat.message import Message
from app.models.chat.slash.registry import Answer, Given, find_channel_named, no_such, offered, people_at_the_start, slash

_QUOTED = re.compile(r"\"([^\"]*)\"|“([^”]*)”|«([^»]*)»|„([^“”]*)[“”]")
SHRUG = r"¯\\\_(ツ)\_/¯"


@slash("me", lambda: _("what you do"), lambda: _("Say what you do, in italics"))
async def _me(given: Given) -> Answer:
    if not given.text:
        raise Refused(_("Say what you do, such as /me makes coffee."))
    return await _post(given, f"*{given.text.replace('*', '∗')}*")


@slash("shrug", lambda: _("[text]"), lambda: _("Add a shrug to your message"))
async def _shrug(given: Given) -> Answer:
    return await _post(given, f"{given.text} {SHRUG}".strip())


@slash("poll", lambda: _("“question” “answer” “answer” …"), lambda: _("Ask a question with answers to choose from"))
async def _poll(given: Given) -> Answer:
    parts = [part for found in _QUOTED.finditer(given.text) if (part := next(filter(None, found.groups()), "").strip())]
    if len(parts) < 2:
        parts = [part.strip() for part in given.text.split("|") if part.strip()]
    if len(parts) < 1 + polls.FEWEST:
        raise Refused(_("Put the question and each answer in quotation marks, such as /poll “Lunch?” “Rösti” “Pizza”."))
    return Answer(message_id=await polls.ask(given.viewer, given.channel, parts[0], parts[1:], key=given.key))


@slash("search", lambda: _("words"), lambda: _("Search messages"))
async def _search(given: Given) -> Answer:
    if not given.text:
        raise Refused(_("Say what you look for, such as /search budget."))
    return Answer(url=f"/search?q={quote(given.text)}")


@slash("remind", lambda: _("me, @name or #channel, what and when; or list"), lambda: _("Have somebody reminded, once or again and again"))
async def _remind(given: Given) -> Answer:
    first, _space, rest = given.text.partition(" ")
    viewer = given.viewer
    if first.casefold() in ("", "list"):
        return Answer(await reminders.listed(viewer))
    if first.startswith("#"):
        channel = given.channel if first[1:].casefold() in ("here", "") else await find_channel_named(viewer, first)
        if channel is None or channel.member_id is None:
            raise Refused(_("You are in no channel called %(name)s.") % {"name": first})
        return Answer(await reminders.set_for_channel(viewer, channel, rest))
    if first.startswith("@"):
        (person, *more), rest = await people_at_the_start(given)
        if more:
            raise Refused(_("Remind one person at a time, or a channel."))
        return Answer(await reminders.set_for(viewer, person["id"], rest))
    return Answer(await reminders.set_for(viewer, viewer.account_id, rest if first.casefold() in ("me", "mich", "moi", "mi") else given.text))


@slash("help", lambda: _("[command]"), lambda: _("List the commands that you can use here"))
async def _help(given: Given) -> Answer:
    wanted = given.text.lstrip("/").lower()
    found = await offered(given.viewer, given.channel, wanted)
    if not found:
        raise Refused(no_such(wanted))
    return Answer("\n".join(f"- **/{one.word}** {one.usage.replace('[', chr(92) + '[')} – {one.about}" for one in found))


async def _post(given: Given, text: str) -> Answer:
    return Answer(message_id=await Message.post(given.channel, given.viewer, text, given.key, given.named))
