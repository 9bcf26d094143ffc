"""The directory of each organisation that somebody belongs to: its members as cards, never its guests (DIR-01 to DIR-13).

It is no address book: nothing of it is stored, so it is always in step with the members. It is searched and looked at a card at a time;
nothing here gives all of its cards away (CONT-04).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Self

from app import database
from app.lib.i18n import _
from app.lib.numbers import whole
from app.lib.searching import words
from app.lib.vcard import escape, write_line
from app.models.base import NotFound
from app.models.viewer import Viewer

PIECE = 100
MOST_ANSWERS = 100  # cards that one search gives
_INTERNAL = "m.ended_at IS NULL AND m.role IN ('legal', 'admin', 'user') AND a.disabled_at IS NULL"
_PEOPLE = f"""
SELECT m.id, m.org_id, m.account_id, m.title, m.sort_name, m.created_at, o.name AS org_name, a.given_name, a.family_name, a.email, a.phone, a.pronouns, a.avatar
  FROM membership m JOIN account a ON a.id = m.account_id JOIN organisation o ON o.id = m.org_id
 WHERE {_INTERNAL}
"""


@dataclass(slots=True)
class Person:
    """A member as their colleagues see them. `id` is that of the membership; nobody edits it on their behalf (DIR-10)."""

    id: int
    org_id: int
    account_id: int
    title: str
    sort_name: str
    created_at: int
    org_name: str
    given_name: str
    family_name: str
    email: str
    phone: str
    pronouns: str
    avatar: str
    teams: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def url(self) -> str:
        """Where their card is shown."""
        return f"/contacts/people/{self.id}"

    @property
    def href(self) -> str:
        """The segment of their card's address for DAV clients."""
        return f"{self.id}.vcf"

    @property
    def vcard(self) -> str:
        """Their card, vCard 3.0."""
        return self.card()

    @property
    def etag(self) -> str:
        """It changes with the card."""
        return hashlib.sha256(self.vcard.encode()).hexdigest()[:32]

    def card(self, photo: bytes | None = None) -> str:
        """Their card, vCard 3.0, with a JPEG as photo."""
        lines = [
            write_line("BEGIN", "VCARD"), write_line("VERSION", "3.0"), write_line("UID", f"chalet-{self.org_id}-{self.account_id}"),
            write_line("FN", escape(self.name)), write_line("N", f"{escape(self.family_name)};{escape(self.given_name)};;;"),
            write_line("ORG", escape(self.org_name)), write_line("EMAIL", escape(self.email), [("TYPE", ["internet", "work"])]),
        ]
        lines += [write_line("TITLE", escape(self.title))] if self.title else []
        lines += [write_line("TEL", escape(self.phone), [("TYPE", ["work", "voice"])])] if self.phone else []
        lines += [write_line("PRONOUNS", escape(self.pronouns))] if self.pronouns else []
        lines += [write_line("CATEGORIES", ",".join(escape(team) for team in self.teams))] if self.teams else []
        lines += [write_line("PHOTO", base64.b64encode(photo).decode(), [("ENCODING", ["b"]), ("TYPE", ["JPEG"])])] if photo else []
        return "".join(line.raw for line in [*lines, write_line("END", "VCARD")])


@dataclass(frozen=True, slots=True)
class Directory:
    """One organisation's directory, for somebody who belongs to it."""

    org_id: int
    org_name: str

    @property
    def name(self) -> str:
        """What it is called (DIR-03)."""
        return _("Directory of %(organisation)s") % {"organisation": self.org_name}

    @property
    def url(self) -> str:
        """Its address."""
        return f"/contacts/directories/{self.org_id}"

    @property
    def segment(self) -> str:
        """The segment of its address for DAV clients."""
        return f"directory-{self.org_id}"

    @classmethod
    async def all_for(cls, account_id: int) -> list[Self]:
        """The directories that somebody sees: one for each organisation in which they are no guest (DIR-05)."""
        rows = await database.fetch(
            "SELECT o.id, o.name FROM membership m JOIN account a ON a.id = m.account_id JOIN organisation o ON o.id = m.org_id"
            f" WHERE m.account_id = $1 AND {_INTERNAL} AND EXISTS (SELECT 1 FROM product_right p WHERE p.membership_id = m.id"
            " AND p.product = 'contacts' AND p.level = 'use') ORDER BY o.name, o.id", account_id,
        )
        return [cls(row["id"], row["name"]) for row in rows]

    @classmethod
    async def seen_by(cls, account_id: int, org_id: int) -> Self:
        """The directory of an organisation that somebody belongs to. Raises `NotFound`, for guests too (DIR-13)."""
        for one in await cls.all_for(account_id):
            if one.org_id == org_id:
                return one
        raise NotFound(f"directory {org_id}")

    async def people(self, typed: str = "", team_id: int = 0, after: tuple[str, int] | None = None, most: int = PIECE) -> list[Person]:
        """Members by name, those whose name, address or title has what was typed, of a team, after a place (sort_name, id)."""
        conditions, arguments = "", list[Any]([self.org_id, most])
        for word in words(typed)[:6]:
            arguments.append(f"%{word}%")
            conditions += f" AND m.words LIKE ${len(arguments)}"
        if team_id:
            arguments.append(team_id)
            conditions += f" AND m.account_id IN (SELECT t.account_id FROM team_member t WHERE t.team_id = ${len(arguments)})"
        if after:
            arguments += [*after]
            conditions += f" AND (m.sort_name, m.id) > (${len(arguments) - 1}, ${len(arguments)})"
        rows = await database.fetch(f"{_PEOPLE} AND m.org_id = $1{conditions} ORDER BY m.sort_name, m.id LIMIT $2", *arguments)
        return await _with_teams([Person(**row) for row in rows])

    async def search(self, typed: str, most: int = 50) -> list[Person]:
        """Members whose name, address or title has these words; at most `MOST_ANSWERS`, and nobody without words."""
        return await self.people(typed, most=min(most, MOST_ANSWERS)) if words(typed) else []

    async def person(self, membership_id: int) -> Person:
        """One member. Raises `NotFound`."""
        row = await database.fetch_one(f"{_PEOPLE} AND m.org_id = $1 AND m.id = $2", self.org_id, membership_id)
        if row is None:
            raise NotFound(f"person {membership_id}")
        [found] = await _with_teams([Person(**row)])
        return found

    async def contact(self, href: str) -> Person:
        """The member at the segment of an address. Raises `NotFound`."""
        if (id_ := whole(href.removesuffix(".vcf"))) is None:
            raise NotFound(f"card {href}")
        return await self.person(id_)

    async def count(self) -> int:
        """How many members it has."""
        sql = f"SELECT COUNT(*) FROM membership m JOIN account a ON a.id = m.account_id WHERE {_INTERNAL} AND m.org_id = $1"
        return int(await database.fetch_value(sql, self.org_id))

    async def teams(self) -> list[dict[str, Any]]:
        """Its teams, which are the groups of the directory: dicts with id, name, hue."""
        return await database.fetch("SELECT id, name, hue FROM team WHERE org_id = $1 AND deleted_at IS NULL ORDER BY name_key, id", self.org_id)


async def person_seen_by(viewer: Viewer, membership_id: int) -> Person:
    """A member of any organisation whose directory the viewer sees. Raises `NotFound`."""
    org_id = await database.fetch_value("SELECT org_id FROM membership WHERE id = $1", membership_id)
    if viewer.is_external or org_id is None:
        raise NotFound(f"person {membership_id}")
    return await (await Directory.seen_by(viewer.account_id, org_id)).person(membership_id)


async def people_by_id(account_id: int, ids: Collection[int]) -> list[Person]:
    """Those of these memberships whom somebody sees in a directory."""
    if not ids:
        return []
    orgs = [one.org_id for one in await Directory.all_for(account_id)]
    if not orgs:
        return []
    rows = await database.fetch(
        f"{_PEOPLE} AND m.id IN ({database.marks(ids)}) AND m.org_id IN ({database.marks(orgs, len(ids) + 1)}) ORDER BY m.sort_name, m.id", *ids, *orgs
    )
    return [Person(**row) for row in rows]


async def _with_teams(people: list[Person]) -> list[Person]:
    if people:
        accounts = {one.account_id: one for one in people}
        for row in await database.fetch(
            "SELECT tm.account_id, t.name FROM team_member tm JOIN team t ON t.id = tm.team_id"
            f" WHERE t.org_id = $1 AND t.deleted_at IS NULL AND tm.account_id IN ({database.marks(accounts, 2)}) ORDER BY t.name_key",
            people[0].org_id, *accounts,
        ):
            accounts[row["account_id"]].teams.append(row["name"])
    return people
