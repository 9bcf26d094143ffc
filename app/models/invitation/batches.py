"""Many invitations from one list: looked at first, then sent in the background, line by line, each exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from app import database
from app.lib import clock
from app.lib.address_lists import BadLine, Line, Listed
from app.lib.i18n import _
from app.models import audit
from app.models.base import NotFound, Refused
from app.models.command import Command
from app.models.invitation.inviting import FULL, INVITED, MEMBER, PENDING, invite_one
from app.models.invitation.offer import Offer, permitted
from app.models.invitation.places import Places
from app.models.invitation.tables import Batch
from app.models.job import Job
from app.models.viewer import Viewer

PIECE = 100
AT_ONCE = 40
KEPT = 7 * clock.DAY
NEW, ACCOUNT = "new", "account"  # what would happen, besides MEMBER, PENDING and FULL


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What will happen to a line: NEW is invited, ACCOUNT joins with one click, MEMBER and PENDING are passed over, FULL finds no place."""

    line: Line
    kind: str
    name: str = ""


async def keep(viewer: Viewer, listed: Listed, offer: Offer, origin: str, key: str | None = None) -> Batch:
    """Keep a list to look at. Nobody is invited yet. Raises `Refused` for what this person may not offer."""
    offer = await permitted(viewer, offer)
    if not listed.lines and not listed.bad:
        raise Refused(_("There is nobody on this list yet."))
    async with Command.once(viewer, "invitation.list", key) as command:
        if command.repeated:
            return await find_batch(viewer, command.result or 0)
        batch = await Batch.insert_new(
            org_id=viewer.org_id, account_id=viewer.account_id, offer=offer.as_json(), lines=_json(listed.lines), bad_lines=_json(listed.bad),
            origin=origin, total=len(listed.lines), created_at=clock.now(),
        )
        command.done(batch.id)
    return batch


async def find_batch(viewer: Viewer, id_: int) -> Batch:
    """A list of this organisation, for its administrators. Raises `NotFound`."""
    row = await database.fetch_one("SELECT * FROM invitation_batch WHERE id = $1 AND org_id = $2", id_, viewer.org_id)
    if row is None or not viewer.is_admin:
        raise NotFound(f"batch {id_}")
    return Batch.from_row(row)


async def batches_under_way(viewer: Viewer) -> list[Batch]:
    """Lists that are being sent now, newest first."""
    rows = await database.fetch(
        "SELECT * FROM invitation_batch WHERE org_id = $1 AND started_at IS NOT NULL AND finished_at IS NULL AND cancelled_at IS NULL ORDER BY id DESC",
        viewer.org_id,
    )
    return [Batch.from_row(row) for row in rows]


def lines_of(batch: Batch) -> list[Line]:
    """The lines that name somebody."""
    return msgspec.json.decode(batch.lines, type=list[Line])


def bad_lines_of(batch: Batch) -> list[BadLine]:
    """The lines that don't."""
    return msgspec.json.decode(batch.bad_lines, type=list[BadLine])


def refusals_of(batch: Batch) -> list[tuple[int, str, str]]:
    """Lines that came to nothing: number, address, and MEMBER, PENDING or FULL."""
    return [tuple(one) for one in msgspec.json.decode(batch.refusals)]


def outcomes_of(batch: Batch) -> dict[str, int]:
    """How many lines came to what, so far."""
    return dict(msgspec.json.decode(batch.outcomes))


async def foresee(batch: Batch) -> list[Foreseen]:
    """What would happen to each line now, in their order."""
    lines = lines_of(batch)
    known = await _known(batch.org_id, [line.email for line in lines])
    places = await Places.of(batch.org_id)
    return [_foreseen(line, known.get(line.email, {}), places) for line in lines]


async def start(viewer: Viewer, batch: Batch) -> None:
    """Send it. Twice is once. Raises `Refused` when it was cancelled, or when there is nobody on it."""
    if batch.cancelled_at is not None or not batch.total:
        raise Refused(_("There is nothing to send."))
    async with database.transaction():
        begun = await database.execute(
            "UPDATE invitation_batch SET started_at = $1 WHERE id = $2 AND started_at IS NULL AND cancelled_at IS NULL RETURNING id", clock.now(), batch.id
        )
        if begun:
            await Job.enqueue("send_invitations", key=f"batch:{batch.id}", org_id=viewer.org_id, batch_id=batch.id)
            await audit.record("invitation.batch", str(batch.total), viewer=viewer, lines=batch.total)


async def stop(viewer: Viewer, batch: Batch) -> None:
    """Send no more of it: what went out stays out."""
    async with database.transaction():
        await database.execute(
            "UPDATE invitation_batch SET cancelled_at = $1 WHERE id = $2 AND finished_at IS NULL AND cancelled_at IS NULL", clock.now(), batch.id
        )
        await audit.record("invitation.batch_stop", str(batch.total), viewer=viewer, done=batch.done)


async def send_piece(batch_id: int) -> bool:
    """Invite the next lines in one transaction, with what was done counted in the same. Says whether there is more to do."""
    async with database.transaction():
        rows = await database.execute(
            "UPDATE invitation_batch SET done = done WHERE id = $1 AND started_at IS NOT NULL AND finished_at IS NULL AND cancelled_at IS NULL RETURNING *",
            batch_id,
        )
        if not rows:
            return False
        batch = Batch.from_row(rows[0])
        sender = await _sender(batch)
        if sender is None:
            await batch.change(cancelled_at=clock.now())
            return False
        await _send(batch, sender, lines_of(batch)[batch.done : batch.done + AT_ONCE])
        return batch.finished_at is None


async def prune() -> None:
    """Forget lists that were never sent, and the names on those that were."""
    before = clock.now() - KEPT
    await database.execute("DELETE FROM invitation_batch WHERE started_at IS NULL AND created_at < $1", before)
    await database.execute("UPDATE invitation_batch SET lines = '[]', bad_lines = '[]' WHERE finished_at < $1 AND lines <> '[]'", before)


async def _send(batch: Batch, sender: Viewer, lines: Sequence[Line]) -> None:
    try:
        offer = await permitted(sender, Offer.from_json(batch.offer))
    except (Refused, NotFound):  # what was allowed when the list was made isn't any more
        await batch.change(cancelled_at=clock.now())
        return
    counts, refusals = Counter(outcomes_of(batch)), [list(one) for one in refusals_of(batch)]
    places = await Places.taking_turns(batch.org_id)
    for line in lines:
        outcome = await invite_one(sender, line, offer, batch.origin, places, batch.id)
        counts[outcome.kind] += 1
        if outcome.kind != INVITED:
            refusals.append([line.number, line.email, outcome.kind])
    done = batch.done + len(lines)
    await batch.change(
        done=done, outcomes=_json(counts), refusals=_json(refusals), finished_at=clock.now() if done >= batch.total else None
    )


async def _sender(batch: Batch) -> Viewer | None:
    """Who sends it, with the rights they have now; None when they are no administrator any more."""
    row = await database.fetch_one(
        "SELECT m.id AS membership_id, m.role, o.name AS org_name, a.* FROM membership m JOIN account a ON a.id = m.account_id"
        " JOIN organisation o ON o.id = m.org_id WHERE m.org_id = $1 AND m.account_id = $2 AND m.ended_at IS NULL AND a.disabled_at IS NULL",
        batch.org_id, batch.account_id,
    )
    if row is None:
        return None
    rights = await database.fetch("SELECT product, level FROM product_right WHERE membership_id = $1", row["membership_id"])
    return Viewer(
        session_id=0, account_id=batch.account_id, membership_id=row["membership_id"], org_id=batch.org_id, org_name=row["org_name"], role=row["role"],
        email=row["email"], given_name=row["given_name"], family_name=row["family_name"], avatar=row["avatar"], locale=row["locale"],
        timezone=row["timezone"], week_start=row["week_start"], theme=row["theme"], rights=frozenset(f"{one['product']}.{one['level']}" for one in rights),
        organisations=(), expires_at=0, seen_at=0,
    )


def _foreseen(line: Line, known: dict[str, Any], places: Places) -> Foreseen:
    name = f"{known.get('given_name', '')} {known.get('family_name', '')}".strip()
    if known.get("role") not in (None, "external"):
        return Foreseen(line, MEMBER, name)
    if known.get("is_invited"):
        return Foreseen(line, PENDING, name)
    if not places.take_member():
        return Foreseen(line, FULL, name)
    return Foreseen(line, ACCOUNT if known.get("account_id") else NEW, name)


async def _known(org_id: int, emails: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What is known of each address here: its account's id and name, its role, whether it is invited."""
    found: dict[str, dict[str, Any]] = {}
    for start_at in range(0, len(emails), 500):
        some = emails[start_at : start_at + 500]
        marks = database.marks(some, 2)
        for row in await database.fetch(
            "SELECT a.email, a.id AS account_id, a.given_name, a.family_name, m.role FROM account a"
            f" LEFT JOIN membership m ON m.account_id = a.id AND m.org_id = $1 AND m.ended_at IS NULL WHERE a.email IN ({marks})", org_id, *some,
        ):
            found[row["email"]] = dict(row)
        for row in await database.fetch(
            f"SELECT email FROM invitation WHERE org_id = $1 AND accepted_at IS NULL AND declined_at IS NULL AND cancelled_at IS NULL AND email IN ({marks})",
            org_id, *some,
        ):
            found.setdefault(row["email"], {})["is_invited"] = True
    return found


def _json(value: Collection[Any]) -> str:
    return msgspec.json.encode(value).decode()


