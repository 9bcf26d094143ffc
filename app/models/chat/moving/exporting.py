"""Writing channels out: one zip with pages that are read without a connection and the same as JSON.

Direct conversations are in it only where the organisation decided so; every export is in the audit log.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from app import database
from app.lib import blobs, clock
from app.lib.i18n import _
from app.lib.names import full_name
from app.models import audit
from app.models.base import NotFound, Refused
from app.models.chat.channel import DIRECT
from app.models.chat.moving.tables import ChatExport
from app.models.chat.rules import ChatRules
from app.models.command import Command
from app.models.files import Use, receive, release
from app.models.job import Job
from app.models.viewer import Viewer

KIND = "chat_export"
KEPT_FOR = 7 * clock.DAY
WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
_PIECE = 500
Pages = Callable[..., str]  # a template's name and what is in it → the page
_render: list[Pages] = []

_MEMBERS = "SELECT a.given_name, a.family_name FROM channel_member m JOIN account a ON a.id = m.account_id WHERE m.channel_id = $1 ORDER BY m.id"
_KEPT = ("kind", "name", "display_name", "description", "header", "created_at", "archived_at", "members", "file", "count")
_MESSAGES = """
SELECT m.id, m.author_id, m.text, m.html, m.created_at, m.edited_at, m.thread_id, m.spoken_as, a.given_name, a.family_name
  FROM message m JOIN account a ON a.id = m.author_id WHERE m.channel_id = $1 AND m.id > $2 AND m.deleted_at IS NULL ORDER BY m.id LIMIT $3
"""


def pages_with(render: Pages) -> None:
    """Let pages be made by this function: models know no templates."""
    _render[:] = [render]


async def ask(viewer: Viewer, channel_id: int | None) -> ChatExport:
    """Have a channel, or all of them, written out in the background. Raises `Refused`, `NotFound`."""
    if not viewer.can_manage("chat") or viewer.is_external:
        raise NotFound("export")
    name = ""
    if channel_id is not None:
        name = await database.fetch_value(
            "SELECT name FROM channel WHERE id = $1 AND org_id = $2 AND kind <> 'direct' AND deleted_at IS NULL", channel_id, viewer.org_id
        ) or ""
        if not name:
            raise NotFound(f"channel {channel_id}")
    if await database.fetch_value("SELECT 1 FROM chat_export WHERE org_id = $1 AND state IN ('waiting', 'running')", viewer.org_id):
        raise Refused(_("An export is being made already."))
    rules = await ChatRules.of(viewer.org_id)
    async with Command.once(viewer, "chat.export") as command:
        made = await ChatExport.insert_new(
            org_id=viewer.org_id, account_id=viewer.account_id, channel_id=channel_id, has_direct=channel_id is None and bool(rules.export_direct),
            state=WAITING, created_at=clock.now(),
        )
        await Job.enqueue("make_chat_export", org_id=viewer.org_id, export_id=made.id)
        await audit.record("chat.export", f"#{name}" if name else "", viewer=viewer, direct=made.has_direct)
        command.done(made.id)
    return made


async def exports_of(viewer: Viewer) -> list[dict[str, Any]]:
    """The latest of the organisation."""
    return await database.fetch(
        "SELECT e.*, c.name AS channel FROM chat_export e LEFT JOIN channel c ON c.id = e.channel_id WHERE e.org_id = $1 ORDER BY e.id DESC LIMIT 20",
        viewer.org_id,
    )


async def find(viewer: Viewer, id_: int) -> ChatExport:
    """One of the organisation's. Raises `NotFound`."""
    if not viewer.can_manage("chat"):
        raise NotFound(f"export {id_}")
    return await ChatExport.find_own(id_, org_id=viewer.org_id)


async def cancel(viewer: Viewer, one: ChatExport) -> None:
    """Stop it."""
    await database.execute("UPDATE chat_export SET state = 'cancelled' WHERE id = $1 AND state IN ('waiting', 'running')", one.id)


async def allow_direct(viewer: Viewer, on: bool) -> None:
    """Decide whether an export of everything has direct conversations. Only administrators of the organisation do."""
    if not viewer.is_admin:
        raise NotFound("export rules")
    async with Command.once(viewer, "chat.export_rule") as command:
        rules = await ChatRules.of(viewer.org_id)
        await rules.put()
        await rules.change(export_direct=on)
        await audit.record("chat.export_rule", viewer=viewer, direct=on)
        command.done()


async def make(export_id: int) -> None:
    """Write the zip. A process that dies leaves nothing; the next begins anew."""
    one = await ChatExport.find(export_id)
    if one is None or one.state not in (WAITING, RUNNING):
        return
    await one.change(state=RUNNING, done=0, total=await _count(one))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as target:
            if not await _Book(one, target).write():
                return
        blob = await receive(_pieces(path))
    async with database.transaction():
        await blob.keep_for(Use(KIND, one.id, one.org_id, None))
        await one.change(state=DONE, file=blob.hash, bytes=blob.size, finished_at=clock.now())


async def prune() -> None:
    """Let go of what was made a week ago."""
    for row in await database.fetch("SELECT id FROM chat_export WHERE created_at < $1", clock.now() - KEPT_FOR):
        async with database.transaction():
            await release(KIND, [row["id"]])
            await database.execute("DELETE FROM chat_export WHERE id = $1", row["id"])


class _Book:
    """One zip that is being written."""

    def __init__(self, one: ChatExport, target: zipfile.ZipFile) -> None:
        self._one, self._target = one, target
        self._render = _render[0]

    async def write(self) -> bool:
        """All channels, then the list of them. False when it was cancelled."""
        listed, used = [], set[str]()
        for row in await self._channels():
            name = _file_name(row, used)
            count = await self._channel(row, name)
            if count is None:
                return False
            listed.append({**row, "file": name, "count": count})
        self._target.writestr("index.html", self._render("export/index.html", channels=listed, made_at=clock.now(), org=await self._org()))
        self._target.writestr("channels.json", json.dumps([_public(row) for row in listed], ensure_ascii=False, indent=1))
        self._target.writestr("style.css", self._render("export/style.css"))
        return True

    async def _channels(self) -> list[dict[str, Any]]:
        rows = await database.fetch(
            "SELECT id, kind, name, display_name, description, header, created_at, archived_at FROM channel WHERE org_id = $1 AND deleted_at IS NULL"
            " AND ($2 = 0 OR id = $2) AND (kind <> 'direct' OR $3 = 1) ORDER BY kind DESC, name, id",
            self._one.org_id, self._one.channel_id or 0, int(self._one.has_direct),
        )
        for row in rows:
            row["members"] = [full_name(one) for one in await database.fetch(_MEMBERS, row["id"])]
            row["title"] = ", ".join(row["members"]) if row["kind"] == DIRECT else row["display_name"] or row["name"]
        return rows

    async def _channel(self, row: dict[str, Any], name: str) -> int | None:
        count, last, first = 0, -(2**62), True
        with tempfile.TemporaryFile("w+", encoding="utf-8") as pages, tempfile.TemporaryFile("w+", encoding="utf-8") as data:
            pages.write(self._render("export/channel_begin.html", channel=row))
            data.write("[")
            while messages := await database.fetch(_MESSAGES, row["id"], last, _PIECE):
                await _with_reactions(messages)
                await self._files(messages)
                pages.write(await asyncio.to_thread(self._render, "export/messages.html", messages=messages))
                for message in messages:
                    data.write(("" if first else ",\n") + json.dumps(_message(message), ensure_ascii=False))
                    first = False
                count, last = count + len(messages), messages[-1]["id"]
                if not await self._goes_on(len(messages)):
                    return None
            pages.write(self._render("export/channel_end.html"))
            data.write("]\n")
            for file, path in ((pages, f"channels/{name}.html"), (data, f"json/{name}.json")):
                file.seek(0)
                with self._target.open(path, "w", force_zip64=True) as target:
                    while part := await asyncio.to_thread(file.read, 1 << 18):
                        await asyncio.to_thread(target.write, part.encode())
        return count

    async def _files(self, messages: list[dict[str, Any]]) -> None:
        """Put the files of messages into the zip, and their places there into the messages."""
        ids = [message["id"] for message in messages]
        found: dict[int, list[dict[str, str]]] = {}
        listed = f"SELECT id, message_id, hash, name FROM message_file WHERE message_id IN ({database.marks(ids)}) ORDER BY place"
        for row in await database.fetch(listed, *ids):
            path = f"files/{row['id']}-{re.sub(r'[^A-Za-z0-9._-]', '_', row['name'])[-80:]}"
            try:
                with self._target.open(path, "w", force_zip64=True) as target:
                    async for piece in blobs.store().stream(row["hash"]):
                        await asyncio.to_thread(target.write, piece)
            except FileNotFoundError:
                continue
            found.setdefault(row["message_id"], []).append({"name": row["name"], "path": path})
        for message in messages:
            message["files"] = found.get(message["id"], [])

    async def _goes_on(self, written: int) -> bool:
        return bool(await database.execute("UPDATE chat_export SET done = done + $1 WHERE id = $2 AND state = 'running' RETURNING id", written, self._one.id))

    async def _org(self) -> str:
        return str(await database.fetch_value("SELECT name FROM organisation WHERE id = $1", self._one.org_id))


async def _count(one: ChatExport) -> int:
    sql = (
        "SELECT COUNT(*) FROM message m JOIN channel c ON c.id = m.channel_id WHERE c.org_id = $1 AND c.deleted_at IS NULL AND m.deleted_at IS NULL"
        " AND ($2 = 0 OR c.id = $2) AND (c.kind <> 'direct' OR $3 = 1)"
    )
    return int(await database.fetch_value(sql, one.org_id, one.channel_id or 0, int(one.has_direct)))


async def _with_reactions(messages: list[dict[str, Any]]) -> None:
    ids = [message["id"] for message in messages]
    found: dict[int, dict[str, list[str]]] = {}
    for row in await database.fetch(
        "SELECT r.message_id, r.emoji, a.given_name, a.family_name FROM reaction r JOIN account a ON a.id = r.account_id"
        f" WHERE r.message_id IN ({database.marks(ids)}) ORDER BY r.id", *ids
    ):
        found.setdefault(row["message_id"], {}).setdefault(row["emoji"], []).append(full_name(row))
    for message in messages:
        message["name"] = message["spoken_as"] or full_name(message)
        message["reactions"] = found.get(message["id"], {})


def _message(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]), "author": row["name"], "author_id": str(row["author_id"]), "text": row["text"], "created_at": row["created_at"],
        "edited_at": row["edited_at"], "thread": str(row["thread_id"]) if row["thread_id"] else None, "reactions": row["reactions"], "files": row["files"],
    }


def _public(row: dict[str, Any]) -> dict[str, Any]:
    return {**{key: row[key] for key in _KEPT}, "id": str(row["id"])}


def _file_name(row: dict[str, Any], used: set[str]) -> str:
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", row["name"])
    name = f"direct-{row['id']}" if row["kind"] == DIRECT else plain
    made = name if name not in used else f"{name}-{row['id']}"
    used.add(made)
    return made


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while part := await asyncio.to_thread(file.read, 1 << 20):
            yield part


