"""The rows of drives."""

from __future__ import annotations

from typing import Any

from piccolo.columns import BigInt, ForeignKey, Integer, OnDelete, SmallInt, Text, Varchar

from app import database
from app.lib import file_types
from app.models.account import Account
from app.models.base import Row
from app.models.files.blob import Blob
from app.models.organisation import Organisation

PERSONAL, SHARED = "personal", "shared"
ACCOUNT, TEAM, EVERYONE = "account", "team", "everyone"


class Drive(Row):
    """A tree of folders that is somebody's own, or the organisation's."""

    org_id = ForeignKey(Organisation)
    kind = Varchar(length=10, default=PERSONAL)
    owner_id = BigInt(null=True, default=None, help_text="The account; null: the organisation.")
    name = Varchar(length=80, default="", help_text="Empty: somebody's first drive, which is called My files.")
    slug = Varchar(length=90, default="", help_text="Its name in addresses of WebDAV; unique for its owner.")
    root_id = BigInt(default=0)
    modseq = BigInt(default=0, help_text="Counts changes, RFC 6578.")
    created_at = BigInt(default=0)
    archived_at = BigInt(null=True, default=None)
    emptied_at = BigInt(default=0, help_text="What was trashed by then was deleted for good, and is being erased.")

    @property
    def is_personal(self) -> bool:
        """Whether it is somebody's own."""
        return self.kind == PERSONAL


class Node(Row):
    """A folder or a file."""

    org_id = ForeignKey(Organisation)
    drive_id = ForeignKey(Drive)
    parent_id = BigInt(null=True, default=None, help_text="Null: the drive's root. Kept in the trash, so that it can go back.")
    is_file = SmallInt(default=0, help_text="0 for folders, which come first.")
    name = Varchar(length=300, default="")
    name_key = Varchar(length=800, default="", help_text="Unique in its folder among what isn't in the trash.")
    sort_key = Varchar(length=300, default="")
    media_type = Varchar(length=120, default="")
    size = BigInt(default=0)
    blob_id = BigInt(null=True, default=None)
    version_id = BigInt(null=True, default=None)
    created_by = BigInt(null=True, default=None)
    created_at = BigInt(default=0)
    modified_at = BigInt(default=0, help_text="When its content was changed, as its author's device says.")
    changed_by = BigInt(null=True, default=None)
    changed_at = BigInt(default=0)
    modseq = BigInt(default=0)
    has_own_rights = SmallInt(default=0, help_text="1: what is granted above it doesn't reach it.")
    anchor_id = BigInt(default=0, help_text="The nearest node, itself or above, at which rights are decided.")
    above_id = BigInt(null=True, default=None, help_text="Of an anchor: the next anchor above it.")
    # Below zero: out of everybody's sight, a copy that isn't whole yet; it was begun at minus this.
    trashed_at = BigInt(null=True, default=None)
    trashed_by = BigInt(null=True, default=None)

    @property
    def is_folder(self) -> bool:
        """Whether it holds others."""
        return not self.is_file

    @property
    def url(self) -> str:
        """Its page: a folder's list, or a file's viewer."""
        return f"/drive/files/{self.id}" if self.is_file else f"/drive/folders/{self.id}"

    @property
    def etag(self) -> str:
        """Changes with its content (files) or with anything about it (folders)."""
        return f'"{self.version_id}"' if self.is_file else f'"{self.id}-{self.modseq}"'

    @property
    def group(self) -> str:
        """What kind of file it is, `app.lib.file_types`; `folder` for one."""
        return group_of(self.is_file, self.name)


def group_of(is_file: int, name: str) -> str:
    """The group of a node, for icons and viewers."""
    return file_types.group_of(name) if is_file else "folder"


class Version(Row, tablename="node_version"):
    """What a file was, from one moment on."""

    node_id = ForeignKey(Node)
    number = Integer(default=1)
    blob_id = ForeignKey(Blob, null=False, on_delete=OnDelete.restrict)
    size = BigInt(default=0)
    created_by = BigInt(null=True, default=None)
    by_name = Varchar(length=120, default="", help_text="Who sent it by a link.")
    created_at = BigInt(default=0)
    modified_at = BigInt(default=0)
    label = Varchar(length=120, default="")
    pinned_at = BigInt(null=True, default=None)


class Grant(Row, tablename="node_grant"):
    """Who may do what with a node and what is below it."""

    org_id = ForeignKey(Organisation)
    node_id = ForeignKey(Node)
    kind = Varchar(length=10, default=ACCOUNT)
    principal_id = BigInt(default=0, help_text="The account or team; 0 for everyone of the organisation.")
    level = SmallInt(default=1)
    granted_by = BigInt(null=True, default=None)
    granted_at = BigInt(default=0)
    expires_at = BigInt(null=True, default=None)


class Gone(Row, tablename="node_gone"):
    """A name that left a folder: moved, renamed or thrown away. What a sync is told."""

    drive_id = ForeignKey(Drive)
    parent_id = BigInt()
    node_id = BigInt()
    name = Varchar(length=300, default="")
    is_file = SmallInt(default=1)
    modseq = BigInt(default=0)
    at = BigInt(default=0)


class NodeEvent(Row):
    """Something that happened to a node, with its place afterwards: activity, and how a folder was at a moment."""

    org_id = ForeignKey(Organisation)
    drive_id = BigInt()
    node_id = BigInt()
    actor_id = BigInt(null=True, default=None)
    by_name = Varchar(length=120, default="")
    kind = Varchar(length=12)
    parent_id = BigInt(null=True, default=None)
    name = Varchar(length=300, default="")
    is_there = SmallInt(default=1, help_text="0: in the trash, or deleted.")
    facts = Text(default="{}")
    at = BigInt(default=0)


class NodeFavourite(Row):
    """Somebody's favourite."""

    account_id = ForeignKey(Account)
    node_id = ForeignKey(Node)
    at = BigInt(default=0)


class NodeVisit(Row):
    """When somebody last opened or changed a file."""

    account_id = ForeignKey(Account)
    node_id = ForeignKey(Node)
    at = BigInt(default=0)


class Tag(Row, tablename="node_tag_name"):
    """A tag of an organisation."""

    org_id = ForeignKey(Organisation)
    name = Varchar(length=40)
    name_key = Varchar(length=80)
    hue = SmallInt(default=1)


class NodeTag(Row):
    """A tag on a node."""

    node_id = ForeignKey(Node)
    tag_id = ForeignKey(Tag)


class NodeComment(Row):
    """Something said about a node."""

    org_id = ForeignKey(Organisation)
    node_id = ForeignKey(Node)
    author_id = BigInt(null=True, default=None)
    by_name = Varchar(length=120, default="", help_text="Who came by a link.")
    text = Text(default="")
    created_at = BigInt(default=0)
    edited_at = BigInt(null=True, default=None)
    deleted_at = BigInt(null=True, default=None)


class DriveRules(Row):
    """What an organisation has decided. The row's id is the organisation's; without one the defaults hold."""

    trash_days = Integer(default=30)
    version_days = Integer(default=180)
    versions_kept = Integer(default=100)
    link_makers = Varchar(length=10, default="members", help_text="Who may make links: members, managers, nobody.")
    link_days = Integer(null=True, default=None, help_text="The longest that a link may work; null: no end needed.")
    drive_makers = Varchar(length=10, default="managers", help_text="Who may make drives of the organisation.")
    recordings_id = BigInt(null=True, default=None, help_text="The folder of recorded meetings (DRV-13).")


COLUMNS = ", ".join(f"n.{column._meta.db_column_name}" for column in Node._meta.columns)
"""Every column of a node, for queries that call it n."""


def node_from(row: dict[str, Any]) -> Node:
    """A node from a row that may have more columns."""
    return Node.from_row({name: row[name] for name in _NAMES})


async def insert_node(**values: Any) -> Node | None:
    """A new row with these values, and what Node says for the others; None where its folder is gone or has something of its name. Piccolo's
    way takes ten times as long, which programs that send thousands of files feel."""
    row = {**_BLANK, **values}
    return Node.from_row(row) if await database.execute(_INSERT, *row.values()) else None


_BLANK = {column._meta.name: column.get_default_value() for column in Node._meta.columns}
_NAMES = tuple(_BLANK)
_INSERT = f"""
INSERT INTO node ({', '.join(_NAMES)}) SELECT {database.marks(_NAMES)}
 WHERE EXISTS (SELECT 1 FROM node p WHERE p.id = ${_NAMES.index("parent_id") + 1}) ON CONFLICT DO NOTHING RETURNING id
"""
