"""What stands below the talk: threads, pins, a poll, files, and what Anna keeps and has begun to write."""

from __future__ import annotations

import asyncio
import io

import msgspec

from app import database
from app.demo import programs
from app.demo.calendar import Calendar
from app.demo.portraits import draw
from app.lib import blobs, clock, file_types
from app.lib.ids import first_at, new_id
from app.lib.pictures import within
from app.models.account import Account
from app.models.chat import Channel, holding
from app.models.chat.files import KIND, THUMB, WIDE, MessageFile
from app.models.chat.message import rendered
from app.models.files import Use, keep_bytes
from app.models.organisation import Organisation

Cast = dict[str, Account]

_EXPORT = """Export is a button now:
```python
for row in sheet.rows:
    if row.article.startswith("PASS40"):
        print(row.weight_g, row.volume_l)
```"""
THREADS = (  # how the message begins, and who answers what
    ("Small thing: Porto asks for Pantone", (
        ("jonas", "The tape takes dye like the face fabric, so a second dip is safe."),
        ("chiara", "Then 2 % less red. I’ll send the swatch today."),
        ("beat", "@Anna this doesn’t touch the date, only the second delivery."),
    )),
    ("Hood question. Version A closes", (
        ("greta", "Support’s view: half of all questions about hoods are “how do I open it with gloves”."),
        ("chiara", "That’s a vote for A, then."),
    )),
    ("Countdown: everything green except two", (
        ("ines", "Price in Austria: 439 keeps the margin at 46 %."),
        ("elin", "Then I only wait for the yes."),
    )),
    ("Could products get a machine-readable spec?", (
        ("jonas", _EXPORT),
        ("david", "I’ll read it every night. :raised_hands:"),
    )),
)
PINNED = (("Where we stand with the two products for spring", "beat"), ("Decided: Ice, Lichen, Dusk", "chiara"), ("Countdown: everything green", "elin"))
POLL = (
    "Where do we eat on Friday?", ("At the lake", "In the kitchen", "At the Thai place"),
    {"katja": 0, "greta": 0, "hugo": 2, "jonas": 0, "david": 2, "chiara": 1},
)
_ROOT = "SELECT id, channel_id, author_id, created_at FROM message WHERE org_id = $1 AND text LIKE $2 ORDER BY id DESC LIMIT 1"
_ANSWER = """
INSERT INTO message (id, org_id, channel_id, author_id, text, html, created_at, changed, thread_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $1, $8)
"""


async def fill(alpina: Organisation, cast: Cast) -> None:
    """Put all of it below what was said."""
    for beginning, answers in THREADS:
        await _answer(alpina, cast, beginning, answers)
    for beginning, name in PINNED:
        await database.execute(
            "UPDATE message SET pinned_at = $1, pinned_by = $2 WHERE id = $3", clock.now() - clock.DAY, cast[name].id, (await _found(alpina, beginning))["id"]
        )
    await _poll(alpina, cast)
    await _files(alpina)
    await _of_anna(alpina, cast["anna"])
    await programs.fill(alpina, cast, Calendar())


async def _found(alpina: Organisation, beginning: str) -> dict[str, int]:
    row = await database.fetch_one(_ROOT, alpina.id, f"{beginning}%")
    assert row is not None, beginning
    return row


async def _answer(alpina: Organisation, cast: Cast, beginning: str, answers: tuple[tuple[str, str], ...]) -> None:
    root = await _found(alpina, beginning)
    channel = await Channel.get(root["channel_id"])
    last = 0
    for number, (name, text) in enumerate(answers, 1):
        at = root["created_at"] + number * 7 * clock.MINUTE
        last = first_at(at) + number
        html, named = await rendered(channel, text)
        await database.execute(_ANSWER, last, alpina.id, channel.id, cast[name].id, text, html, at, root["id"])
        for account_id in named:
            await database.execute(
                "INSERT INTO mention (id, message_id, channel_id, account_id, thread_id) VALUES ($1, $2, $3, $4, $5)",
                new_id(), last, channel.id, account_id, root["id"],
            )
    faces = list(dict.fromkeys(str(cast[name].id) for name, _ in reversed(answers)))[:3]
    await database.execute(
        "UPDATE message SET replies = $1, last_reply_id = $2, repliers = $3 WHERE id = $4", len(answers), last, ",".join(faces), root["id"]
    )
    await _follow(cast, root, channel, last, {root["author_id"], *(cast[name].id for name, _ in answers)})


async def _follow(cast: Cast, root: dict[str, int], channel: Channel, last: int, people: set[int]) -> None:
    """Those who take part follow; so does Anna, who hasn't seen the answers of today."""
    for account_id in sorted(people | {cast["anna"].id}):
        is_new = account_id == cast["anna"].id and last > first_at(clock.now() - clock.DAY)
        await database.execute(
            "INSERT INTO thread_follow (id, root_id, channel_id, account_id, last_reply_id, read_up_to, new_since, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            new_id(), root["id"], channel.id, account_id, last, 0 if is_new else last, last if is_new else None, root["created_at"],
        )


async def _poll(alpina: Organisation, cast: Cast) -> None:
    question, answers, votes = POLL
    message = await _found(alpina, question)
    await database.execute("UPDATE message SET holds = $1 WHERE id = $2", holding.POLL, message["id"])
    await database.execute(
        "INSERT INTO poll (id, message_id, question, answers, is_multiple, is_anonymous) VALUES ($1, $1, $2, $3, $4, $5)",
        message["id"], question, msgspec.json.encode(answers).decode(), False, False,
    )
    for name, answer in votes.items():
        await database.execute(
            "INSERT INTO poll_vote (id, poll_id, account_id, answer, created_at) VALUES ($1, $2, $3, $4, $5)",
            new_id(), message["id"], cast[name].id, answer, message["created_at"],
        )


async def _files(alpina: Organisation) -> None:
    view = await asyncio.to_thread(_jpeg, draw(7))
    await _attach(alpina, "Window of the sample room", "dusk-second-dip.jpg", view)
    weights = b"article,weight_g,volume_l\nPASS40-S,1248,40\nPASS40-M,1286,40\nPASS40-L,1311,42\n"
    await _attach(alpina, "Could products get a machine-readable spec?", "pass40-weights.csv", weights)


async def _attach(alpina: Organisation, beginning: str, name: str, content: bytes) -> None:
    message = await _found(alpina, beginning)
    blob, kind = await keep_bytes(content), file_types.group_of(name)
    is_picture = kind == file_types.PICTURE
    width, height = 0, 0
    if is_picture:
        small, (width, height) = await within(content, WIDE)
        await blobs.store().put_derivative(blob.hash, THUMB, small)
    file = await MessageFile.insert_new(
        message_id=message["id"], channel_id=message["channel_id"], hash=blob.hash, name=name, size=blob.size,
        media_type=file_types.media_type(name), kind=kind, width=width, height=height,
        thumb="made" if is_picture else "", created_at=message["created_at"],
    )
    await blob.keep_for(Use(KIND, file.id, alpina.id, message["author_id"]))
    await database.execute("UPDATE message SET holds = $1 WHERE id = $2", holding.FILES | (holding.PICTURE if is_picture else 0), message["id"])


def _jpeg(picture: bytes) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").resize((1200, 1200)).crop((0, 200, 1200, 1000)).save(file, "JPEG", quality=88)
    return file.getvalue()


async def _of_anna(alpina: Organisation, anna: Account) -> None:
    for beginning in ("Decided: Ice, Lichen, Dusk", "Lab numbers for the membrane"):
        message = await _found(alpina, beginning)
        await database.execute(
            "INSERT INTO saved_message (id, account_id, message_id, created_at) VALUES ($1, $2, $3, $4)", new_id(), anna.id, message["id"], clock.now()
        )
    channel = await database.fetch_value("SELECT id FROM channel WHERE org_id = $1 AND name = 'leadership'", alpina.id)
    await database.execute(
        "INSERT INTO message_draft (id, account_id, channel_id, thread_id, text, changed_at) VALUES ($1, $2, $3, 0, $4, $5)",
        new_id(), anna.id, channel, "About January: let’s take the auditors and Porto in the same week, so that", clock.now() - clock.HOUR,
    )
