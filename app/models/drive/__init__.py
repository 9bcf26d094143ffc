"""Files in folders in drives: who may see them, what they were before, and how they change.

`tables.py` the rows · `drives.py` drives of people and of the organisation · `finding.py` a node by id or path as a viewer may use it,
`rights.py` who may, `reasons.py` and why · `listing.py` folders page by page · `tree.py` make, move, rename,
`copying.py` copy, `copies.py` the rows of copies, `bulk.py` very many at once · `content.py` new versions from a blob,
`versions.py` what was before · `trash.py` · `history.py` what happened, and a folder as it was at a moment ·
`marks.py` favourites, recent, tags · `comments.py` · `searching.py` words and rights of the index · `changes.py` what a sync asks for ·
`arriving.py` files that come, `uploading.py` many of them as one change.

**For WebDAV** (every function takes a `Viewer`, writes a `Command`, raises `NotFound` or `Refused`):

    drives_of(viewer)                          drives that a viewer sees, their own first; `drive.root_id`, `drive.slug`
    find_node(viewer, id_, VIEW)               → `Found`: `.node`, `.level`, `.drive`, `.crumbs`; NotFound when it may not be seen
    find_path(viewer, drive, ["a", "b.txt"])   → `Found`; names compare by `file_names.key_of`; NotFound
    list_all(found)                            async iterator of every child that the viewer may see, a page at a time
    make_folder(viewer, parent, name)          → Node; `NameTaken` where there is one
    put_file(viewer, parent, name, blob, modified_at=…, replace=node_or_None)   → Node; the blob comes from `files.receive(body, most)`
    move(viewer, [ids], target, name=…, replace=True)   · copy(viewer, node, target, name, replace=True, deep=True)
    remove(viewer, [ids])                      to the trash
    by_program(viewer, name, folder)           async context: what is made in it is one line in What I did
    room_for(drive)                            → `Storage` (RFC 4331: used, left)
    changes_since(drive_id, folder_id, modseq) → `Changes`: nodes changed, names gone, the new modseq (RFC 6578)
    node.etag, node.media_type, node.size, node.modified_at, node.changed_at, node.created_at, node.is_folder

`content_of(node)` gives the blob's hash; `app.lib.blobs.store().stream(hash, start, end)` its bytes. Levels are VIEW < COMMENT < EDIT < MANAGE.
"""

from app.models.drive import departures, history, marks, searching
from app.models.drive.changes import Changes, changes_since
from app.models.drive.content import content_of, put_file, restore_version, room_for
from app.models.drive.copying import copy, copy_all
from app.models.drive.drives import create_drive, drives_of, home_drive
from app.models.drive.finding import Found, find_node, find_path
from app.models.drive.listing import Page, list_all, list_page
from app.models.drive.rights import COMMENT, EDIT, MANAGE, VIEW, share, unshare
from app.models.drive.tables import Drive, Grant, Node, Version
from app.models.drive.trash import empty_trash, purge, remove, restore
from app.models.drive.tree import NameRefused, NameTaken, make_folder, move, rename
from app.models.drive.uploading import by_program

__all__ = [
    "COMMENT", "EDIT", "MANAGE", "VIEW", "Changes", "Drive", "Found", "Grant", "NameRefused", "NameTaken", "Node", "Page", "Version", "by_program",
    "changes_since", "content_of", "copy", "copy_all", "create_drive", "departures", "drives_of", "empty_trash", "find_node", "find_path", "history",
    "home_drive", "list_all", "list_page", "make_folder", "marks", "move", "purge", "put_file", "remove", "rename", "restore", "restore_version",
    "room_for", "searching", "share", "unshare",
]
