"""What an organisation asks of those who sign in to it."""

from __future__ import annotations

from typing import Self

from piccolo.columns import BigInt, SmallInt, Varchar

from app import database
from app.lib import clock
from app.lib.passwords import LEAST
from app.models.base import Row

PASSWORD, PASSKEY, LINK, OPENID = "password", "passkey", "link", "openid"
METHODS = (PASSWORD, PASSKEY, LINK, OPENID)
NOBODY, ADMINS, MEMBERS, EVERYBODY = "", "admins", "members", "everybody"
_ROLES = {NOBODY: (), ADMINS: ("legal", "admin"), MEMBERS: ("legal", "admin", "user"), EVERYBODY: ("legal", "admin", "user", "external")}


class SignInPolicy(Row):
    """The rules of one organisation. The row's id is the organisation's; without a row, the defaults hold."""

    password_least = SmallInt(default=LEAST, help_text="Fewest characters of a new password.")
    two_factor = Varchar(length=12, default=NOBODY, help_text="Who needs a second factor: nobody (empty), admins, members or everybody.")
    two_factor_from = BigInt(null=True, default=None)
    grace_days = SmallInt(default=7, help_text="How long newcomers, and those without one on that day, may put it off.")
    session_days = BigInt(default=30)
    idle_minutes = BigInt(null=True, default=None, help_text="Signed out after so long without a request; null: never.")
    member_methods = Varchar(length=60, default=f"{PASSWORD} {PASSKEY} {OPENID}", help_text="Separated by spaces.")
    guest_methods = Varchar(length=60, default=f"{PASSWORD} {PASSKEY} {LINK} {OPENID}")

    @classmethod
    async def of(cls, org_id: int) -> Self:
        """The rules of an organisation."""
        return await cls.find(org_id) or cls(id=org_id)

    @classmethod
    async def of_account(cls, account_id: int) -> list[tuple[Self, str]]:
        """The rules of every organisation that somebody belongs to, each with their role there."""
        places = await database.fetch("SELECT org_id, role FROM membership WHERE account_id = $1 AND ended_at IS NULL ORDER BY id", account_id)
        return [(await cls.of(place["org_id"]), place["role"]) for place in places]

    @classmethod
    async def of_everybody(cls) -> list[Self]:
        """The rules of every organisation of this server: what the sign-in page offers to people whom it doesn't know yet."""
        rows = await database.fetch(
            "SELECT o.id AS org_id, p.* FROM organisation o LEFT JOIN sign_in_policy p ON p.id = o.id"
        )
        return [cls.from_row({name: value for name, value in row.items() if name != "org_id"}) if row["id"] else cls(id=row["org_id"]) for row in rows]

    def methods(self, role: str) -> tuple[str, ...]:
        """How people of this role may sign in. The legal representative's password always works, so that nobody locks everybody out."""
        chosen = (self.guest_methods if role == "external" else self.member_methods).split()
        return tuple(method for method in METHODS if method in chosen or (method == PASSWORD and role == "legal"))

    def allows(self, role: str, method: str) -> bool:
        """Whether this method is one of them. An invitation that was just accepted (no method) always is."""
        return not method or method in self.methods(role)

    def needs_two_factors(self, role: str) -> bool:
        """Whether people of this role need a second factor, now or from a day to come."""
        return role in _ROLES[self.two_factor]

    def two_factors_due(self, role: str, since: int) -> int | None:
        """From when on a member since `since` needs a second factor; None: never. Before that they are asked, and may put it off."""
        if not self.needs_two_factors(role):
            return None
        return max(self.two_factor_from or 0, since) + self.grace_days * clock.DAY

    def session_end(self, begun_at: int, seen_at: int) -> int:
        """When a session that began and was used then is over."""
        end = begun_at + self.session_days * clock.DAY
        return end if self.idle_minutes is None else min(end, seen_at + self.idle_minutes * clock.MINUTE)


async def password_least(account_id: int) -> int:
    """The fewest characters that somebody's new password may have: a password is for all their organisations, so the strictest counts."""
    return max((policy.password_least for policy, _role in await SignInPolicy.of_account(account_id)), default=LEAST)
