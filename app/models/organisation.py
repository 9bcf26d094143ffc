"""Organisations, who belongs to them, and what each member may do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Self

from piccolo.columns import BigInt, ForeignKey, Integer, OnDelete, Text, Varchar

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import Refused, Row
from app.models.search_people import index_person

LEGAL, ADMIN, USER, EXTERNAL, BOT = "legal", "admin", "user", "external", "bot"
ROLES = (LEGAL, ADMIN, USER, EXTERNAL)
PRODUCTS = ("chat", "calendar", "contacts", "drive")
USE, MANAGE = "use", "manage"
LEVELS = (USE, MANAGE)
FEATURES = ("custom_brand", "editor_choice")  # what a plan may leave out (MGR-13)

Welcome = Callable[["Organisation", "Membership"], Awaitable[None]]
_welcomes: list[Welcome] = []


def on_admission(welcome: Welcome) -> Welcome:
    """Register what an app does when somebody becomes a member, in the same transaction."""
    _welcomes.append(welcome)
    return welcome


async def enter_apps(organisation: Organisation, member: Membership) -> None:
    """Let every app make a member at home, in the transaction that admits them, or that makes a guest a member."""
    for welcome in _welcomes:
        await welcome(organisation, member)


class Organisation(Row):
    """A customer: people, their talk, times, contacts and files. No query crosses from one to another."""

    name = Varchar(length=120)
    locale = Varchar(length=8, default="en")
    timezone = Varchar(length=64, default="UTC")
    user_limit = Integer(null=True, default=None, help_text="Members it may have; null for no limit.")
    guest_limit = Integer(default=100)
    storage_limit = BigInt(null=True, default=None, help_text="Bytes; null for no limit.")
    storage_per_person = BigInt(null=True, default=None, help_text="Bytes that each person may use of it; null for no limit.")
    features = Text(null=True, default=None, help_text="What the plan allows (FEATURES), with spaces between; null: everything.")
    created_at = BigInt(default=0)

    @classmethod
    async def found(cls, name: str, locale: str = "en", timezone: str = "UTC") -> Self:
        """Start an organisation."""
        organisation = await cls.insert_new(name=name, locale=locale, timezone=timezone, created_at=clock.now())
        live.broadcast_internal("hosts")  # the default brand is named after the only organisation
        return organisation

    async def admit(self, account: Account, role: str = USER, products: tuple[str, ...] = PRODUCTS) -> Membership:
        """Make `account` a member with `role`, using `products`; administrators manage them as well. Who was one before comes back anew."""
        async with database.transaction():
            member = await self._readmitted(account, role) or await Membership.insert_new(
                org_id=self.id, account_id=account.id, role=role, created_at=clock.now()
            )
            for product in products:
                await member.grant(product, USE)
                if role in (LEGAL, ADMIN):
                    await member.grant(product, MANAGE)
            await enter_apps(self, member)
            await index_person(account.id)
            announce("members.changed", self.id, [account.id])
        return member

    async def check_room(self, role: str = USER) -> None:
        """Raises `Refused` when the plan has no place for another member, or another guest, of this role."""
        is_guest = role == EXTERNAL
        limit = self.guest_limit if is_guest else self.user_limit
        if limit is None or await self.count_places(guests=is_guest) < limit:
            return
        if is_guest:
            raise Refused(_("The organisation has all the %(limit)s guests that it may have.") % {"limit": limit})
        raise Refused(_("The organisation has all the %(limit)s members that its plan allows.") % {"limit": limit})

    async def count_places(self, *, guests: bool = False) -> int:
        """How many members, or guests, take a place of the plan: those who are disabled don't."""
        roles = (EXTERNAL,) if guests else (LEGAL, ADMIN, USER)
        marks = database.marks(roles, 2)
        sql = f"SELECT COUNT(*) FROM membership WHERE org_id = $1 AND role IN ({marks}) AND ended_at IS NULL"
        return int(await database.fetch_value(sql, self.id, *roles))

    def allows(self, feature: str) -> bool:
        """Whether the plan includes one of FEATURES (MGR-13)."""
        assert feature in FEATURES, feature
        return self.features is None or feature in self.features.split()

    async def _readmitted(self, account: Account, role: str) -> Membership | None:
        row = await database.fetch_one(
            "SELECT * FROM membership WHERE org_id = $1 AND account_id = $2 AND ended_at IS NOT NULL", self.id, account.id
        )
        if row is None:
            return None
        member = Membership.from_row(row)
        if member.disabled_at is not None:
            raise Refused(_("%(name)s was disabled in this organisation. An administrator can enable them again.") % {"name": account.name})
        await member.change(
            ended_at=None, disabled_at=None, ends_at=None, end_warned_at=None, role=role, created_at=clock.now(), title="", seen_at=0
        )
        await database.execute("DELETE FROM product_right WHERE membership_id = $1", member.id)
        return member


class Membership(Row):
    """One account in one organisation."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    role = Varchar(length=12, default=USER)
    title = Varchar(length=120, default="")
    created_at = BigInt(default=0)
    ended_at = BigInt(null=True, default=None)
    disabled_at = BigInt(null=True, default=None, help_text="Shut out for now, since when. `ended_at` is set with it, so that nothing lets them in.")
    seen_at = BigInt(default=0, help_text="When they last used the suite here.")
    sort_name = Varchar(length=200, default="", help_text="Their name folded, by which lists are ordered.")
    words = Varchar(length=700, default="", help_text="Name, address and title folded, in which lists are searched.")
    ends_at = BigInt(null=True, default=None, help_text="When a guest’s time is over; nobody gets in after it.")
    end_warned_at = BigInt(null=True, default=None)
    invited_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.set_null)

    async def grant(self, product: str, level: str) -> None:
        """Give the right to use or manage a product (MGR-04). Granting twice changes nothing."""
        await database.execute(
            "INSERT INTO product_right (id, membership_id, product, level) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (membership_id, product, level) DO NOTHING",
            new_id(), self.id, product, level,
        )

    async def revoke(self, product: str, level: str) -> None:
        """Take a right away."""
        await database.execute(
            "DELETE FROM product_right WHERE membership_id = $1 AND product = $2 AND level = $3", self.id, product, level
        )


class ProductRight(Row):
    """The right of a member to use or to manage a product."""

    membership_id = ForeignKey(Membership)
    product = Varchar(length=20)
    level = Varchar(length=8)
