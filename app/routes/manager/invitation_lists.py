"""Inviting many at once: a list is read, looked at line by line, then sent in the background."""

from __future__ import annotations

from collections import Counter
from typing import Any

from litestar import Request, delete, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import require_admin
from app.lib import address_lists
from app.lib.forms import TextField
from app.lib.i18n import _
from app.mail import link_base
from app.models.base import NotFound, Refused
from app.models.invitation import batches
from app.models.invitation.tables import Batch
from app.render import fragment, page, redirect
from app.routes.manager import moved, wants
from app.routes.manager.invitations import OfferForm, blank, choices

LIMIT = 8_000_000  # bytes of a list
MOST_BAD = 500  # shown at once


class NewList(OfferForm):
    """Pasted lines; a file comes beside them."""

    people = TextField(most=2_000_000, required=False)


@get("/manager/invitations/lists/new", include_in_schema=False)
async def new_list(request: Request) -> Response[bytes]:
    """The form for several people."""
    return await _form(request, NewList(**blank(require_admin(request.state.viewer))))


@post("/manager/invitations/lists", status_code=200, include_in_schema=False, request_max_body_size=LIMIT)
async def create_list(request: Request) -> Response[bytes]:
    """Read the list and show what would happen. Nobody is invited yet."""
    viewer = require_admin(request.state.viewer)
    sent = await request.form()
    form = NewList(sent)
    if not form.is_valid:
        return await _form(request, form, 422)
    try:
        listed = await _read(form["people"], sent.get("file"))
        base = link_base(request.app.state.settings, request.state.origin)
        batch = await batches.keep(viewer, listed, form.offer(), base, request.state.idempotency_key or None)
    except NotFound:
        raise
    except Refused as error:
        form.refuse("people", str(error))
        return await _form(request, form, 422)
    return redirect(request, f"/manager/invitations/lists/{batch.id}")


@get("/manager/invitations/lists/{batch_id:int}", include_in_schema=False)
async def show_list(request: Request, batch_id: FromPath[int], at: FromQuery[int] = 0, kind: FromQuery[str] = "") -> Response[bytes]:
    """What will happen, what is happening, or what happened."""
    viewer = require_admin(request.state.viewer)
    batch = await batches.find_batch(viewer, batch_id)
    if wants(request, "work"):
        return fragment(request, "manager/_list_work.html", **_progress(batch))
    if batch.started_at is not None or batch.cancelled_at is not None:
        return await page(request, "manager/invitation_list_sent.html", **_progress(batch))
    return await page(request, "manager/invitation_list.html", **await _preview(batch, at, kind))


@post("/manager/invitations/lists/{batch_id:int}/sending", status_code=200, include_in_schema=False)
async def create_sending(request: Request, batch_id: FromPath[int]) -> Response[bytes]:
    """Send it."""
    viewer = require_admin(request.state.viewer)
    await batches.start(viewer, await batches.find_batch(viewer, batch_id))
    return redirect(request, f"/manager/invitations/lists/{batch_id}")


@post("/manager/invitations/lists/{batch_id:int}/stop", status_code=200, include_in_schema=False)
async def create_stop(request: Request, batch_id: FromPath[int]) -> Response[bytes]:
    """Send no more of it."""
    viewer = require_admin(request.state.viewer)
    batch = await batches.find_batch(viewer, batch_id)
    await batches.stop(viewer, batch)
    if wants(request, "work"):
        return fragment(request, "manager/_list_work.html", **_progress(await batches.find_batch(viewer, batch_id)))
    return redirect(request, f"/manager/invitations/lists/{batch_id}")


@delete("/manager/invitations/lists/{batch_id:int}", status_code=200, include_in_schema=False)
async def delete_list(request: Request, batch_id: FromPath[int]) -> Response[bytes]:
    """Throw a list away that wasn't sent."""
    viewer = require_admin(request.state.viewer)
    await batches.stop(viewer, await batches.find_batch(viewer, batch_id))
    return moved(request, "/manager/invitations", _("The list was thrown away. Nobody was invited."))


async def _read(people: str, file: Any) -> address_lists.Listed:
    """Raises `Refused`."""
    content = await file.read() if isinstance(file, UploadFile) else b""
    text = address_lists.decode(content) if content.strip() else people
    try:
        return address_lists.read(text)
    except address_lists.TooLong:
        raise Refused(_("This list is too long: at most %(most)s lines at once.") % {"most": address_lists.MOST_LINES}) from None


async def _preview(batch: Batch, at: int, kind: str) -> dict[str, Any]:
    foreseen, bad = await batches.foresee(batch), batches.bad_lines_of(batch)
    counts = Counter(one.kind for one in foreseen)
    some = [one for one in foreseen if not kind or one.kind == kind]
    start = max(0, min(at, len(some) - 1)) // batches.PIECE * batches.PIECE
    return {
        "batch": batch, "counts": counts, "to_send": counts[batches.NEW] + counts[batches.ACCOUNT], "rows": some[start : start + batches.PIECE],
        "start": start, "piece": batches.PIECE, "total": len(some), "kind": kind, "bad": bad[:MOST_BAD], "bad_count": len(bad),
    }


def _progress(batch: Batch) -> dict[str, Any]:
    bad = batches.bad_lines_of(batch)
    return {
        "batch": batch, "outcomes": batches.outcomes_of(batch), "refusals": batches.refusals_of(batch), "bad": bad[:MOST_BAD], "bad_count": len(bad),
        "is_over": batch.finished_at is not None or batch.cancelled_at is not None,
    }


async def _form(request: Request, form: NewList, status: int = 200) -> Response[bytes]:
    return await page(request, "manager/invitation_form.html", status=status, form=form, is_list=True, **await choices(request))


handlers = [new_list, create_list, show_list, create_sending, create_stop, delete_list]
