"""Channels and what is said in them.

`channel.py` the places, `members.py` who is in them, `direct.py` direct conversations, `places.py` what a person's side column and
home page list, `message.py` what is said and who is named, `reactions.py`, `log.py` reading it in pieces, `reading.py` how far
somebody has read, `listening.py` live topics and search, `departures.py` what is handed over, `muting.py` what is muted here
and in the bell. `threads.py` answers below messages, `pins.py`, `saved.py`, `receipts.py`, `forwarding.py`, `polls.py`, `cards.py` what else is done with
messages, `drafts.py` and `later.py` what isn't sent yet, `levels.py` of what one is told, `custom_emoji.py`, `naming.py` @team, @channel
and @here, `files.py` what is shown below them, `holding.py` and `attached.py` what a message has beside words, `looking_after.py` settings,
archive and delete, `categories.py` one's own
order of the side column, `assistance.py` where an assistant is asked for translations and summaries. Browsers are told by app/routes/chat/broadcasts.py.
"""

from app.models.chat import (
    cards,
    categories,
    custom_emoji,
    departures,
    drafts,
    files,
    later,
    levels,
    listening,
    looking_after,
    muting,
    polls,
    receipts,
    saved,
    threads,
)
from app.models.chat.channel import Channel, ChannelMember
from app.models.chat.message import Mention, Message, MessageVersion, Reaction

__all__ = [
    "Channel", "ChannelMember", "Mention", "Message", "MessageVersion", "Reaction", "cards", "categories", "custom_emoji", "departures", "drafts", "files",
    "later", "levels", "listening", "looking_after", "muting", "polls", "receipts", "saved", "threads",
]
