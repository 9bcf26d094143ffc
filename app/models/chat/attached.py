"""What stands below the words of messages: who answered, what is handed on, polls, confirmations. Asked for only where it is there."""

from __future__ import annotations

from typing import Any

import msgspec

from app import database
from app.lib.ids import made_at
from app.lib.names import full_name
from app.models.chat import holding

Rows = list[dict[str, Any]]
MOST_NAMES = 20
MOST_WIDE, MOST_HIGH = 420, 320


async def attach(rows: Rows) -> None:
    """Put into these rows of a log what templates show: faces, answered_at, forward, poll, receipts."""
    for row in rows:
        row["faces"], row["forward"], row["poll"], row["receipts"], row["answered_at"] = (), None, None, (), ""
        row["files"], row["cards"] = (), ()
        if row["deleted_at"] is None and row["forwarded"]:
            row["forward"] = msgspec.json.decode(row["forwarded"])
    if answered := [row for row in rows if row["replies"]]:
        await _faces(answered)
    shown = [row for row in rows if row["deleted_at"] is None]
    if filed := [row for row in shown if row["holds"] & holding.FILES]:
        await _files(filed)
    if carded := [row for row in shown if row["holds"] & holding.CARDS]:
        await _cards(carded)
    if polled := [row for row in shown if row["holds"] & holding.POLL]:
        await _polls(polled)
    if asking := [row for row in shown if row["asked_at"]]:
        await _receipts(asking)


async def _faces(rows: Rows) -> None:
    ids = {int(face) for row in rows for face in row["repliers"].split(",") if face}
    people = {}
    if ids:
        found = await database.execute(f"SELECT id, given_name, family_name, avatar FROM account WHERE id IN ({database.marks(ids)})", *ids)
        people = {one["id"]: {**one, "name": full_name(one)} for one in found}
    for row in rows:
        row["faces"] = [people[int(face)] for face in row["repliers"].split(",") if face and int(face) in people]
        row["answered_at"] = made_at(row["last_reply_id"])


async def _polls(rows: Rows) -> None:
    ids = [row["id"] for row in rows]
    polls = {one["id"]: one for one in await database.execute(f"SELECT * FROM poll WHERE id IN ({database.marks(ids)})", *ids)}
    votes: dict[tuple[int, int], Rows] = {}
    for vote in await database.execute(
        f"SELECT v.poll_id, v.answer, v.account_id, a.given_name, a.family_name FROM poll_vote v JOIN account a ON a.id = v.account_id"
        f" WHERE v.poll_id IN ({database.marks(ids)}) ORDER BY v.id", *ids
    ):
        votes.setdefault((vote["poll_id"], vote["answer"]), []).append(vote)
    for row in rows:
        if poll := polls.get(row["id"]):
            row["poll"] = _counted(poll, votes)


def _counted(poll: dict[str, Any], votes: dict[tuple[int, int], Rows]) -> dict[str, Any]:
    answers = []
    for place, text in enumerate(msgspec.json.decode(poll["answers"])):
        chosen = votes.get((poll["id"], place), [])
        answers.append({
            "place": place, "text": text, "count": len(chosen), "who": [vote["account_id"] for vote in chosen],
            "names": [] if poll["is_anonymous"] else [full_name(vote) for vote in chosen[:MOST_NAMES]],
        })
    voters = {id_ for answer in answers for id_ in answer["who"]}
    for answer in answers:
        answer["share"] = round(100 * answer["count"] / len(voters)) if voters else 0
        if poll["is_anonymous"]:
            answer["who"] = []  # one's own choice is asked for by the browser
    return {
        "question": poll["question"], "answers": answers, "voters": len(voters), "is_multiple": bool(poll["is_multiple"]),
        "is_anonymous": bool(poll["is_anonymous"]), "is_closed": poll["closed_at"] is not None,
    }


async def _receipts(rows: Rows) -> None:
    ids = [row["id"] for row in rows]
    found: dict[int, Rows] = {}
    for one in await database.execute(
        f"SELECT r.message_id, r.account_id, a.given_name, a.family_name FROM read_receipt r JOIN account a ON a.id = r.account_id"
        f" WHERE r.message_id IN ({database.marks(ids)}) ORDER BY r.id", *ids
    ):
        found.setdefault(one["message_id"], []).append(one)
    for row in rows:
        given = found.get(row["id"], [])
        row["receipts"] = {"who": [one["account_id"] for one in given], "names": [full_name(one) for one in given[:MOST_NAMES]], "count": len(given)}


async def _files(rows: Rows) -> None:
    ids = [row["id"] for row in rows]
    found: dict[int, Rows] = {}
    for file in await database.execute(f"SELECT * FROM message_file WHERE message_id IN ({database.marks(ids)}) ORDER BY place", *ids):
        file["box"] = _box(file["width"], file["height"])
        found.setdefault(file["message_id"], []).append(file)
    for row in rows:
        row["files"] = found.get(row["id"], [])


def _box(width: int, height: int) -> tuple[int, int]:
    """The place that is kept for a picture or video in the log, in pixels, so that nothing jumps when it comes."""
    if not width or not height:
        return 320, 220
    scale = min(1, MOST_WIDE / width, MOST_HIGH / height)
    return max(24, round(width * scale)), max(24, round(height * scale))


async def _cards(rows: Rows) -> None:
    ids = [row["id"] for row in rows]
    found: dict[int, Rows] = {}
    for card in await database.execute(
        "SELECT m.message_id, c.url, c.title, c.description, c.site, c.picture, c.width, c.height FROM message_card m JOIN link_card c ON c.id = m.card_id"
        f" WHERE m.message_id IN ({database.marks(ids)}) AND c.title <> '' ORDER BY m.place", *ids
    ):
        found.setdefault(card["message_id"], []).append(card)
    for row in rows:
        row["cards"] = found.get(row["id"], [])


async def picture_reactions(found: dict[int, dict[str, dict[str, Any]]]) -> None:
    """Put the pictures of an organisation's own emoji (`:name:`) into reactions by message and emoji."""
    own = [one for kinds in found.values() for emoji, one in kinds.items() if emoji.startswith(":")]
    if not own:
        return
    names = sorted({one["emoji"].strip(":") for one in own})[:200]
    rows = await database.execute(
        "SELECT e.name, e.picture FROM custom_emoji e WHERE e.org_id = (SELECT org_id FROM message WHERE id = $1)"
        f" AND e.name IN ({database.marks(names, 2)})", next(iter(found)), *names,
    )
    pictures = {row["name"]: row["picture"] for row in rows}
    for one in own:
        one["picture"] = pictures.get(one["emoji"].strip(":"), "")
