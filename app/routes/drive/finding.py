"""An address for a node whatever it is, and what the palette, the share sheet and the device's places offer of Drive."""

from __future__ import annotations

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Response

from app.access import find_drive_node
from app.doors import Destination, Place, keeps_places, takes_shares
from app.lib.i18n import _
from app.models.drive import drives_of, marks
from app.models.drive.paths import at_path
from app.models.drive.searching import FILE
from app.models.search import search, visible_scopes
from app.models.viewer import Viewer
from app.render import redirect
from app.routes.drive.places import drive_name
from app.routes.search import Offer, offers

_MOST = 30


@get("/drive/nodes/{node_id:int}", include_in_schema=False)
async def show_node(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """To the folder, or the file."""
    return redirect(request, (await find_drive_node(request.state.viewer, node_id)).node.url)


@offers
async def _drives(viewer: Viewer, typed: str) -> list[Offer]:
    if not viewer.can_use("drive") or not typed.strip():
        return []
    found = [
        Offer(f"{row['place']}/{row['name']}".lstrip("/"), f"/drive/nodes/{row['id']}", "file" if row["is_file"] else "folder", app="drive", other_words=typed)
        for row in (await at_path(viewer, typed) if "/" in typed else [])
    ]
    found += [Offer(drive_name(drive), f"/drive/folders/{drive.root_id}", "hard-drive", app="drive") for drive in await drives_of(viewer)]
    found += [Offer(item.node.name, item.node.url, "folder" if item.node.is_folder else "file", app="drive") for item in await marks.recent(viewer, _MOST)]
    hits = await search(await visible_scopes(viewer, [FILE]), viewer.org_id, typed, [FILE], limit=5)
    found += [Offer("".join(part.text for part in hit.title), f"/drive/nodes/{hit.id}", "file", app="drive", other_words=typed) for hit in hits]
    found = list({offer.title: offer for offer in reversed(found)}.values())[::-1]
    views = [("/drive/recent", _("Recent"), "clock"), ("/drive/shared", _("Shared with me"), "users"), ("/drive/trash", _("Trash"), "trash-2")]
    return found + [Offer(title, url, icon, app="drive") for url, title, icon in views]


@takes_shares("drive", files=["*/*"])
async def _folders(viewer: Viewer) -> list[Destination]:
    if viewer.is_external:
        return []
    own = [
        Destination(drive_name(drive), "folder", f"/drive/folders/{drive.root_id}/files", f"/drive/folders/{drive.root_id}", icon="folder", takes=("files",))
        for drive in await drives_of(viewer)
    ]
    folders = [item.node for item in await marks.favourites(viewer) if item.node.is_folder and item.level >= 3]
    return own + [Destination(node.name, "folder", f"{node.url}/files", node.url, icon="folder", takes=("files",)) for node in folders]


@keeps_places("drive")
async def _places(viewer: Viewer) -> list[Place]:
    if viewer.is_external:
        return [Place("/drive/shared", _("Shared with me"))]
    return [Place("/drive", _("My files")), Place("/drive/recent", _("Recent"))]


handlers = [show_node]
