"""The links, and what they allow."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from piccolo.columns import BigInt, ForeignKey, Integer, SmallInt, Text, Varchar

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.passwords import hash_password, is_password
from app.lib.tokens import new_token
from app.models.base import NotFound, Refused, Row
from app.models.command import Command, undoes
from app.models.organisation import Organisation
from app.models.viewer import Viewer

VIEW, COMMENT, EDIT, UPLOAD = "view", "comment", "edit", "upload"
MODES = (VIEW, COMMENT, EDIT, UPLOAD)


class Paused(Refused):
    """Whoever made it has paused it."""


class Over(Refused):
    """Its time is over, or it was downloaded as often as it may be."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a link is to allow. `password`: None leaves the one it has, empty takes it away."""

    mode: str = VIEW
    name: str = ""
    message: str = ""
    password: str | None = None
    expires_at: int | None = None
    download_limit: int | None = None
    no_download: bool = False
    quota: int | None = None
    notify: bool = True


class PublicLink(Row):
    """An address that opens something for whoever has it."""

    org_id = ForeignKey(Organisation)
    kind = Varchar(length=20, help_text="The room that it opens something of.")
    subject_id = BigInt()
    token = Varchar(length=40)
    mode = Varchar(length=8, default=VIEW)
    name = Varchar(length=120, default="", help_text="What its maker calls it.")
    message = Text(default="")
    password_hash = Varchar(length=200, default="")
    expires_at = BigInt(null=True, default=None)
    download_limit = Integer(null=True, default=None)
    downloads = Integer(default=0)
    visits = Integer(default=0)
    no_download = SmallInt(default=0)
    quota = BigInt(null=True, default=None, help_text="Bytes that may be sent to it.")
    received = BigInt(default=0)
    notify = SmallInt(default=1, help_text="Whether its maker is told of what is sent to it.")
    created_by = BigInt(default=0)
    created_at = BigInt(default=0)
    paused_at = BigInt(null=True, default=None)
    closed_at = BigInt(null=True, default=None)

    @property
    def path(self) -> str:
        """Its address on a host."""
        return f"/s/{self.token}"

    @property
    def has_password(self) -> bool:
        """Whether it asks for one."""
        return bool(self.password_hash)

    @property
    def is_over(self) -> bool:
        """Whether its time has come."""
        return self.expires_at is not None and self.expires_at <= clock.now()

    @property
    def is_used_up(self) -> bool:
        """Whether it was downloaded as often as it may be."""
        return self.download_limit is not None and self.downloads >= self.download_limit

    @property
    def may_download(self) -> bool:
        """Whether what it opens may be taken away."""
        return self.mode != UPLOAD and not self.no_download and not self.is_used_up

    async def opens_with(self, password: str) -> bool:
        """Whether this is its password."""
        return await is_password(password, self.password_hash or None)

    @property
    def lock(self) -> str:
        """Changes with the password: what a browser that knew the old one holds is worth nothing."""
        return f"{self.id}:{self.password_hash[-16:]}"

    @classmethod
    async def own(cls, viewer: Viewer, id_: int) -> Self:
        """A link of the viewer's organisation that isn't closed. Whether they may change it, what it opens decides. Raises `NotFound`."""
        row = await database.fetch_one("SELECT * FROM public_link WHERE id = $1 AND org_id = $2 AND closed_at IS NULL", id_, viewer.org_id)
        if row is None:
            raise NotFound(f"link {id_}")
        return cls.from_row(row)


async def open_link(token: str) -> PublicLink:
    """The link at an address. Raises `NotFound`, `Paused`, `Over`."""
    row = await database.fetch_one("SELECT * FROM public_link WHERE token = $1 AND closed_at IS NULL", token)
    if row is None:
        raise NotFound("link")
    link = PublicLink.from_row(row)
    if link.paused_at is not None:
        raise Paused(_("This link is paused at the moment. Whoever sent it to you can open it again."))
    if link.is_over:
        raise Over(_("This link has expired. Ask whoever sent it to you for a new one."))
    return link


async def links_of(kind: str, subject_id: int) -> list[PublicLink]:
    """The links that open something, the newest first."""
    rows = await database.fetch(
        "SELECT * FROM public_link WHERE kind = $1 AND subject_id = $2 AND closed_at IS NULL ORDER BY id DESC", kind, subject_id
    )
    return [PublicLink.from_row(row) for row in rows]


async def links_by(viewer: Viewer, kind: str) -> list[PublicLink]:
    """The links of a room that somebody made, the newest first."""
    rows = await database.fetch(
        "SELECT * FROM public_link WHERE org_id = $1 AND kind = $2 AND created_by = $3 AND closed_at IS NULL ORDER BY id DESC LIMIT 500",
        viewer.org_id, kind, viewer.account_id,
    )
    return [PublicLink.from_row(row) for row in rows]


async def make_link(viewer: Viewer, kind: str, subject_id: int, wanted: Wanted, *, what: str, url: str) -> PublicLink:
    """A new link; the room has asked whether the viewer may. Raises `Refused`."""
    values = await _columns(wanted)
    async with Command.once(viewer, "link.create") as command:
        link = await PublicLink.insert_new(
            org_id=viewer.org_id, kind=kind, subject_id=subject_id, token=new_token(16), created_by=viewer.account_id, created_at=clock.now(), **values
        )
        command.done(link.id, what=what, url=url, inverse={"link": link.id, "columns": {"closed_at": clock.now()}})
    return link


async def change_link(viewer: Viewer, link: PublicLink, wanted: Wanted, *, what: str, url: str) -> Command:
    """Let a link allow something else; its address stays. Raises `Refused`."""
    return await _change(viewer, link, await _columns(wanted), what, url)


async def pause_link(viewer: Viewer, link: PublicLink, paused: bool, *, what: str, url: str) -> Command:
    """Let it lead nowhere for a while, at the same address; or let it work again."""
    return await _change(viewer, link, {"paused_at": clock.now() if paused else None}, what, url)


async def close_link(viewer: Viewer, link: PublicLink, *, what: str, url: str) -> Command:
    """End it. Undo opens it again."""
    return await _change(viewer, link, {"closed_at": clock.now()}, what, url)


async def close_links_of(kind: str, subject_id: int) -> None:
    """What they opened is gone for good."""
    await database.execute("UPDATE public_link SET closed_at = $1 WHERE kind = $2 AND subject_id = $3 AND closed_at IS NULL", clock.now(), kind, subject_id)


async def _change(viewer: Viewer, link: PublicLink, values: dict[str, Any], what: str, url: str) -> Command:
    async with Command.once(viewer, "link.change") as command:
        before = {name: getattr(link, name) for name in values}
        await link.change(**values)
        command.done(link.id, what=what, url=url, inverse={"link": link.id, "columns": before})
    return command


async def _columns(wanted: Wanted) -> dict[str, Any]:
    if wanted.mode not in MODES:
        raise Refused(_("Please choose what the link allows."))
    if wanted.expires_at is not None and wanted.expires_at <= clock.now():
        raise Refused(_("Please choose an end in the future."))
    cut = {"name": wanted.name[:120], "message": wanted.message[:1000]}
    values = asdict(wanted) | cut | {"no_download": int(wanted.no_download), "notify": int(wanted.notify)}
    password = values.pop("password")
    return values | ({} if password is None else {"password_hash": await hash_password(password) if password else ""})


@undoes("link.create")
@undoes("link.change")
async def _back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    from app.models.drive.finding import find_node
    from app.models.drive.rights import MANAGE

    row = await database.fetch_one("SELECT * FROM public_link WHERE id = $1 AND org_id = $2", inverse["link"], viewer.org_id)
    if row is None:
        raise NotFound("link")
    await find_node(viewer, row["subject_id"], MANAGE)  # they may have lost the right since
    await PublicLink.from_row(row).change(**inverse["columns"])
