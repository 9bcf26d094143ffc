"""/call: people are called to a meeting at an address, as there is no meeting room in the suite itself."""

from __future__ import annotations

from app.lib.i18n import _
from app.models.base import Refused
from app.models.chat import members
from app.models.chat.message import Message
from app.models.chat.rules import ChatRules, is_meeting_address
from app.models.chat.slash.registry import Answer, Given, slash

MOST_UNASKED = 7  # members whom a call tells without being asked again (CALL-05)


@slash("call", lambda: _("[address of the meeting] [everyone]"), lambda: _("Call those in this conversation to a meeting"))
async def _call(given: Given) -> Answer:
    words = given.text.split()
    address = next((word for word in words if is_meeting_address(word)), "") or (await ChatRules.of(given.viewer.org_id)).new_meeting()
    is_for_all = any(word.casefold() in ("everyone", _("everyone").casefold()) for word in words)
    if not address:
        raise Refused(_(
            "Write the address of the meeting behind it: /call https://… Who manages Chat can set a meeting service in Manager › Chat; then /call is enough."
        ))
    count = await members.count_in(given.channel)
    if count > MOST_UNASKED and not given.channel.is_direct and not is_for_all:
        raise Refused(_("This calls all %(count)s members. If you mean it, write /call everyone.") % {"count": count})
    whom = "" if given.channel.is_direct else "@channel "
    text = f"📞 {whom}[{_('Join the call')}]({address})"
    return Answer(message_id=await Message.post(given.channel, given.viewer, text, given.key))
