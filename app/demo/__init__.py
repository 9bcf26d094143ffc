"""One believable organisation to look around in: Alpina, which makes outdoor equipment and prepares a launch.

Every app adds a module with one `fill()`. Everything is dated back from today and the same each time.
"""

from __future__ import annotations

from app import database
from app.demo import (
    brand,
    chat,
    chat_more,
    contacts,
    drive,
    invitations,
    log,
    manager,
    meetings,
    notifications,
    people,
    portraits,
    presence,
)
from app.demo.calendar import Calendar
from app.models import search
from app.models.base import Refused


async def fill(password: str, origin: str = "http://localhost:8000") -> None:
    """Fill the empty database that is open; links in mails lead to `origin`.

    Raises `Refused` when somebody lives there already.
    """
    if await database.fetch_value("SELECT COUNT(*) AS n FROM organisation"):
        raise Refused("The database has an organisation already. The demo needs an empty one.")
    days = Calendar()
    async with database.transaction():
        alpina, cast = await people.fill(password, days)
        await chat.fill(alpina, cast, days)
        await chat_more.fill(alpina, cast)
        await manager.fill(alpina, cast, days)
        await invitations.fill(alpina, cast, days, origin)
        await log.fill(alpina, cast, days)
        await brand.fill(alpina, cast, days)
        await notifications.fill(alpina, days)
        await presence.fill(alpina, cast)
        await meetings.fill(alpina, cast)
        await portraits.fill(cast)
        await drive.fill(alpina, cast)
        await contacts.fill(alpina, cast)
    await search.reindex("message")
    await search.reindex("team")
    await search.reindex("file")
    await database.analyze()
