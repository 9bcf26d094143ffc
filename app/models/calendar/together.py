"""When somebody meets somebody else: the next times and the last ones, in their own calendars only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app import database
from app.lib import clock
from app.models.calendar.calendar import Calendar
from app.models.calendar.occurrences import ANYWHERE, OF_OBJECT, Occurrence, as_seen
from app.models.viewer import Viewer

MOST_EMAILS, MOST_SERIES = 10, 200
MOST = 3


@dataclass(frozen=True, slots=True)
class Meetings:
    """Times that two people have together: those to come, the next first, and those before, the last first; and the calendars they are in."""

    coming: list[Occurrence]
    before: list[Occurrence]
    calendars: dict[int, Calendar]


async def meetings_with(viewer: Viewer, emails: Sequence[str], most: int = MOST) -> Meetings:
    """What is in the viewer's own calendars with somebody who has one of these addresses as guest or organiser. What one of both declined isn't."""
    addresses = list(dict.fromkeys(email.lower() for email in emails if email))[:MOST_EMAILS]
    if not addresses or viewer.is_external or not viewer.can_use("calendar"):
        return Meetings([], [], {})
    calendars = {one.id: one for one in await Calendar.all_for(viewer.account_id, viewer.org_id) if one.is_own}
    now = clock.now()
    objects = await _objects(list(calendars), addresses, now, most)
    rows = await _instances(objects, addresses, now, 4 * most)
    found = [one for one in await as_seen(viewer, rows, calendars) if one.answer != "DECLINED" and one.status != "CANCELLED"]
    before = [one for one in found if one.end <= now]
    return Meetings([one for one in found if one.end > now][:most], before[: -most - 1 : -1], calendars)


async def _objects(calendar_ids: list[int], emails: list[str], now: int, most: int) -> list[int]:
    """Events with them: those that aren't over, and the last ones of each calendar that are."""
    if not calendar_ids:
        return []
    arguments: list[Any] = [now - ANYWHERE, MOST_SERIES, 4 * most, *emails]
    them = ", ".join(f"${number + 4}" for number in range(len(emails)))
    parts = []
    for id_ in calendar_ids:
        arguments.append(id_)
        of_one = (
            f"SELECT o.id FROM calendar_object o WHERE o.calendar_id = ${len(arguments)} AND o.guest_count > 0 AND (o.organiser IN ({them})"
            f" OR EXISTS (SELECT 1 FROM calendar_guest g WHERE g.email IN ({them}) AND g.object_id = o.id)) AND o.last_end"
        )
        parts += [f"{of_one} >= $1 ORDER BY o.last_end LIMIT $2", f"{of_one} < $1 ORDER BY o.last_end DESC LIMIT $3"]
    rows = await database.fetch(" UNION ALL ".join(f"SELECT id FROM ({part}) p{number}" for number, part in enumerate(parts)), *arguments)
    return [row["id"] for row in rows]


async def _instances(objects: list[int], emails: list[str], now: int, most: int) -> list[dict[str, Any]]:
    """The next and the last instances of these that have them as a guest; one that says so for itself counts as it says."""
    if not objects:
        return []
    arguments = [now + ANYWHERE, most, now - ANYWHERE, *emails, *objects]
    them = ", ".join(f"${number + 4}" for number in range(len(emails)))
    met = (
        f"SELECT i.starts, i.ends, i.kind, i.busy, i.key, {OF_OBJECT} FROM calendar_object o JOIN calendar_instance i ON i.object_id = o.id"
        f" WHERE o.id IN ({database.marks(objects, 4 + len(emails))}) AND o.component = 'VEVENT' AND (o.organiser IN ({them})"
        f" OR EXISTS (SELECT 1 FROM calendar_guest g WHERE g.email IN ({them}) AND g.object_id = o.id AND g.answer <> 'DECLINED' AND g.key = COALESCE("
        " (SELECT MAX(x.key) FROM calendar_guest x WHERE x.object_id = o.id AND x.key = i.key), '')))"
    )
    coming, before = f"{met} AND i.ends >= $3 ORDER BY i.starts LIMIT $2", f"{met} AND i.ends < $1 ORDER BY i.starts DESC LIMIT $2"
    return await database.fetch(f"SELECT * FROM ({coming}) coming UNION SELECT * FROM ({before}) before", *arguments)
