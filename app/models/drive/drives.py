"""Drives of people and of the organisation."""

from __future__ import annotations

import re
from typing import Any

from app import database
from app.lib import clock, file_names
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.drive.events import note
from app.models.drive.rights import EDIT, REACHES, _put, owns
from app.models.drive.rules import rules_of
from app.models.drive.tables import EVERYONE, PERSONAL, SHARED, Drive, Node
from app.models.viewer import Viewer

MOST_OWN = 12
_SEEN = f"""
SELECT d.*, (SELECT MAX(g.level) FROM node_grant g WHERE g.node_id = d.root_id AND {REACHES.format(account="$2", is_external="$3", now="$4")}) AS granted
  FROM drive d WHERE d.org_id = $1 AND d.archived_at IS NULL AND d.kind = 'shared' ORDER BY d.name, d.id
"""


async def drives_of(viewer: Viewer) -> list[Drive]:
    """The drives that somebody sees: their own, the first one first, and those of the organisation whose root they may open."""
    own = []
    if not viewer.is_external:
        await home_drive(viewer)
        own = await database.fetch(
            "SELECT * FROM drive WHERE org_id = $1 AND owner_id = $2 AND archived_at IS NULL ORDER BY id", viewer.org_id, viewer.account_id
        )
    rows = await database.fetch(_SEEN, viewer.org_id, viewer.account_id, int(viewer.is_external), clock.now())
    seen = [row for row in rows if row.pop("granted") or owns(viewer, Drive.from_row(row))]
    return [Drive.from_row(row) for row in [*own, *seen]]


async def home_drive(viewer: Viewer) -> Drive:
    """Somebody's first drive, made when it is first needed. Guests have none. Raises `NotFound`."""
    if viewer.is_external:
        raise NotFound("drive of a guest")
    row = await database.fetch_one(
        "SELECT * FROM drive WHERE org_id = $1 AND COALESCE(owner_id, 0) = $2 AND slug = 'files'", viewer.org_id, viewer.account_id
    )
    if row is not None:
        return Drive.from_row(row)
    async with database.transaction():
        return await make_drive(viewer, viewer.org_id, PERSONAL, viewer.account_id, "", "files")


async def create_drive(viewer: Viewer, kind: str, name: str) -> Drive:
    """A further drive of one's own (DRV-09), or one of the organisation, which all members may change. Raises `Refused`."""
    name = " ".join(name.split())[:80]
    if not name:
        raise Refused(_("Please give the drive a name."))
    await _check_may_make(viewer, kind)
    owner_id = viewer.account_id if kind == PERSONAL else None
    async with Command.once(viewer, "drive.create") as command:
        drive = await make_drive(viewer, viewer.org_id, kind, owner_id, name, await _free_slug(viewer.org_id, owner_id, name))
        if kind == SHARED:
            await _put(viewer, await Node.get(drive.root_id), EVERYONE, 0, EDIT, None)
        command.done(drive.id, what=name, url=f"/drive/folders/{drive.root_id}", inverse={"drive": drive.id})
    return drive


async def archive_drive(viewer: Viewer, drive: Drive) -> Command:
    """Put a drive away, with everything in it; an administrator of Drive or Undo brings it back. Raises `Refused`."""
    if not owns(viewer, drive) or drive.slug == "files":
        raise Refused(_("This drive can’t be put away."))
    async with Command.once(viewer, "drive.archive") as command:
        await drive.change(archived_at=clock.now())
        command.done(drive.id, what=drive.name, url="/drive", inverse={"drive": drive.id})
    return command


async def rename_drive(viewer: Viewer, drive: Drive, name: str) -> Command:
    """Call a drive something else. Its address in WebDAV stays. Raises `Refused`."""
    name = " ".join(name.split())[:80]
    if not owns(viewer, drive) or not name:
        raise Refused(_("Please give the drive a name."))
    async with Command.once(viewer, "drive.rename") as command:
        command.done(drive.id, what=drive.name, url=f"/drive/folders/{drive.root_id}", inverse={"drive": drive.id, "name": drive.name})
        await drive.change(name=name)
    return command


async def make_drive(viewer: Viewer | None, org_id: int, kind: str, owner_id: int | None, name: str, slug: str) -> Drive:
    """A drive and its root, in a transaction. Of two requests that make somebody's first drive at once, one wins."""
    now, drive_id, root_id = clock.now(), new_id(), new_id()
    made = await database.execute(
        "INSERT INTO drive (id, org_id, kind, owner_id, name, slug, root_id, modseq, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)"
        " ON CONFLICT (org_id, COALESCE(owner_id, 0), slug) DO NOTHING RETURNING *",
        drive_id, org_id, kind, owner_id, name, slug, root_id, now,
    )
    if not made:
        row = await database.fetch_one("SELECT * FROM drive WHERE org_id = $1 AND owner_id = $2 AND slug = $3", org_id, owner_id, slug)
        assert row is not None
        return Drive.from_row(row)
    root = Node(
        id=root_id, org_id=org_id, drive_id=drive_id, parent_id=None, is_file=0, name="", name_key="", sort_key="", created_by=owner_id, created_at=now,
        modified_at=now, changed_at=now, anchor_id=root_id,
    )
    await Node.insert(root).run()
    await note(viewer, root, "created")
    return Drive.from_row(dict(made[0]))


async def _check_may_make(viewer: Viewer, kind: str) -> None:
    if viewer.is_external:
        raise Refused(_("Guests have no drives of their own."))
    if kind == SHARED and not viewer.can_manage("drive") and (await rules_of(viewer.org_id)).drive_makers != "members":
        raise Refused(_("Drives of the organisation are made by those who manage Drive. Ask one of them."))
    if kind == PERSONAL and int(await database.fetch_value(
        "SELECT COUNT(*) AS n FROM drive WHERE org_id = $1 AND owner_id = $2 AND archived_at IS NULL", viewer.org_id, viewer.account_id
    )) >= MOST_OWN:
        raise Refused(_("You have as many drives as one may have."))


async def _free_slug(org_id: int, owner_id: int | None, name: str) -> str:
    wanted = re.sub(r"[^\w.-]+", "-", file_names.fitted(name).lower()).strip("-.")[:60] or "drive"
    taken = {row["slug"] for row in await database.fetch(
        "SELECT slug FROM drive WHERE org_id = $1 AND COALESCE(owner_id, 0) = $2", org_id, owner_id or 0
    )} | {"files"}
    return next(slug for slug in [wanted, *(f"{wanted}-{n}" for n in range(2, 10_000))] if slug not in taken)


@undoes("drive.create")
async def _uncreate(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await (await _own(viewer, inverse["drive"])).change(archived_at=clock.now())


@undoes("drive.archive")
async def _unarchive(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await (await _own(viewer, inverse["drive"])).change(archived_at=None)


@undoes("drive.rename")
async def _rename_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await (await _own(viewer, inverse["drive"])).change(name=inverse["name"])


async def _own(viewer: Viewer, drive_id: int) -> Drive:
    row = await database.fetch_one("SELECT * FROM drive WHERE id = $1 AND org_id = $2", drive_id, viewer.org_id)
    if row is None or not owns(viewer, Drive.from_row(row)):
        raise NotFound(f"drive {drive_id}")
    return Drive.from_row(row)


