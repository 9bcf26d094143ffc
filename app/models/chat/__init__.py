"""Channels and what is said in them.

`channel.py` the places, `members.py` who is in them, `direct.py` direct conversations, `places.py` what a person's side column and
home page list, `message.py` what is said and who is named, `reactions.py`, `log.py` reading it in pieces, `reading.py` how far
somebody has read, `listening.py` live topics and search, `departures.py` what is handed over, `muting.py` what is muted here
and in the bell, `looking_after.py` settings, archive and delete, `categories.py` one's own order of the side column. Browsers are told by
app/routes/chat/broadcasts.py.
"""

from app.models.chat import categories, departures, listening, looking_after, muting
from app.models.chat.channel import Channel, ChannelMember
from app.models.chat.message import Mention, Message, MessageVersion, Reaction

__all__ = [
    "Channel", "ChannelMember", "Mention", "Message", "MessageVersion", "Reaction", "categories", "departures", "listening", "looking_after", "muting",
]
