"""Files of events: uploaded, or taken from Drive as they are then; named in the text by ATTACH (RFC 5545 §3.8.1.1).

The address of a file can't be guessed, and opens only for who may read an event that names it: a member in any calendar that shows
it to them, a guest without an account by the link in their invitation. What no event names any more is let go when it can't be undone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple, Self
from urllib.parse import quote, unquote

from piccolo.columns import BigInt, ForeignKey, Varchar

from app import database
from app.lib import clock, file_types
from app.lib.i18n import _
from app.lib.ical import Component
from app.lib.ids import new_id
from app.lib.numbers import whole
from app.lib.tokens import hash_token, new_token
from app.models.base import NotFound, Refused, Row
from app.models.calendar.tables import CalendarObject
from app.models.command import UNDO_FOR
from app.models.drive import content_of, find_node
from app.models.files import Blob, Upload, Use, release
from app.models.viewer import Viewer

KIND = "calendar"
MOST = 20  # of one event
UPLOADED, FROM_DRIVE = "upload:", "drive:"
_OURS = re.compile(r"https?://[^/\s]+/calendar/attachments/([\w-]{20,40})(?:/|$)")


class Attached(NamedTuple):
    """An ATTACH that is an address: ours, or one of elsewhere."""

    name: str
    url: str
    media_type: str = ""
    size: int = 0


class CalendarAttachment(Row):
    """A file that was added to events."""

    org_id = BigInt()
    account_id = BigInt(default=0, help_text="Who added it.")
    token = Varchar(length=40, help_text="Stands in its address.")
    source = Varchar(length=90, help_text="Where it came from, so that a form that is sent twice adds it once.")
    name = Varchar(length=300)
    hash = Varchar(length=64)
    size = BigInt(default=0)
    created_at = BigInt(default=0)
    missed_at = BigInt(null=True, default=None, help_text="Since when no event names it.")

    def attached(self, origin: str) -> Attached:
        """What an event says of it; `origin` is scheme and host."""
        address = f"{origin}/calendar/attachments/{self.token}/{quote(self.name, safe='')}"
        return Attached(self.name, address, file_types.media_type(self.name), self.size)

    @classmethod
    async def by_token(cls, org_id: int, token: str) -> Self:
        """The file of an address, whoever asks. Raises `NotFound`."""
        row = await database.fetch_one("SELECT * FROM calendar_attachment WHERE token = $1 AND org_id = $2", token, org_id)
        if row is None:
            raise NotFound("attachment")
        return cls.from_row(row)

    async def named_by(self, account_id: int) -> list[int]:
        """The events that name it, somebody's own first."""
        rows = await database.fetch(
            "SELECT a.object_id FROM calendar_attached a JOIN calendar_object o ON o.id = a.object_id JOIN calendar c ON c.id = o.calendar_id"
            " WHERE a.attachment_id = $1 AND c.deleted_at IS NULL ORDER BY CASE WHEN c.account_id = $2 THEN 0 ELSE 1 END, a.id LIMIT 100", self.id, account_id,
        )
        return [row["object_id"] for row in rows]


class CalendarAttached(Row):
    """An event names a file."""

    object_id = ForeignKey(CalendarObject)
    attachment_id = ForeignKey(CalendarAttachment)


async def attach(viewer: Viewer, value: str, origin: str) -> Attached:
    """The file that a form names: `upload:` and the token of an upload, `drive:` and the id of a node, or the address of a page.

    The same value leads to the same file. Raises `NotFound`, `Refused`, `QuotaFull`.
    """
    if value.startswith(UPLOADED):
        found = await _uploaded(viewer, value.removeprefix(UPLOADED))
    elif value.startswith(FROM_DRIVE) and (node_id := whole(value.removeprefix(FROM_DRIVE))) is not None:
        found = await _from_drive(viewer, node_id)
    elif re.fullmatch(r"https?://[^\s<>\"]{3,2000}", value):
        return Attached(name_of_address(value), value)
    else:
        raise Refused(_("This is neither a file nor an address."))
    return found.attached(origin)


async def keep_sent(viewer: Viewer, name: str, blob: Blob) -> CalendarAttachment:
    """A file that a program sent, in the transaction that writes the event that names it. Raises `QuotaFull`."""
    return await _keep(viewer, f"program:{new_token(16)}", name, blob)


def token_of(address: str) -> str:
    """The token of an address of ours; empty for one of elsewhere."""
    found = _OURS.match(address)
    return found[1] if found else ""


def name_of_address(address: str) -> str:
    """What an address that has no name is called."""
    return unquote(address.split("?")[0].rstrip("/").rpartition("/")[2])[:200] or address[:200]


def tokens_in(calendar: Component) -> set[str]:
    """The files of ours that an object names."""
    return {token for part in calendar.within("VEVENT", "VTODO", "VJOURNAL") for line in part.all("ATTACH") if (token := token_of(line.value))}


async def note(object_id: int, org_id: int, tokens: Collection[str], *, had_some: bool) -> None:
    """Note which files an object names, in the transaction that writes it."""
    if had_some:
        await database.execute("DELETE FROM calendar_attached WHERE object_id = $1", object_id)
    if tokens:
        rows = await database.fetch(f"SELECT id FROM calendar_attachment WHERE org_id = $1 AND token IN ({database.marks(tokens, 2)})", org_id, *tokens)
        await database.execute_many(
            "INSERT INTO calendar_attached (id, object_id, attachment_id) VALUES ($1, $2, $3)", [(new_id(), object_id, row["id"]) for row in rows]
        )


async def sweep() -> None:
    """Let go of files that no event has named for so long that it can't be undone."""
    named = "EXISTS (SELECT 1 FROM calendar_attached x WHERE x.attachment_id = calendar_attachment.id)"
    await database.execute(f"UPDATE calendar_attachment SET missed_at = NULL WHERE missed_at IS NOT NULL AND {named}")
    await database.execute(f"UPDATE calendar_attachment SET missed_at = $1 WHERE missed_at IS NULL AND NOT {named}", clock.now())
    async with database.transaction():
        rows = await database.execute(f"DELETE FROM calendar_attachment WHERE missed_at < $1 AND NOT {named} RETURNING id", clock.now() - UNDO_FOR - clock.DAY)
        await release(KIND, [row["id"] for row in rows])


async def _uploaded(viewer: Viewer, token: str) -> CalendarAttachment:
    source = f"{UPLOADED}{hash_token(token)}"
    if (known := await _known(viewer, source)) is not None:
        return known
    upload = await Upload.ready(token, viewer)
    async with database.transaction():
        return await _keep(viewer, source, upload.name or _("File"), await upload.redeem())


async def _from_drive(viewer: Viewer, node_id: int) -> CalendarAttachment:
    node = (await find_node(viewer, node_id)).node
    if node.is_folder:
        raise Refused(_("Only files can be attached."))
    source = f"{FROM_DRIVE}{node.id}:{node.version_id}:{viewer.account_id}"
    if (known := await _known(viewer, source)) is not None:
        return known
    async with database.transaction():
        return await _keep(viewer, source, node.name, await content_of(node))


async def _known(viewer: Viewer, source: str) -> CalendarAttachment | None:
    row = await database.fetch_one(
        "SELECT * FROM calendar_attachment WHERE org_id = $1 AND source = $2 AND account_id = $3", viewer.org_id, source, viewer.account_id
    )
    return CalendarAttachment.from_row(row) if row else None


async def _keep(viewer: Viewer, source: str, name: str, blob: Blob) -> CalendarAttachment:
    made = await CalendarAttachment.insert_new(
        org_id=viewer.org_id, account_id=viewer.account_id, token=new_token(16), source=source, name=name[:300], hash=blob.hash, size=blob.size,
        created_at=clock.now(),
    )
    await blob.keep_for(Use(KIND, made.id, viewer.org_id, viewer.account_id))
    return made


async def names_of(viewer: Viewer, values: Sequence[str]) -> list[tuple[str, str]]:
    """What the files of a form are called, each with its value; those that are gone are left out."""
    found = []
    for value in values:
        try:
            if value.startswith(UPLOADED):
                known = await _known(viewer, f"{UPLOADED}{hash_token(value.removeprefix(UPLOADED))}")
                name = known.name if known else (await Upload.by_token(value.removeprefix(UPLOADED), viewer)).name
            elif value.startswith(FROM_DRIVE):
                name = (await find_node(viewer, whole(value.removeprefix(FROM_DRIVE)) or 0)).node.name
            else:
                name = name_of_address(value)
        except (NotFound, ValueError):
            continue
        found.append((value, name))
    return found
