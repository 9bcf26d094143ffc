"""Files of contacts that are brought in, and what of contacts is kept no longer."""

from __future__ import annotations

from app.jobs import job
from app.models.contacts import importing, shelf
from app.models.contacts import my_data as _my_data  # noqa: F401 - registers the part of contacts


@job("import_contacts")
async def import_contacts(import_id: int) -> None:
    """Write the cards of a file into their book."""
    await importing.carry_out(import_id)


@job("prune_contacts")
async def prune_contacts() -> None:
    """Forget what can't be taken back any more."""
    await importing.prune()
    await shelf.prune()
