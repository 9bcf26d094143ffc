"""Channels and what is said in them."""

from app.models.chat.channel import Channel, ChannelMember
from app.models.chat.message import Mention, Message, MessageVersion, Reaction

__all__ = ["Channel", "ChannelMember", "Mention", "Message", "MessageVersion", "Reaction"]
