"""Telling people that something happened, and taking it back.

    await notify("member.joined", [chiara.id], org_id, facts={"name": "Beat Keller"}, url="/chat", source="channel:12", actor_id=beat.id)

In the transaction of the event. One row is written for each person, also where every way was closed to it: the reasons stay for a
week. What is to be pushed is queued with it and goes out after COMMIT (`app.models.push.sending`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.models import presence
from app.models.announcements import announce
from app.models.job import Job
from app.models.notifications.choices import OFF
from app.models.notifications.deciding import IN_USE, NOT_OFFERED, Device, Outcome, State, decide
from app.models.notifications.kinds import IN_APP, MAIL, PUSH, Facts, Kind, kind_of
from app.models.notifications.notification import UNREAD
from app.models.push.device import QUEUED, SENT

PATIENCE = clock.MINUTE
"""How long a push is put off for who has a tab in use somewhere: by then it is read, or they are gone."""

_MOST = 400  # people asked about in one query

_INSERT = """
INSERT INTO notification (id, org_id, account_id, kind, source, source_name, subject, actor_id, facts, url, shown, reasons, wants_mail, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
_QUEUE = """
INSERT INTO push_delivery (id, account_id, device_id, notification_id, kind, tag, status, attempts, error, created_at)
VALUES ($1, $2, $3, $4, $5, $6, 'queued', 0, '', $7)
"""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, for whoever is told."""

    kind: Kind
    org_id: int
    facts: Facts
    url: str
    source: str
    source_name: str
    subject: str
    actor_id: int | None
    muted: frozenset[int] = frozenset()


async def notify(
    kind: str, people: Collection[int], org_id: int, *, facts: Facts | None = None, url: str = "/", source: str = "", source_name: str = "",
    actor_id: int | None = None, group: str | None = None, muted: Collection[int] = (),
) -> None:
    """Tell these accounts of the organisation that something happened; whoever did it (`actor_id`) isn't told.

    `source` is the place that it comes from, such as `channel:12` (what people mute, and what groups their list), with `source_name` as
    people know it. `group` names the thing itself, such as `message:34`: `notices_withdrawn` and `notices_changed` find it by that.
    Those in `muted` have muted the source by other means, such as in the channel itself.
    """
    event = Event(kind_of(kind), org_id, facts or {}, url, source or kind, source_name, group or "", actor_id, frozenset(muted))
    told = [id_ for id_ in dict.fromkeys(people) if id_ != actor_id]
    for start in range(0, len(told), _MOST):
        async with database.transaction():
            await _tell(event, await _members(event, told[start : start + _MOST]))


async def notices_read(account_id: int, *, source: str = "", ids: Collection[int] = (), group: str = "") -> int:
    """Somebody has read these elsewhere: all of a source, some by their ids, or those about one thing. Returns how many were new."""
    where, values = _chosen(source, ids, group)
    if not where:
        return 0
    async with database.transaction():
        rows = await database.execute(
            f"UPDATE notification SET read_at = $1 WHERE account_id = $2 AND read_at IS NULL AND {where} RETURNING id, org_id, shown",
            clock.now(), account_id, *values,
        )
        await _over(account_id, rows)
    return sum(1 for row in rows if row["shown"])


async def notices_unread(account_id: int, ids: Collection[int]) -> None:
    """Count these as new again."""
    where, values = _chosen("", ids, "")
    async with database.transaction():
        rows = await database.execute(
            f"UPDATE notification SET read_at = NULL WHERE account_id = $1 AND shown = TRUE AND read_at IS NOT NULL"
            f" AND {where.replace('$3', '$2')} RETURNING org_id",
            account_id, *values,
        )
        for org_id in {row["org_id"] for row in rows}:
            await _announce([account_id], org_id)


async def notices_withdrawn(
    org_id: int, group: str, *, kinds: Collection[str] = (), people: Collection[int] | None = None, actor_id: int | None = None
) -> None:
    """What these notices were about is gone: they go, from lists and from devices. Narrowed to kinds, readers, or who did it."""
    async with database.transaction():
        rows = await database.fetch("SELECT id, account_id, kind, actor_id FROM notification WHERE org_id = $1 AND subject = $2", org_id, group)
        by_account = defaultdict(list)
        for row in rows:
            is_meant = (not kinds or row["kind"] in kinds) and (people is None or row["account_id"] in people)
            if is_meant and (actor_id is None or row["actor_id"] == actor_id):
                by_account[row["account_id"]].append(row["id"])
        for account_id, ids in by_account.items():
            await _close_pushes(account_id, ids)
            await database.execute(f"DELETE FROM notification WHERE id IN ({database.marks(ids, 1)})", *ids)
        await _announce(list(by_account), org_id)


async def notices_changed(org_id: int, group: str, **facts: Any) -> None:
    """What these notices are about reads differently now: the lists show it. What was pushed stays as it is on the devices."""
    async with database.transaction():
        rows = await database.fetch("SELECT id, account_id, facts FROM notification WHERE org_id = $1 AND subject = $2", org_id, group)
        for row in rows:
            changed = {**msgspec.json.decode(row["facts"]), **facts}
            await database.execute("UPDATE notification SET facts = $1 WHERE id = $2", _json(changed), row["id"])
        await _announce([row["account_id"] for row in rows], org_id)


async def told_of(org_id: int, group: str, kind: str) -> set[int]:
    """Whom a notice of this kind about a thing was written for."""
    rows = await database.fetch("SELECT account_id FROM notification WHERE org_id = $1 AND subject = $2 AND kind = $3", org_id, group, kind)
    return {row["account_id"] for row in rows}


# -- telling


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is known of the people of one chunk, by account."""

    choices: dict[int, dict[tuple[str, str], bool]]
    devices: dict[int, tuple[Device, ...]]
    muted: set[int]
    without_digest: set[int]
    quiet: dict[int, int]
    in_use: set[int]
    looking: set[int]


async def _tell(event: Event, people: Sequence[int]) -> None:
    if not people:
        return
    asked = await _ask(event, people)
    now = clock.now()
    pushed: list[int] = []
    late: list[int] = []
    for account_id in people:
        outcomes = decide(event.kind, asked.choices.get(account_id, {}), _state(event, account_id, asked))
        id_ = await _write(event, account_id, outcomes, now)
        if await _queue(event, account_id, id_, outcomes, now):
            pushed.append(id_)
        elif any(outcome.reason == IN_USE for outcome in outcomes):
            late.append(id_)
    await _promise(pushed, late)
    await _announce(people, event.org_id)


async def _members(event: Event, people: Sequence[int]) -> list[int]:
    """Those who belong to the organisation and whom such a thing concerns."""
    only = " AND m.role IN ('legal', 'admin')" if event.kind.admins else " AND m.role <> 'bot'"
    rows = await database.fetch(
        "SELECT a.id FROM membership m JOIN account a ON a.id = m.account_id WHERE m.org_id = $1 AND m.ended_at IS NULL"
        f" AND a.disabled_at IS NULL AND a.id IN ({database.marks(people, 2)}){only}",
        event.org_id, *people,
    )
    found = {row["id"] for row in rows}
    return [id_ for id_ in people if id_ in found]


async def _ask(event: Event, people: Sequence[int]) -> _Asked:
    choices: dict[int, dict[tuple[str, str], bool]] = defaultdict(dict)
    by_device: dict[int, dict[str, bool]] = defaultdict(dict)
    for row in await database.fetch(
        f"SELECT account_id, device_id, channel, is_on FROM notice_choice WHERE kind = $1 AND account_id IN ({database.marks(people, 2)})",
        event.kind.key, *people,
    ):
        if row["device_id"]:
            by_device[row["device_id"]][event.kind.key] = bool(row["is_on"])
        else:
            choices[row["account_id"]][event.kind.key, row["channel"]] = bool(row["is_on"])
    devices: dict[int, tuple[Device, ...]] = defaultdict(tuple)
    for row in await database.fetch(
        "SELECT d.id, d.account_id, d.is_on FROM push_device d JOIN session s ON s.id = d.session_id JOIN membership m ON m.id = s.membership_id"
        f" WHERE m.org_id = $1 AND s.expires_at > $2 AND d.account_id IN ({database.marks(people, 3)}) ORDER BY d.id",
        event.org_id, clock.now(), *people,
    ):
        devices[row["account_id"]] += (Device(row["id"], bool(row["is_on"]), by_device.get(row["id"], {})),)
    muted = await database.fetch(
        f"SELECT account_id FROM notice_mute WHERE org_id = $1 AND source = $2 AND account_id IN ({database.marks(people, 3)})",
        event.org_id, event.source, *people,
    )
    no_digest = await database.fetch(f"SELECT id FROM digest WHERE frequency = $1 AND id IN ({database.marks(people, 2)})", OFF, *people)
    return _Asked(
        choices, devices, {row["account_id"] for row in muted} | event.muted, {row["id"] for row in no_digest},
        await presence.quiet_until_of(list(devices)), presence.active_accounts(people), presence.accounts_looking(people, event.source),
    )


def _state(event: Event, account_id: int, asked: _Asked) -> State:
    return State(
        is_muted=account_id in asked.muted,
        is_looking=account_id in asked.looking,
        is_in_use=account_id in asked.in_use,
        quiet_until=asked.quiet.get(account_id),
        has_digest=account_id not in asked.without_digest,
        devices=asked.devices.get(account_id, ()),
    )


async def _write(event: Event, account_id: int, outcomes: list[Outcome], now: int) -> int:
    id_ = new_id()
    await database.execute(
        _INSERT, id_, event.org_id, account_id, event.kind.key, event.source[:80], event.source_name[:200], event.subject[:80], event.actor_id,
        _json(event.facts), event.url[:400], _goes(outcomes, IN_APP), _json([_kept(one) for one in outcomes]),
        _goes(outcomes, MAIL) and not event.kind.own_mail, now,
    )
    return id_


async def _queue(event: Event, account_id: int, id_: int, outcomes: list[Outcome], now: int) -> bool:
    devices = [one.device_id for one in outcomes if one.channel == PUSH and one.goes]
    for device_id in devices:
        await database.execute(_QUEUE, new_id(), account_id, device_id, id_, event.kind.key, event.source[:80], now)
    return bool(devices)


async def _promise(pushed: list[int], late: list[int]) -> None:
    for start in range(0, len(pushed), 50):
        await Job.enqueue("push", notification_ids=pushed[start : start + 50])
    if late:
        await Job.enqueue("push_late", notification_ids=late, run_at=clock.now() + PATIENCE)


# -- reading and withdrawing


async def _over(account_id: int, rows: list[dict[str, Any]]) -> None:
    await _close_pushes(account_id, [row["id"] for row in rows])
    for org_id in {row["org_id"] for row in rows if row["shown"]}:
        await _announce([account_id], org_id)


async def _close_pushes(account_id: int, ids: list[int]) -> None:
    """Don't push what waits to be, and close what devices show: in their pages at once, elsewhere by a message to their workers."""
    if not ids:
        return
    rows = await database.execute(
        f"UPDATE push_delivery SET closed_at = $1, status = CASE WHEN status = '{QUEUED}' THEN 'withdrawn' ELSE status END"
        f" WHERE closed_at IS NULL AND clicked_at IS NULL AND status IN ('{QUEUED}', '{SENT}') AND notification_id IN ({database.marks(ids, 2)})"
        " RETURNING device_id, notification_id, tag, status",
        clock.now(), *ids,
    )
    shown = [row for row in rows if row["status"] == SENT]
    if not shown:
        return
    announce("push.closed", account_id, [row["notification_id"] for row in shown])
    by_device = defaultdict(list)
    for row in shown:
        by_device[row["device_id"]].append(row["notification_id"])
    for device_id, closed in by_device.items():
        await Job.enqueue("push_close", device_id=device_id, notification_ids=sorted(closed))


async def _announce(people: Collection[int], org_id: int) -> None:
    """Tell the tabs of these people how many notices are new."""
    told = list(dict.fromkeys(people))
    for start in range(0, len(told), _MOST):
        some = told[start : start + _MOST]
        rows = await database.fetch(
            f"SELECT account_id, COUNT(*) AS unread FROM notification WHERE org_id = $1 AND {UNREAD} AND account_id IN ({database.marks(some, 2)})"
            " GROUP BY account_id",
            org_id, *some,
        )
        unread = {row["account_id"]: row["unread"] for row in rows}
        for account_id in some:
            announce("notices", account_id, org_id=org_id, unread=unread.get(account_id, 0))


def _chosen(source: str, ids: Collection[int], group: str) -> tuple[str, list[Any]]:
    if ids:
        return f"id IN ({database.marks(list(ids), 3)})", list(ids)
    if source:
        return "source = $3", [source]
    return ("subject = $3", [group]) if group else ("", [])


def _goes(outcomes: list[Outcome], channel: str) -> bool:
    return any(one.goes for one in outcomes if one.channel == channel)


def _kept(outcome: Outcome) -> dict[str, Any]:
    """As it is stored. `held` marks what the log of held back notices lists: a kind that is off by itself isn't worth a line."""
    kept = {name: value for name, value in asdict(outcome).items() if value is not None}
    return kept if outcome.goes or outcome.reason == NOT_OFFERED else kept | {"held": True}


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
