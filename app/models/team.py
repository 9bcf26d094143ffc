"""Work teams: people of an organisation who belong together (MGR-11)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from typing import Any, Self

from piccolo.columns import BigInt, ForeignKey, SmallInt, Varchar

from app import database, live
from app.lib import clock
from app.lib.i18n import _, ngettext
from app.lib.ids import new_id
from app.lib.names import full_name
from app.lib.searching import fold
from app.models import audit
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused, Row
from app.models.command import Command, undoes
from app.models.departure import on_departure
from app.models.organisation import Membership, Organisation
from app.models.search import Indexed, SearchEntry, scopes_of, texts_of
from app.models.viewer import Viewer

TEAM = "team"
MOST_NAME, MOST_DESCRIPTION = 80, 500
_PRESENT = "w.ended_at IS NULL AND a.disabled_at IS NULL"
_MEMBERS = f"""
SELECT a.id, a.given_name, a.family_name, a.email, a.avatar, w.title, w.role, t.leads_at, t.joined_at
  FROM team_member t JOIN account a ON a.id = t.account_id
  JOIN membership w ON w.account_id = a.id AND w.org_id = $2
 WHERE t.team_id = $1 AND {_PRESENT}
"""


class NameTaken(Refused):
    """Another team is called so; the text says it."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a team is called and about. `hue` is 0 to 23; anyone of the organisation may join an open team."""

    name: str
    about: str = ""
    hue: int = 14
    is_open: bool = False


class Team(Row):
    """Some people of an organisation under one name."""

    org_id = ForeignKey(Organisation)
    name = Varchar(length=MOST_NAME)
    name_key = Varchar(length=160, help_text="The name folded: unique among the teams that aren't deleted.")
    about = Varchar(length=MOST_DESCRIPTION, default="")
    hue = SmallInt(default=14)
    open_at = BigInt(null=True, default=None, help_text="Since when anyone but guests may join; null: only those who are added.")
    created_at = BigInt(default=0)
    deleted_at = BigInt(null=True, default=None)

    # Of whoever it was found for with `seen_by`.
    is_member: bool = False
    is_led: bool = False

    @property
    def url(self) -> str:
        """Its address."""
        return f"/manager/teams/{self.id}"

    @property
    def description(self) -> Description:
        """What can be changed about it at once."""
        return Description(self.name, self.about, self.hue, self.open_at is not None)

    def can_edit(self, viewer: Viewer) -> bool:
        """Whether this person may change it and who is in it: administrators, and those who lead it."""
        return viewer.org_id == self.org_id and (viewer.is_admin or (self.is_led and not viewer.is_external))

    @classmethod
    async def seen_by(cls, viewer: Viewer, id_: int) -> Self:
        """A team of the viewer's organisation, with what they are in it. Raises `NotFound`, for guests always (GUEST-22)."""
        row = await database.fetch_one(
            "SELECT t.*, m.id AS mine, m.leads_at FROM team t LEFT JOIN team_member m ON m.team_id = t.id AND m.account_id = $2"
            " WHERE t.id = $1 AND t.org_id = $3 AND t.deleted_at IS NULL",
            id_, viewer.account_id, viewer.org_id,
        )
        if row is None or viewer.is_external:
            raise NotFound(f"team {id_}")
        mine, leads_at = row.pop("mine"), row.pop("leads_at")
        team = cls.from_row(row)
        team.is_member, team.is_led = mine is not None, leads_at is not None
        return team

    @classmethod
    async def create(cls, viewer: Viewer, wanted: Description, people: Collection[int] = (), key: str | None = None) -> Self:
        """A new team with these people in it. Only administrators found teams. Raises `NameTaken`."""
        if not viewer.is_admin:
            raise NotFound("administration")
        async with Command.once(viewer, "team.create", key) as command:
            if command.repeated:
                return await cls.seen_by(viewer, command.result or 0)
            team = await _insert(viewer, wanted)
            await team._take_in(people)
            await audit.record("team.create", team.name, viewer=viewer)
            command.done(team.id, what=team.name, url=team.url, inverse={"team": team.id})
        return await cls.seen_by(viewer, team.id)

    async def describe(self, viewer: Viewer, wanted: Description) -> Command:
        """Give it another name, description, colour or door. Raises `NameTaken`."""
        self._check(viewer)
        before = self.description
        async with Command.once(viewer, "team.edit") as command:
            await self._write(wanted)
            await audit.record("team.edit", self.name, viewer=viewer, before=before.name, after=wanted.name, open=wanted.is_open)
            command.done(self.id, what=self.name, url=self.url, inverse={"team": self.id, "before": _plain(before)})
        return command

    async def delete(self, viewer: Viewer) -> Command:  # type: ignore[override]
        """Dissolve it. What its people own stays with them. Can be undone."""
        if not viewer.is_admin:
            raise NotFound("administration")
        async with Command.once(viewer, "team.delete") as command:
            await self._put_away(clock.now())
            await audit.record("team.delete", self.name, viewer=viewer)
            command.done(self.id, what=self.name, url="/manager/teams", inverse={"team": self.id})
        return command

    async def add(self, viewer: Viewer, account_ids: Collection[int], key: str | None = None) -> list[int]:
        """Bring members of the organisation into the team; guests are left out. Returns those who were not in it before."""
        self._check(viewer)
        async with Command.once(viewer, "team.add", key) as command:
            if command.repeated:
                return []
            added = await self._take_in(account_ids)
            if added:
                await audit.record("team.add", self.name, viewer=viewer, concerns=added[0] if len(added) == 1 else None, people=await _names(added))
                command.done(self.id, what=self.name, url=self.url, inverse={"team": self.id, "people": added})
        return added

    async def add_many(self, viewer: Viewer, account_ids: Collection[int]) -> tuple[Command, list[int]]:
        """`add`, for a list of chosen people: with the command, and `Refused` when nobody could be added."""
        self._check(viewer)
        async with Command.once(viewer, "team.add") as command:
            added = await self._take_in(account_ids)
            if not added:
                raise Refused(_("They are in %(team)s already, or guests, who are in no team.") % {"team": self.name})
            await audit.record("team.add", self.name, viewer=viewer, concerns=added[0] if len(added) == 1 else None, people=await _names(added))
            command.done(self.id, what=self.name, url=self.url, inverse={"team": self.id, "people": added})
        return command, added

    async def remove_member(self, viewer: Viewer, account_id: int) -> Command:
        """Take somebody out of the team. Raises `NotFound` when they aren't in it."""
        if account_id != viewer.account_id:
            self._check(viewer)
        async with Command.once(viewer, "team.remove") as command:
            await self._leave(viewer, command, account_id)
        return command

    async def lead(self, viewer: Viewer, account_id: int, leads: bool) -> Command:
        """Make a member one who leads the team, or no longer. Raises `NotFound` when they aren't in it."""
        self._check(viewer)
        async with Command.once(viewer, "team.lead") as command:
            await self._set_lead(account_id, clock.now() if leads else None)
            names = await _names([account_id])
            await audit.record("team.lead", self.name, viewer=viewer, concerns=account_id, person=names[0], leads=leads)
            command.done(self.id, what=f"{self.name}: {names[0]}", url=self.url, inverse={"team": self.id, "person": account_id, "leads": not leads})
        return command

    async def join(self, viewer: Viewer) -> Command:
        """Become a member of an open team. Raises `Refused` when it isn't open, `NotFound` for guests (GUEST-19)."""
        if viewer.is_external:
            raise NotFound(f"team {self.id}")
        if self.open_at is None:
            raise Refused(_("This team isn’t open. Somebody who leads it can add you."))
        async with Command.once(viewer, "team.join") as command:
            if await self._take_in([viewer.account_id]):
                await audit.record("team.join", self.name, viewer=viewer, concerns=viewer.account_id)
                command.done(self.id, what=self.name, url=self.url, inverse={"team": self.id, "people": [viewer.account_id]})
        return command

    async def members(self, typed: str = "", most: int = 500) -> list[dict[str, Any]]:
        """Its people: those who lead it first, then by name; those whose name or address has what was typed."""
        like = f"%{typed.strip().lower()[:60].replace('%', '').replace('_', '')}%"
        rows = await database.fetch(
            f"{_MEMBERS} AND (lower(a.given_name || ' ' || a.family_name) LIKE $3 OR a.email LIKE $3)"
            " ORDER BY CASE WHEN t.leads_at IS NULL THEN 1 ELSE 0 END, a.given_name, a.family_name, a.id LIMIT $4",
            self.id, self.org_id, like, most,
        )
        return [_named(row) for row in rows]

    async def count_members(self) -> int:
        """How many people are in it."""
        return int(await database.fetch_value(f"SELECT COUNT(*) FROM ({_MEMBERS}) counted", self.id, self.org_id))

    # -- inside

    def _check(self, viewer: Viewer) -> None:
        if not self.can_edit(viewer):
            raise NotFound(f"team {self.id}")

    async def _write(self, wanted: Description) -> None:
        try:
            async with database.savepoint():
                await self.change(
                    name=wanted.name, name_key=fold(wanted.name)[:160], about=wanted.about, hue=wanted.hue,
                    open_at=(self.open_at or clock.now()) if wanted.is_open else None,
                )
        except database.UniqueViolation:
            raise NameTaken(_("There is a team of this name already.")) from None
        await self._index()
        announce("teams.changed", self.org_id)

    async def _take_in(self, account_ids: Collection[int], leads_at: int | None = None) -> list[int]:
        added: list[int] = []
        for account_id in dict.fromkeys(account_ids):
            rows = await database.execute(
                "INSERT INTO team_member (id, team_id, account_id, joined_at, leads_at) SELECT $1, $2, w.account_id, $3, $4 FROM membership w"
                " WHERE w.org_id = $5 AND w.account_id = $6 AND w.ended_at IS NULL AND w.role IN ('legal', 'admin', 'user')"
                " ON CONFLICT (team_id, account_id) DO NOTHING RETURNING account_id",
                new_id(), self.id, clock.now(), leads_at, self.org_id, account_id,
            )
            added += [row["account_id"] for row in rows]
        announce("teams.changed", self.org_id, added)
        return added

    async def _leave(self, viewer: Viewer, command: Command, account_id: int) -> None:
        gone = await self._let_go(account_id)
        if gone is None:
            raise NotFound(f"member {account_id}")
        names = await _names([account_id])
        await audit.record("team.remove", self.name, viewer=viewer, concerns=account_id, person=names[0])
        command.done(self.id, what=f"{self.name}: {names[0]}", url=self.url, inverse={"team": self.id, "person": account_id, "leads_at": gone["leads_at"]})

    async def _let_go(self, account_id: int) -> dict[str, Any] | None:
        rows = await database.execute("DELETE FROM team_member WHERE team_id = $1 AND account_id = $2 RETURNING leads_at", self.id, account_id)
        announce("teams.changed", self.org_id, [account_id])
        return rows[0] if rows else None

    async def _set_lead(self, account_id: int, leads_at: int | None) -> None:
        rows = await database.execute(
            "UPDATE team_member SET leads_at = $1 WHERE team_id = $2 AND account_id = $3 RETURNING id", leads_at, self.id, account_id
        )
        if not rows:
            raise NotFound(f"member {account_id}")
        announce("teams.changed", self.org_id, [account_id])

    async def _promote(self, account_id: int) -> bool:
        """Let a member lead it; whether they didn't before."""
        rows = await database.execute(
            "UPDATE team_member SET leads_at = $1 WHERE team_id = $2 AND account_id = $3 AND leads_at IS NULL RETURNING id",
            clock.now(), self.id, account_id,
        )
        return bool(rows)

    async def _put_away(self, deleted_at: int | None) -> None:
        try:
            async with database.savepoint():
                await self.change(deleted_at=deleted_at)
        except database.UniqueViolation:
            raise NameTaken(_("There is a team of this name already.")) from None
        await self._index()
        announce("teams.changed", self.org_id)

    async def _index(self) -> None:
        if self.deleted_at is None:
            await SearchEntry.put(TEAM, self.id, self.org_id, self.org_id, self.name, self.about, self.created_at)
        else:
            await SearchEntry.remove(TEAM, self.id)


class TeamMember(Row):
    """Somebody in a team."""

    team_id = ForeignKey(Team)
    account_id = ForeignKey(Account)
    joined_at = BigInt(default=0)
    leads_at = BigInt(null=True, default=None, help_text="Since when they lead it; null: they don't.")


async def teams_of(org_id: int, account_id: int | None = None) -> list[dict[str, Any]]:
    """The teams of an organisation by name, as dicts with id, name, about, hue, open_at and `members`, how many are in them.

    With `account_id` also `mine` and `leads`: whether that person is in each and leads it.
    """
    rows = await database.fetch(
        f"SELECT t.id, t.name, t.about, t.hue, t.open_at, COALESCE(n.members, 0) AS members, m.id AS mine, m.leads_at AS leads FROM team t"
        " LEFT JOIN (SELECT t.team_id, COUNT(*) AS members FROM team_member t JOIN account a ON a.id = t.account_id"
        f" JOIN membership w ON w.account_id = a.id AND w.org_id = $1 WHERE {_PRESENT} GROUP BY t.team_id) n ON n.team_id = t.id"
        " LEFT JOIN team_member m ON m.team_id = t.id AND m.account_id = $2 WHERE t.org_id = $1 AND t.deleted_at IS NULL ORDER BY t.name_key, t.id",
        org_id, account_id or 0,
    )
    return [{**row, "mine": row["mine"] is not None, "leads": row["leads"] is not None} for row in rows]


async def team_names(org_id: int) -> list[dict[str, Any]]:
    """The teams of an organisation by name, as dicts with id, name and hue: to choose from."""
    return await database.fetch("SELECT id, name, hue FROM team WHERE org_id = $1 AND deleted_at IS NULL ORDER BY name_key, id", org_id)


async def teams_by_person(org_id: int, account_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """The teams of each of these people: dicts with id, name, hue and leads_at, by name."""
    if not account_ids:
        return {}
    found: dict[int, list[dict[str, Any]]] = {}
    rows = await database.fetch(
        "SELECT m.account_id, t.id, t.name, t.hue, m.leads_at FROM team_member m JOIN team t ON t.id = m.team_id"
        f" WHERE t.org_id = $1 AND t.deleted_at IS NULL AND m.account_id IN ({', '.join(f'${n + 2}' for n in range(len(account_ids)))})"
        " ORDER BY t.name_key, t.id",
        org_id, *account_ids,
    )
    for row in rows:
        found.setdefault(row["account_id"], []).append(row)
    return found


async def set_teams(viewer: Viewer, account_id: int, team_ids: Collection[int]) -> Command:
    """Put a member into these teams and out of all others, as an administrator. Raises `NotFound`, `Refused` for guests (GUEST-19)."""
    if not viewer.is_admin:
        raise NotFound("administration")
    async with Command.once(viewer, "team.set") as command:
        before = {row["id"]: row["leads_at"] for row in (await teams_by_person(viewer.org_id, [account_id])).get(account_id, [])}
        wanted = {id_: await Team.seen_by(viewer, id_) for id_ in dict.fromkeys(team_ids)}
        for team_id, team in wanted.items():
            if team_id not in before and not await team._take_in([account_id]):
                raise Refused(_("Guests and people who are disabled can’t be put into teams."))
        for team_id in before.keys() - wanted.keys():
            await (await Team.seen_by(viewer, team_id))._let_go(account_id)
        name = (await _names([account_id]))[0]
        await audit.record("team.set", name, viewer=viewer, concerns=account_id, teams=[team.name for team in wanted.values()])
        command.done(what=name, url=f"/manager/people/{account_id}", inverse={"person": account_id, "before": [[id_, at] for id_, at in before.items()]})
    return command


async def _insert(viewer: Viewer, wanted: Description) -> Team:
    now = clock.now()
    try:
        async with database.savepoint():
            team = await Team.insert_new(
                org_id=viewer.org_id, name=wanted.name, name_key=fold(wanted.name)[:160], about=wanted.about, hue=wanted.hue,
                open_at=now if wanted.is_open else None, created_at=now, deleted_at=None,
            )
    except database.UniqueViolation:
        raise NameTaken(_("There is a team of this name already.")) from None
    await team._index()
    return team


async def _names(account_ids: Collection[int]) -> list[str]:
    names = []
    for account_id in list(account_ids)[:50]:
        account = await Account.find(account_id)
        names += [account.name] if account else []
    return names or [""]


def _named(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "name": full_name(row)}


def _plain(described: Description) -> dict[str, Any]:
    return {"name": described.name, "about": described.about, "hue": described.hue, "is_open": described.is_open}


# -- taking back


async def _mine(viewer: Viewer, inverse: dict[str, Any], *, deleted: bool = False) -> Team:
    """The team of an inverse, if this person may still change it."""
    if not deleted:
        return await Team.seen_by(viewer, inverse["team"])
    team = await Team.get(inverse["team"])
    if team.org_id != viewer.org_id or not viewer.is_admin:
        raise Refused(_("This can’t be undone any more."))
    return team


def _check_still(viewer: Viewer, team: Team) -> None:
    if not team.can_edit(viewer):
        raise Refused(_("You may no longer change this team."))


@undoes("team.create")
async def _uncreate(viewer: Viewer, inverse: dict[str, Any]) -> None:
    team = await _mine(viewer, inverse)
    _check_still(viewer, team)
    await team._put_away(clock.now())
    await audit.record("team.delete", team.name, viewer=viewer)


@undoes("team.delete")
async def _undelete(viewer: Viewer, inverse: dict[str, Any]) -> None:
    team = await _mine(viewer, inverse, deleted=True)
    await team._put_away(None)
    await audit.record("team.create", team.name, viewer=viewer)


@undoes("team.edit")
async def _describe_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    team = await _mine(viewer, inverse)
    _check_still(viewer, team)
    await team._write(Description(**inverse["before"]))
    await audit.record("team.edit", team.name, viewer=viewer, after=team.name)


@undoes("team.add")
async def _take_out(viewer: Viewer, inverse: dict[str, Any]) -> None:
    team = await _mine(viewer, inverse)
    _check_still(viewer, team)
    for account_id in inverse["people"]:
        await team._let_go(account_id)
    await audit.record("team.remove", team.name, viewer=viewer, people=await _names(inverse["people"]))


@undoes("team.set")
async def _set_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    if not viewer.is_admin:
        raise Refused(_("You are no longer an administrator, so nothing was changed."))
    account_id, before = inverse["person"], dict(inverse["before"])
    for row in (await teams_by_person(viewer.org_id, [account_id])).get(account_id, []):
        if row["id"] not in before:
            await (await Team.get(row["id"]))._let_go(account_id)
    for team_id, leads_at in before.items():
        team = await Team.get(team_id)
        if team.org_id == viewer.org_id and team.deleted_at is None:
            await team._take_in([account_id], leads_at)
    await audit.record("team.set", (await _names([account_id]))[0], viewer=viewer, concerns=account_id)


@undoes("team.join")
async def _unjoin(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await (await _mine(viewer, inverse))._let_go(viewer.account_id)


@undoes("team.remove")
async def _bring_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    team = await _mine(viewer, inverse)
    if inverse["person"] != viewer.account_id:  # who left by themselves may come back as they were
        _check_still(viewer, team)
    await team._take_in([inverse["person"]], inverse["leads_at"])
    await audit.record("team.add", team.name, viewer=viewer, concerns=inverse["person"], people=await _names([inverse["person"]]))


@undoes("team.lead")
async def _lead_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    team = await _mine(viewer, inverse)
    _check_still(viewer, team)
    await team._set_lead(inverse["person"], clock.now() if inverse["leads"] else None)


# -- leaving the organisation


@on_departure
async def teams(viewer: Viewer, member: Membership, heir_id: int | None) -> dict[str, Any]:
    """They leave their teams; the heir leads those that they led."""
    places = await _places_of(member)
    taken, promoted = list[int](), list[int]()
    for place in places:
        team = await Team.get(place["team_id"])
        await team._let_go(member.account_id)
        if heir_id is None or place["leads_at"] is None:
            continue
        if await team._take_in([heir_id], clock.now()):
            taken.append(team.id)
        elif await team._promote(heir_id):
            promoted.append(team.id)
    return {
        "account": member.account_id, "heir": heir_id, "taken": taken, "promoted": promoted,
        "places": [[place["team_id"], place["leads_at"]] for place in places],
    }


@teams.undo
async def _teams_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for team_id in inverse["taken"]:
        await (await Team.get(team_id))._let_go(inverse["heir"])
    for team_id in inverse["promoted"]:
        await database.execute("UPDATE team_member SET leads_at = NULL WHERE team_id = $1 AND account_id = $2", team_id, inverse["heir"])
    for team_id, leads_at in inverse["places"]:
        team = await Team.get(team_id)
        if team.deleted_at is None:
            await team._take_in([inverse["account"]], leads_at)


@teams.owned
async def _teams_led(member: Membership) -> list[str]:
    led = [place["name"] for place in await _places_of(member) if place["leads_at"] is not None]
    said = ngettext("Leads %(count)s team: %(names)s", "Leads %(count)s teams: %(names)s", len(led))
    return [said % {"count": len(led), "names": ", ".join(led[:5]) + (" …" if len(led) > 5 else "")}] if led else []


async def _places_of(member: Membership) -> list[dict[str, Any]]:
    return await database.fetch(
        "SELECT m.team_id, m.leads_at, t.name FROM team_member m JOIN team t ON t.id = m.team_id"
        " WHERE t.org_id = $1 AND t.deleted_at IS NULL AND m.account_id = $2 ORDER BY t.name_key", member.org_id, member.account_id,
    )


# -- listening and finding


@live.topic("teams")
async def _may_listen(viewer: Viewer, org_id: int) -> bool:
    return viewer.org_id == org_id and not viewer.is_external


@scopes_of(TEAM)
async def _scopes(viewer: Viewer) -> Collection[int]:
    return () if viewer.is_external else (viewer.org_id,)


@texts_of(TEAM, "SELECT id FROM team WHERE deleted_at IS NULL")
async def _texts() -> AsyncIterator[Indexed]:
    for row in await database.fetch("SELECT id, org_id, name, about, created_at FROM team WHERE deleted_at IS NULL"):
        yield Indexed(row["id"], row["org_id"], row["org_id"], row["name"], row["about"], row["created_at"])
