"""Who may see and change a file, and why; links for anybody who has them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import find_drive_node, require
from app.lib import clock
from app.lib.forms import ChoiceField, Form, NumberField, TextField
from app.lib.i18n import _
from app.lib.numbers import whole
from app.models.base import NotFound, Refused
from app.models.command import Command
from app.models.drive import MANAGE, Found, share
from app.models.drive.reasons import reasons_for
from app.models.drive.rights import inherit, unshare
from app.models.drive.rules import rules_of
from app.models.drive.tables import EVERYONE, TEAM
from app.models.links import MODES, PublicLink, Wanted, change_link, close_link, log_of, make_link, pause_link
from app.models.links.link import UPLOAD, VIEW
from app.models.member import people_like
from app.models.team import team_names
from app.models.viewer import Viewer
from app.render import fragment, toast
from app.routes.drive import CHANGED
from app.routes.drive.places import dialog, drive_name

_MB = 1_000_000


class Sharing(Form):
    """With whom, and what they may do."""

    team = NumberField(0, 2**53, required=False)
    level = ChoiceField(("1", "2", "3", "4"))
    message = TextField(most=300, required=False)
    until = TextField(most=10, required=False)


class Linking(Form):
    """What a link allows."""

    mode = ChoiceField(MODES)
    name = TextField(most=120, required=False)
    message = TextField(most=1000, required=False)
    password = TextField(most=200, required=False, strip=False)
    until = TextField(most=10, required=False)
    limit = NumberField(1, 1_000_000, required=False)
    quota = NumberField(1, 10_000_000, required=False)


@get("/drive/nodes/{node_id:int}/sharing", include_in_schema=False)
async def show_sharing(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Who can see this, and why (BEY-14), in a dialog."""
    return await _dialog(request, await find_drive_node(request.state.viewer, node_id))


@get("/drive/people", include_in_schema=False)
async def list_people(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """Options for choosing with whom, or who is meant: members, and guests who use Drive."""
    viewer = request.state.viewer
    require(viewer, "drive.use")
    people = [] if viewer.is_external else await people_like(viewer, q[:100], but=viewer.account_id, guests_of="drive")
    return fragment(request, "shared/_people_options.html", people=people)


@post("/drive/nodes/{node_id:int}/grants", status_code=200, include_in_schema=False)
async def create_grant(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Share it with people, a team or everyone."""
    found = await find_drive_node(request.state.viewer, node_id, MANAGE)
    sent = await request.form()
    form = Sharing(sent)
    people = [id_ for one in sent.getall("people", []) if (id_ := whole(str(one))) is not None]
    to: list[tuple[str, int]] = [("account", id_) for id_ in people]
    to += [(TEAM, form["team"])] if form.is_valid and form["team"] else []
    to += [(EVERYONE, 0)] if sent.get("everyone") else []
    if not form.is_valid or not to:
        return await _dialog(request, found, status=422, error=_("Please choose with whom."))
    command: Command | None = None
    try:
        for kind, id_ in to:
            command = await share(request.state.viewer, found.node, kind, id_, int(form["level"]), _end(form["until"], request.state.viewer), form["message"])
    except (Refused, NotFound) as refused:
        return await _dialog(request, found, status=422, error=str(refused) if isinstance(refused, Refused) else _("They can’t be found."))
    return await _dialog(request, found, headers=_told(_("It is shared now."), command))


@post("/drive/nodes/{node_id:int}/grants/{grant_id:int}/removal", status_code=200, include_in_schema=False)
async def remove_grant(request: Request, node_id: FromPath[int], grant_id: FromPath[int]) -> Response[bytes]:
    """Remove a reason, at the node where it stands."""
    found = await find_drive_node(request.state.viewer, node_id)
    for reason in await reasons_for(found.node):
        if reason.grant and reason.grant["id"] == grant_id:
            place = await find_drive_node(request.state.viewer, reason.at_id, MANAGE)
            command = await unshare(request.state.viewer, place.node, grant_id)
            above = _("That reason is gone from the whole of “%(name)s”.") % {"name": reason.at_name or drive_name(found.drive)}
            said = _("That reason is gone.") if reason.is_here else above
            return await _dialog(request, found, headers=_told(said, command))
    raise NotFound("grant")


@post("/drive/nodes/{node_id:int}/inheritance", status_code=200, include_in_schema=False)
async def update_inheritance(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Let what is granted above reach it, or not."""
    found = await find_drive_node(request.state.viewer, node_id, MANAGE)
    on = (await request.form()).get("inherits") == "1"
    command = await inherit(request.state.viewer, found.node, on)
    said = _("Whoever may see the folders above may see it, too.") if on else _("From now on only those listed here may see it.")
    return await _dialog(request, await find_drive_node(request.state.viewer, node_id), headers=_told(said, command))


@post("/drive/nodes/{node_id:int}/links", status_code=200, include_in_schema=False)
async def create_link(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Make a link."""
    found = await find_drive_node(request.state.viewer, node_id, MANAGE)
    await _check_may_link(request.state.viewer)
    sent = await request.form()
    form = Linking(sent)
    if not form.is_valid:
        return await _link_form(request, found, None, form, status=422)
    try:
        link = await make_link(
            request.state.viewer, "drive", found.node.id, await _wanted(request.state.viewer, found, form, sent), what=found.node.name, url=found.node.url
        )
    except Refused as refused:
        return await _link_form(request, found, None, form, status=422, error=str(refused))
    return await _link_form(request, found, link, _form_of(link, request.state.viewer), headers=_told(_("The link is ready. Copy it and send it on."), None))


@get("/drive/nodes/{node_id:int}/links/new", include_in_schema=False)
async def new_link(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """The form of a link."""
    found = await find_drive_node(request.state.viewer, node_id, MANAGE)
    await _check_may_link(request.state.viewer)
    return await _link_form(request, found, None, Linking(mode=VIEW))


@get("/drive/nodes/{node_id:int}/links/{link_id:int}", include_in_schema=False)
async def edit_link(request: Request, node_id: FromPath[int], link_id: FromPath[int]) -> Response[bytes]:
    """What a link allows, and who used it."""
    found, link = await _found_link(request, node_id, link_id)
    return await _link_form(request, found, link, _form_of(link, request.state.viewer))


@post("/drive/nodes/{node_id:int}/links/{link_id:int}", status_code=200, include_in_schema=False)
async def update_link(request: Request, node_id: FromPath[int], link_id: FromPath[int]) -> Response[bytes]:
    """Let it allow something else; its address stays."""
    found, link = await _found_link(request, node_id, link_id)
    sent = await request.form()
    form = Linking(sent)
    if not form.is_valid:
        return await _link_form(request, found, link, form, status=422)
    try:
        wanted = await _wanted(request.state.viewer, found, form, sent)
        command = await change_link(request.state.viewer, link, wanted, what=found.node.name, url=found.node.url)
    except Refused as refused:
        return await _link_form(request, found, link, form, status=422, error=str(refused))
    return await _link_form(request, found, link, _form_of(link, request.state.viewer), headers=_told(_("The link was changed."), command))


@post("/drive/nodes/{node_id:int}/links/{link_id:int}/pause", status_code=200, include_in_schema=False)
async def update_pause(request: Request, node_id: FromPath[int], link_id: FromPath[int]) -> Response[bytes]:
    """Pause it or let it work again; its address stays."""
    found, link = await _found_link(request, node_id, link_id)
    paused = (await request.form()).get("on", "1") == "1"
    command = await pause_link(request.state.viewer, link, paused, what=found.node.name, url=found.node.url)
    said = _("The link is paused. Its address stays.") if paused else _("The link works again.")
    return await _link_form(request, found, link, _form_of(link, request.state.viewer), headers=_told(said, command))


@post("/drive/nodes/{node_id:int}/links/{link_id:int}/removal", status_code=200, include_in_schema=False)
async def remove_link(request: Request, node_id: FromPath[int], link_id: FromPath[int]) -> Response[bytes]:
    """End it, also one of a folder above."""
    viewer = request.state.viewer
    found = await find_drive_node(viewer, node_id)
    for reason in await reasons_for(found.node):
        if reason.link and reason.link.id == link_id:
            place = (await find_drive_node(viewer, reason.at_id, MANAGE)).node
            command = await close_link(viewer, reason.link, what=place.name, url=place.url)
            return await _dialog(request, found, headers=_told(_("The link is closed."), command))
    raise NotFound("link")


async def _found_link(request: Request, node_id: int, link_id: int) -> tuple[Found, PublicLink]:
    found = await find_drive_node(request.state.viewer, node_id, MANAGE)
    link = await PublicLink.own(request.state.viewer, link_id)
    if link.kind != "drive" or link.subject_id != found.node.id:
        raise NotFound("link")
    return found, link


async def _wanted(viewer: Viewer, found: Found, form: Linking, sent: Any) -> Wanted:
    mode = form["mode"]
    if mode == UPLOAD and found.node.is_file:
        raise Refused(_("Only a folder can be a drop box."))
    end, rules = _end(form["until"], viewer), await rules_of(viewer.org_id)
    if rules.link_days is not None:
        latest = clock.now() + rules.link_days * clock.DAY
        if end is None or end > latest + clock.DAY:
            raise Refused(_("In this organisation links end after %(days)s days at most.") % {"days": rules.link_days})
    password = form["password"] if form["password"] else ("" if sent.get("no_password") or not sent.get("keep_password") else None)
    return Wanted(
        mode=mode, name=form["name"], message=form["message"], password=password, expires_at=end, download_limit=form["limit"],
        no_download=bool(sent.get("no_download")), quota=form["quota"] * _MB if form["quota"] else None, notify=bool(sent.get("notify")),
    )


def _form_of(link: PublicLink, viewer: Viewer) -> Linking:
    end = datetime.fromtimestamp((link.expires_at - 1) / 1000, ZoneInfo(viewer.timezone or "UTC")).date().isoformat() if link.expires_at else ""
    return Linking(
        mode=link.mode, name=link.name, message=link.message, until=end, limit=link.download_limit or "", quota=(link.quota or 0) // _MB or "",
    )


def _end(day: str, viewer: Viewer) -> int | None:
    """The end of a day of the viewer's calendar. Raises `Refused` for what is no day."""
    if not day:
        return None
    try:
        start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(viewer.timezone or "UTC"))
        return int((start + timedelta(days=1)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Refused(_("Please choose a day.")) from None


async def _check_may_link(viewer: Viewer) -> None:
    makers = (await rules_of(viewer.org_id)).link_makers
    if viewer.is_external or makers == "nobody" or (makers == "managers" and not viewer.can_manage("drive")):
        raise Refused(_("In this organisation you can’t make links. Ask those who manage Drive."))


async def _dialog(request: Request, found: Found, *, status: int = 200, error: str = "", headers: dict[str, str] | None = None) -> Response[bytes]:
    viewer, reasons = request.state.viewer, await reasons_for(found.node)
    teams = await team_names(viewer.org_id) if not viewer.is_external else []
    return await dialog(
        request, "drive/_sharing.html", status=status, headers=headers, found=found, node=found.node, name=found.node.name or drive_name(found.drive),
        reasons=reasons, managed=await _managed(viewer, {reason.at_id for reason in reasons}), teams=teams, error=error, origin=request.state.origin,
    )


async def _managed(viewer: Viewer, ids: set[int]) -> set[int]:
    """Those of these nodes whose reasons the viewer may remove."""
    found = set()
    for id_ in ids:
        try:
            found.add((await find_drive_node(viewer, id_, MANAGE)).node.id)
        except NotFound:
            continue
    return found


async def _link_form(
    request: Request, found: Found, link: PublicLink | None, form: Linking, *, status: int = 200, error: str = "", headers: dict[str, str] | None = None
) -> Response[bytes]:
    log = await log_of(link, most=30) if link else []
    return await dialog(
        request, "drive/_link.html", status=status, headers=headers, found=found, node=found.node, link=link, form=form, log=log, error=error,
        origin=request.state.origin, days=(await rules_of(request.state.viewer.org_id)).link_days,
    )


def _told(text: str, command: Command | None) -> dict[str, str]:
    return toast(text, undo=command.id if command else None, **CHANGED)


handlers = [
    show_sharing, list_people, create_grant, remove_grant, update_inheritance, create_link, new_link, edit_link, update_link, update_pause, remove_link,
]
