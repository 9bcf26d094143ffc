"""What is said about a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.drive.finding import Found, find_node
from app.models.drive.rights import COMMENT, VIEW
from app.models.drive.tables import Node, NodeComment
from app.models.notifications import notify
from app.models.viewer import Viewer

MOST = 4000


async def comments_on(node_id: int) -> list[dict[str, Any]]:
    """The comments of a node, oldest first, with given_name, family_name, avatar of their authors."""
    return await database.fetch(
        "SELECT c.*, a.given_name, a.family_name, a.avatar FROM node_comment c LEFT JOIN account a ON a.id = c.author_id"
        " WHERE c.node_id = $1 AND c.deleted_at IS NULL ORDER BY c.id LIMIT 500", node_id,
    )


async def comment(viewer: Viewer, found: Found, text: str, key: str | None = None) -> int:
    """Say something about a node; whoever is named, wrote there before, or owns it is told. Raises `Refused`, `NotFound`."""
    if found.level < COMMENT:
        raise NotFound("comments")
    async with Command.once(viewer, "comment.create", key) as command:
        if command.repeated:
            return command.result or 0
        id_ = await add_comment(found.node, _checked(text), author_id=viewer.account_id)
        await _tell(viewer, found, text)
        command.done(id_, what=text.strip()[:80], url=found.node.url, inverse={"comment": id_})
    return id_


async def add_comment(node: Node, text: str, *, author_id: int | None = None, by_name: str = "") -> int:
    """The row of a comment, also of somebody who came by a link."""
    made = await NodeComment.insert_new(
        org_id=node.org_id, node_id=node.id, author_id=author_id, by_name=by_name[:120], text=_checked(text), created_at=clock.now()
    )
    announce("drive.file", node.id)
    return int(made.id)


async def delete_comment(viewer: Viewer, found: Found, comment_id: int) -> Command:
    """Take back one's own comment; who manages the file takes back any. Raises `NotFound`."""
    row = await NodeComment.find_own(comment_id, node_id=found.node.id)
    if row.deleted_at is not None or (row.author_id != viewer.account_id and not found.can_manage):
        raise NotFound("comment")
    async with Command.once(viewer, "comment.delete") as command:
        await row.change(deleted_at=clock.now())
        command.done(row.id, what=row.text[:80], url=found.node.url, inverse={"comment": row.id, "back": True})
        announce("drive.file", found.node.id)
    return command


async def mentionable(found: Found, org_id: int) -> dict[str, int]:
    """Who can be named about a node, by folded name: members of the organisation who use Drive."""
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.email FROM membership m JOIN account a ON a.id = m.account_id"
        " WHERE m.org_id = $1 AND m.ended_at IS NULL LIMIT 5000", org_id,
    )
    names: dict[str, int] = {}
    for row in rows:
        for name in (f"{row['given_name']} {row['family_name']}", row["email"].partition("@")[0], row["given_name"]):
            names.setdefault(name.strip().lower(), row["id"])
    return names


async def _tell(viewer: Viewer, found: Found, text: str) -> None:
    node = found.node
    named = set(_named(text, await mentionable(found, node.org_id)))
    seen = [id_ for id_ in named if await _may_see(id_, node)]
    facts = {"actor": viewer.name, "name": node.name, "text": text.strip()[:300]}
    common: dict[str, Any] = {
        "facts": facts, "url": node.url, "source": f"node:{node.id}", "source_name": node.name, "actor_id": viewer.account_id, "group": f"node:{node.id}",
    }
    await notify("drive.mention", seen, node.org_id, **common)
    rows = await database.fetch("SELECT DISTINCT author_id AS id FROM node_comment WHERE node_id = $1 AND author_id IS NOT NULL", node.id)
    others = {row["id"] for row in rows} | {node.created_by, found.drive.owner_id} - {None}
    await notify("drive.comment", [id_ for id_ in others if id_ and id_ not in seen and await _may_see(id_, node)], node.org_id, **common)


def _named(text: str, names: Mapping[str, int]) -> Iterator[int]:
    """Who is meant behind each @: the longest name that fits."""
    for after in text.lower().split("@")[1:]:
        if fits := [name for name in names if name and after.startswith(name) and not after[len(name) : len(name) + 1].isalnum()]:
            yield names[max(fits, key=len)]


async def _may_see(account_id: int, node: Node) -> bool:
    """Whether somebody may open a node: what they are told of must open."""
    from app.models.drive.reasons import level_of_account

    return await level_of_account(account_id, node) >= VIEW


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise Refused(_("Please write something first."))
    if len(text) > MOST:
        raise Refused(_("This is too long: at most %(most)s characters.") % {"most": MOST})
    return text


@undoes("comment.create")
@undoes("comment.delete")
async def _back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    row = await NodeComment.get(inverse["comment"])
    found = await find_node(viewer, row.node_id, COMMENT)
    await row.change(deleted_at=None if inverse.get("back") else clock.now())
    announce("drive.file", found.node.id)
