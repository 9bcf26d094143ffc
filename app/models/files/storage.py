"""How much is used, and how much may be: by a person and by an organisation, counted with each use in its transaction."""

from __future__ import annotations

from typing import Any, NamedTuple

from piccolo.columns import BigInt, ForeignKey

from app import database
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.base import Refused, Row
from app.models.organisation import Organisation

_EVERYBODY = 0  # the account of the row that counts the whole organisation

_COUNT = """
INSERT INTO storage_use (id, org_id, account_id, used) VALUES {rows}
ON CONFLICT (org_id, account_id) DO UPDATE SET used = storage_use.used + excluded.used
RETURNING account_id, used, CASE account_id WHEN 0 THEN (SELECT o.storage_limit FROM organisation o WHERE o.id = org_id)
 ELSE COALESCE(allowed, (SELECT o.storage_per_person FROM organisation o WHERE o.id = org_id)) END AS allowed
"""
_COUNT_ONE, _COUNT_BOTH = _COUNT.format(rows="($1, $2, $3, $4)"), _COUNT.format(rows="($5, $2, 0, $4), ($1, $2, $3, $4)")
_OF = """
SELECT o.storage_limit, o.storage_per_person, COALESCE(w.used, 0) AS org_used, COALESCE(p.used, 0) AS used, p.allowed
  FROM organisation o LEFT JOIN storage_use w ON w.org_id = o.id AND w.account_id = 0
  LEFT JOIN storage_use p ON p.org_id = o.id AND p.account_id = $2 WHERE o.id = $1
"""


class QuotaFull(Refused):
    """There is no room left for this; the text says whose."""


class StorageUse(Row):
    """What an account uses in an organisation, and account 0 for all of it."""

    org_id = ForeignKey(Organisation)
    account_id = BigInt(default=0)
    used = BigInt(default=0)
    allowed = BigInt(null=True, default=None, help_text="Bytes that this person may use; null: what the organisation allows everybody.")


class Storage(NamedTuple):
    """Bytes used and allowed; None where there is no limit."""

    used: int
    allowed: int | None
    org_used: int
    org_allowed: int | None

    @property
    def left(self) -> int | None:
        """How much more fits; None where there is no limit."""
        rooms = [limit - used for used, limit in ((self.used, self.allowed), (self.org_used, self.org_allowed)) if limit is not None]
        return max(0, min(rooms)) if rooms else None


async def storage_of(org_id: int, account_id: int | None) -> Storage:
    """What an account and its organisation use and may use."""
    row = await database.fetch_one(_OF, org_id, account_id or _EVERYBODY)
    assert row is not None
    allowed = row["allowed"] if row["allowed"] is not None else row["storage_per_person"]
    return Storage(row["used"], allowed if account_id else None, row["org_used"], row["storage_limit"])


async def check_quota(org_id: int, account_id: int | None, size: int) -> None:
    """Raises `QuotaFull` when `size` more bytes don't fit."""
    found = await storage_of(org_id, account_id)
    _check(_EVERYBODY, found.org_used + size, found.org_allowed)
    _check(account_id, found.used + size, found.allowed)


async def check_share(org_id: int, account_id: int, size: int) -> None:
    """Raises `QuotaFull` when `size` bytes that are the organisation's already don't fit into what an account may have of them."""
    found = await storage_of(org_id, account_id)
    _check(account_id, found.used + size, found.allowed)


async def count_use(org_id: int, account_id: int | None, size: int) -> None:
    """Add to what is used, or take away. Raises `QuotaFull` when it doesn't fit, and adds nothing then."""
    counted = await _count(org_id, account_id, size)
    try:
        for row in counted if size > 0 else ():
            _check(row["account_id"], row["used"], row["allowed"])
    except QuotaFull:
        await _count(org_id, account_id, -size)
        raise


async def _count(org_id: int, account_id: int | None, size: int) -> list[dict[str, Any]]:
    if account_id is None:
        return await database.execute(_COUNT_ONE, new_id(), org_id, _EVERYBODY, size)
    return await database.execute(_COUNT_BOTH, new_id(), org_id, account_id, size, new_id())


def _check(account_id: int | None, used: int, allowed: int | None) -> None:
    if allowed is None or used <= allowed:
        return
    if account_id == _EVERYBODY:
        raise QuotaFull(_("The organisation’s storage is full. Ask an administrator for more, or delete something and empty the trash."))
    raise QuotaFull(_("Your storage is full. Delete something and empty the trash, or ask an administrator for more."))


async def recount() -> None:
    """Count everything anew, in case a counter and its uses ever differ."""
    async with database.transaction():
        await database.execute("UPDATE storage_use SET used = 0")
        for row in await database.fetch("SELECT org_id, SUM(size) AS used FROM blob_use GROUP BY org_id"):
            await database.execute(_COUNT_ONE, new_id(), row["org_id"], _EVERYBODY, int(row["used"]))
        for row in await database.fetch("SELECT org_id, account_id, SUM(size) AS used FROM blob_use WHERE account_id IS NOT NULL GROUP BY org_id, account_id"):
            await database.execute(_COUNT_ONE, new_id(), row["org_id"], row["account_id"], int(row["used"]))
