"""Somebody who leaves hands over the calendars that others use. What was only theirs stays theirs, and nobody else reads it."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib.i18n import ngettext
from app.models.announcements import announce
from app.models.calendar.calendar import Calendar, free_slug
from app.models.departure import on_departure
from app.models.organisation import Membership
from app.models.viewer import Viewer

_SHARED = """
SELECT c.* FROM calendar c WHERE c.org_id = $1 AND c.account_id = $2 AND c.deleted_at IS NULL AND c.kind = 'own' AND c.sole_key IS NULL
   AND EXISTS (SELECT 1 FROM calendar_share s WHERE s.calendar_id = c.id AND s.token_hash IS NULL) ORDER BY c.id
"""


@on_departure
async def calendars(viewer: Viewer, member: Membership, heir_id: int | None) -> dict[str, Any]:
    """Shared calendars become the heir's, except the one of their own meetings; without an heir they go on as they are."""
    handed: list[dict[str, Any]] = []
    for row in await database.fetch(_SHARED, member.org_id, member.account_id) if heir_id is not None else []:
        calendar = Calendar.from_row(row)
        handed.append({"calendar": calendar.id, "slug": calendar.slug})
        await calendar.change(account_id=heir_id, slug=await free_slug(heir_id or 0, calendar.slug))
        announce("calendar.shared", calendar.org_id, calendar.id)
    return {"account": member.account_id, "heir": heir_id, "calendars": handed}


@calendars.undo
async def _back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for one in inverse["calendars"]:
        calendar = await Calendar.find(one["calendar"])
        if calendar is not None and calendar.account_id == inverse["heir"] and calendar.org_id == viewer.org_id:
            await calendar.change(account_id=inverse["account"], slug=await free_slug(inverse["account"], one["slug"]))
            announce("calendar.shared", calendar.org_id, calendar.id)


@calendars.owned
async def _owned(member: Membership) -> list[str]:
    rows = await database.fetch(_SHARED, member.org_id, member.account_id)
    if not rows:
        return []
    said = ngettext("%(count)s shared calendar: %(names)s", "%(count)s shared calendars: %(names)s", len(rows))
    return [said % {"count": len(rows), "names": ", ".join(row["name"] for row in rows[:5]) + (" …" if len(rows) > 5 else "")}]
