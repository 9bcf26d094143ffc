"""Secrets of this server, made when they are first needed: what it signs links with."""

from __future__ import annotations

from piccolo.columns import Text, Varchar

from app import database
from app.lib.ids import new_id
from app.lib.tokens import new_token
from app.models.base import Row


class ServerSecret(Row):
    """A random text with a name."""

    name = Varchar(length=40)
    value = Text(secret=True)

    @classmethod
    async def named(cls, name: str) -> str:
        """The secret of this name; the first call makes it."""
        sql = "SELECT value FROM server_secret WHERE name = $1"
        value = await database.fetch_value(sql, name)
        if value is None:
            await database.execute(
                "INSERT INTO server_secret (id, name, value) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING", new_id(), name, new_token(32)
            )
            value = await database.fetch_value(sql, name)
        return str(value)
