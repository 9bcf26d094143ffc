"""The people of an organisation as its administrators look through them: thousands, a piece at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, replace
from typing import Any, Self

from app import database, live
from app.lib.numbers import whole
from app.lib.searching import words
from app.models.base import NotFound
from app.models.departure import owned_by
from app.models.organisation import BOT, EXTERNAL, LEVELS, PRODUCTS, Membership
from app.models.team import teams_by_person
from app.models.viewer import Viewer

PIECE = 50
MEMBERS, GUESTS, DISABLED = "members", "guests", "disabled"
STATES = (MEMBERS, GUESTS, DISABLED)
_LISTED = "m.role <> 'bot' AND (m.ended_at IS NULL OR m.disabled_at IS NOT NULL)"
_COLUMNS = """
m.id AS membership_id, m.org_id, m.role, m.title, m.created_at, m.disabled_at, m.seen_at, m.sort_name, a.id, a.email, a.given_name, a.family_name,
a.phone, a.avatar, a.disabled_at AS account_disabled_at
"""
_FROM = "FROM membership m JOIN account a ON a.id = m.account_id"
_SORTS = {
    "name": ("sort_name", "ASC"), "-name": ("sort_name", "DESC"), "seen": ("seen_at", "ASC"), "-seen": ("seen_at", "DESC"),
    "joined": ("created_at", "ASC"), "-joined": ("created_at", "DESC"),
}
SORTS = tuple(_SORTS)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a list shows. `right` is such as chat.manage, `state` one of STATES, `sort` one of SORTS; empty for any."""

    search: str = ""
    role: str = ""
    team: int = 0
    right: str = ""
    state: str = ""
    sort: str = "name"

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves anybody out."""
        return bool(self.search or self.role or self.team or self.right or self.state)


@dataclass(frozen=True, slots=True)
class Place:
    """A team that somebody is in, and since when they lead it."""

    id: int
    name: str
    hue: int
    leads_at: int | None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a list of people. `rights` are such as chat.use."""

    membership_id: int
    org_id: int
    role: str
    title: str
    created_at: int
    disabled_at: int | None
    seen_at: int
    sort_name: str
    id: int
    email: str
    given_name: str
    family_name: str
    phone: str
    avatar: str
    account_disabled_at: int | None
    rights: frozenset[str] = frozenset()
    teams: tuple[Place, ...] = ()

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def url(self) -> str:
        """The address of their page."""
        return f"/manager/people/{self.id}"

    @property
    def is_guest(self) -> bool:
        """Whether they are a guest of the organisation."""
        return self.role == EXTERNAL

    @property
    def is_account_disabled(self) -> bool:
        """Whether whoever runs the server shut the whole account out."""
        return self.account_disabled_at is not None

    @property
    def is_disabled(self) -> bool:
        """Whether they can't get in for now."""
        return self.disabled_at is not None or self.is_account_disabled

    def may(self, product: str, level: str) -> bool:
        """Whether they use or manage a product."""
        return f"{product}.{level}" in self.rights

    def key(self, sort: str) -> str:
        """Where they stand in a list that is sorted so: what comes after it is the next piece."""
        return f"{getattr(self, _SORTS[sort][0])}~{self.membership_id}"

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """From `_COLUMNS`."""
        return cls(**row)


@dataclass(slots=True)
class Counts:
    """How many there are of each. `users` take a place of the plan: members who aren't disabled; `externals` are guests who aren't."""

    users: int = 0
    externals: int = 0
    members: int = 0
    guests: int = 0
    disabled: int = 0

    @property
    def everybody(self) -> int:
        """All who are listed."""
        return self.members + self.guests


async def list_people(org_id: int, wanted: Wanted, after: str = "", most: int = PIECE) -> tuple[list[Member], str]:
    """A piece of the list behind the place `after`, and the place where the next one begins ("" at the end)."""
    sort = wanted.sort if wanted.sort in _SORTS else "name"
    where, arguments = _conditions(org_id, wanted)
    column, direction = _SORTS[sort]
    if place := _place(column, after):
        sign = ">" if direction == "ASC" else "<"
        where.append(f"(m.{column}, m.id) {sign} (${len(arguments) + 1}, ${len(arguments) + 2})")
        arguments += place
    rows = await database.fetch(
        f"SELECT {_COLUMNS} {_FROM} WHERE {' AND '.join(where)} ORDER BY m.{column} {direction}, m.id {direction} LIMIT ${len(arguments) + 1}",
        *arguments, most + 1,
    )
    people = await _completed(org_id, [Member.from_row(row) for row in rows[:most]])
    return people, people[-1].key(sort) if len(rows) > most else ""


async def all_people(org_id: int, wanted: Wanted, piece: int = 500) -> AsyncIterator[list[Member]]:
    """The whole list, piece by piece: for exports, in constant memory."""
    after = ""
    while True:
        people, after = await list_people(org_id, wanted, after, piece)
        yield people
        if not after:
            return


async def count_people(org_id: int) -> Counts:
    """How many people an organisation has, and of which kind."""
    rows = await database.fetch(
        "SELECT role, SUM(CASE WHEN ended_at IS NULL THEN 1 ELSE 0 END) AS people, SUM(CASE WHEN disabled_at IS NULL THEN 0 ELSE 1 END) AS disabled"
        " FROM membership WHERE org_id = $1 GROUP BY role", org_id,
    )
    counts = Counts()
    for row in rows:
        people, disabled = int(row["people"]), int(row["disabled"])
        if row["role"] == EXTERNAL:
            counts.externals, counts.guests = people, people + disabled
        elif row["role"] != BOT:
            counts.users += people
            counts.members += people + disabled
        counts.disabled += disabled
    return counts


async def find_member(viewer: Viewer, account_id: int) -> Member:
    """Somebody of the viewer's organisation, disabled or not. Raises `NotFound`."""
    row = await database.fetch_one(f"SELECT {_COLUMNS} {_FROM} WHERE m.org_id = $1 AND {_LISTED} AND a.id = $2", viewer.org_id, account_id)
    if row is None:
        raise NotFound(f"member {account_id}")
    (member,) = await _completed(viewer.org_id, [Member.from_row(row)])
    return member


async def count_sessions(member: Member) -> int:
    """In how many browsers somebody is signed in to this organisation."""
    return int(await database.fetch_value("SELECT COUNT(*) FROM session WHERE membership_id = $1", member.membership_id))


async def what_is_left_by(member: Member) -> list[str]:
    """What somebody would leave behind, in sentences."""
    return await owned_by(await Membership.get(member.membership_id))


def _conditions(org_id: int, wanted: Wanted) -> tuple[list[str], list[Any]]:
    where, arguments = ["m.org_id = $1", _LISTED], [org_id]

    def also(condition: str, *values: Any) -> None:
        where.append(condition.format(*(f"${len(arguments) + n}" for n in range(1, len(values) + 1))))
        arguments.extend(values)

    for word in words(wanted.search)[:6]:
        also("m.words LIKE {}", f"%{word}%")
    if wanted.role:
        also("m.role = {}", wanted.role)
    if wanted.team:
        also("m.account_id IN (SELECT t.account_id FROM team_member t WHERE t.team_id = {})", wanted.team)
    product, _dot, level = wanted.right.partition(".")
    if product in PRODUCTS and level in LEVELS:
        also("EXISTS (SELECT 1 FROM product_right r WHERE r.membership_id = m.id AND r.product = {} AND r.level = {})", product, level)
    if wanted.state == DISABLED:
        where.append("(m.disabled_at IS NOT NULL OR a.disabled_at IS NOT NULL)")
    elif wanted.state in (MEMBERS, GUESTS):
        where.append("m.role = 'external'" if wanted.state == GUESTS else "m.role <> 'external'")
    return where, arguments


def _place(column: str, after: str) -> tuple[str | int, int] | None:
    """The place that a cursor names; None for none, or for one that nobody made."""
    value, _tilde, id_ = after.rpartition("~")
    first, second = value if column == "sort_name" else whole(value), whole(id_)
    return None if first is None or second is None else (first, second)


async def _completed(org_id: int, people: Collection[Member]) -> list[Member]:
    """The same with rights and teams."""
    if not people:
        return []
    marks = database.marks(people)
    rights: dict[int, set[str]] = {}
    for row in await database.fetch(
        f"SELECT membership_id, product, level FROM product_right WHERE membership_id IN ({marks})", *(member.membership_id for member in people)
    ):
        rights.setdefault(row["membership_id"], set()).add(f"{row['product']}.{row['level']}")
    teams = await teams_by_person(org_id, [member.id for member in people])
    return [replace(
        member, rights=frozenset(rights.get(member.membership_id, ())),
        teams=tuple(Place(team["id"], team["name"], team["hue"], team["leads_at"]) for team in teams.get(member.id, ())),
    ) for member in people]


@live.topic("members")
async def _may_listen(viewer: Viewer, org_id: int) -> bool:
    return viewer.org_id == org_id and viewer.is_admin
