"""The first run: an organisation and the person who answers for it."""

from __future__ import annotations

from dataclasses import dataclass

from app import database
from app.lib.i18n import _
from app.lib.passwords import hash_password
from app.models.account import Account
from app.models.base import Refused
from app.models.organisation import LEGAL, Organisation


@dataclass(frozen=True, slots=True)
class Founder:
    """Who sets the suite up."""

    email: str
    given_name: str
    family_name: str
    password: str


class AlreadySetUp(Refused):
    """There is an organisation already: somebody else was faster."""

    def __init__(self) -> None:
        super().__init__(_("This server has been set up already. Sign in, or ask its administrator for an account."))


async def is_set_up() -> bool:
    """Whether there is an organisation."""
    return await database.fetch_value("SELECT 1 FROM organisation LIMIT 1") is not None


async def set_up(name: str, founder: Founder, locale: str, timezone: str) -> Account:
    """The first organisation, with its legal representative. Raises `AlreadySetUp`; of two at the same moment, one wins."""
    hashed = await hash_password(founder.password)

    async def found() -> Account:
        if database.dialect() == "postgres":  # SQLite has one writer; CockroachDB orders transactions by itself
            await database.execute("LOCK TABLE organisation IN SHARE ROW EXCLUSIVE MODE")
        if await is_set_up():
            raise AlreadySetUp
        organisation = await Organisation.found(name, locale=locale, timezone=timezone)
        account = await Account.open(founder.email, founder.given_name, founder.family_name, locale=locale, timezone=timezone)
        await account.change(password_hash=hashed)
        await organisation.admit(account, LEGAL)
        return account

    return await database.retrying(found)
