"""Light, dark or automatic (DARK-01 to DARK-06): kept with the account, so it is the same on every device."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.response import Response

from app.lib.forms import ChoiceField, Form
from app.lib.i18n import _
from app.models.account import THEMES
from app.models.base import Refused
from app.render import is_htmx, nothing
from app.routes.account import done, own_account, show


class Appearance(Form):
    """The theme."""

    theme = ChoiceField(THEMES)


@get("/account/appearance", include_in_schema=False)
async def show_appearance(request: Request) -> Response[bytes]:
    """The three modes."""
    return await show(request, "appearance")


@post("/account/theme", status_code=200, include_in_schema=False)
async def choose_theme(request: Request) -> Response[bytes]:
    """Keep a theme. The browser has put it on already where scripts run."""
    form = Appearance(await request.form())
    if not form.is_valid:
        raise Refused(form.errors["theme"])
    await (await own_account(request)).prefer(theme=form["theme"])
    return nothing() if is_htmx(request) else done(request, "/account/appearance", _("Saved."))


handlers = [show_appearance, choose_theme]
