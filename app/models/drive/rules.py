"""What an organisation has decided about its drives."""

from __future__ import annotations

from typing import Any

from app import database
from app.models.drive.tables import DriveRules

_PUT = """
INSERT INTO drive_rules (id, {names}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {changes}
"""
DEFAULTS: dict[str, Any] = {
    "trash_days": 30, "version_days": 180, "versions_kept": 100, "link_makers": "members", "link_days": None, "drive_makers": "managers", "recordings_id": None,
}


async def rules_of(org_id: int) -> DriveRules:
    """The rules that hold."""
    row = await database.fetch_one("SELECT * FROM drive_rules WHERE id = $1", org_id)
    return DriveRules.from_row(row or {"id": org_id, **DEFAULTS})


async def put_rules(org_id: int, **changes: Any) -> None:
    """Decide some of them anew."""
    row = await database.fetch_one("SELECT * FROM drive_rules WHERE id = $1", org_id)
    values = {**DEFAULTS, **{name: value for name, value in (row or {}).items() if name != "id"}, **changes}
    statement = _PUT.format(
        names=", ".join(values), marks=database.marks([*values, "id"]), changes=", ".join(f"{name} = excluded.{name}" for name in values)
    )
    await database.execute(statement, org_id, *values.values())
