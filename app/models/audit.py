"""The audit log: who did what to whom, when and from where. Entries are added in the transaction of the change and never altered.

Each organisation's entries form a chain: an entry's hash covers its own content and the hash of the one before, so an entry that was
altered, taken out or slipped in shows. The head of the chain is a row of its own, which also makes two writers take turns.
"""

from __future__ import annotations

import hashlib
from typing import Any, Self

import msgspec
from piccolo.columns import BigInt, ForeignKey, Text, Varchar

from app import database
from app.lib import caller, clock
from app.lib.ids import new_id
from app.models.account import Account
from app.models.base import Row
from app.models.organisation import Organisation
from app.models.viewer import Viewer

START = "0" * 64
_PAGE = 500  # entries read at once while verifying


class AuditHead(Row):
    """The end of an organisation's chain. The row's id is the organisation's."""

    position = BigInt(default=0)
    hash = Varchar(length=64, default=START)


class AuditEntry(Row):
    """One thing that somebody did. Names are kept as they were then."""

    org_id = ForeignKey(Organisation)
    position = BigInt(default=0, help_text="1, 2, 3 … in the organisation, without gaps.")
    kind = Varchar(length=60, help_text="Such as member.role; the words for it are in the templates.")
    actor_id = ForeignKey(Account, null=True, default=None, help_text="Null: the command line or the suite itself.")
    actor = Varchar(length=400, default="")
    subject = Varchar(length=400, default="", help_text="What or whom it was done to, in words.")
    concerns_id = ForeignKey(Account, null=True, default=None, help_text="Whom it was done to: they may read it.")
    address = Varchar(length=64, default="")
    facts = Text(default="{}", help_text="JSON: what changed, never secrets.")
    created_at = BigInt(default=0)
    hash = Varchar(length=64)

    def seal(self, previous: str) -> str:
        """The SHA-256 of this entry after the one whose hash is `previous`."""
        content = [previous, self.id, self.org_id, self.position, self.kind, self.actor_id, self.actor, self.subject, self.concerns_id,
                   self.address, self.facts, self.created_at]
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()

    @classmethod
    async def after(cls, org_id: int, position: int) -> list[Self]:
        """The next entries of an organisation's chain, in order."""
        rows = await database.fetch(
            "SELECT * FROM audit_entry WHERE org_id = $1 AND position > $2 ORDER BY position LIMIT $3", org_id, position, _PAGE
        )
        return [cls.from_row(row) for row in rows]


class AuditCheck(Row):
    """The last time that an organisation's chain was verified. The row's id is the organisation's."""

    checked_at = BigInt(default=0)
    entries = BigInt(default=0)
    broken_at = BigInt(null=True, default=None, help_text="Position of the first entry that doesn't hold; null: all hold.")


async def record(
    kind: str, subject: str = "", *, viewer: Viewer | None = None, org_id: int | None = None, concerns: int | None = None, **facts: Any
) -> None:
    """Add an entry in the transaction under way: `viewer` did `kind` to `subject`, which concerns the account `concerns`.

    Without a viewer it was the suite itself, and `org_id` says where. Facts are what changed, in plain JSON; never a secret.
    """
    org = viewer.org_id if viewer else org_id
    assert org is not None, "an audit entry belongs to an organisation"
    async with database.transaction():
        head = await _take_turn(org)
        entry = AuditEntry(
            id=new_id(), org_id=org, position=head["position"] + 1, kind=kind, actor_id=viewer.account_id if viewer else None,
            actor=f"{viewer.name} <{viewer.email}>"[:400] if viewer else "", subject=subject[:400], concerns_id=concerns,
            address=caller.address()[:64], facts=msgspec.json.encode(facts).decode(), created_at=clock.now(), hash="",
        )
        entry.hash = entry.seal(head["hash"])
        await AuditEntry.insert(entry).run()
        await database.execute("UPDATE audit_head SET position = $1, hash = $2 WHERE id = $3", entry.position, entry.hash, org)


async def first_broken(org_id: int) -> int | None:
    """The position at which an organisation's chain doesn't hold, or None when it does."""
    position, previous = 0, START
    while entries := await AuditEntry.after(org_id, position):
        for entry in entries:
            if entry.position != position + 1 or entry.hash != entry.seal(previous):
                return position + 1
            position, previous = entry.position, entry.hash
    head = await database.fetch_one("SELECT position, hash FROM audit_head WHERE id = $1", org_id)
    holds = (head["position"], head["hash"]) == (position, previous) if head else position == 0
    return None if holds else position + 1


async def _take_turn(org_id: int) -> dict[str, Any]:
    """The head of the chain, locked until the transaction ends."""
    await database.execute("INSERT INTO audit_head (id, position, hash) VALUES ($1, 0, $2) ON CONFLICT (id) DO NOTHING", org_id, START)
    rows = await database.execute("UPDATE audit_head SET position = position WHERE id = $1 RETURNING position, hash", org_id)
    return rows[0]
