"""Settings of the organisation, and how much of its plan it uses."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.response import Response

from app.access import require_admin
from app.lib.forms import ChoiceField, Form, TextField, TimezoneField
from app.lib.i18n import OFFERED, _
from app.lib.timezones import offered_timezones
from app.models.files import storage_of
from app.models.member import count_people
from app.models.organisation import FEATURES, Organisation
from app.models.organisation_settings import MOST_NAME, Settings, settle
from app.models.viewer import Viewer
from app.render import is_htmx, page, redirect, toast


class SettingsForm(Form):
    """What can be changed."""

    name = TextField(most=MOST_NAME)
    locale = ChoiceField(OFFERED)
    timezone = TimezoneField()


@get("/manager/organisation", include_in_schema=False)
async def show_organisation(request: Request) -> Response[bytes]:
    """The settings and the plan."""
    viewer = require_admin(request.state.viewer)
    organisation = await Organisation.get(viewer.org_id)
    form = SettingsForm(name=organisation.name, locale=organisation.locale, timezone=organisation.timezone)
    return await _show(request, viewer, organisation, form)


@post("/manager/organisation", status_code=200, include_in_schema=False)
async def update_organisation(request: Request) -> Response[bytes]:
    """Save; the whole page comes anew, as the name stands all around it."""
    viewer = require_admin(request.state.viewer)
    form = SettingsForm(await request.form())
    if not form.is_valid:
        return await _show(request, viewer, await Organisation.get(viewer.org_id), form, 422)
    command = await settle(viewer, Settings(" ".join(form["name"].split()), form["locale"], form["timezone"]))
    answer = redirect(request, "/manager/organisation")
    if is_htmx(request):
        answer.headers.update(toast(_("Saved."), undo=command.id))
    return answer


def feature_names() -> dict[str, str]:
    """What a plan may leave out, in words."""
    names = {"custom_brand": _("Own logo, colours and domain"), "editor_choice": _("Choice of the editor for documents")}
    return {key: names[key] for key in FEATURES}


def not_included(feature: str) -> str:
    """The sentence where the plan leaves something out."""
    what = feature_names()[feature]
    return _("%(feature)s: not part of your organisation’s plan. Whoever runs this server can change the plan.") % {"feature": what}


async def _show(request: Request, viewer: Viewer, organisation: Organisation, form: SettingsForm, status: int = 200) -> Response[bytes]:
    offered = offered_timezones()
    current = form.raw.get("timezone", "")
    features = [(name, None if organisation.allows(key) else not_included(key)) for key, name in feature_names().items()]
    return await page(
        request, "manager/organisation.html", status=status, form=form, organisation=organisation, counts=await count_people(viewer.org_id),
        stored=(await storage_of(viewer.org_id, None)).org_used, features=features, timezones=offered if current in offered else (current, *offered),
    )


handlers = [show_organisation, update_organisation]
