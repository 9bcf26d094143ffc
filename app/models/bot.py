"""The suite's own voice: one bot in each organisation, made when it first has something to say.

It is an account that nobody can sign in with, a member with the role `bot`: it counts as nobody, is in no directory, search or list of
people, and holds no rights. In chat its name carries the tag [bot].
"""

from __future__ import annotations

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.models.account import Account
from app.models.base import Refused
from app.models.chat.channel import Channel
from app.models.chat.direct import conversation
from app.models.chat.message import Message, checked
from app.models.organisation import BOT

NAME = "Chalet"
_FIND = "SELECT a.* FROM membership m JOIN account a ON a.id = m.account_id WHERE m.org_id = $1 AND a.email = $2"


async def suite_bot(org_id: int) -> Account:
    """The bot of an organisation."""
    row = await database.fetch_one(_FIND, org_id, _address(org_id))
    return Account.from_row(row) if row else await _make(org_id)


async def bot_says(org_id: int, account_id: int, markdown: str) -> int:
    """Write somebody a direct message. Returns its id."""
    text = checked(markdown)
    async with database.transaction():
        bot = await suite_bot(org_id)
        return await Message.write(await conversation(org_id, bot.id, (bot.id, account_id)), bot.id, text)


async def bot_tells(channel: Channel, markdown: str) -> int:
    """Write into a channel, without becoming one of its members. Returns the message's id."""
    text = checked(markdown)
    async with database.transaction():
        bot = await suite_bot(channel.org_id)
        return await Message.write(channel, bot.id, text, must_be_member=False)


def _address(org_id: int) -> str:
    """RFC 2606 §2: no mail ever goes there."""
    return f"bot-{org_id}@chalet.invalid"


async def _make(org_id: int) -> Account:
    """Of two processes that make it at the same moment, both get the same one."""
    address = _address(org_id)
    async with database.transaction():
        try:
            bot = await Account.open(address, NAME)
        except Refused:
            found = await Account.by_email(address)
            assert found is not None
            bot = found
        await bot.change(is_bot=True, disabled_at=clock.now())  # disabled: there is no way to sign in
        await database.execute(
            "INSERT INTO membership (id, org_id, account_id, role, title, created_at) VALUES ($1, $2, $3, $4, '', $5)"
            " ON CONFLICT (org_id, account_id) DO NOTHING",
            new_id(), org_id, bot.id, BOT, clock.now(),
        )
    return bot
