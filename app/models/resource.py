"""Rooms and equipment that can be booked (CAL-13): the calendar reads them, the Manager looks after them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, Self

from piccolo.columns import BigInt, ForeignKey, Integer, SmallInt, Text, Varchar

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.lib.searching import fold
from app.models import audit
from app.models.announcements import announce
from app.models.base import NotFound, Refused, Row
from app.models.command import Command, undoes
from app.models.organisation import Organisation
from app.models.team import Team
from app.models.viewer import Viewer

ROOM, EQUIPMENT = "room", "equipment"
KINDS = (ROOM, EQUIPMENT)
ALL, TEAMS = "all", "teams"
BOOKING = (ALL, TEAMS)
MOST_NAME, MOST_PLACE, MOST_ABOUT = 80, 120, 1000
MOST_ITEMS = 30


class NameTaken(Refused):
    """Another resource is called so; the text says it."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a room or a piece of equipment is. `equipment` is a tuple of short texts, `teams` the ids of those who may book it when
    `booking` is teams."""

    name: str
    kind: str = ROOM
    seats: int | None = None
    place: str = ""
    equipment: tuple[str, ...] = ()
    about: str = ""
    hue: int = 10
    booking: str = ALL
    teams: tuple[int, ...] = ()


class Resource(Row):
    """A room, or a thing that is lent."""

    org_id = ForeignKey(Organisation)
    kind = Varchar(length=12, default=ROOM)
    name = Varchar(length=MOST_NAME)
    name_key = Varchar(length=160, help_text="The name folded: unique among those that aren't archived.")
    seats = Integer(null=True, default=None)
    place = Varchar(length=MOST_PLACE, default="", help_text="Building and floor, in words.")
    equipment = Text(default="", help_text="One thing a line.")
    about = Varchar(length=MOST_ABOUT, default="")
    hue = SmallInt(default=9)
    booking = Varchar(length=8, default=ALL, help_text="Who may book it: all (guests never), or teams (ResourceTeam).")
    created_at = BigInt(default=0)
    archived_at = BigInt(null=True, default=None)

    @property
    def url(self) -> str:
        """Its address."""
        return f"/manager/rooms/{self.id}"

    @property
    def items(self) -> list[str]:
        """Its equipment."""
        return [line for line in self.equipment.split("\n") if line]

    @classmethod
    async def seen_by(cls, viewer: Viewer, id_: int) -> Self:
        """A resource of the viewer's organisation. Raises `NotFound`, for guests always."""
        row = await database.fetch_one("SELECT * FROM resource WHERE id = $1 AND org_id = $2", id_, viewer.org_id)
        if row is None or viewer.is_external:
            raise NotFound(f"resource {id_}")
        return cls.from_row(row)

    @classmethod
    async def of(cls, org_id: int, *, archived: bool = False) -> list[Self]:
        """The resources of an organisation by place and name: those in use, or those that were put away."""
        state = "IS NOT NULL" if archived else "IS NULL"
        rows = await database.fetch(f"SELECT * FROM resource WHERE org_id = $1 AND archived_at {state} ORDER BY kind DESC, place, name_key, id", org_id)
        return [cls.from_row(row) for row in rows]

    @classmethod
    async def bookable_by(cls, viewer: Viewer) -> list[Self]:
        """Those in use that this person may book: for everybody, or for a team they are in. Guests book none."""
        if viewer.is_external:
            return []
        rows = await database.fetch(
            "SELECT r.* FROM resource r WHERE r.org_id = $1 AND r.archived_at IS NULL AND (r.booking = 'all' OR EXISTS"
            " (SELECT 1 FROM resource_team b JOIN team t ON t.id = b.team_id AND t.deleted_at IS NULL"
            " JOIN team_member m ON m.team_id = t.id WHERE b.resource_id = r.id AND m.account_id = $2)) ORDER BY r.kind DESC, r.place, r.name_key, r.id",
            viewer.org_id, viewer.account_id,
        )
        return [cls.from_row(row) for row in rows]

    @classmethod
    async def create(cls, viewer: Viewer, wanted: Description, key: str | None = None) -> Self:
        """A new room or piece of equipment. Raises `NameTaken`, `Refused`."""
        _check_admin(viewer)
        async with Command.once(viewer, "resource.create", key) as command:
            if command.repeated:
                return await cls.seen_by(viewer, command.result or 0)
            resource = cls(id=new_id(), org_id=viewer.org_id, created_at=clock.now(), **_columns(wanted), archived_at=None)
            try:
                async with database.savepoint():
                    await cls.insert(resource).run()
            except database.UniqueViolation:
                raise _taken() from None
            resource._exists_in_db = True
            await resource._open_to(viewer, wanted)
            await audit.record("resource.create", resource.name, viewer=viewer, what=resource.kind)
            command.done(resource.id, what=resource.name, url=resource.url, inverse={"resource": resource.id})
            announce("resources.changed", viewer.org_id)
        return resource

    async def describe(self, viewer: Viewer, wanted: Description) -> Command:
        """Change what it is. Raises `NameTaken`, `Refused`."""
        _check_admin(viewer)
        before = await self.description()
        async with Command.once(viewer, "resource.edit") as command:
            await self._write(viewer, wanted)
            await audit.record("resource.edit", self.name, viewer=viewer, before=before.name, after=wanted.name)
            command.done(self.id, what=self.name, url=self.url, inverse={"resource": self.id, "before": asdict(before)})
        return command

    async def archive(self, viewer: Viewer) -> Command:
        """Put it away: nobody books it any more, what was booked stays. Can be undone, also later."""
        _check_admin(viewer)
        async with Command.once(viewer, "resource.archive") as command:
            await self._put_away(clock.now())
            await audit.record("resource.archive", self.name, viewer=viewer)
            command.done(self.id, what=self.name, url="/manager/rooms", inverse={"resource": self.id})
        return command

    async def restore(self, viewer: Viewer) -> Command:
        """Take it out of the archive. Raises `NameTaken` when another has its name now."""
        _check_admin(viewer)
        async with Command.once(viewer, "resource.restore") as command:
            await self._put_away(None)
            await audit.record("resource.restore", self.name, viewer=viewer)
            command.done(self.id, what=self.name, url=self.url, inverse={"resource": self.id})
        return command

    async def team_ids(self) -> list[int]:
        """The teams that may book it, when it isn't for everybody."""
        rows = await database.fetch(
            "SELECT b.team_id FROM resource_team b JOIN team t ON t.id = b.team_id WHERE b.resource_id = $1 AND t.deleted_at IS NULL ORDER BY t.name_key",
            self.id,
        )
        return [row["team_id"] for row in rows]

    async def description(self) -> Description:
        """What can be changed about it at once."""
        return Description(
            self.name, self.kind, self.seats, self.place, tuple(self.items), self.about, self.hue, self.booking, tuple(await self.team_ids())
        )

    async def _write(self, viewer: Viewer, wanted: Description) -> None:
        try:
            async with database.savepoint():
                await self.change(**_columns(wanted))
        except database.UniqueViolation:
            raise _taken() from None
        await self._open_to(viewer, wanted)
        announce("resources.changed", self.org_id)

    async def _open_to(self, viewer: Viewer, wanted: Description) -> None:
        await database.execute("DELETE FROM resource_team WHERE resource_id = $1", self.id)
        for team_id in wanted.teams if wanted.booking == TEAMS else ():
            team = await Team.seen_by(viewer, team_id)
            await ResourceTeam.insert_new(resource_id=self.id, team_id=team.id)

    async def _put_away(self, archived_at: int | None) -> None:
        try:
            async with database.savepoint():
                await self.change(archived_at=archived_at)
        except database.UniqueViolation:
            raise _taken() from None
        announce("resources.changed", self.org_id)


class ResourceTeam(Row):
    """A team that may book a resource."""

    resource_id = ForeignKey(Resource)
    team_id = ForeignKey(Team)


async def booking_teams(org_id: int) -> dict[int, list[str]]:
    """The names of the teams that may book each resource that isn't for everybody."""
    found: dict[int, list[str]] = {}
    rows = await database.fetch(
        "SELECT b.resource_id, t.name FROM resource_team b JOIN team t ON t.id = b.team_id"
        " WHERE t.org_id = $1 AND t.deleted_at IS NULL ORDER BY t.name_key", org_id,
    )
    for row in rows:
        found.setdefault(row["resource_id"], []).append(row["name"])
    return found


def items_of(typed: str) -> tuple[str, ...]:
    """A list of equipment as it was typed: one thing a line or between commas, each once."""
    things = (" ".join(thing.split())[:60] for thing in typed.replace(",", "\n").split("\n"))
    return tuple(dict.fromkeys(thing for thing in things if thing))[:MOST_ITEMS]


def _columns(wanted: Description) -> dict[str, Any]:
    return {
        "name": wanted.name, "name_key": fold(wanted.name)[:160], "kind": wanted.kind, "seats": wanted.seats if wanted.kind == ROOM else None,
        "place": wanted.place, "equipment": "\n".join(wanted.equipment), "about": wanted.about, "hue": wanted.hue, "booking": wanted.booking,
    }


def _check_admin(viewer: Viewer) -> None:
    if not viewer.is_admin:
        raise NotFound("administration")


def _taken() -> NameTaken:
    return NameTaken(_("Something of this name can be booked already."))


async def _again(viewer: Viewer, inverse: dict[str, Any]) -> Resource:
    """The resource of an inverse, if this person may still change it."""
    if not viewer.is_admin:
        raise Refused(_("You are no longer an administrator, so nothing was changed."))
    return await Resource.seen_by(viewer, inverse["resource"])


@undoes("resource.create")
@undoes("resource.restore")
async def _put_away(viewer: Viewer, inverse: dict[str, Any]) -> None:
    resource = await _again(viewer, inverse)
    await resource._put_away(clock.now())
    await audit.record("resource.archive", resource.name, viewer=viewer)


@undoes("resource.archive")
async def _take_out(viewer: Viewer, inverse: dict[str, Any]) -> None:
    resource = await _again(viewer, inverse)
    await resource._put_away(None)
    await audit.record("resource.restore", resource.name, viewer=viewer)


@undoes("resource.edit")
async def _describe_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    resource = await _again(viewer, inverse)
    before = inverse["before"]
    teams = await _still(viewer, before["teams"])
    wanted = Description(**{**before, "equipment": tuple(before["equipment"]), "teams": tuple(teams)})
    await resource._write(viewer, wanted)
    await audit.record("resource.edit", resource.name, viewer=viewer, after=resource.name)


async def _still(viewer: Viewer, team_ids: Collection[int]) -> list[int]:
    """Those of these teams that there still are."""
    rows = await database.fetch("SELECT id FROM team WHERE org_id = $1 AND deleted_at IS NULL", viewer.org_id)
    return [row["id"] for row in rows if row["id"] in set(team_ids)]


@live.topic("resources")
async def _may_listen(viewer: Viewer, org_id: int) -> bool:
    return viewer.org_id == org_id and not viewer.is_external
