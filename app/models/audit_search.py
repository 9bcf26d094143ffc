"""Reading the audit log: what administrators look for, what concerns a person, and whether the chain holds."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from app import database
from app.lib import clock
from app.lib.names import full_name
from app.models.audit import AuditCheck, AuditEntry, first_broken
from app.models.base import NotFound
from app.models.viewer import Viewer

PAGE = 60
_BATCH = 500
_NOWHERE = 2**53
_LIKE = re.compile(r"[\\%_]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: words in names or facts, a kind or the area before its dot, who, whom, and from when to when (ms)."""

    text: str = ""
    kind: str = ""
    actor: int | None = None
    concerns: int | None = None
    since: int | None = None
    until: int | None = None

    def conditions(self, org_id: int) -> tuple[str, list[Any]]:
        """SQL and its values."""
        parts, values = ["org_id = $1"], [org_id]

        def add(sql: str, value: Any) -> None:
            values.append(value)
            parts.append(sql.replace("?", f"${len(values)}"))

        for word in self.text.lower().split()[:6]:
            like = "%" + _LIKE.sub(r"\\\g<0>", word) + "%"
            add("(LOWER(actor) LIKE ? ESCAPE '\\' OR LOWER(subject) LIKE ? ESCAPE '\\' OR LOWER(facts) LIKE ? ESCAPE '\\' OR address LIKE ? ESCAPE '\\')", like)
        if self.kind:
            add("kind = ?" if "." in self.kind else "kind LIKE ?", self.kind if "." in self.kind else f"{self.kind}.%")
        for sql, value in (("actor_id = ?", self.actor), ("concerns_id = ?", self.concerns), ("created_at >= ?", self.since), ("created_at < ?", self.until)):
            if value is not None:
                add(sql, value)
        return " AND ".join(parts), values


async def find_entries(org_id: int, wanted: Wanted, before: int | None = None, most: int = PAGE) -> list[AuditEntry]:
    """The entries, newest first, before the position `before`."""
    where, values = wanted.conditions(org_id)
    rows = await database.fetch(
        f"SELECT * FROM audit_entry WHERE {where} AND position < ${len(values) + 1} ORDER BY position DESC LIMIT ${len(values) + 2}",
        *values, before or _NOWHERE, most,
    )
    return [AuditEntry.from_row(row) for row in rows]


async def every_entry(org_id: int, wanted: Wanted) -> AsyncIterator[AuditEntry]:
    """All of them, oldest first, however many there are."""
    where, values = wanted.conditions(org_id)
    sql = f"SELECT * FROM audit_entry WHERE {where} AND position > ${len(values) + 1} ORDER BY position LIMIT {_BATCH}"
    position = 0
    while rows := await database.fetch(sql, *values, position):
        for row in rows:
            yield AuditEntry.from_row(row)
        position = rows[-1]["position"]


async def entry_at(org_id: int, position: int) -> AuditEntry:
    """The entry at a position of an organisation's chain. Raises `NotFound`."""
    row = await database.fetch_one("SELECT * FROM audit_entry WHERE org_id = $1 AND position = $2", org_id, position)
    if row is None:
        raise NotFound(f"audit entry {position}")
    return AuditEntry.from_row(row)


async def about_me(viewer: Viewer, before: int | None = None, most: int = PAGE) -> list[AuditEntry]:
    """What the viewer did and what was done to them in this organisation, newest first, before the position `before`."""
    rows = await database.fetch(
        "SELECT * FROM audit_entry WHERE org_id = $1 AND (concerns_id = $2 OR actor_id = $2) AND position < $3 ORDER BY position DESC LIMIT $4",
        viewer.org_id, viewer.account_id, before or _NOWHERE, most,
    )
    return [AuditEntry.from_row(row) for row in rows]


async def kinds_in(org_id: int) -> list[str]:
    """The kinds that the organisation's log has, in the order of the alphabet."""
    return [row["kind"] for row in await database.fetch("SELECT DISTINCT kind FROM audit_entry WHERE org_id = $1 ORDER BY kind", org_id)]


async def people_in(org_id: int) -> list[dict[str, Any]]:
    """Everybody who did something or to whom something was done: id and name."""
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name FROM account a WHERE a.id IN (SELECT actor_id FROM audit_entry WHERE org_id = $1"
        " UNION SELECT concerns_id FROM audit_entry WHERE org_id = $1) ORDER BY a.given_name, a.family_name LIMIT 500",
        org_id,
    )
    return [{"id": row["id"], "name": full_name(row)} for row in rows]


async def check(org_id: int) -> AuditCheck:
    """Verify the chain from its beginning to its end, and note what came of it."""
    broken = await first_broken(org_id)
    entries = await database.fetch_value("SELECT COUNT(*) FROM audit_entry WHERE org_id = $1", org_id)
    await database.execute(
        "INSERT INTO audit_check (id, checked_at, entries, broken_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE"
        " SET checked_at = excluded.checked_at, entries = excluded.entries, broken_at = excluded.broken_at",
        org_id, clock.now(), entries, broken,
    )
    return await AuditCheck.get(org_id)
