"""What people make of nodes for themselves: favourites, what they had open last, and tags, which all see."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.lib.searching import fold
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.drive.finding import find_node
from app.models.drive.listing import Item
from app.models.drive.rights import EDIT, REACHES, VIEW
from app.models.drive.tables import COLUMNS, Node, node_from
from app.models.viewer import Viewer

MOST_TAGS = 12
_MOST_RECENT = 100
_OF_AN_UPLOAD = 5  # of its files are among the recent ones
_MARKED = f"SELECT {COLUMNS}, m.at FROM {{table}} m JOIN node n ON n.id = m.node_id WHERE m.account_id = $1 AND n.org_id = $2 ORDER BY m.at DESC LIMIT $3"
_CHANGED = """
SELECT id, kind, result, created_at FROM command
 WHERE account_id = $1 AND org_id = $2 AND part_of IS NULL AND kind IN ('node.put', 'node.version', 'node.upload') ORDER BY id DESC LIMIT $3
"""
_PARTS = "SELECT result, created_at FROM command WHERE part_of = $1 AND kind <> 'node.folder' ORDER BY id DESC LIMIT $2"
_SHARED_WITH = f"""
SELECT {COLUMNS}, MAX(g.granted_at) AS at, MAX(g.granted_by) AS granted_by FROM node_grant g JOIN node n ON n.id = g.node_id JOIN drive d ON d.id = n.drive_id
 WHERE g.org_id = $1 AND (d.owner_id IS NULL OR d.owner_id <> $2) AND n.parent_id IS NOT NULL AND n.trashed_at IS NULL AND d.archived_at IS NULL
   AND g.kind <> 'everyone'
   AND (g.granted_by IS NULL OR g.granted_by <> $2) AND {REACHES.format(account="$2", is_external="$3", now="$4")} GROUP BY {COLUMNS} ORDER BY at DESC LIMIT 500
"""
_SHARED_BY = f"""
SELECT {COLUMNS}, MAX(g.granted_at) AS at FROM node_grant g JOIN node n ON n.id = g.node_id
 WHERE g.org_id = $1 AND g.granted_by = $2 AND n.parent_id IS NOT NULL AND NOT (g.kind = 'account' AND g.principal_id = $2) GROUP BY {COLUMNS}
 ORDER BY at DESC LIMIT 500
"""


async def favour(viewer: Viewer, node: Node, on: bool) -> None:
    """List it among one's favourites, or no longer."""
    if on:
        await database.execute(
            "INSERT INTO node_favourite (id, account_id, node_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, node_id) DO NOTHING",
            new_id(), viewer.account_id, node.id, clock.now(),
        )
    else:
        await database.execute("DELETE FROM node_favourite WHERE account_id = $1 AND node_id = $2", viewer.account_id, node.id)


async def visit(viewer: Viewer, node: Node) -> None:
    """Somebody has it open."""
    await database.execute(
        "INSERT INTO node_visit (id, account_id, node_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, node_id) DO UPDATE SET at = excluded.at",
        new_id(), viewer.account_id, node.id, clock.now(),
    )


async def favourites(viewer: Viewer) -> list[Item]:
    """Somebody's favourites, the newest first."""
    return await _seen(viewer, await database.fetch(_MARKED.format(table="node_favourite"), viewer.account_id, viewer.org_id, 500))


async def recent(viewer: Viewer, most: int = _MOST_RECENT) -> list[Item]:
    """What somebody had open or changed last."""
    rows = {row["id"]: row for row in await database.fetch(_MARKED.format(table="node_visit"), viewer.account_id, viewer.org_id, _MOST_RECENT)}
    changed = {row["result"]: row["created_at"] for row in reversed(await _changed(viewer, most))}
    for row in await database.fetch(
        f"SELECT {COLUMNS} FROM node n WHERE n.org_id = $1 AND n.id IN ({database.marks(changed, 2)})", viewer.org_id, *changed
    ) if changed else ():
        rows[row["id"]] = row | {"at": max(changed[row["id"]], rows.get(row["id"], {"at": 0})["at"])}
    return await _seen(viewer, sorted(rows.values(), key=lambda row: -row["at"]), most)


async def _changed(viewer: Viewer, most: int) -> list[dict[str, Any]]:
    """Id and time of the files that somebody changed last in the past 30 days, of an upload of many only its last few."""
    rows = []
    for row in await database.fetch(_CHANGED, viewer.account_id, viewer.org_id, most):
        rows += await database.fetch(_PARTS, row["id"], _OF_AN_UPLOAD) if row["kind"] == "node.upload" else [row]
        if len(rows) >= most:
            break
    return rows


async def shared_with(viewer: Viewer) -> list[Item]:
    """What others let this person use, by name or by team."""
    return await _seen(viewer, await rows_shared_with(viewer))


async def rows_shared_with(viewer: Viewer) -> list[dict[str, Any]]:
    """The same as rows of `node`, among which may be some that can't be seen now."""
    return await database.fetch(_SHARED_WITH, viewer.org_id, viewer.account_id, int(viewer.is_external), clock.now())


async def shared_by(viewer: Viewer) -> list[Item]:
    """What this person lets others use."""
    return await _seen(viewer, await database.fetch(_SHARED_BY, viewer.org_id, viewer.account_id))


async def decorate(viewer: Viewer, items: list[Item]) -> list[Item]:
    """Put what is shown beside names: favourites, tags, whether it is shared, whether there is a link and a small picture."""
    for start in range(0, len(items), 400):
        await _decorate(viewer, {item.node.id: item for item in items[start : start + 400]})
    return items


async def _decorate(viewer: Viewer, items: dict[int, Item]) -> None:
    if not items:
        return
    marks, ids = database.marks(items, 2), list(items)
    for row in await database.fetch(f"SELECT node_id FROM node_favourite WHERE account_id = $1 AND node_id IN ({marks})", viewer.account_id, *ids):
        items[row["node_id"]].is_favourite = True
    for row in await database.fetch(f"SELECT DISTINCT node_id FROM node_grant WHERE org_id = $1 AND node_id IN ({marks})", viewer.org_id, *ids):
        items[row["node_id"]].is_shared = True
    for row in await database.fetch(
        f"SELECT DISTINCT subject_id FROM public_link WHERE org_id = $1 AND kind = 'drive' AND closed_at IS NULL AND subject_id IN ({marks})",
        viewer.org_id, *ids,
    ):
        items[row["subject_id"]].has_link = True
    for row in await database.fetch(
        "SELECT t.node_id, g.id, g.name, g.hue FROM node_tag t JOIN node_tag_name g ON g.id = t.tag_id"
        f" WHERE g.org_id = $1 AND t.node_id IN ({marks}) ORDER BY g.name_key",
        viewer.org_id, *ids,
    ):
        items[row["node_id"]].tags.append(row)
    await _people_and_pictures(items)


async def _people_and_pictures(items: dict[int, Item]) -> None:
    people = {item.node.changed_by for item in items.values() if item.node.changed_by}
    known = {row["id"]: row for row in await database.fetch(
        f"SELECT id, given_name, family_name, avatar, is_bot FROM account WHERE id IN ({database.marks(people)})", *people
    )} if people else {}
    contents = {item.node.blob_id for item in items.values() if item.node.blob_id}
    made = {row["id"] for row in await database.fetch(
        f"SELECT id FROM blob_facts WHERE thumb = 'made' AND id IN ({database.marks(contents)})", *contents
    )} if contents else set()
    for item in items.values():
        item.by, item.thumb = known.get(item.node.changed_by or 0), item.node.blob_id in made


async def tags_of(org_id: int) -> list[dict[str, Any]]:
    """The tags of an organisation with how often each is used."""
    return await database.fetch(
        "SELECT g.id, g.name, g.hue, COUNT(t.id) AS used FROM node_tag_name g LEFT JOIN node_tag t ON t.tag_id = g.id WHERE g.org_id = $1"
        " GROUP BY g.id, g.name, g.hue, g.name_key ORDER BY g.name_key", org_id,
    )


async def tagged(viewer: Viewer, tag_id: int) -> list[Item]:
    """What has a tag and the viewer may see. Raises `NotFound` for a tag of another organisation."""
    if not await database.fetch_value("SELECT id FROM node_tag_name WHERE id = $1 AND org_id = $2", tag_id, viewer.org_id):
        raise NotFound(f"tag {tag_id}")
    return await _seen(viewer, await database.fetch(
        f"SELECT {COLUMNS} FROM node_tag t JOIN node n ON n.id = t.node_id WHERE t.tag_id = $1 ORDER BY n.is_file, n.sort_key LIMIT 1000", tag_id
    ))


async def set_tags(viewer: Viewer, node: Node, names: list[str]) -> Command:
    """Give a node these tags and no others; new ones come into being. Raises `Refused`."""
    wanted = list({fold(name): name for name in (" ".join(name.split())[:40] for name in names) if name}.values())
    if len(wanted) > MOST_TAGS:
        raise Refused(_("A file can have at most %(most)s tags.") % {"most": MOST_TAGS})
    async with Command.once(viewer, "node.tags") as command:
        before = [row["name"] for row in await _tags_at(node.id)]
        await _put_tags(viewer, node, wanted)
        command.done(node.id, what=node.name, url=node.url, inverse={"node": node.id, "tags": before})
    return command


async def _put_tags(viewer: Viewer, node: Node, names: list[str]) -> None:
    await database.execute("DELETE FROM node_tag WHERE node_id = $1", node.id)
    for name in names:
        key = fold(name)[:80]
        await database.execute(
            "INSERT INTO node_tag_name (id, org_id, name, name_key, hue) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (org_id, name_key) DO NOTHING",
            new_id(), viewer.org_id, name, key, sum(key.encode()) % 12 + 1,
        )
        tag_id = await database.fetch_value("SELECT id FROM node_tag_name WHERE org_id = $1 AND name_key = $2", viewer.org_id, key)
        await database.execute("INSERT INTO node_tag (id, node_id, tag_id) VALUES ($1, $2, $3)", new_id(), node.id, tag_id)
    announce("drive.folder", node.parent_id)


async def _tags_at(node_id: int) -> list[dict[str, Any]]:
    return await database.fetch("SELECT g.name FROM node_tag t JOIN node_tag_name g ON g.id = t.tag_id WHERE t.node_id = $1", node_id)


async def _seen(viewer: Viewer, rows: list[dict[str, Any]], most: int | None = None) -> list[Item]:
    """Those of these nodes that the viewer may see now, or the first of them, each with the folder that it lies in."""
    items = list[Item]()
    for row in rows:
        if len(items) == most:
            break
        try:
            found = await find_node(viewer, row["id"], VIEW)
        except NotFound:
            continue
        if found.node.parent_id is not None:
            place = found.crumbs[-1].name if found.crumbs else ""
            items.append(Item(node_from(row), found.level, place=place, at=row.get("at") or 0))
    return items


@undoes("node.tags")
async def _tags_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    found = await find_node(viewer, inverse["node"], EDIT)
    await _put_tags(viewer, found.node, inverse["tags"])
