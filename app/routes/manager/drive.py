"""Drive, for those who manage it: room, trash, versions, links, the organisation's drives, and where recordings go."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.response import Response

from app.access import require
from app.lib.forms import ChoiceField, Form, NumberField
from app.lib.i18n import _
from app.models.base import NotFound
from app.models.drive.administration import Rules, decide, drives_in, largest_users
from app.models.drive.rules import rules_of
from app.models.files import storage_of
from app.models.organisation import Organisation
from app.models.viewer import Viewer
from app.render import page
from app.routes.manager import done

_MB = 1_000_000


class DriveForm(Form):
    """What is decided. Room is in megabytes, empty for no limit."""

    per_person = NumberField(1, 1_000_000_000, required=False)
    trash_days = NumberField(1, 3650)
    version_days = NumberField(1, 3650)
    versions_kept = NumberField(1, 10_000)
    link_makers = ChoiceField(("members", "managers", "nobody"))
    link_days = NumberField(1, 3650, required=False)
    drive_makers = ChoiceField(("managers", "members"))
    recordings = NumberField(0, 2**53, required=False)


@get("/manager/drive", include_in_schema=False)
async def show_drive_rules(request: Request) -> Response[bytes]:
    """The page."""
    viewer = _manager(request)
    rules, organisation = await rules_of(viewer.org_id), await Organisation.get(viewer.org_id)
    known = {name: getattr(rules, name) for name in ("trash_days", "version_days", "versions_kept", "link_makers", "drive_makers")}
    per_person = organisation.storage_per_person
    form = DriveForm(**known, link_days=rules.link_days or "", recordings=rules.recordings_id or "", per_person=per_person // _MB if per_person else "")
    return await _show(request, viewer, form)


@post("/manager/drive", status_code=200, include_in_schema=False)
async def update_drive_rules(request: Request) -> Response[bytes]:
    """Decide anew."""
    viewer = _manager(request)
    form = DriveForm(await request.form())
    if not form.is_valid:
        return await _show(request, viewer, form, status=422)
    wanted = Rules(
        per_person=form["per_person"] * _MB if form["per_person"] else None, trash_days=form["trash_days"], version_days=form["version_days"],
        versions_kept=form["versions_kept"], link_makers=form["link_makers"], link_days=form["link_days"] or None, drive_makers=form["drive_makers"],
        recordings_id=form["recordings"] or None,
    )
    command = await decide(viewer, wanted)
    return done(request, "/manager/drive", _("Saved."), command)


async def _show(request: Request, viewer: Viewer, form: DriveForm, status: int = 200) -> Response[bytes]:
    drives = await drives_in(viewer.org_id)
    context: dict[str, Any] = {
        "form": form, "drives": drives, "recording_places": [(drive["root_id"], drive["name"]) for drive in drives],
        "people": await largest_users(viewer.org_id), "storage": await storage_of(viewer.org_id, None),
    }
    return await page(request, "manager/drive.html", status=status, **context)


def _manager(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    require(viewer, "drive.manage")
    if viewer.is_external:
        raise NotFound("drive")
    return viewer


handlers = [show_drive_rules, update_drive_rules]
