"""Whatever is done with a tree: finding a node, listing, search, zips, WebDAV's walk and “who can see this?” agree about who may see it."""

from __future__ import annotations

import contextlib
import random

import pytest

from app import database
from app.models.base import NotFound, Refused
from app.models.command import Command
from app.models.drive import Found, copying, create_drive, find_node, list_all, move, purge, remove, restore, share
from app.models.drive.copying import copy_all
from app.models.drive.finding import child_of
from app.models.drive.history import turn_back
from app.models.drive.reasons import level_of_account
from app.models.drive.rights import grants_at, inherit, unshare
from app.models.drive.tables import Node
from app.models.drive.zipping import entries
from app.models.search import visible_scopes
from app.models.team import Description, Team
from tests.drive import file, folder, home
from tests.people import People, Person

pytestmark = pytest.mark.anyio


class Garden:
    """A tree in which several people do what comes to their minds."""

    def __init__(self, people: People, team: Team, seed: int) -> None:
        self.people, self.team, self.dice = people, team, random.Random(seed)
        self.somebody = [people.anna, people.beat, people.chiara, people.david]
        self.made = 0

    async def step(self) -> None:
        """One deed, which may be refused."""
        who, deed = self.dice.choice(self.somebody), self.dice.choice(
            [*[self.grow] * 4, *[self.share] * 2, self.unshare, self.inherit, *[self.move] * 4, self.copy, self.throw, *[self.fetch] * 2, self.purge, self.undo, self.turn]
        )
        with contextlib.suppress(NotFound, Refused):
            await deed(who)

    async def node(self, who: Person, *, is_file: int | None = None, trashed: bool = False) -> Found:
        """Some node that this person may use."""
        rows = await database.fetch("SELECT id FROM node WHERE (CAST($1 AS BIGINT) IS NULL OR is_file = $1) ORDER BY id", is_file)
        for row in self.dice.sample(rows, len(rows)):
            with contextlib.suppress(NotFound):
                found = await find_node(who.viewer, row["id"], self.dice.choice((1, 3)), trashed=trashed)
                if found.is_trashed or not trashed:
                    return found
        raise NotFound("node")

    async def grow(self, who: Person) -> None:
        self.made += 1
        parent = await self.node(who, is_file=0)
        await (folder(who, f"f{self.made}", parent) if self.dice.random() < 0.5 else file(who, f"n{self.made}.txt", b"%d" % self.made, parent))

    async def share(self, who: Person) -> None:
        found, level = await self.node(who), self.dice.choice((1, 2, 3, 4))
        if found.can_manage:
            kind, id_ = self.dice.choice([("account", one.id) for one in self.somebody] + [("team", self.team.id), ("everyone", 0), ("account", self.people.gina.id)])
            await share(who.viewer, found.node, kind, id_, level)

    async def unshare(self, who: Person) -> None:
        found = await self.node(who)
        grants = await grants_at(found.node.id)
        if found.can_manage and grants:
            await unshare(who.viewer, found.node, self.dice.choice(grants)["id"])

    async def inherit(self, who: Person) -> None:
        found = await self.node(who)
        if found.can_manage and found.node.parent_id:
            await inherit(who.viewer, found.node, bool(found.node.has_own_rights))

    async def move(self, who: Person) -> None:
        await move(who.viewer, [(await self.node(who)).node.id for _one in range(self.dice.choice((1, 1, 3)))], await self.node(who, is_file=0))

    async def copy(self, who: Person) -> None:
        if await database.fetch_value("SELECT COUNT(*) AS n FROM node") < 80:
            await copy_all(who.viewer, [(await self.node(who)).node.id], await self.node(who, is_file=0))

    async def throw(self, who: Person) -> None:
        await remove(who.viewer, [(await self.node(who)).node.id])

    async def fetch(self, who: Person) -> None:
        await restore(who.viewer, [(await self.node(who, trashed=True)).node.id])

    async def purge(self, who: Person) -> None:
        if self.dice.random() < 0.3:
            await purge(who.viewer, [(await self.node(who, trashed=True)).node.id])

    async def undo(self, who: Person) -> None:
        if commands := [one for one in await Command.recent(who.viewer) if one.is_undoable]:
            await self.dice.choice(commands[:10]).undo(who.viewer)

    async def turn(self, who: Person) -> None:
        at = await database.fetch_value("SELECT at FROM node_event ORDER BY id DESC LIMIT 1 OFFSET $1", self.dice.randrange(30))
        if at is not None:
            await turn_back(who.viewer, await self.node(who, is_file=0), at)


async def seen_by(who: Person, roots: list[int], nodes: list[Node]) -> None:
    """All ways of asking give the same answer."""
    scopes = (await visible_scopes(who.viewer, ["file"])).get("file", set())
    found: dict[int, Found] = {}
    for node in nodes:
        with contextlib.suppress(NotFound):
            found[node.id] = await find_node(who.viewer, node.id)
    for node in nodes:
        scope = await database.fetch_value("SELECT scope FROM search_entry WHERE kind = 'file' AND subject_id = $1", node.id)
        assert (scope in scopes) == (node.id in found and node.parent_id is not None), ("search", who.account.email, node.id, scope)
        try:
            level = (await find_node(who.viewer, node.id, 0)).level
        except NotFound:
            continue
        assert await level_of_account(who.id, node) == level, ("why", who.account.email, node.id)
    for one in found.values():
        if one.node.is_file:
            continue
        children = {node.id for node in nodes if node.parent_id == one.node.id}
        listed = {item.node.id: item.level async for item in list_all(who.viewer, one)}
        assert listed == {id_: found[id_].level for id_ in children & found.keys()}, ("list", who.account.email, one.node.id)
        for id_ in listed:
            assert (await child_of(who.viewer, one, found[id_].node.name)).level == listed[id_]
        files = [entry.size async for entry in entries(who.viewer, [one]) if entry.hash]
        below = {id_ for id_, other in found.items() if other.node.is_file and await is_below(other.node, one.node.id, found)}
        assert len(files) == len(below), ("zip", who.account.email, one.node.id)


async def is_below(node: Node, folder_id: int, found: dict[int, Found]) -> bool:
    """Whether it is reached from a folder through folders that may be seen."""
    parent_id = node.parent_id
    while parent_id in found:
        if parent_id == folder_id:
            return True
        parent_id = found[parent_id].node.parent_id
    return False


@pytest.mark.parametrize("seed", [1, 2])
async def test_all_ways_of_asking_agree(people: People, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "LARGE", 3 if seed == 2 else copying.LARGE)
    team = await Team.create(people.anna.viewer, Description("Design"), [people.chiara.id, people.david.id])
    await people.gina.membership.grant("drive", "use")
    people.gina.viewer.clear_cache()
    garden = Garden(people, team, seed)
    for person in garden.somebody:
        await home(person)
    await create_drive(people.anna.viewer, "shared", "Company")
    for number in range(160):
        await garden.step()
        if number % 20 == 19:
            nodes = [Node.from_row(row) for row in await database.fetch("SELECT * FROM node ORDER BY id")]
            for person in (*garden.somebody, people.erik):
                await seen_by(person, [], nodes)
            counted = await database.fetch("SELECT account_id, SUM(size) AS size FROM blob_use WHERE kind = 'drive' GROUP BY account_id")
            owners = await database.fetch(
                "SELECT d.owner_id AS account_id, SUM(v.size) AS size FROM node_version v JOIN node n ON n.id = v.node_id JOIN drive d ON d.id = n.drive_id GROUP BY d.owner_id"
            )
            assert sorted(map(str, counted)) == sorted(map(str, owners)), "each file is charged to whose drive it lies in"
            assert await database.fetch("SELECT n.id FROM node n JOIN node p ON p.id = n.parent_id WHERE p.drive_id <> n.drive_id") == []
