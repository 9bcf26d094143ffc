"""The person behind a program that speaks DAV: an account, in all organisations that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from app import database
from app.lib.names import full_name
from app.lib.searching import fold
from app.models.account import Account
from app.models.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `viewers` is the person in each of their organisations, in which everything is looked up."""

    account_id: int
    sync_name: str
    email: str
    name: str
    viewers: tuple[Viewer, ...]

    @classmethod
    async def of(cls, account: Account) -> Self:
        """This person, where they belong now."""
        return cls(account.id, account.sync_name, account.email, account.name, await Viewer.of_account(account.id))

    def at(self, org_id: int | None) -> Self:
        """The same on the domain of one organisation, where nothing of another is seen; None: on a domain for all."""
        return self if org_id is None else replace(self, viewers=tuple(viewer for viewer in self.viewers if viewer.org_id == org_id))

    def using(self, product: str) -> tuple[Viewer, ...]:
        """The person in those organisations where they may use a product and aren't a guest."""
        return tuple(viewer for viewer in self.viewers if viewer.can_use(product) and not viewer.is_external)

    @property
    def principal(self) -> str:
        """The address of the person's own principal."""
        return f"/dav/principals/{self.sync_name}/"

    def principal_of(self, account_id: int) -> str:
        """The address of anybody's principal. A colleague's has no sync name in it, since that is half of what signs in."""
        return self.principal if account_id == self.account_id else f"/dav/principals/u{account_id}/"


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of an organisation that the caller is in too."""

    account_id: int
    name: str
    email: str


async def colleagues(caller: Caller, *, account_id: int | None = None, words: str = "", most: int = 50) -> list[Colleague]:
    """Members of the caller's organisations, guests apart: the one with this id, or those whose name or address has the words in it."""
    orgs = [viewer.org_id for viewer in caller.viewers if not viewer.is_external]
    if not orgs:
        return []
    found = await database.fetch(
        "SELECT DISTINCT a.id, a.given_name, a.family_name, a.email FROM membership m JOIN account a ON a.id = m.account_id"
        f" WHERE m.org_id IN ({database.marks(orgs, 4)}) AND m.role IN ('legal', 'admin', 'user') AND m.ended_at IS NULL AND a.disabled_at IS NULL"
        " AND (CAST($1 AS BIGINT) IS NULL OR a.id = $1) AND ($2 = '' OR m.words LIKE $2) ORDER BY a.id LIMIT $3",
        account_id, f"%{_plain(words)}%" if words else "", most, *orgs,
    )
    return [Colleague(row["id"], full_name(row), row["email"]) for row in found]


def _plain(words: str) -> str:
    """Folded as membership.words is, without what LIKE reads as a pattern."""
    return fold(words).replace("%", "").replace("_", "").replace("\\", "")
