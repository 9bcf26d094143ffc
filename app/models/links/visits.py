"""Who came by a link, and what they did."""

from __future__ import annotations

from typing import Any

from piccolo.columns import BigInt, ForeignKey, Varchar

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.base import Row
from app.models.files.storage import QuotaFull
from app.models.links.link import PublicLink

OPENED, DOWNLOADED, SENT, COMMENTED, EDITED, WRONG = "opened", "downloaded", "sent", "commented", "edited", "wrong"
KEPT_FOR = 365 * clock.DAY
_MOST_COMING = 500  # files on their way by one link
_COMING = """
SELECT COUNT(*) AS files, COALESCE(SUM(length), 0) AS size FROM upload WHERE link_id = $1 AND redeemed_at IS NULL AND into_id IS NULL AND expires_at > $2
"""
_QUIET = 10 * clock.MINUTE  # the same person opening it again within this is one visit


class LinkVisit(Row):
    """Something that was done with a link."""

    link_id = ForeignKey(PublicLink)
    kind = Varchar(length=12)
    address = Varchar(length=60, default="")
    agent = Varchar(length=200, default="")
    by_name = Varchar(length=120, default="")
    what = Varchar(length=300, default="")
    at = BigInt(default=0)


async def note_visit(link: PublicLink, kind: str, address: str, agent: str = "", what: str = "", by_name: str = "") -> None:
    """Write down what was done; opening it again within minutes isn't counted."""
    now = clock.now()
    if kind == OPENED and await database.fetch_value(
        "SELECT id FROM link_visit WHERE link_id = $1 AND kind = $2 AND address = $3 AND agent = $4 AND at > $5 LIMIT 1",
        link.id, OPENED, address, agent[:200], now - _QUIET,
    ):
        return
    async with database.transaction():
        await database.execute(
            "INSERT INTO link_visit (id, link_id, kind, address, agent, by_name, what, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            new_id(), link.id, kind, address[:60], agent[:200], by_name[:120], what[:300], now,
        )
        if kind == OPENED:
            await database.execute("UPDATE public_link SET visits = visits + 1 WHERE id = $1", link.id)


async def count_download(link: PublicLink) -> bool:
    """Count one; False when there may be no more."""
    return bool(await database.execute(
        "UPDATE public_link SET downloads = downloads + 1 WHERE id = $1 AND (download_limit IS NULL OR downloads < download_limit) RETURNING id", link.id
    ))


async def count_received(link: PublicLink, size: int) -> bool:
    """Count bytes that are sent to it, in the transaction that takes them; False when they don't fit."""
    return bool(await database.execute(
        "UPDATE public_link SET received = received + $2 WHERE id = $1 AND (quota IS NULL OR received + $2 <= quota) RETURNING id", link.id, size
    ))


async def check_room(link: PublicLink, size: int) -> None:
    """In the transaction that begins an upload, one after the other: whether it fits beside what was received and what is on its way.
    Raises `QuotaFull`."""
    (now,) = await database.execute("UPDATE public_link SET received = received WHERE id = $1 RETURNING quota, received", link.id)
    files, coming = await _coming_by(link)
    if files >= _MOST_COMING or (now["quota"] is not None and now["received"] + coming + size > now["quota"]):
        raise QuotaFull(full())


async def room_left(link: PublicLink) -> int | None:
    """Bytes that may be sent to it beside what was received and what is on its way; None where there is no limit."""
    if link.quota is None:
        return None
    _files, coming = await _coming_by(link)
    return max(0, link.quota - link.received - coming)


async def _coming_by(link: PublicLink) -> tuple[int, int]:
    """How many files are on their way by it, and their bytes."""
    [coming] = await database.fetch(_COMING, link.id, clock.now())
    return coming["files"], int(coming["size"])


def full() -> str:
    """What somebody reads who sends more than a link takes."""
    return _("This drop box is full. Ask whoever sent you the link.")


async def log_of(link: PublicLink, before: int | None = None, most: int = 50) -> list[dict[str, Any]]:
    """What was done with a link, newest first."""
    return await database.fetch("SELECT * FROM link_visit WHERE link_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3", link.id, before or 2**53, most)


async def prune_visits() -> None:
    """Forget what is older than a year."""
    await database.execute("DELETE FROM link_visit WHERE at < $1", clock.now() - KEPT_FOR)
