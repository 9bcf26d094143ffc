"""Which columns somebody wants to see in the lists of Drive."""

from __future__ import annotations

from collections.abc import Iterable

from piccolo.columns import Varchar

from app import database
from app.models.base import Row

COLUMNS = ("by", "modified", "size", "kind", "tags", "created")
USUAL = ("by", "modified", "size")


class DrivePreferences(Row):
    """One person's choices. The row's id is the account's; without a row everything is as usual."""

    columns = Varchar(length=120, default="", help_text="Those of COLUMNS that are shown, with spaces between.")


async def columns_of(account_id: int) -> list[str]:
    """What is shown beside the name, from left to right."""
    chosen = await database.fetch_value("SELECT columns FROM drive_preferences WHERE id = $1", account_id)
    return [name for name in COLUMNS if name in (USUAL if chosen is None else chosen.split())]


async def choose_columns(account_id: int, wanted: Iterable[str]) -> None:
    """Show these from now on; none is a choice too."""
    kept = " ".join(name for name in COLUMNS if name in set(wanted))
    await database.execute(
        "INSERT INTO drive_preferences (id, columns) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET columns = excluded.columns", account_id, kept
    )
