"""What anybody finds who comes by a link: a branded page with a file, a folder, or a drop box (BEY-13)."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from litestar import Request, get, post, route
from litestar.enums import HttpMethod
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Stream

from app import database
from app.lib import clock, file_names
from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.lib.numbers import whole
from app.lib.rates import Buckets
from app.lib.seals import BrokenSeal, seal, unseal
from app.models.account import Account
from app.models.base import NotFound, Refused
from app.models.drive import EDIT as MAY_EDIT
from app.models.drive import VIEW as MAY_VIEW
from app.models.drive import Found, put_file
from app.models.drive.comments import add_comment, comments_on
from app.models.drive.names import free_name
from app.models.drive.visitors import child_for, files_for, list_for, node_for, zip_for
from app.models.files import Upload
from app.models.links import COMMENT, EDIT, UPLOAD, Over, Paused, PublicLink, count_download, count_received, note_visit, open_link
from app.models.links.visits import COMMENTED, DOWNLOADED, OPENED, SENT, WRONG, full, room_left
from app.models.notifications import notify
from app.models.organisation import Organisation
from app.render import page, redirect
from app.routes.drive.files import content_answer, page_answer, shown, thumb_answer
from app.routes.entrance import keep_cookie
from app.routes.files import disposition
from app.routes.guard import OPEN
from app.routes.uploads import begin

_tries = Buckets(rate=1 / 20, burst=12)  # passwords that may be tried at a link, whoever tries
_PLAYED = ("picture", "video", "audio")  # what pages show by the file itself
_HOUR = clock.HOUR // clock.SECOND
_OPEN_FOR = 12 * _HOUR  # seconds for which a password that was typed holds in a browser


class Password(Form):
    """The password of a link."""

    password = TextField(most=200, strip=False)


class Said(Form):
    """A comment of somebody without an account."""

    name = TextField(most=80)
    text = TextField(most=4000)


class Sent(Form):
    """An upload for a drop box."""

    upload = TextField(most=100)
    name = TextField(most=1000, strip=False)
    by = TextField(most=80, required=False)


@dataclass(frozen=True, slots=True)
class Here:
    """What a link opens, and where in it somebody is."""

    link: PublicLink
    root: Found
    found: Found


class Locked(Refused):
    """The link asks for a password first."""


@get("/s/{token:str}", opt=OPEN, include_in_schema=False)
async def show_link(request: Request, token: FromPath[str], at: FromQuery[int] = 0, after: FromQuery[str] = "") -> Response[bytes]:
    """The page."""
    try:
        here = await _open(request, token, at)
    except Locked:
        return await _ask(request, Password())
    except (Paused, Over) as why:
        return await page(request, "public/over.html", status=410, why=str(why))
    await note_visit(here.link, OPENED, request.state.address, request.headers.get("user-agent", ""), here.found.node.name)
    return await _show(request, here, after)


@post("/s/{token:str}/password", status_code=200, opt=OPEN, include_in_schema=False)
async def create_password(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Open a link that has a password, for some hours in this browser."""
    link = await open_link(token)
    form = Password(await request.form())
    if not form.is_valid:
        return await _ask(request, form, status=422)
    if not _tries.take(str(link.id)):
        form.refuse("password", _("These were too many tries. Please wait a minute."))
        return await _ask(request, form, status=429)
    if not await link.opens_with(form["password"]):
        await note_visit(link, WRONG, request.state.address, request.headers.get("user-agent", ""))
        form.refuse("password", _("That isn’t the password."))
        return await _ask(request, form, status=422)
    answer = redirect(request, link.path, full=True)
    keep_cookie(request, answer, _cookie(link), seal(link.lock), _OPEN_FOR)
    return answer


@route("/s/{token:str}/content", http_method=[HttpMethod.GET, HttpMethod.HEAD], opt=OPEN, include_in_schema=False)
async def show_shared_content(request: Request, token: FromPath[str], at: FromQuery[int] = 0, download: FromQuery[int] = 0) -> Response[Any] | Stream:
    """The bytes of a file. Saving it counts; looking at a picture, or playing something, needs no permission to save."""
    here = await _open_file(request, token, at)
    is_taken = bool(download) or here.found.node.group not in _PLAYED
    if is_taken:
        await _check_download(here.link)
        is_whole = here.link.download_limit is not None or request.headers.get("range") is None  # a part may be all of it
        if is_whole and request.method != "HEAD":
            await _count(request, here, here.found.node.name)
    return await content_answer(request, here.found, download=is_taken)


@get("/s/{token:str}/thumb", opt=OPEN, include_in_schema=False)
async def show_shared_thumb(request: Request, token: FromPath[str], at: FromQuery[int] = 0) -> Response[bytes]:
    """A small picture."""
    return await thumb_answer((await _open_file(request, token, at)).found)


@get("/s/{token:str}/pages/{number:int}", opt=OPEN, include_in_schema=False)
async def show_shared_page(request: Request, token: FromPath[str], number: FromPath[int], at: FromQuery[int] = 0) -> Response[bytes]:
    """A page of a PDF as a picture."""
    try:
        return await page_answer((await _open_file(request, token, at)).found, number)
    except Refused:
        raise NotFound("link") from None


@get("/s/{token:str}/zip", opt=OPEN, include_in_schema=False)
async def show_shared_zip(request: Request, token: FromPath[str], at: FromQuery[int] = 0) -> Stream:
    """A folder as a zip."""
    here = await _open(request, token, at)
    await _check_download(here.link)
    await _count(request, here, f"{here.found.node.name}.zip")
    name = here.found.node.name or _("Files")
    headers = {"Content-Disposition": disposition(f"{name}.zip", download=True), "Cache-Control": "no-store"}
    return Stream(zip_for(here.found), media_type="application/zip", headers=headers)


@post("/s/{token:str}/comments", status_code=200, opt=OPEN, include_in_schema=False)
async def create_shared_comment(request: Request, token: FromPath[str], at: FromQuery[int] = 0) -> Response[bytes]:
    """Say something, under a name that one gives oneself."""
    here = await _open(request, token, at)
    if here.link.mode not in (COMMENT, EDIT):
        raise NotFound("comments")
    form = Said(await request.form())
    if not form.is_valid:
        return await _show(request, here, "", status=422, said=form)
    await add_comment(here.found.node, form["text"], by_name=form["name"])
    await note_visit(here.link, COMMENTED, request.state.address, request.headers.get("user-agent", ""), here.found.node.name, form["name"])
    await _tell(here, "drive.comment", form["name"], form["text"])
    return redirect(request, f"{here.link.path}?at={here.found.node.id}")


@post("/s/{token:str}/uploads", status_code=201, opt=OPEN, request_max_body_size=None, include_in_schema=False)
async def create_shared_upload(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Begin to send a file (tus, as at /uploads)."""
    return await _plainly(_begin(request, token))


async def _begin(request: Request, token: str) -> Response[bytes]:
    here = await _open(request, token, 0)
    _check_takes(here.link, whole(request.headers.get("upload-length", "")) or 0)
    drive = here.root.drive
    return await begin(request, drive.org_id, None, drive.owner_id, here.link)


@post("/s/{token:str}/arrivals", status_code=200, opt=OPEN, include_in_schema=False)
async def create_shared_arrival(request: Request, token: FromPath[str], at: FromQuery[int] = 0) -> Response[bytes]:
    """What was sent becomes a file; nobody overwrites anything by a link."""
    return await _plainly(_arrive(request, token, at))


async def _plainly(work: Awaitable[Response[bytes]]) -> Response[bytes]:
    """The answer, or in a few words why there is none, for the script that shows them beside a file."""
    try:
        return await work
    except Refused as why:
        return Response(str(why).encode(), status_code=422, media_type="text/plain")


async def _arrive(request: Request, token: str, at: int) -> Response[bytes]:
    here = await _open(request, token, at)
    form = Sent(await request.form())
    if not form.is_valid:
        raise Refused(next(iter(form.errors.values())))
    upload = await Upload.ready(form["upload"], None)
    if upload.org_id != here.link.org_id:
        raise NotFound("upload")
    await _take(request, here, upload, form)
    return Response(b"", status_code=201)


async def _take(request: Request, here: Here, upload: Upload, form: Sent) -> None:
    _check_takes(here.link, upload.length)
    folder = here.found if here.link.mode == EDIT else here.root
    async with database.transaction():
        if not await count_received(here.link, upload.length):
            raise Refused(full())
        name = await free_name(folder.node.id, file_names.fitted(form["name"]))
        await put_file(None, folder, name, await upload.redeem(), by_name=form["by"] or _("By a link"), origin="received")
    await note_visit(here.link, SENT, request.state.address, request.headers.get("user-agent", ""), name, form["by"])
    await _tell(here, "drive.received", form["by"], name)


def _check_takes(link: PublicLink, size: int) -> None:
    if link.mode not in (UPLOAD, EDIT):
        raise NotFound("drop box")
    if link.quota is not None and link.received + size > link.quota:
        raise Refused(full())


async def _tell(here: Here, kind: str, by: str, text: str) -> None:
    if here.link.notify:
        node = here.found.node if kind == "drive.comment" else here.root.node
        await notify(
            kind, [here.link.created_by], here.link.org_id, facts={"actor": by, "name": node.name, "text": text[:300]}, url=node.url,
            source=f"link:{here.link.id}", source_name=here.link.name or node.name, group=f"node:{node.id}",
        )


async def _open(request: Request, token: str, at: int) -> Here:
    """The link, if this browser may open it, and the node in it that is meant. Raises `NotFound`, `Locked`, `Paused`, `Over`."""
    link = await open_link(token)
    brand = request.state.brand
    if link.kind != "drive" or (brand.org_id is not None and brand.org_id != link.org_id):
        raise NotFound("link")
    if link.has_password and not _is_unlocked(request, link):
        raise Locked(_("This link asks for its password again. Please open its page once more."))
    root = await node_for(link.subject_id, link.org_id, MAY_EDIT if link.mode in (EDIT, UPLOAD) else MAY_VIEW)
    if link.mode == UPLOAD or not at or at == root.node.id:
        return Here(link, root, root)
    return Here(link, root, await child_for(root, at))


async def _open_file(request: Request, token: str, at: int) -> Here:
    try:
        here = await _open(request, token, at)
    except Locked:
        raise NotFound("link") from None
    if here.found.node.is_folder or here.link.mode == UPLOAD:
        raise NotFound("file")
    return here


async def _check_download(link: PublicLink) -> None:
    if not link.may_download:
        raise Refused(_("What this link shows can’t be downloaded, or not any more."))


async def _count(request: Request, here: Here, what: str) -> None:
    if not await count_download(here.link):
        raise Refused(_("What this link shows can’t be downloaded, or not any more."))
    await note_visit(here.link, DOWNLOADED, request.state.address, request.headers.get("user-agent", ""), what)


async def _show(request: Request, here: Here, after: str, *, status: int = 200, said: Said | None = None) -> Response[bytes]:
    link, node = here.link, here.found.node
    maker, organisation = await Account.get(link.created_by), await Organisation.get(link.org_id)
    context: dict[str, Any] = {
        "link": link, "root": here.root, "found": here.found, "node": node, "maker": maker, "organisation": organisation, "said": said or Said(),
    }
    context["comments"] = await comments_on(node.id) if link.mode in (COMMENT, EDIT) else []
    context["left"] = await room_left(link) if link.mode in (UPLOAD, EDIT) else None
    if link.mode == UPLOAD:
        return await page(request, "public/drop.html", status=status, **context)
    if node.is_folder:
        items, following = await list_for(here.found, after)
        return await page(request, "public/folder.html", status=status, items=items, following=following, **context)
    neighbours = await files_for(here.found) if here.found.node.id != here.root.node.id else (None, None)
    return await page(request, "public/file.html", status=status, before=neighbours[0], after=neighbours[1], **(await shown(here.found)), **{
        key: value for key, value in context.items() if key not in ("found", "node")
    })


async def _ask(request: Request, form: Password, status: int = 200) -> Response[bytes]:
    return await page(request, "public/password.html", status=status, form=form, token=request.path_params["token"])


def _cookie(link: PublicLink) -> str:
    return f"chalet-link-{link.id % 10_000_000}"


def _is_unlocked(request: Request, link: PublicLink) -> bool:
    """Whether this browser has typed the password that the link has now."""
    try:
        return unseal(request.cookies.get(f"__Host-{_cookie(link)}" if request.state.scheme == "https" else _cookie(link), "")) == link.lock
    except BrokenSeal:
        return False


handlers = [
    show_link, create_password, show_shared_content, show_shared_thumb, show_shared_page, show_shared_zip, create_shared_comment, create_shared_upload,
    create_shared_arrival,
]
