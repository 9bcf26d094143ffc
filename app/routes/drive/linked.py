"""The cards of files, folders and public links in a conversation."""

from __future__ import annotations

from app import access
from app.cards import Card, card_of
from app.lib.i18n import _
from app.models.base import NotFound
from app.models.drive import Found
from app.models.drive.visitors import node_for
from app.models.files.previews import BlobFacts
from app.models.links import UPLOAD, open_link
from app.models.viewer import Viewer
from app.routes.drive.places import drive_name


@card_of(r"/drive/(?:files|folders|nodes)/(\d{1,16})")
async def _node(viewer: Viewer, node_id: str) -> Card | None:
    found = await access.find_drive_node(viewer, int(node_id))
    node = found.node
    has_thumb = not node.is_folder and (await BlobFacts.of(node.blob_id)).thumb == "made"
    place = " / ".join([drive_name(found.drive), *(crumb.name for crumb in found.crumbs if crumb.id != found.drive.root_id)])
    return Card(
        _kind(found), node.name or drive_name(found.drive), node.url, _icon(found), place, picture=f"{node.url}/thumb" if has_thumb else "",
        size=None if node.is_folder else node.size,
    )


@card_of(r"/s/([\w-]{8,64})")
async def _link(viewer: Viewer, token: str) -> Card | None:
    """What a link opens is shown to those who could open it as they are: neither behind a password nor of elsewhere."""
    link = await open_link(token)
    if link.kind != "drive" or link.org_id != viewer.org_id or link.has_password:
        raise NotFound("link")
    found = await node_for(link.subject_id, link.org_id)
    kind = _("Drop box") if link.mode == UPLOAD else _kind(found)
    size = None if found.node.is_folder else found.node.size
    return Card(kind, found.node.name or drive_name(found.drive), link.path, _icon(found), about=_("shared by a link"), size=size, is_public=True)


def _kind(found: Found) -> str:
    return _("Folder") if found.node.is_folder else _("File")


def _icon(found: Found) -> str:
    return "folder" if found.node.is_folder else "file-image" if found.node.group == "picture" else "file-text"
