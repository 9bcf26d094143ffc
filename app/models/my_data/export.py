"""A copy of everything of somebody: who asked for it, how far it is, and where it lies."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
import zipfile
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Self

import msgspec
from piccolo.columns import BigInt, ForeignKey, Integer, Text, Varchar

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.models import audit
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.job import Job
from app.models.my_data.own import readme
from app.models.my_data.registry import Files, Owner, exporters, is_personal, text_file
from app.models.organisation import Organisation
from app.models.session import Session
from app.models.viewer import Viewer

KEPT_FOR = 7 * clock.DAY
_RUNNING = "ready_at IS NULL AND cancelled_at IS NULL AND error = ''"
_PIECE = 128 * 1024
_TOLD_EVERY = 0.5  # seconds between two notes of how far it is


class Cancelled(Exception):
    """The owner doesn't want it any more."""


class DataExport(Row):
    """A copy of everything of an account, asked for in one organisation, with what it has in those that take the same proof of who somebody is."""

    account_id = ForeignKey(Account)
    org_id = ForeignKey(Organisation)
    created_at = BigInt(default=0)
    done = Integer(default=0, help_text="Files written so far.")
    note = Varchar(length=200, default="", help_text="What is being written.")
    file = Varchar(length=200, default="", help_text="Name of the zip in the data folder, once it is whole.")
    size = BigInt(default=0)
    ready_at = BigInt(null=True, default=None)
    expires_at = BigInt(null=True, default=None)
    cancelled_at = BigInt(null=True, default=None)
    error = Text(default="")
    org_ids = Text(default="[]", help_text="JSON: the organisations that are in it.")

    @classmethod
    async def ask(cls, viewer: Viewer) -> Self:
        """Have a copy made in the background. Raises `Refused` while another one is."""
        written = msgspec.json.encode(await _within_reach(viewer)).decode()
        try:
            async with database.transaction(), database.savepoint():
                made = await cls.insert_new(account_id=viewer.account_id, org_id=viewer.org_id, created_at=clock.now(), org_ids=written)
        except database.UniqueViolation:
            raise Refused(_("A copy is being made already.")) from None
        async with database.transaction():
            await Job.enqueue("export_my_data", org_id=viewer.org_id, export_id=made.id)
            await audit.record("account.export", viewer=viewer, concerns=viewer.account_id)
        return made

    @classmethod
    async def latest(cls, viewer: Viewer) -> Self | None:
        """The copy of this organisation that was asked for last, unless it was cancelled or is over."""
        row = await database.fetch_one(
            "SELECT * FROM data_export WHERE account_id = $1 AND org_id = $2 AND cancelled_at IS NULL AND (expires_at IS NULL OR expires_at > $3)"
            " ORDER BY created_at DESC, id DESC LIMIT 1",
            viewer.account_id, viewer.org_id, clock.now(),
        )
        return cls.from_row(row) if row else None

    @property
    def is_running(self) -> bool:
        """Whether it is being made or waits for it."""
        return self.ready_at is None and self.cancelled_at is None and not self.error

    @property
    def is_ready(self) -> bool:
        """Whether it can be downloaded."""
        return bool(self.file) and self.expires_at is not None and self.expires_at > clock.now()

    async def is_for(self, viewer: Viewer) -> bool:
        """Whether this browser may have it: each organisation in it takes the proof that it gave."""
        return set(self._org_ids) <= set(await _within_reach(viewer))

    @property
    def _org_ids(self) -> list[int]:
        read: list[int] = msgspec.json.decode(self.org_ids)
        return read or [self.org_id]

    async def cancel(self) -> None:
        """Stop making it."""
        await database.execute(f"UPDATE data_export SET cancelled_at = $1 WHERE id = $2 AND {_RUNNING}", clock.now(), self.id)

    async def make(self, folder: Path) -> None:
        """Write the zip under `folder`/exports. Begins anew where it was interrupted."""
        if not self.is_running:
            return
        place = folder / "exports"
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = place / f"{self.id}.part"
        try:
            await self._write(draft)
        except Cancelled:
            draft.unlink(missing_ok=True)
            return
        except Exception as error:
            draft.unlink(missing_ok=True)
            await self.change(error=f"{type(error).__name__}: {error}"[:1000])
            raise
        name = f"{self.id}-{secrets.token_hex(8)}.zip"
        draft.rename(place / name)
        await self.change(file=name, size=(place / name).stat().st_size, ready_at=clock.now(), expires_at=clock.now() + KEPT_FOR, note="")

    async def _places(self) -> dict[str, tuple[str, Owner]]:
        """By the name of a folder, which is empty where there is only one: each organisation's name, and who its owner is there."""
        rows = await database.fetch(
            "SELECT m.id, m.org_id, a.timezone, o.name FROM membership m JOIN account a ON a.id = m.account_id JOIN organisation o ON o.id = m.org_id"
            f" WHERE m.account_id = $1 AND m.org_id IN ({database.marks(self._org_ids, 2)}) ORDER BY m.id", self.account_id, *self._org_ids
        )
        assert rows, "whoever asked was a member"
        found: dict[str, tuple[str, Owner]] = {}
        for row in rows:
            folder = _folder(row["name"], found) if len(rows) > 1 else ""
            found[folder] = (row["name"], Owner(self.account_id, row["org_id"], row["id"], row["timezone"]))
        return found

    async def _files(self) -> Files:
        """What is mine once, then of each organisation what its apps have."""
        places = await self._places()
        yield "README.md", text_file(readme({folder: name for folder, (name, _owner) in places.items()}))
        for number, (folder, (_name, owner)) in enumerate(places.items()):
            for key, exporter in exporters().items():
                if is_personal(key) and number:
                    continue
                async for path, content in exporter(owner):
                    yield (path if is_personal(key) or not folder else f"{folder}/{path}"), content

    async def _write(self, draft: Path) -> None:
        done, told = 0, time.monotonic()
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            draft.chmod(0o600)
            async for path, content in self._files():
                await self._note(done, path)
                entry = zipfile.ZipInfo(path, time.gmtime(clock.now() / 1000)[:6])
                entry.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(entry, "w", force_zip64=True) as file:
                    async for chunk in _gathered(content):
                        await asyncio.to_thread(file.write, chunk)
                        if time.monotonic() - told > _TOLD_EVERY:
                            told = time.monotonic()
                            await self._note(done, path)
                done += 1
        await self._note(done, "")

    async def _note(self, done: int, note: str) -> None:
        """Say how far it is. Raises `Cancelled` where nobody waits for it any more."""
        going_on = await database.execute(
            f"UPDATE data_export SET done = $1, note = $2 WHERE id = $3 AND {_RUNNING} RETURNING id", done, note[:200], self.id
        )
        if not going_on:
            raise Cancelled

    @classmethod
    async def prune(cls, folder: Path) -> None:
        """Delete the zips that are over, and what lies there without belonging to anybody."""
        rows = await database.fetch("SELECT id, file FROM data_export WHERE file <> '' AND expires_at > $1", clock.now())
        running = await database.fetch(f"SELECT id FROM data_export WHERE {_RUNNING}")
        wanted = {row["file"] for row in rows} | {f"{row['id']}.part" for row in running}
        place = folder / "exports"
        for path in place.iterdir() if place.exists() else ():
            if path.name not in wanted:
                path.unlink(missing_ok=True)
        await database.execute("DELETE FROM data_export WHERE expires_at < $1 OR (ready_at IS NULL AND created_at < $2)", clock.now(), clock.now() - KEPT_FOR)


async def _within_reach(viewer: Viewer) -> list[int]:
    session = await Session.get(viewer.session_id)
    return [place.org_id for place in await session.reach()]


def _folder(name: str, taken: Collection[str]) -> str:
    """A name for a folder on any system, and for one organisation alone."""
    plain = re.sub(r"[^\w.-]+", "-", name).strip("-.").lower()[:60] or "organisation"
    return plain if plain not in taken else f"{plain}-{len(taken) + 1}"


async def _gathered(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in larger pieces: each is packed by another thread, and going there costs."""
    waiting, size = [], 0
    async for piece in content:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)
