"""Bringing a history in: looked through first, then written piece by piece, each with how far it is, so that a killed process loses nothing.

What was said keeps its date: its id stands where it would have been made (`ids.place_of`), so it sorts among the rest by itself. Authors are
members with the same address; others become named past authors, accounts that nobody can sign in with, whose messages go over to whoever
joins with their address later. No address of an export ever speaks for somebody outside the organisation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from app import database
from app.lib import blobs, clock
from app.lib.chat_archives import BadArchive, Person, Place, Problem, Said, open_archive
from app.lib.chat_archives.items import DIRECT, Problems
from app.lib.i18n import _
from app.models import audit
from app.models.base import NotFound, Refused
from app.models.chat.moving import writing
from app.models.chat.moving.tables import ChatImport
from app.models.chat.moving.writing import Writer
from app.models.command import Command
from app.models.files import Blob, Use, receive
from app.models.job import Job
from app.models.viewer import Viewer

KIND = "chat_import"
UPLOADED, CHECKING, CHECKED, RUNNING, DONE, CANCELLED, FAILED, UNDOING, UNDONE = (
    "uploaded", "checking", "checked", "running", "done", "cancelled", "failed", "undoing", "undone",
)
BUSY = (CHECKING, RUNNING, UNDOING)


async def keep(viewer: Viewer, file_name: str, body: Any) -> ChatImport:
    """Keep an uploaded file and look through it in the background. Raises `Refused`, `QuotaFull`."""
    _check_manages(viewer)
    blob: Blob = await receive(body)
    async with Command.once(viewer, "import.upload") as command:
        made = await ChatImport.insert_new(
            org_id=viewer.org_id, account_id=viewer.account_id, kind="", file_name=file_name[-200:], file=blob.hash, state=CHECKING, created_at=clock.now()
        )
        await blob.keep_for(Use(KIND, made.id, viewer.org_id, viewer.account_id))
        await Job.enqueue("check_chat_import", org_id=viewer.org_id, import_id=made.id)
        await audit.record("chat.import_upload", file_name[-200:], viewer=viewer)
        command.done(made.id)
    return made


async def start(viewer: Viewer, one: ChatImport, *, existing: str, direct: bool, skip: list[str]) -> None:
    """Write it. `existing`: merge into channels of the same name, or rename. `direct`: direct conversations, too. `skip`: keys of places left out."""
    _check_manages(viewer)
    options = {"existing": existing, "direct": direct, "skip": skip[:5000]}
    async with Command.once(viewer, "import.start") as command:
        await _turn(one, (CHECKED, CANCELLED, FAILED), RUNNING, options=msgspec.json.encode(options).decode(), started_at=clock.now(), error="")
        await Job.enqueue("run_chat_import", org_id=one.org_id, import_id=one.id)
        await audit.record("chat.import", one.file_name, viewer=viewer, of=one.kind, direct=direct)
        command.done(one.id)


async def cancel(viewer: Viewer, one: ChatImport) -> None:
    """Stop after the piece that is being written. What is there stays, until it is undone or gone on with."""
    _check_manages(viewer)
    await _turn(one, (RUNNING, CHECKING), CANCELLED)


async def undo(viewer: Viewer, one: ChatImport) -> None:
    """Take away everything that it brought, in the background."""
    _check_manages(viewer)
    async with Command.once(viewer, "import.undo") as command:
        await _turn(one, (DONE, CANCELLED, FAILED), UNDOING)
        await Job.enqueue("undo_chat_import", org_id=one.org_id, import_id=one.id)
        await audit.record("chat.import_undo", one.file_name, viewer=viewer)
        command.done(one.id)


async def imports_of(viewer: Viewer) -> list[dict[str, Any]]:
    """The latest of the organisation."""
    return await database.fetch("SELECT * FROM chat_import WHERE org_id = $1 ORDER BY id DESC LIMIT 50", viewer.org_id)


async def find(viewer: Viewer, id_: int) -> ChatImport:
    """One of the organisation's, for those who manage Chat. Raises `NotFound`."""
    if not viewer.can_manage("chat"):
        raise NotFound(f"import {id_}")
    return await ChatImport.find_own(id_, org_id=viewer.org_id)


# -- in the background


async def look_through(import_id: int) -> None:
    """The dry run: what is in the file, who is known, what can't be read."""
    one = await ChatImport.find(import_id)
    if one is None or one.state != CHECKING:
        return
    try:
        async with blobs.store().local(one.file) as path:
            report, problems, kind = await asyncio.to_thread(_counted, path)
    except BadArchive as error:
        await one.change(state=FAILED, error=str(error), finished_at=clock.now())
        return
    emails = {person["email"]: person["key"] for person in report["people"] if person["email"]}
    known = await writing.members_by_email(one.org_id, list(emails))
    taken = await writing.channels_by_name(one.org_id)
    for person in report["people"]:
        person["is_known"] = person["email"] in known
    for place in report["places"]:
        place["is_taken"] = place["kind"] != DIRECT and writing.address_of(place["name"]) in taken
    current = await ChatImport.get(import_id)
    if current.state == CHECKING:
        await current.change(
            state=CHECKED, kind=kind, report=msgspec.json.encode(report).decode(), total=report["messages"],
            problems=msgspec.json.encode([[problem.where, problem.why] for problem in problems.listed]).decode(),
        )


async def run(import_id: int) -> None:
    """Write what isn't written yet. Called again after a crash, it goes on where the last piece was committed."""
    one = await ChatImport.find(import_id)
    if one is None or one.state != RUNNING:
        return
    try:
        async with blobs.store().local(one.file) as path:
            await _run(one, path)
    except BadArchive as error:
        await one.change(state=FAILED, error=str(error), finished_at=clock.now())


async def undo_now(import_id: int) -> None:
    """Take everything away, in steps; may be called again."""
    one = await ChatImport.find(import_id)
    if one is not None and one.state == UNDOING:
        await writing.take_away(one)
        await one.change(state=UNDONE, finished_at=clock.now(), done=0, progress="{}")


def _counted(path: Path) -> tuple[dict[str, Any], Problems, str]:
    archive = open_archive(path)
    try:
        problems, counts = Problems(), dict.fromkeys(("messages", "replies", "reactions", "files", "linked_files"), 0)
        people, first, last = archive.people(), 0, 0
        per_place: dict[str, int] = {}
        for _position, items in archive.said([]):
            for item in items:
                if isinstance(item, Problem):
                    problems.add(item)
                    continue
                counts["messages"] += 1
                counts["replies"] += bool(item.thread)
                counts["reactions"] += sum(len(put.people) for put in item.reactions)
                counts["files"] += sum(bool(file.path) for file in item.files)
                counts["linked_files"] += sum(not file.path for file in item.files)
                per_place[item.place] = per_place.get(item.place, 0) + 1
                first, last = min(first or item.at, item.at), max(last, item.at)
        places = archive.places()
        report: dict[str, Any] = {
            **counts, "problems": problems.count, "first": first, "last": last,
            "people": [_of_person(person) for person in people[:20_000]],
            "places": [_of_place(place, per_place.get(place.key, 0)) for place in places[:20_000]],
        }
        return report, problems, archive.kind
    finally:
        archive.close()


def _of_person(person: Person) -> dict[str, Any]:
    return {"key": person.key, "name": person.name, "email": person.email, "is_bot": person.is_bot, "is_deleted": person.is_deleted}


def _of_place(place: Place, count: int) -> dict[str, Any]:
    return {"key": place.key, "kind": place.kind, "name": place.name, "count": count, "is_archived": place.is_archived, "members": len(place.members)}


async def _run(one: ChatImport, path: Path) -> None:
    archive = await asyncio.to_thread(open_archive, path)
    try:
        people, places = await asyncio.to_thread(lambda: (archive.people(), archive.places()))
        writer = await Writer.prepared(one, archive, people, places)
        progress = msgspec.json.decode(one.progress)
        at, written = progress.get("at", []), progress.get("written", 0)
        pieces = archive.said(at)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            position, items = piece
            for part in _parts([item for item in items if isinstance(item, Said)][written:]):
                written += len(part)
                if not await writer.write(part, at, written):
                    return
            at, written = position, 0
            if not await writer.write([], at, written):
                return
        await writer.finish()
    finally:
        archive.close()
    async with database.transaction():
        await database.execute("UPDATE chat_import SET state = $1, finished_at = $2 WHERE id = $3 AND state = $4", DONE, clock.now(), one.id, RUNNING)
        await audit.record("chat.import_done", one.file_name, org_id=one.org_id)


def _parts(items: list[Said], most: int = 150) -> Iterator[list[Said]]:
    for begin in range(0, len(items), most):
        yield items[begin : begin + most]


async def _turn(one: ChatImport, before: tuple[str, ...], state: str, **more: Any) -> None:
    """Change the state, if it is one of `before` still."""
    columns = "".join(f", {name} = ${n}" for n, name in enumerate(more, 3 + len(before)))
    marks = ", ".join(f"${n}" for n in range(3, 3 + len(before)))
    changed = await database.execute(
        f"UPDATE chat_import SET state = $1{columns} WHERE id = $2 AND state IN ({marks}) RETURNING id", state, one.id, *before, *more.values()
    )
    if not changed:
        raise Refused(_("This isn’t possible any more: it has gone on meanwhile."))
    one.state = state


def _check_manages(viewer: Viewer) -> None:
    if not viewer.can_manage("chat") or viewer.is_external:
        raise NotFound("import")


