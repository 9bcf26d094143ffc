"""A person's account: one login, wherever they belong."""

from __future__ import annotations

import secrets
from typing import Self

from piccolo.columns import BigInt, SmallInt, Text, Varchar

from app import database
from app.lib import clock
from app.lib.passwords import hash_password, is_password
from app.models.base import Refused, Row

LIGHT, DARK, AUTOMATIC = "light", "dark", "auto"
THEMES = (LIGHT, DARK, AUTOMATIC)


class Account(Row):
    """Who signs in. The email is kept in lower case and is unique."""

    email = Varchar(length=254)
    given_name = Varchar(length=80)
    family_name = Varchar(length=80, default="")
    phone = Varchar(length=40, default="")
    avatar = Varchar(length=64, default="", help_text="SHA-256 of the picture; empty: initials.")
    password_hash = Text(null=True, default=None)
    sync_name = Varchar(length=12, help_text="Short name for DAV clients, such as AB12345 (DAV-04).")
    locale = Varchar(length=8, default="en")
    timezone = Varchar(length=64, default="UTC")
    week_start = SmallInt(null=True, default=None, help_text="0 Monday to 6 Sunday; null: as the locale has it.")
    theme = Varchar(length=8, default=AUTOMATIC)
    created_at = BigInt(default=0)
    disabled_at = BigInt(null=True, default=None)

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    @classmethod
    async def open(
        cls, email: str, given_name: str, family_name: str = "", password: str | None = None,
        locale: str = "en", timezone: str = "UTC",
    ) -> Self:
        """A new account. Raises `Refused` when the address already has one."""
        hashed = await hash_password(password) if password else None
        try:
            return await cls.insert_new(
                email=email.strip().lower(), given_name=given_name, family_name=family_name, password_hash=hashed,
                sync_name=new_sync_name(), locale=locale, timezone=timezone, created_at=clock.now(),
            )
        except database.UniqueViolation:
            raise Refused(f"{email} already has an account.") from None

    @classmethod
    async def by_email(cls, email: str) -> Self | None:
        """The account with this address, in any case of letters."""
        row = await database.fetch_one("SELECT * FROM account WHERE email = $1", email.strip().lower())
        return cls.from_row(row) if row else None

    async def has_password(self, password: str) -> bool:
        """Whether this is the account's password."""
        return await is_password(password, self.password_hash)

    async def set_password(self, password: str) -> None:
        """Replace the password."""
        await self.change(password_hash=await hash_password(password))


def new_sync_name() -> str:
    """Two letters and five digits, without letters that look like digits."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return "".join(secrets.choice(letters) for _ in range(2)) + f"{secrets.randbelow(90_000) + 10_000}"
