"""A person's account: one login, wherever they belong."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Self

from piccolo.columns import BigInt, Boolean, SmallInt, Text, Varchar

from app import database, live
from app.lib import clock
from app.lib.passwords import hash_password, is_password
from app.models.base import Refused, Row
from app.models.search_people import index_person
from app.models.viewer import Viewer

LIGHT, DARK, AUTOMATIC = "light", "dark", "auto"
THEMES = (LIGHT, DARK, AUTOMATIC)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person says about themselves."""

    given_name: str
    family_name: str = ""
    phone: str = ""
    pronouns: str = ""


class Account(Row):
    """Who signs in. The email is kept in lower case and is unique."""

    email = Varchar(length=254)
    given_name = Varchar(length=80)
    family_name = Varchar(length=80, default="")
    phone = Varchar(length=40, default="")
    pronouns = Varchar(length=40, default="")
    avatar = Varchar(length=64, default="", help_text="SHA-256 of the picture; empty: initials.")
    password_hash = Text(null=True, default=None)
    sync_name = Varchar(length=12, help_text="Short name for DAV clients, such as AB12345 (DAV-04).")
    locale = Varchar(length=8, default="en")
    timezone = Varchar(length=64, default="UTC")
    week_start = SmallInt(null=True, default=None, help_text="0 Monday to 6 Sunday; null: as the locale has it.")
    theme = Varchar(length=8, default=AUTOMATIC)
    created_at = BigInt(default=0)
    disabled_at = BigInt(null=True, default=None)
    is_bot = Boolean(default=False, help_text="Whether it speaks for the suite; nobody signs in with it.")

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def personal_words(self) -> tuple[str, ...]:
        """What a password may not consist of."""
        return (self.email, self.given_name, self.family_name, self.sync_name)

    @classmethod
    async def open(
        cls, email: str, given_name: str, family_name: str = "", password: str | None = None,
        locale: str = "en", timezone: str = "UTC",
    ) -> Self:
        """A new account. Raises `Refused` when the address already has one."""
        hashed = await hash_password(password) if password else None
        while True:
            try:
                async with database.transaction(), database.savepoint():
                    return await cls.insert_new(
                        email=email.strip().lower(), given_name=given_name, family_name=family_name, password_hash=hashed,
                        sync_name=new_sync_name(), locale=locale, timezone=timezone, created_at=clock.now(),
                    )
            except database.UniqueViolation as violation:
                if "sync_name" not in violation.columns:
                    raise Refused(f"{email} already has an account.") from None

    @classmethod
    async def by_email(cls, email: str) -> Self | None:
        """The account with this address, in any case of letters."""
        row = await database.fetch_one("SELECT * FROM account WHERE email = $1", email.strip().lower())
        return cls.from_row(row) if row else None

    @staticmethod
    async def is_avatar_in(org_id: int, avatar: str) -> bool:
        """Whether somebody of this organisation, now or earlier, shows this picture."""
        sql = "SELECT 1 FROM account a JOIN membership m ON m.account_id = a.id WHERE a.avatar = $1 AND a.avatar <> '' AND m.org_id = $2 LIMIT 1"
        return await database.fetch_value(sql, avatar, org_id) is not None

    @staticmethod
    async def is_avatar_of_colleague(account_id: int, avatar: str) -> bool:
        """Whether somebody shows this picture who is in an organisation in which that account is no guest (DIR-05)."""
        sql = (
            "SELECT 1 FROM account a JOIN membership m ON m.account_id = a.id JOIN membership mine ON mine.org_id = m.org_id WHERE a.avatar = $1"
            " AND a.avatar <> '' AND mine.account_id = $2 AND mine.ended_at IS NULL AND mine.role IN ('legal', 'admin', 'user') LIMIT 1"
        )
        return await database.fetch_value(sql, avatar, account_id) is not None

    async def has_password(self, password: str) -> bool:
        """Whether this is the account's password."""
        return await is_password(password, self.password_hash)

    async def set_password(self, password: str) -> None:
        """Replace the password."""
        await self.change(password_hash=await hash_password(password))

    async def introduce(self, profile: Profile) -> None:
        """Take on a name, a phone number and pronouns, everywhere at once."""
        async with database.transaction():
            await self.change(given_name=profile.given_name, family_name=profile.family_name, phone=profile.phone, pronouns=profile.pronouns)
            await index_person(self.id)
            await self._tell_people()
        Viewer.forget()

    async def move_to(self, email: str) -> None:
        """Use another email address from now on. Raises `Refused` when it belongs to another account."""
        try:
            async with database.transaction():
                await self.change(email=email)
                await index_person(self.id)
        except database.UniqueViolation:
            raise Refused(f"{email} already has an account.") from None
        Viewer.forget()

    async def picture(self, avatar: str) -> None:
        """Show this picture, by the hash of its file; none with an empty one."""
        async with database.transaction():
            await self.change(avatar=avatar)
            await self._tell_people()
        Viewer.forget()

    async def prefer(self, **choices: str | int | None) -> None:
        """Set theme, locale, timezone or week_start."""
        await self.change(**choices)
        Viewer.forget()
        live.broadcast_internal("presence.chosen", self.id)  # quiet hours are on the clock of their time zone

    async def disable(self) -> None:
        """Nobody signs in with it any more, and whoever is signed in is out at once. What they wrote stays."""
        async with database.transaction():
            await self.change(disabled_at=clock.now())
            await self.sign_out_everywhere()
            await index_person(self.id)

    async def enable(self) -> None:
        """Take `disable` back."""
        async with database.transaction():
            await self.change(disabled_at=None)
            await index_person(self.id)
        Viewer.forget()

    async def sign_out_everywhere(self, but: int = 0) -> None:
        """End all sessions, except the one with id `but`."""
        await database.execute("DELETE FROM session WHERE account_id = $1 AND id <> $2", self.id, but)
        live.cut_account(self.id)
        Viewer.forget()

    async def _tell_people(self) -> None:
        facts = {"id": self.id, "name": self.name, "avatar": self.avatar}
        for row in await database.fetch("SELECT org_id FROM membership WHERE account_id = $1 AND ended_at IS NULL", self.id):
            live.publish(f"org:{row['org_id']}", "person", data=facts)


def new_sync_name() -> str:
    """Two letters and five digits, without letters that look like digits."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return "".join(secrets.choice(letters) for _ in range(2)) + f"{secrets.randbelow(90_000) + 10_000}"
