"""Who may see how somebody is: the members of their organisation; of a guest, and for a guest, those who share a channel (STAT-20).

Members listen to `presence:<organisation>`. Guests aren't let in there: they hear of the people they know on `account:<their own>`.
"""

from __future__ import annotations

from app import database, live
from app.models.viewer import Viewer

_SHARERS = """
SELECT DISTINCT other.account_id AS id
  FROM channel_member own
  JOIN channel c ON c.id = own.channel_id
  JOIN channel_member other ON other.channel_id = own.channel_id
  JOIN membership m ON m.account_id = other.account_id AND m.org_id = c.org_id AND m.ended_at IS NULL
 WHERE own.account_id = $1 AND c.org_id = $2
"""


async def sharers(org_id: int, account_id: int) -> set[int]:
    """The accounts that share a channel with this one in the organisation, itself among them."""
    return {row["id"] for row in await database.fetch(_SHARERS, account_id, org_id)} | {account_id}


async def guests_who_know(org_id: int, account_id: int) -> set[int]:
    """The guests that share a channel with this account in the organisation."""
    return {row["id"] for row in await database.fetch(f"{_SHARERS} AND m.role = 'external'", account_id, org_id)}


async def is_guest(org_id: int, account_id: int) -> bool:
    """Whether the account is a guest of the organisation."""
    role = await database.fetch_value(
        "SELECT role FROM membership WHERE org_id = $1 AND account_id = $2 AND ended_at IS NULL", org_id, account_id
    )
    return role == "external"


@live.topic("presence")
async def _may_listen(viewer: Viewer, org_id: int) -> bool:
    return viewer.org_id == org_id and not viewer.is_external
