"""Folders and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import find_drive_node, require
from app.lib.i18n import _
from app.lib.numbers import whole
from app.models.drive import MANAGE, Drive, Found, create_drive, drives_of, list_page, marks
from app.models.drive.drives import archive_drive, rename_drive
from app.models.drive.listing import MODIFIED, NAME, PAGE, SIZE, Item, count_children
from app.models.drive.preferences import choose_columns, columns_of
from app.models.drive.rules import rules_of
from app.models.drive.trash import list_trash
from app.models.files import storage_of
from app.models.links.link import links_by
from app.models.viewer import Viewer
from app.render import fragment, is_htmx, is_navigation, nothing, page, redirect, toast
from app.routes.drive import Naming

_SORTS = (NAME, MODIFIED, SIZE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a folder is shown."""

    sort: str = NAME
    down: bool = False

    @classmethod
    def of(cls, request: Request) -> Wanted:
        """As its address says."""
        sort = request.query_params.get("sort", NAME)
        return cls(sort if sort in _SORTS else NAME, request.query_params.get("down") == "1")

    def url(self, base: str, **more: str) -> str:
        """An address with this choice."""
        known = ({"sort": self.sort} if self.sort != NAME else {}) | ({"down": "1"} if self.down else {}) | {k: v for k, v in more.items() if v}
        return f"{base}?{urlencode(known)}" if known else base


@get("/drive", include_in_schema=False)
async def show_drive(request: Request) -> Response[bytes]:
    """One's first drive; for guests what is shared with them."""
    viewer = request.state.viewer
    require(viewer, "drive.use")
    if viewer.is_external:
        return redirect(request, "/drive/shared")
    drive = (await drives_of(viewer))[0]
    return await _folder(request, await find_drive_node(viewer, drive.root_id))


@get("/drive/folders/{node_id:int}", include_in_schema=False)
async def show_folder(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """A folder."""
    found = await find_drive_node(request.state.viewer, node_id)
    return redirect(request, found.node.url) if found.node.is_file else await _folder(request, found)


@get("/drive/folders/{node_id:int}/rows", include_in_schema=False)
async def list_rows(request: Request, node_id: FromPath[int], after: FromQuery[str] = "") -> Response[bytes]:
    """A further page of a folder."""
    found, wanted = await find_drive_node(request.state.viewer, node_id), Wanted.of(request)
    shown = await list_page(request.state.viewer, found, wanted.sort, wanted.down, after)
    return fragment(request, "drive/_rows.html", items=await marks.decorate(request.state.viewer, shown.items), following=shown.after, wanted=wanted,
                    folder=found, kind="folder", columns=await columns_of(request.state.viewer.account_id))


@get("/drive/folders/{node_id:int}/tree", include_in_schema=False)
async def list_tree(request: Request, node_id: FromPath[int], ids: FromQuery[str] = "", doing: FromQuery[str] = "move") -> Response[bytes]:
    """Folders to choose from, in a dialog: where to move or copy to."""
    viewer = request.state.viewer
    found = await find_drive_node(viewer, node_id)
    shown = await list_page(viewer, found, most=500)
    folders = [item for item in shown.items if item.node.is_folder]
    return await dialog(request, "drive/_choose.html", folder=found, folders=folders, ids=ids, doing=doing, drives=await drives_of(viewer))


@post("/drive/columns", status_code=200, include_in_schema=False)
async def update_columns(request: Request) -> Response[bytes]:
    """Choose the columns of one's lists."""
    require(request.state.viewer, "drive.use")
    await choose_columns(request.state.viewer.account_id, [str(one) for one in (await request.form()).getall("columns", [])])
    if not is_htmx(request):
        return redirect(request, "/drive")
    return nothing(200, **{"HX-Trigger": '{"drive:changed":{"at":1}}', "HX-Reswap": "none"})


@get("/drive/recent", include_in_schema=False)
async def list_recent(request: Request) -> Response[bytes]:
    """What one had open last."""
    return await _list(request, "recent", _("Recent"), marks.recent)


@get("/drive/favourites", include_in_schema=False)
async def list_favourites(request: Request) -> Response[bytes]:
    """One's favourites."""
    return await _list(request, "favourites", _("Favourites"), marks.favourites)


@get("/drive/shared", include_in_schema=False)
async def list_shared(request: Request) -> Response[bytes]:
    """What others share with one."""
    return await _list(request, "shared", _("Shared with me"), marks.shared_with)


@get("/drive/shared-by-me", include_in_schema=False)
async def list_shared_by(request: Request) -> Response[bytes]:
    """What one shares with others."""
    return await _list(request, "shared-by", _("Shared by me"), marks.shared_by)


@get("/drive/tags/{tag_id:int}", include_in_schema=False)
async def list_tagged(request: Request, tag_id: FromPath[int]) -> Response[bytes]:
    """What has a tag."""
    require(request.state.viewer, "drive.use")
    items = await marks.tagged(request.state.viewer, tag_id)
    names = {tag["id"]: tag["name"] for tag in await marks.tags_of(request.state.viewer.org_id)}
    return await _shown(request, "tag", names.get(tag_id, ""), items, tag_id=tag_id)


@get("/drive/links", include_in_schema=False)
async def list_links(request: Request) -> Response[bytes]:
    """The links that one has made."""
    viewer = request.state.viewer
    require(viewer, "drive.use")
    found = []
    for link in await links_by(viewer, "drive"):
        try:
            found.append((link, (await find_drive_node(viewer, link.subject_id)).node))
        except LookupError:
            continue
    return await page(request, "drive/links.html", links=found, origin=request.state.origin, **await side(viewer, "links"))


@get("/drive/trash", include_in_schema=False)
async def show_trash(request: Request, drive: FromQuery[int] = 0, after: FromQuery[str] = "") -> Response[bytes]:
    """What was thrown away, of one's first drive or another."""
    viewer = request.state.viewer
    require(viewer, "drive.use")
    drives = await drives_of(viewer)
    chosen = next((one for one in drives if one.id == drive), drives[0] if drives else None)
    nodes, following = await list_trash(viewer, chosen, after) if chosen else ([], "")
    items = await marks.decorate(viewer, [Item(node, MANAGE, at=node.trashed_at or 0) for node in nodes])
    shown: dict[str, Any] = {"items": items, "following": following, "columns": await columns_of(viewer.account_id), "chosen": chosen, "kind": "trash",
                             "folder": None, "name": _("Trash"), "wanted": Wanted()}
    for part, template in (("#drive-list", "drive/_list.html"), ("#drive-more", "drive/_rows.html")):
        if request.headers.get("hx-target", "").endswith(part):
            return fragment(request, template, **shown)
    may_empty = bool(chosen) and (await find_drive_node(viewer, chosen.root_id)).level >= MANAGE if chosen else False
    return await page(
        request, "drive/trash.html", **shown, days=(await rules_of(viewer.org_id)).trash_days, may_empty=may_empty,
        **await side(viewer, "trash"),
    )


@get("/drive/drives/new", include_in_schema=False)
async def new_drive(request: Request) -> Response[bytes]:
    """The form of a further drive."""
    require(request.state.viewer, "drive.use")
    return await dialog(request, "drive/_new_drive.html", form=Naming(), kind="personal")


@post("/drive/drives", status_code=200, include_in_schema=False)
async def create_drive_(request: Request) -> Response[bytes]:
    """Make a further drive (DRV-09)."""
    require(request.state.viewer, "drive.use")
    sent = await request.form()
    form, kind = Naming(sent), "shared" if sent.get("kind") == "shared" else "personal"
    if not form.is_valid:
        return await dialog(request, "drive/_new_drive.html", status=422, form=form, kind=kind)
    drive = await create_drive(request.state.viewer, kind, form["name"])
    return redirect(request, f"/drive/folders/{drive.root_id}")


@get("/drive/folders/{node_id:int}/settings", include_in_schema=False)
async def edit_drive(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """A drive's name, and putting it away."""
    found = await find_drive_node(request.state.viewer, node_id, MANAGE)
    return await dialog(request, "drive/_drive_settings.html", form=Naming(name=found.drive.name), found=found)


@post("/drive/folders/{node_id:int}/settings", status_code=200, include_in_schema=False)
async def update_drive(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Call a drive something else, or put it away."""
    found = await find_drive_node(request.state.viewer, node_id, MANAGE)
    sent = await request.form()
    if sent.get("away"):
        command = await archive_drive(request.state.viewer, found.drive)
        answer = redirect(request, "/drive")
        answer.headers.update(toast(_("The drive was put away."), undo=command.id))
        return answer
    form = Naming(sent)
    if not form.is_valid:
        return await dialog(request, "drive/_drive_settings.html", status=422, form=form, found=found)
    await rename_drive(request.state.viewer, found.drive, form["name"])
    return redirect(request, f"/drive/folders/{found.drive.root_id}")


@get("/drive/side", include_in_schema=False)
async def show_side(request: Request, current: FromQuery[str] = "", drive: FromQuery[int] = 0, tag: FromQuery[int] = 0) -> Response[bytes]:
    """The side column anew: drives, tags and how much room is used."""
    require(request.state.viewer, "drive.use")
    return fragment(request, "drive/_side.html", **{**await side(request.state.viewer, current, drive), "tag_id": tag})


async def side(viewer: Viewer, current: str, drive_id: int = 0) -> dict[str, Any]:
    """What the side column shows."""
    drives = await drives_of(viewer)
    return {
        "drives": drives, "current": current, "current_drive": drive_id, "storage": await storage_of(viewer.org_id, viewer.account_id),
        "tags": [tag for tag in await marks.tags_of(viewer.org_id) if tag["used"]][:12] if not viewer.is_external else [], "tag_id": 0,
    }


async def dialog(request: Request, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any) -> Response[bytes]:
    """A form in a dialog; in another tab, or without scripts, as a page of its own."""
    if is_htmx(request) and not is_navigation(request):
        return fragment(request, template, status=status, headers=headers, **context)
    return await page(request, "drive/form.html", status=status, headers=headers, inner=template, **{**await side(request.state.viewer, ""), **context})


def drive_name(drive: Drive) -> str:
    """What a drive is called."""
    return drive.name or _("My files")


async def folder_context(request: Request, found: Found) -> dict[str, Any]:
    """What a folder's page shows of it."""
    viewer, wanted = request.state.viewer, Wanted.of(request)
    loaded = [id_ for one in request.query_params.getall("loaded", []) if (id_ := whole(one)) is not None]
    shown = await list_page(viewer, found, wanted.sort, wanted.down, most=max([PAGE, *(min(one, 2000) for one in loaded)]))
    folders, files = await count_children(found.node.id, 1000) if not shown.after else (0, 0)
    return {
        "folder": found, "items": await marks.decorate(viewer, shown.items), "following": shown.after, "wanted": wanted, "kind": "folder",
        "folders": folders, "files": files, "name": found.node.name or drive_name(found.drive), "columns": await columns_of(viewer.account_id),
    }


async def _folder(request: Request, found: Found) -> Response[bytes]:
    context = await folder_context(request, found)
    if request.headers.get("hx-target", "").endswith("#drive-list"):
        return fragment(request, "drive/_list.html", **context)
    own = found.drive.owner_id == request.state.viewer.account_id or not found.drive.is_personal
    return await page(request, "drive/folder.html", **context, **await side(request.state.viewer, "drive" if own else "shared", found.drive.id))


async def _list(request: Request, kind: str, title: str, of: Any) -> Response[bytes]:
    require(request.state.viewer, "drive.use")
    return await _shown(request, kind, title, await of(request.state.viewer))


async def _shown(request: Request, kind: str, title: str, items: list[Item], tag_id: int = 0) -> Response[bytes]:
    viewer = request.state.viewer
    context: dict[str, Any] = {"items": await marks.decorate(viewer, items), "following": "", "wanted": Wanted(), "kind": kind, "folder": None, "name": title,
                               "columns": await columns_of(viewer.account_id)}
    if request.headers.get("hx-target", "").endswith("#drive-list"):
        return fragment(request, "drive/_list.html", **context)
    return await page(request, "drive/list.html", **context, **{**await side(viewer, kind), "tag_id": tag_id})


handlers = [
    show_drive, show_folder, list_rows, list_tree, update_columns, list_recent, list_favourites, list_shared, list_shared_by, list_tagged, list_links,
    show_trash, show_side, new_drive, create_drive_, edit_drive, update_drive,
]
