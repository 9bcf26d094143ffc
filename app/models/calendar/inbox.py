"""Somebody's inbox, for programs (RFC 6638 §4): what they were told about events. It is applied already when it comes in; programs show it and
delete it. What none deletes is forgotten with what was deleted (`managing.prune`)."""

from __future__ import annotations

import hashlib
from typing import Any

from app import database
from app.lib import clock, itip
from app.lib.ical import Component
from app.lib.ids import new_id
from app.models.calendar.storing import main_of
from app.models.dav.program import FORGOTTEN_AFTER

_COLUMNS = "id, org_id, account_id, href, uid, method, etag, ics, created_at"


async def deliver(org_id: int, account_id: int, message: Component) -> None:
    """Lay a message into the inbox of somebody who has programs, in the open transaction. News of an event replaces what came before of it."""
    has_programs = "SELECT 1 FROM sync_program WHERE account_id = $1 AND last_at > $2 LIMIT 1"
    if not await database.fetch_value(has_programs, account_id, clock.now() - FORGOTTEN_AFTER):
        return
    id_, uid, method, text = new_id(), main_of(message).text("UID"), message.text("METHOD"), message.serialize()
    if method != itip.REPLY:
        await database.execute("DELETE FROM calendar_message WHERE account_id = $1 AND uid = $2 AND method <> $3", account_id, uid, itip.REPLY)
    await database.execute(
        f"INSERT INTO calendar_message ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id_, org_id, account_id, f"{id_}.ics", uid, method, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32], text, clock.now(),
    )


async def messages(account_id: int, org_ids: list[int]) -> list[dict[str, Any]]:
    """What is in an inbox, oldest first."""
    where = f"account_id = $1 AND org_id IN ({database.marks(org_ids, 2)})"
    return await database.fetch(f"SELECT {_COLUMNS} FROM calendar_message WHERE {where} ORDER BY id", account_id, *org_ids)


async def discard(id_: int) -> None:
    """Take a message out."""
    await database.execute("DELETE FROM calendar_message WHERE id = $1", id_)
